package runtime

import (
	"slices"

	"github.com/amsx-lang/amsx/lexer"
)

// Explanations are the pages of this package's codes, in the order of the
// codes. The caller owns the slice.
func Explanations() []lexer.Explanation {
	return slices.Concat(nameCodes(), mappingCodes(), leaverCodes(), pathCodes(), unitCodes(), fitCodes(), provenCodes(), sqlCodes(), runCodes())
}

// explainedMapping is a document with the given script, the lines of its
// mapping behind the key, and what follows the destination.
func explainedMapping(script, fields, rest string) string {
	return explainedDocument(script, fields, `<destination table="Custodian" updatekey="OktaID" source="OKTA"/>`+rest)
}

func explainedDocument(script, fields, rest string) string {
	return "<amsx version=\"1\">\n  <transformation name=\"Example\">\n    <source type=\"AMSX Script\"><![CDATA[\n" + script + "\n]]></source>\n" +
		"    <mapping>\n      <field destination=\"OktaID\" source=\"id\" required=\"true\"/>\n" + fields + "    </mapping>\n    " + rest + "\n  </transformation>\n</amsx>\n"
}

// explainedLoop reads people and writes them.
const explainedLoop = "ForEach user In JsonPages BuildUrl(\"https://api.example.com/api/v1/users\", \"search\", \"status pr\")\n  Upsert %user%\nEndEach"

// explainedOkta is the same from OKTA, whose fields are known.
const explainedOkta = "Credential okta, \"OKTA_API\"\nAuthorize okta, \"SSWS\"\n" +
	"ForEach user In JsonPages BuildUrl(\"%okta.Url%/api/v1/users\", \"search\", \"status pr\")\n  Upsert %user%\nEndEach"

func nameCodes() []lexer.Explanation {
	return []lexer.Explanation{
		{
			Code: CodeUnknownCommand, Title: "There is no such command or function",
			Text:   "Every line begins with a statement or a command, and a name with parentheses is a function. The hint has the nearest name that there is; `amsx doc` lists them all.",
			Before: `Logg "info", "hello"`, After: `Log "info", "hello"`,
		},
		{
			Code: CodeNotInEdition, Title: "A documented xAssets command that this edition does not have",
			Text:   "The word is a command of xAssets and known by name, so that a script that was brought along fails here, by its line, and not somewhere in the middle of the night.",
			Before: "Depreciate \"1\", \"2026-03-31\"", After: "Log \"info\", \"depreciation runs in xAssets\"",
		},
		{
			Code: CodeUnknownName, Title: "There is no such variable or parameter",
			Text:   "No line assigns the name, and no parameter declares it. Where a script declares no parameters at all, such a name is a parameter that the run must give; where it declares some, it is a mistake.",
			Before: "Parameter Department, \"Text\", \"Sales\"\nLog \"info\", \"%Departmnt%\"", After: "Parameter Department, \"Text\", \"Sales\"\nLog \"info\", \"%Department%\"",
		},
		{
			Code: CodeReadOnly, Title: "The name is read-only",
			Text:   "TODAY, NOW, RUNID and their like are given by the run. A script that could set them would mislead everybody who reads it. Take another name.",
			Before: `Set today = "2026-01-01"`, After: `Set day = "2026-01-01"`,
		},
		{
			Code: CodeArguments, Title: "Too few arguments, or too many",
			Text:   "The hint shows how the command is written; what stands in brackets may be left out.",
			Before: `Log "info", Replace("a-b", "-")`, After: `Log "info", Replace("a-b", "-", " ")`,
		},
		{
			Code: CodeArgument, Title: "An argument that the command cannot take",
			Text:   "It is of another type, not one of the words that may stand there, or a value where a name is wanted.",
			Before: "Set found = List()\nAdd %found%, \"x\"", After: "Set found = List()\nAdd found, \"x\"",
		},
		{
			Code: CodeBareWord, Title: "A word without quotes and without percent signs",
			Text:   "A text stands in quotes, a variable between percent signs. A word alone could be either, and a guess would be wrong half of the time.",
			Before: `Log "info", hello`, After: `Log "info", "hello"`,
		},
		{
			Code: CodeCommandPlace, Title: "A command where a function belongs, or the reverse",
			Text:   "A function gives a value and stands in an expression; alone on a line it would do nothing. A command stands on a line of its own, or right after Set name =.",
			Before: `Upper("a")`, After: `Set a = Upper("a")`,
		},
		{
			Code: CodeExit, Title: "Exit or Continue without such a loop",
			Text:   "Exit For leaves a For, Exit ForEach a ForEach, and Continue goes on with the next turn of a loop around it. Exit alone ends the script.",
			Before: "If 1 = 1 Then\n  Continue\nEnd If", After: "For i = 1 To 2\n  Continue\nNext",
		},
		{
			Code: CodeUnreachable, Title: "A line that never runs",
			Text:   "The lines before it leave the block in any case, so nothing gets here. Often an Exit, Continue or Throw has lost its If. Where the lines would write records or look for leavers it is an error, since a run without them looks well.",
			Before: "Exit\nLog \"info\", \"never\"", After: "Log \"info\", \"now\"\nExit",
		},
		{
			Code: CodeOperands, Title: "Operands that the operator cannot take",
			Text:   "What makes no sense is an error, never a silent value: a number compared with a word, a list compared with a text, a text added to a number. & joins texts, In looks into a list.",
			Before: "Set names = List(\"a\")\nIf %names% = \"a\" Then Log \"info\", \"yes\"", After: "Set names = List(\"a\")\nIf \"a\" In %names% Then Log \"info\", \"yes\"",
		},
		{
			Code: CodeSQLArgument, Title: "SQL that does not stand in the script",
			Text:   "The SQL of a command is a text in quotes, or several joined with &, so that every %value% in it can be bound instead of spliced. SQL that depends on a condition is written as several Text blocks; SqlRaw runs text that the script has put together itself.",
			Before: "Set s = \"SELECT 1\"\nSet n = Sql %s%", After: `Set n = Sql "SELECT 1"`,
		},
		{
			Code: CodeUnknownMapping, Title: "There is no such mapping",
			Text:   "Upsert writes a record by a mapping: which column gets which field, and the table. A document has it in <mapping>, a script in Map … End Map.",
			Before: explainedLoop, After: explainedMapping(explainedLoop, "", ""),
		},
		{
			Code: CodeUnknownPack, Title: "There is no such credential pack",
			Text:   "The packs are those of the site's control database. `amsx credential list` shows their names, `amsx credential add NAME` adds one.",
			Before: `Credential okta, "OKTA_AIP"`, After: `Credential okta, "OKTA_API"`,
		},
		{
			Code: CodeSecret, Title: "A secret typed into the script",
			Text:   "Whoever reads the script, its history or a copy of it would have the secret. It belongs into a credential pack, which the script opens by name. Replace the secret where it came from: it must be taken as known.",
			Before: "Set token = \"00aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789abCD\"", After: "Credential okta, \"OKTA_API\"",
		},
		{
			Code: CodeParameterType, Title: "A parameter's type or default does not fit",
			Text:   "Types are Text, Number, Boolean, Date, List, CredentialPack, and the names of the site's tables. The default must be a value of the type, since a schedule runs with it.",
			Before: "Parameter Shade, \"Colour\", \"red\"\nLog \"info\", \"%Shade%\"", After: "Parameter Shade, \"Text\", \"red\"\nLog \"info\", \"%Shade%\"",
		},
		{
			Code: CodePendingText, Title: "SQL text that nothing executes",
			Text:   "Text … EndText collects SQL; SqlExecute without arguments runs it, ClearText discards it. Text that is still pending at the end of the script runs there, which is rarely what was meant.",
			Before: "Text\nDELETE FROM Department WHERE DepartmentName = 'x'\nEndText", After: "Text\nDELETE FROM Department WHERE DepartmentName = 'x'\nEndText\nSqlExecute",
		},
		{
			Code: CodeFixedText, Title: "A fixed text that the command cannot work with",
			Text:   "A date format, a pattern, a path, a unit or a paging style that stands in the script is read when it is checked, so that a mistake in it shows at once and not at night.",
			Before: `Log "info", FormatDate(Today(), "YYYY-MM-DD")`, After: `Log "info", FormatDate(Today(), "yyyy-MM-dd")`,
		},
	}
}
