package format_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/amsx-lang/amsx/parser/format"
	"github.com/amsx-lang/amsx/transformations"
)

// FuzzFormat holds what Source promises for whatever bytes: a file with errors
// comes back as it is, any other one with the same meaning, and the canonical
// form of the canonical form is itself.
func FuzzFormat(f *testing.F) {
	for _, pattern := range []string{"testdata/*.txtar", "../testdata/conform/*.txtar"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatal("no seeds", pattern, err)
		}
		for _, name := range files {
			a, err := txtar.ParseFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(a.Files[0].Data))
			// The fuzzer changes a byte at a time: short seeds take it further.
			for _, l := range strings.SplitAfter(string(a.Files[0].Data), "\n") {
				f.Add(l)
			}
		}
	}
	files, err := filepath.Glob("../testdata/errors/*.amsx")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for c := range strings.SplitSeq(string(b), "\n---\n") {
			f.Add(c)
		}
	}
	shipped, err := fs.Glob(transformations.FS(), "*.amsx")
	if err != nil || len(shipped) == 0 {
		f.Fatal("no transformations", err)
	}
	for _, name := range shipped {
		b, err := fs.ReadFile(transformations.FS(), name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
		f.Add(strings.ReplaceAll(string(b), "\n", "\r\n"))
	}
	f.Fuzz(func(t *testing.T, src string) {
		out, found := format.Source("f.amsx", []byte(src), names)
		if found.HasErrors() {
			if string(out) != src {
				t.Fatalf("%q has errors and was changed to %q", src, out)
			}
			return
		}
		keeps(t, src, string(out))
	})
}
