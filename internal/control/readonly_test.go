package control

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestReadWithoutRights: an account that may read the file and nothing more
// looks at the runs.
func TestReadWithoutRights(t *testing.T) {
	if os.Getuid() <= 0 { // -1: Windows, where a folder has no such rights
		t.Skip("an administrator's account may write any file")
	}
	for _, inUse := range []bool{false, true} {
		t.Run(map[bool]string{false: "quiet", true: "in use"}[inUse], func(t *testing.T) {
			ctx, dir := t.Context(), t.TempDir()
			path := filepath.Join(dir, "amsx.control.db")
			db := must(Open(ctx, path, testOptions()))
			lease := must(db.Acquire(ctx, "Get Users", RunInfo{User: "ben"}))
			if err := lease.Finish(ctx, Outcome{Status: Completed}); err != nil {
				t.Fatal(err)
			}
			if inUse {
				defer db.Close()
			} else if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			files := must(filepath.Glob(filepath.Join(dir, "*")))
			for _, f := range files {
				if err := os.Chmod(f, 0o444); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(dir, 0o555); err != nil {
				t.Fatal(err)
			}
			defer os.Chmod(dir, 0o755)
			if _, err := Open(ctx, path, testOptions()); !errors.Is(err, ErrReadOnly) {
				t.Errorf("opened to write: %v", err)
			}
			db = must(OpenToRead(ctx, path, testOptions()))
			defer db.Close()
			if n, err := db.MarkEnded(ctx); n != 0 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
			if runs, err := db.Runs(ctx, RunFilter{}); err != nil || len(runs) != 1 || runs[0].Status != Completed {
				t.Errorf("%+v, %v", runs, err)
			}
			if _, err := db.Acquire(ctx, "Get Users", RunInfo{}); !errors.Is(err, ErrReadOnly) {
				t.Errorf("a run: %v", err)
			}
		})
	}
}
