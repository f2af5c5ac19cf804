package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/d5/tengo/v2"
	lua "github.com/yuin/gopher-lua"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/amsx-lang/amsx/builtins"
	"github.com/amsx-lang/amsx/parser"
	script "github.com/amsx-lang/amsx/runtime"
)

// turns of the loop, and the statements of one: a join, arithmetic, a
// comparison and what hangs on it, a look-up by a joined key, a comparison.
const turns, statements = 100000, 6

// An engine runs one program once and says what it found.
type engine struct {
	name string
	run  func() (string, error)
}

// loop is row 11: a loop of six statements against the same in the scripting
// languages that people embed in Go.
func (b *bench) loop() error {
	engines := make([]engine, 0, 4)
	for _, make := range []func() (engine, error){amsxLoop, luaLoop, starlarkLoop, tengoLoop} {
		e, err := make()
		if err != nil {
			return err
		}
		engines = append(engines, e)
	}
	times, err := inTurn(engines, 5*b.rounds, "v0")
	if err != nil {
		return err
	}
	fmt.Printf("\nRow 11: a loop of %d turns with %d statements, median of %d, in turn\n\n| | ns a statement | amsx ÷ it |\n|---|---|---|\n", turns, statements, 5*b.rounds)
	picture := chart{file: "performance-loop.svg", title: "One statement of a loop", unit: "ns", groups: make([]group, 1)}
	for i, e := range engines {
		ns := middle(append([]float64(nil), times[i]...)) * 1e9 / turns / statements
		picture.groups[0].bars = append(picture.groups[0].bars, bar{e.name, ns})
		fmt.Printf("| %s | %.0f | **%.2f** |\n", e.name, ns, ratio(times[0], times[i]))
	}
	return b.draw(picture)
}

// inTurn runs the engines one after the other, so many rounds, and gives the
// seconds of each. Every answer must be the one that is wanted.
func inTurn(engines []engine, rounds int, want string) ([][]float64, error) {
	times := make([][]float64, len(engines))
	for round := range rounds + 1 {
		for i, e := range engines {
			from := time.Now()
			got, err := e.run()
			took := time.Since(from).Seconds()
			if err == nil && got != want {
				err = fmt.Errorf("found %q, not %q", got, want)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", e.name, err)
			}
			if round > 0 { // the first one warms up
				times[i] = append(times[i], took)
			}
		}
	}
	return times, nil
}

// ratio is the median of the rounds' ratios.
func ratio(a, b []float64) float64 {
	var r []float64
	for i := range a {
		r = append(r, a[i]/b[i])
	}
	return middle(r)
}

func amsxLoop() (engine, error) {
	// A Pick is a look-up in a table that a script has at hand, as the other
	// programs do it in theirs.
	picks := map[string]script.Value{}
	for i := range 100 {
		picks[fmt.Sprintf("k%d", i)] = script.Text(fmt.Sprintf("v%d", i))
	}
	table := script.NewTable(append(builtins.All().All(), &script.Command{
		Name: "Pick", Function: true, Params: []script.Param{{Name: "key", Type: script.TextParam}},
		Run: func(c *script.Call) (script.Value, error) { return picks[c.Text(0)], nil },
	}), nil)
	program, err := compiled(fmt.Sprintf(`Set sum = 0
Set count = 0
Set hit = ""
For i = 1 To %d
  Set s = "user%%i%%"
  Set sum = %%sum%% + %%i%% * 2
  If %%i%% Mod 3 = 0 Then Set count = %%count%% + 1
  Set v = Pick("k" & %%i%% Mod 100)
  If %%s%% = "user50000" Then Set hit = %%v%%
Next
Log "info", %%hit%%
`, turns), script.Options{Table: table})
	if err != nil {
		return engine{}, err
	}
	return engine{"amsx", func() (string, error) {
		var out said
		err := program.Run(context.Background(), script.RunOptions{Host: &script.Host{Now: time.Now, Log: &out}})
		return out.text, err
	}}, nil
}

// compiled is a program without findings.
func compiled(source string, o script.Options) (*script.Program, error) {
	tree, found := parser.ParseTransformation("bench.amsx", []byte(source))
	program, more := script.Compile(tree, o)
	if found = append(found, more...); found.HasErrors() {
		return nil, found.Err()
	}
	return program, nil
}

func luaLoop() (engine, error) {
	state := lua.NewState()
	f, err := state.LoadString(fmt.Sprintf(`
local d = {} for i = 0, 99 do d["k" .. i] = "v" .. i end
local sum, count, v, hit = 0, 0, "", ""
for i = 1, %d do
  local s = "user" .. i
  sum = sum + i * 2
  if i %% 3 == 0 then count = count + 1 end
  v = d["k" .. (i %% 100)]
  if s == "user50000" then hit = v end
end
return hit`, turns))
	return engine{"gopher-lua", func() (string, error) {
		state.Push(f)
		if err := state.PCall(0, 1, nil); err != nil {
			return "", err
		}
		defer state.Pop(1)
		return state.Get(-1).String(), nil
	}}, err
}

func starlarkLoop() (engine, error) {
	thread := &starlark.Thread{}
	globals, err := starlark.ExecFileOptions(&syntax.FileOptions{}, thread, "bench.star", fmt.Sprintf(`
def main():
    d = {}
    for i in range(100):
        d["k" + str(i)] = "v" + str(i)
    sum, count, v, hit = 0, 0, "", ""
    for i in range(1, %d + 1):
        s = "user" + str(i)
        sum = sum + i * 2
        if i %% 3 == 0:
            count = count + 1
        v = d["k" + str(i %% 100)]
        if s == "user50000":
            hit = v
    return hit
`, turns), nil)
	return engine{"starlark-go", func() (string, error) {
		v, err := starlark.Call(thread, globals["main"], nil, nil)
		if err != nil {
			return "", err
		}
		return strings.Trim(v.String(), `"`), nil
	}}, err
}

func tengoLoop() (engine, error) {
	program, err := tengo.NewScript([]byte(fmt.Sprintf(`
main := func() {
  d := {}
  for i := 0; i < 100; i++ { d["k" + string(i)] = "v" + string(i) }
  sum := 0; count := 0; v := ""; hit := ""
  for i := 1; i <= %d; i++ {
    s := "user" + i
    sum = sum + i * 2
    if i %% 3 == 0 { count = count + 1 }
    v = d["k" + (i %% 100)]
    if s == "user50000" { hit = v }
  }
  return hit
}
out := main()`, turns))).Compile()
	return engine{"tengo", func() (string, error) {
		if err := program.Run(); err != nil {
			return "", err
		}
		return program.Get("out").String(), nil
	}}, err
}
