package site

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// mergeDirect turns what the triggers noted into change rows: the difference
// between what a row was before the run touched it and what it is now.
func (s *Session) mergeDirect() error {
	type captured struct {
		table string
		id    int64
		old   string
		line  int64
		had   bool
	}
	return s.rows("SELECT tbl, rid, old, line FROM temp.amsx_capture ORDER BY tbl, rid", func(st *sqlite.Stmt) error {
		c := captured{st.ColumnText(0), st.ColumnInt64(1), st.ColumnText(2), st.ColumnInt64(3), st.ColumnType(2) != sqlite.TypeNull}
		t := s.table(c.table)
		if t == nil {
			return fmt.Errorf("table %s is gone", c.table)
		}
		now, found, err := s.rowNow(t, c.id)
		if err != nil {
			return err
		}
		var action Action
		var old any
		source := any(nil)
		switch {
		case !c.had && !found:
			return nil
		case !c.had:
			action = ActionInsert
			s.added[t.name] = true
		case !found:
			action, old = ActionDelete, c.old
			if src := gjson.Get(c.old, "Source"); t.source >= 0 && src.Type == gjson.String {
				source = src.Str
			}
		default:
			diff, changed := t.difference(c.old, now)
			if !changed {
				return nil
			}
			action, old = ActionUpdate, diff
			if t.active >= 0 {
				if was := gjson.Get(diff, "Active"); was.Exists() {
					action = ActionDeactivate
					if now[t.active].n != 0 {
						action = ActionReactivate
					}
				}
			}
		}
		if t.source >= 0 && found && now[t.source].kind == cellText {
			source = now[t.source].s
		}
		h := rowHash(0)
		for i, v := range now {
			if !t.tracked(i) {
				continue
			}
			h = h.cell(i, v)
		}
		return s.run(intoChange+"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"+onChange, s.info.RunID, t.name, c.id, string(action), c.line, source, old, int64(h))
	})
}

// rowNow reads a row by the columns of the table.
func (s *Session) rowNow(t *table, id int64) (cells []cell, found bool, err error) {
	names := make([]string, len(t.columns)) // not *: another program may add a column while the run runs
	for i := range names {
		names[i] = quote(t.columns[i].name)
	}
	err = sqlitex.Execute(s.c, "SELECT "+strings.Join(names, ", ")+" FROM main."+quote(t.name)+" WHERE "+t.rowid+"=?1", &sqlitex.ExecOptions{
		Args: []any{id},
		ResultFunc: func(st *sqlite.Stmt) error {
			found = true
			cells = make([]cell, st.ColumnCount())
			for i := range cells {
				cells[i] = readCell(st, i)
			}
			return nil
		},
	})
	return cells, found, err
}

// difference keeps the old values of the columns that are not what they were.
func (t *table) difference(old string, now []cell) (string, bool) {
	var b strings.Builder
	b.WriteByte('{')
	differs := func(name, was string) {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(name + ":" + was)
	}
	had := make([]bool, len(t.columns))
	gjson.Parse(old).ForEach(func(k, v gjson.Result) bool {
		if i := t.column(k.String()); i >= 0 {
			had[i] = true
			if !sameJSON(v, now[i]) {
				differs(k.Raw, v.Raw)
			}
		}
		return true
	})
	for i := range t.columns { // the run has added it since
		if !had[i] && t.tracked(i) && now[i].kind != cellNull {
			differs(jsonName(t.columns[i].name), "null")
		}
	}
	b.WriteByte('}')
	return b.String(), b.Len() > 2
}

func sameJSON(v gjson.Result, c cell) bool {
	switch c.kind {
	case cellNull:
		return v.Type == gjson.Null
	case cellInt:
		return v.Type == gjson.Number && v.Raw == strconv.FormatInt(c.n, 10)
	}
	return v.Type == gjson.String && v.Str == c.s || v.Type == gjson.Number && sameNumber(v.Num, c.s)
}
