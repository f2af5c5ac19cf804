package transformations_test

import (
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/transformations"
)

// The transformations that ship are formatted.
func TestFormatted(t *testing.T) {
	names, err := fs.Glob(transformations.FS(), "*.amsx")
	if err != nil || len(names) < 2 {
		t.Fatal("no transformations", err)
	}
	for _, name := range names {
		src, err := fs.ReadFile(transformations.FS(), name)
		if err != nil {
			t.Fatal(err)
		}
		out, err := amsx.Format(name, src)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(out), string(src)); d != "" {
			t.Errorf("%s is not formatted; amsx fmt does it (-formatted +is):\n%s", name, d)
		}
	}
}
