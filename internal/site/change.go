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
		err = eachChange(c, tables, runID, func(r *changedRow) error {
			if !yield(r.Change, nil) {
				return stopped
			}
			return nil
		})
		if err != nil && !errors.Is(err, stopped) {
			yield(Change{}, d.explain("read the change set", err))
		}
	}
}

// A changedRow is a row of a change set with what is kept of it, and the row as
// the database has it now.
type changedRow struct {
	Change
	t   *table // nil: it is gone
	k   kept
	now []any // nil: the row is gone
}

// eachChange calls f for each row of a run's change set.
func eachChange(c *sqlite.Conn, tables map[string]*table, runID int64, f func(*changedRow) error) error {
	for name := ""; ; {
		more := false
		err := sqlitex.Execute(c, "SELECT TableName FROM main.amsx_change WHERE RunID=?1 AND TableName>?2 ORDER BY TableName LIMIT 1", &sqlitex.ExecOptions{
			Args:       []any{runID, name},
			ResultFunc: func(st *sqlite.Stmt) error { name, more = st.ColumnText(0), true; return nil },
		})
		if err != nil || !more {
			return err
		}
		if err := eachChangeIn(c, name, findTable(tables, name), runID, f); err != nil {
			return err
		}
	}
}

// eachChangeIn calls f for each row of one table in a run's change set. The
// rows come with one query, and what later runs noted of them with another:
// asked row by row they took most of the time of a plan.
func eachChangeIn(c *sqlite.Conn, name string, t *table, runID int64, f func(*changedRow) error) (err error) {
	later, err := laterOf(c, name, runID)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, later.close()) }()
	columns, join := "NULL", ""
	if t != nil {
		columns = "t." + quote(t.rowid) + ", " + t.columnList("t.")
		join = " LEFT JOIN main." + quote(t.name) + " t ON t." + quote(t.rowid) + "=c.RowID"
	}
	return sqlitex.ExecuteTransient(c, "SELECT c.RowID, c.Action, c.Line, "+keptColumns+", "+columns+" FROM main.amsx_change c"+join+" WHERE c.RunID=?1 AND c.TableName=?2 ORDER BY c.RowID", &sqlitex.ExecOptions{
		Args: []any{runID, name},
		ResultFunc: func(st *sqlite.Stmt) error {
			r := changedRow{Change: Change{Table: name, RowID: st.ColumnInt64(0), Action: Action(st.ColumnText(1)), Line: int(st.ColumnInt64(2))}, t: t, k: readKept(st, 3)}
			r.Source = r.k.source
			if t == nil {
				return f(&r)
			}
			if st.ColumnType(3+keptCount) != sqlite.TypeNull {
				r.now = readValues(st, 4+keptCount, len(t.columns), readExact)
			}
			old, err := later.of(r.RowID)
			if err != nil {
				return err
			}
			r.fill(t, r.k, r.now, old)
			return f(&r)
		},
	})
}

// A laterRuns are the old values that runs after one noted of the rows of a
// table, row by row.
type laterRuns struct {
	st   *sqlite.Stmt
	id   int64 // of the row at which the statement stands
	more bool
}

func laterOf(c *sqlite.Conn, table string, runID int64) (*laterRuns, error) {
	st, _, err := c.PrepareTransient("SELECT RowID, Old FROM main.amsx_change WHERE RunID>?1 AND TableName=?2 AND Old IS NOT NULL ORDER BY RowID, RunID")
	if err != nil {
		return nil, err
	}
	st.BindInt64(1, runID)
	st.BindText(2, table)
	l := &laterRuns{st: st}
	if err := l.next(); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *laterRuns) next() (err error) {
	if l.more, err = l.st.Step(); l.more {
		l.id = l.st.ColumnInt64(0)
	}
	return err
}

// of are the old values of a row, the earliest first. Rows are asked for in
// their order.
func (l *laterRuns) of(id int64) (old []string, err error) {
	for l.more && l.id <= id {
		if l.id == id {
			old = append(old, l.st.ColumnText(1))
		}
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	return old, nil
}

func (l *laterRuns) close() error { return l.st.Finalize() }

// kept is what the change set keeps of a row's values.
type kept struct {
	old, new       string
	source         string
	hash           rowHash // of the row as it was written
	hasOld, hasNew bool
	hasSource      bool // "" is one too
	hashed         bool
}

// keptColumns are the columns of the change set c that readKept reads.
const (
	keptColumns = "c.Old, c.New, c.RowHash, c.Source"
	keptCount   = 4
)

// readKept reads the columns of keptColumns from col on.
func readKept(st *sqlite.Stmt, col int) kept {
	has := func(i int) bool { return st.ColumnType(col+i) != sqlite.TypeNull }
	return kept{
		old: st.ColumnText(col), new: st.ColumnText(col + 1), hash: rowHash(st.ColumnInt64(col + 2)), source: st.ColumnText(col + 3),
		hasOld: has(0), hasNew: has(1), hashed: has(2), hasSource: has(3),
	}
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

// fill fills the fields and the name of a change from what the change set
// keeps, the row as it is now (nil: it is gone) and the old values that later
// runs noted of it, the earliest first.
func (ch *Change) fill(t *table, k kept, row []any, later []string) {
	old := k.old
	now := make([]any, len(t.columns))
	for i, v := range row {
		now[i] = exactly(v).any()
	}
	ch.Key = t.called(now)
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
	err := sqlitex.Execute(c, "SELECT c.Action, c.Line, "+keptColumns+" FROM main.amsx_change c WHERE c.RunID=?1 AND c.TableName=?2 AND c.RowID=?3", &sqlitex.ExecOptions{
		Args: []any{runID, t.name, id},
		ResultFunc: func(st *sqlite.Stmt) error {
			ch.Action, ch.Line, k = Action(st.ColumnText(0)), int(st.ColumnInt64(1)), readKept(st, 2)
			ch.Source = k.source
			return nil
		},
	})
	if err != nil {
		return ch, err
	}
	var later []string
	err = sqlitex.Execute(c, laterOld, &sqlitex.ExecOptions{
		Args:       []any{runID, t.name, id},
		ResultFunc: func(st *sqlite.Stmt) error { later = append(later, st.ColumnText(0)); return nil },
	})
	if err != nil {
		return ch, err
	}
	now, _, err := readRow(c, t, id, readExact)
	if err != nil {
		return ch, err
	}
	ch.fill(t, k, now, later)
	return ch, nil
}
