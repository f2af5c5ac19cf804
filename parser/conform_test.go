package parser_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
	"github.com/amsx-lang/amsx/parser/ast"
)

var update = flag.Bool("update", false, "rewrite the expected sections of testdata")

// TestConformance compares the tree and the findings of every case of
// testdata/conform. The cases hold no Go: any implementation can run them.
func TestConformance(t *testing.T) {
	files, err := filepath.Glob("testdata/conform/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Files) < 2 || a.Files[0].Name != "in.amsx" {
				t.Fatal("a case is in.amsx and then tree, document, errors, printed or json")
			}
			tr, list := parser.ParseTransformation("in.amsx", a.Files[0].Data)
			got := map[string]string{"tree": ast.Dump(tr.Script), "document": ast.DumpTransformation(tr), "errors": report(list), "printed": printed(t, a.Files[0].Data, list), "json": asJSON(t, list)}
			if got["errors"] != "" && section(a, "errors") == nil {
				if !*update {
					t.Fatalf("unexpected findings:\n%s", got["errors"])
				}
				a.Files = append(a.Files, txtar.File{Name: "errors"})
			}
			for i := range a.Files[1:] {
				f := &a.Files[i+1]
				want, known := got[f.Name]
				if !known {
					t.Fatalf("no section is named %s", f.Name)
				}
				if *update {
					f.Data = []byte(want)
				} else if d := cmp.Diff(string(f.Data), want); d != "" {
					t.Errorf("%s (-want +got):\n%s", f.Name, d)
				}
			}
			if *update {
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func section(a *txtar.Archive, name string) *txtar.File {
	for i := range a.Files {
		if a.Files[i].Name == name {
			return &a.Files[i]
		}
	}
	return nil
}

// printed is what a person sees of the findings, in a window of 60 columns.
func printed(t *testing.T, src []byte, list lexer.List) string {
	var b strings.Builder
	lookup := func(string) *lexer.Source { return lexer.NewSource("in.amsx", string(src)) }
	if err := lexer.Fprint(&b, lookup, list, lexer.Options{Width: 60}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// asJSON is what a program reads of the findings, one a line.
func asJSON(t *testing.T, list lexer.List) string {
	var b strings.Builder
	for _, d := range list {
		line, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.String()
}

// report is one line a finding: place, code, message, hint.
func report(l lexer.List) string {
	var b strings.Builder
	for _, d := range l {
		p := d.Pos
		p.Filename = ""
		b.WriteString(p.String() + " " + d.Severity.String() + " " + d.Code + ": " + d.Message)
		if d.Hint != "" {
			b.WriteString("\n    " + d.Hint)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
