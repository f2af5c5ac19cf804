package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/internal/site"
	"github.com/amsx-lang/amsx/lexer"
)

// applyCmd writes a plan.
type applyCmd struct {
	Plan  string     `arg:"" help:"The file that amsx plan -o has written."`
	Param parameters `help:"A parameter that the plan must have been made with." placeholder:"NAME=VALUE" short:"p"`
	Wait  bool       `help:"Wait for another run of the transformation to end."`
	JSON  bool       `help:"Print the outcome as one JSON object." name:"json"`
	Quiet bool       `help:"No progress." short:"q"`
}

// Help shows what people do most.
func (applyCmd) Help() string {
	return `Writes exactly what the plan says, in one transaction, and nothing else. It reads
no source: no request is sent. Where something that the plan rests on has changed
since, it writes nothing, names what has changed, and ends with exit code 5.

Examples:

  amsx plan okta_users -o plan.json
  amsx apply plan.json
  amsx apply plan.json --json

Exit codes: 0 done, 1 failed, 2 wrong usage, 5 the plan no longer applies, 130 cancelled.`
}

// Run applies the plan.
func (c *applyCmd) Run(ctx context.Context, e *env, g *cli) error {
	p, talk := newPalette(g.Color, e), talkPalette(g.Color, e)
	name := c.Plan
	if strings.HasPrefix(name, "~") { // messages name the file as it was typed
		name = kong.ExpandPath(name)
	}
	switch info, err := os.Stat(name); {
	case err != nil:
		return &usageError{unreadable(err, c.Plan)}
	case info.IsDir():
		return &usageError{fmt.Errorf("%s is a folder; a plan is a file, such as plan.json", c.Plan)}
	}
	if siteMissing(g) {
		// A plan is of a site that was there: none is made for it.
		return &usageError{fmt.Errorf("there is no site database %s; name the one that the plan was made for with --database", g.Database)}
	}
	s := &source{columns: e.talkColumns}
	defer s.close()
	key, err := s.databases(ctx, e, g, g.Database)
	if err != nil {
		return err
	}
	report, err := c.apply(ctx, e, talk, name, s, key)
	if c.JSON && report != nil {
		if err := printJSON(e.stdout, report, ""); err != nil {
			return err
		}
	} else if report != nil && report.Run > 0 {
		reporter{e.stdout, p, e.columns}.print(report, false)
	}
	if err == nil {
		return nil
	}
	fmt.Fprintln(e.stderr, talk.red("amsx:"), safeLines(err.Error()))
	var hint interface{ Hint() string }
	if errors.As(err, &hint) && hint.Hint() != "" {
		fmt.Fprintln(e.stderr, "  =", safeLines(hint.Hint()))
	}
	code := batch.ExitCode(err)
	if usage := new(usageError); errors.As(err, &usage) {
		code = exitUsage
	}
	return &reported{code, err}
}

// apply opens the plan and what it needs. The report is nil where nothing was
// begun.
func (c *applyCmd) apply(ctx context.Context, e *env, talk palette, name string, s *source, key func() (*control.Key, error)) (*batch.Report, error) {
	file, err := batch.OpenPlan(name, key)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	script, _, err := readScript(file.Header.File)
	if err != nil {
		return nil, &site.StaleError{Reason: fmt.Sprintf("the transformation %s, which it was made with, is not there any more", file.Header.File)}
	}
	log := &terminalLog{progress: newProgress(e, lexer.Safe(script.Name()), c.Quiet || c.JSON && !e.terminal), palette: talk, name: script.Name()}
	defer log.progress.close()
	return batch.Apply(ctx, batch.Application{
		Plan: file, File: c.Plan, Script: script, Site: s.job.Site, Control: s.job.Control, Parameters: c.Param, User: userName(e), Wait: c.Wait, Log: log,
	})
}
