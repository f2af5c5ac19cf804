package runtime

import "github.com/amsx-lang/amsx/lexer"

// sqlCodes are about SQL that is wrong before anything runs.
func sqlCodes() []lexer.Explanation {
	return []lexer.Explanation{
		{
			Code: CodeSQLPrepare, Title: "SQL that the site's database does not take",
			Text: "The check has the database prepare every statement on an empty copy of the site's tables: a column or table by a wrong name, a forgotten comma and a value too many are found before anything runs. " +
				"Columns that the script adds and temporary tables that it makes are known, wherever their line stands. Nothing is said about a statement with a name from a %variable%, nor about a temporary table that the script may make in two ways.",
			Before: "Log \"info\", Sql(\"SELECT Departement FROM Custodian WHERE CustodianID = 1\")",
			After:  "Log \"info\", Sql(\"SELECT Department FROM Custodian WHERE CustodianID = 1\")",
		},
		{
			Code: CodeEveryRow, Title: "UPDATE or DELETE without WHERE",
			Text:   "Without WHERE it is every row of the table: everybody inactive, or gone. Nearly always the line with WHERE was lost in an edit. Where all rows are meant, WHERE 1 = 1 says so. A temporary table needs no WHERE.",
			Before: "SqlExecute \"UPDATE Custodian SET Phone = NULL\"",
			After:  "SqlExecute \"UPDATE Custodian SET Phone = NULL WHERE Phone = ''\"",
		},
		{
			Code: CodeCopies, Title: "INSERT that copies every row of its own table",
			Text:   "It reads all rows of the table that it writes, so that each is there twice afterwards. Name the rows that are meant behind WHERE, or read from the table that was meant.",
			Before: "SqlExecute \"INSERT INTO Department (DepartmentName) SELECT DepartmentName FROM Department\"",
			After:  "SqlExecute \"INSERT INTO Department (DepartmentName) SELECT DISTINCT Department FROM Custodian WHERE Department IS NOT NULL\"",
		},
		{
			Code: CodeSQLRefused, Title: "SQL that no script may run",
			Text:   "A script changes rows; tables, indexes and triggers belong to the owner of the site, and the record of what was changed to amsx itself. Temporary tables are the script's own: it may make and drop them.",
			Before: "SqlExecute \"DROP TABLE Department\"",
			After:  "SqlExecute \"DELETE FROM Department WHERE DepartmentName = 'Closed'\"",
		},
		{
			Code: CodeNoTempTable, Title: "A temporary table that no line makes",
			Text:   "A table whose name begins with # is there when a line of the script has made it: SELECT … INTO #name, or CREATE TABLE #name. Often the line SqlExecute was lost, which runs what Text … EndText has collected, the name was changed in one of two places, or a line was moved above the one that makes the table. A script that only others call may use a table that they make: say so with a comment above the line: // amsx: ignore AMSX4064 and why.",
			Before: "Text\nSELECT FullName INTO #report FROM Custodian WHERE Active = 0\nEndText\nLog \"info\", Sql(\"SELECT count(*) FROM #report\")",
			After:  "Text\nSELECT FullName INTO #report FROM Custodian WHERE Active = 0\nEndText\nSqlExecute\nLog \"info\", Sql(\"SELECT count(*) FROM #report\")",
		},
	}
}
