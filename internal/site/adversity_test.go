package site

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/amsx-lang/amsx/runtime"
)

// TestFullAndReadOnly: the disk, or that of the temporary files, is full in
// mid-run, or the file may not be written any more. The run says so in words,
// nothing of it is written, and the next run is right.
func TestFullAndReadOnly(t *testing.T) {
	tests := []struct {
		name, pragma string
		early        bool // it is met while records come, and not by the merge
		want         string
	}{
		{"the disk is full", "PRAGMA main.max_page_count=1", false, "is full: free some space, then run again; nothing was written"},
		{"the disk of temporary files is full", "PRAGMA temp.max_page_count=1", true, "or of the folder for temporary files, is full: free some space"},
		{"the file may not be written", "PRAGMA query_only=ON", false, "cannot be written: check that its folder exists and that this account may write the file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
			direct(t, d, 1, "INSERT INTO Custodian(OktaID, Login, Source) VALUES ('u1', 'ada', 'S')")
			s := begin(t, d, RunInfo{RunID: 2})
			g, err := s.Open(t.Context(), loginSpec())
			if err != nil {
				t.Fatal(err)
			}
			spoil := func() {
				if err := s.run(tt.pragma); err != nil {
					t.Fatal(err)
				}
			}
			if tt.early {
				spoil()
			}
			for i := 0; err == nil && i < 2000; i++ {
				_, err = g.Upsert(t.Context(), drawn([]string{fmt.Sprint("v", i), strings.Repeat("x", 100) + fmt.Sprint(i)}))
			}
			if !tt.early {
				if err != nil {
					t.Fatal(err)
				}
				spoil()
				_, err = s.Finish(t.Context())
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), d.path) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if s.Written() {
				t.Error("it says that it has written")
			}
			_ = s.Abort() // it may be over
			rows, err := d.Read(t.Context(), "SELECT count(*), (SELECT count(*) FROM amsx_run), (SELECT max(RunID) FROM amsx_change) FROM Custodian")
			if err != nil || fmt.Sprint(rows) != "[[1 1 1]]" {
				t.Errorf("the site holds %v, %v", rows, err)
			}
			s = begin(t, d, RunInfo{RunID: 3})
			upsert(t, s, "u2", "bob")
			if r, err := s.Finish(t.Context()); err != nil || r.Counts.Inserted != 1 {
				t.Errorf("the next run: %+v, %v", r, err)
			}
		})
	}
}

// TestLockedEverywhere: another program keeps the write lock. Whatever wants to
// write waits its time, then says who is in the way and what to do; what only
// reads goes on.
func TestLockedEverywhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "amsx.db")
	d, err := Open(t.Context(), path, Options{Clock: noon, BusyWait: 150 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	direct(t, d, 1, "INSERT INTO Custodian(Login, FullName) VALUES ('ada', 'Ada')")
	s := begin(t, d, RunInfo{RunID: 2, Testing: true, Planning: true})
	if _, err := s.Exec(t.Context(), runtime.Query{SQL: "UPDATE Custodian SET City='Rome' WHERE Login='ada'"}); err != nil {
		t.Fatal(err)
	}
	r, err := s.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	k := keepPlan(t, r)
	other, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := sqlitex.ExecuteTransient(other, "BEGIN IMMEDIATE", nil); err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func() error{
		"SQL": func() error {
			_, err := begin(t, d, RunInfo{RunID: 2}).Exec(t.Context(), runtime.Query{SQL: "UPDATE Custodian SET City='Bern' WHERE Login='ada'"})
			return err
		},
		"AddColumns": func() error {
			return begin(t, d, RunInfo{RunID: 2}).AddColumns(t.Context(), []runtime.ColumnSpec{{Table: "Custodian", Name: "Room", Type: "Text"}})
		},
		"a lease": func() error {
			_, err := d.Begin(t.Context(), RunInfo{RunID: 2, Fence: 2, Transformation: "T"})
			return err
		},
		"Apply": func() error { _, err := k.apply(t, d, RunInfo{RunID: 2}); return err },
		"Undo": func() error {
			_, err := d.Undo(t.Context(), RunInfo{RunID: 2, Transformation: "T"}, 1)
			return err
		},
		"Forget": func() error { _, err := d.Forget(t.Context(), "Custodian", "ada", false); return err },
		"Prune":  func() error { _, err := d.Prune(t.Context(), noon().AddDate(0, 0, 1), false); return err },
	} {
		err := write()
		if err == nil || !strings.Contains(err.Error(), "another program holds the write lock of "+path) || !strings.Contains(err.Error(), "close it") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if story, err := d.Why(t.Context(), "Custodian", "ada", ""); err != nil || len(story.Fields) == 0 {
		t.Errorf("why: %+v, %v", story, err)
	}
	if err := sqlitex.ExecuteTransient(other, "ROLLBACK", nil); err != nil {
		t.Fatal(err)
	}
	if r, err := k.apply(t, d, RunInfo{RunID: 2}); err != nil || r.Counts.Updated != 1 {
		t.Errorf("afterwards: %+v, %v", r, err)
	}
}
