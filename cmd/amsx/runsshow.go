package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/internal/csvtext"
	"github.com/amsx-lang/amsx/internal/site"
	"github.com/amsx-lang/amsx/lexer"
)

// runsShow shows one run.
type runsShow struct {
	Number  number `arg:"" name:"run" help:"The number of the run."`
	JSON    bool   `help:"Print one JSON object." name:"json"`
	Log     bool   `help:"Show its log."`
	Rejects bool   `help:"Show the records that it rejected, with their fields."`
	Changes bool   `help:"Show what it changed, row by row."`
	Script  bool   `help:"Print the script as it ran, and nothing else."`
	CSV     string `help:"Write what it changed to a CSV file, one line a field; - is standard output." name:"csv" placeholder:"FILE"`
}

// Help shows what is kept of a run.
func (runsShow) Help() string {
	return `Examples:

  amsx runs show 12
  amsx runs show 12 --log --rejects
  amsx runs show 12 --changes
  amsx runs show 12 --csv changes.csv        for a spreadsheet or an auditor
  amsx runs show 12 --script > as_it_ran.amsx

Exit codes: 0 done, 1 failed, or there is no such run or change set, 2 wrong usage. --script and --csv are given alone; a CSV file replaces one of its own kind and no other file.`
}

// A shownRun is a run in JSON, with what was asked for.
type shownRun struct {
	listedRun
	Site     *site.Counts   `json:"site,omitempty"`    // all counts, of a run that wrote
	Planned  *time.Time     `json:"planned,omitempty"` // it applied a plan, which was made then
	Altered  []string       `json:"altered"`
	Files    []string       `json:"files"`
	Warnings []shownWarning `json:"warnings"`
	Changed  int64          `json:"changed"` // rows of the change set that are kept
	Pruned   bool           `json:"pruned"`  // the change set is gone
	LogLines []shownLine    `json:"log,omitzero"`
	Rejected []shownReject  `json:"rejects,omitzero"`
	Changes  []site.Change  `json:"changes,omitzero"`
}

type shownWarning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Line    int    `json:"line"`
	Count   int64  `json:"count"`
}

type shownReject struct {
	Key    string          `json:"key"`
	Reason string          `json:"reason"`
	Line   int             `json:"line"`
	Fields json.RawMessage `json:"fields"`
}

type shownLine struct {
	Time    time.Time `json:"time"`
	Level   string    `json:"level"`
	Line    int       `json:"line"`
	Message string    `json:"message"`
}

// validate finds options that contradict each other: --script and --csv print
// one thing alone.
func (c *runsShow) validate() error {
	var alone, beside []string
	for _, o := range []struct {
		set, alone bool
		name       string
	}{{c.Script, true, "--script"}, {c.CSV != "", true, "--csv"}, {c.JSON, false, "--json"}, {c.Log, false, "--log"}, {c.Rejects, false, "--rejects"}, {c.Changes, false, "--changes"}} {
		switch {
		case o.set && o.alone:
			alone = append(alone, o.name)
		case o.set:
			beside = append(beside, o.name)
		}
	}
	if all := append(alone, beside...); len(alone) > 0 && len(all) > 1 {
		return &usageError{fmt.Errorf("%s is given alone, and not with %s", all[0], strings.Join(all[1:], ", "))}
	}
	if c.CSV == "" || c.CSV == "-" {
		return nil
	}
	return c.output().check()
}

// Run prints the run.
func (c *runsShow) Run(ctx context.Context, e *env, g *cli) error {
	if err := c.validate(); err != nil {
		return err
	}
	h, err := openHistoryToRead(ctx, e, g)
	if err != nil {
		return err
	}
	defer h.close()
	id := int64(c.Number)
	run, err := h.control.Run(ctx, id)
	if err != nil {
		return err
	}
	undone, err := h.site.Undone(ctx)
	if err != nil {
		return err
	}
	record, merged, err := h.site.RunRecord(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case c.Script && run.UndoOf > 0:
		return fmt.Errorf("run %d was the undo of run %d; it ran no script", id, run.UndoOf)
	case c.Script:
		_, err := io.WriteString(e.stdout, run.Script)
		return err
	case (c.Changes || c.CSV != "") && record.Pruned:
		return fmt.Errorf("the change set of run %d was pruned: change sets are kept for a time only, see amsx runs prune --help", id)
	case (c.Changes || c.CSV != "") && run.Test:
		return fmt.Errorf("run %d was a dry run: it changed nothing, and what it would have changed is not kept", id)
	case c.CSV != "":
		return c.csv(ctx, e, h, run, record)
	}
	s := shownRun{listedRun: listRun(run, undone), Altered: append([]string{}, run.Altered...), Files: append([]string{}, run.Files...), Warnings: []shownWarning{}, Changed: record.Changed, Pruned: record.Pruned}
	if merged {
		s.Site = &record.Counts
	}
	if made, planned, err := h.site.Planned(ctx, id); err != nil {
		return err
	} else if planned {
		s.Planned = &made
	}
	warnings, err := h.control.RunWarnings(ctx, id)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		s.Warnings = append(s.Warnings, shownWarning{w.Code, w.Message, w.Line, w.Count})
	}
	if c.Log {
		lines, err := h.control.RunLog(ctx, id)
		if err != nil {
			return err
		}
		s.LogLines = []shownLine{} // asked for, so it is there
		for _, l := range lines {
			s.LogLines = append(s.LogLines, shownLine{l.Time, l.Level, l.Line, l.Message})
		}
	}
	if c.Rejects {
		rejects, err := h.control.RunRejects(ctx, id)
		if err != nil {
			return err
		}
		s.Rejected = []shownReject{}
		for _, r := range rejects {
			s.Rejected = append(s.Rejected, shownReject(r))
		}
	}
	if c.JSON && c.Changes {
		s.Changes = []site.Change{}
		for ch, err := range h.site.Changes(ctx, id) {
			if err != nil {
				return err
			}
			s.Changes = append(s.Changes, ch)
		}
	}
	if c.JSON {
		return printJSON(e.stdout, s, "  ")
	}
	out := reporter{e.stdout, newPalette(g.Color, e), e.columns}
	out.run(&s, run)
	if c.Log {
		out.log(s.LogLines, run.LogLines)
	}
	if c.Rejects {
		out.rejects(s.Rejected, run.Rejects)
	}
	if c.Changes {
		fmt.Fprintf(e.stdout, "\n  Changed %s:\n\n", plural(record.Changed, "row"))
		const key = 24
		for ch, err := range h.site.Changes(ctx, id) {
			if err != nil {
				return err
			}
			out.change(ch, key)
		}
	}
	fmt.Fprintln(e.stdout)
	return nil
}

// run prints what is known of a run.
func (o reporter) run(s *shownRun, run control.Run) {
	p := o.palette
	status := p.green(string(s.Status))
	if s.Status != control.Completed {
		status = p.red(string(s.Status))
	}
	if note := (listedRun{Test: s.Test, Undoes: s.Undoes, UndoneBy: s.UndoneBy}).note(); note != "" {
		status += ", " + note
	}
	fmt.Fprintf(o.w, "\n%s  %s\n", p.bold(lexer.Safe(s.Transformation)), status)
	when := "waiting to begin"
	if s.Started != nil {
		when = local(*s.Started)
	}
	line := fmt.Sprintf("run %d · %s · %.1f s · %s · by %s on %s", s.Run, when, s.Seconds, plural(s.Requests, "request"), s.User, s.Host)
	fmt.Fprintf(o.w, "%s\n\n", p.dim(lexer.Safe(line)))
	if s.Error != "" {
		o.fold(lexer.Safe(s.Error), "  "+p.red("error:")+" ", 9)
		fmt.Fprintln(o.w)
	}
	if s.Undoes == 0 {
		fmt.Fprintf(o.w, "  File              %s\n  Script            %s\n", lexer.Safe(s.File), s.ScriptHash)
	}
	if s.Planned != nil {
		fmt.Fprintf(o.w, "  Plan              made %s; --log names it\n", local(*s.Planned))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Parameters)) {
		fmt.Fprintf(o.w, "  Parameter         %s = %s\n", lexer.Safe(name), lexer.Safe(s.Parameters[name]))
	}
	fmt.Fprintln(o.w)
	if s.Undoes == 0 && s.Status == control.Completed && s.Site != nil {
		printCounts(o.w, p, &amsx.Result{Counts: *s.Site})
	} else {
		c := s.Counts
		printCounts(o.w, p, &amsx.Result{Counts: site.Counts{Read: c.Read, Inserted: c.Inserted, Updated: c.Updated, Unchanged: c.Unchanged, Reactivated: c.Reactivated, Deactivated: c.Deactivated, Adopted: c.Adopted, Rejected: c.Rejected, Warnings: c.Warnings}})
	}
	o.altered(s.Altered, false)
	for i, f := range s.Files {
		if i == 0 {
			fmt.Fprintln(o.w, "  Files:")
		}
		fmt.Fprintf(o.w, "    %s\n", lexer.Safe(f))
	}
	for _, w := range s.Warnings {
		text := w.Message
		if w.Count > 1 && !strings.Contains(text, fmt.Sprint(w.Count)) {
			text += fmt.Sprintf(" (%s times)", thousands(w.Count))
		}
		o.fold(lexer.Safe(text), "  "+p.yellow("warning:")+" ", 11)
	}
	var more []string
	for _, m := range []struct {
		n    int
		flag string
	}{{int(s.Changed), "--changes"}, {run.LogLines, "--log"}, {run.Rejects, "--rejects"}} {
		if m.n > 0 {
			more = append(more, m.flag)
		}
	}
	switch {
	case s.Pruned:
		fmt.Fprintln(o.w, "  Its change set was pruned; it cannot be undone any more.")
	case s.Changed > 0:
		fmt.Fprintf(o.w, "  It changed %s.\n", plural(s.Changed, "row"))
	}
	if len(more) > 0 {
		fmt.Fprintln(o.w, p.dim("  More with "+strings.Join(more, ", ")))
	}
}

func (o reporter) log(lines []shownLine, all int) {
	fmt.Fprintf(o.w, "\n  Log (%s):\n\n", plural(int64(all), "line"))
	for _, l := range lines {
		o.fold(lexer.Safe(l.Message), fmt.Sprintf("  %s %-7s ", l.Time.Local().Format(time.TimeOnly), lexer.Safe(l.Level)), 19)
	}
}

func (o reporter) rejects(rejects []shownReject, all int) {
	fmt.Fprintf(o.w, "\n  Rejected (%s):\n\n", plural(int64(all), "record"))
	for _, r := range rejects {
		o.fold(lexer.Safe(r.Key+": "+r.Reason), "  ", 2)
		fmt.Fprintf(o.w, "    %s\n", o.palette.dim(lexer.Safe(string(r.Fields))))
	}
}

// csvHead are the columns of the CSV file.
var csvHead = []string{"run", "when", "user", "transformation", "table", "row id", "key", "action", "field", "old", "new", "line", "source", "note"}

// csvMark begins the file: Excel takes one without it for one in the machine's
// own encoding.
const csvMark = "\ufeff"

// output is the CSV file.
func (c *runsShow) output() output {
	return output{flag: "--csv", file: c.CSV, like: "changes.csv", kind: "CSV file of amsx runs", begin: csvMark + strings.Join(csvHead, ",")}
}

// csv writes the change set, one line a field.
func (c *runsShow) csv(ctx context.Context, e *env, h *history, run control.Run, record site.RunRecord) error {
	fields := int64(0)
	fill := func(w io.Writer) (err error) {
		fields, err = changesCSV(ctx, w, h, run, record)
		return err
	}
	if c.CSV == "-" {
		w := bufio.NewWriter(e.stdout)
		return errors.Join(fill(w), w.Flush())
	}
	if err := c.output().write(fill); err != nil {
		return err
	}
	name := lexer.Safe(c.CSV)
	if fields == 0 {
		fmt.Fprintf(e.stderr, "Run %d changed nothing; %s has the headings alone.\n", run.ID, name)
		return nil
	}
	fmt.Fprintf(e.stderr, "Wrote %s to %s. The file holds people's data.\n", plural(fields, "field"), name)
	return nil
}

// changesCSV writes the change set of a run and counts its fields.
func changesCSV(ctx context.Context, w io.Writer, h *history, run control.Run, record site.RunRecord) (n int64, err error) {
	if _, err := io.WriteString(w, csvMark); err != nil {
		return 0, err
	}
	write := func(fields ...string) error {
		for i := range fields {
			fields[i] = csvtext.Harmless(fields[i])
		}
		_, err := w.Write(csvtext.AppendRecord(nil, ',', fields))
		return err
	}
	if err := write(slices.Clone(csvHead)...); err != nil {
		return 0, err
	}
	when := record.Merged.Format(time.RFC3339)
	for ch, err := range h.site.Changes(ctx, run.ID) {
		if err != nil {
			return n, err
		}
		note := ""
		if ch.Edited {
			note = "edited since by hand: the new values are those of today"
		}
		for _, f := range ch.Fields {
			n++
			if err := write(strconv.FormatInt(run.ID, 10), when, run.User, run.Transformation, ch.Table, strconv.FormatInt(ch.RowID, 10), ch.Key, string(ch.Action), f.Name, csvValue(f.Old), csvValue(f.New), strconv.Itoa(ch.Line), ch.Source, note); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// csvValue is a value of a row; Null is an empty cell.
func csvValue(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}
