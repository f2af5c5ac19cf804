package amsx_test

import (
	"fmt"
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
