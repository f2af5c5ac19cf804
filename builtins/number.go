package builtins

import (
	"strings"
	"unicode"

	"github.com/amsx-lang/amsx/runtime"
)

func numberFunctions() []*runtime.Command {
	number := required("number", runtime.NumberParam, "the number")
	return []*runtime.Command{
		{
			Name: "Number", Group: "Numbers", Summary: "Reads a text as a number.",
			Doc:    "Without a decimal sign the text must be written as in a script: 1234.5. With one, the other sign (and blanks) may group thousands.",
			Result: "a Number; Null for Null and empty text", Function: true,
			Params: []runtime.Param{required("text", runtime.AnyParam, "the text"),
				{Name: "decimal", Type: runtime.TextParam, Doc: "the decimal sign of the text", Optional: true, OneOf: []string{".", ","}}},
			Errors:   []string{"the text is no number"},
			Examples: []runtime.Example{shows(`Number("1.234,50", ",") * 2`, "2469"), shows(`Number("") Is Null`, "True")},
			Run:      readNumber,
		},
		{
			Name: "Round", Group: "Numbers", Summary: "Rounds a number, halves away from zero.", Result: "a Number", Function: true,
			Params:   []runtime.Param{number, defaulted("digits", runtime.NumberParam, "0", "digits behind the point")},
			Examples: []runtime.Example{shows(`Round(2.345, 2)`, "2.35"), shows(`Round(-2.5)`, "-3")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				n, err := whole(c, 1, "digits", 0)
				if err != nil {
					return runtime.Null(), err
				}
				return runtime.Round(c.Arg(0), n)
			},
		},
		{
			Name: "Abs", Group: "Numbers", Summary: "Gives a number without its sign.", Result: "a Number", Function: true,
			Params: []runtime.Param{number}, Examples: []runtime.Example{shows(`Abs(-3.5)`, "3.5")},
			Run: func(c *runtime.Call) (runtime.Value, error) { return runtime.Abs(c.Arg(0)) },
		},
		{
			Name: "Int", Group: "Numbers", Summary: "Gives the largest whole number that is not larger than a number.", Result: "a Number", Function: true,
			Params: []runtime.Param{number}, Examples: []runtime.Example{shows(`Int(2.9)`, "2"), shows(`Int(-2.1)`, "-3")},
			Run: func(c *runtime.Call) (runtime.Value, error) { return runtime.Floor(c.Arg(0)) },
		},
		extreme("Min", "Gives the smallest of its arguments.", -1, shows(`Min(3, 1.5, 2)`, "1.5")),
		extreme("Max", "Gives the largest of its arguments.", 1, shows(`Max(List(3, 10, 2))`, "10")),
		{
			Name: "Sum", Group: "Numbers", Summary: "Adds numbers, or the numbers of a list.", Result: "a Number; Null elements count as nothing", Function: true,
			Params: []runtime.Param{repeated("number", runtime.AnyParam, "numbers or lists of numbers")}, Examples: []runtime.Example{shows(`Sum(List(1, 2.5), 3)`, "6.5")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				total := runtime.Int(0)
				xs, err := flat(c)
				if err != nil {
					return runtime.Null(), err
				}
				for _, x := range xs {
					n, err := runtime.ToNumber(x)
					if err != nil {
						return runtime.Null(), err
					}
					if n.IsNull() {
						continue
					}
					if total, err = runtime.Add(total, n); err != nil {
						return runtime.Null(), err
					}
				}
				return total, nil
			},
		},
		{
			Name: "IsNumber", Group: "Numbers", Summary: "Tells whether a value is a number, or text that is wholly one.", Result: "a Boolean", Function: true,
			Params: []runtime.Param{required("value", runtime.AnyParam, "the value")}, Examples: []runtime.Example{shows(`IsNumber("12.5") And Not IsNumber("12a")`, "True")},
			Run: func(c *runtime.Call) (runtime.Value, error) { return runtime.Bool(runtime.IsNumber(c.Arg(0))), nil },
		},
	}
}

func readNumber(c *runtime.Call) (runtime.Value, error) {
	decimal := c.Text(1)
	if decimal == "" || c.Arg(0).Kind() != runtime.KindText {
		return runtime.ToNumber(c.Arg(0))
	}
	grouping := map[string]rune{".": ',', ",": '.'}[decimal]
	text := strings.TrimSpace(c.Text(0))
	head, tail, _ := strings.Cut(text, decimal)
	groups := strings.FieldsFunc(strings.TrimLeft(head, "+-"), func(r rune) bool { return r == grouping || unicode.IsSpace(r) || r == '\'' })
	for i, g := range groups {
		// 1,23 with a point as decimal sign is more likely 1.23 than 123.
		if i > 0 && len(g) != 3 || len(groups) > 1 && i == 0 && len(g) > 3 {
			return runtime.Null(), failf("give the decimal sign that the text has", "%q is no number with %q as its decimal sign", text, decimal)
		}
	}
	plain := strings.Join(groups, "")
	if strings.HasPrefix(head, "-") {
		plain = "-" + plain
	}
	if tail != "" {
		plain += "." + tail
	}
	v, err := runtime.ToNumber(runtime.Text(plain))
	if err != nil {
		return runtime.Null(), failf("", "%q is no number with %q as its decimal sign", text, decimal)
	}
	return v, nil
}

// flat returns the arguments, lists replaced by their elements.
func flat(c *runtime.Call) ([]runtime.Value, error) {
	var out []runtime.Value
	for i := range c.Len() {
		items, ok, err := c.Arg(i).Elements()
		switch {
		case err != nil:
			return nil, err
		case ok:
			out = append(out, items...)
		default:
			out = append(out, c.Arg(i))
		}
	}
	return out, nil
}

func extreme(name, summary string, sign int, example runtime.Example) *runtime.Command {
	return &runtime.Command{
		Name: name, Group: "Numbers", Summary: summary, Doc: "Numbers compare as numbers, dates as dates, texts as texts. Null is passed over.",
		Result: "the value; Null when there is none", Function: true,
		Params:   []runtime.Param{repeated("value", runtime.AnyParam, "values, or lists of values")},
		Errors:   []string{"the values cannot be compared with each other"},
		Examples: []runtime.Example{example},
		Run: func(c *runtime.Call) (runtime.Value, error) {
			xs, err := flat(c)
			best := runtime.Null()
			for _, x := range xs {
				if x.IsNull() {
					continue
				}
				if best.IsNull() {
					best = x
					continue
				}
				n, ok, err := runtime.Order(x, best, runtime.Plain, runtime.Plain)
				if err != nil {
					return runtime.Null(), err
				}
				if ok && n*sign > 0 {
					best = x
				}
			}
			return best, err
		},
	}
}
