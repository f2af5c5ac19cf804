package site

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/amsx-lang/amsx/runtime"
)

// TestClockJumps: the machine's clock is set forward or back while a run is
// under way, or between runs. Runs keep the order in which they were merged,
// and whatever asks for their order goes by their numbers: undo, why, and the
// fuse. Only the times that people read are the clock's.
func TestClockJumps(t *testing.T) {
	for name, jump := range map[string]time.Duration{"forward": 10 * 365 * 24 * time.Hour, "back": -10 * 365 * 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			now := noon()
			d, err := Open(t.Context(), filepath.Join(t.TempDir(), "amsx.db"), Options{Clock: func() time.Time { return now }, BusyWait: 300 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			title := func(run int64, value string, meanwhile func()) {
				t.Helper()
				s := begin(t, d, RunInfo{RunID: run, Transformation: "T", Fence: run})
				for _, q := range []string{
					"INSERT INTO Custodian(Login, FullName) SELECT 'ada', 'Ada' WHERE NOT EXISTS (SELECT 1 FROM Custodian)",
					"UPDATE Custodian SET JobTitle=" + literal(value) + " WHERE Login='ada'",
				} {
					if _, err := s.Exec(t.Context(), runtime.Query{SQL: q}); err != nil {
						t.Fatal(err)
					}
				}
				meanwhile()
				r, err := s.Finish(t.Context())
				if err != nil || r.Lock < 0 || r.Lock > time.Minute {
					t.Fatalf("%+v, %v", r, err)
				}
			}
			title(1, "Clerk", func() {})
			title(2, "Lead", func() { now = now.Add(jump) })
			jumped := now
			title(3, "Boss", func() { now = noon().Add(time.Hour) })

			r, known, err := d.RunRecord(t.Context(), 2)
			if err != nil || !known || !r.Merged.Equal(jumped) {
				t.Errorf("run 2 was merged at %v, want %v, %v", r.Merged, jumped, err)
			}
			story, err := d.Why(t.Context(), "Custodian", "ada", "JobTitle")
			if err != nil || len(story.Fields) != 1 || len(story.Fields[0].Writes) == 0 || story.Fields[0].Writes[0].Run != 3 {
				t.Errorf("why: %+v, %v", story, err)
			}
			// Run 2's value is run 3's by now, whatever their dates say.
			u, err := d.Undo(t.Context(), RunInfo{RunID: 4, Transformation: "T", Fence: 4}, 2)
			if err != nil || u.Counts.Updated != 0 || len(u.Stays) != 1 || u.Stays[0].Reason != "run 3 changed it since" {
				t.Errorf("undo of run 2: %+v, %v", u, err)
			}
			if u, err = d.Undo(t.Context(), RunInfo{RunID: 5, Transformation: "T", Fence: 5}, 3); err != nil || u.Counts.Updated != 1 || u.Staying != 0 {
				t.Errorf("undo of run 3: %+v, %v", u, err)
			}
			rows, err := d.Read(t.Context(), "SELECT JobTitle FROM Custodian")
			if err != nil || rows[0][0] != "Lead" {
				t.Errorf("%v, %v", rows, err)
			}
		})
	}
}

// TestPlanOverAClockJump: a plan is applied by a machine whose clock says that
// it was made in the future, or long ago.
func TestPlanOverAClockJump(t *testing.T) {
	now := noon()
	d, err := Open(t.Context(), filepath.Join(t.TempDir(), "amsx.db"), Options{Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for i, jump := range []time.Duration{-24 * time.Hour, 10 * 365 * 24 * time.Hour} {
		s := begin(t, d, RunInfo{RunID: int64(i + 1), Transformation: "T", Testing: true, Planning: true})
		if _, err := s.Exec(t.Context(), runtime.Query{SQL: "INSERT INTO Custodian(FullName) VALUES ('Ada')"}); err != nil {
			t.Fatal(err)
		}
		r, err := s.Finish(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(jump)
		k := keepPlan(t, r)
		if r, err = k.apply(t, d, RunInfo{RunID: int64(i + 1), Transformation: "T"}); err != nil || r.Counts.Inserted != 1 {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

// TestPruneAfterAClockJump: a run that was dated in the future keeps its own
// change set, and not those of all runs after it.
func TestPruneAfterAClockJump(t *testing.T) {
	now := noon()
	d, err := Open(t.Context(), filepath.Join(t.TempDir(), "amsx.db"), Options{Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	now = noon().AddDate(10, 0, 0)
	direct(t, d, 1, "INSERT INTO Custodian(Login, FullName) VALUES ('ada', 'Ada')")
	now = noon()
	direct(t, d, 2, "UPDATE Custodian SET City='Rome' WHERE Login='ada'")
	now = noon().AddDate(0, 0, 100)
	direct(t, d, 3, "UPDATE Custodian SET City='Bern' WHERE Login='ada'")
	p, err := d.Prune(t.Context(), now.AddDate(0, 0, -90), false)
	if err != nil || p != (Pruned{Runs: 1, Rows: 1}) {
		t.Errorf("%+v, %v", p, err)
	}
	rows, err := d.Read(t.Context(), "SELECT group_concat(RunID) FROM (SELECT DISTINCT RunID FROM amsx_change ORDER BY 1)")
	if err != nil || rows[0][0] != "1,3" {
		t.Errorf("kept: %v, %v", rows, err)
	}
}
