package wholefile_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/amsx-lang/amsx/internal/wholefile"
)

func put(text string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
}

// holds holds the folder of a file against what must be in it: the file with
// its text, and nothing beside it.
func holds(t *testing.T, name, want string) {
	t.Helper()
	if got, err := os.ReadFile(name); err != nil || string(got) != want {
		t.Errorf("the file holds %q, %v; want %q", got, err, want)
	}
	if all, err := os.ReadDir(filepath.Dir(name)); err != nil || len(all) != 1 {
		t.Errorf("beside the file there is %v, %v", all, err)
	}
}

func TestWrite(t *testing.T) {
	name := filepath.Join(t.TempDir(), "changes.csv")
	for _, text := range []string{"old\n", "new, and longer\n", ""} {
		if err := wholefile.Write(name, 0o640, put(text)); err != nil {
			t.Fatal(err)
		}
		holds(t, name, text)
	}
	if info, err := os.Stat(name); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// TestFails: whatever ends the writing early, the old file stays.
func TestFails(t *testing.T) {
	name := filepath.Join(t.TempDir(), "changes.csv")
	if err := wholefile.Write(name, 0o600, put("old\n")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the changes cannot be read")
	err := wholefile.Write(name, 0o600, func(w io.Writer) error {
		return errors.Join(put("half of the new")(w), broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want that of the filling", err)
	}
	holds(t, name, "old\n")
	if err := wholefile.Write(filepath.Join(filepath.Dir(name), "no folder", "changes.csv"), 0o600, put("x")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v of a folder that is not there", err)
	}
	folder := t.TempDir() // a folder cannot be replaced by a file
	if err := os.Mkdir(filepath.Join(folder, "taken"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := wholefile.Write(filepath.Join(folder, "taken"), 0o600, put("x")); err == nil {
		t.Error("a file was put in the place of a folder")
	}
	if all, err := os.ReadDir(folder); err != nil || len(all) != 1 {
		t.Errorf("left behind: %v, %v", all, err)
	}
}
