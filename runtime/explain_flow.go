package runtime

import "github.com/amsx-lang/amsx/lexer"

// pathCodes are about the paths that a run may take.
func pathCodes() []lexer.Explanation {
	return []lexer.Explanation{
		{
			Code: CodeMaybeUnset, Title: "A variable that may have no value yet",
			Text:   "The line reads a variable, and on one of the ways to it no line gives it a value: a condition does not hold, a loop makes no turn, an error was caught. There the run would end. A Sub is looked at for every call of it: what it reads must have a value there. Give the variable a value before.",
			Before: "If %TESTING% Then\n  Set note = \"a dry run\"\nEnd If\nLog \"info\", %note%", After: "Set note = \"\"\nIf %TESTING% Then\n  Set note = \"a dry run\"\nEnd If\nLog \"info\", %note%",
		},
		{
			Code: CodeConstant, Title: "A condition that is always the same",
			Text:   "It reads no variable, or compares one with itself. Mostly the percent signs were forgotten: \"Status\" is the word, %Status% the variable; where a variable of that name is there, it is an error. So is a list that is gone through in the branch in which the condition says that it is empty: the condition is turned round. A While of which nothing ends or leaves the loop runs until the limit of turns stops it.",
			Before: "Parameter Status, \"Text\", \"ACTIVE\"\nIf \"Status\" = \"ACTIVE\" Then Log \"info\", %Status%", After: "Parameter Status, \"Text\", \"ACTIVE\"\nIf %Status% = \"ACTIVE\" Then Log \"info\", %Status%",
		},
		{
			Code: CodeSQLInPull, Title: "SQL that does not see what the loop has upserted",
			Text:   "Upserts are collected beside the table and merged when the loop has ended, so that nobody waits for the run. SQL inside the loop sees the table as it was before. Lookup sees what was upserted; behind the loop SQL does, too.",
			Before: "Map To Custodian Key OktaID\n  OktaID = id\nEnd Map\nForEach user In JsonPages \"https://api.example.com/users\"\n  Set known = Sql \"SELECT CustodianID FROM Custodian WHERE Email = '%user.email%'\"\n  Upsert %user%\nEndEach",
			After:  "Map To Custodian Key OktaID\n  OktaID = id\nEnd Map\nForEach user In JsonPages \"https://api.example.com/users\"\n  Set known = Lookup(\"Custodian\", \"Email\", %user.email%)\n  Upsert %user%\nEndEach",
		},
		{
			Code: CodeWaitAfterWrite, Title: "A wait for the network while the database is locked",
			Text:   "SqlExecute writes at once, and from then on nobody else can write to the database until the next Commit or the end of the run. A request may take minutes. Commit before it, where what was written is complete, or ask first and write afterwards.",
			Before: "SqlExecute \"DELETE FROM Department WHERE DepartmentID = 0\"\nHttpGet \"https://api.example.com/count\"", After: "SqlExecute \"DELETE FROM Department WHERE DepartmentID = 0\"\nCommit\nHttpGet \"https://api.example.com/count\"",
		},
	}
}
