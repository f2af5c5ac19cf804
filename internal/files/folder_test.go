package files_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/internal/files"
	"github.com/amsx-lang/amsx/runtime"
)

// setUp makes a folder with files in it and, outside of it, a secret.
func setUp(t *testing.T, o files.Options) (f *files.Folder, dir string) {
	t.Helper()
	outside := t.TempDir()
	dir = filepath.Join(outside, "files")
	for name, text := range map[string]string{"a.txt": "a", "in/b.txt": "b", "../secret.txt": "secret"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	o.Dir = dir
	f = files.New(o)
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f, dir
}

func read(f *files.Folder, name string) (string, error) {
	file, err := f.Open(name)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(file)
	return string(b), errors.Join(err, file.Close())
}

// tree lists a folder: names and contents.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, rerr := filepath.Rel(dir, path)
		b.WriteString(filepath.ToSlash(name) + "=" + string(text) + " ")
		return errors.Join(err, rerr)
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// A link out of the folder is not followed, whatever is done with it; one that
// stays inside is.
func TestLinksDoNotLeadOut(t *testing.T) {
	f, dir := setUp(t, files.Options{})
	for name, target := range map[string]string{
		"out.txt": filepath.Join("..", "secret.txt"), "abs.txt": filepath.Join(filepath.Dir(dir), "secret.txt"), "up": "..", "inside.txt": "a.txt", "hop/x": "../up",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		must(t, os.MkdirAll(filepath.Dir(path), 0o777))
		if err := os.Symlink(target, path); err != nil {
			t.Skip(err) // Windows without the right to make links
		}
	}
	for _, name := range []string{"out.txt", "abs.txt", "up/secret.txt", "hop/x/secret.txt"} {
		_, err := read(f, name)
		if err == nil || !strings.Contains(err.Error(), "is a link that leads out of the run's folder") {
			t.Errorf("reading %s: %v", name, err)
		}
		for what, err := range map[string]error{
			"write": f.Write(name, []byte("x")), "delete": f.Delete(name), "move": f.Move(name, "x.txt", false), "move to": f.Move("a.txt", name, true),
		} {
			if err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s %s: %v", what, name, err)
			}
		}
	}
	if s, err := read(f, "inside.txt"); s != "a" || err != nil {
		t.Errorf("a link inside: %q, %v", s, err)
	}
	infos, err := f.List("*")
	var names []string
	for _, i := range infos {
		names = append(names, i.Name)
	}
	if d := cmp.Diff([]string{"a.txt", "inside.txt"}, names); d != "" || err != nil {
		t.Errorf("listed: %v\n%s", err, d)
	}
	must(t, f.Prepare(), f.Apply())
	if s, err := os.ReadFile(filepath.Join(filepath.Dir(dir), "secret.txt")); string(s) != "secret" || err != nil {
		t.Errorf("outside: %q, %v", s, err)
	}
}

// A link that is put in the place of a folder between the check and the commit
// leads nowhere either.
func TestLinkThatComesLater(t *testing.T) {
	f, dir := setUp(t, files.Options{})
	must(t, f.Write("new/x.txt", []byte("x")))
	if err := os.Symlink("..", filepath.Join(dir, "new")); err != nil {
		t.Skip(err)
	}
	if err := f.Prepare(); err == nil {
		t.Error("it was written")
	}
	if _, err := os.Lstat(filepath.Join(filepath.Dir(dir), "x.txt")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is outside: %v", err)
	}
}

// What is staged is seen at once and done at the commit, in the script's order.
func TestStaged(t *testing.T) {
	f, dir := setUp(t, files.Options{})
	before := tree(t, dir)
	must(t,
		f.Write("new.txt", []byte("1")), f.Move("new.txt", "x/newer.txt", false), f.Write("new.txt", []byte("2")),
		f.Move("a.txt", "in/b.txt", true), f.Delete("in/b.txt"), f.Write("a.txt", []byte("3")),
	)
	for name, want := range map[string]string{"new.txt": "2", "x/newer.txt": "1", "a.txt": "3"} {
		if s, err := read(f, name); s != want || err != nil {
			t.Errorf("%s: %q, %v", name, s, err)
		}
	}
	if _, err := read(f, "in/b.txt"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in/b.txt: %v", err)
	}
	if got := tree(t, dir); got != before {
		t.Errorf("before the commit: %s", got)
	}
	must(t, f.Prepare(), f.Apply())
	if d := cmp.Diff("a.txt=3 new.txt=2 x/newer.txt=1", tree(t, dir)); d != "" {
		t.Errorf("after the commit:\n%s", d)
	}
	var done []string
	for _, c := range f.Changes() {
		done = append(done, c.String())
	}
	want := []string{"write new.txt (1 byte)", "move new.txt to x/newer.txt", "write new.txt (1 byte)", "move a.txt to in/b.txt", "delete in/b.txt", "write a.txt (1 byte)"}
	if d := cmp.Diff(want, done); d != "" {
		t.Error(d)
	}
}

// A run that ends between Prepare and Apply leaves nothing.
func TestClosedBeforeApply(t *testing.T) {
	f, dir := setUp(t, files.Options{})
	before := tree(t, dir)
	must(t, f.Write("new.txt", []byte("1")), f.Delete("a.txt"), f.Prepare())
	if got := tree(t, dir); got == before {
		t.Error("nothing was prepared")
	}
	if infos, err := f.List("*"); err != nil || len(infos) != 1 {
		t.Errorf("a prepared file is listed: %v, %v", infos, err)
	}
	must(t, f.Close())
	if d := cmp.Diff(before, tree(t, dir)); d != "" {
		t.Error(d)
	}
}

// What cannot be done when the database is written already is named.
func TestApplyThatFails(t *testing.T) {
	f, dir := setUp(t, files.Options{})
	must(t, f.Write("new.txt", []byte("1")), f.Move("a.txt", "c.txt", false), f.Delete("in/b.txt"), f.Prepare())
	must(t, os.WriteFile(filepath.Join(dir, "c.txt"), []byte("theirs"), 0o666))
	err := f.Apply()
	const want = "the database is written, but this was not done to the files: move a.txt to c.txt; delete in/b.txt (there is a file c.txt by now)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if d := cmp.Diff("a.txt=a c.txt=theirs in/b.txt=b new.txt=1", tree(t, dir)); d != "" {
		t.Error(d)
	}
	if len(f.Changes()) != 1 {
		t.Errorf("done: %v", f.Changes())
	}
}

// An export that is still being written is not taken for all people.
func TestFileThatChanges(t *testing.T) {
	f, dir := setUp(t, files.Options{})
	file, err := f.Open("a.txt")
	must(t, err)
	if _, err := io.ReadFull(file, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	w, err := os.OpenFile(filepath.Join(dir, "a.txt"), os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	_, err = w.WriteString("more")
	must(t, err, w.Close())
	if _, err := io.ReadAll(file); err == nil || !strings.Contains(err.Error(), "changed while it was read") {
		t.Errorf("got %v", err)
	}
	must(t, file.Close())
}

func TestFolderThatIsNotThere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none", "files")
	f := files.New(files.Options{Dir: dir})
	for _, err := range []error{func() error { _, err := read(f, "a.txt"); return err }(), func() error { _, err := f.List("*"); return err }(), f.Delete("a.txt"), f.Move("a.txt", "b.txt", false)} {
		if err == nil || !strings.Contains(err.Error(), "is not there") {
			t.Errorf("got %v", err)
		}
	}
	must(t, f.Write("out/a.txt", []byte("x")))
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is there before the commit: %v", err)
	}
	must(t, f.Prepare(), f.Apply(), f.Close())
	if got := tree(t, dir); got != "out/a.txt=x" {
		t.Error(got)
	}
}

func TestTestRunTouchesNothing(t *testing.T) {
	f, dir := setUp(t, files.Options{Testing: true})
	before := tree(t, dir)
	must(t, f.Write("x/new.txt", []byte("1")), f.Delete("a.txt"), f.Prepare(), f.Apply(), f.Move("in/b.txt", "b.txt", false), f.Prepare(), f.Apply())
	if d := cmp.Diff(before, tree(t, dir)); d != "" {
		t.Error(d)
	}
	if _, err := os.Stat(filepath.Join(dir, "x")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a folder was made")
	}
	if len(f.Changes()) != 3 {
		t.Errorf("held back: %v", f.Changes())
	}
}

func TestBudget(t *testing.T) {
	f, _ := setUp(t, files.Options{Limit: 10})
	must(t, f.Write("x", make([]byte, 6)))
	var e *runtime.Error
	if err := f.Write("y", make([]byte, 6)); !errors.As(err, &e) || e.Kind != runtime.BudgetSpent {
		t.Errorf("got %v", err)
	}
	must(t, f.Prepare(), f.Apply(), f.Write("y", make([]byte, 6)))
}

// A file that is replaced keeps who may read it; a new one is not for everyone.
func TestModes(t *testing.T) {
	if os.PathSeparator == '\\' {
		t.Skip("Windows has other rights")
	}
	f, dir := setUp(t, files.Options{})
	must(t, os.Chmod(filepath.Join(dir, "a.txt"), 0o600), f.Write("a.txt", []byte("x")), f.Write("new.txt", []byte("x")), f.Prepare(), f.Apply())
	for name, want := range map[string]fs.FileMode{"a.txt": 0o600, "new.txt": 0o640} {
		info, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		if got := info.Mode().Perm(); got&^want != 0 || got&0o600 != 0o600 {
			t.Errorf("%s has %v", name, got)
		}
	}
}

// What a run that was killed has left goes with the next run that writes there.
func TestSweep(t *testing.T) {
	f, dir := setUp(t, files.Options{})
	old, young := filepath.Join(dir, ".amsx-OLD"), filepath.Join(dir, ".amsx-YOUNG")
	for _, name := range []string{old, young} {
		must(t, os.WriteFile(name, []byte("x"), 0o666))
	}
	long := time.Now().Add(-48 * time.Hour)
	must(t, os.Chtimes(old, long, long), f.Write("new.txt", []byte("x")), f.Prepare(), f.Apply())
	if got := tree(t, dir); got != ".amsx-YOUNG=x a.txt=a in/b.txt=b new.txt=x" {
		t.Error(got)
	}
}

// FuzzClean holds names against the folder: what Clean lets through stays
// inside, on every system.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"a", "../a", "a/../b", `a\..\..\b`, "/a", "C:a", `\\h\s`, "a/./b", ".", "a.", "a /b", "con", "a\x00", ".amsx-x", "a:b", "…"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		clean, err := files.Clean(name)
		if err != nil {
			return
		}
		if !fs.ValidPath(clean) && strings.ToValidUTF8(clean, "") == clean || strings.ContainsAny(clean, `\:`) || strings.HasPrefix(clean, "/") {
			t.Fatalf("%q is let through as %q", name, clean)
		}
		for part := range strings.SplitSeq(clean, "/") {
			if part == ".." || part == "" {
				t.Fatalf("%q is let through as %q", name, clean)
			}
		}
		if again, err := files.Clean(clean); again != clean || err != nil {
			t.Fatalf("%q, again: %q, %v", clean, again, err)
		}
	})
}
