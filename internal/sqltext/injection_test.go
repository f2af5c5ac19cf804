package sqltext

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/runtime"
)

// render renders a text with every reference the same value.
func render(t testing.TB, text string, v runtime.Value) ([]runtime.Query, error) {
	t.Helper()
	template, list := Compile(split(text), small)
	if list.HasErrors() {
		t.Fatalf("%s: %v", text, list)
	}
	values := make([]runtime.Value, len(template.Refs()))
	for i := range values {
		values[i] = v
	}
	return template.Render(values)
}

// places has a reference in each place where one may stand.
var places = []string{
	"SELECT Login FROM Custodian WHERE Email = '%x%'",
	"SELECT Login FROM Custodian WHERE Email = %x%",
	"SELECT Login FROM Custodian WHERE Email LIKE '%x%%%'",
	"SELECT Login FROM Custodian WHERE Email = 'a %x% b''c'",
	"SELECT Login FROM Custodian WHERE Email IN (%x%)",
	"SELECT Login FROM Custodian WHERE Email NOT IN ('%x%', 'b')",
	"SELECT Login FROM Custodian WHERE Email IN %x%",
	"SELECT Login FROM Custodian WHERE Email BETWEEN %x% AND '%x%'",
	"SELECT coalesce(%x%, '%x%'), LEN(%x%), CASE WHEN Login = %x% THEN %x% ELSE '%x%' END FROM Custodian",
	"INSERT INTO Department (DepartmentName) VALUES (%x%), ('%x%')",
	"UPDATE Department SET DepartmentName = %x% WHERE DepartmentName <> '%x%'",
	"SELECT Login FROM Custodian LIMIT %x% OFFSET '%x%'",
	"SELECT TOP %x% Login FROM Custodian",
	"SELECT %x% FROM Custodian",
	"SELECT Login FROM Custodian ORDER BY %x%",
	"SELECT Login FROM Custodian ORDER BY Login %x%",
	"SELECT count(*) FROM Custodian GROUP BY %x%",
	"SELECT Login FROM %x%",
	"SELECT [%x%] FROM Custodian c WHERE c.%x% = 1 AND %x% = 2",
	"INSERT INTO %x% (Login) VALUES ('a')",
	"UPDATE %x% SET Login = 'a'",
	"SELECT 1 FROM Custodian WHERE Active = '%x%'",
	"SELECT 1 FROM Custodian GROUP BY Login HAVING count(*) > '%x%'",
	"SELECT 1 /* %x% */ -- %x%",
	"SELECT DATEADD(day, %x%, %x%), DATEDIFF(day, '%x%', %x%), CHARINDEX(%x%, '%x%'), SUBSTRING(%x%, 1, %x%), LEFT('%x%', 2), ROUND(%x%, 1)",
	"SELECT CONVERT(varchar(3), %x%), CONVERT(int, '%x%'), CAST(%x% AS varchar(3)), CAST('%x%' AS date), CAST(%x% AS bit)",
	"SELECT Login + %x% + '%x%' FROM Custodian",
	"SELECT %x% + ' ' + Login FROM Custodian WHERE Login + '-' = %x%",
	"UPDATE c SET Login = %x%, c.Email = '%x%' FROM Custodian c JOIN Department d ON d.DepartmentName = c.Login AND d.DepartmentName <> %x% WHERE c.Email = '%x%'",
	"UPDATE c SET Login = '%x%' FROM Custodian c LEFT JOIN Department d ON d.DepartmentName = c.Login AND d.DepartmentName = %x% WHERE c.Email = %x%",
	"UPDATE Custodian SET Login = %x% FROM Custodian c WHERE c.Email = %x%",
	"DELETE c FROM Custodian c JOIN Department d ON d.DepartmentName = c.Login WHERE d.DepartmentName = '%x%' OR c.Email IN (%x%)",
	"DELETE c FROM %x% c WHERE c.Login = '%x%'",
	"INSERT %x% (Login) VALUES ('%x%')",
	"SELECT Login, '%x%' AS x INTO #t FROM Custodian WHERE Login = %x%; DROP TABLE #t",
	"SELECT Login FROM Custodian WITH (NOLOCK) WHERE Login = '%x%'; SET NOCOUNT ON",
	"CREATE TABLE #t (a varchar(max)); INSERT #t (a) VALUES (%x%); DROP TABLE #t",
}

// hostile are values that would change a statement that they were pasted into.
var hostile = []string{
	"O'Brien", "'); DROP TABLE Custodian;--", "%", "%%", "a\x00b", "\x00", "`", "]", "\"", "Login`; DROP TABLE Custodian;--",
	"Login]", "1; DELETE FROM Custodian", "Custodian; DROP TABLE Custodian", "1 OR 1=1", "?1", "%x%", "''", "\\'", "\xff\xfe", "ASC; DROP TABLE Custodian",
	"/*", "--", "Login, (SELECT Email FROM Custodian)", "0x27", "＇", "NULL", "1e1000",
}

// TestNoValueReachesTheText holds every place against every hostile value: it
// is refused, or bound, and the statement's text stays one of ours.
func TestNoValueReachesTheText(t *testing.T) {
	conn := open(t)
	bound := 0
	for _, place := range places {
		for _, h := range hostile {
			queries, err := render(t, place, runtime.Text(h))
			if err != nil {
				continue
			}
			benign, err := render(t, place, runtime.Text("x"))
			if err != nil {
				benign, err = render(t, place, runtime.Text("1"))
			}
			if err != nil {
				t.Fatalf("%s takes %q and no harmless value: %v", place, h, err)
			}
			for i, q := range queries {
				if q.SQL != benign[i].SQL {
					t.Errorf("%q changed the text\n%s\n%s", h, benign[i].SQL, q.SQL)
				}
				bound += len(q.Args)
				// A function that wants a number or date says that a value is none.
				if err := run(conn, q); err != nil && !errors.As(err, new(functionError)) {
					t.Errorf("%s with %q: %v", q.SQL, h, err)
				}
			}
		}
	}
	if bound < 300 {
		t.Errorf("only %d values were bound", bound)
	}
	if _, err := rows(conn, runtime.Query{SQL: "SELECT count(*) FROM Custodian"}); err != nil {
		t.Errorf("the table is gone: %v", err)
	}
}

// TestMeaning holds what statements find against what they say.
func TestMeaning(t *testing.T) {
	conn := open(t)
	for _, s := range []string{
		"INSERT INTO Custodian (CustodianID, Login, Email, Active) VALUES (1, 'anna', 'O''Brien', 1), (2, 'ben  ', '100%', 0), (3, 'cleo', NULL, 1), (4, '''); DROP TABLE Custodian;--', '5', 0)",
	} {
		if err := run(conn, runtime.Query{SQL: s}); err != nil {
			t.Fatal(err)
		}
	}
	text := runtime.Text
	for _, c := range []struct {
		sql   string
		value runtime.Value
		want  string
	}{
		{"SELECT CustodianID FROM Custodian WHERE Email = '%x%'", text("O'Brien"), "1"},
		{"SELECT CustodianID FROM Custodian WHERE Login = '%x%'", text("'); DROP TABLE Custodian;--"), "4"},
		{"SELECT CustodianID FROM Custodian WHERE Email = '%x%'", runtime.Null(), ""},
		{"SELECT CustodianID FROM Custodian WHERE Login LIKE '%x%%%'", text("CL"), "3"},
		{"SELECT CustodianID FROM Custodian WHERE CustodianID IN (%x%)", runtime.List(), ""},
		{"SELECT CustodianID FROM Custodian WHERE CustodianID NOT IN (%x%)", runtime.List(), "1 2 3 4"},
		{"SELECT CustodianID FROM Custodian WHERE CustodianID NOT IN (%x%)", runtime.List(runtime.Int(1), runtime.Null()), "2 3 4"},
		{"SELECT CustodianID FROM Custodian WHERE CustodianID IN ('%x%')", runtime.List(text("1"), text("4")), "1 4"},
		{"SELECT CustodianID FROM Custodian WHERE CustodianID = '%x%'", text("2"), "2"},
		{"SELECT CustodianID FROM Custodian WHERE Active = '%x%'", text("False"), "2 4"},
		{"SELECT CustodianID FROM Custodian WHERE Active = %x%", runtime.Bool(true), "1 3"},
		{"SELECT CustodianID FROM Custodian WHERE Active = 'True' AND 1 < %x%", runtime.Int(2), "1 3"},
		{"SELECT count(*) FROM Custodian HAVING count(*) = '%x%'", text("4"), "4"},
		{"SELECT TOP 2 CustodianID FROM Custodian ORDER BY %x%", text("CustodianID DESC"), "4 3"},
		{"SELECT TOP %x% CustodianID FROM Custodian ORDER BY CustodianID DESC", text("1"), "4"},
		{"SELECT LEN(Login) FROM Custodian WHERE CustodianID = %x%", runtime.Int(2), "3"},
		{"SELECT CustodianID FROM Custodian WHERE %x% = 'cleo'", text("LOGIN"), "3"},
		{"SELECT ISNULL(Email, '%x%') FROM Custodian WHERE CustodianID = 3", text("none"), "none"},
		{"SELECT CustodianID FROM Custodian WHERE Email = N'100%%' AND Login <> %x%", text("y"), "2"},
	} {
		queries, err := render(t, c.sql, c.value)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		got, err := rows(conn, queries[0])
		if err != nil {
			t.Errorf("%s: %v", queries[0].SQL, err)
		}
		if d := cmp.Diff(c.want, strings.Join(got, " ")); d != "" {
			t.Errorf("%s with %#v (-want +got):\n%s", c.sql, c.value, d)
		}
	}
}

// A misspelt column in quotes is an error of the database, never a text.
func TestQuotedNamesAreNames(t *testing.T) {
	conn := open(t)
	for _, sql := range []string{`SELECT 1 FROM Custodian WHERE "Emial" = 'x'`, "SELECT 1 FROM Custodian WHERE [Emial] = 'x'"} {
		queries, err := render(t, sql, runtime.Null())
		if err != nil {
			t.Fatal(err)
		}
		if err := run(conn, queries[0]); err == nil || !strings.Contains(err.Error(), "Emial") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestTooManyValues(t *testing.T) {
	items := make([]runtime.Value, SQLite.maxValues()+1)
	for i := range items {
		items[i] = runtime.Int(int64(i))
	}
	_, err := render(t, "SELECT 1 FROM Custodian WHERE CustodianID IN (%x%)", runtime.List(items...))
	if err == nil || !strings.Contains(err.Error(), "32767") {
		t.Errorf("got %v", err)
	}
}

func TestNamesNeedASchema(t *testing.T) {
	template, list := Compile(split("SELECT %x% FROM Custodian"), nil)
	if list.HasErrors() {
		t.Fatal(list)
	}
	if _, err := template.Render([]runtime.Value{runtime.Text("Login")}); err == nil || !strings.Contains(err.Error(), "not known") {
		t.Errorf("got %v", err)
	}
}

// FuzzRender: whatever the text and whatever the value, the value is not in
// the statement's text, and nothing panics.
func FuzzRender(f *testing.F) {
	for _, p := range places {
		for _, h := range hostile[:4] {
			f.Add(p, h)
		}
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		const sign = "zqv"
		if strings.Contains(strings.ToLower(text), sign) {
			t.Skip("the text holds the sign itself, so the sign says nothing")
		}
		template, list := Compile(split(text), small)
		if list.HasErrors() {
			return
		}
		values := make([]runtime.Value, len(template.Refs()))
		for i := range values {
			values[i] = runtime.Text(sign + value)
			if i%3 == 2 {
				values[i] = runtime.List(runtime.Text(sign+value), runtime.Text(value+sign))
			}
		}
		queries, err := template.Render(values)
		if err != nil {
			return
		}
		for _, q := range queries {
			if strings.Contains(q.SQL, sign) {
				t.Errorf("the value is in the text: %s", q.SQL)
			}
		}
	})
}

func BenchmarkRender(b *testing.B) {
	template, list := Compile(split("SELECT CustodianID FROM Custodian WHERE Email = '%x%' AND Active = 1 AND Login LIKE '%x%%%'"), small)
	if list.HasErrors() {
		b.Fatal(list)
	}
	values := []runtime.Value{runtime.Text("O'Brien"), runtime.Text("ob")}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := template.Render(values); err != nil {
			b.Fatal(err)
		}
	}
}
