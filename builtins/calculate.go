package builtins

import (
	"slices"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
	"github.com/amsx-lang/amsx/runtime"
)

func calculateCommands() []*runtime.Command {
	return []*runtime.Command{
		{
			Name: "Calculate", Group: "Numbers", Summary: "Evaluates a text as an expression.",
			Doc: "The text is an expression as it stands behind `=` in a Set line, without variables: write `%x%` in the text, and its value is in the expression. It may call functions that compute, not those that read or write anything. " +
				"An expression that is known when the script is written belongs into the script itself, where it is checked.",
			Result: "the value", Function: true, Statement: true, Provenance: runtime.Documented,
			Params:   []runtime.Param{as(required("expression", runtime.TextParam, `the expression, such as "(2 + 3) * 4"`), calculation)},
			Errors:   []string{"the text is no expression"},
			Examples: []runtime.Example{script("Set rate = 1.5\nSet total = Calculate \"Round(%rate% * 10.25, 1)\"\nLog \"info\", %total%\n", "15.4\n"), shows(`Calculate("3 > 2 And Len('abc') = 3")`, "True")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				f, err := runtime.Prepared[*runtime.Formula](c, 0)
				if err != nil || f == nil {
					return runtime.Null(), err
				}
				return c.Evaluate(f)
			},
		},
		{
			Name: "CalculatePage", Group: "Numbers", Summary: "Counts the pages of a result of so many rows.",
			Doc:    "Lists of an API are read with `JsonPages`, which counts pages itself.",
			Result: "a Number: how many pages there are", Function: true, Statement: true, Provenance: runtime.Documented,
			Params: []runtime.Param{required("rows", runtime.NumberParam, "how many rows there are"), required("page size", runtime.NumberParam, "how many rows a page has")},
			Errors: []string{"the page size is not at least 1"}, Examples: []runtime.Example{shows(`CalculatePage(401, 200)`, "3"), shows(`CalculatePage(0, 200)`, "0")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				rows, err := whole(c, 0, "rows", 0)
				if err != nil {
					return runtime.Null(), err
				}
				size, err := whole(c, 1, "page size", 0)
				switch {
				case err != nil:
					return runtime.Null(), err
				case size < 1:
					return runtime.Null(), failf("write 200, for example", "the page size must be at least 1, not %d", size)
				case rows < 0:
					return runtime.Null(), failf("", "there cannot be %d rows", rows)
				}
				return runtime.Int(int64((rows + size - 1) / size)), nil
			},
		},
		{
			Name: "ApplySurroundText", Group: "Text", Summary: "Puts a text before and a text behind the result buffer.",
			Doc:       "The result buffer, `%MSRESULT%`, has what the last command gave.",
			Result:    "the text, also in %MSRESULT%",
			Statement: true, Provenance: runtime.Documented,
			Params:   []runtime.Param{required("prefix", runtime.TextParam, "what to write before it"), optional("suffix", runtime.TextParam, "what to write behind it")},
			Examples: []runtime.Example{script("Set n = Sql \"SELECT count(*) FROM Department\"\nApplySurroundText \"[\", \"]\"\nLog \"info\", %MSRESULT%\n", "[2]\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				v := c.Result()
				return runtime.Text(c.Text(0) + v.Text() + c.Text(1)).WithTaint(v.Taint()), nil
			},
		},
	}
}

// calculation reads the text of Calculate. Places in it mean nothing to who
// reads the message: the text may have been put together when the script ran.
func calculation(text string) (*runtime.Formula, error) {
	x, found := parser.ParseExpr(lexer.NewSource("Calculate", text).Whole())
	var f *runtime.Formula
	if !found.HasErrors() {
		f, found = runtime.NewFormula(x, computing())
	}
	if found.HasErrors() {
		hint := found[0].Hint
		switch found[0].Code {
		case runtime.CodeUnknownName:
			hint = "write the value of the variable into the text, not its name"
		case lexer.CodeSyntax: // about lines, which a text has none of
			hint = "write it as it would stand behind Set x ="
		}
		return nil, failf(hint, "%q is no expression that can be calculated: %s", text, found[0].Message)
	}
	return f, nil
}

// computing are the functions that compute and do nothing else.
func computing() *runtime.Table {
	return runtime.NewTable(slices.Concat(
		choiceFunctions(), textFunctions(), regexFunctions(), numberFunctions(), dateFunctions(), calendarFunctions(),
	), nil)
}
