package batch_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/internal/site"
)

// TestUndoOfTheFlagship takes a first sync back, and that back: the undo has
// the transformation's lease and a number of its own, and the last good run is
// one whose changes are there.
func TestUndoOfTheFlagship(t *testing.T) {
	ctx := context.Background()
	p := newPlace(t, oktasim.Config{Users: 60, Seed: 3})
	first, err := batch.Run(ctx, p.job(t))
	if err != nil {
		t.Fatal(err)
	}
	undo := func(run int64, testing bool) *batch.UndoReport {
		t.Helper()
		r, err := batch.Undo(ctx, batch.UndoJob{Run: run, Site: p.site, Control: p.control, User: "bob", Testing: testing})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	people := func() int64 {
		rows, err := p.site.Read(ctx, "SELECT count(*) FROM Custodian")
		if err != nil {
			t.Fatal(err)
		}
		return rows[0][0].(int64)
	}
	if r := undo(first.Run, true); r.Run != 0 || r.Counts.Deleted != 60 || r.Changed != 60 || people() != 60 {
		t.Errorf("a test: %+v", r)
	}
	r := undo(first.Run, false)
	if r.Run <= first.Run || r.Counts.Deleted != 60 || r.Status != control.Completed || people() != 0 {
		t.Errorf("the undo: %+v", r)
	}
	run, err := p.control.Run(ctx, r.Run)
	if err != nil || run.UndoOf != first.Run || run.User != "bob" || run.Status != control.Completed || run.Transformation != first.Transformation {
		t.Errorf("its history: %+v, %v", run, err)
	}
	good := func() int64 {
		undone, err := p.site.Undone(ctx)
		if err != nil {
			t.Fatal(err)
		}
		run, _, err := p.control.LastGood(ctx, first.Transformation, undone)
		if err != nil {
			t.Fatal(err)
		}
		return run.ID
	}
	if id := good(); id != 0 {
		t.Errorf("run %d counts as good, and its changes are gone", id)
	}
	back := undo(r.Run, false)
	if back.Counts.PutBack != 60 || people() != 60 || good() != first.Run {
		t.Errorf("the undo of the undo: %+v, last good run %d", back, good())
	}
	// The fuse knows what is there: an ordinary run changes nothing, and is not
	// stopped.
	again, err := batch.Run(ctx, p.job(t))
	if err != nil || again.Counts.Unchanged != 60 {
		t.Errorf("the next run: %+v, %v", again, err)
	}
}

// TestUndoRefuses: what cannot be undone, and a transformation that is running.
func TestUndoRefuses(t *testing.T) {
	ctx := context.Background()
	p := newPlace(t, oktasim.Config{Users: 5, Seed: 3})
	dry := p.job(t)
	dry.Testing = true
	tested, err := batch.Run(ctx, dry)
	if err != nil {
		t.Fatal(err)
	}
	first, err := batch.Run(ctx, p.job(t))
	if err != nil {
		t.Fatal(err)
	}
	lease, err := p.control.Acquire(ctx, first.Transformation, control.RunInfo{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		run  int64
		want string
	}{
		{first.Run, "is running"},
		{lease.RunID(), "it is still running"},
		{tested.Run, "it was a dry run"},
		{99, "there is no run 99"},
	} {
		r, err := batch.Undo(ctx, batch.UndoJob{Run: tt.run, Site: p.site, Control: p.control})
		if err == nil || !strings.Contains(err.Error(), tt.want) || r.Status != control.Failed || r.Error != err.Error() {
			t.Errorf("undo of run %d: %+v, %v; want %q", tt.run, r, err, tt.want)
		}
	}
	if err := lease.Finish(ctx, control.Outcome{Status: control.Failed}); err != nil {
		t.Fatal(err)
	}
	// A cancelled undo has written nothing, and says so in the history.
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if r, err := batch.Undo(cancelled, batch.UndoJob{Run: first.Run, Site: p.site, Control: p.control}); !errors.Is(err, context.Canceled) || r.Status != control.Cancelled {
		t.Errorf("cancelled: %+v, %v", r, err)
	}
	// The history is lost; the site knows its runs.
	other, err := control.Open(ctx, p.dir+"/other.control.db", control.Options{User: "eve"})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	r, err := batch.Undo(ctx, batch.UndoJob{Run: first.Run, Site: p.site, Control: other})
	if err != nil || r.Counts.Deleted != 5 || r.Run <= first.Run {
		t.Errorf("without the history: %+v, %v", r, err)
	}
}

// TestUndoWaits: an undo that waits begins when the run of the transformation
// has ended.
func TestUndoWaits(t *testing.T) {
	ctx := context.Background()
	p := newPlace(t, oktasim.Config{Users: 5, Seed: 3})
	first, err := batch.Run(ctx, p.job(t))
	if err != nil {
		t.Fatal(err)
	}
	lease, err := p.control.Acquire(ctx, first.Transformation, control.RunInfo{User: "ben"})
	if err != nil {
		t.Fatal(err)
	}
	waited := ""
	r, err := batch.Undo(ctx, batch.UndoJob{Run: first.Run, Site: p.site, Control: p.control, Wait: true, Waiting: func(reason string) {
		waited = reason
		if err := lease.Release(ctx); err != nil {
			t.Error(err)
		}
	}})
	if err != nil || r.Counts.Deleted != 5 || !strings.Contains(waited, "ben") {
		t.Errorf("%+v, %v; waited for %q", r, err, waited)
	}
}

// TestRunsPruneByThemselves: a run removes what is too old, by its clock.
func TestRunsPruneByThemselves(t *testing.T) {
	ctx := context.Background()
	p := newPlace(t, oktasim.Config{Users: 8, Seed: 3})
	now := time.Now()
	clock := func() time.Time { return now }
	// The site has a clock of its own, which is today's.
	var err error
	p.control.Close()
	if p.control, err = control.Open(ctx, control.Beside(p.site.Path()), control.Options{User: "ada", ParseDomain: func(s string) (string, error) { return s, nil }, Clock: clock}); err != nil {
		t.Fatal(err)
	}
	first, err := batch.Run(ctx, p.job(t))
	if err != nil {
		t.Fatal(err)
	}
	changed := func() int64 {
		r, _, err := p.site.RunRecord(ctx, first.Run)
		if err != nil {
			t.Fatal(err)
		}
		return r.Changed
	}
	later := p.job(t)
	later.Now = clock
	now = now.AddDate(0, 0, 80)
	if _, err := batch.Run(ctx, later); err != nil || changed() != 8 {
		t.Errorf("after 80 days %d changes are kept, %v", changed(), err)
	}
	now = now.AddDate(0, 0, 20)
	if err := batch.SetKeepHistory(ctx, p.control, 120); err != nil {
		t.Fatal(err)
	}
	if _, err := batch.Run(ctx, later); err != nil || changed() != 8 {
		t.Errorf("after 100 of 120 days %d changes are kept, %v", changed(), err)
	}
	was := now
	now = now.AddDate(10, 0, 0)
	if _, err := batch.Run(ctx, later); err != nil || changed() != 8 {
		t.Errorf("after a night with a clock that is ten years ahead %d changes are kept, %v", changed(), err)
	}
	now = was.AddDate(0, 0, 30)
	if _, err := batch.Run(ctx, later); err != nil || changed() != 0 {
		t.Errorf("after 130 of 120 days %d changes are kept, %v", changed(), err)
	}
	var refused *site.UndoError
	if _, err := batch.Undo(ctx, batch.UndoJob{Run: first.Run, Site: p.site, Control: p.control}); !errors.As(err, &refused) || !strings.Contains(err.Error(), "pruned") {
		t.Errorf("undo of a pruned run: %v", err)
	}
	if _, err := p.control.Run(ctx, first.Run); err == nil {
		t.Error("the log of a pruned run is kept")
	}
}

// TestForgetInBothDatabases: what the history holds of a person goes with the
// row.
func TestForgetInBothDatabases(t *testing.T) {
	ctx := context.Background()
	p := newPlace(t, oktasim.Config{Users: 3, Seed: 3})
	job := p.job(t)
	job.Script = amsx.Parse("notes.amsx", []byte("SqlExecute \"INSERT INTO Custodian(Login, FullName) VALUES ('Zoë.King', 'Zoë King')\"\nLog \"info\", \"ZOË.KING was added\"\nLog \"info\", \"Zoë.Kingston was not\"\nLog \"info\", \"nobody\"\n"))
	first, err := batch.Run(ctx, job)
	if err != nil {
		t.Fatal(err)
	}
	// Not while a run is under way, of whatever transformation.
	lease, err := p.control.Acquire(ctx, "Another", control.RunInfo{User: "ben"})
	if err != nil {
		t.Fatal(err)
	}
	var busy *batch.ForgetError
	if _, err := batch.Forget(ctx, p.site, p.control, "Custodian", "zoë.king", false); !errors.As(err, &busy) || busy.Run.RunID != lease.RunID() || !strings.Contains(err.Error(), `"Another" is running already: run 2, started by "ben"`) {
		t.Errorf("during a run: %v", err)
	}
	if f, err := batch.Forget(ctx, p.site, p.control, "Custodian", "zoë.king", true); err != nil || f.Entries != 1 {
		t.Errorf("a test during a run: %+v, %v", f, err)
	}
	if err := lease.Release(ctx); err != nil {
		t.Fatal(err)
	}
	f, err := batch.Forget(ctx, p.site, p.control, "Custodian", "zoë.king", false)
	if err != nil || f.Entries != 1 || len(f.Scripts) != 1 || f.Scripts[0] != first.Run || f.Row != "deleted" {
		t.Fatalf("%+v, %v", f, err)
	}
	lines, err := p.control.RunLog(ctx, first.Run)
	if err != nil || len(lines) != 3 || lines[0].Message != control.Forgotten || lines[1].Message != "Zoë.Kingston was not" || lines[2].Message != "nobody" {
		t.Errorf("%+v, %v", lines, err)
	}
}
