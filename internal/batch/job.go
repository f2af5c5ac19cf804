// Package batch runs transformations as jobs: with a lease, so that no
// transformation runs twice at once, and with a history that says what every
// run did, also when it failed or its process was killed.
//
// [Run] is one job from beginning to end. [SavePlan] keeps what a dry run would
// have written, and [Apply] writes it.
package batch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/internal/plan"
	"github.com/amsx-lang/amsx/internal/site"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// A Job is one run of a transformation.
type Job struct {
	Script     *amsx.Script
	File       string // where the script came from, for the history
	Site       *amsx.Site
	Files      string // the folder whose files the run may read and write
	Control    *control.DB
	Packs      runtime.Packs
	Parameters map[string]string
	Pack       string // the credential pack to use; empty: the parameter's own
	HTTP       amsx.HTTP
	Now        func() time.Time // nil: the machine's clock
	User       string
	Testing    bool
	Planning   bool // a dry run whose change set SavePlan can keep
	Limit      int64
	AllowOnce  []string // the fuse's limits that do not hold for this run, or "all"
	Wait       bool     // wait for another run of the transformation to end
	Limits     runtime.Limits
	Log        Log
	Hook       runtime.Hook
}

// A Log is told what a job does, while it does it. Its methods may be called
// from several goroutines.
type Log interface {
	Progress(text string, done, total int64)
	Line(level, text string, pos lexer.Position)
	Warn(code, text string, pos lexer.Position)
	// Waiting says that another run of the transformation must end first.
	Waiting(reason string)
}

// A Report is what became of a job, in the words and with the names of
// `amsx run --json`, which do not change.
type Report struct {
	Run            int64          `json:"run"`
	Transformation string         `json:"transformation"`
	Status         control.Status `json:"status"`
	Error          string         `json:"error"`
	Seconds        float64        `json:"seconds"`
	Counts         control.Counts `json:"counts"`
	Requests       int64          `json:"requests"`
	// Files are what was done to files; of a dry run, what would be.
	Files []amsx.FileChange `json:"files,omitempty"`
	// Altered are the statements that changed the site's tables; of a dry run,
	// what they would be.
	Altered []string `json:"altered,omitempty"`

	Exit    int          `json:"-"` // the exit code that the outcome has
	Result  *amsx.Result `json:"-"` // nil when the run did not begin
	Started time.Time    `json:"-"`
}

// The exit codes of a job's outcome.
const (
	ExitFailed    = 1
	ExitUsage     = 2 // a parameter is missing or wrong; nothing ran
	ExitDocument  = 3
	ExitFuse      = 4
	ExitPlan      = 5 // a plan no longer applies; nothing was written
	ExitCancelled = 130
)

// ExitCode is the exit code that an error of a run stands for.
func ExitCode(err error) int {
	var findings amsx.Findings
	var script *runtime.Error
	var stale *site.StaleError
	var file *plan.Error
	switch {
	case err == nil:
		return 0
	case errors.As(err, &stale), errors.As(err, &file):
		return ExitPlan
	case errors.As(err, &script) && script.Kind == runtime.UsageError:
		return ExitUsage
	case errors.As(err, &findings):
		return ExitDocument
	case errors.Is(err, runtime.ErrFuse):
		return ExitFuse
	case errors.Is(err, context.Canceled):
		return ExitCancelled
	}
	return ExitFailed
}

// Run runs a job. The report is never nil; its status says what the error
// says. A script that does not pass the check is not even entered in the
// history, since nothing was run.
func Run(ctx context.Context, j Job) (*Report, error) {
	now := j.Now
	if now == nil {
		now = time.Now
	}
	j.Testing = j.Testing || j.Planning
	report := &Report{Transformation: j.Script.Name(), Status: control.Failed, Started: now()}
	fail := func(err error) (*Report, error) {
		report.failed(err)
		report.Seconds = now().Sub(report.Started).Seconds()
		return report, err
	}
	parameters, err := j.parameters()
	if err != nil {
		return fail(err)
	}
	if found := j.Script.Check(amsx.CheckOptions{}); found.HasErrors() {
		return fail(found)
	}
	// The looks at the site and the run share a connection, unless it must wait.
	release := j.Site.Keep()
	defer release()
	lease, err := j.acquire(ctx, parameters, release)
	if err != nil {
		return fail(err)
	}
	report.Run = lease.RunID()
	// The end of a run is written down also when it was cancelled.
	tidy := context.WithoutCancel(ctx)

	ctx, cancel := lease.Context(ctx)
	defer cancel()
	undone, err := j.Site.Undone(ctx)
	if err != nil {
		return fail(errors.Join(err, lease.Release(tidy)))
	}
	last, found, err := j.Control.LastGood(ctx, j.Script.Name(), undone)
	if err != nil {
		return fail(errors.Join(err, lease.Release(tidy)))
	}
	if !found {
		last = control.Run{}
	}
	// What a plan wrote was read when the plan was made: whoever asks for what
	// is new since the last good run means since then.
	if made, planned, err := j.Site.Planned(ctx, last.ID); err != nil {
		return fail(errors.Join(err, lease.Release(tidy)))
	} else if planned {
		last.Started = made
	}
	log := newRecorder(j.Log, lease, now)
	expected := last.Counts.Read
	if j.Limit > 0 || !maps.Equal(last.Parameters, parameters) {
		expected = 0 // that run says nothing about how much this one reads
	}
	report.Result, err = j.Script.Run(ctx, amsx.RunOptions{
		Site: j.Site, Files: j.Files, Packs: j.Packs, Parameters: parameters, HTTP: j.HTTP, Log: log, Now: j.Now, User: j.User,
		RunID: lease.RunID(), Fence: lease.Fence(), LastGood: last.Started, Expected: expected,
		Testing: j.Testing, Planning: j.Planning, Limit: j.Limit, AllowOnce: j.AllowOnce, Hook: j.Hook, Limits: j.Limits,
	})
	if lost := lease.Err(); err != nil && lost != nil {
		err = lost
	}
	report.Status = control.Completed
	if err != nil {
		report.failed(err)
	}
	report.Counts, report.Requests, report.Files = counts(report.Result), report.Result.Requests, report.Result.Files
	report.Altered = report.Result.Altered
	report.Seconds = now().Sub(report.Started).Seconds()
	if ended := j.end(tidy, lease, log, report); ended != nil {
		err = errors.Join(err, fmt.Errorf("the run is done, but its history could not be written: %w", ended))
	}
	if err == nil && !j.Testing {
		if perr := j.prune(tidy, report.Run, now()); perr != nil && j.Log != nil {
			// The run is done; the next one prunes again.
			j.Log.Line("warning", "old history could not be removed: "+perr.Error(), lexer.Position{})
		}
	}
	return report, err
}

// failed notes how a run ended that did not end well.
func (r *Report) failed(err error) {
	r.Status, r.Error, r.Exit = control.Failed, err.Error(), ExitCode(err)
	if r.Exit == ExitCancelled {
		r.Status = control.Cancelled
	}
	var script *runtime.Error
	if errors.As(err, &script) && script.Kind == runtime.FuseBlown {
		r.Error += "; " + script.Hint // who reads the history must know how to go on
	}
}

// acquire takes the lease of the transformation. It calls release before it
// waits for another run to end.
func (j *Job) acquire(ctx context.Context, parameters map[string]string, release func() error) (*control.Lease, error) {
	lastRun, lastFence, err := j.Site.LastRun(ctx)
	if err != nil {
		return nil, err
	}
	info := control.RunInfo{
		File: j.File, Script: string(j.Script.Source()), Parameters: parameters, Test: j.Testing, User: j.User,
		LastRun: lastRun, LastFence: lastFence,
	}
	if !j.Wait {
		return j.Control.Acquire(ctx, j.Script.Name(), info)
	}
	return j.Control.AcquireWait(ctx, j.Script.Name(), info, func(e *control.LeasedError) {
		_ = release() // it was only read
		if j.Log != nil {
			j.Log.Waiting(e.Running())
		}
	})
}

// end writes down what became of the run.
func (j *Job) end(ctx context.Context, lease *control.Lease, log *recorder, r *Report) error {
	entries := log.take()
	for _, n := range r.Result.Warnings {
		entries.Warnings = append(entries.Warnings, control.Warning{Code: n.Code, Message: n.Text, Line: n.Pos.Line, Column: n.Pos.Column, Count: n.Count})
	}
	for _, x := range r.Result.Rejects {
		entries.Rejects = append(entries.Rejects, control.Reject{Key: x.Key, Reason: x.Reason, Line: x.Pos.Line, Fields: []byte(x.JSON)})
	}
	err := lease.Append(ctx, entries)
	code := ""
	if r.Exit != 0 {
		code = fmt.Sprint(r.Exit)
	}
	var files []string
	for _, f := range r.Files {
		files = append(files, f.String())
	}
	return errors.Join(err, lease.Finish(ctx, control.Outcome{
		Status: r.Status, Error: r.Error, ErrorCode: code, ExitCode: r.Exit, Requests: r.Requests, Counts: r.Counts, Altered: r.Altered, Files: files,
	}))
}

// parameters are the job's parameters with the pack put where it belongs.
func (j *Job) parameters() (map[string]string, error) {
	p := maps.Clone(j.Parameters)
	if p == nil {
		p = map[string]string{}
	}
	if j.Pack == "" {
		return p, nil
	}
	for _, d := range j.Script.Parameters() {
		if strings.EqualFold(d.Type.Value, "CredentialPack") {
			p[d.Name.Value] = j.Pack
			return p, nil
		}
	}
	return nil, fmt.Errorf("%s has no parameter of type CredentialPack for the pack %s to go into", j.Script.Name(), j.Pack)
}

// counts are the result's counts under the names of the history.
func counts(r *amsx.Result) control.Counts {
	c := r.Counts
	return control.Counts{
		Read: c.Read, Inserted: c.Inserted, Updated: c.Updated, Unchanged: c.Unchanged, Reactivated: c.Reactivated,
		Deactivated: c.Deactivated, Adopted: c.Adopted, Rejected: c.Rejected, Warnings: c.Warnings,
	}
}
