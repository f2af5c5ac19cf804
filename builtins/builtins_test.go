package builtins_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/amsx-lang/amsx/builtins"
	"github.com/amsx-lang/amsx/runtime"
)

// Every example of every command gives what it says.
func TestExamples(t *testing.T) {
	seed := newSeed(t)
	for _, c := range builtins.All().All() {
		for i, e := range c.Examples {
			t.Run(c.Name+"/"+string(rune('a'+i)), func(t *testing.T) {
				w := seed.world(t)
				got := w.run(e.Script)
				if d := cmp.Diff(strings.TrimSpace(e.Output), strings.TrimSpace(withoutDebug(got))); d != "" {
					t.Errorf("%s\n(-want +got):\n%s", e.Script, d)
				}
			})
		}
	}
}

// withoutDebug drops the lines of level debug.
func withoutDebug(s string) string {
	var b strings.Builder
	for _, l := range strings.SplitAfter(s, "\n") {
		if !strings.HasPrefix(l, "debug: ") {
			b.WriteString(l)
		}
	}
	return b.String()
}

// Every entry of the table says what a person must know.
func TestEntriesAreComplete(t *testing.T) {
	groups := map[string]bool{}
	for _, c := range builtins.All().All() {
		switch {
		case c.Name == "", c.Group == "", c.Run == nil:
			t.Errorf("%s: no name, group or code", c.Name)
		case !strings.HasSuffix(c.Summary, "."):
			t.Errorf("%s: the summary is no sentence", c.Name)
		case len(c.Examples) == 0:
			t.Errorf("%s: no example", c.Name)
		case !c.Function && !c.Statement && c.Iterate == nil:
			t.Errorf("%s can be used nowhere", c.Name)
		case c.Function && c.Result == "":
			t.Errorf("%s: a function without result", c.Name)
		case c.Function && c.Effects&(runtime.WritesDB|runtime.WritesWeb|runtime.WritesFiles|runtime.SendsMail) != 0:
			t.Errorf("%s: a function that changes something", c.Name)
		}
		groups[c.Group] = true
		optional := false
		for i, p := range c.Params {
			if p.Name == "" || p.Doc == "" {
				t.Errorf("%s: parameter %d without name or words", c.Name, i)
			}
			if optional && !p.Optional {
				t.Errorf("%s: %s is required behind an optional one", c.Name, p.Name)
			}
			optional = p.Optional
			if p.Variadic && i+1 < len(c.Params) {
				t.Errorf("%s: %s is repeated and not the last", c.Name, p.Name)
			}
		}
		if _, there := builtins.All().Elsewhere(c.Name); there {
			t.Errorf("%s is here, and said not to be", c.Name)
		}
	}
	if len(groups) > 14 {
		t.Errorf("too many groups to find something in: %d", len(groups))
	}
}

// TestConformance runs testdata/conform/*.txtar: a script, "NAME.out" beside
// it. AMSX_UPDATE=1 rewrites what comes out.
func TestConformance(t *testing.T) {
	files, _ := filepath.Glob("testdata/conform/*.txtar")
	if len(files) == 0 {
		t.Fatal("no cases")
	}
	seed := newSeed(t)
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		wants := map[string]string{}
		for _, f := range ar.Files {
			if _, twice := wants[f.Name]; twice {
				t.Fatalf("%s: two cases are named %s", file, f.Name)
			}
			wants[f.Name] = string(f.Data)
		}
		var out []txtar.File
		for _, f := range ar.Files {
			if strings.HasSuffix(f.Name, ".out") {
				continue
			}
			result := wants[f.Name+".out"] // stays, where the case does not run
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+f.Name, func(t *testing.T) {
				w := seed.world(t)
				w.testing = strings.HasPrefix(f.Name, "test-")
				if strings.HasPrefix(f.Name, "department-") {
					w.table = "Department"
				}
				got := w.run(string(f.Data))
				if strings.Contains(got, token) {
					t.Errorf("the token is in what was printed")
				}
				result = got
				if os.Getenv("AMSX_UPDATE") == "" {
					if d := cmp.Diff(wants[f.Name+".out"], got); d != "" {
						t.Errorf("(-want +got):\n%s", d)
					}
				}
			})
			out = append(out, f, txtar.File{Name: f.Name + ".out", Data: []byte(result)})
		}
		if os.Getenv("AMSX_UPDATE") != "" {
			if err := os.WriteFile(file, txtar.Format(&txtar.Archive{Comment: ar.Comment, Files: out}), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}
