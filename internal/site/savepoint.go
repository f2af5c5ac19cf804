package site

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// A savepoint is a place to go back to: what the database remembers under its
// name, and beside it what the session does.
//
// What is staged is merged, uncommitted, when a savepoint is made and when it
// is released. So nothing is staged at a savepoint, and going back to one needs
// no second account of what was staged. It costs the write lock from the
// savepoint on; the checker sees to it that nothing in between waits for the
// network.
type savepoint struct {
	name     string
	targets  []target // as they were
	leavers  []leaver
	direct   map[string]bool
	captured map[string]bool
	adopted  map[string]int64
	rejects  int
	rejected int64
	absent   int64
	done     Counts
	unit     Counts
	actions  map[string]map[Action]int64
	merged   bool
}

// Savepoint marks a place to go back to.
func (s *Session) Savepoint(ctx context.Context) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	if err := s.hold(); err != nil {
		return errors.Join(err, s.Rollback(ctx))
	}
	p := savepoint{
		name: fmt.Sprintf("amsx_%d", len(s.savepoints)), leavers: slices.Clone(s.leavers),
		direct: maps.Clone(s.direct), captured: maps.Clone(s.captured), adopted: maps.Clone(s.adoptedBy),
		rejects: len(s.rejects), rejected: s.rejected, absent: s.absent, done: s.done, unit: s.unit, merged: s.merged,
		actions: make(map[string]map[Action]int64, len(s.actions)),
	}
	for name, n := range s.actions {
		p.actions[name] = maps.Clone(n)
	}
	for _, t := range s.targets {
		p.targets = append(p.targets, t.snapshot())
	}
	if err := s.run("SAVEPOINT " + p.name); err != nil {
		return s.explain("begin a transaction", err)
	}
	s.savepoints = append(s.savepoints, p)
	return nil
}

// hold takes the write lock and merges what is staged, without a commit.
func (s *Session) hold() error {
	if err := s.detachCursors(); err != nil {
		return err
	}
	if !s.staged() {
		return s.beginWrite()
	}
	s.holding = true
	defer func() { s.holding = false }()
	return s.mergeUnit()
}

// snapshot is a copy of what the target knows of the records that came.
func (t *target) snapshot() target {
	c := *t
	c.present, c.written, c.newest = t.present.clone(), t.written.clone(), t.newest.clone()
	c.adoptedBy = slices.Clone(t.adoptedBy)
	return c
}

// A mark is what the session and its targets know of a unit, at one place in
// its merge. When the engine has rolled back to there, they go back too.
type mark struct {
	targets  []target
	lookups  [][]lookup
	rejects  int
	rejected int64
	absent   int64
	seen     int64
	warnings []Warning
	warned   map[string]int
	overflow int64
	leavers  []leaver
}

func (s *Session) mark() mark {
	m := mark{rejects: len(s.rejects), rejected: s.rejected, absent: s.absent, seen: s.seen, warnings: slices.Clone(s.warnings), warned: maps.Clone(s.warned), overflow: s.overflow, leavers: slices.Clone(s.leavers)}
	for _, t := range s.targets {
		m.targets = append(m.targets, t.snapshot())
		var all []lookup
		for _, l := range t.lookups {
			all = append(all, *l)
		}
		m.lookups = append(m.lookups, all)
	}
	return m
}

func (s *Session) backTo(m mark) {
	s.rejects, s.rejected, s.absent, s.seen = s.rejects[:m.rejects], m.rejected, m.absent, m.seen
	s.warnings, s.warned, s.overflow, s.leavers = m.warnings, m.warned, m.overflow, m.leavers
	for i, t := range s.targets {
		*t = m.targets[i]
		for j, l := range t.lookups {
			*l = m.lookups[i][j]
		}
	}
}

// Release forgets the last savepoint. What was done since stays, uncommitted.
func (s *Session) Release(ctx context.Context) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	p, err := s.lastSavepoint()
	if err != nil {
		return err
	}
	if err := s.hold(); err != nil {
		return err
	}
	if err := s.run("RELEASE " + p.name); err != nil {
		return s.explain("end a transaction", err)
	}
	s.savepoints = s.savepoints[:len(s.savepoints)-1]
	return nil
}

// RollbackTo undoes everything since the last savepoint, and forgets it.
func (s *Session) RollbackTo(ctx context.Context) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	p, err := s.lastSavepoint()
	if err != nil {
		return err
	}
	s.savepoints = s.savepoints[:len(s.savepoints)-1]
	s.closeCursors()
	s.forget() // temporary tables made since are gone
	if err := s.run("ROLLBACK TO " + p.name); err != nil {
		return s.explain("roll back", err)
	}
	if err := s.run("RELEASE " + p.name); err != nil {
		return s.explain("roll back", err)
	}
	if len(p.captured) == 0 {
		if err := s.run("PRAGMA recursive_triggers = OFF"); err != nil {
			return err
		}
	}
	s.leavers, s.direct, s.captured, s.adoptedBy = p.leavers, p.direct, p.captured, p.adopted
	s.rejects, s.rejected, s.absent = s.rejects[:p.rejects], p.rejected, p.absent
	s.done, s.unit, s.merged, s.actions = p.done, p.unit, p.merged, p.actions
	for i, t := range s.targets {
		if i < len(p.targets) {
			*t = p.targets[i]
			for _, l := range t.lookups {
				if err := l.reset(); err != nil {
					return s.explain("roll back", err)
				}
			}
			continue
		}
		// Opened since: its temporary tables are gone with the rest.
		*t = target{s: s, n: t.n, spec: t.spec}
		if err := t.plan(); err != nil {
			return err
		}
		if err := t.prepare(); err != nil {
			return s.explain("roll back", err)
		}
	}
	return nil
}

func (s *Session) lastSavepoint() (savepoint, error) {
	if len(s.savepoints) == 0 || s.c.AutocommitEnabled() {
		return savepoint{}, errors.New("site database: the transaction has ended by itself; nothing of it was written")
	}
	return s.savepoints[len(s.savepoints)-1], nil
}

func (b *bitset) clone() bitset {
	c := bitset{n: b.n}
	if b.pages != nil {
		c.pages = make(map[int64]*bitPage, len(b.pages))
	}
	for k, p := range b.pages {
		q := *p
		c.pages[k] = &q
	}
	return c
}

func (n newestSet) clone() newestSet {
	c := maps.Clone(n)
	for k, p := range c {
		q := *p
		c[k] = &q
	}
	return c
}
