package site

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"zombiezen.com/go/sqlite"
)

// A leaver is one DeactivateMissing of the script: the rows of a source that
// the merge makes inactive unless their key was read.
type leaver struct {
	t      *table
	source string
	pos    lexer.Position
	off    bool // it may mark nobody in this run
	count  int64
	active int64 // active rows of the source
}

// DeactivateMissing marks the rows of a source whose key was not read in this
// run, when the run is merged. It returns how many that will be, as far as is
// known now.
func (s *Session) DeactivateMissing(ctx context.Context, source string, pos lexer.Position) (int64, error) {
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	t := s.table("Custodian")
	if source == "" {
		var sources []string
		for _, g := range s.targets {
			if g.spec.Source != "" {
				source, t = g.spec.Source, g.table
				sources = append(sources, g.spec.Source)
			}
		}
		for _, o := range sources {
			if o != source {
				return 0, fmt.Errorf("the run writes several sources (%s); write which one: DeactivateMissing %q", strings.Join(sources, ", "), source)
			}
		}
		if source == "" {
			return 0, fmt.Errorf("no mapping of the run names a source, so there is nothing to compare with; write DeactivateMissing \"the source\"")
		}
	}
	var known []string
	for _, g := range s.targets {
		if g.spec.Source == source {
			t = g.table
		}
		known = append(known, g.spec.Source)
	}
	if len(known) > 0 && !slices.Contains(known, source) && !slices.Contains(known, "") {
		return 0, fmt.Errorf("the run has read no record of the source %q, so everyone of it would count as missing; it writes the source %s: leave the name out", source, strings.Join(known, ", "))
	}
	if t == nil || t.active < 0 || t.source < 0 {
		name := "Custodian"
		if t != nil {
			name = t.name
		}
		return 0, fmt.Errorf("table %s has no columns Active and Source, so its rows cannot be made inactive", name)
	}
	l := leaver{t: t, source: source, pos: pos}
	if s.info.Limit > 0 {
		l.off = true
		s.warn("leavers-limited", fmt.Sprintf("only the first %d records were read, so nobody of %s is marked as a leaver", s.info.Limit, source), pos)
	}
	s.spare(&l)
	if err := s.endArrivals(); err != nil {
		return 0, err
	}
	if !l.off {
		if err := s.missing(&l, func(int64) error { return nil }); err != nil {
			return 0, s.explain("find the leavers", err)
		}
	}
	for i := range s.leavers {
		if s.leavers[i].t == t && s.leavers[i].source == source {
			s.leavers[i] = l
			return l.count, nil
		}
	}
	s.leavers = append(s.leavers, l)
	return l.count, nil
}

// spare calls the leavers off when a rejected record had no readable key: it
// could be any of them.
func (s *Session) spare(l *leaver) {
	for _, g := range s.targets {
		if !l.off && g.table == l.t && g.spec.Source == l.source && g.unreadable {
			l.off, l.count = true, 0
			s.warn("leavers-unreadable", fmt.Sprintf("a rejected record had no readable key, so nobody of %s is marked as a leaver: it could be any of them", l.source), l.pos)
		}
	}
}

// missing calls f for every active row of the source that was not read. A row
// that somebody added while the run read is not missing: it may have come after
// its page.
func (s *Session) missing(l *leaver, f func(id int64) error) error {
	l.count, l.active = 0, 0
	last, bounded := s.lastBefore[l.t.name]
	return s.rows("SELECT "+l.t.rowid+" FROM main."+quote(l.t.name)+" WHERE Source=?1 AND Active=1", func(st *sqlite.Stmt) error {
		id := st.ColumnInt64(0)
		l.active++
		for _, g := range s.targets {
			if g.table == l.t && g.present.has(id) {
				return nil
			}
		}
		if bounded && id > last {
			return nil
		}
		l.count++
		return f(id)
	}, l.source)
}

// countAbsent counts the active rows of the sources that the run read without
// asking for leavers (the members of a group, say) whose key was not read. They
// stay as they are, and the summary says how many.
func (s *Session) countAbsent() error {
	s.absent = 0
	if s.info.Limit > 0 {
		return nil
	}
	counted := make(map[tableSource]bool)
	for _, l := range s.leavers {
		counted[tableSource{l.t.name, l.source}] = true
	}
	for _, g := range s.targets {
		k := tableSource{g.table.name, g.spec.Source}
		if counted[k] || g.spec.Source == "" || g.table.active < 0 || g.table.source < 0 || g.empty {
			continue
		}
		counted[k] = true
		l := leaver{t: g.table, source: g.spec.Source}
		if err := s.missing(&l, func(int64) error { return nil }); err != nil {
			return err
		}
		s.absent += l.count
	}
	return nil
}

// complete reports whether the run read all of the target's source.
func (t *target) complete() bool {
	for _, l := range t.s.leavers {
		if l.t == t.table && l.source == t.spec.Source && !l.off {
			return true
		}
	}
	return false
}
