package amsx_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/amsx-lang/amsx/amsx"
)

// TestParseFS: a script of a file system finds those that it calls beside it,
// and no others.
func TestParseFS(t *testing.T) {
	fsys := fstest.MapFS{
		"in/main.amsx":        {Data: []byte("Call \"parts/a.amsx\"\n")},
		"in/parts/a.amsx":     {Data: []byte("CallLocal \"../b.amsx\"\nCallLocal \"../b.amsx\"\n")},
		"in/b.amsx":           {Data: []byte("Log \"info\", \"b\"\n")},
		"in/up.amsx":          {Data: []byte("Call \"../b.amsx\"\n")},
		"b.amsx":              {Data: []byte("Log \"info\", \"outside\"\n")},
		"in/unread/me.amsx":   {Data: []byte("Log \"info\", \"me\"\n")},
		"in/missing.amsx":     {Data: []byte("Call \"parts/aa.amsx\"\n")},
		"in/mistaken.amsx":    {Data: []byte("Call \"parts/wrong.amsx\"\n")},
		"in/parts/wrong.amsx": {Data: []byte("Log \"info\", Uper(\"x\")\n")},
	}
	s, err := amsx.ParseFS(fsys, "in/main.amsx")
	if err != nil {
		t.Fatal(err)
	}
	if found := s.Check(amsx.CheckOptions{}); len(found) > 0 {
		t.Errorf("%v", found)
	}
	if got := slices.Sorted(maps.Keys(s.Called())); !slices.Equal(got, []string{"b.amsx", "parts/a.amsx"}) {
		t.Errorf("calls %v", got)
	}
	for name, want := range map[string]string{
		"in/up.amsx":       `"../b.amsx" stands outside of the folder`,
		"in/missing.amsx":  "did you mean parts/a.amsx?",
		"in/mistaken.amsx": "parts/wrong.amsx:1:13: there is no function Uper",
	} {
		s, err := amsx.ParseFS(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		found := s.Check(amsx.CheckOptions{})
		if len(found) != 1 || !strings.Contains(filepath.ToSlash(found[0].Error())+found[0].Hint, want) {
			t.Errorf("%s: %v", name, found)
		}
	}
	if _, err := amsx.ParseFS(fsys, "in/none.amsx"); err == nil {
		t.Error("a file that is not there was read")
	}
	if got := amsx.Parse("x.amsx", []byte("Call \"b.amsx\"\n")).Called(); len(got) != 0 {
		t.Errorf("a script without a folder calls %v", got)
	}
}

// TestParseFSLinks: a case that came from somewhere else cannot show the files
// of this machine.
func TestParseFSLinks(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(dir, "outside")
	for name, text := range map[string]string{"outside/x.amsx": "Log \"info\", \"x\"\n", "in/a.amsx": "Call \"link/x.amsx\"\n", "in/b.amsx": "Call \"x.amsx\"\n"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "in", "link")); err != nil {
		t.Skip("no links here:", err)
	}
	if err := os.Symlink(filepath.Join(outside, "x.amsx"), filepath.Join(dir, "in", "x.amsx")); err != nil {
		t.Skip("no links here:", err)
	}
	for name, want := range map[string]string{"a.amsx": "link is a link", "b.amsx": "x.amsx is a link"} {
		s, err := amsx.ParseFS(os.DirFS(filepath.Join(dir, "in")), name)
		if err != nil {
			t.Fatal(err)
		}
		if found := s.Check(amsx.CheckOptions{}); len(found) != 1 || !strings.Contains(found[0].Message, want) {
			t.Errorf("%s: %v", name, found)
		}
	}
}
