package amsx_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/lexer"
)

// TestFix mends the files of testdata/fix.txt, each as it is, with CRLF, and
// behind a byte order mark: what is mended is found no more, no error is new,
// and nothing else in the file is another.
func TestFix(t *testing.T) {
	data, err := os.ReadFile("testdata/fix.txt")
	if err != nil {
		t.Fatal(err)
	}
	options := amsx.CheckOptions{Schema: siteSchema(t)}
	for _, c := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n---\n") {
		name, rest, _ := strings.Cut(c, "\n")
		before, after, ok := strings.Cut(rest+"\n", "\n=>\n")
		if !ok {
			t.Fatalf("%s: there is no => line", name)
		}
		before += "\n"
		if after == "unchanged\n" {
			after = before
		}
		t.Run(name, func(t *testing.T) {
			for form, as := range map[string]func(string) string{
				"LF":   func(s string) string { return s },
				"CRLF": func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
				"BOM":  func(s string) string { return "\ufeff" + s },
			} {
				fixed(t, form, as(before), as(after), options)
			}
		})
	}
}

func fixed(t *testing.T, form, before, after string, options amsx.CheckOptions) {
	t.Helper()
	script := amsx.Parse("case.amsx", []byte(before))
	f := script.Fix(options)
	out, mended := f.Script.Source(), f.Mended
	if found, silenced := f.Script.CheckAll(options); said(f.Found) != said(found) || said(f.Silenced) != said(silenced) {
		t.Errorf("%s: says that there is left %s, there is %s", form, said(f.Found), said(found))
	}
	if d := cmp.Diff(after, string(out)); d != "" {
		t.Errorf("%s (- want, + is):\n%s\nfindings: %s", form, d, said(script.Check(options)))
	}
	if string(script.Source()) != before {
		t.Errorf("%s: the script itself was changed", form)
	}
	if len(mended) == 0 != (before == after) {
		t.Errorf("%s: mended: %s", form, said(mended))
	}
	old, now := script.Check(options), amsx.Parse("case.amsx", out).Check(options)
	for _, d := range mended {
		for _, n := range now {
			if n.Code == d.Code && n.Pos == d.Pos {
				t.Errorf("%s: it is still found: %s", form, said(amsx.Findings{n}))
			}
		}
	}
	if len(mended) > 0 && len(errorsOf(now)) > len(errorsOf(old)) {
		t.Errorf("%s: new errors: %s", form, said(now))
	}
	if again := amsx.Parse("case.amsx", out).Fix(options); len(again.Mended) > 0 || string(again.Script.Source()) != string(out) {
		t.Errorf("%s: mending it once more changes it: %s", form, said(again.Mended))
	}
}

// A countedFS counts how often each file is opened.
type countedFS struct {
	fstest.MapFS
	opened map[string]int
}

func (c countedFS) Open(name string) (fs.File, error) {
	c.opened[name]++
	return c.MapFS.Open(name)
}

// Sub keeps the count: the files of the script's folder.
func (c countedFS) Sub(string) (fs.FS, error) { return c, nil }

// TestFixChecksOnce: a script is checked once as it is and once for each change,
// however many there are. Each check reads the script that it calls.
func TestFixChecksOnce(t *testing.T) {
	fsys := countedFS{fstest.MapFS{
		"part.amsx": {Data: []byte("Log \"info\", \"part\"\n")},
		"main.amsx": {Data: []byte("CallLocal \"part.amsx\"\nIf %TESTING%\n  Log \"info\", \"a\"\nEnd If\nIf Not %TESTING%\n  Log \"info\", \"b\"\nEnd If\n")},
	}, map[string]int{}}
	s, err := amsx.ParseFS(fsys, "main.amsx")
	if err != nil {
		t.Fatal(err)
	}
	f := s.Fix(amsx.CheckOptions{})
	if len(f.Mended) != 2 || len(f.Found) != 0 {
		t.Fatalf("mended: %s, left: %s", said(f.Mended), said(f.Found))
	}
	if n := fsys.opened["part.amsx"]; n != 3 {
		t.Errorf("it was checked %d times, want 3", n)
	}
}

func errorsOf(found amsx.Findings) (out amsx.Findings) {
	for _, d := range found {
		if d.Severity == lexer.Error {
			out = append(out, d)
		}
	}
	return out
}
