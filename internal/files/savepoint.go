package files

import (
	"context"
	"errors"
	"maps"
)

// A savepoint is how the folder looked to the run at a place that it may go
// back to.
type savepoint struct {
	staged int
	seen   map[string]entry
	held   int64
}

// Savepoint marks a place to go back to, for what the run does to files as for
// its rows.
func (s *site) Savepoint(ctx context.Context) error {
	if err := s.Site.Savepoint(ctx); err != nil {
		return err
	}
	f := s.folder
	s.savepoints = append(s.savepoints, savepoint{len(f.staged), maps.Clone(f.seen), f.held})
	return nil
}

// Release forgets the last savepoint.
func (s *site) Release(ctx context.Context) error {
	if err := s.Site.Release(ctx); err != nil {
		return err
	}
	_, err := s.last()
	return err
}

// RollbackTo undoes what was done since the last savepoint, and forgets it.
func (s *site) RollbackTo(ctx context.Context) error {
	p, err := s.last()
	if err != nil {
		return err
	}
	f := s.folder
	clear(f.staged[p.staged:]) // nothing is written before a commit
	f.staged, f.seen, f.held = f.staged[:p.staged], p.seen, p.held
	return s.Site.RollbackTo(ctx)
}

func (s *site) last() (savepoint, error) {
	n := len(s.savepoints)
	if n == 0 {
		return savepoint{}, errors.New("there is no place to go back to")
	}
	p := s.savepoints[n-1]
	s.savepoints = s.savepoints[:n-1]
	return p, nil
}
