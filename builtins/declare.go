package builtins

import "github.com/amsx-lang/amsx/runtime"

// declarations are lines that say something about a script and do nothing when
// they run; the parser has read them before.
func declarations() []*runtime.Command {
	nothing := func(*runtime.Call) (runtime.Value, error) { return runtime.Null(), nil }
	return []*runtime.Command{
		{
			Name: "Parameter", Group: "Scripts", Summary: "Declares a parameter that a run gives, at the top of a script.",
			Doc:       "Types are Text, Number, Boolean, Date, List and CredentialPack, or the name of a table. A document declares its parameters in `<parameters>` instead.",
			Statement: true,
			Params: []runtime.Param{
				{Name: "name", Type: runtime.BareParam, Doc: "the name, without percent signs"}, required("type", runtime.TextParam, "what its value must be"),
				optional("default", runtime.AnyParam, "the value when the run gives none; without it the run must give one"),
				optional("description", runtime.TextParam, "what it is for"),
			},
			Examples: []runtime.Example{script("Parameter Who, \"Text\", \"world\", \"whom to greet\"\nLog \"info\", \"Hello %Who%\"\n", "Hello world\n")},
			Run:      nothing,
		},
		{
			Name: "Code", Group: "Scripts", Summary: "Marks where the code of a script begins; it has no effect.",
			Statement: true, Provenance: runtime.Documented,
			Examples: []runtime.Example{script("Code\nLog \"info\", \"hello\"\n", "hello\n")},
			Run:      nothing,
		},
	}
}
