package runtime_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/amsx-lang/amsx/runtime"
)

var update = flag.Bool("update", false, "rewrite the expected output of the conformance cases")

// TestConform runs the cases of testdata/run. Each is an archive with
//
//	script.amsx    the script or document
//	setup          lines such as limit=2, pack=…, fail=3, wall=10 (in ms), cancel
//	               (before the run), param NAME=VALUE
//	records.json   what Pull yields
//	NAME.amsx      a script that it calls
//	out            what the run says, line by line
//	error          how it ends: kind line code message / hint, and the loops around
//
// -update writes out and error anew.
func TestConform(t *testing.T) {
	files, err := filepath.Glob("testdata/run/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			section := map[string]string{}
			for _, f := range a.Files {
				section[f.Name] = string(f.Data)
			}
			var b bench
			params := map[string]runtime.Value{}
			b.records = section["records.json"]
			b.files = map[string]string{}
			for name, text := range section {
				if strings.HasSuffix(name, ".amsx") && name != "script.amsx" {
					b.files[name] = text
				}
			}
			var limits runtime.Limits
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			for line := range strings.Lines(section["setup"]) {
				k, v, _ := strings.Cut(strings.TrimSpace(line), "=")
				n, _ := strconv.Atoi(v)
				switch k {
				case "limit":
					b.limit = int64(n)
				case "pack":
					b.pack = v
				case "fail":
					b.fail = n
				case "turns":
					limits.Turns = int64(n)
				case "statements":
					limits.Statements = int64(n)
				case "calls":
					limits.Calls = int64(n)
				case "wall":
					limits.Wall = time.Duration(n) * time.Millisecond
				case "cancel":
					cancel()
				case "memory":
					limits.Memory = int64(n)
				default:
					name, ok := strings.CutPrefix(k, "param ")
					if !ok {
						t.Fatalf("setup: what is %q?", line)
					}
					params[name] = runtime.Text(v)
				}
			}
			b.limits = limits
			got := map[string]string{}
			p, list := b.compile(section["script.amsx"])
			if p == nil {
				for _, d := range list {
					t.Errorf("%v (%s)", d, d.Hint)
				}
				t.FailNow()
			}
			got["error"] = showError(p.Run(ctx, runtime.RunOptions{Host: b.newHost(), Parameters: params}))
			got["out"] = b.out.String()
			if *update {
				writeCase(t, file, a, got)
				return
			}
			for _, name := range []string{"out", "error"} {
				if d := cmp.Diff(section[name], got[name]); d != "" {
					t.Errorf("%s (-want +got):\n%s", name, d)
				}
			}
		})
	}
}

func showError(err error) string {
	if err == nil {
		return ""
	}
	var e *runtime.Error
	if !errors.As(err, &e) {
		return "not an *Error: " + err.Error() + "\n"
	}
	s := e.Kind.String() + " "
	if e.Pos.IsValid() {
		if e.Pos.Filename != "test.amsx" {
			s += e.Pos.Filename + ":"
		}
		s += strconv.Itoa(e.Pos.Line) + ":" + strconv.Itoa(e.Pos.Column) + " "
	}
	s += e.Code + " " + e.Message + "\n"
	if e.Hint != "" {
		s += "  " + e.Hint + "\n"
	}
	for _, f := range e.Stack {
		s += "  in " + f.Text + "\n"
	}
	return s
}

func writeCase(t *testing.T, file string, a *txtar.Archive, got map[string]string) {
	var files []txtar.File
	for _, f := range a.Files {
		if f.Name != "out" && f.Name != "error" {
			files = append(files, f)
		}
	}
	for _, name := range []string{"out", "error"} {
		if got[name] != "" {
			files = append(files, txtar.File{Name: name, Data: []byte(got[name])})
		}
	}
	a.Files = files
	data := txtar.Format(a)
	if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, data) {
		return
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
