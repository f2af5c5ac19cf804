package amsx_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/transformations"
)

// TestOneMistakeOneFinding: a line that cannot be read is reported once, and
// not again by every line that needs what it would have set.
func TestOneMistakeOneFinding(t *testing.T) {
	source, err := transformations.FS().ReadFile("okta_users.amsx")
	if err != nil {
		t.Fatal(err)
	}
	for find, replace := range map[string]string{
		`Credential okta, "%CredentialPack%"`:                                    `Credential okta, “%CredentialPack%”`,
		`ForEach user In JsonPages BuildUrl("%okta.Url%/api/v1/users", "search"`: `ForEach user of JsonPages BuildUrl("%okta.Url%/api/v1/users", "search"`,
		`datamap="OktaStatus"`:                                                   `datamap="OktaStat"`,
		`<field destination="City"`:                                              `<feild destination="City"`,
	} {
		text := strings.Replace(string(source), find, replace, 1)
		if text == string(source) {
			t.Fatalf("the document has no %s", find)
		}
		found := amsx.Parse("okta_users.amsx", []byte(text)).Check(amsx.CheckOptions{})
		if len(found) != 1 {
			t.Errorf("%s: %d findings, want one:", replace, len(found))
			for _, d := range found {
				t.Errorf("  %v", d)
			}
		}
	}
}

// TestTemporaryTables: the checker knows a temporary table by the commands
// before it; the table lives through the run, and the end of the run takes it.
func TestTemporaryTables(t *testing.T) {
	ctx := context.Background()
	site, err := amsx.OpenSite(ctx, filepath.Join(t.TempDir(), "amsx.db"))
	if err != nil {
		t.Fatal(err)
	}
	schema, err := site.Schema(ctx)
	if err != nil {
		t.Fatal(err)
	}
	const text = `SqlExecute "SELECT DepartmentID, DepartmentName + '!' AS Loud INTO #loud FROM Department"
ForEach row In Sql "SELECT l.Loud FROM #loud l ORDER BY l.DepartmentID"
  SqlExecute "DELETE FROM #loud"
EndEach
SqlExecute "UPDATE d SET DepartmentName = l.Loud FROM Department d JOIN #loud l ON l.DepartmentID = d.DepartmentID"
`
	if found := amsx.Parse("x.amsx", []byte(strings.Replace(text, "l.Loud FROM", "l.Luod FROM", 1))).Check(amsx.CheckOptions{Schema: schema}); len(found) != 1 || found[0].Hint != "did you mean Loud?" {
		t.Errorf("got %v", found)
	}
	for range 2 { // a second run makes it anew
		script := amsx.Parse("x.amsx", []byte(text))
		if found := script.Check(amsx.CheckOptions{Schema: schema}); len(found) != 0 {
			t.Errorf("got %v", found)
		}
		if _, err := script.Run(ctx, amsx.RunOptions{Site: site, RunID: 1}); err != nil {
			t.Error(err)
		}
	}
}
