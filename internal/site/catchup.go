package site

import (
	"fmt"
	"strings"

	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
)

// Records are compared with the rows that are there when they arrive, and
// nothing is locked until the merge. What another run, a person or a program
// wrote in between is looked at again, before the lock and once more under it: a
// record that was new may have its row by now, and a value that must be unique
// may be taken. Rows that were as their record says, and were changed since,
// stay as the other left them, as if it had come after this run.

// noteVersion remembers the state of the site that the first record of a unit
// is compared with.
func (s *Session) noteVersion() error {
	if s.seen != 0 {
		return nil
	}
	var err error
	s.seen, err = s.version()
	return err
}

// version is a number that another one's commit changes, and one's own does
// not: https://sqlite.org/pragma.html#pragma_data_version
func (s *Session) version() (int64, error) {
	return scalar(s.c, "PRAGMA main.data_version")
}

// overtaken reports whether somebody wrote to the site since the unit began, or
// since the session last caught up.
func (s *Session) overtaken() (bool, error) {
	if s.seen == 0 {
		return false, nil
	}
	now, err := s.version()
	return now != s.seen, s.explain("see what others wrote meanwhile", err)
}

// catchUp looks at what others wrote, if they did. It is for the caller to
// settle every target with care then.
func (s *Session) catchUp() (late bool, err error) {
	if late, err = s.overtaken(); err != nil || !late {
		return late, err
	}
	for _, t := range s.targets {
		if t.newRows+t.updRows == 0 {
			continue
		}
		if err := t.catchUp(); err != nil {
			return true, s.explain("look at what others wrote meanwhile", err)
		}
	}
	s.seen = 0
	return true, s.explain("see what others wrote meanwhile", s.noteVersion())
}

func (t *target) catchUp() error {
	t.empty = false
	if t.newRows > 0 && len(t.key) > 0 {
		if err := t.dropRepeated(); err != nil {
			return err
		}
		if err := t.findAgain(); err != nil {
			return err
		}
	}
	for _, l := range t.lookups {
		clear(l.cache)
		l.again = true
	}
	return t.hitAgain()
}

// findAgain looks for the rows of the new records that have one by now, or may
// adopt one.
func (t *target) findAgain() error {
	row := "SELECT 1 FROM main." + quote(t.table.name) + " c WHERE "
	var key []string
	for _, k := range t.key {
		key = append(key, fmt.Sprintf("c.%s=s.c%d", quote(t.cols[t.look(k)].name), t.look(k)))
	}
	where := "EXISTS (" + row + strings.Join(key, " AND ") + ")"
	for _, a := range t.adopt {
		where += fmt.Sprintf(" OR EXISTS (%sc.%s=s.c%d", row, quote(t.cols[t.look(a)].name), t.look(a))
		for _, k := range t.key {
			where += " AND c." + quote(t.cols[k].name) + " IS NULL"
		}
		where += ")"
	}
	var found []int64
	err := t.s.rows("SELECT seq FROM temp."+t.temp("new")+" s WHERE s.adopt IS NULL AND ("+where+")", func(st *sqlite.Stmt) error {
		found = append(found, st.ColumnInt64(0))
		return nil
	})
	if err != nil {
		return err
	}
	for _, seq := range found {
		if err := t.place(seq); err != nil {
			return err
		}
	}
	return nil
}

// place gives a staged new record the row that it belongs to.
func (t *target) place(seq int64) error {
	ok, _, err := t.load("new", "seq", seq)
	if err != nil || !ok {
		return err
	}
	id, source, others, err := t.findRow()
	t.find.Reset()
	switch {
	case err != nil:
		return err
	case others != "":
		return t.rejectNew(seq, fmt.Sprintf("its %s matches several rows of %s: %s; make them one, or give each its own key", t.keyText(), t.table.name, others))
	case id != 0 && t.spec.Mode == runtime.InsertOnly:
		t.present.add(id)
		t.skipped++
		return t.dropNew(seq)
	case id != 0:
		act := actUpdate
		if t.table.source >= 0 && t.spec.Source != "" && source != t.spec.Source {
			act = actRekey
			if source == "" {
				act = actAdopt
			}
		}
		return t.attach(seq, id, act)
	}
	id, rank, ambiguous, err := t.findAdoption()
	switch {
	case err != nil:
		return err
	case ambiguous != "":
		return t.rejectNew(seq, ambiguous)
	case id != 0:
		t.pending++
		return t.s.run("UPDATE temp."+t.temp("new")+" SET adopt=?2, rank=?3 WHERE seq=?1", seq, id, int64(rank))
	}
	return nil
}

// hitAgain finds all rows that hold a unique value which a staged record wants,
// as noteHits does for one record.
func (t *target) hitAgain() error {
	if err := t.s.run("DELETE FROM temp." + t.temp("hit") + " WHERE true"); err != nil {
		return err
	}
	into := "INSERT INTO temp." + t.temp("hit") + "(upd, id, idx, other) "
	table := "main." + quote(t.table.name)
	for i := range t.uniq {
		u := &t.uniq[i]
		var fresh, changed, touched []string
		whole := !u.isKey
		for j, p := range u.cols {
			name := quote(t.table.columns[u.table[j]].name)
			if p < 0 {
				whole = false
				changed = append(changed, fmt.Sprintf("o.%s=c.%s", name, name))
				continue
			}
			touched = append(touched, bitOf("s", p))
			fresh = append(fresh, fmt.Sprintf("o.%s=s.c%d AND NOT %s", name, p, bitOf("s", p))) // the mask of a new row: what it keeps
			changed = append(changed, fmt.Sprintf("o.%s=CASE WHEN %s THEN s.c%d ELSE c.%s END", name, bitOf("s", p), p, name))
		}
		if whole {
			q := fmt.Sprintf("SELECT 0, s.seq, %d, o.%s FROM temp.%s s CROSS JOIN %s o ON %s WHERE s.adopt IS NULL", i, t.table.rowid, t.temp("new"), table, strings.Join(fresh, " AND "))
			if err := t.s.run(into + q); err != nil {
				return err
			}
		}
		q := fmt.Sprintf("SELECT 1, s.rid, %d, o.%s FROM temp.%s s CROSS JOIN %s c ON c.%s=s.rid CROSS JOIN %s o ON %s WHERE o.%s<>s.rid AND (%s)",
			i, t.table.rowid, t.temp("upd"), table, t.table.rowid, table, strings.Join(changed, " AND "), t.table.rowid, strings.Join(touched, " OR "))
		if err := t.s.run(into + q); err != nil {
			return err
		}
	}
	var err error
	t.hits, err = scalar(t.s.c, "SELECT count(*) FROM temp."+t.temp("hit"))
	return err
}
