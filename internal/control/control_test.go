package control

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary play another process, see child.
func TestMain(m *testing.M) {
	if os.Getenv("CONTROL_TEST_CHILD") != "" {
		os.Exit(childMain())
	}
	os.Exit(m.Run())
}

const secretText = "00TestTokenNotReal/+aAbBcC=quite\"long"

func testOptions() Options {
	return Options{User: "ann", ParseDomain: func(text string) (string, error) {
		if strings.ContainsAny(text, " {}") {
			return "", fmt.Errorf("%q is no host", text)
		}
		return strings.TrimPrefix(strings.ToLower(text), "https://"), nil
	}}
}

// site is a folder for a site with a control database in it.
func openTest(t *testing.T, opt Options) *DB {
	t.Helper()
	return reopen(t, filepath.Join(t.TempDir(), "amsx.control.db"), opt)
}

func reopen(t *testing.T, path string, opt Options) *DB {
	t.Helper()
	db, err := Open(t.Context(), path, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func testKey(t *testing.T, db *DB) *Key {
	t.Helper()
	key, err := db.EnsureKey(t.Context(), keySource(t))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func keySource(t *testing.T) KeySource {
	t.Helper()
	return KeySource{File: filepath.Join(t.TempDir(), "amsx", "master.key")}
}

func oktaPack() PackInput {
	return PackInput{Name: "OKTA_API", Type: NamedCredentials, Server: ApplicationServer,
		Domain: "https://contoso.example.com", Hosts: []string{"login.example.com"}, Username: "unused", Password: NewSecret(secretText)}
}

// wantError fails unless err says all of want.
func wantError(t *testing.T, err error, want ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one with %q", want)
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q lacks %q", err, w)
		}
	}
	if strings.Contains(err.Error(), secretText) {
		t.Error("the error shows the secret")
	}
}

// A wall is a wall clock that a test can set.
type wall struct{ offset time.Duration }

func (w *wall) now() time.Time { return time.Now().Add(w.offset) }

func execute(t *testing.T, db *DB, query string, args ...any) {
	t.Helper()
	if _, err := db.sql.ExecContext(context.Background(), query, args...); err != nil {
		t.Fatal(err)
	}
}
