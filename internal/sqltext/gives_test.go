package sqltext

import (
	"strings"
	"testing"
)

// TestGives: the columns of a SELECT, or none where one of them is not known.
func TestGives(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT Login FROM Custodian": "Login",
		"SELECT DISTINCT c.Login, [Full Name], main.Custodian.Email FROM Custodian c":  "Login, Full Name, Email",
		"SELECT TOP 3 Login AS Who, count(*) AS n, FullName Name FROM Custodian":       "Who, n, Name",
		"SELECT TOP (3) Login AS 'Who is it', (1 + 2) b, CASE WHEN 1 = 1 THEN 2 END c": "Who is it, b, c",
		"SELECT (SELECT a FROM x) AS one, b FROM y WHERE c IN (SELECT d FROM z)":       "one, b",
		"WITH x AS (SELECT a, b FROM y) SELECT x.a FROM x ORDER BY b":                  "a",
		"SELECT a FROM x UNION SELECT b FROM y":                                        "a",
		"SELECT a AS Date":                                                             "Date",
		"SELECT * FROM Custodian":                                                      "",
		"SELECT a, x.* FROM x":                                                         "",
		"SELECT a, count(*) FROM x":                                                    "",
		"SELECT a, b + c FROM x":                                                       "",
		"SELECT a, -b FROM x":                                                          "",
		"SELECT Who = Login FROM Custodian":                                            "",
		"SELECT a, 'b' FROM x":                                                         "",
		"SELECT a, %b% FROM x":                                                         "",
		"SELECT a AS [%b%] FROM x":                                                     "",
		"SELECT a, t.a FROM x, t":                                                      "",
		"SELECT a INTO #t FROM x":                                                      "",
		"VALUES (1)":                                                                   "",
		"INSERT INTO x (a) SELECT a FROM y":                                            "",
		"DELETE FROM x WHERE a = 1":                                                    "",
		"WITH x AS (SELECT 1 AS a) DELETE y":                                           "",
	} {
		tpl, _ := Compile(split(text), nil)
		probes := tpl.(*Template).Probes()
		if len(probes) != 1 {
			t.Fatalf("%s: %d statements", text, len(probes))
		}
		if got := strings.Join(probes[0].Gives, ", "); got != want {
			t.Errorf("%s\n got %q\nwant %q", text, got, want)
		}
	}
}
