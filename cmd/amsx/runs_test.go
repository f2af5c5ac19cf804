package main

import (
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"

	"github.com/amsx-lang/amsx/internal/site"
)

// TestPrunedText: what was removed, what would be, and that there was nothing.
func TestPrunedText(t *testing.T) {
	for _, tt := range []struct {
		p    site.Pruned
		runs int
		test bool
		want string
	}{
		{site.Pruned{Runs: 2, Rows: 1500}, 3, false, "Removed what was older than 90 days: the change sets of 2 runs (1,500 rows), and 3 runs from the history, with logs, warnings and rejected records."},
		{site.Pruned{}, 1, true, "Would remove what is older than 90 days: the change sets of 0 runs (0 rows), and 1 run from the history, with logs, warnings and rejected records."},
		{site.Pruned{}, 0, true, "Nothing in the history is older than 90 days, so nothing would be removed."},
		{site.Pruned{}, 0, false, "Nothing in the history is older than 90 days, so nothing was removed."},
	} {
		if got := prunedText(90, tt.p, tt.runs, tt.test); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

// TestNarrowTable: in a narrow terminal columns without anything go first, and
// a column that says nothing when it is cut is not cut.
func TestNarrowTable(t *testing.T) {
	tab := &table{head: []string{"Run", "Started", "Name", "Deleted", "Note"}, max: 60, leave: []string{"Run"}, keep: []string{"Started"}}
	tab.add("7", "2026-05-01 02:00", "A transformation with a long name", "", "it was stopped by the fuse")
	tab.leave = append(tab.empty(), tab.leave...)
	var b strings.Builder
	tab.print(&b, palette{}, 60)
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 2 || strings.Contains(lines[0], "Deleted") || !strings.Contains(lines[1], "2026-05-01 02:00") || !strings.Contains(lines[0], "Note") {
		t.Errorf("%s", b.String())
	}
	for _, l := range lines {
		if w := runewidth.StringWidth(l); w > 60 {
			t.Errorf("%d wide: %s", w, l)
		}
	}
}
