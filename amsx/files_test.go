package amsx_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/runtime"
)

// Files follow the database: what is stopped at its merge, by the fuse, leaves
// no file, and a dry run only says what it would do.
func TestFilesFollowTheDatabase(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s, err := amsx.OpenSite(ctx, filepath.Join(dir, "amsx.db"))
	if err != nil {
		t.Fatal(err)
	}
	run := func(id int64, script string, testing bool) (*amsx.Result, error) {
		return amsx.Parse("files.amsx", []byte(script)).Run(ctx, amsx.RunOptions{Site: s, Files: filepath.Join(dir, "files"), RunID: id, Testing: testing})
	}
	there := func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, "files", name))
		return err == nil
	}
	const fill = "For i = 1 To 30\n  SqlExecute \"INSERT INTO Custodian (OktaID, Login, Source, Active) VALUES ('id%i%', 'login%i%', 'X', 1)\"\nNext i\nWriteFile \"filled.txt\", \"x\"\n"
	if r, err := run(1, fill, true); err != nil || there("filled.txt") || len(r.Files) != 1 {
		t.Fatalf("the dry run: %v, %v", r.Files, err)
	}
	r, err := run(2, fill, false)
	if d := cmp.Diff([]amsx.FileChange{{Action: "write", Name: "filled.txt", Size: 1}}, r.Files); d != "" || err != nil || !there("filled.txt") {
		t.Fatalf("%v\n%s", err, d)
	}
	r, err = run(3, "WriteFile \"wiped.txt\", \"x\"\nDeleteFile \"filled.txt\"\nSqlExecute \"DELETE FROM Custodian WHERE 1 = 1\"\n", false)
	if !errors.Is(err, runtime.ErrFuse) || len(r.Files) != 0 || there("wiped.txt") || !there("filled.txt") {
		t.Errorf("at the fuse: %v, %v", r.Files, err)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "files"))
	if err != nil || len(entries) != 1 {
		t.Errorf("something is left: %v, %v", entries, err)
	}
}
