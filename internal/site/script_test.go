package site

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
	"github.com/google/go-cmp/cmp"
)

// TestScriptIsRefused: what SQL of a script may not do, and what it is told.
func TestScriptIsRefused(t *testing.T) {
	tests := []struct{ sql, want string }{
		{"ATTACH 'other.db' AS o", "may not ATTACH"},
		{"DETACH main", "may not DETACH"},
		{"UPDATE sqlite_dbpage SET data = zeroblob(4096) WHERE pgno = 1", "may not"},
		{"UPDATE sqlite_master SET sql = 'x'", "may not be modified"},
		{"PRAGMA writable_schema = ON", "may not use PRAGMA writable_schema"},
		{"PRAGMA journal_mode", "may not use PRAGMA"},
		{"VACUUM INTO 'copy.db'", "may not VACUUM"},
		{"-- a copy\n /* of all */ vacuum", "may not VACUUM"},
		{"SELECT load_extension('x')", "load_extension"},
		{"SELECT load_extension('x', 'y')", "load_extension"},
		{"SELECT readfile('/etc/hosts')", "no such function: readfile"},
		{"SELECT writefile('x', 'y')", "no such function: writefile"},
		{"SELECT fts3_tokenizer('x')", "fts3_tokenizer"},
		{"SELECT edit('x')", "no such function: edit"},
		{"CREATE TRIGGER t AFTER INSERT ON Custodian BEGIN DELETE FROM Custodian; END", "may not create or drop triggers"},
		{"CREATE TEMP TRIGGER t AFTER INSERT ON Custodian BEGIN DELETE FROM Custodian; END", "may not create or drop triggers"},
		{"DROP TRIGGER Custodian_Keys_Insert", "may not create or drop triggers"},
		{"CREATE VIEW v AS SELECT 1", "may not create or drop views"},
		{"CREATE TEMP VIEW Custodian AS SELECT 1", "may not create or drop views"},
		{"CREATE VIRTUAL TABLE v USING fts5(x)", "may not create or drop virtual tables"},
		{"CREATE TABLE x(a)", "may not create or drop tables"},
		{"DROP TABLE Custodian", "may not create or drop tables"},
		{"DROP INDEX Custodian_EmailKey", "may not create or drop tables and indexes"},
		{"ALTER TABLE Custodian RENAME TO x", "may not ALTER a table of the site; use AddColumnsToTable"},
		{"ALTER TABLE Custodian DROP COLUMN Phone", "may not ALTER a table of the site"},
		{"UPDATE sqlite_master SET sql=''", "sqlite_master may not be modified"},
		{"DELETE FROM sqlite_master", "sqlite_master may not be modified"},
		{"INSERT INTO sqlite_master VALUES (1,1,1,1,1)", "sqlite_master may not be modified"},
		{"DELETE FROM amsx_change", "the change set and the runs are amsx's own record"},
		{"UPDATE amsx_run SET Inserted=0", "may not write amsx_run"},
		{"INSERT INTO amsx_fence VALUES ('x', 1)", "may not write amsx_fence"},
		{"DELETE FROM temp.amsx_new0", "may not write amsx_new0"},
		{"DROP TABLE temp.amsx_new0", "amsx"},
		{"CREATE TEMP TABLE amsx_capture(x)", "temporary tables named amsx_"},
		{"UPDATE sqlite_sequence SET seq=0", "may not write sqlite_sequence"},
		{"BEGIN", "use the commands BeginTransaction, Commit and Rollback"},
		{"COMMIT", "use the commands BeginTransaction, Commit and Rollback"},
		{"SAVEPOINT x", "use the commands BeginTransaction, Commit and Rollback"},
		{"ANALYZE", "may not run ANALYZE"},
		{"REINDEX", "may not run"},
		{"DELETE FROM Custodian; DROP TABLE Custodian", "more than one statement"},
		{"SELEC 1", `near "SELEC": syntax error`},
		{"SELECT * FROM Custodians", "no such table: Custodians"},
		{"UPDATE Custodian SET Active=7", "CHECK constraint failed"},
		{"", "empty"},
	}
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	execute(t, d.path, "INSERT INTO Custodian(OktaID, Login) VALUES ('u1', 'ada')")
	for _, tt := range tests {
		t.Run(tt.sql, func(t *testing.T) {
			s := begin(t, d, RunInfo{})
			upsert(t, s, "u2", "bob")
			for what, try := range map[string]func() error{
				"Exec": func() error {
					_, err := s.Exec(t.Context(), runtime.Query{SQL: tt.sql})
					return err
				},
				"Query": func() error {
					c, err := s.Query(t.Context(), runtime.Query{SQL: tt.sql})
					if err != nil {
						return err
					}
					defer c.Close()
					_, err = c.Next(t.Context())
					return err
				},
			} {
				err := try()
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%s: error %v, want %q", what, err, tt.want)
				}
				if err != nil && strings.Contains(err.Error(), "not authorized") {
					t.Errorf("%s: the engine's own words: %v", what, err)
				}
			}
		})
	}
}

// TestScriptMay: what a script may do.
func TestScriptMay(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	s := begin(t, d, RunInfo{})
	for _, q := range []string{
		"CREATE TEMP TABLE work(a, b)",
		"INSERT INTO work VALUES (1, 2)",
		"CREATE INDEX temp.work_a ON work(a)",
		"UPDATE work SET b=3",
		"INSERT INTO Custodian(OktaID, Login) VALUES ('u1', 'Ünï')",
		"UPDATE Custodian SET FullName='A' WHERE LoginKey=Fold('ÜNÏ') OR Login='Ünï'",
		"CREATE TEMP TABLE copy AS SELECT * FROM Custodian",
		"DROP TABLE work",
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<3) INSERT INTO Department(DepartmentName) SELECT 'D'||i FROM n",
	} {
		if _, err := s.Exec(t.Context(), runtime.Query{SQL: q}); err != nil {
			t.Errorf("%s: %v", q, err)
		}
	}
	if n, err := s.Exec(t.Context(), runtime.Query{SQL: "UPDATE Department SET DepartmentName=DepartmentName||'x' WHERE DepartmentID>?1", Args: []runtime.Value{runtime.Int(1)}}); n != 2 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if n, err := s.Exec(t.Context(), runtime.Query{SQL: "UPDATE Department SET DepartmentName='y' WHERE DepartmentID>99"}); n != 0 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

// all reads a query to its end.
func all(t *testing.T, s *Session, q string, args ...runtime.Value) [][]runtime.Value {
	t.Helper()
	c, err := s.Query(t.Context(), runtime.Query{SQL: q, Args: args})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var rows [][]runtime.Value
	for {
		r, err := c.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, append([]runtime.Value(nil), r...))
	}
}

// TestQueryTypes: values come back as their columns have them.
func TestQueryTypes(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	execute(t, d.path, "INSERT INTO Custodian(OktaID, EmployeeNumber, HireDate, Created, ManagerID) VALUES ('u1', '007', '2020-02-29', '2026-01-02T03:04:05Z', 1)")
	s := begin(t, d, RunInfo{})
	rows := all(t, s, "SELECT OktaID, EmployeeNumber, Active, HireDate, Created, ManagerID, Phone, 1.5, ?1, ?2 FROM Custodian", runtime.Text("O'Hara"), runtime.Bool(true))
	want := []runtime.Kind{runtime.KindText, runtime.KindText, runtime.KindBoolean, runtime.KindDate, runtime.KindDateTime, runtime.KindNumber, runtime.KindNull, runtime.KindNumber, runtime.KindText, runtime.KindNumber}
	var kinds []runtime.Kind
	var texts []string
	for _, v := range rows[0] {
		kinds, texts = append(kinds, v.Kind()), append(texts, v.Text())
	}
	if d := cmp.Diff(want, kinds); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff("u1,007,True,2020-02-29,2026-01-02T03:04:05Z,1,,1.5,O'Hara,1", strings.Join(texts, ",")); d != "" {
		t.Error(d)
	}
}

// TestLoopSeesItsStart: a loop over rows goes over the rows as they were at
// its start, whatever its body writes, and through a Commit.
func TestLoopSeesItsStart(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	execute(t, d.path, "INSERT INTO Department(DepartmentName) VALUES ('a'), ('b'), ('c')")
	s := begin(t, d, RunInfo{})
	c, err := s.Query(t.Context(), runtime.Query{SQL: "SELECT DepartmentName FROM Department"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var got []string
	for {
		r, err := c.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		name := r[0].Text()
		got = append(got, name)
		if len(got) > 10 {
			t.Fatal("the loop sees its own rows")
		}
		if _, err := s.Exec(t.Context(), runtime.Query{SQL: "INSERT INTO Department(DepartmentName) VALUES (?1 || '2')", Args: []runtime.Value{runtime.Text(name)}}); err != nil {
			t.Fatal(err)
		}
		if err := s.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff([]string{"a", "b", "c"}, got); d != "" {
		t.Error(d)
	}
	if n := len(all(t, s, "SELECT 1 FROM Department")); n != 6 {
		t.Errorf("%d rows", n)
	}
}

// TestRollback: what was staged and written directly is gone, and the run goes
// on.
func TestRollback(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	s := begin(t, d, RunInfo{})
	upsert(t, s, "u1", "ada")
	if _, err := s.Exec(t.Context(), runtime.Query{SQL: "INSERT INTO Department(DepartmentName) VALUES ('x')"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	upsert(t, s, "u2", "bob")
	r, err := s.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.Counts.Read != 1 || r.Counts.Inserted != 1 {
		t.Errorf("%+v", r.Counts)
	}
	rows, err := d.Read(t.Context(), "SELECT (SELECT group_concat(OktaID) FROM Custodian), (SELECT count(*) FROM Department), (SELECT count(*) FROM amsx_change)")
	if err != nil || rows[0][0] != "u2" || rows[0][1] != int64(0) || rows[0][2] != int64(1) {
		t.Errorf("%v, %v", rows, err)
	}
}

// TestLookup sees committed rows, staged rows and staged changes, and answers
// Null where none or several match.
func TestLookup(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	execute(t, d.path, "INSERT INTO Custodian(OktaID, Login, Email) VALUES ('u1', 'Ada', 'x@example.com'), ('u2', 'bob', 'x@example.com')")
	s := begin(t, d, RunInfo{})
	upsert(t, s, "u1", "ada.new")
	upsert(t, s, "u3", "CY")
	for _, tt := range []struct{ column, value, result, want string }{
		{"Login", "ADA", "OktaID", ""},
		{"Login", "ada.NEW", "OktaID", "u1"},
		{"Login", "ada.new", "CustodianID", "1"},
		{"Login", "BOB", "OktaID", "u2"},
		{"login", "cy", "oktaid", "u3"},
		{"OktaID", "u3", "Login", "CY"},
		{"OktaID", "u1", "Login", "ada.new"},
		{"Email", "x@example.com", "OktaID", ""},
		{"OktaID", "none", "Login", ""},
	} {
		v, err := s.Lookup(t.Context(), "custodian", tt.column, runtime.Text(tt.value), tt.result)
		if err != nil || v.Text() != tt.want {
			t.Errorf("%s %s: %s %q, %v", tt.column, tt.value, tt.result, v.Text(), err)
		}
	}
	if _, err := s.Lookup(t.Context(), "Custodian", "Logn", runtime.Text("x"), "OktaID"); err == nil || !strings.Contains(err.Error(), "table Custodian has no column Logn") {
		t.Error(err)
	}
}

// TestCancel: a statement that would run for ever ends with the run's context,
// and nothing of the run is left.
func TestCancel(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	ctx, cancel := context.WithCancel(t.Context())
	s, err := d.Begin(ctx, RunInfo{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Exec(ctx, runtime.Query{SQL: "INSERT INTO Department(DepartmentName) VALUES ('x')"}); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(20*time.Millisecond, cancel)
	defer timer.Stop()
	_, err = s.Exec(ctx, runtime.Query{SQL: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) INSERT INTO Department(DepartmentName) SELECT i FROM n WHERE i<0"})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := s.Finish(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("finish: %v", err)
	}
	rows, err := d.Read(t.Context(), "SELECT count(*) FROM Department")
	if err != nil || rows[0][0] != int64(0) {
		t.Errorf("%v, %v", rows, err)
	}
}

// TestMappingErrors: what a mapping asks for that the site does not have is
// said with its place.
func TestMappingErrors(t *testing.T) {
	column := func(name string) runtime.TargetColumn {
		return runtime.TargetColumn{Name: name, Pos: lexer.Position{Line: 7}}
	}
	base := func() runtime.TargetSpec {
		return runtime.TargetSpec{Table: "Custodian", Source: "S", Key: []string{"OktaID"}, Columns: []runtime.TargetColumn{column("OktaID"), column("Login")}}
	}
	tests := []struct {
		edit func(*runtime.TargetSpec)
		want string
	}{
		{func(s *runtime.TargetSpec) { s.Table = "Custodians" }, "the site has no table Custodians; it has Asset, CostCentre, Currency, Custodian, Department, Location"},
		{func(s *runtime.TargetSpec) { s.Table = "amsx_run" }, "the site has no table amsx_run"},
		{func(s *runtime.TargetSpec) { s.Columns = append(s.Columns, column("Logn")) }, "table Custodian has no column Logn"},
		{func(s *runtime.TargetSpec) { s.Columns = append(s.Columns, column("login")) }, "column Login is mapped twice"},
		{func(s *runtime.TargetSpec) { s.Columns = append(s.Columns, column("LoginKey")) }, "column LoginKey is filled by amsx"},
		{func(s *runtime.TargetSpec) { s.Columns = append(s.Columns, column("CustodianID")) }, "column CustodianID is filled by amsx"},
		{func(s *runtime.TargetSpec) { s.Key = nil }, "has no updatekey"},
		{func(s *runtime.TargetSpec) { s.Key = []string{"Email"} }, "updatekey names column Email, but the mapping does not fill it"},
		{func(s *runtime.TargetSpec) { s.Adopt = []string{"Email"} }, "adopt names column Email, but the mapping does not fill it"},
		{func(s *runtime.TargetSpec) { s.Limits = map[string]string{"deactivate": "many"} }, `the limit deactivate="many" is not understood; write a share such as "20%"`},
		{func(s *runtime.TargetSpec) { s.Limits = map[string]string{"leavers": "20%"} }, `"leavers" is no limit of the fuse; there are deactivate, null, key, update, insert, reject`},
		{func(s *runtime.TargetSpec) {
			s.Columns[1].Lookup = &runtime.LookupSpec{Result: "X", Table: "Custodian", Columns: []string{"Login"}}
		}, "wants column X, which table Custodian does not have"},
		{func(s *runtime.TargetSpec) {
			s.Columns[1].Lookup = &runtime.LookupSpec{Result: "Login", Table: "People", Columns: []string{"Login"}}
		}, "names table People, which the site does not have"},
		{func(s *runtime.TargetSpec) { s.Table, s.Key = "Department", []string{"DepartmentID"} }, "table Department has no column OktaID"},
		{func(s *runtime.TargetSpec) {
			s.Table, s.Key, s.Columns = "amsx", []string{"X"}, nil
		}, "the site has no table amsx"},
	}
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	for _, tt := range tests {
		s := begin(t, d, RunInfo{})
		spec := base()
		tt.edit(&spec)
		_, err := s.Open(t.Context(), spec)
		var m *MappingError
		if !errors.As(err, &m) || !strings.Contains(m.Text, tt.want) {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
}

// TestSecretsStayOut: a value made from a pack's secret reaches no table and no
// statement.
func TestSecretsStayOut(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	s := begin(t, d, RunInfo{})
	g, err := s.Open(t.Context(), loginSpec())
	if err != nil {
		t.Fatal(err)
	}
	secret := runtime.Text("00TestTokenNotReal").WithTaint(1)
	out, err := g.Upsert(t.Context(), runtime.Record{Values: []runtime.Value{runtime.Text("u1"), secret}})
	if out != runtime.Rejected || err != nil {
		t.Errorf("%v, %v", out, err)
	}
	_, err = s.Exec(t.Context(), runtime.Query{SQL: "INSERT INTO Department(DepartmentName) VALUES (?1)", Args: []runtime.Value{secret}})
	if err == nil || strings.Contains(err.Error(), "00Test") || !strings.Contains(err.Error(), "secret of a credential pack") {
		t.Error(err)
	}
	for _, r := range s.rejects {
		if strings.Contains(r.Reason+r.Key, "00Test") {
			t.Errorf("%+v", r)
		}
	}
}
