package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/internal/plan"
	"github.com/amsx-lang/amsx/lexer"
)

// A planPrinter prints a plan for people: what it is, what it does in numbers,
// then the rows, the most dangerous first.
type planPrinter struct {
	reporter
	all    bool
	redact *plan.Redactor
	keys   map[string][]string // columns by which rows are told apart, by table
}

// planKinds are what can happen to a row, the most dangerous first.
var planKinds = []struct{ name, head string }{
	{"deleted", "Would be deleted"},
	{"deactivated", "Would become inactive"},
	{"key changed", "Would get another key"},
	{"emptied", "Would lose a value"},
	{"adopted", "Would be adopted: rows that were there before, from now on kept by this transformation"},
	{"reactivated", "Would become active again"},
	{"updated", "Would change"},
	{"inserted", "Would be new"},
}

// kind is the place of a change in planKinds.
func (o *planPrinter) kind(c amsx.Change) int {
	name := "updated"
	keyed, emptied := c.Action == "rekey", false
	for _, f := range c.Fields {
		if f.Old != nil && f.New != f.Old {
			keyed = keyed || slices.Contains(o.keys[c.Table], f.Name)
			emptied = emptied || f.New == nil
		}
	}
	switch {
	case c.Action == "delete":
		name = "deleted"
	case c.Action == "deactivate":
		name = "deactivated"
	case c.Action == "insert":
		name = "inserted"
	case keyed:
		name = "key changed"
	case emptied:
		name = "emptied"
	case c.Action == "adopt":
		name = "adopted"
	case c.Action == "reactivate":
		name = "reactivated"
	}
	return slices.IndexFunc(planKinds, func(k struct{ name, head string }) bool { return k.name == name })
}

// changes yields the changes of a plan as they are shown.
func (o *planPrinter) changes(p *amsx.Plan, f func(kind int, c amsx.Change)) error {
	for c, err := range p.Changes() {
		if err != nil {
			return err
		}
		kind := o.kind(c)
		if o.redact != nil {
			c = o.redact.Change(c)
		}
		f(kind, c)
	}
	return nil
}

func (o *planPrinter) print(r *batch.Report, limit int64) error {
	p := r.Result.Plan
	o.keys = map[string][]string{}
	for _, t := range p.Site.Tables {
		o.keys[t.Name] = t.Keys
	}
	number := make([]int64, len(planKinds))
	first := make([][]amsx.Change, len(planKinds))
	err := o.changes(p, func(kind int, c amsx.Change) {
		if number[kind]++; number[kind] <= shownChanges {
			first[kind] = append(first[kind], c)
		}
	})
	if err != nil {
		return err
	}
	o.head(r, limit)
	total := o.summary(r, number)
	if o.redact == nil {
		o.notices(r)
	}
	if total == 0 {
		fmt.Fprintln(o.w, "  Nothing would change.")
	}
	for kind, k := range planKinds {
		if number[kind] == 0 {
			continue
		}
		fmt.Fprintf(o.w, "  %s (%s):\n\n", o.palette.bold(k.head), plural(number[kind], "row"))
		width := keyWidth(first[kind])
		if o.all {
			err := o.changes(p, func(of int, c amsx.Change) {
				if of == kind {
					o.change(c, width)
				}
			})
			if err != nil {
				return err
			}
		} else {
			for _, c := range first[kind] {
				o.change(c, width)
			}
			if more := number[kind] - int64(len(first[kind])); more > 0 {
				fmt.Fprintf(o.w, "  %s\n", o.palette.dim(fmt.Sprintf("… and %s more; --all shows them", thousands(more))))
			}
		}
		fmt.Fprintln(o.w)
	}
	o.held(r)
	return nil
}

// head is the first line: what is read first must say what no undo takes back.
func (o *planPrinter) head(r *batch.Report, limit int64) {
	p := r.Result.Plan
	line := lexer.Safe(r.Transformation) + ": a plan, nothing was written"
	if len(p.Site.Altered) > 0 {
		line += "; it changes the tables of the site, which no undo takes back: " + lexer.Safe(strings.Join(p.Site.Altered, "; "))
	}
	if p.Raw {
		line += "; SqlRaw runs text as SQL, so look at every row"
	}
	fmt.Fprintf(o.w, "%s\n%s\n\n", o.palette.bold(line), o.palette.dim(fmt.Sprintf("run %d · %.1f s · %s", r.Run, r.Seconds, plural(r.Requests, "request"))))
	if limit > 0 {
		fmt.Fprintf(o.w, "  %s only the first %s were read, so nobody is treated as a leaver\n\n", o.palette.yellow("limited:"), plural(limit, "record"))
	}
	if len(p.Site.Allowed) > 0 {
		fmt.Fprintf(o.w, "  %s it is over these limits of the fuse, which --allow-once allowed: %s\n\n", o.palette.red("over the fuse:"), strings.Join(p.Site.Allowed, ", "))
	}
}

// summary prints how many rows have what happen to them.
func (o *planPrinter) summary(r *batch.Report, number []int64) (total int64) {
	line := func(name string, n int64) {
		text := fmt.Sprintf("%12s", thousands(n))
		if n > 0 && name != "unchanged" && name != "read" {
			text = o.palette.bold(text)
		}
		fmt.Fprintf(o.w, "  %-18s%s\n", name, text)
	}
	line("read", r.Counts.Read)
	for kind, k := range planKinds {
		total += number[kind]
		if number[kind] > 0 {
			line(k.name, number[kind])
		}
	}
	line("unchanged", r.Counts.Unchanged)
	if r.Counts.Rejected > 0 {
		line("rejected", r.Counts.Rejected)
	}
	if r.Counts.Warnings > 0 {
		line("warnings", r.Counts.Warnings)
	}
	fmt.Fprintln(o.w)
	return total
}

// held prints what the run would do outside the site, and neither the plan nor
// its applying does.
func (o *planPrinter) held(r *batch.Report) {
	var all []string
	for _, c := range r.Files {
		all = append(all, c.String())
	}
	h := plan.Header{Held: r.Result.Plan.Held, Files: all}
	if o.redact != nil {
		h = o.redact.Header(h)
	}
	if all = append(h.Held, h.Files...); len(all) == 0 {
		return
	}
	fmt.Fprintf(o.w, "  %s, and amsx apply does not do it either:\n\n", o.palette.bold("A run would also do this; a plan does not"))
	for i, what := range all {
		if i == shownChanges && !o.all {
			fmt.Fprintf(o.w, "  %s\n", o.palette.dim(fmt.Sprintf("… and %s more; --all shows them", thousands(int64(len(all)-i)))))
			break
		}
		fmt.Fprintf(o.w, "    %s\n", lexer.Safe(what))
	}
	fmt.Fprintln(o.w)
}

// keyWidth is how wide the names of rows are printed.
func keyWidth(changes []amsx.Change) int {
	key := 0
	for _, c := range changes {
		key = min(max(key, runewidth.StringWidth(lexer.Safe(c.Key))), 32)
	}
	return key
}
