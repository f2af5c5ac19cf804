package control

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// kills is how often each of the tests below kills a process at a random point.
const kills = 12

func killAtRandom(t *testing.T, what, path string, within time.Duration) {
	t.Helper()
	c := startChild(t, what, path)
	time.Sleep(rand.N(within))
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	c.Wait()
}

// kill -9 in the midst of rotating the master key loses no pack: whatever is in
// the key file opens whatever is in the database.
func TestKilledWhileRotating(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "amsx.control.db")
	source := keySource(t)
	t.Setenv("CONTROL_TEST_KEY", source.File)
	db := reopen(t, path, testOptions())
	key := must(db.EnsureKey(ctx, source))
	first := key.ID()
	names := []string{"A", "B", "C", "D"}
	for _, name := range names {
		in := oktaPack()
		in.Name = name
		must(db.AddPack(ctx, key, in))
	}
	for range kills {
		killAtRandom(t, "rotate", path, 25*time.Millisecond)
		os.Remove(source.File + ".rotating")
		key, err := db.LoadKey(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			cred, err := db.OpenPack(ctx, key, name, PackUse{})
			if err != nil || cred.Password.Reveal() != secretText {
				t.Fatalf("pack %s: %v", name, err)
			}
		}
	}
	if must(db.LoadKey(source)).ID() == first {
		t.Error("nothing was ever rotated")
	}
}

// logged reports whether a run has said anything.
func logged(t *testing.T, db *DB) bool {
	t.Helper()
	for _, run := range must(db.Runs(t.Context(), RunFilter{Limit: 1 << 20})) {
		if run.LogLines > 0 {
			return true
		}
	}
	return false
}

// kill -9 in the midst of recording runs leaves each run whole, and the next
// one starts at once.
func TestKilledWhileRecording(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "amsx.control.db")
	db := reopen(t, path, testOptions())
	// On a busy machine a program needs longer to get as far as recording.
	within := 25 * time.Millisecond
	for n := 0; n < kills || n < 4*kills && !logged(t, db); n++ {
		if n > 0 && n%kills == 0 {
			within *= 4
		}
		killAtRandom(t, "record", path, within)
		lease, err := db.Acquire(ctx, "Get Users", RunInfo{})
		if err != nil {
			t.Fatal(err)
		}
		if err := lease.Finish(ctx, Outcome{Status: Completed}); err != nil {
			t.Fatal(err)
		}
	}
	var check string
	if err := db.sql.QueryRow("PRAGMA integrity_check").Scan(&check); err != nil || check != "ok" {
		t.Error(check, err)
	}
	recorded, next := 0, int64(1)<<62
	for _, run := range must(db.Runs(ctx, RunFilter{Limit: 1 << 20})) {
		log, rejects := len(must(db.RunLog(ctx, run.ID))), len(must(db.RunRejects(ctx, run.ID)))
		whole := log == run.LogLines && rejects == run.Rejects && (log == 0 && rejects == 0 || log == 2 && rejects == 1)
		if !whole || run.Status == Running || run.ID >= next {
			t.Errorf("%+v has %d log lines and %d rejects", run, log, rejects)
		}
		next = run.ID
		recorded += log
	}
	if recorded == 0 {
		t.Error("nothing was recorded before a kill")
	}
}
