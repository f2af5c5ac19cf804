package builtins

import "github.com/amsx-lang/amsx/runtime"

func variableCommands() []*runtime.Command {
	return []*runtime.Command{
		{
			Name: "Add", Group: "Lists", Summary: "Adds an element to the end of a list variable.", Statement: true,
			Params: []runtime.Param{required("list", runtime.VariableParam, "the variable, without percent signs"), {Name: "element", Type: runtime.AnyParam, Doc: "the element", Secret: true}},
			Errors: []string{"the variable holds no list"}, Examples: []runtime.Example{script("Set names = List()\nAdd names, \"Anna\"\nAdd names, \"Ben\"\nLog \"info\", Join(%names%)\n", "Anna, Ben\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				v := c.Variable(0)
				list, err := v.Get()
				if err != nil {
					return runtime.Null(), err
				}
				if k := list.Kind(); k != runtime.KindList && k != runtime.KindNull {
					return runtime.Null(), failf("begin with Set "+v.Name()+" = List()", "%s holds a %s, no list", v.Name(), k)
				}
				return runtime.Null(), v.Set(runtime.Append(list, runtime.Detach(c.Arg(1))))
			},
		},
	}
}
