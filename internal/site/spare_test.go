package site

import (
	"os"
	"path/filepath"
	"testing"
)

// Uses of the database in a row share a connection while it is kept, a session
// takes it over, and nothing stays open behind the release.
func TestKeep(t *testing.T) {
	d, err := Open(t.Context(), filepath.Join(t.TempDir(), "amsx.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	look := func() {
		t.Helper()
		if _, _, err := d.LastRun(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if look(); d.spare.idle != nil {
		t.Fatal("a connection is kept that nobody asked for")
	}
	first, second := d.Keep(), d.Keep()
	look()
	kept := d.spare.idle
	if look(); kept == nil || d.spare.idle != kept {
		t.Fatal("two uses have two connections")
	}
	s, err := d.Begin(t.Context(), RunInfo{Transformation: "t"})
	if err != nil {
		t.Fatal(err)
	}
	if s.c != kept || d.spare.idle != nil {
		t.Error("the session has another connection")
	}
	if err := s.Abort(); err != nil || d.spare.idle != nil {
		t.Errorf("a session's connection is kept: %v", err)
	}
	look()
	if err := first(); err != nil || d.spare.idle == nil {
		t.Errorf("released by one of two: %v", err)
	}
	for range 2 { // the second time does nothing
		if err := second(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(d.path + "-wal"); d.spare.idle != nil || err == nil {
		t.Errorf("a connection is still open: %v", err)
	}
}
