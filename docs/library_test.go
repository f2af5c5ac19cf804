package docs_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/transformations"
)

// TestLibraryPage: the page links every transformation that ships.
func TestLibraryPage(t *testing.T) {
	page, err := os.ReadFile("library.md")
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(transformations.FS(), "*.amsx")
	if err != nil || len(names) == 0 {
		t.Fatal("no transformations", err)
	}
	for _, name := range names {
		if !strings.Contains(string(page), "(../transformations/"+name+")") {
			t.Errorf("library.md does not link %s", name)
		}
	}
}
