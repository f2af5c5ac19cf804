package site

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// TestReadWithoutRights: an account that may read the file and nothing more
// looks at what is there, whether or not another program has it open; what
// writes says that it cannot.
func TestReadWithoutRights(t *testing.T) {
	if os.Getuid() <= 0 { // -1: Windows, where a folder has no such rights
		t.Skip("an administrator's account may write any file")
	}
	for _, inUse := range []bool{false, true} {
		t.Run(map[bool]string{false: "quiet", true: "in use"}[inUse], func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "a folder with # and %41")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "amsx.db")
			d := newDatabase(t, path)
			direct(t, d, 1, "INSERT INTO Custodian(Login, FullName) VALUES ('ada', 'Ada')")
			city := any(nil)
			if inUse {
				c, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				if err := sqlitex.ExecuteTransient(c, "UPDATE Custodian SET City='Rome'", nil); err != nil {
					t.Fatal(err)
				}
				city = "Rome" // which is in the log only
			}
			files, err := filepath.Glob(filepath.Join(dir, "*"))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				if err := os.Chmod(f, 0o444); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(dir, 0o555); err != nil {
				t.Fatal(err)
			}
			defer os.Chmod(dir, 0o755)

			d, err = OpenToRead(t.Context(), path, Options{BusyWait: 300 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			rows, err := d.Read(t.Context(), "SELECT City FROM Custodian")
			if err != nil || len(rows) != 1 || rows[0][0] != city {
				t.Errorf("%v, %v, want %v", rows, err, city)
			}
			if r, known, err := d.RunRecord(t.Context(), 1); err != nil || !known || r.Counts.Inserted != 1 {
				t.Errorf("%+v, %v, %v", r, known, err)
			}
			if story, err := d.Why(t.Context(), "Custodian", "ada", ""); err != nil || len(story.Fields) == 0 {
				t.Errorf("%+v, %v", story, err)
			}
			n := 0
			for ch, err := range d.Changes(t.Context(), 1) {
				if n++; err != nil || ch.Key != "Ada" {
					t.Errorf("%+v, %v", ch, err)
				}
			}
			if n != 1 {
				t.Errorf("%d changes", n)
			}
			_, err = d.Undo(t.Context(), RunInfo{RunID: 2, Transformation: "T"}, 1)
			if err == nil || !strings.Contains(err.Error(), path+" cannot be written") {
				t.Errorf("an undo: %v", err)
			}
			if after, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(after) != len(files) {
				t.Errorf("there were %v, and are %v, %v", files, after, err)
			}
		})
	}
}
