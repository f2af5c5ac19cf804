package builtins

import "github.com/amsx-lang/amsx/lexer"

// Explanations are the pages of this package's codes, in the order of the
// codes. The caller owns the slice.
func Explanations() []lexer.Explanation {
	const loop = "ForEach user In JsonPages \"https://api.example.com/users\"\n"
	write := func(command, table, column string) string {
		return "<amsx version=\"1\">\n  <transformation name=\"Example\">\n    <source type=\"AMSX Script\"><![CDATA[\n" + loop + "  " + command + " %user%\nEndEach\n]]></source>\n" +
			"    <mapping>\n      <field destination=\"" + column + "\" source=\"id\"/>\n    </mapping>\n    <destination table=\"" + table + "\" updatekey=\"" + column + "\"/>\n  </transformation>\n</amsx>\n"
	}
	return []lexer.Explanation{
		{
			Code: CodeTable, Title: "The site has no such table",
			Text:   "The table of a lookup is looked up in the site's own schema. The hint has the nearest name.",
			Before: `Set id = Lookup("Departmnet", "DepartmentName", "Sales", "DepartmentID")`, After: `Set id = Lookup("Department", "DepartmentName", "Sales", "DepartmentID")`,
		},
		{
			Code: CodeColumn, Title: "The table has no such column",
			Text:   "The column of a lookup is looked up in the site's own schema. The hint has the nearest name.",
			Before: `Set id = Lookup("Department", "DepartmentNmae", "Sales", "DepartmentID")`, After: `Set id = Lookup("Department", "DepartmentName", "Sales", "DepartmentID")`,
		},
		{
			Code: CodeDestination, Title: "UpsertCustodian with the mapping of another table",
			Text:   "UpsertCustodian is Upsert with a check: it writes to the table Custodian. Records of another table are written with Upsert.",
			Before: write("UpsertCustodian", "Department", "DepartmentName"), After: write("Upsert", "Department", "DepartmentName"),
		},
		{
			Code: CodeCommitPull, Title: "Commit inside a loop over pages",
			Text:   "A Commit writes for good what was done so far. Inside the loop over a list it would keep a half of the list when the rest cannot be read. It stands behind EndEach.",
			Before: loop + "  SqlExecute \"UPDATE Department SET DepartmentName = '%user.name%' WHERE DepartmentID = 0\"\n  Commit\nEndEach", After: loop + "  SqlExecute \"UPDATE Department SET DepartmentName = '%user.name%' WHERE DepartmentID = 0\"\nEndEach\nCommit",
		},
		{
			Code: CodeInTransaction, Title: "Commit or Rollback inside a Transaction",
			Text:   "Transaction … End Transaction commits at its end, and goes back to its beginning when a line in it fails. A Commit or Rollback in between would keep or lose a part of it.",
			Before: "Transaction\n  SqlExecute \"DELETE FROM Department WHERE DepartmentID = 0\"\n  Commit\nEnd Transaction", After: "Transaction\n  SqlExecute \"DELETE FROM Department WHERE DepartmentID = 0\"\nEnd Transaction",
		},
	}
}
