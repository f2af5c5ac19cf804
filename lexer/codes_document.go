package lexer

// documentOf is a document with the given elements beside its script.
func documentOf(inside string) string {
	return `<amsx version="1">
  <transformation name="Example">
    <source type="AMSX Script"><![CDATA[
ForEach user In JsonPages "https://api.example.com/users"
  Upsert %user%
EndEach
]]></source>
` + inside + `  </transformation>
</amsx>
`
}

// mapped is a document with the given lines in its mapping.
func mapped(fields string) string {
	return documentOf(`    <mapping>
      <field destination="OktaID" source="id"/>
` + fields + `    </mapping>
    <destination table="Custodian" updatekey="OktaID"/>
`)
}

func documentCodes() []Explanation {
	email := `      <field destination="Email" source="profile.email"/>` + "\n"
	login := `      <field destination="Login" source="profile.login"/>` + "\n"
	return []Explanation{
		{
			CodeXML, "The document is not well-formed",
			"The document form is XML: every element is closed, values of attributes stand in straight quotes. The findings of the script inside are shown all the same.",
			mapped(`      <field destination="Email" source=profile.email/>` + "\n"), mapped(email),
		},
		{
			CodeDTD, "A document type is refused",
			"Document types and entities could read files of the machine or grow without bound. A transformation needs neither.",
			"<!DOCTYPE amsx>\n" + mapped(email), mapped(email),
		},
		{
			CodeUnescaped, "& or < in the document",
			"In XML & is written &amp; and < is written &lt;, also in the expressions of a mapping. Inside <![CDATA[ … ]]> both are written as they are.",
			mapped(`      <field destination="FullName" source="CALC" value="first & last"/>` + "\n"),
			mapped(`      <field destination="FullName" source="CALC" value="first &amp; last"/>` + "\n"),
		},
		{
			CodeUnknown, "An element or attribute that is not known",
			"What is misspelt in a mapping, a datamap, a destination or the parameters would silently be lost, and a column would be emptied or a safeguard be gone. Elsewhere it is a warning.",
			mapped(`      <field destination="Email" source="profile.email" requird="true"/>` + "\n"),
			mapped(`      <field destination="Email" source="profile.email" required="true"/>` + "\n"),
		},
		{
			CodeMissing, "Something is missing in the document",
			"A transformation has a name and a source, a field a destination and a source, a destination a table and, unless its mode is Insert Guaranteed, an update key: without it every run would add all rows again.",
			documentOf("    <mapping>\n" + login + "    </mapping>\n    <destination table=\"Custodian\"/>\n"),
			documentOf("    <mapping>\n" + login + "    </mapping>\n    <destination table=\"Custodian\" updatekey=\"Login\"/>\n"),
		},
		{
			CodeTwice, "The same thing twice",
			"A column that is mapped twice, a value that is translated twice or a name that is given twice: one of the two would silently win.",
			mapped(email + email), mapped(email),
		},
		{
			CodeValue, "A value that is not allowed there",
			"Attributes with a fixed set of values take those only; yes and no are written true and false.",
			mapped(`      <field destination="Email" source="profile.email" required="yes"/>` + "\n"),
			mapped(`      <field destination="Email" source="profile.email" required="true"/>` + "\n"),
		},
		{
			CodeReference, "A name that stands for nothing in the document",
			"A datamap that a field names must be in the document; the update key and the columns to adopt by must be mapped.",
			mapped(`      <field destination="Active" source="status" datamap="Status"/>` + "\n"), mapped(email),
		},
		{
			CodeLookup, "A lookup cannot be read",
			"A lookup says which column of which table is wanted, and by which columns the row is found, tried in order: CustodianID from Custodian.Login, Email.",
			mapped(`      <field destination="ManagerID" source="manager" lookup="Custodian.Login"/>` + "\n"),
			mapped(`      <field destination="ManagerID" source="manager" lookup="CustodianID from Custodian.Login"/>` + "\n"),
		},
		{
			CodeEmpty, "There is nothing in it",
			"An empty script, mapping or datamap would run without doing anything, and the run would look successful.",
			"// to be written", "Log \"info\", \"hello\"",
		},
		{
			CodeSourceType, "A source type that is not in this edition",
			"This edition reads data by script: the source's type is AMSX Script. Other types of the product become a script of a few lines.",
			`<amsx version="1"><transformation name="Example"><source type="SQL Query">Log "info", "hello"</source></transformation></amsx>`,
			`<amsx version="1"><transformation name="Example"><source type="AMSX Script">Log "info", "hello"</source></transformation></amsx>`,
		},
	}
}
