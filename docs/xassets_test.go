package docs_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/builtins"
)

// TestKnownElsewhere holds the page for people from xAssets: the commands that
// it names as known and not here are just that.
func TestKnownElsewhere(t *testing.T) {
	page, err := os.ReadFile("xassets.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(page), "## Commands that are known and not here")
	if !ok {
		t.Fatal("the section is gone")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	table := builtins.All()
	names := regexp.MustCompile("`([A-Z][A-Za-z0-9]+)`").FindAllStringSubmatch(section, -1)
	if len(names) < 10 {
		t.Fatalf("only %d names", len(names))
	}
	for _, m := range names {
		if _, ok := table.Elsewhere(m[1]); !ok {
			t.Errorf("%s is not known as a command of xAssets only", m[1])
		}
	}
}
