package amsx_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/transformations"
)

// part is twenty lines as people write them; a thousand are fifty of it.
const part = `// Part #: who is in it, and how many.
Set part = "part #"
Set rows = Sql("SELECT CustodianID, FullName, Email, Department FROM Custodian WHERE Department = '%part%' AND Active = 1 ORDER BY FullName")
ForEach person In %rows%
  If %person.Email% Is Empty Then
    Log "warning", "%person.FullName% of %part% has no address"
    Continue
  End If
  Set domain = Mid(%person.Email%, InStr(%person.Email%, "@") + 1)
  If %domain% = "example.com" Or %domain% EndsWith ".example.com" Then
    Add names, Upper(Left(%person.FullName%, 1)) & Mid(%person.FullName%, 2)
    Set total = %total% + 1
  Else
    Log "info", "%person.FullName% is from elsewhere: %domain%"
  End If
EndEach
For i = 1 To 3
  Progress "%part%, step %i% of 3, %total% so far"
Next
Log "info", IIf(%total% > 100, "many", "few") & " people after %part%"
`

// BenchmarkCheck reads and checks, with the tables of a site: what an editor
// waits for after each pause in the typing.
func BenchmarkCheck(b *testing.B) {
	site, err := amsx.OpenSite(b.Context(), filepath.Join(b.TempDir(), "amsx.db"))
	if err != nil {
		b.Fatal(err)
	}
	schema, err := site.Schema(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	flagship, err := transformations.FS().ReadFile("okta_users.amsx")
	if err != nil {
		b.Fatal(err)
	}
	var long strings.Builder
	long.WriteString("Set total = 0\nSet names = List()\n")
	for n := range 50 {
		long.WriteString(strings.ReplaceAll(part, "#", strconv.Itoa(n)))
	}
	long.WriteString("Log \"info\", \"%total% people: \" & Join(%names%, \", \")\n")
	for _, x := range []struct {
		name string
		text []byte
	}{{"lines=1003", []byte(long.String())}, {"okta_users", flagship}} {
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if found := amsx.Parse("bench.amsx", x.text).Check(amsx.CheckOptions{Schema: schema}); len(found) > 0 {
					b.Fatal(found)
				}
			}
		})
		b.Run(x.name+"/parse", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				amsx.Parse("bench.amsx", x.text)
			}
		})
	}
}
