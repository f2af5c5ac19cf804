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

// Forget removes a row and what change sets, logs, warnings and rejects hold
// of it. The history may be missing; then db is nil.
func Forget(ctx context.Context, s *amsx.Site, db *control.DB, table, key string, testing bool) (*Forgetting, error) {
	// The history first, since it is looked through by values that the site
	// will not know any more.
	f, err := s.Forget(ctx, table, key, true)
	if err != nil {
		return nil, err
	}
	out := &Forgetting{Test: testing, Scripts: []int64{}}
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
