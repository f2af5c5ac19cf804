package builtins

import (
	"strings"

	"github.com/amsx-lang/amsx/runtime"
)

// schemaCommands add columns to the tables of the site.
func schemaCommands() []*runtime.Command {
	table := required("table", runtime.TextParam, "the table")
	const doc = "A column that is there already with the same type stays as it is; with another type the run ends with an error that names both. " +
		"With fixed texts the column is known to `amsx check` before it exists, so the mapping, the update key and SQL of the same document may name it, and it is added before the first line runs. " +
		"Adding has a short transaction of its own and stays when the run fails later; a test run adds nothing. The statement is listed with the run's result."
	const types = "Text, Number, Money, Date, DateTime, Boolean or Lookup; a Number or Money keeps all its digits"
	errs := []string{"the column is there with another type", "SQL has changed rows before it in the same transaction", "the site has no such table"}
	one := func(words []string) ([]runtime.ColumnSpec, error) {
		size, unique := words[3], words[4] != ""
		if strings.EqualFold(strings.TrimSpace(size), "unique") && !unique {
			size, unique = "", true // AddCustomField "T", "C", "Number", "unique"
		}
		s, err := runtime.NewColumn(words[0], words[1], words[2], size, unique)
		if err != nil {
			return nil, err
		}
		return []runtime.ColumnSpec{s}, nil
	}
	several := func(words []string) ([]runtime.ColumnSpec, error) { return runtime.ParseColumns(words[0], words[1]) }
	add := func(columns func(words []string) ([]runtime.ColumnSpec, error), params int) func(*runtime.Call) (runtime.Value, error) {
		return func(c *runtime.Call) (runtime.Value, error) {
			if c.Host().Site == nil {
				return runtime.Null(), errNoSite
			}
			words := make([]string, params)
			for i := range words {
				words[i] = c.Text(i)
			}
			specs, err := columns(words)
			if err != nil {
				return runtime.Null(), err
			}
			for i := range specs {
				specs[i].Pos = c.Pos()
			}
			return runtime.Null(), c.Host().Site.AddColumns(c.Context(), specs)
		}
	}
	return []*runtime.Command{
		{
			Name: "AddCustomField", Group: "Records", Summary: "Adds a column to a table of the site where it is missing.", Doc: doc,
			Statement: true, Effects: runtime.WritesDB, Provenance: runtime.Documented,
			Params: []runtime.Param{table, required("column", runtime.TextParam, "the new column: letters, digits and _"),
				required("type", runtime.TextParam, types),
				optional("size", runtime.TextParam, "of a Text, how many characters it holds at most; of a Lookup, the table whose row it points to"),
				{Name: "unique", Type: runtime.TextParam, Optional: true, Doc: `"unique": no two rows may have the same value`, OneOf: []string{"unique"}}},
			Errors: errs,
			Examples: []runtime.Example{script("AddCustomField \"Department\", \"Floor\", \"Text\", 20\nAddCustomField \"Department\", \"Budget\", \"Money\"\n"+
				"SqlExecute \"UPDATE Department SET Floor = '3', Budget = 0.1234567890123456789 WHERE DepartmentID = 1\"\n"+
				"Log \"info\", Sql(\"SELECT Floor FROM Department WHERE DepartmentID = 1\")\n", "3\n"),
				script("AddCustomField \"Department\", \"HeadID\", \"Lookup\", \"Custodian\"\nAddCustomField \"Department\", \"Code\", \"Number\", , \"unique\"\nLog \"info\", Sql(\"SELECT count(*) FROM Department WHERE HeadID IS NULL\")\n", "2\n")},
			Columns: one, Run: add(one, 5),
		},
		{
			Name: "AddColumnsToTable", Group: "Records", Summary: "Adds several columns to a table of the site where they are missing.", Doc: doc,
			Statement: true, Effects: runtime.WritesDB, Provenance: runtime.Documented,
			Params: []runtime.Param{table, required("columns", runtime.TextParam, "a name and a type each, with commas between them, such as \"Floor Text(20), Code Number unique, HeadID Lookup(Custodian)\"; the types are "+types)},
			Errors: errs,
			Examples: []runtime.Example{script("AddColumnsToTable \"Department\", \"Floor Text(20), Code Number unique, Closed Boolean\"\n"+
				"SqlExecute \"UPDATE Department SET Closed = False WHERE Closed IS NULL\"\nLog \"info\", Sql(\"SELECT count(*) FROM Department WHERE Floor IS NULL AND Closed = 0\")\n", "2\n")},
			Columns: several, Run: add(several, 2),
		},
	}
}
