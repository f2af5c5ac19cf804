package builtins

import (
	"github.com/amsx-lang/amsx/runtime"
)

func choiceFunctions() []*runtime.Command {
	value := required("value", runtime.AnyParam, "the value")
	return []*runtime.Command{
		{
			Name: "IIf", Group: "Choice", Summary: "Gives one of two values, by a condition.", Doc: "Only the value that is given is computed.", Result: "the value", Function: true, Lazy: true,
			Params: []runtime.Param{required("condition", runtime.AnyParam, "the condition"), required("then", runtime.AnyParam, "the value when it holds"),
				optional("else", runtime.AnyParam, "the value when it does not; without it Null")},
			Errors: []string{"the condition is neither True nor False"}, Examples: []runtime.Example{shows(`IIf(2 > 1, "more", 1 / 0)`, "more")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				v, err := c.Eval(0)
				if err != nil {
					return runtime.Null(), err
				}
				yes, err := runtime.Condition(v)
				switch {
				case err != nil:
					return runtime.Null(), err
				case yes:
					return c.Eval(1)
				case c.Has(2):
					return c.Eval(2)
				}
				return runtime.Null(), nil
			},
		},
		{
			Name: "Coalesce", Group: "Choice", Summary: "Gives the first of its values that is neither Null nor empty text.", Doc: "What follows it is not computed.", Result: "the value; Null when there is none", Function: true, Lazy: true,
			Params: []runtime.Param{repeated("value", runtime.AnyParam, "the values")}, Examples: []runtime.Example{shows(`Coalesce(Null, "", "none")`, "none")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				for i := range c.Len() {
					v, err := c.Eval(i)
					if err != nil {
						return runtime.Null(), err
					}
					if !v.IsNull() && !(v.Kind() == runtime.KindText && v.Text() == "") {
						return v, nil
					}
				}
				return runtime.Null(), nil
			},
		},
		{
			Name: "IsNull", Group: "Choice", Summary: "Tells whether a value is Null; with a second value, gives that one instead of Null.", Doc: "With two arguments it is what ISNULL is in SQL.", Result: "a Boolean, or the value", Function: true,
			Params: []runtime.Param{value, optional("instead", runtime.AnyParam, "the value to give instead of Null")}, Examples: []runtime.Example{shows(`IsNull(Null)`, "True"), shows(`IsNull(Null, "none")`, "none")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				switch {
				case !c.Has(1):
					return runtime.Bool(c.Arg(0).IsNull()), nil
				case c.Arg(0).IsNull():
					return c.Arg(1), nil
				}
				return c.Arg(0), nil
			},
		},
		{
			Name: "IsEmpty", Group: "Choice", Summary: "Tells whether a value is Null, empty text or a list without elements.", Result: "a Boolean", Function: true, Public: true,
			Params: []runtime.Param{value}, Examples: []runtime.Example{shows(`IsEmpty("") And IsEmpty(List())`, "True")},
			Run: func(c *runtime.Call) (runtime.Value, error) { return runtime.Bool(runtime.IsEmpty(c.Arg(0))), nil },
		},
	}
}
