package site

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// TestPrune: old change sets go, and what needs them says so; the bookkeeping
// of the fuse stays from the last complete run on.
func TestPrune(t *testing.T) {
	now := time.Date(2026, 1, 1, 2, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "amsx.db")
	d, err := openTest(t, path, Options{Clock: func() time.Time { return now }, BusyWait: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	direct(t, d, 1, "INSERT INTO Custodian(Login, FullName) VALUES ('ada', 'Ada'), ('bob', 'Bob')")
	direct(t, d, 2, "UPDATE Custodian SET City='Rome' WHERE Login='ada'")
	now = now.AddDate(0, 0, 100)
	direct(t, d, 3, "UPDATE Custodian SET Phone='1' WHERE Login='ada'")
	execute(t, path, `INSERT INTO amsx_run_source VALUES (1, 'Custodian', 'S', 1, 9, 9), (2, 'Custodian', 'S', 1, 8, 8), (3, 'Custodian', 'S', 0, 7, 7), (1, 'Custodian', 'T', 1, 9, 9), (2, 'Custodian', 'T', 0, 8, 8), (1, 'Custodian', 'U', 0, 1, 1)`)
	before := now.AddDate(0, 0, -90)

	p, err := d.Prune(t.Context(), before, true)
	if err != nil || p != (Pruned{Runs: 2, Rows: 3}) {
		t.Errorf("a test: %+v, %v", p, err)
	}
	if r, _, err := d.RunRecord(t.Context(), 1); err != nil || r.Changed != 2 || r.Pruned {
		t.Errorf("after the test: %+v, %v", r, err)
	}
	if p, err = d.Prune(t.Context(), before, false); err != nil || p != (Pruned{Runs: 2, Rows: 3}) {
		t.Errorf("%+v, %v", p, err)
	}
	r, known, err := d.RunRecord(t.Context(), 1)
	if err != nil || !known || !r.Pruned || r.Counts.Inserted != 2 {
		t.Errorf("%+v, %v, %v", r, known, err)
	}
	rows, err := d.Read(t.Context(), "SELECT group_concat(Source || RunID, ' ') FROM (SELECT * FROM amsx_run_source ORDER BY Source, RunID)")
	if err != nil || rows[0][0] != "S2 S3 T1 T2 U1" {
		t.Errorf("bookkeeping: %v, %v", rows, err)
	}
	var refused *UndoError
	if _, err := d.Undo(t.Context(), RunInfo{RunID: 4, Transformation: "T"}, 2); !errors.As(err, &refused) {
		t.Errorf("undo of a pruned run: %v", err)
	}
	story, err := d.Why(t.Context(), "Custodian", "ada", "City")
	if err != nil || story.Fields[0].Hand != HandOnly || story.Pruned.IsZero() {
		t.Errorf("why: %+v, %v", story, err)
	}
	if _, err := d.Undo(t.Context(), RunInfo{RunID: 4, Transformation: "T"}, 3); err != nil {
		t.Errorf("undo of what is kept: %v", err)
	}
}

// TestPruneCostsNothing: where there is nothing to prune, nothing is written
// and no lock is waited for, however much there is.
func TestPruneCostsNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "amsx.db")
	d := newDatabase(t, path)
	direct(t, d, 1, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<20000) INSERT INTO Custodian(Login, FullName) SELECT 'p'||i, 'P'||i FROM n")
	c, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := sqlitex.ExecuteTransient(c, "BEGIN IMMEDIATE", nil); err != nil {
		t.Fatal(err)
	}
	size := func() (n int64) {
		for _, f := range []string{path, path + "-wal"} {
			if st, err := os.Stat(f); err == nil {
				n += st.Size()
			}
		}
		return n
	}
	was, best := size(), time.Hour
	for range 5 {
		began := time.Now()
		if p, err := d.Prune(t.Context(), time.Now().AddDate(0, 0, -90), false); err != nil || p.Rows != 0 {
			t.Fatalf("%+v, %v, while another program holds the write lock", p, err)
		}
		best = min(best, time.Since(began))
	}
	if size() != was {
		t.Errorf("the files grew from %d to %d bytes", was, size())
	}
	if best > 100*time.Millisecond {
		t.Errorf("it took %v over 20,000 change rows", best)
	}
	t.Logf("%v over 20,000 change rows", best)
}
