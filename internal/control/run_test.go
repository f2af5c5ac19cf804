package control

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestRunLife(t *testing.T) {
	ctx := t.Context()
	db := openTest(t, testOptions())
	lease, err := db.Acquire(ctx, "Get Users", RunInfo{File: "okta_users.amsx", Script: "Log 1", Parameters: map[string]string{"CredentialPack": "OKTA_API"}})
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Release(ctx)
	if err := lease.Progress(ctx, "Reading users", 3, Counts{Read: 400}); err != nil {
		t.Fatal(err)
	}
	run := must(db.Run(ctx, lease.RunID()))
	if run.Status != Running || run.Update != "Reading users" || run.Counts.Read != 400 || run.Requests != 3 || run.Started.IsZero() || !run.Finished.IsZero() {
		t.Errorf("%+v", run)
	}
	entries := Entries{
		Log:      []LogLine{{Level: "INFO", Line: 3, Message: "hello", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}, {Message: "bad \xff\x00 byte"}},
		Warnings: []Warning{{Code: "unknown-status", Message: "status GONE", Line: 4, Column: 9, Count: 12}, {Code: "once"}},
		Rejects:  []Reject{{Key: "00u1", Reason: "no login", Line: 7, Fields: json.RawMessage(`{"id":"00u1"}`)}, {Fields: json.RawMessage(`{"half":`)}},
	}
	if err := lease.Append(ctx, entries); err != nil {
		t.Fatal(err)
	}
	counts := Counts{Read: 450, Inserted: 1, Updated: 2, Unchanged: 3, Reactivated: 4, Deactivated: 5, Adopted: 6, Rejected: 7, Warnings: 8}
	if err := lease.Finish(ctx, Outcome{Status: Completed, Requests: 5, Counts: counts, Altered: []string{"ALTER TABLE Custodian ADD COLUMN Floor TEXT"}, Files: []string{"wrote a.csv"}}); err != nil {
		t.Fatal(err)
	}
	want := Run{ID: 1, Transformation: "Get Users", File: "okta_users.amsx", Script: "Log 1", Parameters: map[string]string{"CredentialPack": "OKTA_API"},
		User: "ann", Host: thisProcess().host, Status: Completed, Fence: 1, Update: "Reading users", Requests: 5, Counts: counts, LogLines: 2, Warnings: 2, Rejects: 2,
		Altered: []string{"ALTER TABLE Custodian ADD COLUMN Floor TEXT"}, Files: []string{"wrote a.csv"}}
	run = must(db.Run(ctx, 1))
	ignore := cmpopts.IgnoreFields(Run{}, "Created", "Started", "Finished", "LastUpdated", "ScriptHash")
	if diff := cmp.Diff(want, run, ignore); diff != "" {
		t.Error(diff)
	}
	if run.Finished.Before(run.Started) || run.ScriptHash != fmt.Sprintf("%x", sha256.Sum256([]byte("Log 1"))) {
		t.Errorf("%+v", run)
	}
	log := must(db.RunLog(ctx, 1))
	if diff := cmp.Diff(entries.Log[0], log[0]); diff != "" || log[1].Message != "bad \uFFFD\x00 byte" || log[1].Time.IsZero() {
		t.Error(diff, log)
	}
	entries.Warnings[1].Count = 1
	if diff := cmp.Diff(entries.Warnings, must(db.RunWarnings(ctx, 1))); diff != "" {
		t.Error(diff)
	}
	rejects := must(db.RunRejects(ctx, 1))
	if diff := cmp.Diff(entries.Rejects[0], rejects[0]); diff != "" || !strings.Contains(string(rejects[1].Fields), "left out") {
		t.Error(diff, rejects)
	}

	// A run that has finished records nothing more.
	var lost *LostError
	for name, err := range map[string]error{"append": lease.Append(ctx, entries), "progress": lease.Progress(ctx, "x", 0, Counts{}),
		"finish": lease.Finish(ctx, Outcome{Status: Failed}), "check": lease.Check(ctx)} {
		if !errors.As(err, &lost) {
			t.Errorf("%s after the end: %v", name, err)
		}
	}
	select {
	case <-lease.Lost():
		t.Error("finishing counts as losing")
	default:
	}
	if err := lease.Release(ctx); err != nil {
		t.Error(err)
	}
	if run := must(db.Run(ctx, 1)); run.Status != Completed {
		t.Errorf("release changed the status to %s", run.Status)
	}
	var none *NoRunError
	if _, err := db.Run(ctx, 99); !errors.As(err, &none) {
		t.Error(err)
	}
}

func TestCountsNames(t *testing.T) {
	want := `{"read":0,"inserted":0,"updated":0,"unchanged":0,"reactivated":0,"deactivated":0,"adopted":0,"rejected":0,"warnings":0}`
	if got := must(json.Marshal(Counts{})); string(got) != want {
		t.Errorf("people's scripts read %s; it is %s", want, got)
	}
}

// A run that logs without end, or one entry without end, fills no disk.
func TestRecordIsBounded(t *testing.T) {
	ctx := t.Context()
	opt := testOptions()
	opt.Keep = 5
	db := openTest(t, opt)
	lease := must(db.Acquire(ctx, "T", RunInfo{}))
	defer lease.Release(ctx)
	for batch := range 4 {
		var entries Entries
		for i := range 3 {
			entries.Log = append(entries.Log, LogLine{Message: fmt.Sprint(batch*3 + i)})
			entries.Warnings = append(entries.Warnings, Warning{Code: fmt.Sprint(batch*3 + i)})
			entries.Rejects = append(entries.Rejects, Reject{Key: fmt.Sprint(batch*3 + i)})
		}
		if err := lease.Append(ctx, entries); err != nil {
			t.Fatal(err)
		}
	}
	run := must(db.Run(ctx, lease.RunID()))
	if run.LogLines != 12 || run.Warnings != 12 || run.Rejects != 12 {
		t.Errorf("counted %d, %d, %d", run.LogLines, run.Warnings, run.Rejects)
	}
	log, warnings, rejects := must(db.RunLog(ctx, run.ID)), must(db.RunWarnings(ctx, run.ID)), must(db.RunRejects(ctx, run.ID))
	if len(log) != 5 || len(warnings) != 5 || len(rejects) != 5 || log[4].Message != "4" || warnings[4].Code != "4" || rejects[4].Key != "4" {
		t.Errorf("kept %v, %v, %v", log, warnings, rejects)
	}
	long := strings.Repeat("é", longestMessage)
	if got := db.text(long); len(got) > longestMessage+60 || !strings.Contains(got, "cut") || strings.Contains(got, "\uFFFD") {
		t.Errorf("%d bytes kept, ending %q", len(got), got[len(got)-40:])
	}
	if got := db.fields(json.RawMessage(`"` + strings.Repeat("x", longestFields) + `"`)); !json.Valid([]byte(got)) || len(got) > 100 {
		t.Error(got)
	}
}

func TestListLastGoodAndPrune(t *testing.T) {
	ctx := t.Context()
	clock := &wall{}
	opt := testOptions()
	opt.Clock = clock.now
	db := openTest(t, opt)
	if _, found, err := db.LastGood(ctx, "A", nil); found || err != nil {
		t.Error(found, err)
	}
	finish := func(name string, info RunInfo, status Status) {
		t.Helper()
		info.Script = "script of " + name
		lease := must(db.Acquire(ctx, name, info))
		if err := lease.Append(ctx, Entries{Log: []LogLine{{Message: "x"}}}); err != nil {
			t.Fatal(err)
		}
		if err := lease.Finish(ctx, Outcome{Status: status}); err != nil {
			t.Fatal(err)
		}
		clock.offset += time.Hour
	}
	finish("A", RunInfo{}, Completed)           // 1
	finish("B", RunInfo{}, Failed)              // 2
	finish("A", RunInfo{}, Completed)           // 3
	finish("a", RunInfo{Test: true}, Completed) // 4
	finish("A", RunInfo{}, Failed)              // 5
	finish("A", RunInfo{}, Cancelled)           // 6
	good, found, err := db.LastGood(ctx, "a", nil)
	if err != nil || !found || good.ID != 3 || good.Script != "script of A" {
		t.Error(good.ID, found, err)
	}
	ids := func(filter RunFilter) (ids []int64) {
		for _, run := range must(db.Runs(ctx, filter)) {
			ids = append(ids, run.ID)
		}
		return ids
	}
	for _, test := range []struct {
		filter RunFilter
		want   []int64
	}{
		{RunFilter{}, []int64{6, 5, 4, 3, 2, 1}},
		{RunFilter{Transformation: "a", Status: Completed}, []int64{4, 3, 1}},
		{RunFilter{Before: 4, Limit: 2}, []int64{3, 2}},
		{RunFilter{Status: Queued}, nil},
	} {
		if diff := cmp.Diff(test.want, ids(test.filter)); diff != "" {
			t.Errorf("%+v: %s", test.filter, diff)
		}
	}
	queued := must(db.Enqueue(ctx, "A", RunInfo{}))
	if n, err := db.Prune(ctx, clock.now().Add(-90*time.Minute)); err != nil || n != 4 {
		t.Errorf("pruned %d, %v", n, err)
	}
	if diff := cmp.Diff([]int64{queued, 6, 3}, ids(RunFilter{})); diff != "" {
		t.Error(diff)
	}
	if n, err := db.Prune(ctx, clock.now().Add(time.Hour)); err != nil || n != 1 {
		t.Errorf("pruned %d, %v", n, err)
	}
	var logs, scripts int
	if err := db.sql.QueryRow(`SELECT (SELECT count(*) FROM RunLog), (SELECT count(*) FROM Script)`).Scan(&logs, &scripts); err != nil || logs != 1 || scripts != 2 {
		t.Errorf("%d log lines and %d scripts are left, %v", logs, scripts, err)
	}
	// Numbers are not used again.
	if id := must(db.Enqueue(ctx, "A", RunInfo{})); id != queued+1 {
		t.Errorf("run %d after %d", id, queued)
	}
}

// The control database was lost or put back from a backup: numbers go on above
// what the site database has seen.
func TestNumbersGoOnAboveTheSite(t *testing.T) {
	ctx := t.Context()
	db := openTest(t, testOptions())
	lease := must(db.Acquire(ctx, "T", RunInfo{LastRun: 41, LastFence: 70}))
	defer lease.Release(ctx)
	if lease.RunID() != 42 || lease.Fence() != 71 {
		t.Errorf("run %d, fence %d", lease.RunID(), lease.Fence())
	}
	other := must(db.Acquire(ctx, "U", RunInfo{LastRun: 3, LastFence: 3}))
	defer other.Release(ctx)
	if other.RunID() != 43 || other.Fence() != 72 {
		t.Errorf("run %d, fence %d", other.RunID(), other.Fence())
	}
}

func TestQueuedRun(t *testing.T) {
	ctx := t.Context()
	db := openTest(t, testOptions())
	id := must(db.Enqueue(ctx, "T", RunInfo{User: "bob", File: "t.amsx"}))
	if run := must(db.Run(ctx, id)); run.Status != Queued || run.User != "bob" || !run.Started.IsZero() {
		t.Errorf("%+v", run)
	}
	_, err := db.Acquire(ctx, "Another", RunInfo{Queued: id})
	wantError(t, err, "not waiting")
	lease := must(db.Acquire(ctx, "T", RunInfo{Queued: id}))
	if lease.RunID() != id || must(db.Run(ctx, id)).Status != Running {
		t.Error("the queued run did not start")
	}
	if err := lease.Finish(ctx, Outcome{Status: Queued}); err == nil {
		t.Error("a run ended as queued")
	}
	if err := lease.Finish(ctx, Outcome{Status: Completed}); err != nil {
		t.Fatal(err)
	}
	_, err = db.Acquire(ctx, "T", RunInfo{Queued: id})
	wantError(t, err, "not waiting")
	// The refused start left the transformation free.
	must(db.Acquire(ctx, "T", RunInfo{})).Release(ctx)
}

func TestRunWithoutName(t *testing.T) {
	db := openTest(t, testOptions())
	_, err := db.Acquire(t.Context(), " ", RunInfo{})
	wantError(t, err, "no name")
	_, err = db.Enqueue(t.Context(), "", RunInfo{})
	wantError(t, err, "no name")
	if runs := must(db.Runs(t.Context(), RunFilter{})); len(runs) != 0 {
		t.Errorf("%+v", runs)
	}
}
