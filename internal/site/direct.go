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
		var old, new any
		source := any(nil)
		switch {
		case !c.had && !found:
			s.touchedAgain(t.name, c.id) // an earlier unit may have added it
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
			before, after := t.difference(c.old, now)
			if before == "{}" {
				s.touchedAgain(t.name, c.id)
				return nil
			}
			action, old, new = t.actionOf(before, now), before, after
		}
		if t.source >= 0 && found && now[t.source].kind == cellText {
			source = now[t.source].s
		}
		return s.run(intoChange+"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"+onChange, s.info.RunID, t.name, c.id, string(action), c.line, source, old, int64(t.hashCells(now)), new)
	})
}

// difference keeps the old values of the columns that are not what they were,
// with those that the run has added since, and gives the new values.
func (t *table) difference(old string, now []cell) (before, after string) {
	had := make([]bool, len(t.columns))
	gjson.Parse(old).ForEach(func(k, _ gjson.Result) bool {
		if i := t.column(k.String()); i >= 0 {
			had[i] = true
		}
		return true
	})
	all := strings.TrimSuffix(old, "}")
	for i := range t.columns {
		if had[i] || !t.tracked(i) {
			continue
		}
		if all != "{" {
			all += ","
		}
		all += jsonName(t.columns[i].name) + ":null"
	}
	return t.netFields(all+"}", now)
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
