package runtime

import "github.com/amsx-lang/amsx/lexer"

// fitCodes are about mappings that the site's tables do not go with.
func fitCodes() []lexer.Explanation {
	const rates = "ForEach rate In JsonPages \"https://api.example.com/rates\"\n  Upsert %rate%\nEndEach"
	currency := func(key string) string {
		return "Map To Currency Key " + key + "\n  CurrencyCode = code Required\n  RateDate = day\nEnd Map\n" + rates
	}
	manager := func(lookup string) string {
		return explainedMapping(explainedLoop, "      <field destination=\"ManagerID\" source=\"profile.managerId\""+lookup+"/>\n", "")
	}
	active := func(unknown string) string {
		return explainedMapping(explainedLoop, "      <field destination=\"Active\" source=\"status\" datamap=\"Status\"/>\n",
			"\n    <datamap name=\"Status\" unknown=\""+unknown+"\">\n      <value from=\"ACTIVE\" to=\"True\"/>\n      <value from=\"DEPROVISIONED\" to=\"False\"/>\n    </datamap>")
	}
	to := func(destination string) string { return explainedDocument(explainedLoop, "", destination) }
	const people = `<destination table="Custodian" updatekey="OktaID" source="OKTA"/>`
	return []lexer.Explanation{
		{
			Code: CodeKeyShared, Title: "A key that many rows have in common",
			Text:   "Rows are found by a column that the site's table does not keep unique and that is not there to find rows by: a model, a date, the custodian of a device. All records with one value of it become one row, each over the one before. The hint names the columns that tell rows apart. A column of your own is made unique by the word \"unique\" in its AddCustomField. Where another program keeps the column unique, a comment on the line above says so: // amsx: ignore AMSX4065 and the reason.",
			Before: currency("RateDate"), After: currency("CurrencyCode"),
		},
		{
			Code: CodeLookup, Title: "A look-up that does not go with its column",
			Text:   "ManagerID, DepartmentID and their like hold the number that a row has on this site. No other system knows it, so the value is looked up, and what the look-up gives must be that number and no other column.",
			Before: manager(""), After: manager(` lookup="CustodianID from Custodian.Login, Email"`),
		},
		{
			Code: CodeLookupShared, Title: "A look-up by what several rows have in common",
			Text:   "Two people may have one name or one phone. Where both are there, none is taken; where only one of them is, it may be the wrong one. With onmissing=\"null\" the column is emptied besides. Look up by what one row has alone: an id, a login, an address.",
			Before: manager(` lookup="CustodianID from Custodian.FullName"`), After: manager(` lookup="CustodianID from Custodian.Login, Email"`),
		},
		{
			Code: CodeNotEmpty, Title: "A column that may not be empty",
			Text:   "The table wants a value in this column. A record that brings none is refused, so with unknown=\"null\" everybody is refused whose value the table does not have. unknown=\"warn\" keeps what is there and says so.",
			Before: active("null"), After: active("warn"),
		},
		{
			Code: CodeSourceColumn, Title: "A field for the column Source",
			Text:   "Source says which import a row belongs to. Leavers, limits and the taking over of rows go by it, so it is no field of a record: source= of the destination fills it, and where that is not written, the name of the credential pack.",
			Before: explainedMapping(explainedLoop, "      <field destination=\"Source\" source=\"CALC\" value=\"'HR'\"/>\n", ""), After: to(`<destination table="Custodian" updatekey="OktaID" source="HR"/>`),
		},
		{
			Code: CodeLeaversSource, Title: "DeactivateMissing of a source that the script does not write",
			Text:   "No record of that source was read, so everybody of it would count as missing. Without a name DeactivateMissing takes the source that the mapping writes.",
			Before: explainedMapping(explainedLoop+"\nDeactivateMissing \"AD\"", "", ""), After: explainedMapping(explainedLoop+"\nDeactivateMissing", "", ""),
		},
		{
			Code: CodeLimitOff, Title: "A limit that is switched off",
			Text:   "The limits stop a run that would change more than it should, after a wrong edit or a fault of the other system. A limit that is off in the document is off in every later run, too. Write a share such as 20%, or a number. A change that is right once is allowed once: amsx run --allow-once and the name of the limit.",
			Before: to(`<destination table="Custodian" updatekey="OktaID" source="OKTA" deactivate="off"/>`), After: to(people),
		},
		{
			Code: CodeUnknownInactive, Title: "Whoever has an unknown status turns inactive",
			Text:   "unknown=\"default:False\" makes everybody inactive whose status the table does not have: a status that the other system invents, or one that is misspelt here. unknown=\"warn\" keeps what is there and says so; each status of people who left gets a line of its own. Where a file says Yes of people who work here and nothing of others, say so with a comment above the line: // amsx: ignore AMSX4072 and why.",
			Before: active("default:False"), After: active("warn"),
		},
	}
}
