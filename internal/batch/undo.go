package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/internal/site"
)

// An UndoJob takes a run back.
type UndoJob struct {
	Run     int64
	Site    *amsx.Site
	Control *control.DB
	User    string
	Now     func() time.Time // nil: the machine's clock
	// Testing: nothing is written, not even a run in the history.
	Testing bool
	Wait    bool                // wait for a run of the transformation to end
	Waiting func(reason string) // told which run is waited for; may be nil
}

// An UndoReport is what became of an undo, in the names of `amsx undo --json`.
type UndoReport struct {
	Run            int64          `json:"run"` // of the undo; 0: a test
	Undoes         int64          `json:"undoes"`
	OfUndo         bool           `json:"-"` // that run was an undo itself
	Transformation string         `json:"transformation"`
	Status         control.Status `json:"status"`
	Error          string         `json:"error"`
	Test           bool           `json:"test"`
	Seconds        float64        `json:"seconds"`
	Changed        int64          `json:"changed"` // rows
	Counts         UndoCounts     `json:"counts"`
	Changes        []site.Change  `json:"changes"` // the first maxUndoChanges
	Staying        int64          `json:"staying"` // fields and rows that stay
	Stays          []site.Stay    `json:"stays"`   // the first 1000 of them
	// NotUndone is what the run did that no undo takes back: statements that
	// changed the site's tables, and files.
	NotUndone []string `json:"notUndone"`
}

// UndoCounts are what an undo did to rows.
type UndoCounts struct {
	Deleted     int64 `json:"deleted"`
	PutBack     int64 `json:"putBack"`
	Updated     int64 `json:"updated"`
	Reactivated int64 `json:"reactivated"`
	Deactivated int64 `json:"deactivated"`
}

// maxUndoChanges bounds the changes that a report lists.
const maxUndoChanges = 10_000

// Undo takes a run back, as a run of the same transformation: with its lease,
// so that neither writes into the other. The report is never nil.
func Undo(ctx context.Context, j UndoJob) (*UndoReport, error) {
	now := j.Now
	if now == nil {
		now = time.Now
	}
	began := now()
	r := &UndoReport{Undoes: j.Run, Status: control.Failed, Test: j.Testing, Changes: []site.Change{}, Stays: []site.Stay{}, NotUndone: []string{}}
	fail := func(err error) (*UndoReport, error) {
		if ctx.Err() != nil {
			r.Status = control.Cancelled
		}
		r.Error, r.Seconds = err.Error(), now().Sub(began).Seconds()
		return r, err
	}
	name, former, err := j.undoable(ctx)
	if err != nil {
		return fail(err)
	}
	r.Transformation, r.OfUndo = name, former.UndoOf > 0
	r.NotUndone = append(append(r.NotUndone, former.Altered...), former.Files...)
	if j.Testing {
		if err := r.take(ctx, j.Site, site.RunInfo{Transformation: name, Testing: true}); err != nil {
			return fail(err)
		}
		r.Status, r.Seconds = control.Completed, now().Sub(began).Seconds()
		return r, nil
	}
	lease, err := j.acquire(ctx, name, former.File)
	if err != nil {
		return fail(err)
	}
	r.Run = lease.RunID()
	tidy := context.WithoutCancel(ctx)
	held, cancel := lease.Context(ctx)
	defer cancel()
	err = r.take(held, j.Site, site.RunInfo{RunID: lease.RunID(), Transformation: name, Fence: lease.Fence()})
	if lost := lease.Err(); err != nil && lost != nil {
		err = lost
	}
	r.Status, r.Seconds = control.Completed, now().Sub(began).Seconds()
	if err != nil {
		_, _ = fail(err)
	}
	code, exit := "", ExitCode(err)
	if exit != 0 {
		code = fmt.Sprint(exit)
	}
	var entries control.Entries
	for _, s := range r.Stays {
		entries.Log = append(entries.Log, control.LogLine{Level: "info", Message: StayText(s)})
	}
	ended := errors.Join(lease.Append(tidy, entries), lease.Finish(tidy, control.Outcome{
		Status: r.Status, Error: r.Error, ErrorCode: code, ExitCode: exit,
		Counts: control.Counts{Inserted: r.Counts.PutBack, Updated: r.Counts.Updated, Reactivated: r.Counts.Reactivated, Deactivated: r.Counts.Deactivated},
	}))
	if ended != nil {
		err = errors.Join(err, fmt.Errorf("the history of the undo could not be written: %w", ended))
	}
	return r, err
}

// acquire takes the lease of the transformation.
func (j *UndoJob) acquire(ctx context.Context, transformation, file string) (*control.Lease, error) {
	lastRun, lastFence, err := j.Site.LastRun(ctx)
	if err != nil {
		return nil, err
	}
	info := control.RunInfo{File: file, User: j.User, UndoOf: j.Run, LastRun: lastRun, LastFence: lastFence}
	if !j.Wait {
		return j.Control.Acquire(ctx, transformation, info)
	}
	return j.Control.AcquireWait(ctx, transformation, info, func(e *control.LeasedError) {
		if j.Waiting != nil {
			j.Waiting(e.Running())
		}
	})
}

// undoable finds the run and what its history says of it.
func (j *UndoJob) undoable(ctx context.Context) (transformation string, former control.Run, err error) {
	former, err = j.Control.Run(ctx, j.Run)
	var none *control.NoRunError
	unknown := errors.As(err, &none)
	if err != nil && !unknown {
		return "", former, err
	}
	record, merged, rerr := j.Site.RunRecord(ctx, j.Run)
	switch {
	case rerr != nil:
		return "", former, rerr
	case unknown && !merged:
		return "", former, err
	case former.Test:
		return "", former, &site.UndoError{Run: j.Run, Reason: "it was a dry run, which wrote nothing"}
	case former.Status == control.Running:
		return "", former, &site.UndoError{Run: j.Run, Reason: "it is still running; wait for its end, or cancel it first"}
	case former.Status == control.Queued:
		return "", former, &site.UndoError{Run: j.Run, Reason: "it has not begun"}
	case !merged:
		return "", former, &site.UndoError{Run: j.Run, Reason: fmt.Sprintf("it ended as %s and wrote nothing to this site", former.Status)}
	}
	return record.Transformation, former, j.Site.Undoable(ctx, j.Run)
}

// take has the site undo the run and fills the report.
func (r *UndoReport) take(ctx context.Context, s *amsx.Site, info site.RunInfo) error {
	u, err := s.Undo(ctx, info, r.Undoes)
	if err != nil {
		return err
	}
	defer u.Close()
	c := u.Counts
	r.Counts = UndoCounts{Deleted: c.Deleted, PutBack: c.Inserted, Updated: c.Updated, Reactivated: c.Reactivated, Deactivated: c.Deactivated}
	r.Stays, r.Staying = append(r.Stays, u.Stays...), u.Staying
	for ch, err := range u.Changes() {
		if err != nil {
			return err
		}
		if r.Changed++; r.Changed <= maxUndoChanges {
			r.Changes = append(r.Changes, ch)
		}
	}
	return nil
}

// StayText says what an undo leaves, and why.
func StayText(s site.Stay) string {
	what := s.Key
	if s.Field != "" {
		what += ", " + s.Field
	}
	return fmt.Sprintf("%s stays as it is: %s", what, s.Reason)
}
