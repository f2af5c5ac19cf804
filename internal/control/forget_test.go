package control

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestForget: every text of a run that names the person is emptied, and no
// byte of the file has it; what only looks alike stays.
func TestForget(t *testing.T) {
	ctx := t.Context()
	db := openTest(t, testOptions())
	lease := must(db.Acquire(ctx, "A", RunInfo{Script: `Log "info", "ada@example.com"`, Parameters: map[string]string{"Who": "Ada Lovelace"}}))
	err := lease.Append(ctx, Entries{
		Log:      []LogLine{{Message: "read ADA@example.com, twice"}, {Message: "xada@example.comx"}, {Message: "Ada Lovelaces"}},
		Warnings: []Warning{{Code: "w", Message: `a login "ada@example.com" came twice`}, {Code: "w", Message: "else"}},
		Rejects: []Reject{
			{Key: "OktaID 7", Reason: "no name", Fields: json.RawMessage(`{"mail":"ada@example.com"}`)},
			{Key: "OktaID 8", Reason: "no name", Fields: json.RawMessage(`{"name":"\u0041da Lovelace"}`)},
			{Key: "OktaID 9", Reason: "no name", Fields: json.RawMessage(`{"name":"Bob"}`)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := lease.Finish(ctx, Outcome{Status: Failed, Error: "Ada Lovelace: refused", Files: []string{"wrote Ada Lovelace.csv"}}); err != nil {
		t.Fatal(err)
	}
	texts := []string{"ada@example.com", "Ada Lovelace"}
	tested := must(db.Forget(ctx, texts, true))
	if run := must(db.Run(ctx, 1)); run.Error != "Ada Lovelace: refused" {
		t.Error("a test has forgotten somebody")
	}
	f := must(db.Forget(ctx, texts, false))
	if f.Entries != 7 || tested.Entries != 7 || !slices.Equal(f.Scripts, []int64{1}) || f.InUse {
		t.Errorf("%+v, the test said %+v", f, tested)
	}
	log, rejects, run := must(db.RunLog(ctx, 1)), must(db.RunRejects(ctx, 1)), must(db.Run(ctx, 1))
	if log[0].Message != Forgotten || log[1].Message != "xada@example.comx" || log[2].Message != "Ada Lovelaces" {
		t.Errorf("log %+v", log)
	}
	if string(rejects[0].Fields) != "{}" || rejects[0].Key != Forgotten || string(rejects[1].Fields) != "{}" || rejects[2].Key != "OktaID 9" {
		t.Errorf("rejects %+v", rejects)
	}
	if run.Error != Forgotten || run.Parameters["Who"] != "" || !slices.Equal(run.Files, []string{Forgotten}) {
		t.Errorf("run %+v", run)
	}
	files := must(filepath.Glob(db.Path() + "*"))
	for _, name := range files {
		data := must(os.ReadFile(name))
		for _, gone := range []string{"Ada Lovelace:", "Ada Lovelace.csv", "ADA@example.com", `\u0041da`, `{"mail"`} {
			if bytes.Contains(data, []byte(gone)) {
				t.Errorf("%s holds %q", filepath.Base(name), gone)
			}
		}
		if strings.HasSuffix(name, "-wal") && len(data) > 0 {
			t.Errorf("the write-ahead log has %d bytes", len(data))
		}
	}
	if f := must(db.Forget(ctx, nil, false)); f.Entries != 0 {
		t.Errorf("nobody: %+v", f)
	}
}

// TestLastGoodAfterUndo: neither an undo nor what was undone is a good run.
func TestLastGoodAfterUndo(t *testing.T) {
	ctx := t.Context()
	db := openTest(t, testOptions())
	run := func(name string, info RunInfo) int64 {
		t.Helper()
		lease := must(db.Acquire(ctx, name, info))
		if err := lease.Finish(ctx, Outcome{Status: Completed}); err != nil {
			t.Fatal(err)
		}
		return lease.RunID()
	}
	first, second := run("A", RunInfo{}), run("A", RunInfo{})
	undo := run("a", RunInfo{UndoOf: second})
	run("B", RunInfo{Test: true})
	for _, tt := range []struct {
		undone map[int64]int64
		want   int64
	}{{map[int64]int64{second: undo}, first}, {nil, second}, {map[int64]int64{first: 1, second: 1}, 0}} {
		got, found, err := db.LastGood(ctx, "A", tt.undone)
		if err != nil || got.ID != tt.want || found != (tt.want > 0) {
			t.Errorf("undone %v: last good run %d (%v), %v; want %d", tt.undone, got.ID, found, err, tt.want)
		}
	}
	if names := must(db.Transformations(ctx)); !slices.Equal(names, []string{"a", "B"}) {
		t.Errorf("transformations %q", names)
	}
	if r := must(db.Run(ctx, undo)); r.UndoOf != second {
		t.Errorf("%+v", r)
	}
	// Pruning keeps the last good run, which no undo is.
	future := time.Now().Add(time.Hour)
	if n := must(db.Old(ctx, future)); n != 3 {
		t.Errorf("%d runs are old", n)
	}
	if n := must(db.Prune(ctx, future)); n != 3 {
		t.Errorf("%d runs were removed", n)
	}
	if runs := must(db.Runs(ctx, RunFilter{})); len(runs) != 1 || runs[0].ID != second {
		t.Errorf("left: %+v", runs)
	}
}
