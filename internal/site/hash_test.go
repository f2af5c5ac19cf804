package site

import (
	"path/filepath"
	"testing"

	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
)

// TestRowHash: the hash in a change row is that of the row as the table then
// has it, whatever the row's values come from: the record, a default of the
// table, a look-up into the same run, SQL of the script. An undo knows by it
// that nothing newer happened.
func TestRowHash(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	execute(t, d.path, "ALTER TABLE Custodian ADD COLUMN Locker TEXT NOT NULL DEFAULT 'none'; ALTER TABLE Custodian ADD COLUMN Badge INTEGER DEFAULT 7; ALTER TABLE Custodian ADD COLUMN Amount DECIMAL(9,2)")
	spec := func(names ...string) runtime.TargetSpec {
		s := runtime.TargetSpec{Table: "Custodian", Source: "OKTA", Key: []string{"OktaID"}}
		for _, n := range names {
			c := runtime.TargetColumn{Name: n}
			if n == "ManagerID" {
				c.Lookup = &runtime.LookupSpec{Result: "CustodianID", Table: "Custodian", Columns: []string{"Login"}}
			}
			s.Columns = append(s.Columns, c)
		}
		return s
	}
	text, null := runtime.Text, runtime.Null
	for n, tt := range []struct {
		spec    runtime.TargetSpec
		records [][]runtime.Value
		sql     string
		changes int64
	}{
		{spec("OktaID", "Login"), [][]runtime.Value{{text("u1"), text("Zoë")}, {text("u2"), null()}}, "", 2},
		{spec("OktaID", "Active", "Locker", "Badge", "Amount"), [][]runtime.Value{
			{text("u3"), runtime.Keep(), runtime.Keep(), null(), text("0.10")}, {text("u4"), runtime.Bool(false), text("L4"), text("-9"), text("1e3")},
		}, "", 2},
		{spec("OktaID", "Login", "ManagerID"), [][]runtime.Value{
			{text("u5"), text("eve"), text("fay")}, {text("u6"), text("fay"), text("ZOË")}, {text("u7"), text("gus"), text("nobody")}, {text("u2"), text("bob"), text("eve")},
		}, "", 4},
		{spec("OktaID", "Login", "ManagerID", "Amount"), [][]runtime.Value{{text("u5"), text("EVE"), text("gus"), text("12.50")}}, "UPDATE Custodian SET City='Ås', Amount=2.5 WHERE OktaID IN ('u1', 'u5')", 2},
		{spec("OktaID", "Login"), nil, "INSERT INTO Custodian(Login, Amount) VALUES ('new', 0.25)", 1},
	} {
		run := int64(n + 1)
		s := begin(t, d, RunInfo{RunID: run, Transformation: "hash"})
		if tt.sql != "" {
			if _, err := s.Exec(t.Context(), runtime.Query{SQL: tt.sql}); err != nil {
				t.Fatal(err)
			}
		}
		g, err := s.Open(t.Context(), tt.spec)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range tt.records {
			if out, err := g.Upsert(t.Context(), runtime.Record{Values: v}); err != nil || out == runtime.Rejected {
				t.Fatal(out, err)
			}
		}
		if _, err := s.Finish(t.Context()); err != nil {
			t.Fatal(err)
		}
		s = begin(t, d, RunInfo{Testing: true})
		c := s.table("Custodian")
		hash := c.hashSQL(func(at int) string { return "c." + quote(c.columns[at].name) })
		changes, err := scalar(s.c, "SELECT count(*) FROM amsx_change WHERE RunID=?1", run)
		if err != nil || changes != tt.changes {
			t.Errorf("run %d: %d change rows, %v, want %d", run, changes, err, tt.changes)
		}
		err = s.rows("SELECT c.OktaID, h.RowHash, "+hash+" FROM amsx_change h JOIN Custodian c ON c.CustodianID=h.RowID WHERE h.RunID=?1 AND h.RowHash IS NOT "+hash, func(st *sqlite.Stmt) error {
			t.Errorf("run %d: the change row of %s has the hash %d, the row %d", run, st.ColumnText(0), st.ColumnInt64(1), st.ColumnInt64(2))
			return nil
		}, run)
		if err != nil {
			t.Fatal(err)
		}
	}
}
