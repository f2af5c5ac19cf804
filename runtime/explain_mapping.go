package runtime

import "github.com/amsx-lang/amsx/lexer"

func mappingCodes() []lexer.Explanation {
	const (
		email  = "      <field destination=\"Email\" source=\"profile.email\"/>\n"
		active = "      <field destination=\"Active\" source=\"status\" datamap=\"Status\"/>\n"
		first  = "      <field destination=\"FirstName\" source=\"profile.firstName\"/>\n"
		last   = "      <field destination=\"LastName\" source=\"profile.lastName\"/>\n"
	)
	table := func(working, left string) string {
		return "\n    <datamap name=\"Status\">\n      <value from=\"ACTIVE\" to=\"" + working + "\"/>\n      <value from=\"DEPROVISIONED\" to=\"" + left + "\"/>\n    </datamap>"
	}
	of := func(fields string) string { return explainedMapping(explainedLoop, fields, "") }
	return []lexer.Explanation{
		{
			Code: CodeUnknownColumn, Title: "The site has no such table or column",
			Text:   "The table or column is looked up in the site's own schema. The hint has the nearest name. A column of your own is added with AddCustomField.",
			Before: of("      <field destination=\"Emial\" source=\"profile.email\"/>\n"), After: of(email),
		},
		{
			Code: CodeDuplicateColumn, Title: "One column is mapped twice",
			Text: "Only one of the two could win, and which one would be a matter of luck. Remove the line that is not meant. In a file AMSX3006 says so; this code is of mappings that are made otherwise.",
		},
		{
			Code: CodeKey, Title: "A key that does not tell rows apart",
			Text:   "The update key finds the row of a record. It must be mapped, and be something that no two people share and that does not change: an id. It is read from the record itself: a fixed value, a default or a look-up does not tell one record from another. E-mail addresses, names and departments are shared or change, and with them as key people become one row, or one person becomes two.",
			Before: explainedDocument(explainedLoop, email, `<destination table="Custodian" updatekey="Email" source="OKTA"/>`), After: of(email),
		},
		{
			Code: CodeDataMap, Title: "A value table that is unknown, or holds what its column cannot",
			Text:   "A datamap translates a value before it is written. Each value it gives must fit the column, True or False for Active, for one. A table that translates the values of another field translates nothing, and a field whose values its column cannot hold needs a table.",
			Before: explainedMapping(explainedLoop, active, table("yes please", "False")), After: explainedMapping(explainedLoop, active, table("True", "False")),
		},
		{
			Code: CodeStatusInverted, Title: "A status table turned round",
			Text:   "The table makes people inactive whose status says that they work, or active whose status says that they left. Everybody would change over in one night. The same is said of a calculation, such as status = 'DEPROVISIONED', and of a field that is True of people who left, such as suspended.",
			Before: explainedMapping(explainedLoop, active, table("False", "True")), After: explainedMapping(explainedLoop, active, table("True", "False")),
		},
		{
			Code: CodeSourcePath, Title: "No record has this field",
			Text:   "The path was held against the fields that the API is known to give, against those that an address with $select asks for (it gets no others), and, of a row of SQL, against the columns of its SELECT. A path that no record has is Null for everybody, and the column would be emptied. Case matters: profile.firstName is not profile.firstname.",
			Before: explainedMapping(explainedOkta, "      <field destination=\"FirstName\" source=\"profile.fristName\"/>\n", ""), After: explainedMapping(explainedOkta, first, ""),
		},
		{
			Code: CodeNotRecorded, Title: "A field that no recording has",
			Text: "Beside the document stand fixture cases, in a folder of its name, and in none of their answers and files was a field of that name seen under the name before it. Where records lack it, its value is Null for everybody. " +
				"The hint has the nearest name that was seen there; case matters in JSON and XML: profile.firstName is not profile.firstname, and the columns of a CSV file have none. An API may have got the field since the recordings, so this is never an error: record a case that has it, and the warning is gone. Only `amsx check` looks at the cases, not a run.",
		},
		{
			Code: CodeCalc, Title: "A calculated value that says something else than was meant",
			Text:   "In a mapping bare names are paths of the record, and a constant stands in quotes of its own. & joins texts; + - * / calculate, so a name with a hyphen in it stands in brackets, [cost-centre], and numbers are told by Number(…).",
			Before: of("      <field destination=\"Organization\" source=\"CALC\" value=\"Example\"/>\n"), After: of("      <field destination=\"Organization\" source=\"CALC\" value=\"'Example'\"/>\n"),
		},
		{
			Code: CodeMode, Title: "A mode that does not go with the table",
			Text:   "Insert Guaranteed adds a row for every record on every run, without looking whether it is there. With an update key that duplicates the table every night. Insert Only writes people who are new and nobody else, so a mapping that says who left must not have it.",
			Before: explainedDocument(explainedLoop, "", `<destination table="Custodian" updatekey="OktaID" source="OKTA" mode="Insert Guaranteed"/>`), After: explainedDocument(explainedLoop, "", `<destination table="Custodian" updatekey="OktaID" source="OKTA" mode="Insert and Update"/>`),
		},
		{
			Code: CodeSwapped, Title: "A field in another field's column",
			Text:   "Two fields seem to have changed places: the column of one has the path of the other. Or a column is filled from the field of another column, although the record has a field of its own name. Where two columns often hold the same, such as Login and Email, that is a warning. If it is meant, a comment on the line above the second of the two says so: <!-- amsx: ignore AMSX4028 and the reason -->.",
			Before: of("      <field destination=\"FirstName\" source=\"profile.lastName\"/>\n      <field destination=\"LastName\" source=\"profile.firstName\"/>\n"), After: of(first + last),
		},
		{
			Code: CodeColumnType, Title: "A column that cannot be added",
			Text:   "AddCustomField and AddColumnsToTable add what is missing and leave alone what is there as it should be. A column that is there with another type is not changed: its values would be. Types are Text, Number, Money, Date, DateTime, Boolean and Lookup.",
			Before: "AddCustomField \"Custodian\", \"HireDate\", \"Text\"", After: "AddCustomField \"Custodian\", \"HireNote\", \"Text\"",
		},
	}
}

func leaverCodes() []lexer.Explanation {
	const (
		loop   = "ForEach user In JsonPages BuildUrl(\"https://api.example.com/api/v1/users\", \"search\", \"status pr\")\n"
		script = loop + "  Upsert %user%\nEndEach\nDeactivateMissing"
	)
	of := func(script string) string { return explainedMapping(script, "", "") }
	good := of(script)
	return []lexer.Explanation{
		{
			Code: CodeLeaversInLoop, Title: "DeactivateMissing inside a loop",
			Text:   "Whoever was not read becomes inactive, and inside the loop most people were not read yet. It stands after the loop, once.",
			Before: of(loop + "  Upsert %user%\n  DeactivateMissing\nEndEach"), After: good,
		},
		{
			Code: CodeLeaversNoPull, Title: "DeactivateMissing where no complete list was read",
			Text:   "Nothing before this line reads everybody, so nobody can be said to be missing.",
			Before: of("DeactivateMissing"), After: good,
		},
		{
			Code: CodeLeaversPartial, Title: "DeactivateMissing after a list that is not everyone",
			Text:   "The list before this line is a part of the people: the members of a group, a search for some of them. All others would become inactive.",
			Before: of("ForEach user In JsonPages \"https://api.example.com/api/v1/groups/g1/users\"\n  Upsert %user%\nEndEach\nDeactivateMissing"), After: good,
		},
		{
			Code: CodeLeaversTry, Title: "DeactivateMissing where errors are caught",
			Text:   "A list that breaks off in the middle would look complete, and everybody behind the break would become inactive. Let the error end the run: then nothing is written.",
			Before: of("Try\n  " + loop + "    Upsert %user%\n  EndEach\nCatch\n  Log \"info\", \"%ERROR%\"\nEnd Try\nDeactivateMissing"), After: good,
		},
		{
			Code: CodeLeaversExit, Title: "DeactivateMissing after a loop that may end early",
			Text:   "An Exit in the loop leaves the rest of the list unread, and everybody in it would become inactive. Continue skips one record.",
			Before: of(loop + "  Upsert %user%\n  If %user.id% = \"00u1\" Then Exit ForEach\nEndEach\nDeactivateMissing"), After: good,
		},
		{
			Code: CodeConditionUpsert, Title: "A condition decides who is written",
			Text:   "Records that the condition leaves out are not written any more, and DeactivateMissing counts them as present: their rows grow old, and none of them becomes inactive. That is right for service accounts and the like, and the run counts them; a comment on the line above says so: // amsx: ignore AMSX4035 and the reason. Without DeactivateMissing a condition only chooses what is written, and nothing is said of it, unless it reads the field whose value table says who works here: whoever it leaves out keeps the value of the day on which he was last written.",
			Before: of(loop + "  If %user.type% = \"Service\" Then Continue\n  Upsert %user%\nEndEach\nDeactivateMissing"), After: good,
		},
		{
			Code: CodeOnePage, Title: "One request where a list has pages",
			Text:   "HttpGet reads one answer, and a list of people has pages: everybody behind the first 200 would be missing, and DeactivateMissing would take them for leavers. JsonPages reads every page.",
			Before: of("Set page = HttpGet \"https://api.example.com/api/v1/users\"\nForEach user In Json(%page%)\n  Upsert %user%\nEndEach\nDeactivateMissing"), After: good,
		},
		{
			Code: CodeNoUpsert, Title: "A mapping that nothing writes by",
			Text:   "The document says how a record becomes a row, and no line of the script writes one. Often the Upsert was lost in an edit.",
			Before: of(loop + "  Log \"info\", \"%user.id%\"\nEndEach"), After: of(loop + "  Upsert %user%\nEndEach"),
		},
	}
}
