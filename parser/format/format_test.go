package format_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/parser/format"
)

var update = flag.Bool("update", false, "rewrite the expected sections of testdata")

// names knows some commands and functions; the formatter does not mind which.
func names(name string) string {
	for _, s := range []string{
		"Log", "Sql", "SqlExecute", "Upper", "IIf", "Round", "Coalesce", "BuildUrl", "UpsertCustodian", "Add", "Trim", "List",
		"JsonPages", "Parameter", "Credential", "Authorize", "Exists",
	} {
		if strings.EqualFold(s, name) {
			return s
		}
	}
	return ""
}

// formatted is the canonical form of src, which must have no errors.
func formatted(t *testing.T, src string) string {
	t.Helper()
	out, found := format.Source("in.amsx", []byte(src), names)
	if found.HasErrors() {
		t.Fatalf("%v in\n%s", found, src)
	}
	return string(out)
}

// keeps fails unless out is a faithful form of src, and its own.
func keeps(t *testing.T, src, out string) {
	t.Helper()
	if d := cmp.Diff(meaning(t, src), meaning(t, out)); d != "" {
		t.Errorf("the tree is not the same (-before +after):\n%s\n%q\n%q", d, src, out)
	}
	if a, b := outside(src), outside(out); a != b {
		t.Errorf("what stands around the script was changed (-before +after):\n%s", cmp.Diff(a, b))
	}
	if again := formatted(t, out); again != out {
		t.Errorf("formatting is not at rest (-once +twice):\n%s\n%q", cmp.Diff(out, again), src)
	}
}

// outside is the file without its script.
func outside(src string) string {
	tr, _ := parser.ParseTransformation("in.amsx", []byte(src))
	var b strings.Builder
	done := 0
	for _, x := range tr.Text.Pieces(0, len(tr.Text.Text())) {
		b.WriteString(src[done:x.Start])
		done = x.End
	}
	return b.String() + src[done:]
}

var place = regexp.MustCompile(`(?m)^( *)\d+:\d+ |@\d+:\d+`)

// meaning is the tree of src and the rest of its document, without places,
// with names in the spelling of names, and without blank lines.
func meaning(t *testing.T, src string) string {
	t.Helper()
	tr, found := parser.ParseTransformation("in.amsx", []byte(src))
	if found.HasErrors() {
		t.Fatalf("%v in %q", found, src)
	}
	ast.Inspect(tr.Script, func(n ast.Node) bool { // the tree is ours alone
		switch n := n.(type) {
		case *ast.Call:
			if s := names(n.Name); s != "" {
				n.Name = s
			}
		case *ast.Bare:
			for _, s := range []string{"NewLine", "Tab"} {
				if strings.EqualFold(n.Path.Raw, s) {
					n.Path.Steps[0].Key = s
				}
			}
		}
		return true
	})
	var b strings.Builder
	for l := range strings.Lines(place.ReplaceAllString(ast.Dump(tr.Script)+ast.DumpTransformation(tr), "$1")) {
		if strings.TrimSpace(l) != "Blank" {
			b.WriteString(l)
		}
	}
	return b.String()
}

// TestConformance compares the canonical form of every case of testdata. A case
// without out.amsx has errors, and is given back as it is.
func TestConformance(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 8 {
		t.Fatal("no cases", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Files) != 2 || a.Files[0].Name != "in.amsx" || a.Files[1].Name != "out.amsx" {
				t.Fatal("a case is in.amsx and out.amsx")
			}
			in := string(a.Files[0].Data)
			got := formatted(t, in)
			if *update {
				a.Files[1].Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(string(a.Files[1].Data), got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			keeps(t, in, got)
		})
	}
}

// Line ends, the byte order mark and the end of the file, whose bytes a case of
// testdata would not show.
func TestBytes(t *testing.T) {
	document := func(script string) string {
		return `<amsx version="1"><transformation name="x"><source type="AMSX Script">` + script + "</source></transformation></amsx>"
	}
	cdata := func(script string) string { return document("<![CDATA[" + script + "]]>") }
	for _, c := range []struct{ name, in, want string }{
		{"CRLF", "if %a% then\r\nlog  1\r\n\r\n\r\n\r\n\r\nend if\r\n\r\n", "If %a% Then\r\n  Log 1\r\n\r\n\r\nEnd If\r\n"},
		{"lone CR", "log  1\rlog 2", "Log 1\rLog 2\r"},
		{"mixed line ends stay", "log 1\r\nlog 2\nlog 3", "Log 1\r\nLog 2\nLog 3\r\n"},
		{"byte order mark", "\ufefflog  1\n", "\ufeffLog 1\n"},
		{"byte order mark, blank lines", "\ufeff\n  \nlog  1", "\ufeffLog 1\n"},
		{"no line end", "log 1", "Log 1\n"},
		{"blanks at the end", "log 1  \n  ", "Log 1\n"},
		{"CRLF continued", "log 1, _  \r\n2\r\n", "Log 1, _\r\n    2\r\n"},
		{"continued into the end", "log 1 _\n  ", "Log 1\n"},
		{"Text at the end", "text\r\n a\r\n\tendtext", "Text\r\n a\r\nEndText\r\n"},
		{"document on one line", cdata("  log  1  "), cdata("Log 1")},
		{"document with CRLF and mark", "\ufeff" + cdata("\r\nlog  1\r\n \r\n  "), "\ufeff" + cdata("\r\nLog 1\r\n  ")},
		{"document, blank lines at the end", cdata(" \n\n\nlog 1\n\n\n"), cdata(" \nLog 1\n")},
		{"document continued into the end", cdata("\nlog 1 _\n  "), cdata("\nLog 1\n  ")},
		{"seam between words", cdata("\nlog]]><![CDATA[ 1]]> \n <![CDATA[,2\n"), cdata("\nLog]]><![CDATA[ 1]]> \n <![CDATA[, 2\n")},
		{"seam within a word", cdata("\nl]]><![CDATA[og 1\n"), cdata("\nLog]]><![CDATA[ 1\n")},
		{"line ends as entities", document("log 1&#10;&#10;&#10;&#10;&#10;  log 2&#13;&#10;"), document("Log 1&#10;&#10;&#10;Log 2&#13;&#10;")},
		{"a variable of one _", "set _=_+1\nset x=_\nlog(_ )\nlog _ _\n\nlog 1, _\n_\nlog 1,_", "Set _ =_ + 1\nSet x =_\nLog (_)\nLog _ _\n\nLog 1, _\n_\nLog 1,_"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := formatted(t, c.in)
			if got != c.want {
				t.Errorf("\n got %q\nwant %q", got, c.want)
			}
			keeps(t, c.in, got)
		})
	}
}

// A file with an error comes back as it is, with all findings.
func TestErrors(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"script", "log  1\nIf 1 = 1\nlog 2\nend  if\nlog 'x\n", "in.amsx:2:9: Then is missing at the end of the line (and 1 more)"},
		{"document", `<amsx version="1"><transformation name="x"><source type="AMSX Script">log  1</source><mapping/></transformation></amsx>`, "in.amsx:1:86: the mapping has no fields"},
		{"not UTF-8", "log  \"M\xfcller\"\n", "in.amsx:1:8: byte 0xFC is not UTF-8; it would be ü in Windows-1252"},
		{"not closed", "if %a% then\nlog  1\n", "in.amsx:1:1: this If is not closed with End If"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, found := format.Source("in.amsx", []byte(c.src), names)
			if string(out) != c.src {
				t.Errorf("changed to %q", out)
			}
			if !strings.HasPrefix(lexer.List(found).Error(), c.want) {
				t.Errorf("findings %v, want %s", found, c.want)
			}
		})
	}
}
