package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/lexer"
)

// undoCmd takes a run back.
type undoCmd struct {
	Number number `arg:"" name:"run" help:"The number of the run, as amsx runs shows it."`
	Yes    bool   `help:"Do not ask." short:"y"`
	Test   bool   `help:"Say what would be undone, and write nothing."`
	Wait   bool   `help:"Wait for a run of the transformation to end."`
	JSON   bool   `help:"Print the outcome as one JSON object." name:"json"`
}

// Help shows how a run is taken back.
func (undoCmd) Help() string {
	return `Examples:

  amsx undo 12 --test       what would be undone?
  amsx undo 12              show it, ask, and do it
  amsx undo 12 --yes        do it without asking, as a script must

Each field gets the value that it had before the run, where it still holds what the run wrote. What somebody changed since stays, and is listed. The undo is a run with a number of its own, so that it can be undone too.

Exit codes: 0 done, 1 failed, 2 wrong usage or nobody to ask, 130 cancelled.`
}

// Run shows what would be undone, asks, and undoes it.
func (c *undoCmd) Run(ctx context.Context, e *env, g *cli) error {
	h, err := openHistory(ctx, e, g)
	if err != nil {
		return err
	}
	defer h.close()
	job := batch.UndoJob{Run: int64(c.Number), Site: h.site, Control: h.control, User: userName(e), Testing: true, Wait: c.Wait,
		Waiting: func(reason string) { fmt.Fprintf(e.stderr, "Waiting: %s. Ctrl-C ends the wait.\n", lexer.Safe(reason)) }}
	out := reporter{e.stdout, newPalette(g.Color, e), e.columns}
	if c.Test || !c.Yes {
		report, err := batch.Undo(ctx, job)
		if c.JSON && (c.Test || err != nil) {
			return reportedJSON(e, report, err)
		}
		if err != nil {
			return err
		}
		if !c.JSON {
			out.undoing(report)
		}
		if c.Test {
			return nil
		}
		if err := confirm(ctx, e, c.Yes, fmt.Sprintf("Undo run %d of %s?", c.Number, lexer.Safe(report.Transformation))); err != nil {
			return err
		}
	}
	job.Testing = false
	report, err := batch.Undo(ctx, job)
	if c.JSON {
		return reportedJSON(e, report, err)
	}
	if err != nil {
		return err
	}
	out.undone(report)
	return nil
}

// reportedJSON prints a report, and the error where there is one.
func reportedJSON(e *env, report any, err error) error {
	if perr := printJSON(e.stdout, report, ""); perr != nil {
		return perr
	}
	return err
}

// undoing prints what an undo would do.
func (o reporter) undoing(r *batch.UndoReport) {
	p := o.palette
	fmt.Fprintf(o.w, "\n%s  undo of run %d\n\n", p.bold(lexer.Safe(r.Transformation)), r.Undoes)
	o.notUndone(r)
	o.changes(&amsx.Result{Changes: r.Changes, Changed: r.Changed})
	o.staying(r, "would stay as it is")
	o.again(r)
	fmt.Fprintln(o.w)
}

// undone prints what an undo did.
func (o reporter) undone(r *batch.UndoReport) {
	p := o.palette
	fmt.Fprintf(o.w, "\n%s  %s\n%s\n\n", p.bold(lexer.Safe(r.Transformation)), p.green(fmt.Sprintf("Run %d is undone", r.Undoes)), p.dim(fmt.Sprintf("run %d · %.1f s", r.Run, r.Seconds)))
	for _, l := range []struct {
		name string
		n    int64
	}{{"deleted", r.Counts.Deleted}, {"put back", r.Counts.PutBack}, {"updated", r.Counts.Updated}, {"reactivated", r.Counts.Reactivated}, {"deactivated", r.Counts.Deactivated}} {
		if l.n > 0 {
			fmt.Fprintf(o.w, "  %-18s%s\n", l.name, p.bold(fmt.Sprintf("%12s", thousands(l.n))))
		}
	}
	if r.Changed == 0 {
		fmt.Fprintln(o.w, "  Nothing had to be changed.")
	}
	o.staying(r, "stays as it is")
	o.notUndone(r)
	o.again(r)
	fmt.Fprintf(o.w, "  To take this back: amsx undo %d\n", r.Run)
}

// again says what an undo does not change.
func (o reporter) again(r *batch.UndoReport) {
	fmt.Fprintln(o.w)
	if !r.OfUndo {
		fmt.Fprintf(o.w, "  The next run of %s will write the same again, unless its script or its source is mended first.\n", lexer.Safe(r.Transformation))
	}
}

// staying prints what an undo leaves.
func (o reporter) staying(r *batch.UndoReport, stays string) {
	if r.Staying == 0 {
		return
	}
	fmt.Fprintf(o.w, "\n  What %s (%s):\n\n", stays, thousands(r.Staying))
	for i, s := range r.Stays {
		if i == shownChanges {
			fmt.Fprintf(o.w, "    %s\n", o.palette.dim(fmt.Sprintf("… and %s more; --json lists them", thousands(r.Staying-shownChanges))))
			break
		}
		text := s.Key
		if s.Field != "" {
			text += fmt.Sprintf(", %s: %s (was %s)", s.Field, show(s.Now), show(s.Old))
		}
		o.fold(lexer.Safe(text+" – "+s.Reason), "    ", 4)
	}
}

// notUndone prints what no undo takes back.
func (o reporter) notUndone(r *batch.UndoReport) {
	if len(r.NotUndone) == 0 {
		return
	}
	fmt.Fprintln(o.w, "\n  Not undone, because it is no row of a table:")
	for _, s := range r.NotUndone {
		fmt.Fprintf(o.w, "    %s\n", lexer.Safe(strings.TrimSpace(s)))
	}
	fmt.Fprintln(o.w)
}
