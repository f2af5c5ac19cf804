package control

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestOpenRefuses(t *testing.T) {
	write := func(t *testing.T, text string) string {
		path := filepath.Join(t.TempDir(), "amsx.control.db")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, test := range map[string]struct {
		path   func(t *testing.T) string
		reason error
		says   string
	}{
		"missing folder": {func(t *testing.T) string { return filepath.Join(t.TempDir(), "no", "amsx.control.db") }, ErrNoFolder, "--control"},
		"a folder":       {func(t *testing.T) string { return t.TempDir() }, ErrNotControl, "it is a folder"},
		"a text file":    {func(t *testing.T) string { return write(t, strings.Repeat("a list of users\n", 999)) }, ErrNotControl, "nothing was changed"},
		"a short file":   {func(t *testing.T) string { return write(t, "x") }, ErrNotControl, "nothing was changed"},
		"a site database": {func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "amsx.db")
			other := must(sql.Open("sqlite", path))
			defer other.Close()
			must(other.Exec("CREATE TABLE Custodian (CustodianID INTEGER PRIMARY KEY)"))
			return path
		}, ErrNotControl, "other tables"},
		"a damaged file": {func(t *testing.T) string {
			return write(t, "SQLite format 3\x00"+strings.Repeat("\x07", 8192))
		}, ErrDamaged, "backup"},
		"a newer schema": {func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "amsx.control.db")
			db := reopen(t, path, Options{})
			execute(t, db, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)")
			execute(t, db, "CREATE TABLE Later (x)")
			return path
		}, ErrNewer, "version 999"},
	} {
		t.Run(name, func(t *testing.T) {
			path := test.path(t)
			before, _ := os.ReadFile(path)
			db, err := Open(t.Context(), path, Options{})
			if err == nil {
				db.Close()
			}
			var access *AccessError
			if !errors.Is(err, test.reason) || !errors.As(err, &access) {
				t.Fatalf("error %v", err)
			}
			wantError(t, err, path, test.says)
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the file was changed")
			}
		})
	}
}

// SQLite says read-only also where the file could be opened.
func TestReadOnlyConnection(t *testing.T) {
	db := openTest(t, Options{})
	execute(t, db, "PRAGMA query_only = 1")
	db.sql.SetMaxOpenConns(1)
	err := db.SaveSetting(t.Context(), "a", "b")
	if !errors.Is(err, ErrReadOnly) {
		t.Error(err)
	}
	wantError(t, err, "save the setting a", db.Path())
}

func TestLockedWaitCanBeCancelled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "amsx.control.db")
	db := reopen(t, path, Options{})
	browser := must(sql.Open("sqlite", path))
	defer browser.Close()
	tx := must(browser.Conn(t.Context()))
	defer tx.Close()
	must(tx.ExecContext(t.Context(), "BEGIN IMMEDIATE"))

	// A wait for the lock ends with the context.
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := db.SaveSetting(ctx, "a", "b"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a cancelled wait: %v", err)
	}
}

func TestLockedForGood(t *testing.T) {
	path := filepath.Join(t.TempDir(), "amsx.control.db")
	db := reopen(t, path, Options{})
	db.sql.SetMaxOpenConns(1)
	execute(t, db, "PRAGMA busy_timeout = 20")
	browser := must(sql.Open("sqlite", path))
	defer browser.Close()
	browser.SetMaxOpenConns(1)
	must(browser.Exec("BEGIN IMMEDIATE"))
	err := db.SaveSetting(t.Context(), "a", "b")
	if !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	wantError(t, err, "save the setting a", "close the program")
	must(browser.Exec("ROLLBACK"))
	if err := db.SaveSetting(t.Context(), "a", "b"); err != nil {
		t.Errorf("after the lock is gone: %v", err)
	}
}

func TestDiskFull(t *testing.T) {
	ctx := t.Context()
	db := openTest(t, testOptions())
	lease := must(db.Acquire(ctx, "T", RunInfo{}))
	db.sql.SetMaxOpenConns(1)
	execute(t, db, "PRAGMA max_page_count = 1") // as many as there are
	var err error
	for range 100 {
		if err = lease.Append(ctx, Entries{Log: []LogLine{{Message: strings.Repeat("x", 4000)}}}); err != nil {
			break
		}
	}
	if !errors.Is(err, ErrFull) {
		t.Fatal(err)
	}
	wantError(t, err, "write the log of run 1", "make room")
	// What was there before is there, and the run can end.
	if run := must(db.Run(ctx, 1)); run.LogLines != len(must(db.RunLog(ctx, 1))) {
		t.Errorf("%d lines counted", run.LogLines)
	}
	if err := lease.Finish(ctx, Outcome{Status: Failed, Error: err.Error()}); err != nil {
		t.Error(err)
	}
}

// Many runs of one site write at once, in one process and in several, and none
// sees an error.
func TestManyRunsAtOnce(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "amsx.control.db")
	var wg sync.WaitGroup
	for h := range 5 {
		db := reopen(t, path, testOptions())
		for r := range 10 {
			wg.Go(func() {
				lease, err := db.Acquire(ctx, fmt.Sprint("T", h, r), RunInfo{})
				if err != nil {
					t.Error(err)
					return
				}
				for range 4 {
					if err := lease.Append(ctx, Entries{Log: []LogLine{{Message: "x"}}}); err != nil {
						t.Error(err)
					}
					if _, err := db.Runs(ctx, RunFilter{}); err != nil {
						t.Error(err)
					}
				}
				if err := lease.Finish(ctx, Outcome{Status: Completed}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	db := reopen(t, path, testOptions())
	seen := map[int64]bool{}
	for _, run := range must(db.Runs(ctx, RunFilter{})) {
		if run.Status != Completed || run.LogLines != 4 || seen[run.Fence] {
			t.Errorf("%+v", run)
		}
		seen[run.Fence] = true
	}
	if len(seen) != 50 {
		t.Errorf("%d runs", len(seen))
	}
}

func TestFileIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes are of Unix")
	}
	dir := t.TempDir()
	db := reopen(t, filepath.Join(dir, "a b%20#?'é.control.db"), Options{})
	if err := db.SaveSetting(t.Context(), "a", "b"); err != nil {
		t.Fatal(err)
	}
	files := must(os.ReadDir(dir))
	if len(files) < 2 {
		t.Errorf("%d files; the write-ahead log is missing", len(files))
	}
	for _, f := range files {
		if mode := must(f.Info()).Mode().Perm(); mode != 0o600 || !strings.HasPrefix(f.Name(), "a b%20#?'é.control.db") {
			t.Errorf("%s has mode %04o", f.Name(), mode)
		}
	}
}

func TestSettingsOfConnections(t *testing.T) {
	db := openTest(t, Options{})
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000", "secure_delete": "1", "trusted_schema": "0"} {
		var got string
		if err := db.sql.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, want %s (%v)", pragma, got, want, err)
		}
	}
}

func TestSchemaVersionIsTheLastMigration(t *testing.T) {
	files := must(migrations.ReadDir("migrations"))
	if len(files) != schemaVersion || !strings.HasPrefix(files[len(files)-1].Name(), "0000"+string(rune('0'+schemaVersion))) {
		t.Errorf("schemaVersion is %d; the files are %v", schemaVersion, files)
	}
	for _, f := range files {
		if text := must(migrations.ReadFile("migrations/" + f.Name())); strings.Contains(string(text), "+goose Down") {
			t.Errorf("%s has a way down, which loses data", f.Name())
		}
	}
}

// Many first uses at once, in this process and in others, find one database.
func TestFirstUseAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "amsx.control.db")
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			db, err := Open(context.Background(), path, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			db.Close()
		})
	}
	for range 2 {
		if c := startChild(t, "open", path); c.line != "opened\n" {
			t.Error(c.line)
		}
	}
	wg.Wait()
	db := reopen(t, path, Options{})
	var n int
	if err := db.sql.QueryRow("SELECT count(*) FROM Counter").Scan(&n); err != nil || n != 2 {
		t.Error(n, err)
	}
}

func TestBeside(t *testing.T) {
	for in, want := range map[string]string{"amsx.db": "amsx.control.db", "/srv/a.b/site.sqlite": "/srv/a.b/site.control.db", "site": "site.control.db"} {
		if got := Beside(in); got != want {
			t.Errorf("Beside(%q) = %q", in, got)
		}
	}
}

func TestSettings(t *testing.T) {
	ctx := t.Context()
	db := openTest(t, Options{User: "ann"})
	if _, set, err := db.Setting(ctx, "SMTPSERVER"); set || err != nil {
		t.Error(set, err)
	}
	for _, value := range []string{"a", "mail.example.com"} {
		if err := db.SaveSetting(ctx, "SmtpServer", value); err != nil {
			t.Fatal(err)
		}
	}
	if value, set, err := db.Setting(ctx, "SMTPSERVER"); value != "mail.example.com" || !set || err != nil {
		t.Error(value, set, err)
	}
	if all, err := db.Settings(ctx); err != nil || len(all) != 1 || all[0].Name != "SmtpServer" || all[0].ChangedBy != "ann" || all[0].Changed.IsZero() {
		t.Error(all, err)
	}
	if err := db.RemoveSetting(ctx, "smtpserver"); err != nil {
		t.Fatal(err)
	}
	if _, set, _ := db.Setting(ctx, "SMTPSERVER"); set {
		t.Error("still set")
	}
}

func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "amsx.control.db")
	must(Open(b.Context(), path, Options{})).Close()
	for b.Loop() {
		must(Open(b.Context(), path, Options{})).Close()
	}
}

func BenchmarkRun(b *testing.B) {
	db := must(Open(b.Context(), filepath.Join(b.TempDir(), "amsx.control.db"), Options{}))
	defer db.Close()
	for b.Loop() {
		lease := must(db.Acquire(b.Context(), "T", RunInfo{}))
		if err := lease.Finish(b.Context(), Outcome{Status: Completed}); err != nil {
			b.Fatal(err)
		}
	}
}
