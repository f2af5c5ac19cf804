package harness_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/harness"
)

// TestColumnsOfACase: columns that a case says were added are there for its
// start rows, and a recording of such a site says the same of them.
func TestColumnsOfACase(t *testing.T) {
	columns := map[string]string{
		"Asset":     "Bought Money",
		"Custodian": "HRNumber Text(20) unique, WeeklyHours Number, Note Text, Since Date, Seen DateTime, External Boolean, Desk Lookup(Location), Badge Number unique",
	}
	c := &harness.Case{
		Columns: columns, FormerSource: "HR", Former: 1,
		Start: []harness.Rows{{Table: "Custodian", Columns: []string{"Source", "HRNumber", "WeeklyHours", "External"}, Rows: [][]string{{"HR", "17", "38.5", "1"}}}},
	}
	site, err := amsx.OpenSite(t.Context(), filepath.Join(t.TempDir(), "amsx.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Fill(t.Context(), site); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "case")
	script := amsx.Parse("script.amsx", []byte("Log \"info\", \"x\"\n"))
	capture, err := harness.NewCapture(t.Context(), dir, "script.amsx", script, fstest.MapFS{}, site, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	result, err := script.Run(t.Context(), amsx.RunOptions{Site: site})
	if err != nil {
		t.Fatal(err)
	}
	if err := capture.Finish(t.Context(), time.Now(), nil, false, result, nil, 0); err != nil {
		t.Fatal(err)
	}
	again, err := harness.Load(os.DirFS(dir), ".")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(columns, again.Columns); d != "" {
		t.Errorf("(- added, + recorded):\n%s", d)
	}
	if again.Former != 1 || again.FormerSource != "HR" {
		t.Errorf("former runs %d of %q", again.Former, again.FormerSource)
	}
	fresh, err := amsx.OpenSite(t.Context(), filepath.Join(t.TempDir(), "amsx.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Fill(t.Context(), fresh); err != nil {
		t.Fatal(err)
	}
	bad := &harness.Case{Columns: map[string]string{"Custodian": "Floor Txt"}}
	if err := bad.Fill(t.Context(), fresh); err == nil || !strings.Contains(err.Error(), "case.toml: columns of Custodian: there is no column type \"Txt\"") {
		t.Errorf("error %v", err)
	}
}
