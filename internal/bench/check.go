package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/transformations"
)

// check is row 13: how long reading and checking takes, of a script of a
// thousand lines and of the transformation that ships, with the tables of a
// site and its SQL prepared.
func (b *bench) check() error {
	site, err := amsx.OpenSite(context.Background(), b.file("check", 0))
	if err != nil {
		return err
	}
	schema, err := site.Schema(context.Background())
	if err != nil {
		return err
	}
	flagship, err := transformations.FS().ReadFile("okta_users.amsx")
	if err != nil {
		return err
	}
	fmt.Printf("\nRow 13: reading and checking, median of %d\n\n| | lines | ms |\n|---|---|---|\n", 20*b.rounds)
	for _, x := range []struct {
		name string
		text []byte
	}{{"a script", thousandLines()}, {"okta_users.amsx", flagship}} {
		var times []float64
		for range 20 * b.rounds {
			from := time.Now()
			found := amsx.Parse("bench.amsx", x.text).Check(amsx.CheckOptions{Schema: schema})
			times = append(times, time.Since(from).Seconds())
			if len(found) > 0 {
				return fmt.Errorf("%s has findings, which it is not measured for: %v", x.name, found)
			}
		}
		fmt.Printf("| %s | %d | **%.1f** |\n", x.name, strings.Count(string(x.text), "\n"), middle(times)*1000)
	}
	return nil
}

// thousandLines is a script as people write them: variables, conditions, loops,
// texts with values in them, and a statement of SQL in every twentieth line.
func thousandLines() []byte {
	var s strings.Builder
	s.WriteString("Set total = 0\nSet names = List()\n")
	for n := range 50 {
		fmt.Fprintf(&s, `// Part %[1]d: who is in it, and how many.
Set part = "part %[1]d"
Set rows = Sql("SELECT CustodianID, FullName, Email, Department FROM Custodian WHERE Department = '%%part%%' AND Active = 1 ORDER BY FullName")
ForEach person In %%rows%%
  If %%person.Email%% Is Empty Then
    Log "warning", "%%person.FullName%% of %%part%% has no address"
    Continue
  End If
  Set domain = Mid(%%person.Email%%, InStr(%%person.Email%%, "@") + 1)
  If %%domain%% = "example.com" Or %%domain%% EndsWith ".example.com" Then
    Add names, Upper(Left(%%person.FullName%%, 1)) & Mid(%%person.FullName%%, 2)
    Set total = %%total%% + 1
  Else
    Log "info", "%%person.FullName%% is from elsewhere: %%domain%%"
  End If
EndEach
For i = 1 To 3
  Progress "%%part%%, step %%i%% of 3, %%total%% so far"
Next
Log "info", IIf(%%total%% > 100, "many", "few") & " people after %%part%%"
`, n)
	}
	s.WriteString("Log \"info\", \"%total% people: \" & Join(%names%, \", \")\n")
	return []byte(s.String())
}
