package docs_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/amsx"
)

// TestFormatted holds that every script of the pages, the examples of the
// commands among them, is written as amsx fmt writes it: people copy them.
func TestFormatted(t *testing.T) {
	n := 0
	for _, page := range pages(t) {
		for _, b := range blocks(t, page) {
			if b.language != "amsx" {
				continue
			}
			n++
			place := fmt.Sprintf("%s:%d", filepath.Base(b.page), b.line)
			out, err := amsx.Format(place, []byte(b.text))
			if err != nil {
				t.Errorf("%s: %v", place, err)
			} else if d := cmp.Diff(string(out), b.text); d != "" {
				t.Errorf("%s is not formatted (-formatted +is):\n%s", place, d)
			}
		}
	}
	if n < 50 {
		t.Errorf("only %d scripts were found", n)
	}
}
