package site

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
	"zombiezen.com/go/sqlite"
)

// mergeDirect turns what the triggers noted into change rows: the difference
// between what a row was before the run touched it and what it is now.
func (s *Session) mergeDirect() error {
	for _, name := range s.names {
		if t := s.table(name); s.isDirect(t) {
			if err := s.mergeDirectOf(t); err != nil {
				return err
			}
		}
	}
	return nil
}

// mergeDirectOf does it for one table. It runs under the lock, so the rows as
// they are come with what was noted, and not one by one.
func (s *Session) mergeDirectOf(t *table) error {
	add, err := s.c.Prepare(intoChange + "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)" + onChange)
	if err != nil {
		return err
	}
	q := fmt.Sprintf("SELECT n.rid, n.old, n.line, t.%[1]s, %[2]s FROM temp.amsx_capture n LEFT JOIN main.%[3]s t ON t.%[1]s=n.rid WHERE n.tbl=?1 ORDER BY n.rid", quote(t.rowid), t.columnList("t."), quote(t.name))
	return s.rows(q, func(st *sqlite.Stmt) error {
		id, old := st.ColumnInt64(0), st.ColumnText(1)
		had, found := st.ColumnType(1) != sqlite.TypeNull, st.ColumnType(3) != sqlite.TypeNull
		var now []cell
		if found {
			now = readValues(st, 4, len(t.columns), readCell)
		}
		var action Action
		var before, after, source cell
		switch {
		case !had && !found:
			s.touchedAgain(t.name, id) // an earlier unit may have added it
			return nil
		case !had:
			action = ActionInsert
			s.added[t.name] = true
		case !found:
			action, before = ActionDelete, textCell(old)
			if src := gjson.Get(old, "Source"); t.source >= 0 && src.Type == gjson.String {
				source = textCell(src.Str)
			}
		default:
			was, is := t.difference(old, now)
			if was == "{}" {
				s.touchedAgain(t.name, id)
				return nil
			}
			action, before, after = t.actionOf(was, now), textCell(was), textCell(is)
		}
		if t.source >= 0 && found && now[t.source].kind == cellText {
			source = now[t.source]
		}
		add.BindInt64(1, s.info.RunID)
		add.BindText(2, t.name)
		add.BindInt64(3, id)
		add.BindText(4, string(action))
		add.BindInt64(5, st.ColumnInt64(2))
		bind(add, 6, source)
		bind(add, 7, before)
		add.BindInt64(8, int64(t.hashCells(now)))
		bind(add, 9, after)
		return step(add)
	}, t.name)
}

// difference keeps the old values of the columns that are not what they were,
// with those that the run has added since, and gives the new values.
func (t *table) difference(old string, now []cell) (before, after string) {
	var d fieldDifference
	had := make([]bool, len(t.columns))
	next := 0 // the columns come in their order, nearly always
	gjson.Parse(old).ForEach(func(k, v gjson.Result) bool {
		i := next
		if i >= len(t.columns) || t.columns[i].name != k.Str {
			i = t.column(k.Str)
		}
		for next = i + 1; next < len(t.columns) && !t.tracked(next); {
			next++
		}
		if i >= 0 {
			had[i] = true
			d.add(k.Raw, v, now[i])
		}
		return true
	})
	for i := range t.columns {
		if !had[i] && t.tracked(i) {
			d.add(jsonName(t.columns[i].name), gjson.Result{Type: gjson.Null, Raw: "null"}, now[i])
		}
	}
	return d.objects()
}

// A fieldDifference collects the fields of a row that are not what they were,
// as two JSON objects.
type fieldDifference struct{ before, after strings.Builder }

// add adds a field where it has another value now.
func (d *fieldDifference) add(name string, was gjson.Result, now cell) {
	if sameJSON(was, now) {
		return
	}
	if d.before.Len() > 0 {
		d.before.WriteByte(',')
		d.after.WriteByte(',')
	}
	d.before.WriteString(name + ":" + was.Raw)
	d.after.WriteString(name + ":" + now.json())
}

func (d *fieldDifference) objects() (before, after string) {
	return "{" + d.before.String() + "}", "{" + d.after.String() + "}"
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
