package site

import (
	"github.com/tidwall/gjson"
)

// A tableRow is one row of one table.
type tableRow struct {
	table string
	id    int64
}

// touchedAgain notes a row of which there is a change already in this run.
func (s *Session) touchedAgain(table string, id int64) {
	s.calls.again = append(s.calls.again, tableRow{table, id})
}

// net gives the rows that the run changed more than once, by direct SQL and
// the merge or in several units, the change that came out in the end: what was
// changed and changed back is no change.
func (s *Session) net() error {
	for _, r := range s.calls.again {
		t := findTable(s.tables, r.table)
		if t == nil {
			continue
		}
		if err := s.netRow(t, r.id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) netRow(t *table, id int64) error {
	st, err := s.c.Prepare("SELECT Action, Old, New FROM main.amsx_change WHERE RunID=?1 AND TableName=?2 AND RowID=?3")
	if err != nil {
		return err
	}
	st.BindInt64(1, s.info.RunID)
	st.BindText(2, t.name)
	st.BindInt64(3, id)
	there, err := st.Step()
	action, old, new := ActionUpdate, "", ""
	if there {
		action, old, new = Action(st.ColumnText(0)), st.ColumnText(1), st.ColumnText(2)
	}
	if rerr := st.Reset(); err == nil {
		err = rerr
	}
	if err != nil || !there {
		return err // or settled already
	}
	if t.isNet(action, old, new) {
		return nil
	}
	now, found, err := s.rowNow(t, id)
	if err != nil {
		return err
	}
	key := []any{s.info.RunID, t.name, id}
	drop := func() error {
		return s.run("DELETE FROM main.amsx_change WHERE RunID=?1 AND TableName=?2 AND RowID=?3", key...)
	}
	set := func(a Action, old, now any, h rowHash) error {
		return s.run("INSERT OR REPLACE INTO main.amsx_change(RunID, TableName, RowID, Action, Line, Source, Old, RowHash, New) SELECT RunID, TableName, RowID, ?4, Line, Source, ?5, ?6, ?7 FROM main.amsx_change WHERE RunID=?1 AND TableName=?2 AND RowID=?3",
			append(key, string(a), old, int64(h), now)...)
	}
	was := old != "" // an insert has no old values
	switch {
	case !was && !found:
		return drop()
	case !was:
		return set(ActionInsert, nil, nil, t.hashCells(now))
	case !found:
		return set(ActionDelete, old, nil, 0)
	}
	before, after := t.netFields(old, now)
	if before == "{}" {
		return drop()
	}
	if action != ActionAdopt && action != ActionRekey {
		action = t.actionOf(before, now)
	}
	return set(action, before, after, t.hashCells(now))
}

// isNet reports whether a change is already what came out: each of its columns
// has another value now, and the action says what that means. It spares most
// rows a second look.
func (t *table) isNet(action Action, old, new string) bool {
	if old == "" || new == "" || action == ActionInsert || action == ActionDelete {
		return false
	}
	before, after := jsonFields(old), jsonFields(new)
	for name, was := range before {
		now := after[name]
		if !now.Exists() || now.Raw == was.Raw {
			return false
		}
		if was.Type == gjson.Number || now.Type == gjson.Number {
			if was.Num == now.Num || was.String() == now.String() {
				return false // perhaps only another writing
			}
		}
	}
	if action == ActionAdopt || action == ActionRekey || t.active < 0 {
		return true
	}
	if now := after[t.columns[t.active].name]; now.Exists() {
		return action == ActionDeactivate && now.Num == 0 || action == ActionReactivate && now.Num != 0
	}
	return action == ActionUpdate
}

// netFields keeps the old values that are not what the row holds now, and
// gives the new ones beside them.
func (t *table) netFields(old string, now []cell) (before, after string) {
	var d fieldDifference
	gjson.Parse(old).ForEach(func(k, v gjson.Result) bool {
		if i := t.column(k.String()); i >= 0 {
			d.add(k.Raw, v, now[i])
		}
		return true
	})
	return d.objects()
}

// actionOf is what a change of a row that is still there means.
func (t *table) actionOf(before string, now []cell) Action {
	if t.active < 0 || !gjson.Get(before, t.columns[t.active].name).Exists() {
		return ActionUpdate
	}
	if now[t.active].n != 0 {
		return ActionReactivate
	}
	return ActionDeactivate
}
