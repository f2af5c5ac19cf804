package site

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
	"zombiezen.com/go/sqlite"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// A RowError says that a key means no row, or several.
type RowError struct {
	Table, Key string
	Matches    []string // the rows; none: there is no such row
}

func (e *RowError) Error() string {
	if len(e.Matches) == 0 {
		return fmt.Sprintf("no row of %s has the id, a unique value or the e-mail address %q; look it up with: SELECT * FROM %s", e.Table, e.Key, e.Table)
	}
	return fmt.Sprintf("%q means %d rows of %s: %s; name one by its id", e.Key, len(e.Matches), e.Table, strings.Join(e.Matches, ", "))
}

// reader is a session that only reads, without a run.
func (d *Database) reader(ctx context.Context, f func(*Session) error) error {
	var own error // an answer of this package, not a fault of the engine
	err := d.with(ctx, func(c *sqlite.Conn) (err error) {
		s := &Session{db: d, c: c, ctx: ctx}
		if s.tables, s.names, err = loadTables(c); err != nil {
			return err
		}
		if err = f(s); sqlite.ErrCode(err) == sqlite.ResultError {
			own, err = err, nil
		}
		return err
	})
	return errors.Join(own, err)
}

// named is the table of a name, or an error that names a near one.
func (s *Session) named(name string) (*table, error) {
	if t := s.table(name); t != nil {
		return t, nil
	}
	hint := "; there are " + strings.Join(s.names, ", ")
	if near := lexer.Nearest(name, s.names); near != "" {
		hint = "; did you mean " + near + "?"
	}
	return nil, fmt.Errorf("the site has no table %s%s", name, hint)
}

// findRow is the row that a key means: its id, a unique value, a login or an
// e-mail address. A row that a run has deleted is found by what it was.
func (s *Session) findRow(t *table, key string) (id int64, err error) {
	ids := make(map[int64]bool)
	note := func(st *sqlite.Stmt) error { ids[st.ColumnInt64(0)] = true; return nil }
	if n, err := strconv.ParseInt(key, 10, 64); err == nil {
		if err := s.rows("SELECT "+t.rowid+" FROM main."+quote(t.name)+" WHERE "+t.rowid+"=?1", note, n); err != nil {
			return 0, err
		}
	}
	for _, i := range t.telling() {
		value := key
		if t.columns[i].keyOf >= 0 {
			value = Fold(key)
		}
		if err := s.rows("SELECT "+t.rowid+" FROM main."+quote(t.name)+" WHERE "+quote(t.columns[i].name)+"=?1", note, value); err != nil {
			return 0, err
		}
	}
	if len(ids) == 0 {
		if err := s.findDeleted(t, key, ids); err != nil {
			return 0, err
		}
	}
	e := &RowError{Table: t.name, Key: key}
	for id := range ids {
		if len(ids) == 1 {
			return id, nil
		}
	}
	for _, id := range sortedIDs(ids) {
		name, err := s.rowName(t, id)
		if err != nil {
			return 0, err
		}
		if !strings.HasSuffix(name, " "+strconv.FormatInt(id, 10)) && !strings.HasSuffix(name, fmt.Sprintf(" %d)", id)) {
			name = fmt.Sprintf("%s %d", t.name, id)
		}
		e.Matches = append(e.Matches, name)
	}
	return 0, e
}

func sortedIDs(ids map[int64]bool) []int64 {
	all := make([]int64, 0, len(ids))
	for id := range ids {
		all = append(all, id)
	}
	slices.Sort(all)
	return all
}

// telling are the columns by which people tell rows apart: those of unique
// indexes but for Source, and the e-mail address.
func (t *table) telling() []int {
	var all []int
	for _, u := range t.unique {
		for _, i := range u {
			if i != t.source && !slices.Contains(all, i) {
				all = append(all, i)
			}
		}
	}
	for _, name := range []string{"Login", "Email"} {
		i := t.column(name)
		if i >= 0 && t.columns[i].key >= 0 {
			i = t.columns[i].key
		}
		if i >= 0 && !slices.Contains(all, i) {
			all = append(all, i)
		}
	}
	return all
}

// findDeleted looks for the key among the rows that runs deleted.
func (s *Session) findDeleted(t *table, key string, ids map[int64]bool) error {
	return s.rows("SELECT RowID, Old FROM main.amsx_change WHERE TableName=?1 AND Action='delete'", func(st *sqlite.Stmt) error {
		id, old := st.ColumnInt64(0), st.ColumnText(1)
		found := strconv.FormatInt(id, 10) == key
		for _, i := range t.telling() {
			column, fold := i, false
			if base := t.columns[i].keyOf; base >= 0 {
				column, fold = base, true
			}
			v := gjson.Get(old, gjson.Escape(t.columns[column].name))
			found = found || v.Type == gjson.String && (v.Str == key || fold && runtime.FoldText(v.Str) == Fold(key))
		}
		if found {
			ids[id] = true
		}
		return nil
	}, t.name)
}
