package control

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestOneRunAtATime(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "amsx.control.db")
	opt := testOptions()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("CET", 3600))
	now := noon
	opt.Clock = func() time.Time { return now }
	first, second := reopen(t, path, opt), reopen(t, path, opt)
	lease := must(first.Acquire(ctx, "Get Users", RunInfo{User: "bob"}))
	now = noon.Add(20 * time.Second)
	for _, name := range []string{"Get Users", "GET USERS"} {
		_, err := second.Acquire(ctx, name, RunInfo{})
		var leased *LeasedError
		if !errors.As(err, &leased) || leased.RunID != lease.RunID() || leased.User != "bob" || !leased.Since.Equal(noon) {
			t.Fatalf("%v", err)
		}
		wantError(t, err, `"bob"`, "run 1", "2026-03-01 12:00:00 CET", "20s ago", "--wait")
	}
	if runs := must(first.Runs(ctx, RunFilter{})); len(runs) != 1 {
		t.Errorf("a refused run was recorded: %+v", runs)
	}
	other := must(second.Acquire(ctx, "Another", RunInfo{}))
	if err := lease.Check(ctx); err != nil {
		t.Error(err)
	}
	if err := lease.Finish(ctx, Outcome{Status: Completed}); err != nil {
		t.Fatal(err)
	}
	again := must(second.Acquire(ctx, "Get Users", RunInfo{}))
	if again.Fence() <= other.Fence() || other.Fence() <= lease.Fence() {
		t.Error("the fence does not increase")
	}
	again.Release(ctx)
	other.Release(ctx)
	if run := must(first.Run(ctx, again.RunID())); run.Status != Failed || run.Error != "the run was given up without a result" {
		t.Errorf("%+v", run)
	}
}

// Of many that start at once exactly one runs, and each that wins has a higher
// fence than the one before.
func TestContention(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "amsx.control.db")
	opt := testOptions()
	opt.Lease = 3 * time.Second // AcquireWait looks 60 times a lease
	var running, wins atomic.Int32
	var mu sync.Mutex
	var fences []int64
	var wg sync.WaitGroup
	for range 6 {
		db := reopen(t, path, opt)
		wg.Go(func() {
			for range 3 {
				lease, err := db.AcquireWait(ctx, "T", RunInfo{}, nil)
				if err != nil {
					t.Error(err)
					return
				}
				if running.Add(1) != 1 {
					t.Error("two runs at once")
				}
				wins.Add(1)
				mu.Lock()
				fences = append(fences, lease.Fence())
				mu.Unlock()
				running.Add(-1)
				if err := lease.Finish(ctx, Outcome{Status: Completed}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if wins.Load() != 18 {
		t.Errorf("%d runs", wins.Load())
	}
	for i := 1; i < len(fences); i++ {
		if fences[i] <= fences[i-1] {
			t.Errorf("fences %v", fences)
		}
	}
}

// kill -9: the next run starts at once, and the killed one is not left running.
func TestKilledProcess(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "amsx.control.db")
	db := reopen(t, path, testOptions())
	for range 3 {
		c := startChild(t, "hold", path)
		if !strings.HasPrefix(c.line, "run ") {
			t.Fatal(c.line)
		}
		_, err := db.Acquire(ctx, "Get Users", RunInfo{})
		wantError(t, err, `"child"`, "is running already")
		if n, err := db.MarkEnded(ctx); n != 0 || err != nil {
			t.Errorf("%d live runs marked, %v", n, err)
		}
		if err := c.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		c.Wait()
		lease, err := db.Acquire(ctx, "Get Users", RunInfo{})
		if err != nil {
			t.Fatal(err)
		}
		killed := must(db.Run(ctx, lease.RunID()-1))
		if killed.Status != Failed || killed.Error != "the process ended without finishing" || killed.User != "child" || killed.Finished.IsZero() || killed.ExitCode != 1 {
			t.Errorf("%+v", killed)
		}
		if err := lease.Finish(ctx, Outcome{Status: Completed}); err != nil {
			t.Fatal(err)
		}
	}

	c := startChild(t, "hold", path)
	c.Process.Kill()
	c.Wait()
	if n, err := db.MarkEnded(ctx); n != 1 || err != nil {
		t.Errorf("%d runs marked, %v", n, err)
	}
	if run := must(db.Runs(ctx, RunFilter{Limit: 1}))[0]; run.Status != Failed {
		t.Errorf("%+v", run)
	}
}

func TestAnotherProcessIsHeldOff(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "amsx.control.db")
	db := reopen(t, path, testOptions())
	lease := must(db.Acquire(ctx, "get users", RunInfo{}))
	defer lease.Release(ctx)
	if c := startChild(t, "contend", path); !strings.Contains(c.line, "is running already: run 1") {
		t.Error(c.line)
	}
}

// elsewhere makes the holder one of another machine, which gives no sign of
// life of its own in this test.
func elsewhere(t *testing.T, db *DB) {
	execute(t, db, `UPDATE Lease SET Machine = 'other', Host = 'other'`)
}

// quiet ends the heartbeat of a lease, as if its process had been stopped.
func quiet(l *Lease) {
	l.mu.Lock()
	l.finished = true
	close(l.stop)
	l.mu.Unlock()
	<-l.stopped
	l.mu.Lock()
	l.finished = false // it knows nothing of it
	l.mu.Unlock()
}

func TestRunOfAnotherMachineThatDied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		path := filepath.Join(t.TempDir(), "amsx.control.db")
		a, b := must(Open(ctx, path, testOptions())), must(Open(ctx, path, testOptions()))
		defer a.Close()
		defer b.Close()
		stale := must(a.Acquire(ctx, "T", RunInfo{}))
		work, cancel := stale.Context(ctx)
		defer cancel()
		elsewhere(t, a)
		quiet(stale)

		time.Sleep(29 * time.Second)
		_, err := b.Acquire(ctx, "T", RunInfo{})
		wantError(t, err, "is running already")
		time.Sleep(time.Second)
		lease := must(b.Acquire(ctx, "T", RunInfo{}))
		defer lease.Release(ctx)

		// The stale run awakes: it can record nothing, and learns why.
		var lost *LostError
		if err := stale.Finish(ctx, Outcome{Status: Completed}); !errors.As(err, &lost) {
			t.Errorf("finish: %v", err)
		}
		<-work.Done()
		if !errors.As(context.Cause(work), &lost) {
			t.Errorf("the work ended with %v", context.Cause(work))
		}
		for name, err := range map[string]error{"check": stale.Check(ctx), "append": stale.Append(ctx, Entries{Log: []LogLine{{}}}), "err": stale.Err()} {
			if !errors.As(err, &lost) {
				t.Errorf("%s: %v", name, err)
			}
			wantError(t, err, "took over")
		}
		if run := must(b.Run(ctx, stale.RunID())); run.Status != Failed || run.LogLines != 0 {
			t.Errorf("%+v", run)
		}
		if err := lease.Check(ctx); err != nil {
			t.Error(err)
		}
		if lease.Fence() <= stale.Fence() {
			t.Error("the fence did not rise")
		}
	})
}

// A heartbeat keeps the lease for as long as the run takes.
func TestLongRunKeepsItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		path := filepath.Join(t.TempDir(), "amsx.control.db")
		a, b := must(Open(ctx, path, testOptions())), must(Open(ctx, path, testOptions()))
		defer a.Close()
		defer b.Close()
		lease := must(a.Acquire(ctx, "T", RunInfo{}))
		for range 40 {
			time.Sleep(29 * time.Second)
			if _, err := b.Acquire(ctx, "T", RunInfo{}); err == nil {
				t.Fatal("a live run lost its lease")
			}
		}
		if err := lease.Finish(ctx, Outcome{Status: Completed}); err != nil {
			t.Error(err)
		}
	})
}

// A live run on this machine whose heartbeat looks old because the clock was
// set is not pushed aside; one that hangs is, after half a lease of watching.
func TestClockJumps(t *testing.T) {
	for name, test := range map[string]struct {
		jump time.Duration
		hang bool
		far  bool          // the holder is on another machine
		want time.Duration // until another run starts; 0: it does not
	}{
		"forward, live":            {jump: time.Hour},
		"back, live":               {jump: -time.Hour},
		"forward, hanging":         {jump: time.Hour, hang: true, want: 15 * time.Second},
		"back, hanging":            {jump: -time.Hour, hang: true, want: 30 * time.Second},
		"back, far and dead":       {jump: -time.Hour, hang: true, far: true, want: 30 * time.Second},
		"no jump, hanging":         {hang: true, want: 30 * time.Second},
		"no jump, far and dead":    {hang: true, far: true, want: 30 * time.Second},
		"back a little, far, dead": {jump: -10 * time.Second, hang: true, far: true, want: 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				path := filepath.Join(t.TempDir(), "amsx.control.db")
				clock := &wall{}
				opt := testOptions()
				opt.Clock = clock.now
				a, b := must(Open(ctx, path, opt)), must(Open(ctx, path, opt))
				defer a.Close()
				defer b.Close()
				holder := must(a.Acquire(ctx, "T", RunInfo{}))
				if test.hang {
					quiet(holder)
				}
				if test.far {
					elsewhere(t, a)
				}
				clock.offset = test.jump
				begun := time.Now()
				wait, cancel := context.WithTimeout(ctx, 10*time.Minute)
				defer cancel()
				lease, err := b.AcquireWait(wait, "T", RunInfo{}, nil)
				took := time.Since(begun)
				if test.want == 0 {
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("started after %v: %v", took, err)
					}
					if err := holder.Finish(ctx, Outcome{Status: Completed}); err != nil {
						t.Error(err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				defer lease.Release(ctx)
				if took < test.want-time.Second || took > test.want+2*time.Second {
					t.Errorf("started after %v, want %v", took, test.want)
				}
			})
		})
	}
}

func TestWaitIsCalledOnceARunAndCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		db := must(Open(ctx, filepath.Join(t.TempDir(), "amsx.control.db"), testOptions()))
		defer db.Close()
		lease := must(db.Acquire(ctx, "T", RunInfo{User: "bob"}))
		var waited []string
		done := make(chan *Lease)
		go func() {
			next, err := db.AcquireWait(ctx, "T", RunInfo{}, func(e *LeasedError) { waited = append(waited, e.User) })
			if err != nil {
				t.Error(err)
			}
			done <- next
		}()
		time.Sleep(time.Minute)
		if err := lease.Finish(ctx, Outcome{Status: Completed}); err != nil {
			t.Fatal(err)
		}
		next := <-done
		if len(waited) != 1 || waited[0] != "bob" {
			t.Errorf("told %v", waited)
		}
		cause := errors.New("Ctrl-C")
		cancelled, cancel := context.WithCancelCause(ctx)
		time.AfterFunc(time.Second, func() { cancel(cause) })
		begun := time.Now()
		if _, err := db.AcquireWait(cancelled, "T", RunInfo{}, nil); !errors.Is(err, cause) && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if took := time.Since(begun); took > 1200*time.Millisecond {
			t.Errorf("cancelled after %v", took)
		}
		next.Release(ctx)
	})
}

// The way a cancelled run ends: its context is over, and yet its end is
// recorded and the lease is free.
func TestFinishAfterCancel(t *testing.T) {
	db := openTest(t, testOptions())
	ctx, cancel := context.WithCancel(t.Context())
	lease := must(db.Acquire(ctx, "T", RunInfo{}))
	cancel()
	if err := lease.Finish(ctx, Outcome{Status: Cancelled, ExitCode: 130}); err != nil {
		t.Fatal(err)
	}
	if run := must(db.Run(t.Context(), lease.RunID())); run.Status != Cancelled || run.ExitCode != 130 {
		t.Errorf("%+v", run)
	}
	must(db.Acquire(t.Context(), "T", RunInfo{})).Release(t.Context())
}

// A run that cannot renew its lease for its whole length stops by itself.
func TestLeaseThatCannotBeRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		db := must(Open(ctx, filepath.Join(t.TempDir(), "amsx.control.db"), testOptions()))
		lease := must(db.Acquire(ctx, "T", RunInfo{}))
		begun := time.Now()
		db.Close()
		<-lease.Lost()
		if took := time.Since(begun); took < 30*time.Second || took > 41*time.Second {
			t.Errorf("lost after %v", took)
		}
		wantError(t, lease.Err(), "no sign of life")
	})
}

// Running the same transformation of the same queue twice in a row leaves one
// lease row and no goroutine: what synctest would report as a deadlock.
func TestManyRunsLeaveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		db := must(Open(ctx, filepath.Join(t.TempDir(), "amsx.control.db"), testOptions()))
		defer db.Close()
		for range 50 {
			lease := must(db.Acquire(ctx, "T", RunInfo{}))
			if err := lease.Finish(ctx, Outcome{Status: Completed}); err != nil {
				t.Fatal(err)
			}
		}
		var leases int
		if err := db.sql.QueryRow(`SELECT count(*) FROM Lease`).Scan(&leases); err != nil || leases != 1 {
			t.Error(leases, err)
		}
	})
}
