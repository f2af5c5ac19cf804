package site

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// A planStage is what a plan does to one table: every row that it touches in a
// temporary table, as the row will be.
type planStage struct {
	a     *applier
	n     int
	t     *table
	of    PlanTable
	delta int64              // what is added to the ids of new rows
	refs  map[int]*planStage // columns with ids of rows of a stage
	add   *sqlite.Stmt
	wrote []bool // columns that any row is given
	loose map[looseCell]bool
}

// A looseCell is a column of a row that refers to no row, and is to.
type looseCell struct {
	id  int64
	col int
}

// temp is the name of the stage's temporary table.
func (st *planStage) temp() string { return fmt.Sprintf("amsx_plan%d", st.n) }

// stage compares every row of the plan with the site and keeps what is to be
// written.
func (a *applier) stage() error {
	if err := a.open(); err != nil {
		return a.explain("read the plan", err)
	}
	defer func() {
		for _, st := range a.stages {
			st.add.Finalize()
			st.add = nil
		}
	}()
	for ch, err := range a.changes {
		if err != nil {
			return err
		}
		if err := a.s.ctx.Err(); err != nil {
			return err
		}
		st := a.stageOf(ch.Table)
		if st == nil || ch.Plan == nil {
			return fmt.Errorf("the plan changes a row of %s that it cannot change", ch.Table)
		}
		if err := st.put(&ch); err != nil {
			return a.explain("compare the rows", err)
		}
	}
	for _, st := range a.stages {
		if err := st.checkUnique(); err != nil {
			return a.explain("compare the keys", err)
		}
	}
	if err := a.checkReferences(); err != nil {
		return a.explain("compare the references", err)
	}
	return a.explain("compare what was noted", a.stageWritten())
}

func (a *applier) stageOf(table string) *planStage {
	for _, st := range a.stages {
		if st.t.name == table {
			return st
		}
	}
	return nil
}

// open makes the stages, empty.
func (a *applier) open() error {
	s := a.s
	a.stages = nil
	for i, of := range a.p.Tables {
		t := findTable(s.tables, of.Name)
		if t == nil {
			return &StaleError{Reason: "the site has no table " + of.Name + " any more"}
		}
		st := &planStage{a: a, n: i, t: t, of: of, refs: make(map[int]*planStage), wrote: make([]bool, len(t.columns)), loose: make(map[looseCell]bool)}
		last, err := lastID(s.c, t)
		if err != nil {
			return err
		}
		if of.New > of.Last && last > of.Last {
			st.delta = last - of.Last
			if of.Fixed {
				return &StaleError{Reason: fmt.Sprintf("other programs have added rows to %s since, and the new rows that SQL of the script makes there cannot get other numbers", t.name)}
			}
		}
		a.stages = append(a.stages, st)
		if err := s.run("DROP TABLE IF EXISTS temp." + st.temp()); err != nil {
			return err
		}
		cols, places := "rid INTEGER PRIMARY KEY, act, line, source, old, hash, new, after, mask", "?1"
		for j := range t.columns {
			cols += fmt.Sprintf(", c%d", j)
		}
		for j := range len(t.columns) + 8 {
			places += fmt.Sprintf(", ?%d", j+2)
		}
		if err := s.run("CREATE TEMP TABLE " + st.temp() + "(" + cols + ")"); err != nil {
			return err
		}
		if st.add, _, err = s.c.PrepareTransient("INSERT INTO temp." + st.temp() + " VALUES (" + places + ")"); err != nil {
			return err
		}
	}
	if err := a.findReferences(); err != nil {
		return err
	}
	if err := s.run("DROP TABLE IF EXISTS temp.amsx_plan_written"); err != nil {
		return err
	}
	return s.run("CREATE TEMP TABLE amsx_plan_written(tbl TEXT, rid INTEGER, col TEXT, hash INTEGER)")
}

// findReferences notes which columns hold the ids of rows that the plan may
// make: the schema's foreign keys, and what the plan knows of its look-ups.
func (a *applier) findReferences() error {
	for _, st := range a.stages {
		err := a.s.rows("SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list(?1) WHERE seq=0", func(q *sqlite.Stmt) error {
			a.refer(st, q.ColumnText(0), q.ColumnText(1), q.ColumnText(2))
			return nil
		}, st.t.name)
		if err != nil {
			return err
		}
	}
	for _, r := range a.p.References {
		if st := a.stageOf(r.Table); st != nil {
			a.refer(st, r.Column, r.To, "")
		}
	}
	return nil
}

func (a *applier) refer(st *planStage, column, table, key string) {
	for _, to := range a.stages {
		if at := st.t.column(column); at >= 0 && strings.EqualFold(to.t.name, table) && (key == "" || strings.EqualFold(key, to.t.rowid)) {
			st.refs[at] = to
		}
	}
}

// id is the id that a new row of the plan gets.
func (st *planStage) id(planned int64) int64 {
	if planned > st.of.Last {
		return planned + st.delta
	}
	return planned
}

// fresh reports whether an id may be that of a new row of the plan which gets
// another one.
func (st *planStage) fresh(id int64) bool {
	return st.delta > 0 && id > st.of.Last && id <= st.of.New
}

// put compares one row and stages it.
func (st *planStage) put(ch *Change) error {
	id := ch.RowID
	if ch.Action == ActionInsert {
		id = st.id(id)
	}
	now, found, err := exactRow(st.a.s.c, st.t, id)
	if err != nil {
		return err
	}
	switch {
	case ch.Action == ActionInsert && found:
		return st.stale(id, ch.Key, "has the number by now that the plan gives to a new row")
	case ch.Action == ActionInsert:
		now = make([]any, len(st.t.columns))
	case !found:
		return &StaleError{Table: st.t.name, Row: rowLabel(st.t, ch.Key, id), Became: "is gone since: another program has deleted it"}
	}
	for _, name := range ch.Plan.Loose {
		st.loose[looseCell{id, st.t.column(name)}] = true
	}
	after, mask, err := st.compare(ch, id, now)
	if err != nil {
		return err
	}
	values := ch.Plan.New
	hash, err := st.follow(ch, id, after, mask, &values)
	if err != nil {
		return err
	}
	return st.keep(ch, id, after, mask, hash, values)
}

// compare holds a row against what it was when the plan was made, and returns
// it as it will be.
func (st *planStage) compare(ch *Change, id int64, now []any) (after []any, mask []byte, err error) {
	t := st.t
	after, mask = append([]any(nil), now...), make([]byte, len(t.columns))
	for i := range mask {
		mask[i] = '0'
	}
	was := make([]any, len(t.columns))
	take := func(f FieldChange, exact bool) error {
		i := t.column(f.Name)
		if i < 0 || t.columns[i].name == t.rowid {
			return fmt.Errorf("the plan writes %s.%s, which it cannot", t.name, f.Name)
		}
		if ch.Action != ActionInsert && t.tracked(i) && (mask[i] == '0' || exact) && !sameAny(f.Old, now[i]) {
			return &StaleError{Table: t.name, Row: rowLabel(t, ch.Key, id), Field: f.Name, Then: f.Old, Now: now[i]}
		}
		was[i], after[i], mask[i], st.wrote[i] = f.Old, f.New, '1', true
		return nil
	}
	for _, f := range ch.Fields {
		if err := take(f, false); err != nil {
			return nil, nil, err
		}
	}
	for _, f := range ch.Plan.Also {
		if err := take(f, true); err != nil {
			return nil, nil, err
		}
	}
	if ch.Action == ActionDelete {
		for i, col := range t.columns {
			if t.tracked(i) && !sameAny(was[i], now[i]) {
				return nil, nil, &StaleError{Table: t.name, Row: rowLabel(t, ch.Key, id), Field: col.name, Then: was[i], Now: now[i]}
			}
		}
		return now, mask, nil
	}
	if int64(t.hash(after)) != ch.Plan.After {
		return nil, nil, st.touched(ch, id, now, mask)
	}
	return after, mask, nil
}

// touched says which column of a row has changed that the plan leaves alone.
// What it held before is known where a run of amsx has changed it.
func (st *planStage) touched(ch *Change, id int64, now []any, mask []byte) error {
	t := st.t
	e := &StaleError{Table: t.name, Row: rowLabel(t, ch.Key, id), Became: "has changed since, in a column that the plan leaves alone"}
	marks := t.marks(now)
	if len(marks) != len(ch.Plan.Marks) {
		return e
	}
	for i, col := range t.columns {
		if mask[i] == '1' || !t.tracked(i) || marks[4*i:4*i+4] == ch.Plan.Marks[4*i:4*i+4] {
			continue
		}
		e.Became = fmt.Sprintf("has changed since: %s, which the plan leaves alone, is %s now", col.name, showAny(now[i]))
		err := sqlitex.Execute(st.a.s.c, "SELECT c.Old FROM main.amsx_change c JOIN main.amsx_run r USING (RunID) WHERE c.TableName=?1 AND c.RowID=?2 AND r.Merged>=?3 ORDER BY c.RunID DESC", &sqlitex.ExecOptions{
			Args: []any{t.name, id, st.a.p.Began.UTC().Format(instant)},
			ResultFunc: func(q *sqlite.Stmt) error {
				if was := gjson.Get(q.ColumnText(0), gjson.Escape(col.name)); was.Exists() {
					e.Field, e.Then, e.Now = col.name, jsonAny(was), now[i]
				}
				return nil
			},
		})
		if err != nil {
			return err
		}
		return e
	}
	return e
}

// follow gives columns that hold the id of a new row the id that the row gets,
// also among the new values that the change set keeps, and returns the hash that
// it keeps.
func (st *planStage) follow(ch *Change, id int64, after []any, mask []byte, values *json.RawMessage) (hash any, err error) {
	var h rowHash
	if ch.Plan.Hash != nil {
		h = rowHash(*ch.Plan.Hash)
	}
	for i := range after {
		if mask[i] == '0' || ch.Action == ActionDelete {
			continue
		}
		if to := st.refs[i]; to != nil {
			moved := after[i]
			switch v := moved.(type) {
			case int64:
				if to.fresh(v) {
					moved = to.id(v)
				}
			case string: // a column of text with an id in it
				if n, err := strconv.ParseInt(v, 10, 64); err == nil && to.fresh(n) {
					moved = strconv.FormatInt(to.id(n), 10)
				}
			}
			if moved != after[i] {
				h = h.cell(i, exactly(after[i])).cell(i, exactly(moved)) // the one goes, the other comes
				*values = withValue(*values, st.t.columns[i].name, moved)
				after[i] = moved
			}
			continue
		}
		v, isID := after[i].(int64)
		for _, to := range st.a.stages {
			if isID && i != st.t.active && to.fresh(v) {
				return nil, &StaleError{Table: st.t.name, Row: rowLabel(st.t, ch.Key, id),
					Became: fmt.Sprintf("would get %s %d, which may be the number of a new row of %s; other programs have added rows there since, so that number will be another", st.t.columns[i].name, v, to.t.name)}
			}
		}
	}
	if ch.Plan.Hash == nil {
		return nil, nil
	}
	return int64(h), nil
}

// withValue gives one of the values of a JSON object another value, if it is
// there.
func withValue(object json.RawMessage, name string, v any) json.RawMessage {
	var b strings.Builder
	gjson.ParseBytes(object).ForEach(func(k, was gjson.Result) bool {
		raw := was.Raw
		if k.String() == name {
			raw = fmt.Sprint(v)
			if s, ok := v.(string); ok {
				raw = jsonName(s)
			}
		}
		b.WriteString("," + k.Raw + ":" + raw)
		return true
	})
	if b.Len() == 0 {
		return object
	}
	return json.RawMessage("{" + b.String()[1:] + "}")
}

// keep puts a row into the temporary table.
func (st *planStage) keep(ch *Change, id int64, after []any, mask []byte, hash any, values json.RawMessage) error {
	var source, old, new any
	if !ch.Plan.NoSource {
		source = ch.Source
	}
	if ch.Plan.Old != nil {
		old = string(ch.Plan.Old)
	}
	if values != nil {
		new = string(values)
	}
	for i, v := range append([]any{id, string(ch.Action), int64(ch.Line), source, old, hash, new, int64(st.t.hash(after)), string(mask)}, after...) {
		switch v := v.(type) {
		case int64:
			st.add.BindInt64(i+1, v)
		case float64:
			st.add.BindFloat(i+1, v)
		case string:
			st.add.BindText(i+1, v)
		default:
			st.add.BindNull(i + 1)
		}
	}
	return step(st.add)
}

// checkUnique looks for rows that the plan does not touch and that have a
// unique value by now which the plan gives to another row.
func (st *planStage) checkUnique() error {
	t := st.t
	for _, u := range t.unique {
		var match, touch []string
		for _, i := range u {
			match = append(match, fmt.Sprintf("c.%s=s.c%d", quote(t.columns[i].name), i))
			touch = append(touch, fmt.Sprintf("substr(%%[1]s.mask, %d, 1)='1'", i+1))
		}
		touches := func(of string) string { return fmt.Sprintf("("+strings.Join(touch, " OR ")+")", of) }
		found, label := int64(0), ""
		err := st.a.s.rows(fmt.Sprintf(`SELECT c.%[1]s, s.rid FROM temp.%[2]s s CROSS JOIN main.%[3]s c ON %[4]s
			WHERE s.act<>'delete' AND %[5]s AND c.%[1]s<>s.rid
			AND NOT EXISTS (SELECT 1 FROM temp.%[2]s f WHERE f.rid=c.%[1]s AND (f.act='delete' OR %[6]s)) LIMIT 1`,
			t.rowid, st.temp(), quote(t.name), strings.Join(match, " AND "), touches("s"), touches("f")), func(q *sqlite.Stmt) error {
			found = q.ColumnInt64(0)
			return nil
		})
		if err != nil {
			return err
		}
		if found == 0 {
			continue
		}
		if label, err = st.a.s.rowName(t, found); err != nil {
			return err
		}
		var names []string
		for _, i := range u {
			if k := t.columns[i].keyOf; k >= 0 {
				i = k
			}
			if i != t.source {
				names = append(names, t.columns[i].name)
			}
		}
		return &StaleError{Table: t.name, Row: label, Became: "has the " + strings.Join(names, " and ") + " by now that the plan gives to another row"}
	}
	return nil
}

// stageWritten compares and keeps what the plan notes for keep="edited".
func (a *applier) stageWritten() error {
	for w, err := range a.written {
		if err != nil {
			return err
		}
		st, t := a.stageOf(w.Table), findTable(a.s.tables, w.Table)
		if t == nil {
			return fmt.Errorf("table %s is gone", w.Table)
		}
		was, known, err := writtenHash(a.s.c, a.s.info.Transformation, w)
		if err != nil {
			return err
		}
		if known != (w.Was != nil) || known && was != *w.Was {
			name, err := a.s.rowName(t, w.RowID)
			if err != nil {
				return err
			}
			return &StaleError{Table: t.name, Row: name, Became: "has got its " + w.Column + " from another run of the transformation since"}
		}
		id := w.RowID
		if st != nil && id > st.of.Last {
			id = st.id(id)
		}
		hash := any(w.Hash)
		if at := t.column(w.Column); st != nil && at >= 0 && st.refs[at] != nil && st.refs[at].delta > 0 {
			err := sqlitex.Execute(a.s.c, fmt.Sprintf("SELECT amsx_hash(c%d) FROM temp.%s WHERE rid=?1 AND substr(mask, %d, 1)='1'", at, st.temp(), at+1), &sqlitex.ExecOptions{
				Args:       []any{id},
				ResultFunc: func(q *sqlite.Stmt) error { hash = q.ColumnInt64(0); return nil },
			})
			if err != nil {
				return err
			}
		}
		if err := a.s.run("INSERT INTO temp.amsx_plan_written(tbl, rid, col, hash) VALUES (?1, ?2, ?3, ?4)", w.Table, id, w.Column, hash); err != nil {
			return err
		}
	}
	return nil
}

func (st *planStage) stale(id int64, key, became string) error {
	name, err := st.a.s.rowName(st.t, id)
	if err != nil {
		return err
	}
	return &StaleError{Table: st.t.name, Row: name, Became: became}
}

// rowLabel names a row that may be gone.
func rowLabel(t *table, key string, id int64) string {
	own := fmt.Sprintf("%s %d", t.name, id)
	if key == "" || key == own {
		return own
	}
	return key + " (" + own + ")"
}

// sameAny reports whether a value of a plan is the one that a row holds.
func sameAny(planned, now any) bool {
	if planned == now {
		return true
	}
	f, isFloat := now.(float64)
	text, isText := planned.(string)
	if !isFloat || !isText {
		return false
	}
	n, err := strconv.ParseFloat(text, 64)
	return err == nil && n == f
}
