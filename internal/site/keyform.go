package site

import (
	"fmt"
	"strings"

	"zombiezen.com/go/sqlite"
)

// The key forms LoginKey and EmailKey are amsx's own: they follow from Login
// and Email. Two triggers of the schema fill them for a row that another
// program writes, but can do so for ASCII only, and leave them Null otherwise,
// because a key form that is not there is better than one of another login.
// What they leave is filled here. A row without its key forms would not be
// adopted, nor found as a manager, nor kept from being there twice.

// unkeyed is the SQL condition of a row of which a key form is missing, or ""
// where the table has none. It is that of the index Custodian_Unkeyed.
func (t *table) unkeyed() string {
	var parts []string
	for _, col := range t.columns {
		if col.key >= 0 {
			parts = append(parts, quote(col.name)+" IS NOT NULL AND "+quote(t.columns[col.key].name)+" IS NULL")
		}
	}
	return strings.Join(parts, " OR ")
}

// fillKeys fills what other programs left, before the run looks a row up. It
// is no change of what a row says, so that a test does it too: a test that did
// not would find other rows than the run after it.
func (s *Session) fillKeys() error {
	for _, name := range s.names {
		t := s.table(name)
		if t.unkeyed() == "" {
			continue
		}
		if n, err := scalar(s.c, "SELECT count(*) FROM (SELECT 1 FROM main."+quote(name)+" WHERE "+t.unkeyed()+" LIMIT 1)"); err != nil {
			return s.explain("look for rows without key forms", err)
		} else if n == 0 {
			continue
		}
		// A dry run fills them too: they are of no script.
		testing := s.info.Testing
		s.info.Testing = false
		err := s.beginWrite()
		s.info.Testing = testing
		if err != nil {
			return err
		}
		// Of rows that would be the same, one stays without.
		if err := s.fillKeysOf(t, "UPDATE OR IGNORE"); err != nil {
			return s.explain("fill the key forms of "+name, err)
		}
		if err := s.commit(); err != nil {
			return err
		}
	}
	return nil
}

// fillKeysOf fills the key forms that are missing in a table, after SQL of the
// script wrote it.
func (s *Session) fillKeysOf(t *table, update string) error {
	if t.unkeyed() == "" {
		return nil
	}
	var set []string
	for _, col := range t.columns {
		if col.key >= 0 {
			key := quote(t.columns[col.key].name)
			set = append(set, key+"=coalesce("+key+", Fold("+quote(col.name)+"))")
		}
	}
	return s.run(update + " main." + quote(t.name) + " SET " + strings.Join(set, ", ") + " WHERE " + t.unkeyed())
}

// restoreKeys writes the key forms that the trigger for other programs took
// away again: it sees a login that changed and a key form that did not, and
// cannot know that the login has only another spelling (ZOË for Zoë).
func (t *target) restoreKeys() error {
	for p := range t.cols {
		col := &t.cols[p]
		if col.base < 0 || !t.changed.has(col.base) {
			continue
		}
		err := t.s.run(fmt.Sprintf("UPDATE main.%[1]s AS c SET %[2]s=s.c%[3]d FROM temp.%[4]s s WHERE c.%[5]s IN (SELECT rid FROM temp.%[4]s) AND s.rid=c.%[5]s AND %[6]s AND c.%[2]s IS NULL AND s.c%[3]d IS NOT NULL",
			quote(t.table.name), quote(col.name), p, t.temp("upd"), t.table.rowid, bitOf("s", col.base)))
		if err != nil {
			return err
		}
	}
	return nil
}

// manyRows is how many new rows make it worth to change the schema for them.
const manyRows = 1000

// dropKeyTrigger takes the trigger that fills the key forms for other programs
// off the table until restore puts it back, both in the transaction of the
// merge. It has nothing to do for rows that amsx writes; but where a table has
// an insert trigger, the engine copies all the rows of an INSERT … SELECT into
// a temporary table first, which is a fifth of the time that a first sync holds
// the lock.
func (t *target) dropKeyTrigger() (restore func() error, err error) {
	restore = func() error { return nil }
	if t.newRows < manyRows {
		return restore, nil
	}
	name, create := t.table.name+"_Keys_Insert", ""
	err = t.s.rows("SELECT sql FROM main.sqlite_master WHERE type='trigger' AND name=?1 AND tbl_name=?2", func(st *sqlite.Stmt) error {
		create = st.ColumnText(0)
		return nil
	}, name, t.table.name)
	if err != nil || create == "" {
		return restore, err
	}
	return func() error { return t.s.run(create) }, t.s.run("DROP TRIGGER main." + quote(name))
}
