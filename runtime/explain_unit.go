package runtime

import "github.com/amsx-lang/amsx/lexer"

// unitCodes are about Subs, called scripts, Transactions and several mappings.
func unitCodes() []lexer.Explanation {
	const people = "Map People To Custodian Key OktaID\n  OktaID = id\n  Login = profile.login\nEnd Map\n"
	return []lexer.Explanation{
		{
			Code: CodeSub, Title: "A Sub by a name that is taken",
			Text:   "A Sub is called like a command, by its name alone on a line. A command or another Sub of that name would be called in its place.",
			Before: "Log \"info\", \"start\"\nSub Log text\n  Progress %text%\nEnd Sub", After: "Report \"start\"\nSub Report text\n  Progress %text%\nEnd Sub",
		},
		{
			Code: CodeSubUnused, Title: "A Sub that nothing calls",
			Text:   "Its lines never run. Often the line that called it was lost in an edit, or its name was changed in one of the two places.",
			Before: "Log \"info\", \"start\"\nSub Report text\n  Progress %text%\nEnd Sub", After: "Report \"start\"\nSub Report text\n  Progress %text%\nEnd Sub",
		},
		{
			Code: CodeScript, Title: "A script for Call or CallLocal that cannot be read",
			Text: "Scripts are called from the folder of the one that runs and from those below it, by a name in quotes, so that everything that may run is checked before anything does.",
		},
		{
			Code: CodeScriptParameter, Title: "What a called script is given does not fit",
			Text: "The called script declares its parameters, or reads names that no line of it assigns. A value by another name would be lost, and one that is wanted and not given would be missing.",
		},
		{
			Code: CodeTransaction, Title: "A Transaction where it would keep a part, or lock for long",
			Text:   "While a Transaction is open, nobody else can write to the database: waiting for a server belongs in front of it. In a loop over pages each turn would be kept for good, and half a list would stay when the rest cannot be read.",
			Before: "Transaction\n  HttpGet \"https://api.example.com/count\"\n  SqlExecute \"DELETE FROM Department WHERE DepartmentID = 0\"\nEnd Transaction",
			After:  "HttpGet \"https://api.example.com/count\"\nTransaction\n  SqlExecute \"DELETE FROM Department WHERE DepartmentID = 0\"\nEnd Transaction",
		},
		{
			Code: CodeTwoMappings, Title: "Two mappings of one table",
			Text:   "Where two mappings find the rows of one table by different keys, a person who comes by both is added twice. Where an Upsert does not say which of several mappings it means, it takes the first.",
			Before: people + "Map Guests To Custodian Key Login\n  Login = profile.login\nEnd Map\nForEach user In JsonPages \"https://api.example.com/users\"\n  Upsert %user%, \"People\"\n  Upsert %user%, \"Guests\"\nEndEach",
			After:  people + "ForEach user In JsonPages \"https://api.example.com/users\"\n  Upsert %user%, \"People\"\nEndEach",
		},
		{
			Code: CodeSQLName, Title: "SQL by a name that no line gave",
			Text:   "AddSqlTemplate gives a statement a name, and SqlTemplate runs it by that name. Both names are fixed texts, so that it can be seen before the run which statement is meant.",
			Before: "AddSqlTemplate \"count\", \"SELECT count(*) FROM Custodian\"\nLog \"info\", Sql(SqlTemplate(\"cuont\"))",
			After:  "AddSqlTemplate \"count\", \"SELECT count(*) FROM Custodian\"\nLog \"info\", Sql(SqlTemplate(\"count\"))",
		},
		{
			Code: CodeSQLWrites, Title: "SQL that writes where a query is wanted",
			Text:   "Sql, SqlRow, SqlTable and Exists read. A statement that changes the site is run by SqlExecute, so that whoever reads the script sees where it writes.",
			Before: "Set n = Sql \"DELETE FROM Department WHERE DepartmentID = 0\"", After: "SqlExecute \"DELETE FROM Department WHERE DepartmentID = 0\"",
		},
		{
			Code: CodeTooManyCalls, Title: "Subs that call each other too often to be checked",
			Text: "The checker follows every call to see what the lines do together. Subs that each call others twice, over many levels, are too many ways to follow.",
		},
	}
}
