package parser_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
	"github.com/amsx-lang/amsx/parser/ast"
)

// seed adds the sources of the conformance cases and of the wrong programs.
func seed(f *testing.F) {
	files, _ := filepath.Glob("testdata/conform/*.txtar")
	for _, name := range files {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(a.Files[0].Data))
	}
	files, _ = filepath.Glob("testdata/errors/*.amsx")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for c := range strings.SplitSeq(string(b), "\n---\n") { // short seeds: the fuzzer changes a byte at a time
			f.Add(c)
		}
	}
}

// inside fails when a finding or a node stands outside the file.
func inside(t *testing.T, src string, p lexer.Position, what string) {
	t.Helper()
	if !p.IsValid() || p.Offset < 0 || p.Offset > len(src) || p.Column < 1 {
		t.Fatalf("%s stands outside the file: %+v of %d bytes in %q", what, p, len(src), src)
	}
	if q := lexer.NewSource(p.Filename, src).Position(p.Offset); q.Line != p.Line || q.Column != p.Column {
		t.Fatalf("%s: offset %d is %s, not %s, in %q", what, p.Offset, q, p, src)
	}
}

// FuzzTransformation holds whatever bytes against the promise: no panic, every
// position in the file and consistent, an error where a line is not in the tree.
func FuzzTransformation(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, src string) {
		tr, list := parser.ParseTransformation("f.amsx", []byte(src))
		for _, d := range list {
			inside(t, src, d.Pos, d.Message)
			if !utf8.ValidString(d.Message) && utf8.ValidString(src) {
				t.Fatalf("message is not UTF-8: %q", d.Message)
			}
		}
		ast.Inspect(tr.Script, func(n ast.Node) bool {
			if _, ok := n.(*ast.File); !ok && !list.HasErrors() {
				inside(t, src, n.Start(), "a node")
			}
			return true
		})
		if !list.HasErrors() {
			_ = ast.Dump(tr.Script) + ast.DumpTransformation(tr)
		}
	})
}

// FuzzPath: what parses has steps within the text, and its parts make it up
// again.
func FuzzPath(f *testing.F) {
	for _, s := range []string{"a", "a.b", "items[0].id", "o[primary=True].d", "r.[First Name]", "@odata.type", "a.[x=y]", `a["]"]`, "a.", "[]", "a[b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parser.ParsePath(text, lexer.Position{})
		if err != nil {
			return
		}
		if len(p.Steps) == 0 || p.Raw != text || p.Root() != p.Steps[0].Key {
			t.Fatalf("%q: %+v", text, p)
		}
		last := -1
		for _, s := range p.Steps {
			if s.Pos.Offset <= last || s.Pos.Offset >= len(text) {
				t.Fatalf("%q: step at %d", text, s.Pos.Offset)
			}
			last = s.Pos.Offset
		}
	})
}
