package site

import (
	"slices"
	"strings"
)

// A modelRow is a custodian as the model of TestHistory holds it. Empty text
// is Null.
type modelRow struct {
	id                               int64
	okta, source, login, email, name string
	active                           bool
}

// A modelTable is the Custodian table in memory, with what a run does to it,
// written down as plainly as it can be said: record by record, with loops over
// all rows.
type modelTable struct {
	rows []*modelRow
}

func (m *modelTable) snapshot() map[int64]modelRow {
	all := make(map[int64]modelRow)
	for _, r := range m.rows {
		all[r.id] = *r
	}
	return all
}

func (m *modelTable) all(is func(*modelRow) bool) (found []*modelRow) {
	for _, r := range m.rows {
		if is(r) {
			found = append(found, r)
		}
	}
	return found
}

// A modelPlan is what becomes of one record of a pull.
type modelPlan struct {
	p      person
	row    *modelRow // the row that it is written to; nil: a new one
	rank   int       // 1, 2: the row is adopted by Login, by Email
	rekey  bool      // the row is taken over from an id that is gone
	refuse bool
}

// run is one pull of a source: everyone of it when complete, and then whoever
// was not read becomes inactive. It returns the counts but for the ids of new
// rows, which it numbers on from last in the order in which they arrived.
func (m *modelTable) run(source string, pull []person, complete bool, last int64) Counts {
	before := m.snapshot()
	plans := make([]*modelPlan, len(pull))
	present := make(map[*modelRow]bool)
	for i, p := range pull {
		plans[i] = &modelPlan{p: p}
		m.identify(plans[i], source, present)
	}
	m.oneClaimEach(plans, present)
	m.unique(plans, source, complete, present)

	c := Counts{Read: int64(len(pull))}
	actions := make(map[*modelRow]Action)
	touched := make(map[*modelRow]bool)
	for i, x := range plans {
		if x.refuse {
			c.Rejected++
			continue
		}
		if x.row == nil {
			x.row = &modelRow{id: last + int64(i) + 1}
			m.rows = append(m.rows, x.row)
			actions[x.row] = ActionInsert
		} else if x.rank > 0 {
			actions[x.row] = ActionAdopt
		} else if x.rekey {
			actions[x.row] = ActionRekey
		}
		touched[x.row] = true
		r := x.row
		r.okta, r.source, r.login, r.email, r.name, r.active = x.p.id, source, x.p.login, x.p.email, x.p.name, x.p.active
	}
	for _, r := range m.rows {
		if complete && r.source == source && r.active && !present[r] && !touched[r] {
			r.active = false
		}
		was, is := before[r.id], *r
		switch a := actions[r]; {
		case a == ActionInsert:
			c.Inserted++
		case a == ActionAdopt:
			c.Adopted++
		case a == ActionRekey:
			c.Rekeyed++
		case was == is:
			if touched[r] {
				c.Unchanged++
			}
		case was.active && !is.active:
			c.Deactivated++
		case !was.active && is.active:
			c.Reactivated++
		default:
			c.Updated++
		}
	}
	return c
}

// identify finds the row of a record: the one with its id, else the only one
// without an id that has its login, else its e-mail.
func (m *modelTable) identify(x *modelPlan, source string, present map[*modelRow]bool) {
	if own := m.all(func(r *modelRow) bool { return r.okta == x.p.id }); len(own) == 1 {
		x.row = own[0]
		present[x.row] = true
		return
	}
	for rank, of := range []func(*modelRow) string{1: func(r *modelRow) string { return r.login }, 2: func(r *modelRow) string { return r.email }} {
		if of == nil {
			continue
		}
		want := x.p.login
		if rank == 2 {
			want = x.p.email
		}
		hits := m.all(func(r *modelRow) bool { return want != "" && r.okta == "" && Fold(of(r)) == Fold(want) })
		switch {
		case len(hits) == 1:
			x.row, x.rank = hits[0], rank
			return
		case len(hits) > 1:
			x.refuse = true
			for _, r := range append(hits, m.holders(x.p.login, source)...) {
				present[r] = true // one of them may be meant
			}
			return
		}
	}
}

// holders are the rows of a source with a login: one at most.
func (m *modelTable) holders(login, source string) []*modelRow {
	return m.all(func(r *modelRow) bool { return login != "" && r.source == source && Fold(r.login) == Fold(login) })
}

// oneClaimEach lets a row be adopted by the record that found it by the better
// column, where only one did.
func (m *modelTable) oneClaimEach(plans []*modelPlan, present map[*modelRow]bool) {
	claims := make(map[*modelRow][]*modelPlan)
	for _, x := range plans {
		if x.rank > 0 {
			present[x.row] = true
			claims[x.row] = append(claims[x.row], x)
		}
	}
	for _, all := range claims {
		best := slices.MinFunc(all, func(a, b *modelPlan) int { return a.rank - b.rank })
		ties := 0
		for _, x := range all {
			if x.rank == best.rank {
				ties++
			}
		}
		for _, x := range all {
			if x != best || ties > 1 {
				x.refuse = true
			}
		}
	}
}

// unique refuses records until no two rows of the source would have one login,
// looking at the table as it will be. A new record takes the row over whose id
// is gone from a complete pull.
func (m *modelTable) unique(plans []*modelPlan, source string, complete bool, present map[*modelRow]bool) {
	for again := true; again; {
		again = false
		moves := make(map[*modelRow]bool) // rows that get another login
		for _, x := range plans {
			if !x.refuse && x.row != nil && Fold(x.p.login) != Fold(x.row.login) {
				moves[x.row] = true
			}
		}
		for _, x := range plans {
			if x.refuse || x.rekey {
				continue
			}
			for _, r := range m.holders(x.p.login, source) {
				switch {
				case r == x.row || moves[r]:
				case x.row == nil && !present[r] && complete:
					x.row, x.rekey, again = r, true, true
				default:
					x.refuse, again = true, true
				}
			}
		}
	}
}

// spelling gives the same login in other letters that fold to it.
func spelling(login string, n int) string {
	other := login
	switch n {
	case 0:
		other = strings.ToUpper(login)
	case 1:
		other = strings.ToLower(login)
	case 2:
		other = strings.NewReplacer("ß", "SS", "ss", "ß", "é", "e\u0301", "Å", "A\u030a", "å", "a\u030a").Replace(login)
	case 3:
		other = strings.NewReplacer("k", "\u212a", "s", "ſ", "å", "\u212b", "σ", "ς").Replace(login)
	}
	if Fold(other) != Fold(login) {
		return login
	}
	return other
}
