package site

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// execute runs SQL as another program would.
func execute(t *testing.T, path, q string) {
	t.Helper()
	if d, ok := onServer.Load(path); ok {
		executeOnServer(t, d.(*Database), q)
		return
	}
	c, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := sqlitex.ExecuteScript(c, q, nil); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	tests := []struct {
		name string
		make func(t *testing.T, path string)
		want string
	}{
		{"text", func(t *testing.T, p string) { write(t, p, "Name,Login\nAda,ada\n") }, "is not an SQLite database; give the site's amsx.db"},
		{"short", func(t *testing.T, p string) { write(t, p, "x") }, "is not an SQLite database"},
		{"header only", func(t *testing.T, p string) { write(t, p, "SQLite format 3\x00"+strings.Repeat("\xff", 4096)) }, "is not an SQLite database"},
		{"folder", func(t *testing.T, p string) {
			if err := os.Mkdir(p, 0o755); err != nil {
				t.Fatal(err)
			}
		}, "is a folder; --database wants a file, such as"},
		{"another program's", func(t *testing.T, p string) { execute(t, p, "CREATE TABLE invoices(id)") }, "not a site database: it holds the table invoices"},
		{"newer", func(t *testing.T, p string) {
			execute(t, p, "CREATE TABLE amsx_run(x); PRAGMA user_version = 99;")
		}, fmt.Sprintf("was made by a newer amsx (its schema is version 99, this program knows %d): update this program; the database was not changed", schemaVersion)},
		{"no folder", func(*testing.T, string) {}, "check that its folder exists"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "amsx.db")
			if tt.name == "no folder" {
				path = filepath.Join(t.TempDir(), "none", "amsx.db")
			}
			tt.make(t, path)
			before, _ := os.ReadFile(path)
			_, err := Open(t.Context(), path, Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q", err, tt.want)
			}
			after, _ := os.ReadFile(path)
			if string(before) != string(after) && tt.name != "newer" && tt.name != "another program's" {
				t.Error("the file was changed")
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestOpenReadOnlyFile(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("an administrator's account may write any file")
	}
	path := filepath.Join(t.TempDir(), "amsx.db")
	newDatabase(t, path)
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), path, Options{})
	for _, want := range []string{path, "cannot be written: the file is read-only", "give write permission"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func newDatabase(t *testing.T, path string) *Database {
	t.Helper()
	d, err := Open(t.Context(), path, Options{BusyWait: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestOpenTwice: an existing site is opened as it is, with its rows.
func TestOpenTwice(t *testing.T) {
	folder := "a folder with # and %41"
	if goruntime.GOOS != "windows" {
		folder += " and ?" // which Windows has no names with
	}
	path := filepath.Join(t.TempDir(), folder, "amsx.db")
	if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	newDatabase(t, path)
	execute(t, path, "INSERT INTO Custodian(Login, Email) VALUES ('Ada', 'ADA@example.com')")
	d := newDatabase(t, path)
	rows, err := d.Read(t.Context(), "SELECT Login, LoginKey, EmailKey, Active FROM Custodian")
	if err != nil || len(rows) != 1 || rows[0][1] != "ada" || rows[0][2] != "ada@example.com" || rows[0][3] != int64(1) {
		t.Errorf("%v, %v", rows, err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "amsx.db") {
			t.Errorf("a file %q was left", e.Name())
		}
	}
}

// TestOpenAtOnce: programs that make the site at the same moment.
func TestOpenAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "amsx.db")
	errs := make(chan error)
	for range 8 {
		go func() {
			_, err := Open(t.Context(), path, Options{})
			errs <- err
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// TestLocked: another program holds the write lock; the run says so and
// nothing is lost.
func TestLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "amsx.db")
	d := newDatabase(t, path)
	other, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := sqlitex.ExecuteTransient(other, "BEGIN IMMEDIATE", nil); err != nil {
		t.Fatal(err)
	}
	s := begin(t, d, RunInfo{})
	upsert(t, s, "u1", "ada")
	_, err = s.Finish(t.Context())
	if err == nil || !strings.Contains(err.Error(), "another program holds the write lock of "+path) || !strings.Contains(err.Error(), "run again") {
		t.Fatalf("error %v", err)
	}
	if err := sqlitex.ExecuteTransient(other, "ROLLBACK", nil); err != nil {
		t.Fatal(err)
	}
	s = begin(t, d, RunInfo{})
	upsert(t, s, "u1", "ada")
	r, err := s.Finish(t.Context())
	if err != nil || r.Counts.Inserted != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
}

func begin(t *testing.T, d *Database, info RunInfo) *Session {
	t.Helper()
	s, err := d.Begin(t.Context(), info)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Abort(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func loginSpec() runtime.TargetSpec {
	return runtime.TargetSpec{Table: "Custodian", Source: "OKTA", Key: []string{"OktaID"}, Columns: []runtime.TargetColumn{{Name: "OktaID"}, {Name: "Login"}}}
}

func upsert(t *testing.T, s *Session, id, login string) runtime.Outcome {
	t.Helper()
	g, err := s.Open(t.Context(), loginSpec())
	if err != nil {
		t.Fatal(err)
	}
	out, err := g.Upsert(t.Context(), runtime.Record{Values: []runtime.Value{runtime.Text(id), runtime.Text(login)}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestFence: a run that lost its lease writes nothing, at its beginning and at
// its end.
func TestFence(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	old := begin(t, d, RunInfo{Transformation: "Users", Fence: 4})
	upsert(t, old, "u1", "old")
	newer := begin(t, d, RunInfo{Transformation: "Users", Fence: 5})
	if _, err := old.Finish(t.Context()); !errors.Is(err, ErrFenced) {
		t.Errorf("the old run: %v", err)
	}
	if _, err := d.Begin(t.Context(), RunInfo{Transformation: "Users", Fence: 3}); !errors.Is(err, ErrFenced) {
		t.Errorf("an older run: %v", err)
	}
	begin(t, d, RunInfo{Transformation: "Other", Fence: 1})
	upsert(t, newer, "u1", "new")
	if _, err := newer.Finish(t.Context()); err != nil {
		t.Error(err)
	}
	rows, err := d.Read(t.Context(), "SELECT Login FROM Custodian")
	if err != nil || len(rows) != 1 || rows[0][0] != "new" {
		t.Errorf("%v, %v", rows, err)
	}
}

// TestTwoRuns: two runs of different transformations at once. The second
// merges onto what the first left.
func TestTwoRuns(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	a, b := begin(t, d, RunInfo{Transformation: "A"}), begin(t, d, RunInfo{Transformation: "B"})
	upsert(t, a, "u1", "ada")
	upsert(t, b, "u2", "bob")
	if _, err := a.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, b = begin(t, d, RunInfo{Transformation: "A"}), begin(t, d, RunInfo{Transformation: "B"})
	upsert(t, a, "u3", "cy")
	upsert(t, b, "u3", "cy")
	if _, err := a.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r, err := b.Finish(t.Context()); err != nil || r.Counts.Unchanged != 1 || r.Counts.Inserted != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	rows, err := d.Read(t.Context(), "SELECT OktaID FROM Custodian")
	if err != nil || len(rows) != 3 {
		t.Errorf("%v, %v", rows, err)
	}
}

// A new site holds everybody's names: its files are their owner's alone.
func TestNewFileIsPrivate(t *testing.T) {
	if goruntime.GOOS == "windows" {
		t.Skip("Windows has no modes; the folder's access list holds")
	}
	dir := t.TempDir()
	if _, err := Open(t.Context(), filepath.Join(dir, "amsx.db"), Options{}); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		t.Fatal("no files", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(e.Name(), ".") {
			t.Errorf("%s is left behind", e.Name())
		}
		if m := info.Mode().Perm(); m != 0o600 {
			t.Errorf("%s has the mode %o", e.Name(), m)
		}
	}
}
