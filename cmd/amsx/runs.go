package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/lexer"
)

// runsCmd is the history.
type runsCmd struct {
	List  runsList  `cmd:"" default:"withargs" help:"List the runs, the newest first."`
	Show  runsShow  `cmd:"" help:"Show one run: parameters, counts, log, what it changed."`
	Prune runsPrune `cmd:"" help:"Remove old change sets, logs, warnings and rejected records."`
}

// Help shows what people ask the history.
func (runsCmd) Help() string {
	return `Examples:

  amsx runs                             every run, the newest first
  amsx runs --status Failed --limit 5
  amsx runs show 12                     what did run 12 do?
  amsx runs show 12 --changes           row by row, field by field
  amsx runs show 12 --csv changes.csv   the same for a spreadsheet
  amsx runs prune --older-than 180d --test`
}

// runsList lists runs.
type runsList struct {
	Transformation string `help:"Only runs of this transformation." placeholder:"NAME"`
	Status         string `help:"Only runs of this status: Queued, Running, Completed, Failed or Cancelled." placeholder:"STATUS"`
	Limit          number `help:"How many runs at most." default:"50" placeholder:"50"`
	JSON           bool   `help:"Print one JSON object." name:"json"`
}

// A listedRun is a run in the JSON list.
type listedRun struct {
	Run            int64             `json:"run"`
	Transformation string            `json:"transformation"`
	File           string            `json:"file"`
	Status         control.Status    `json:"status"`
	Test           bool              `json:"test"`
	Undoes         int64             `json:"undoes,omitempty"`
	UndoneBy       int64             `json:"undoneBy,omitempty"`
	User           string            `json:"user"`
	Host           string            `json:"host"`
	Started        *time.Time        `json:"started"`
	Finished       *time.Time        `json:"finished"`
	Seconds        float64           `json:"seconds"`
	Counts         control.Counts    `json:"counts"`
	Requests       int64             `json:"requests"`
	Error          string            `json:"error"`
	ExitCode       int               `json:"exitCode"`
	ScriptHash     string            `json:"scriptHash"` // "": an undo, which runs no script
	Parameters     map[string]string `json:"parameters"`
}

// A listedGood is the last good run of a transformation.
type listedGood struct {
	Transformation string     `json:"transformation"`
	Run            int64      `json:"run,omitempty"`
	Finished       *time.Time `json:"finished"` // null: there was none
}

func listRun(r control.Run, undone map[int64]int64) listedRun {
	l := listedRun{Run: r.ID, Transformation: r.Transformation, File: r.File, Status: r.Status, Test: r.Test, Undoes: r.UndoOf, UndoneBy: undone[r.ID],
		User: r.User, Host: r.Host, Counts: r.Counts, Requests: r.Requests, Error: r.Error, ExitCode: r.ExitCode, ScriptHash: r.ScriptHash, Parameters: r.Parameters,
		Started: instantOf(r.Started), Finished: instantOf(r.Finished)}
	if r.UndoOf > 0 {
		l.ScriptHash = "" // no script ran; what is kept is the hash of nothing
	}
	if l.Started != nil && l.Finished != nil {
		l.Seconds = r.Finished.Sub(r.Started).Seconds()
	}
	return l
}

// instantOf is a time, or nil for none.
func instantOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// statuses are what a run may stand at.
var statuses = []control.Status{control.Queued, control.Running, control.Completed, control.Failed, control.Cancelled}

// Run prints the list.
func (c *runsList) Run(ctx context.Context, e *env, g *cli) error {
	filter := control.RunFilter{Transformation: c.Transformation, Limit: int(c.Limit)}
	if c.Status != "" {
		i := slices.IndexFunc(statuses, func(s control.Status) bool { return strings.EqualFold(string(s), c.Status) })
		if i < 0 {
			return &usageError{fmt.Errorf("--status: there is no status %q; there are Queued, Running, Completed, Failed and Cancelled", c.Status)}
		}
		filter.Status = statuses[i]
	}
	h, err := openHistoryToRead(ctx, e, g)
	var none *noHistoryError
	if errors.As(err, &none) {
		if c.JSON {
			return printJSON(e.stdout, map[string]any{"lastGood": []listedGood{}, "runs": []listedRun{}}, "  ")
		}
		fmt.Fprintln(e.stderr, "amsx:", lexer.Safe(none.Error()))
		return nil
	}
	if err != nil {
		return err
	}
	defer h.close()
	undone, err := h.site.Undone(ctx)
	if err != nil {
		return err
	}
	good, err := lastGood(ctx, h.control, c.Transformation, undone)
	if err != nil {
		return err
	}
	runs, err := h.control.Runs(ctx, filter)
	if err != nil {
		return err
	}
	list := []listedRun{}
	for _, r := range runs {
		list = append(list, listRun(r, undone))
	}
	if c.JSON {
		return printJSON(e.stdout, map[string]any{"lastGood": good, "runs": list}, "  ")
	}
	if len(list) == 0 && len(good) == 0 {
		fmt.Fprintln(e.stderr, "There are no such runs.")
		return nil
	}
	printRuns(e, newPalette(g.Color, e), good, list)
	return nil
}

// lastGood finds the last good run of each transformation.
func lastGood(ctx context.Context, db *control.DB, only string, undone map[int64]int64) ([]listedGood, error) {
	names, err := db.Transformations(ctx)
	if err != nil {
		return nil, err
	}
	list := []listedGood{}
	for _, name := range names {
		if only != "" && !strings.EqualFold(only, name) {
			continue
		}
		r, found, err := db.LastGood(ctx, name, undone)
		if err != nil {
			return nil, err
		}
		l := listedGood{Transformation: name}
		if found {
			l.Run, l.Finished = r.ID, instantOf(r.Finished)
		}
		list = append(list, l)
	}
	return list, nil
}

func printRuns(e *env, p palette, good []listedGood, list []listedRun) {
	fmt.Fprintln(e.stdout)
	for _, g := range good {
		last := p.yellow("never")
		if g.Finished != nil {
			last = fmt.Sprintf("%s (run %d)", local(*g.Finished), g.Run)
		}
		fmt.Fprintf(e.stdout, "  Last good run of %s: %s\n", p.bold(lexer.Safe(g.Transformation)), last)
	}
	fmt.Fprintln(e.stdout)
	t := &table{head: []string{"Run", "Started", "Transformation", "User", "Status", "Time", "Read", "Inserted", "Updated", "Deactivated", "Rejected", "Note"}, max: 60,
		right: []bool{true, false, false, false, false, true, true, true, true, true, true}, leave: []string{"Rejected", "Time", "User", "Read", "Inserted"}, keep: []string{"Started"}}
	for _, r := range list {
		started := "waiting"
		if r.Started != nil {
			started = local(*r.Started)
		}
		took := ""
		if r.Finished != nil {
			took = fmt.Sprintf("%.1f s", r.Seconds)
		}
		n := func(n int64) string {
			if n == 0 {
				return ""
			}
			return thousands(n)
		}
		t.add(fmt.Sprint(r.Run), started, r.Transformation, r.User, string(r.Status), took, n(r.Counts.Read), n(r.Counts.Inserted), n(r.Counts.Updated+r.Counts.Reactivated+r.Counts.Adopted), n(r.Counts.Deactivated), n(r.Counts.Rejected), r.note())
	}
	t.leave = append(t.empty(), t.leave...)
	t.print(e.stdout, p, e.columns)
	fmt.Fprintln(e.stdout)
}

// note is what else is to say of a run in one line.
func (r listedRun) note() string {
	var parts []string
	if r.Test {
		parts = append(parts, "dry run")
	}
	if r.Undoes > 0 {
		parts = append(parts, fmt.Sprintf("undo of run %d", r.Undoes))
	}
	if r.UndoneBy > 0 {
		parts = append(parts, fmt.Sprintf("undone by run %d", r.UndoneBy))
	}
	if r.Error != "" {
		parts = append(parts, r.Error)
	}
	return strings.Join(parts, "; ")
}

// local is an instant on the clock of the person who looks.
func local(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }
