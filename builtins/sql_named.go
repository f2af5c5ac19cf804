package builtins

import (
	"github.com/amsx-lang/amsx/runtime"
)

// namedSQLCommands give SQL a name and run several statements.
func namedSQLCommands() []*runtime.Command {
	return []*runtime.Command{
		{
			Name: "BatchSql", Group: "SQL", Summary: "Runs several SQL statements that change rows, in their order.",
			Doc:    "It is SqlExecute with its statements behind it: they are separated by semicolons, and their values are bound. The first that fails ends the run, and nothing of them is written; inside Try, write Transaction around them.",
			Result: "a Number: the rows changed by all of them, also in %ROWCOUNT%", Effects: runtime.ReadsDB | runtime.WritesDB, Statement: true, Provenance: runtime.Documented,
			Params: []runtime.Param{required("statements", runtime.SQLParam, "the statements; %x% in them is bound, never pasted")}, Errors: []string{"the database refuses a statement"},
			Examples: []runtime.Example{script("Set name = \"O'Brien's\"\nSet n = BatchSql \"UPDATE Department SET DepartmentName = '%name%' WHERE DepartmentID = 1; DELETE FROM Department WHERE DepartmentID = 2\"\nLog \"info\", \"%n% changed\"\n", "2 changed\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				queries, err := c.SQL(0)
				if err != nil {
					return runtime.Null(), err
				}
				return execute(c, queries)
			},
		},
		{
			Name: "AddSqlTemplate", Group: "SQL", Summary: "Gives SQL a name, under which other lines run it.",
			Doc:       "`SqlExecute SqlTemplate(\"name\")`, `Sql SqlTemplate(\"name\")` and every other command that takes SQL run it; the values of its %variables% are those of the moment at which it runs. The line itself runs nothing, and it may stand anywhere in the script.",
			Statement: true, Provenance: runtime.Documented, Role: runtime.NamesSQLRole,
			Params: []runtime.Param{required("name", runtime.TextParam, "a fixed name"), required("statement", runtime.SQLParam, "the SQL; %x% in it is bound, never pasted")},
			Errors: []string{"two SQL texts have one name"},
			Examples: []runtime.Example{script("AddSqlTemplate \"ByName\", \"SELECT DepartmentID FROM Department WHERE DepartmentName = '%name%'\"\n"+
				"ForEach name In List(\"Sales\", \"R&D\")\n  Log \"info\", Sql(SqlTemplate(\"ByName\"))\nEndEach\n", "1\n2\n")},
			Run: func(*runtime.Call) (runtime.Value, error) { return runtime.Null(), nil },
		},
		{
			Name: "SqlTemplate", Group: "SQL", Summary: "Stands for the SQL that AddSqlTemplate has given a name, where a command takes SQL.",
			Result: "the SQL, for the command around it", Function: true, Role: runtime.NamedSQLRole,
			Params: []runtime.Param{required("name", runtime.TextParam, "the name that AddSqlTemplate gave")}, Errors: []string{"no line gives that name"},
			Examples: []runtime.Example{script("AddSqlTemplate \"Rename\", \"UPDATE Department SET DepartmentName = '%name%' WHERE DepartmentID = 1\"\nSet name = \"Sold\"\nSqlExecute SqlTemplate(\"Rename\")\nLog \"info\", Sql(\"SELECT DepartmentName FROM Department WHERE DepartmentID = 1\")\n", "Sold\n")},
			Check: func(c *runtime.CheckedCall) {
				c.List.Errorf(c.Call.Pos, runtime.CodeSQLName, "write SqlExecute SqlTemplate(\"name\"), or Sql(SqlTemplate(\"name\"))", "SqlTemplate is no value: it stands where a command takes SQL")
			},
			Run: func(*runtime.Call) (runtime.Value, error) {
				return runtime.Null(), failf("write SqlExecute SqlTemplate(\"name\")", "SqlTemplate stands where a command takes SQL")
			},
		},
	}
}
