package batch

import (
	"context"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/internal/site"
)

// A Forgetting is what was removed of a person, in the names of
// `amsx forget --json`.
type Forgetting struct {
	site.Forgotten
	Test    bool    `json:"test"`
	Entries int64   `json:"entries"` // log lines, warnings, rejects and texts of runs
	Scripts []int64 `json:"scripts"` // runs whose script names the person, which stays
}

// A ForgetError says that nobody was forgotten, because a run is under way.
type ForgetError struct{ Run *control.LeasedError }

func (e *ForgetError) Error() string {
	return "nothing was removed: " + e.Run.Running() + ". It may have read of the person already, and would write it afterwards; say this again when it has ended"
}

func (e *ForgetError) Unwrap() error { return e.Run }

// Forget removes a row and what change sets, logs, warnings and rejects hold
// of it. The history may be missing; then db is nil.
//
// It takes no lease, because it is of no transformation, and refuses while any
// run is under way: what that run has staged, and the log that it has not
// written yet, may hold the person. A run that begins while it works reads the
// site as it is left, and of the source what the source has.
func Forget(ctx context.Context, s *amsx.Site, db *control.DB, table, key string, testing bool) (*Forgetting, error) {
	// The history first, since it is looked through by values that the site
	// will not know any more.
	f, err := s.Forget(ctx, table, key, true)
	if err != nil {
		return nil, err
	}
	out := &Forgetting{Test: testing, Scripts: []int64{}}
	if db != nil && !testing {
		if run, err := db.UnderWay(ctx); err != nil {
			return nil, err
		} else if run != nil {
			return nil, &ForgetError{run}
		}
	}
	if db != nil {
		e, err := db.Forget(ctx, f.Texts, testing)
		if err != nil {
			return nil, err
		}
		out.Entries, out.InUse = e.Entries, e.InUse
		out.Scripts = append(out.Scripts, e.Scripts...)
	}
	inUse := out.InUse
	if !testing {
		if f, err = s.Forget(ctx, table, key, false); err != nil {
			return nil, err
		}
	}
	out.Forgotten = *f
	out.InUse = out.InUse || inUse
	return out, nil
}
