package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/lexer"
)

// A reporter prints what became of a run, for people.
type reporter struct {
	w       io.Writer
	palette palette
	columns int // of the terminal; 0: none
}

// The most of each kind that a summary shows. The history has them all.
const (
	shownWarnings = 10
	shownRejects  = 5
	shownChanges  = 20
)

// print prints the summary of a run: what it did to how many rows, what to
// look at, and for a dry run what it would change.
func (o reporter) print(r *batch.Report, testing bool) {
	p := o.palette
	status := p.green(string(r.Status))
	if r.Status != control.Completed {
		status = p.red(string(r.Status))
	}
	switch {
	case testing && r.Status == control.Completed:
		status += ", a dry run: nothing was written"
	case testing:
		status += ", a dry run"
	case r.Status == control.Completed:
	case r.Result != nil && r.Result.Written:
		status += ": what the script had committed before stays, nothing else was written"
	case r.Result != nil && len(r.Result.Altered) > 0:
		status += ": no row was written"
	default:
		status += ": nothing was written"
	}
	fmt.Fprintf(o.w, "\n%s  %s\n%s\n\n", p.bold(lexer.Safe(r.Transformation)), status,
		p.dim(fmt.Sprintf("run %d · %.1f s · %s", r.Run, r.Seconds, plural(r.Requests, "request"))))
	if r.Result == nil {
		return
	}
	o.altered(r.Result.Altered, testing)
	if r.Status == control.Completed {
		printCounts(o.w, p, r.Result)
	}
	o.notices(r)
	if testing && r.Status == control.Completed {
		o.changes(r.Result)
	}
	o.files(r.Result.Files, testing)
}

// altered prints what was done to the site's tables themselves. It comes first,
// because it is not undone with the rows.
func (o reporter) altered(statements []string, testing bool) {
	if len(statements) == 0 {
		return
	}
	head := "  Changed the tables of the site, which stays so:"
	if testing {
		head = "  Would change the tables of the site, for good:"
	}
	fmt.Fprintln(o.w, head)
	for _, s := range statements {
		fmt.Fprintf(o.w, "    %s\n", lexer.Safe(s))
	}
	fmt.Fprintln(o.w)
}

// files prints what was done to files; of a dry run, what would be.
func (o reporter) files(done []amsx.FileChange, testing bool) {
	if len(done) == 0 {
		return
	}
	head := "  Files:"
	if testing {
		head = "\n  Would do to files:"
	}
	fmt.Fprintf(o.w, "%s\n\n", head)
	for i, c := range done {
		if i == shownChanges {
			fmt.Fprintf(o.w, "  %s\n", o.palette.dim(fmt.Sprintf("… and %s more", thousands(int64(len(done)-shownChanges)))))
			break
		}
		fmt.Fprintf(o.w, "    %s\n", lexer.Safe(c.String()))
	}
}

// notices prints warnings and rejected records.
func (o reporter) notices(r *batch.Report) {
	p := o.palette
	note := func(kind, text string) {
		o.fold(text, "  "+p.yellow(kind+":")+" ", len(kind)+4)
	}
	for i, n := range r.Result.Warnings {
		if i == shownWarnings {
			fmt.Fprintf(o.w, "  %s\n", p.dim(fmt.Sprintf("… and %d more kinds of warnings", len(r.Result.Warnings)-i)))
			break
		}
		text := lexer.Safe(n.Text)
		// Most warnings say themselves how often.
		if n.Count > 1 && !strings.Contains(text, fmt.Sprint(n.Count)) {
			text += fmt.Sprintf(" (%s times)", thousands(n.Count))
		}
		note("warning", text)
	}
	for i, x := range r.Result.Rejects {
		if i == shownRejects {
			fmt.Fprintf(o.w, "  %s\n", p.dim(fmt.Sprintf("… and %s more rejected records; the history of the run has them", thousands(r.Counts.Rejected-shownRejects))))
			break
		}
		note("rejected", lexer.Safe(clip(x.Key, 40))+": "+lexer.Safe(x.Reason))
	}
	if len(r.Result.Warnings)+len(r.Result.Rejects) > 0 {
		fmt.Fprintln(o.w)
	}
}

// fold prints a text behind a head of that many cells.
func (o reporter) fold(text, head string, cells int) {
	wide := 0
	if o.columns > 0 {
		wide = max(o.columns-cells, 30)
	}
	fmt.Fprintln(o.w, head+strings.ReplaceAll(fold(text, "", "", wide), "\n", "\n"+strings.Repeat(" ", cells)))
}

// printCounts prints the counts in the order of a person's questions. Those
// that are always of interest are printed at zero too.
func printCounts(w io.Writer, p palette, r *amsx.Result) {
	c := r.Counts
	for _, l := range []struct {
		name   string
		n      int64
		always bool
	}{
		{"read", c.Read, true}, {"inserted", c.Inserted, true}, {"updated", c.Updated, true}, {"unchanged", c.Unchanged, true},
		{"adopted", c.Adopted, false}, {"key changed", c.Rekeyed, false}, {"reactivated", c.Reactivated, false}, {"deactivated", c.Deactivated, true},
		{"deleted", c.Deleted, false}, {"read, not written", c.Skipped, false}, {"not read, left", c.Absent, false}, {"read twice", c.Repeated, false}, {"edits kept", c.Kept, false},
		{"lookups created", c.Created, false}, {"rejected", c.Rejected, false}, {"warnings", c.Warnings, false},
	} {
		if l.n == 0 && !l.always {
			continue
		}
		n := fmt.Sprintf("%12s", thousands(l.n))
		if l.n > 0 && l.name != "unchanged" && l.name != "read" {
			n = p.bold(n)
		}
		if l.name == "adopted" {
			n += p.dim("  " + adoptedBy(r.AdoptedBy))
		}
		fmt.Fprintf(w, "  %-18s%s\n", l.name, n)
	}
	fmt.Fprintln(w)
}

// adoptedBy is "12 by Email, 140 by Login".
func adoptedBy(by map[string]int64) string {
	var parts []string
	for _, column := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, fmt.Sprintf("%s by %s", thousands(by[column]), column))
	}
	return strings.Join(parts, ", ")
}

// changes prints the first rows that a dry run would change, field by field.
func (o reporter) changes(r *amsx.Result) {
	if r.Changed == 0 {
		fmt.Fprintln(o.w, "  Nothing would change.")
		return
	}
	fmt.Fprintf(o.w, "  Would change %s:\n\n", plural(r.Changed, "row"))
	key := keyWidth(r.Changes[:min(shownChanges, len(r.Changes))])
	for i, c := range r.Changes {
		if i == shownChanges {
			fmt.Fprintf(o.w, "  %s\n", o.palette.dim(fmt.Sprintf("… and %s more", thousands(r.Changed-shownChanges))))
			break
		}
		o.change(c, key)
	}
}

// change prints one row, field by field; its name is key cells wide.
func (o reporter) change(c amsx.Change, key int) {
	var fields []string
	for _, f := range c.Fields {
		switch {
		case c.Action == "insert" && f.New == nil:
		case c.Action == "insert":
			fields = append(fields, fmt.Sprintf("%s=%s", f.Name, show(f.New)))
		default:
			fields = append(fields, fmt.Sprintf("%s %s → %s", f.Name, show(f.Old), show(f.New)))
		}
	}
	who := runewidth.FillRight(clip(lexer.Safe(c.Key), key), key)
	head := "  " + o.action(string(c.Action)) + " " + who + "  "
	cells := 2 + actionCells + 1 + runewidth.StringWidth(who) + 2
	wide := 110
	if o.columns > 0 {
		wide = max(o.columns-cells, 20)
	}
	text := strings.Join(fields, ", ")
	if c.Action == "insert" || c.Action == "delete" {
		text = clip(text, wide) // a whole row is long, and its name says which; a changed field must be seen
	}
	fmt.Fprintln(o.w, head+strings.ReplaceAll(fold(text, "", "", wide), "\n", "\n"+strings.Repeat(" ", cells)))
}

// actionCells is how wide the word for a change is.
const actionCells = len("reactivate")

// action is the word for a change, in the colour of what it means for a person.
func (o reporter) action(name string) string {
	word := fmt.Sprintf("%-*s", actionCells, name)
	switch name {
	case "insert", "adopt", "reactivate":
		return o.palette.green(word)
	case "deactivate", "delete", "rekey":
		return o.palette.yellow(word)
	}
	return word
}

// show writes a value of a change.
func show(v any) string {
	if v == nil {
		return "–"
	}
	return clip(lexer.Safe(fmt.Sprint(v)), 40)
}

// showCustodians prints the first custodians of the site.
func showCustodians(ctx context.Context, e *env, p palette, s *amsx.Site, n int) error {
	t := &table{head: []string{"ID", "Name", "Login", "Department", "Job title", "Manager", "Active"}, right: []bool{true}, leave: []string{"Job title", "Manager"}}
	rows, err := s.Read(ctx, fmt.Sprintf(`SELECT c.CustodianID, c.FullName, c.Login, c.Department, c.JobTitle, m.FullName, CASE c.Active WHEN 1 THEN 'yes' ELSE 'no' END
		FROM Custodian c LEFT JOIN Custodian m ON m.CustodianID = c.ManagerID ORDER BY c.CustodianID LIMIT %d`, n))
	if err != nil {
		return err
	}
	for _, r := range rows {
		cells := make([]string, len(r))
		for i, v := range r {
			if v != nil {
				cells[i] = fmt.Sprint(v)
			}
		}
		t.add(cells...)
	}
	t.print(e.stdout, p, e.columns)
	return nil
}
