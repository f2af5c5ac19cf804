package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/internal/site"
)

// runsPrune removes old history.
type runsPrune struct {
	OlderThan string `help:"The age from which the history is removed, in days (default: as long as the site keeps it, at first 90d)." placeholder:"90d"`
	Always    bool   `help:"Keep the history for that long from now on: each run removes what is older."`
	Test      bool   `help:"Say what would be removed, and remove nothing."`
	Rebuild   bool   `help:"Make the database files anew afterwards, so that they hold no byte of what was removed."`
}

// Help says what pruning means.
func (runsPrune) Help() string {
	return `Examples:

  amsx runs prune --test                       what would be removed?
  amsx runs prune --older-than 180d --always   keep half a year from now on
  amsx runs prune --older-than 30d

A run whose change set is removed cannot be undone any more, and amsx why says "pruned". The rows of your tables, and the last good run of each transformation, stay. Each run removes what is too old by itself.`
}

// Run prunes.
func (c *runsPrune) Run(ctx context.Context, e *env, g *cli) error {
	if c.Always && (c.OlderThan == "" || c.Test) {
		return &usageError{errors.New("--always sets how long the history is kept: give it with --older-than, such as --older-than 180d, and without --test")}
	}
	h, err := openHistory(ctx, e, g)
	if err != nil {
		return err
	}
	defer h.close()
	days, err := batch.KeepHistory(ctx, h.control)
	if c.OlderThan != "" {
		days, err = batch.ParseDays(c.OlderThan)
		if err != nil {
			return &usageError{fmt.Errorf("--older-than: %w", err)}
		}
	}
	if err != nil {
		return err
	}
	if c.Always {
		if err := batch.SetKeepHistory(ctx, h.control, days); err != nil {
			return err
		}
	}
	p, runs, err := batch.Prune(ctx, h.site, h.control, days, time.Now(), c.Test)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.stdout, prunedText(days, p, runs, c.Test))
	if c.Always {
		fmt.Fprintf(e.stdout, "From now on the history is kept for %s.\n", plural(int64(days), "day"))
	}
	if !c.Rebuild || c.Test {
		return nil
	}
	a, err := h.site.Rebuild(ctx)
	if err != nil {
		return err
	}
	b, err := h.control.Rebuild(ctx)
	if err != nil {
		return err
	}
	if a || b {
		return errors.New("another program has a database open, so that its write-ahead log could not be emptied: end that program (a run, a database tool) and say this again")
	}
	fmt.Fprintln(e.stdout, "The database files are made anew.")
	return nil
}

// prunedText says what a pruning removed, or would remove.
func prunedText(days batch.Days, p site.Pruned, runs int, test bool) string {
	age := plural(int64(days), "day")
	if p.Runs == 0 && runs == 0 {
		was := "was"
		if test {
			was = "would be"
		}
		return fmt.Sprintf("Nothing in the history is older than %s, so nothing %s removed.", age, was)
	}
	done := "Removed what was"
	if test {
		done = "Would remove what is"
	}
	return fmt.Sprintf("%s older than %s: the change sets of %s (%s), and %s from the history, with logs, warnings and rejected records.",
		done, age, plural(p.Runs, "run"), plural(p.Rows, "row"), plural(int64(runs), "run"))
}
