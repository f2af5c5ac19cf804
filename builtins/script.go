package builtins

import "github.com/amsx-lang/amsx/runtime"

// scriptCommands run other scripts. What a script is given is checked and read
// when the program is compiled; see runtime.Command.Role.
func scriptCommands() []*runtime.Command {
	run := func(c *runtime.Call) (runtime.Value, error) { return c.RunScript() }
	file := required("file", runtime.TextParam, "a .amsx file, in quotes and without %variables%; its place is relative to the script that calls, inside the folder of the script that is run")
	parent := optional("parent", runtime.TextParam, "the parent transform name: not in this edition, leave it out")
	query := optional("values", runtime.TextParam, `what the script is given, as a query string: "Name=value&Other=%x%"`)
	flag := optional("variables", runtime.TextParam, `"true", or left out: the values become variables of the script; another value is not in this edition`)
	id := optional("id", runtime.TextParam, "the UniqueID: not in this edition, leave it out")
	errs := []string{"the file is not there, or outside of the folder", "a value that the script needs is not given", "it runs itself too deep"}
	effects := runtime.ReadsFiles
	return []*runtime.Command{
		{
			Name: "Call", Group: "Scripts", Summary: "Runs another script, with variables of its own.",
			Doc: "The script sees no variable of the caller, only what it is given; a parameter that it declares is converted and must be given unless it has a default. Its result buffer is its own: the caller gets what it holds at the end. " +
				"`Exit` in it ends it alone. Where it has no mapping, those of the caller are used. Everything in it is checked before the run, with its own file name and lines.",
			Result: "what the script leaves in its result buffer", Effects: effects, Statement: true, Role: runtime.CallRole, Provenance: runtime.Documented,
			Params:   []runtime.Param{file, optional("parameters", runtime.TextParam, `what the script is given, as XML: "<p><Name>value</Name><Other>%x%</Other></p>"`), parent, query, flag, id},
			Errors:   errs,
			Examples: []runtime.Example{script("Call \"greet.amsx\", \"<p><Who>Ann</Who></p>\"\nCall \"greet.amsx\", , , \"Who=Bob\"\n", "Hello Ann\nHello Bob\n")},
			Run:      run,
		},
		{
			Name: "CallLocal", Group: "Scripts", Summary: "Runs another script with the variables of this one.",
			Doc: "Variables and the result buffer are shared: what the script sets, the caller reads. A parameter that the script declares keeps the value that the caller has for it. " +
				"`Exit` in it ends it alone. Subs belong to their own file. The documented .xxs and .xts files are not in this edition.",
			Result: "the result buffer", Effects: effects, Statement: true, Role: runtime.CallLocalRole, Provenance: runtime.Documented,
			Params:   []runtime.Param{file, parent, query, flag, id},
			Errors:   errs,
			Examples: []runtime.Example{script("Set Who = \"Ann\"\nCallLocal \"greet.amsx\"\nCallLocal \"greet.amsx\", , \"Who=Bob\"\nLog \"info\", %Who%\n", "Hello Ann\nHello Bob\nBob\n")},
			Run:      run,
		},
	}
}
