package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/internal/site"
	"github.com/amsx-lang/amsx/lexer"
)

// whyCmd says where a value comes from.
type whyCmd struct {
	Table string `arg:"" help:"The table, such as Custodian."`
	Key   string `arg:"" help:"The row: its id, a login, an e-mail address or another unique value."`
	Field string `arg:"" optional:"" help:"The field, such as JobTitle (default: each field of the row)."`
	JSON  bool   `help:"Print one JSON object." name:"json"`
}

// Help shows the questions that it answers.
func (whyCmd) Help() string {
	return `Examples:

  amsx why Custodian ada@example.com              each field: which run and which line wrote it
  amsx why Custodian ada@example.com JobTitle     one field, with all that is recorded of it
  amsx why Custodian 4711 Active                  why is this person inactive?

Exit codes: 0 done, 1 failed, or there is no such row or field, 2 wrong usage.`
}

// A whyWrite is a write with what the history knows of its run.
type whyWrite struct {
	site.Write
	User string `json:"user"`
	File string `json:"file"`
	From int    `json:"mappingLine,omitempty"`
	Text string `json:"text"`           // the line that gave the value
	Path string `json:"path,omitempty"` // in the source's record
}

// A whyField is a field with its writes.
type whyField struct {
	Name   string     `json:"name"`
	Now    any        `json:"now"`
	Writes []whyWrite `json:"writes"`
	Hand   site.Hand  `json:"byHand,omitempty"`
	Note   string     `json:"note,omitempty"`
}

// A whyRow is what `amsx why --json` prints.
type whyRow struct {
	Table   string     `json:"table"`
	ID      int64      `json:"id"`
	Key     string     `json:"key"`
	Deleted bool       `json:"deleted"`
	Fields  []whyField `json:"fields"`
	Ended   *whyWrite  `json:"ended,omitempty"`
}

// Run looks the row up and prints its story.
func (c *whyCmd) Run(ctx context.Context, e *env, g *cli) error {
	h, err := openHistoryToRead(ctx, e, g)
	if err != nil {
		return err
	}
	defer h.close()
	story, err := h.site.Why(ctx, c.Table, c.Key, c.Field)
	if err != nil {
		return err
	}
	runs := &runScripts{ctx: ctx, db: h.control, runs: map[int64]control.Run{}, scripts: map[int64]*amsx.Script{}}
	row := whyRow{Table: story.Table, ID: story.RowID, Key: story.Key, Deleted: story.Deleted, Fields: []whyField{}}
	for _, f := range story.Fields {
		w := whyField{Name: f.Name, Now: f.Now, Writes: []whyWrite{}, Hand: f.Hand, Note: handNote(f, story.Pruned)}
		for i, x := range f.Writes {
			if i > 0 && c.Field == "" {
				break // each field's last write; the field itself tells all
			}
			known, err := runs.write(x, story.Table, f.Name)
			if err != nil {
				return err
			}
			w.Writes = append(w.Writes, known)
		}
		row.Fields = append(row.Fields, w)
	}
	if story.Ended != nil {
		known, err := runs.write(*story.Ended, story.Table, "Active")
		if err != nil {
			return err
		}
		row.Ended = &known
	}
	if c.JSON {
		return printJSON(e.stdout, row, "  ")
	}
	row.print(e, newPalette(g.Color, e), c.Field != "")
	return nil
}

// handNote says in words what a person may have done, and what is not known.
func handNote(f site.FieldStory, pruned time.Time) string {
	switch f.Hand {
	case site.HandLast:
		return fmt.Sprintf("changed since by hand or by another program: run %d wrote %s", f.Writes[0].Run, rowText(f.Writes[0].New))
	case site.HandPerhaps:
		return fmt.Sprintf("the row was changed by hand or by another program after run %d added it; which fields is not recorded", f.Writes[0].Run)
	case site.HandOnly:
		note := "no recorded run wrote it: written by hand or by another program, or before amsx had this site"
		if !pruned.IsZero() {
			note += "; the change sets of runs up to " + pruned.Format("2006-01-02") + " are pruned, so it may be from one of them"
		}
		return note
	}
	return ""
}

// runScripts are the runs and scripts that were looked up.
type runScripts struct {
	ctx     context.Context
	db      *control.DB
	runs    map[int64]control.Run
	scripts map[int64]*amsx.Script
}

// write adds what the history knows of a write: who, and the line of the
// script as it ran.
func (r *runScripts) write(w site.Write, table, column string) (whyWrite, error) {
	out := whyWrite{Write: w}
	run, there := r.runs[w.Run]
	if !there {
		var err error
		run, err = r.db.Run(r.ctx, w.Run)
		var none *control.NoRunError
		if err != nil && !errors.As(err, &none) {
			return out, err
		}
		r.runs[w.Run] = run
		if run.Script != "" {
			r.scripts[w.Run] = amsx.Parse(run.File, []byte(run.Script))
		}
	}
	out.User, out.File = run.User, run.File
	script := r.scripts[w.Run]
	if w.Undoes > 0 || script == nil {
		return out, nil
	}
	o := script.Origin(w.Line, table, column)
	out.From, out.Text, out.Path = o.Line, o.Text, o.Path
	return out, nil
}

// who is "run 5 on 2026-05-01 02:00 by ada".
func (w whyWrite) who() string {
	text := fmt.Sprintf("run %d", w.Run)
	if w.Undoes > 0 {
		text += fmt.Sprintf(" (undo of run %d)", w.Undoes)
	}
	text += " on " + local(w.Merged)
	if w.User != "" {
		text += " by " + w.User
	}
	return lexer.Safe(text)
}

// line is where the value came from.
func (w whyWrite) line() string {
	if w.Text == "" {
		return ""
	}
	text := fmt.Sprintf("%s line %d: %s", w.File, w.From, w.Text)
	if w.From != w.Line && w.Line > 0 {
		text += fmt.Sprintf("  (written in line %d)", w.Line)
	}
	return lexer.Safe(text)
}

func (r whyRow) print(e *env, p palette, one bool) {
	state := ""
	if r.Deleted {
		state = "  (deleted)"
	}
	fmt.Fprintf(e.stdout, "\n%s  %s\n\n", p.bold(lexer.Safe(r.Key)), p.dim(lexer.Safe(fmt.Sprintf("%s %d%s", r.Table, r.ID, state))))
	if r.Ended != nil && !one {
		what := "made inactive"
		if r.Deleted {
			what = "deleted"
		}
		fmt.Fprintf(e.stdout, "  The row was %s by %s\n", what, r.Ended.who())
		if l := r.Ended.line(); l != "" {
			fmt.Fprintf(e.stdout, "  %s\n", l)
		}
		fmt.Fprintln(e.stdout)
	}
	if len(r.Fields) == 0 {
		fmt.Fprintln(e.stdout, "  No field has a value, and no recorded run wrote one.")
	}
	for _, f := range r.Fields {
		if !one {
			f.short(e, p)
			continue
		}
		fmt.Fprintf(e.stdout, "  %s = %s\n", p.bold(lexer.Safe(f.Name)), rowText(f.Now))
		if f.Note != "" {
			fmt.Fprintf(e.stdout, "  %s\n", p.yellow(lexer.Safe(f.Note)))
		}
		for _, w := range f.Writes {
			fmt.Fprintf(e.stdout, "\n  %s: %s\n", w.who(), w.did())
			if l := w.line(); l != "" {
				fmt.Fprintf(e.stdout, "    %s\n", l)
			}
		}
		if len(f.Writes) == 0 && f.Note == "" {
			fmt.Fprintln(e.stdout, "  It is empty, and no recorded run wrote it.")
		}
	}
	fmt.Fprintln(e.stdout)
}

// short prints one line a field.
func (f whyField) short(e *env, p palette) {
	from := ""
	if len(f.Writes) > 0 {
		w := f.Writes[0]
		from = w.who()
		switch {
		case w.Path != "":
			from += fmt.Sprintf(", line %d, %s", w.From, w.Path)
		case w.From > 0:
			from += fmt.Sprintf(", line %d", w.From)
		}
		if w.Old != nil && w.Action != "insert" && f.Hand == site.NoHand {
			from += ", was " + clip(rowText(w.Old), 30)
		}
	}
	if f.Hand != site.NoHand {
		from = strings.TrimPrefix(from+"; "+p.yellow(lexer.Safe(f.Note)), "; ")
	}
	fmt.Fprintf(e.stdout, "  %-16s %-28s %s\n", lexer.Safe(f.Name), clip(rowText(f.Now), 28), from)
}

// did is what a write changed.
func (w whyWrite) did() string {
	switch w.Action {
	case "insert":
		return "the row was added with " + rowText(w.New)
	case "delete":
		return "the row was deleted, with " + rowText(w.Old)
	}
	return rowText(w.Old) + " → " + rowText(w.New)
}
