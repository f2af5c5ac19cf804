package site

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// jsonName is a column's name as a JSON string.
func jsonName(name string) string {
	b, err := json.Marshal(name)
	if err != nil {
		return strconv.Quote(name) // a string always has a JSON form
	}
	return string(b)
}

// mergeOld joins two objects of old values; the values of first, which are
// older, stay.
func mergeOld(first, second string) (string, error) {
	if !gjson.Valid(first) || !gjson.Valid(second) {
		return "", errors.New("the change set holds old values that are no JSON")
	}
	a := gjson.Parse(first)
	has := make(map[string]bool)
	a.ForEach(func(k, _ gjson.Result) bool { has[k.String()] = true; return true })
	out := strings.TrimSuffix(a.Raw, "}")
	sep := ""
	if len(has) > 0 {
		sep = ","
	}
	gjson.Parse(second).ForEach(func(k, v gjson.Result) bool {
		if !has[k.String()] {
			out += sep + k.Raw + ":" + v.Raw
			sep = ","
		}
		return true
	})
	return out + "}", nil
}

// cellsJSON is the record at hand as JSON, for a reject that is found when the
// record itself is gone.
func (t *target) cellsJSON() string {
	var b strings.Builder
	b.WriteByte('{')
	for p := range t.cols {
		if t.cols[p].in < 0 || t.cols[p].lookup != nil {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(jsonName(t.cols[p].name) + ":")
		b.WriteString(t.cells[p].json())
	}
	b.WriteByte('}')
	return b.String()
}

// Changes yields the change set of a run, by table and row. The new values of
// an insert are not kept: they are what a later run's change gives as the old
// value, or what the row holds now; Edited says where that is not what the run
// wrote.
func (d *Database) Changes(ctx context.Context, runID int64) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		c, err := d.connect(ctx)
		if err != nil {
			yield(Change{}, err)
			return
		}
		defer closeConn(c)
		c.SetInterrupt(ctx.Done())
		tables, _, err := loadTables(c)
		if err != nil {
			yield(Change{}, d.explain("read the schema", err))
			return
		}
		stopped := errors.New("stopped")
		err = eachChange(c, tables, runID, func(ch Change) error {
			if !yield(ch, nil) {
				return stopped
			}
			return nil
		})
		if err != nil && !errors.Is(err, stopped) {
			yield(Change{}, d.explain("read the change set", err))
		}
	}
}

// eachChange calls f for each row of a run's change set.
func eachChange(c *sqlite.Conn, tables map[string]*table, runID int64, f func(Change) error) error {
	// What later runs noted, by row: asked run by run it would be asked for
	// each row as often as there were runs since.
	for _, q := range []string{
		"CREATE TEMP TABLE IF NOT EXISTS amsx_later(tbl TEXT, rid INTEGER, run INTEGER, old TEXT, PRIMARY KEY (tbl, rid, run)) WITHOUT ROWID",
		"DELETE FROM temp.amsx_later",
	} {
		if err := sqlitex.ExecuteTransient(c, q, nil); err != nil {
			return err
		}
	}
	err := sqlitex.ExecuteTransient(c, "INSERT INTO temp.amsx_later SELECT TableName, RowID, RunID, Old FROM main.amsx_change WHERE RunID>?1 AND Old IS NOT NULL", &sqlitex.ExecOptions{Args: []any{runID}})
	if err != nil {
		return err
	}
	return sqlitex.ExecuteTransient(c, "SELECT TableName, RowID, Action, Line, Source, Old, New, RowHash FROM main.amsx_change WHERE RunID=?1", &sqlitex.ExecOptions{
		Args: []any{runID},
		ResultFunc: func(st *sqlite.Stmt) error {
			ch := Change{Table: st.ColumnText(0), RowID: st.ColumnInt64(1), Action: Action(st.ColumnText(2)), Line: int(st.ColumnInt64(3)), Source: st.ColumnText(4)}
			k := readKept(st, 5)
			t := findTable(tables, ch.Table)
			if t == nil {
				return f(ch)
			}
			if err := fields(c, t, runID, &ch, k, "SELECT old FROM temp.amsx_later WHERE run>?1 AND tbl=?2 AND rid=?3 ORDER BY run"); err != nil {
				return err
			}
			return f(ch)
		},
	})
}

// kept is what the change set keeps of a row's values.
type kept struct {
	old, new string
	hash     rowHash // of the row as it was written
	hashed   bool
}

// readKept reads the columns Old, New and RowHash from col on.
func readKept(st *sqlite.Stmt, col int) kept {
	return kept{old: st.ColumnText(col), new: st.ColumnText(col + 1), hash: rowHash(st.ColumnInt64(col + 2)), hashed: st.ColumnType(col+2) != sqlite.TypeNull}
}

// laterOld are the old values that later runs noted of a row, the earliest
// first. It goes by the runs, because the change set is ordered by them.
const laterOld = "SELECT c.Old FROM main.amsx_run r CROSS JOIN main.amsx_change c ON c.RunID=r.RunID AND c.TableName=?2 AND c.RowID=?3 WHERE r.RunID>?1 AND c.Old IS NOT NULL ORDER BY r.RunID"

func findTable(tables map[string]*table, name string) *table {
	for _, t := range tables {
		if t.name == name {
			return t
		}
	}
	return nil
}

// fields fills the fields and the name of a change. laterQuery gives the
// old values that later runs noted of a row, the earliest first.
func fields(c *sqlite.Conn, t *table, runID int64, ch *Change, k kept, laterQuery string) error {
	old := k.old
	var later []string
	err := sqlitex.Execute(c, laterQuery, &sqlitex.ExecOptions{
		Args:       []any{runID, t.name, ch.RowID},
		ResultFunc: func(st *sqlite.Stmt) error { later = append(later, st.ColumnText(0)); return nil },
	})
	if err != nil {
		return err
	}
	now := make([]any, len(t.columns))
	label := t.label()
	if label == "" {
		label = "NULL"
	}
	err = sqlitex.Execute(c, "SELECT "+label+", * FROM main."+quote(t.name)+" WHERE "+t.rowid+"=?1", &sqlitex.ExecOptions{
		Args: []any{ch.RowID},
		ResultFunc: func(st *sqlite.Stmt) error {
			ch.Key = st.ColumnText(0)
			for i := range now {
				now[i] = readCell(st, 1+i).any()
			}
			return nil
		},
	})
	if err != nil {
		return err
	}
	for i := range t.columns {
		for _, l := range later {
			if v := gjson.Get(l, gjson.Escape(t.columns[i].name)); v.Exists() {
				now[i] = jsonAny(v)
				break
			}
		}
	}
	if ch.Key == "" {
		for _, n := range t.labels() {
			if v := gjson.Get(old, gjson.Escape(n)); ch.Key == "" && v.Type == gjson.String {
				ch.Key = v.Str
			}
		}
	}
	if ch.Key == "" {
		ch.Key = t.name + " " + strconv.FormatInt(ch.RowID, 10)
	}
	if ch.Action == ActionInsert && k.hashed {
		ch.Edited = t.hash(now) != k.hash
	}
	before, after := jsonFields(old), jsonFields(k.new)
	for i, col := range t.columns {
		if !t.tracked(i) {
			continue
		}
		if v := after[col.name]; v.Exists() {
			now[i] = jsonAny(v)
		}
		was := before[col.name]
		switch {
		case ch.Action == ActionInsert:
			if now[i] != nil {
				ch.Fields = append(ch.Fields, FieldChange{col.name, nil, now[i]})
			}
		case ch.Action == ActionDelete:
			if v := jsonAny(was); v != nil {
				ch.Fields = append(ch.Fields, FieldChange{col.name, v, nil})
			}
		case was.Exists():
			ch.Fields = append(ch.Fields, FieldChange{col.name, jsonAny(was), now[i]})
		}
	}
	return nil
}

// json is a value as json_quote of SQL writes it.
func (c cell) json() string {
	switch c.kind {
	case cellText:
		return jsonName(c.s)
	case cellInt:
		return strconv.FormatInt(c.n, 10)
	}
	return "null"
}

func (c cell) any() any {
	switch c.kind {
	case cellText:
		return c.s
	case cellInt:
		return c.n
	}
	return nil
}

func jsonAny(v gjson.Result) any {
	switch v.Type {
	case gjson.String:
		return v.Str
	case gjson.Number:
		if n, err := strconv.ParseInt(v.Raw, 10, 64); err == nil {
			return n
		}
		return v.Raw
	case gjson.True:
		return int64(1)
	case gjson.False:
		return int64(0)
	}
	return nil
}

// jsonFields are the fields of a JSON object, which is read once for all.
func jsonFields(object string) map[string]gjson.Result {
	fields := make(map[string]gjson.Result)
	gjson.Parse(object).ForEach(func(k, v gjson.Result) bool {
		fields[k.String()] = v
		return true
	})
	return fields
}

// changeOf reads the change of one row.
func changeOf(c *sqlite.Conn, t *table, runID, id int64) (Change, error) {
	ch := Change{Table: t.name, RowID: id}
	var k kept
	err := sqlitex.Execute(c, "SELECT Action, Line, Source, Old, New, RowHash FROM main.amsx_change WHERE RunID=?1 AND TableName=?2 AND RowID=?3", &sqlitex.ExecOptions{
		Args: []any{runID, t.name, id},
		ResultFunc: func(st *sqlite.Stmt) error {
			ch.Action, ch.Line, ch.Source, k = Action(st.ColumnText(0)), int(st.ColumnInt64(1)), st.ColumnText(2), readKept(st, 3)
			return nil
		},
	})
	if err != nil {
		return ch, err
	}
	return ch, fields(c, t, runID, &ch, k, laterOld)
}
