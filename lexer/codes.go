package lexer

// The codes of this package and of the parser. They are stable: a code keeps
// its meaning for ever, and a retired one is not used again. 1xxx is about
// characters, 2xxx about lines and blocks, 3xxx about documents.
const (
	CodeEncoding     = "AMSX1001"
	CodeSize         = "AMSX1002"
	CodeQuote        = "AMSX1003"
	CodeUnclosedText = "AMSX1004"
	CodeOperator     = "AMSX1005"
	CodeComment      = "AMSX1006"
	CodeCharacter    = "AMSX1007"
	CodeNumber       = "AMSX1008"
	CodePercent      = "AMSX1009"
	CodePasted       = "AMSX1010"

	CodeSyntax      = "AMSX2001"
	CodeUnclosed    = "AMSX2002"
	CodeStray       = "AMSX2003"
	CodeWord        = "AMSX2004"
	CodeCommandForm = "AMSX2005"
	CodeDepth       = "AMSX2006"
	CodePath        = "AMSX2007"
	CodeParameter   = "AMSX2008"
	CodeOneLineIf   = "AMSX2009"
	CodeMapPlace    = "AMSX2010"

	CodeIgnore       = "AMSX2020"
	CodeIgnoreUnused = "AMSX2021"

	CodeXML        = "AMSX3001"
	CodeDTD        = "AMSX3002"
	CodeUnescaped  = "AMSX3003"
	CodeUnknown    = "AMSX3004"
	CodeMissing    = "AMSX3005"
	CodeTwice      = "AMSX3006"
	CodeValue      = "AMSX3007"
	CodeReference  = "AMSX3008"
	CodeLookup     = "AMSX3009"
	CodeEmpty      = "AMSX3010"
	CodeSourceType = "AMSX3011"
)

// An Explanation is the page of a code: what `amsx doc CODE` prints.
type Explanation struct {
	Code   string
	Title  string
	Text   string // one paragraph
	Before string // a file, or a part of one, that has the finding
	After  string // the same without it
}

// Explanations are the pages of this package's codes, in the order of the
// codes. The caller owns the slice.
func Explanations() []Explanation {
	return append(append(characterCodes(), lineCodes()...), documentCodes()...)
}

const encodingHint = `save the file as UTF-8 (Notepad: Save as, Encoding "UTF-8")`

func characterCodes() []Explanation {
	return []Explanation{
		{
			CodeEncoding, "The file is not UTF-8",
			"A transformation is read as UTF-8, so that names such as Müller are the same on every machine. Files of old editors are often " +
				"Windows-1252, files that PowerShell writes UTF-16. Open the file in an editor and save it as UTF-8; nothing is guessed, because a wrong guess would write wrong names into the database.",
			"// M\xfcller\nLog \"info\", \"hello\"", "// Müller\nLog \"info\", \"hello\"",
		},
		{
			CodeSize, "The file is too large",
			"A transformation has some kilobytes. A file of more than 4 MB or 200,000 lines is a data file that was opened by mistake. Data is read by a command, such as Csv or ReadFile.",
			"", "",
		},
		{
			CodeQuote, "Typographic quotation mark",
			"Word processors and mail programs replace the straight quotes that a script needs by curved ones. Type the quotes anew, or copy the script from its source.",
			`Log "info", “hello”`, `Log "info", "hello"`,
		},
		{
			CodeUnclosedText, "A text is not closed",
			"A text ends on its own line, with the quote it began with. A quote inside it is written twice, or the text stands in the other kind of quote.",
			`Log "info", "She said "hello"`, `Log "info", "She said ""hello"""`,
		},
		{
			CodeOperator, "An operator of another language",
			"AMSX compares with = <> < <= > >=, joins conditions with And, Or and Not, and joins text with &.",
			"If %a% != 1 && %b% = 2 Then\n  Log \"info\", \"x\"\nEnd If", "If %a% <> 1 And %b% = 2 Then\n  Log \"info\", \"x\"\nEnd If",
		},
		{
			CodeComment, "A comment in another form",
			"A comment is a line of its own that begins with //. There is no comment behind a command, because // is part of every web address.",
			"Log \"info\", \"x\" // greet", "// greet\nLog \"info\", \"x\"",
		},
		{
			CodeCharacter, "A character that does not belong here",
			"Outside quotes a script has letters, digits and a few marks. Blanks that are no blanks, dashes that are no minus and invisible characters come from word processors and web pages.",
			"Set x = 5 – 3", "Set x = 5 - 3",
		},
		{
			CodeNumber, "Neither a number nor a name",
			"A number is written as 12 or 2.50, without exponent or thousands separator. A name begins with a letter.",
			"Set limit = 1e5", "Set limit = 100000",
		},
		{
			CodePercent, "A percent sign that begins no variable",
			"Outside quotes %name% is a variable. In a text a percent sign that begins no %name% is itself, and %% is one percent sign.",
			"Set rest = 10 % 3", "Set rest = 10 Mod 3",
		},
		{
			CodePasted, "Text as it stands in a mail",
			"Marks such as > at the beginning of lines, =3D and &quot; come from the encoding of mails and web pages. Save the attachment instead, or copy from the normal view.",
			"> Log \"info\", \"x\"", `Log "info", "x"`,
		},
	}
}

func lineCodes() []Explanation {
	return []Explanation{
		{
			CodeSyntax, "A line is not complete, or has too much",
			"Every line is one statement or one command with its arguments between commas. The message says what is missing, and where.",
			"If %a% = 1\n  Log \"info\", \"x\"\nEnd If", "If %a% = 1 Then\n  Log \"info\", \"x\"\nEnd If",
		},
		{
			CodeUnclosed, "A block is not closed",
			"If ends with End If, For with Next, ForEach with EndEach, While with End While, Try with End Try, Text with EndText. The finding stands where the block begins; the hint names the place where its end is probably missing, by the indentation.",
			"ForEach x In %list%\n  Log \"info\", \"%x%\"\nLog \"info\", \"done\"", "ForEach x In %list%\n  Log \"info\", \"%x%\"\nEndEach\nLog \"info\", \"done\"",
		},
		{
			CodeStray, "A line that belongs to no open block",
			"Else, Next, EndEach and the like belong to the block that was opened last. The hint names the block that is open.",
			"ForEach x In %list%\n  Log \"info\", \"%x%\"\nEnd If", "ForEach x In %list%\n  Log \"info\", \"%x%\"\nEndEach",
		},
		{
			CodeWord, "A word that AMSX spells otherwise",
			"The line begins with a word of another language, or with a misspelt one. Commands are not checked here: an unknown command has a code of its own.",
			"Dim x", "Set x = \"\"",
		},
		{
			CodeCommandForm, "A command with arguments in the middle of an expression",
			"A command in command form is a value right after = and after In, nowhere else; in an expression it is written as a function, with parentheses.",
			`Log "info", Sql "SELECT 1"`, `Log "info", Sql("SELECT 1")`,
		},
		{
			CodeDepth, "Nested too deeply",
			"Blocks may be nested 100 deep, parentheses 200, and one expression has at most 1,000 operators. A script that needs more is easier to read in several steps.",
			"", "",
		},
		{
			CodePath, "A path cannot be read",
			"A path is names joined by dots: user.profile.email. A name with blanks or other marks stands in brackets: row.[First Name]. An element is items[0], the first one for which something holds is phones[type=work].",
			"Set items = List(1, 2)\nSet x = %items[-1]%", "Set items = List(1, 2)\nSet x = %items[0]%",
		},
		{
			CodeParameter, "A parameter is not declared as it should be",
			"Parameters stand at the top: Parameter name, \"Type\", default, \"description\". The default is a value, not a computation, and of the parameter's type.",
			"Parameter Days, \"Number\", \"ten\"\nLog \"info\", \"%Days%\"", "Parameter Days, \"Number\", 10\nLog \"info\", \"%Days%\"",
		},
		{
			CodeOneLineIf, "Too much behind Then",
			"Behind Then on the same line stands one command. Else and blocks need lines of their own.",
			`If %a% = 1 Then Log "info", "one" Else Log "info", "other"`, "If %a% = 1 Then\n  Log \"info\", \"one\"\nElse\n  Log \"info\", \"other\"\nEnd If",
		},
		{
			CodeMapPlace, "A mapping of a script in a document",
			"A script declares its mapping with Map … End Map and its value tables with DataMap … End DataMap. A document declares both outside of the script, as elements. " +
				"In a script Map, DataMap and Sub stand for themselves, not inside If, a loop or each other.",
			`<amsx version="1">
  <transformation name="Example">
    <source type="AMSX Script"><![CDATA[
Map To Custodian Key OktaID
  OktaID = id
End Map
ForEach user In JsonPages "https://api.example.com/users"
  Upsert %user%
EndEach
]]></source>
  </transformation>
</amsx>
`, mapped(""),
		},
		{
			CodeIgnore, "A comment that is to silence a finding cannot",
			"// amsx: ignore CODE reason silences that finding for the next line; in the mapping of a document it is <!-- amsx: ignore CODE reason -->. It needs the code of a finding, and the reason for those who read it later. " +
				"Warnings can be silenced, and errors that may be meant, such as two fields that have changed places. What cannot be read, a secret in the script, and what would make people inactive who have not left cannot.",
			"// amsx: ignore AMSX4O10 for the test\nExit\nLog \"info\", \"never\"", "// for the test: amsx doc AMSX4010\nExit",
		},
		{
			CodeIgnoreUnused, "A comment that silences nothing",
			"The line below the comment has no such finding any more. The comment would silence the next one that comes up there, which nobody has looked at. Remove it.",
			"// amsx: ignore AMSX4010 for the test\nLog \"info\", \"hello\"", "Log \"info\", \"hello\"",
		},
	}
}
