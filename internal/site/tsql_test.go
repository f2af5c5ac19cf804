package site

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/internal/sqltext"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/runtime"
)

// queries rewrites T-SQL as a script's is, all texts in one scope.
func queries(t *testing.T, s *Session, scope *sqltext.Scope, text string) []runtime.Query {
	t.Helper()
	template, list := scope.Compile([]ast.Part{{Pos: lexer.Position{Line: 7, Column: 1}, Text: text}}, s)
	if list.HasErrors() {
		t.Fatalf("%s: %v", text, list)
	}
	values := make([]runtime.Value, len(template.Refs()))
	for i := range values {
		values[i] = runtime.Text("2026-03-01T10:00:00Z") // GETDATE()
	}
	out, err := template.Render(values)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// execSQL runs T-SQL and returns the rows that its last statement changed.
func execSQL(t *testing.T, s *Session, scope *sqltext.Scope, text string) (n int64, err error) {
	t.Helper()
	for _, q := range queries(t, s, scope, text) {
		if n, err = s.Exec(t.Context(), q); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// staff is a site with n people of two departments.
func staff(t *testing.T, n int) *Database {
	t.Helper()
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	execute(t, d.path, "DELETE FROM Department")
	execute(t, d.path, "INSERT INTO Department(DepartmentID, DepartmentName) VALUES (1, 'IT'), (2, 'Sales')")
	execute(t, d.path, fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d) INSERT INTO Custodian(OktaID, Login, Phone, Department, Source) SELECT 'u' || i, 'p' || i, '555-' || i, iif(i <= 3, 'IT', 'Sales'), 'OKTA' FROM n", n))
	execute(t, d.path, fmt.Sprintf("INSERT INTO amsx_run_source VALUES (0, 'Custodian', 'OKTA', 1, %d, %d)", n, n))
	return d
}

// finished returns the change set of a finished run, a line a row.
func finished(t *testing.T, s *Session) []string {
	t.Helper()
	r, err := s.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out []string
	for c, err := range r.Changes() {
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("%s %s line %d", c.Action, c.Key, c.Line)
		for _, f := range c.Fields {
			if c.Action == ActionUpdate {
				line += fmt.Sprintf("; %s %v > %v", f.Name, f.Old, f.New)
			}
		}
		out = append(out, line)
	}
	return out
}

// TestRewrittenIsCaptured: what UPDATE … FROM, DELETE of an alias and #temp
// tables do to the site is in the change set, and nothing else.
func TestRewrittenIsCaptured(t *testing.T) {
	for _, c := range []struct {
		name, sql string
		want      []string
	}{
		{"UPDATE FROM", "UPDATE c SET c.Phone = c.Phone + '/' + d.DepartmentName FROM Custodian c JOIN Department d ON d.DepartmentName = c.Department WHERE d.DepartmentName = 'IT'",
			[]string{"update p1 line 7; Phone 555-1 > 555-1/IT", "update p2 line 7; Phone 555-2 > 555-2/IT", "update p3 line 7; Phone 555-3 > 555-3/IT"}},
		{"UPDATE FROM with LEFT JOIN", "UPDATE c SET Phone = ISNULL(d.DepartmentName, 'none') FROM Custodian c LEFT JOIN Department d ON d.DepartmentName = c.Login WHERE c.Login = 'p4'",
			[]string{"update p4 line 7; Phone 555-4 > none"}},
		{"UPDATE of the own name", "UPDATE Custodian SET Phone = 'x' FROM Custodian c WHERE c.Login = 'p2'",
			[]string{"update p2 line 7; Phone 555-2 > x"}},
		{"#temp", "SELECT Login AS Who, 'new' AS Number INTO #phones FROM Custodian WHERE Login IN ('p1', 'p5'); DELETE #phones WHERE Who = 'p5'; UPDATE c SET Phone = n.Number FROM Custodian c JOIN #phones n ON n.Who = c.Login; DROP TABLE #phones",
			[]string{"update p1 line 7; Phone 555-1 > new"}},
		{"DELETE of an alias", "DELETE c FROM Custodian c JOIN Department d ON d.DepartmentName = c.Department WHERE d.DepartmentName = 'IT' AND c.Login <> 'p2'",
			[]string{"delete p1 line 7", "delete p3 line 7"}},
		{"the same value is no change", "UPDATE c SET Phone = '555-' + RIGHT(c.Login, 1) FROM Custodian c WHERE c.Login IN ('p1', 'p2')", nil},
		{"only a temporary table", "CREATE TABLE #t (a int, b varchar(20)); INSERT #t (a) SELECT CustodianID FROM Custodian; UPDATE #t SET b = 'x'; DELETE FROM #t", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := begin(t, staff(t, 6), RunInfo{RunID: 1})
			if _, err := execSQL(t, s, new(sqltext.Scope), c.sql); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, finished(t, s)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestRewrittenMeetsTheFuse: a statement that joins wrongly and so takes
// everybody is stopped, and nothing is written.
func TestRewrittenMeetsTheFuse(t *testing.T) {
	for _, sql := range []string{
		"DELETE c FROM Custodian c JOIN Department d ON d.DepartmentName = c.Department",
		"DELETE Custodian",
		"UPDATE c SET Active = 0 FROM Custodian c JOIN Department d ON d.DepartmentName = c.Department",
		"UPDATE c SET Phone = NULL FROM Custodian c JOIN Department d ON d.DepartmentName = c.Department",
		"SELECT Login AS Who INTO #gone FROM Custodian; DELETE c FROM Custodian c JOIN #gone g ON g.Who = c.Login",
	} {
		d := staff(t, 100)
		s := begin(t, d, RunInfo{RunID: 1})
		if _, err := execSQL(t, s, new(sqltext.Scope), sql); err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if _, err := s.Finish(t.Context()); err == nil || !strings.Contains(err.Error(), "fuse") {
			t.Errorf("%s: %v", sql, err)
		}
		after := begin(t, d, RunInfo{})
		if got := all(t, after, "SELECT count(*), sum(Active), count(Phone) FROM Custodian"); got[0][0].Text() != "100" || got[0][1].Text() != "100" || got[0][2].Text() != "100" {
			t.Errorf("%s: %v", sql, got)
		}
	}
}

// TestFailedFunctionWritesNothing: the engine does not see the error of a
// function and would write its text; a script that catches the error goes on.
func TestFailedFunctionWritesNothing(t *testing.T) {
	s := begin(t, staff(t, 6), RunInfo{RunID: 1})
	scope := new(sqltext.Scope)
	for _, sql := range []string{
		"UPDATE Custodian SET Phone = CAST(Phone AS int)",
		"UPDATE Custodian SET Phone = CONVERT(int, CASE WHEN Login = 'p6' THEN 'x' ELSE '1' END)",
		"INSERT INTO Department (DepartmentName) SELECT DATEADD(day, 1, Login) FROM Custodian",
		"SELECT CONVERT(date, Login) AS d INTO #t FROM Custodian",
	} {
		if _, err := execSQL(t, s, scope, sql); err == nil {
			t.Errorf("%s: no error", sql)
		}
	}
	c, err := s.Query(t.Context(), queries(t, s, scope, "UPDATE Custodian SET Phone = CAST(Phone AS int) RETURNING Phone")[0])
	if err == nil {
		t.Error("RETURNING: no error")
		c.Close()
	}
	if got := all(t, s, "SELECT count(*) FROM sqlite_temp_master WHERE name = '#t'"); got[0][0].Text() != "0" {
		t.Error("the temporary table is there")
	}
	if d := cmp.Diff([]string(nil), finished(t, s)); d != "" {
		t.Error(d)
	}
}

// TestTempHidesASiteTable: a statement that was prepared while a temporary
// table hid one of the site does not write that one unseen.
func TestTempHidesASiteTable(t *testing.T) {
	s := begin(t, staff(t, 6), RunInfo{RunID: 1})
	update := runtime.Query{SQL: "UPDATE Custodian SET Phone = 'x' WHERE Login = 'p1'"}
	run := func(sql string) {
		t.Helper()
		if _, err := s.Exec(t.Context(), runtime.Query{SQL: sql}); err != nil {
			t.Fatal(err)
		}
	}
	run("CREATE TEMP TABLE Custodian AS SELECT * FROM main.Custodian")
	run(update.SQL)
	if len(s.captured) != 0 {
		t.Error("a temporary table counts as the site's")
	}
	run("DROP TABLE temp.Custodian")
	run(update.SQL)
	if d := cmp.Diff([]string{"update p1 line 0; Phone 555-1 > x"}, finished(t, s)); d != "" {
		t.Error(d)
	}

	// A table that went with a savepoint.
	s = begin(t, staff(t, 6), RunInfo{RunID: 1})
	if err := s.Savepoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	run("CREATE TEMP TABLE Custodian AS SELECT * FROM main.Custodian")
	run(update.SQL)
	if err := s.RollbackTo(t.Context()); err != nil {
		t.Fatal(err)
	}
	run(update.SQL)
	if d := cmp.Diff([]string{"update p1 line 0; Phone 555-1 > x"}, finished(t, s)); d != "" {
		t.Error(d)
	}

	// The engine prepares a kept statement again by itself: then the authorizer
	// refuses what it was not prepared for.
	s = begin(t, staff(t, 6), RunInfo{RunID: 1})
	run("CREATE TEMP TABLE Custodian AS SELECT * FROM main.Custodian")
	run(update.SQL)
	if err := s.run("DROP TABLE temp.Custodian"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Exec(t.Context(), update); err == nil || !strings.Contains(err.Error(), "which is gone") {
		t.Errorf("got %v", err)
	}
}

// TestTempInALoop: a loop over rows sees them as they were at its start, also
// those of a temporary table that it drops.
func TestTempInALoop(t *testing.T) {
	s := begin(t, staff(t, 6), RunInfo{RunID: 1})
	scope := new(sqltext.Scope)
	if _, err := execSQL(t, s, scope, "CREATE TABLE #t (ID int, Seen bit, Day date); INSERT INTO #t (ID, Seen, Day) SELECT CustodianID, 1, CONVERT(date, GETDATE()) FROM Custodian"); err != nil {
		t.Fatal(err)
	}
	c, err := s.Query(t.Context(), queries(t, s, scope, "SELECT ID, Seen, Day FROM #t ORDER BY ID")[0])
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i := range 6 {
		row, err := c.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if row[1].Kind() != runtime.KindBoolean || row[2].Kind() != runtime.KindDate || row[2].Text() != "2026-03-01" {
			t.Errorf("row %d: %#v", i, row)
		}
		sql := "DELETE FROM #t WHERE ID > 3"
		if i == 2 {
			sql = "DROP TABLE #t; CREATE TABLE #t (ID int)"
		}
		if _, err := execSQL(t, s, scope, sql); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDecimals: numbers come back as the decimal ones that they are.
func TestDecimals(t *testing.T) {
	s := begin(t, staff(t, 1), RunInfo{})
	scope := new(sqltext.Scope)
	if _, err := execSQL(t, s, scope, "CREATE TABLE #n (x decimal(18, 4)); INSERT INTO #n (x) VALUES (0.1), (0.2), (0.3), (1234567.891), (-0.1)"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ sql, want string }{
		{"SELECT SUM(x) FROM #n WHERE x < 1 AND x > 0", "0.6"},
		{"SELECT SUM(x) FROM #n", "1234568.391"},
		{"SELECT AVG(x) FROM #n WHERE x IN (0.1, 0.2)", "0.15"},
		{"SELECT x * 3 FROM #n WHERE x = 0.1", "0.3"},
		{"SELECT x / 3 FROM #n WHERE x = 0.1", "0.0333333333333333"},
		{"SELECT 1.1 + 2.2", "3.3"},
		{"SELECT 4.35 * 100", "435"},
		{"SELECT ROUND(1.005, 2)", "1.01"},
		{"SELECT ROUND(SUM(x), 2) FROM #n", "1234568.39"},
		{"SELECT ROUND(-2.5, 0)", "-3"},
		{"SELECT ROUND(0.1 + 0.2, 10)", "0.3"},
		{"SELECT CONVERT(decimal(10, 2), 2.675)", "2.68"},
		{"SELECT CONVERT(varchar(20), 0.1 + 0.2)", "0.3"},
		{"SELECT x - x FROM #n WHERE x = 0.2", "0"},
		{"SELECT 100000000000000.5", "100000000000000"}, // 15 digits
	} {
		got := all(t, s, queries(t, s, scope, c.sql)[0].SQL)
		if len(got) != 1 || got[0][0].Text() != c.want {
			t.Errorf("%s: %v, want %s", c.sql, got, c.want)
		}
	}
}
