package builtins_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/amsx-lang/amsx/builtins"
	"github.com/amsx-lang/amsx/internal/sqltext"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
	"github.com/amsx-lang/amsx/runtime"
)

// A mute is a log that nobody reads.
type mute struct{}

func (mute) Line(string, string, lexer.Position) {}
func (mute) Warn(string, string, lexer.Position) {}
func (mute) Progress(string, int64, int64)       {}

// FuzzRun runs whatever passes the check, without a site, a network, packs or
// files, under small budgets. It must end by itself, and an error is of the
// language, in words, with a line of the script.
func FuzzRun(f *testing.F) {
	files, err := filepath.Glob("testdata/conform/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range txtar.Parse(data).Files {
			if !strings.HasSuffix(c.Name, ".out") {
				f.Add(string(c.Data))
			}
		}
	}
	table := builtins.All()
	f.Fuzz(func(t *testing.T, source string) {
		if strings.Contains(strings.ToLower(source), "sleep") {
			return // its waits are cancelled by the wall clock, which a fuzzer has no time for
		}
		tree, found := parser.ParseTransformation("fuzz.amsx", []byte(source))
		limits := runtime.Limits{Wall: 2 * time.Second, Statements: 2000, Turns: 200, Calls: 20, Memory: 4 << 20}
		program, more := runtime.Compile(tree, runtime.Options{Table: table, SQL: new(sqltext.Scope).Compile, Limits: limits})
		if found = append(found, more...); found.HasErrors() {
			return
		}
		parameters := map[string]runtime.Value{}
		for _, p := range program.Parameters() {
			parameters[p.Name] = runtime.Text("1")
		}
		err := program.Run(t.Context(), runtime.RunOptions{
			Host:       &runtime.Host{Now: func() time.Time { return now }, Rand: strings.NewReader(strings.Repeat("r", 1<<16)), Log: mute{}, User: "fuzz"},
			Parameters: parameters,
		})
		var e *runtime.Error
		switch {
		case err == nil:
		case !errors.As(err, &e):
			t.Errorf("%T: %v", err, err)
		case e.Message == "" || e.Code == "":
			t.Errorf("an error without words or code: %#v", e)
		case e.Kind != runtime.UsageError && e.Pos.IsValid() && e.Pos.Line > strings.Count(source, "\n")+strings.Count(source, "\r")+1:
			t.Errorf("an error in line %d of %d", e.Pos.Line, strings.Count(source, "\n")+1)
		}
	})
}
