package site

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/amsx-lang/amsx/runtime"
)

const (
	runsAtOnce    = 50
	readersAtOnce = 20
	crowd         = 40 // records of a run
)

// TestManyRunsAtOnce: fifty runs write one site while twenty readers look at
// it. Nobody meets an error, no reader sees a part of a run, and no update is
// lost, of a merge as of direct SQL.
func TestManyRunsAtOnce(t *testing.T) {
	o := Options{} // waits as a real run does
	if raced {
		o.BusyWait = time.Minute // under the race detector everything takes ten times as long
	}
	d, err := openTest(t, filepath.Join(t.TempDir(), "amsx.db"), o)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, d.path, "INSERT INTO Location(LocationName) VALUES ('0')")
	var readers, runs sync.WaitGroup
	var over atomic.Bool
	var reads atomic.Int64
	for range readersAtOnce {
		readers.Go(func() {
			for !over.Load() {
				rows, err := d.Read(t.Context(), "SELECT Source, count(*), count(DISTINCT FirstName) FROM Custodian GROUP BY 1")
				if err != nil {
					t.Error(err)
					return
				}
				for _, r := range rows {
					if r[1] != int64(crowd) || r[2] != int64(1) {
						t.Errorf("a reader sees a part of a run: %v", r)
						return
					}
				}
				reads.Add(1)
			}
		})
	}
	for i := range runsAtOnce {
		// Five runs share a source: they write the same rows.
		runs.Go(func() { crowdRun(t, d, int64(i+1), fmt.Sprintf("S%d", i%10)) })
	}
	runs.Wait()
	over.Store(true)
	readers.Wait()
	if t.Failed() {
		return
	}
	rows, err := d.Read(t.Context(), `SELECT (SELECT LocationName FROM Location), (SELECT count(*) FROM Custodian), (SELECT count(*) FROM amsx_run),
		(SELECT count(*) FROM amsx_change WHERE Action='insert' AND TableName='Custodian'), (SELECT group_concat(DISTINCT Phone) FROM Custodian)`)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("[%d %d %d %d %d]", runsAtOnce, 10*crowd, runsAtOnce, 10*crowd, runsAtOnce/10-1) // the first run of a source has no row to count in before its merge
	if got := fmt.Sprint(rows[0]); got != want {
		t.Errorf("the site holds %s, want %s", got, want)
	}
	if reads.Load() == 0 {
		t.Error("no reader looked")
	}
}

// crowdRun gives everybody of a source the run's number as first name, and
// counts itself, by direct SQL, in each row and in one that all runs share.
func crowdRun(t *testing.T, d *Database, run int64, source string) {
	s, err := d.Begin(t.Context(), RunInfo{RunID: run, Transformation: fmt.Sprint("crowd", run), Fence: 1, Limits: map[string]string{"update": "off"}})
	if err != nil {
		t.Error(err)
		return
	}
	defer func() {
		if err := s.Abort(); err != nil {
			t.Error(err)
		}
	}()
	g, err := s.Open(t.Context(), runtime.TargetSpec{Table: "Custodian", Source: source, Key: []string{"OktaID"}, Columns: []runtime.TargetColumn{{Name: "OktaID"}, {Name: "Login"}, {Name: "FirstName"}}})
	if err != nil {
		t.Error(err)
		return
	}
	for i := range crowd {
		who := fmt.Sprintf("%s-%d", source, i)
		v := []runtime.Value{runtime.Text(who), runtime.Text(who), runtime.Text(fmt.Sprint(run))}
		if _, err := g.Upsert(t.Context(), runtime.Record{Values: v}); err != nil {
			t.Error(err)
			return
		}
	}
	for _, q := range []string{
		"UPDATE Location SET LocationName = LocationName + 1",
		"UPDATE Custodian SET Phone = coalesce(Phone, 0) + 1 WHERE Source = '" + source + "'",
	} {
		if _, err := s.Exec(t.Context(), runtime.Query{SQL: q}); err != nil {
			t.Error(err)
			return
		}
	}
	if _, err := s.Finish(t.Context()); err != nil {
		t.Errorf("run %d: %v", run, err)
	}
}
