package batch

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/internal/plan"
	"github.com/amsx-lang/amsx/internal/site"
	"github.com/amsx-lang/amsx/lexer"
)

// nothing yields no note: a redacted plan needs none.
func nothing(func(site.Written, error) bool) {}

// planID is a name that no other plan has.
func planID() string { return rand.Text() }

// An Application is the applying of one plan.
type Application struct {
	Plan       *plan.File // verified, see OpenPlan
	File       string     // its name, for the log
	Script     *amsx.Script
	Site       *amsx.Site
	Control    *control.DB
	Parameters map[string]string // that the plan must have been made with, as far as they are given
	Now        func() time.Time  // nil: the machine's clock
	User       string
	Wait       bool // wait for another run of the transformation to end
	Log        Log
}

// Apply writes a plan, exactly, as a run of its transformation that is in the
// history. Its error is a *site.StaleError where the plan no longer applies.
func Apply(ctx context.Context, a Application) (*Report, error) {
	now := a.Now
	if now == nil {
		now = time.Now
	}
	h := a.Plan.Header
	report := &Report{Transformation: h.Transformation, Status: control.Failed, Started: now()}
	fail := func(err error) (*Report, error) {
		report.failed(err)
		report.Seconds = now().Sub(report.Started).Seconds()
		return report, err
	}
	if err := a.inputs(); err != nil {
		return fail(err)
	}
	j := Job{Script: a.Script, File: h.File, Site: a.Site, Control: a.Control, User: a.User, Wait: a.Wait, Log: a.Log}
	release := j.Site.Keep() // as in Run
	defer release()
	lease, err := j.acquire(ctx, h.Parameters, release)
	if err != nil {
		return fail(err)
	}
	report.Run = lease.RunID()
	tidy := context.WithoutCancel(ctx) // as in Run
	ctx, cancel := lease.Context(ctx)
	defer cancel()
	log := newRecorder(a.Log, lease, now)
	log.Line("info", fmt.Sprintf("applies the plan %s of %s, which %s made at %s in the dry run %d", a.File, h.File, h.By, h.Site.Began.Format(time.RFC3339), h.Run), lexer.Position{})

	report.Result = &amsx.Result{}
	err = a.write(ctx, lease, report.Result)
	if lost := lease.Err(); err != nil && lost != nil {
		err = lost
	}
	report.Status = control.Completed
	if err != nil {
		report.failed(err)
	}
	report.Counts, report.Altered = counts(report.Result), report.Result.Altered
	report.Seconds = now().Sub(report.Started).Seconds()
	if ended := j.end(tidy, lease, log, report); ended != nil {
		what := "the plan is applied, but its history"
		if err != nil {
			what = "the history"
		}
		err = errors.Join(err, fmt.Errorf("%s could not be written: %w", what, ended))
	}
	return report, err
}

// write is the part of Apply between taking the lease and giving it back.
func (a *Application) write(ctx context.Context, lease *control.Lease, r *amsx.Result) error {
	session, err := a.Site.Begin(ctx, site.RunInfo{RunID: lease.RunID(), Transformation: a.Plan.Header.Transformation, Fence: lease.Fence()})
	if err != nil {
		return err
	}
	defer session.Abort()
	done, err := session.Apply(ctx, &a.Plan.Header.Site, a.Plan.Changes(), a.Plan.Written(), a.Plan.Unchanged)
	r.Written = session.Written()
	if err != nil {
		return err
	}
	r.Counts, r.Altered, r.Locked = done.Counts, session.Altered(), done.Lock
	return nil
}

// inputs holds the script and the parameters against those of the plan.
func (a *Application) inputs() error {
	h := a.Plan.Header
	was := make([]amsx.ScriptHash, len(h.Scripts))
	for i, s := range h.Scripts {
		was[i] = amsx.ScriptHash(s)
	}
	if len(was) == 0 || a.Script.Name() != h.Transformation {
		return &site.StaleError{Reason: h.File + " is another transformation by now"}
	}
	if name, became := a.Script.Changed(was); name != "" {
		return &site.StaleError{Reason: name + " " + became}
	}
	for name, value := range a.Parameters {
		made, given := "", false
		for n, v := range h.Parameters {
			if strings.EqualFold(n, name) {
				made, given = v, true
			}
		}
		switch {
		case !given:
			return &site.StaleError{Reason: fmt.Sprintf("it was made without the parameter %s", name)}
		case made != value:
			return &site.StaleError{Reason: fmt.Sprintf("it was made with %s=%q, and not %q", name, made, value)}
		}
	}
	return nil
}
