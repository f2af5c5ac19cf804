package amsx_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/amsx"
)

// TestPlaceInSQL: what the database does not take is said at the word that it
// means, wherever the text stands.
func TestPlaceInSQL(t *testing.T) {
	schema := siteSchema(t)
	for _, c := range []struct{ script, word string }{
		{"Log \"info\", Sql(\"SELECT FullName, Departement FROM Custodian\")", "Departement"},
		{"Set x = \"a\"\nLog \"info\", Sql(\"SELECT FullName FROM Custodian WHERE OktaID = '%x%' AND Departement = '%x%'\")", "Departement"},
		{"Log \"info\", Sql(\"SELECT TOP 5 LEN(x.Departement) FROM (SELECT FullName FROM Custodian) x\")", "x.Departement"},
		{"SqlExecute \"INSERT INTO Department (DepartmentName, Colour) VALUES ('a', 'b')\"", "Colour"},
		{"Set ids = List(1)\nLog \"info\", Sql(\"SELECT FullName FROM Custodian WHERE CustodianID IN (%ids%, 3) AND Activ = 1\")", "Activ"},
		{"Text\n  SELECT FullName,\n    Email Phone City,\n    Department\n  INTO #x FROM Custodian\nEndText\nSqlExecute", "City"},
		{"SqlExecute \"SELECT FullName INTO #x FROM Custodians WHERE Active = 1\"", "Custodians"},
		{"<amsx version=\"1\"><transformation name=\"P\"><source type=\"AMSX Script\"><![CDATA[\nText\nSELECT FullName AS [é], Emial\nINTO #p FROM Custodian ü\nEndText\nSqlExecute\n]]></source></transformation></amsx>", "Emial"},
	} {
		found := amsx.Parse("place.amsx", []byte(c.script)).Check(amsx.CheckOptions{Schema: schema})
		if len(found) != 1 {
			t.Errorf("%s: %d findings: %s", c.script, len(found), said(found))
			continue
		}
		line := strings.Split(c.script, "\n")[found[0].Pos.Line-1]
		if at := fmt.Sprintf("%.*s", len([]rune(c.word)), string([]rune(line)[found[0].Pos.Column-1:])); at != c.word {
			t.Errorf("%s: at %q, want %s: %v", c.script, at, c.word, found[0])
		}
	}
}

// TestTableOfAnotherPlace: a temporary table that a Sub or a called script
// makes is known, also where the called script leaves it to its end.
func TestTableOfAnotherPlace(t *testing.T) {
	schema, dir := siteSchema(t), t.TempDir()
	const makes = "Text\nSELECT FullName INTO #p FROM Custodian WHERE Active = 1\nEndText\n"
	for name, text := range map[string]string{
		"part.amsx":  makes + "SqlExecute\n",
		"left.amsx":  makes,
		"call.amsx":  "Call \"part.amsx\"\nLog \"info\", Sql(\"SELECT count(*) FROM #p\")\n",
		"local.amsx": "CallLocal \"part.amsx\"\nLog \"info\", Sql(\"SELECT count(FullName) FROM #p\")\n",
		"end.amsx":   "Call \"left.amsx\"\nLog \"info\", Sql(\"SELECT count(*) FROM #p\")\n",
		"sub.amsx":   "Prepare\nLog \"info\", Sql(\"SELECT count(*) FROM #p\")\nSub Prepare\n" + makes + "SqlExecute\nEnd Sub\n",
		"wrong.amsx": "Call \"part.amsx\"\nLog \"info\", Sql(\"SELECT Login FROM #p\")\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]bool{"call.amsx": false, "local.amsx": false, "end.amsx": false, "sub.amsx": false, "wrong.amsx": true} {
		script, err := amsx.ParseFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if found := script.Check(amsx.CheckOptions{Schema: schema}); found.HasErrors() != want {
			t.Errorf("%s: %s", name, said(found))
		}
	}
}
