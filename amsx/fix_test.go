package amsx_test

import (
	"os"
	"strings"
	"testing"

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
	out, mended := script.Fix(options)
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
	if again, more := amsx.Parse("case.amsx", out).Fix(options); len(more) > 0 || string(again) != string(out) {
		t.Errorf("%s: mending it once more changes it: %s", form, said(more))
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
