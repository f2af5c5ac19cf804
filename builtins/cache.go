package builtins

import "github.com/amsx-lang/amsx/runtime"

// cacheCommands are documented commands about a server's cache, which there is
// none of here.
func cacheCommands() []*runtime.Command {
	const doc = "A server keeps copies of what it has read. This edition reads the database each time, so there is nothing to empty: the line is accepted, so that scripts of a server run unchanged, and has no effect."
	nothing := func(*runtime.Call) (runtime.Value, error) { return runtime.Null(), nil }
	command := func(name, summary, line string, params ...runtime.Param) *runtime.Command {
		return &runtime.Command{
			Name: name, Group: "SQL", Summary: summary, Doc: doc, Statement: true, Provenance: runtime.Documented, Params: params,
			Examples: []runtime.Example{script(line+"\nLog \"info\", Sql(\"SELECT count(*) FROM Department\")\n", "2\n")}, Run: nothing,
		}
	}
	return []*runtime.Command{
		command("CacheKill", "Empties a server's cache; without effect here.", "CacheKill"),
		command("CacheRemove", "Removes an item from a server's cache; without effect here.", `CacheRemove "Departments"`, required("name", runtime.TextParam, "the item")),
		command("CacheRemoveTable", "Removes what a server's cache holds of a table; without effect here.", `CacheRemoveTable "Department"`, required("table", runtime.TextParam, "the table")),
	}
}
