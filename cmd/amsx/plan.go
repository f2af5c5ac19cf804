package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/internal/plan"
	"github.com/amsx-lang/amsx/internal/site"
	"github.com/amsx-lang/amsx/lexer"
)

// planCmd says what a run would do, and keeps it for amsx apply.
type planCmd struct {
	runFlags

	Output string `help:"Keep the plan in this file, for amsx apply. It holds people's data." short:"o" placeholder:"plan.json"`
	JSON   bool   `help:"Print the change set as one JSON object." name:"json"`
	All    bool   `help:"Show every row, not only the first of each kind."`
	Redact bool   `help:"Hide people's values, to show the plan to others. A redacted plan cannot be applied."`
}

// Help shows what people do most.
func (planCmd) Help() string {
	return `A plan is a dry run that is kept: every row that would change, field by field,
the most dangerous first. Nothing is written to the site.

Examples:

  amsx plan okta_users                      what would it do?
  amsx plan okta_users -o plan.json         look at it, then do exactly that:
  amsx apply plan.json
  amsx plan okta_users --all
  amsx plan okta_users --redact -o for-others.json
  amsx plan --simulate 300                  try it: no account, no set-up

Exit codes: those of amsx run.`
}

// Run makes the plan, prints it and keeps it.
func (c *planCmd) Run(ctx context.Context, e *env, g *cli) error {
	c.test = true
	if err := c.validate(g); err != nil {
		return err
	}
	p, talk := newPalette(g.Color, e), talkPalette(g.Color, e)
	source, err := c.source(ctx, e, g)
	if err != nil {
		return err
	}
	defer source.close()
	source.job.Planning = true
	log := c.follow(source, e, talk, c.JSON)
	report, err := batch.Run(ctx, source.job)
	log.progress.close()
	if report.Result != nil && report.Result.Plan != nil {
		defer report.Result.Plan.Close()
	}
	var findings amsx.Findings
	switch {
	case errors.As(err, &findings):
		source.print(e.stderr, talk, findings)
	case err != nil:
		if report.Run > 0 && !c.JSON {
			reporter{e.stdout, p, e.columns}.print(report, true)
		}
		source.explain(e.stderr, talk, err)
	}
	if err != nil {
		return &reported{batch.ExitCode(err), err}
	}
	var redact *plan.Redactor
	if c.Redact {
		redact = plan.NewRedactor()
	}
	if err := c.save(ctx, e, source, report, redact); err != nil {
		return err
	}
	if c.JSON {
		err = printPlanJSON(e.stdout, report, redact)
	} else {
		err = (&planPrinter{reporter: reporter{e.stdout, p, e.columns}, all: c.All, redact: redact}).print(report, int64(c.Limit))
	}
	if err != nil || c.Output == "" {
		return err
	}
	name := lexer.Safe(c.Output)
	if c.Redact {
		fmt.Fprintf(e.stderr, "The plan is in %s, without people's values. It cannot be applied.\n", name)
		return nil
	}
	database := ""
	if name := source.job.Site.Name(); name != "amsx.db" {
		database = "--database " + lexer.Safe(name) + " "
	}
	fmt.Fprintf(e.stderr, "The plan is in %s. It holds people's data. To do exactly this: amsx %sapply %s\n", name, database, name)
	return nil
}

// validate finds options that contradict each other, and a file that cannot be
// written: nobody wants to hear that after an hour of reading.
func (c *planCmd) validate(g *cli) error {
	if err := c.runFlags.validate("plan"); err != nil || c.Output == "" {
		return err
	}
	if err := c.output().check(); err != nil {
		return err
	}
	if c.Replay != "" && (c.File == "" || g.Database == "amsx.db") {
		return &usageError{errors.New("--output: a replay has a site of its own that is gone afterwards; name the transformation and a --database, and the plan can be applied there")}
	}
	return nil
}

// output is the file of the plan.
func (c *planCmd) output() output {
	return output{flag: "--output", file: c.Output, like: "plan.json", kind: "plan", begin: plan.Begins}
}

// save keeps the plan in its file.
func (c *planCmd) save(ctx context.Context, e *env, source *source, report *batch.Report, redact *plan.Redactor) error {
	if c.Output == "" {
		return nil
	}
	script := c.File
	if isFile(script) { // and not one that ships
		abs, err := filepath.Abs(script)
		if err != nil {
			return err
		}
		script = abs
	}
	return batch.SavePlan(source.job, report, batch.PlanOptions{
		File: c.output().path(), Program: "amsx " + version, Script: script, Redact: redact,
		Key: func() (*control.Key, error) {
			src, err := keySource(e)
			if err != nil {
				return nil, err
			}
			return source.job.Control.EnsureKey(ctx, src)
		},
	})
}

// A planChange is a change as amsx plan --json prints it; the names are fixed.
type planChange struct {
	Table  string             `json:"table"`
	Key    string             `json:"key"`
	Action string             `json:"action"`
	Line   int                `json:"line"`
	Fields []site.FieldChange `json:"fields"`
}

// printPlanJSON prints the object of amsx plan --json, a line for each row.
func printPlanJSON(w io.Writer, r *batch.Report, redact *plan.Redactor) error {
	counts, err := json.Marshal(r.Counts)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "{\"counts\":%s,\"changes\":[", counts); err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	sep := ""
	for c, err := range r.Result.Plan.Changes() {
		if err != nil {
			return err
		}
		if redact != nil {
			c = redact.Change(c)
		}
		if c.Fields == nil {
			c.Fields = []site.FieldChange{}
		}
		if _, err := io.WriteString(w, sep); err != nil {
			return err
		}
		if err := enc.Encode(planChange{c.Table, c.Key, string(c.Action), c.Line, c.Fields}); err != nil {
			return err
		}
		sep = ","
	}
	_, err = fmt.Fprintln(w, "]}")
	return err
}
