package amsx_test

import (
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
