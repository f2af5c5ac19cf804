package sqltext

import "github.com/amsx-lang/amsx/lexer"

// Explanations are the pages of this package's codes, in the order of the
// codes. The caller owns the slice.
func Explanations() []lexer.Explanation {
	return []lexer.Explanation{
		{
			Code: CodeText, Title: "The text is no SQL",
			Text:   "A quote, parenthesis or comment of the statement is not closed, or there is a character that SQL does not have. Inside a quoted text '' is one quote.",
			Before: `SqlExecute "DELETE FROM Department WHERE DepartmentName = 'Sales"`, After: `SqlExecute "DELETE FROM Department WHERE DepartmentName = 'Sales'"`,
		},
		{
			Code: CodePlace, Title: "A variable where SQL takes no value",
			Text:   "A variable in SQL is one value, bound to the statement, so that no name and no quote in it can change what the statement does. It stands where a value may stand, or alone where a name of a column or table may; it is never a part of a name, an operator or a whole statement.",
			Before: "Parameter Statement, \"Text\"\nSqlExecute \"%Statement%\"", After: "Parameter Name, \"Text\"\nSqlExecute \"DELETE FROM Department WHERE DepartmentName = '%Name%'\"",
		},
		{
			Code: CodeForm, Title: "A form of another database",
			Text:   "The everyday forms of SQL Server, such as TOP, ISNULL and GETDATE, are carried over to the site's database. This one has no counterpart that means the same; the hint says how to write it.",
			Before: `Log "info", Sql("SELECT count(*)::text FROM Department")`, After: `Log "info", Sql("SELECT CAST(count(*) AS varchar(20)) FROM Department")`,
		},
		{
			Code: CodeName, Title: "No such column or table",
			Text: "A variable stands where the name of a column or table belongs, and its value is none of the site's. Only such names are taken, so that a value can never become a part of the statement.",
		},
		{
			Code: CodeValue, Title: "A value of a kind that cannot go there",
			Text: "A list where one value belongs, a text where the column has numbers, or a secret of a credential pack. IN (%list%) takes a list; a secret goes only into requests to its own hosts.",
		},
		{
			Code: CodeStatement, Title: "A statement that a script may not run",
			Text:   "A run is one transaction that the interpreter begins and ends, and it works on the site's database alone: BEGIN and COMMIT, PRAGMA, ATTACH and triggers are not for scripts.",
			Before: `SqlExecute "PRAGMA foreign_keys = OFF"`, After: "BeginTransaction",
		},
		{
			Code: CodeExact, Title: "A comparison that tells capitals and small letters apart",
			Text:   "SQL compares texts letter by letter, as the database does: Ann is not ann. For logins and addresses the site keeps a column in which that is evened out; Fold does the same to the value that it is compared with.",
			Before: "Parameter Who, \"Text\"\nLog \"info\", Sql(\"SELECT CustodianID FROM Custodian WHERE Login = '%Who%'\")",
			After:  "Parameter Who, \"Text\"\nLog \"info\", Sql(\"SELECT CustodianID FROM Custodian WHERE LoginKey = Fold('%Who%')\")",
		},
	}
}
