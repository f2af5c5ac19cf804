package site

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// A Plan is what the change set of a test rests on, so that [Session.Apply]
// can write it later: exactly as the run would have, or not at all.
type Plan struct {
	ID      string            `json:"id"` // of whoever keeps the plan; it is applied once
	Site    string            `json:"site"`
	Began   time.Time         `json:"began"` // when the run began to read
	Counts  Counts            `json:"counts"`
	Altered []string          `json:"altered,omitempty"` // statements that change the schema
	Allowed []string          `json:"allowed,omitempty"` // limits of the fuse that the run is over, and that were allowed
	Schema  map[string]string `json:"schema"`            // of each table before that, a hash
	Tables  []PlanTable       `json:"tables"`            // those that change
	Sources []PlanSource      `json:"sources"`
	// References are columns with the ids of other rows that the schema does
	// not show, but the mappings do.
	References []PlanReference `json:"references,omitempty"`
}

// A PlanTable is a table that a plan changes.
type PlanTable struct {
	Name string   `json:"name"`
	Keys []string `json:"keys,omitempty"` // columns by which rows are told apart
	// Last is the highest id that was ever given out before the plan, New the
	// highest that the plan gives; 0: it makes no row.
	Last int64 `json:"last"`
	New  int64 `json:"new,omitempty"`
	// Given is the highest id that the plan's run gave out, also to rows that
	// did not stay: no id is given twice.
	Given int64 `json:"given,omitempty"`
	// Fixed: SQL of the script made rows, so their ids cannot be others.
	Fixed bool `json:"fixed,omitempty"`
}

// A PlanSource is what the run read of a source, as amsx_run_source has it.
type PlanSource struct {
	Table    string `json:"table"`
	Source   string `json:"source"`
	Complete bool   `json:"complete"`
	Read     int64  `json:"read"`
	Active   int64  `json:"active"`
}

// A PlanReference is a column that holds the ids of rows of a table.
type PlanReference struct {
	Table  string `json:"table"`
	Column string `json:"column"`
	To     string `json:"to"`
}

// Planned is what applying a change needs beside what people see of it.
type Planned struct {
	Old      json.RawMessage `json:"old,omitempty"`      // the old values as the change set keeps them
	New      json.RawMessage `json:"new,omitempty"`      // the new ones
	Hash     *int64          `json:"hash,omitempty"`     // of the row as written, as the change set keeps it
	After    int64           `json:"after"`              // the same, of every tracked column
	NoSource bool            `json:"noSource,omitempty"` // the change set names no source, which "" does not say
	// Marks has four digits for each column of the row as it was, by which one
	// that changes later is named though its value is not kept here.
	Marks string `json:"marks,omitempty"`
	// Loose are columns that refer to no row, as the script wants it; what the
	// others refer to must still be there.
	Loose []string `json:"loose,omitempty"`
	// Also are columns that are written and not listed as changes: the key
	// forms, columns with notrack, and numbers with a fraction, exactly.
	Also []FieldChange `json:"also,omitempty"`
}

// Written is what a plan notes of a column with keep="edited".
type Written struct {
	Table  string `json:"table"`
	RowID  int64  `json:"id"`
	Column string `json:"column"`
	Hash   int64  `json:"hash"`
	Was    *int64 `json:"was,omitempty"` // nil: nothing was noted before
}

// Written yields what the plan notes of columns with keep="edited".
func (r *Result) Written() iter.Seq2[Written, error] { return r.written }

// plan keeps the change set of a test as one that can be applied. The test
// holds the write lock, so another connection sees the site as it was before.
func (s *Session) plan(r *Result) (err error) {
	before, err := s.db.connect(s.ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeConn(before)) }()
	former, _, err := loadTables(before)
	if err != nil {
		return s.explain("read the schema", err)
	}
	p := &Plan{Began: s.began.UTC(), Counts: r.Counts, Altered: s.altered, Allowed: s.excess, Schema: s.schema}
	if p.Site, err = siteID(s.c); err != nil {
		return s.explain("read which site this is", err)
	}
	refs, err := s.references()
	if err != nil {
		return s.explain("read the schema", err)
	}
	highest := make(map[string]int64)
	changes := &spool[Change]{}
	var of *planner
	err = eachChange(s.c, s.tables, s.info.RunID, func(r *changedRow) error {
		if r.t == nil {
			return fmt.Errorf("table %s is gone", r.Table)
		}
		if of == nil || of.t != r.t {
			of = newPlanner(s, r.t, before, findTable(former, r.Table), refs)
		}
		if _, ok := highest[r.Table]; !ok {
			highest[r.Table] = 0
		}
		if r.Action == ActionInsert {
			highest[r.Table] = max(highest[r.Table], r.RowID)
		}
		if err := of.plan(r); err != nil {
			return err
		}
		return changes.add(r.Change)
	})
	if err == nil {
		err = changes.flush()
	}
	r.keep(changes.file)
	if err != nil {
		return s.explain("keep the change set of the plan", err)
	}
	r.changes = changes.all((*Change).MendNumbers)
	for _, name := range slices.Sorted(maps.Keys(highest)) {
		t := findTable(s.tables, name)
		if t == nil {
			return fmt.Errorf("table %s is gone", name)
		}
		pt := PlanTable{Name: name, New: highest[name], Fixed: s.added[name]}
		for i := range s.keyColumns(t) {
			pt.Keys = append(pt.Keys, t.columns[i].name)
		}
		slices.Sort(pt.Keys)
		if pt.Last, err = lastID(before, t); err == nil {
			pt.Given, err = s.lastID(t)
		}
		if err != nil {
			return s.explain("read the ids of "+name, err)
		}
		p.Tables = append(p.Tables, pt)
	}
	for _, g := range s.targets {
		for _, l := range g.lookups {
			if l.table.columns[l.result].name == l.table.rowid {
				p.References = append(p.References, PlanReference{g.table.name, g.cols[l.col].name, l.table.name})
			}
		}
	}
	if err := s.planSources(p); err != nil {
		return s.explain("read what the run left", err)
	}
	r.Plan = p
	return s.explain("read what the run noted", s.planWritten(r, before))
}

// A planner adds to the changes of one table what applying them needs.
type planner struct {
	s      *Session
	t      *table
	before *sqlite.Conn
	former *table // before the run; nil: the run made it
	moved  []int  // columns of former, as columns of t; -1: gone
	refs   []reference
}

func newPlanner(s *Session, t *table, before *sqlite.Conn, former *table, refs []reference) *planner {
	p := &planner{s: s, t: t, before: before, former: former}
	if former != nil {
		for _, col := range former.columns {
			p.moved = append(p.moved, t.column(col.name))
		}
	}
	for _, r := range refs {
		if r.from == t {
			p.refs = append(p.refs, r)
		}
	}
	return p
}

// was is a row as it was before the run. A row that the run inserts was not
// there: the change set has an insert of no other.
func (p *planner) was(r *changedRow) ([]any, error) {
	was := make([]any, len(p.t.columns))
	if p.former == nil || r.Action == ActionInsert {
		return was, nil
	}
	values, _, err := exactRow(p.before, p.former, r.RowID)
	for i, v := range values {
		if at := p.moved[i]; at >= 0 {
			was[at] = v
		}
	}
	return was, err
}

func (p *planner) plan(r *changedRow) error {
	t, ch := p.t, &r.Change
	ch.Plan = &Planned{NoSource: !r.k.hasSource}
	if r.k.hasOld {
		ch.Plan.Old = json.RawMessage(r.k.old)
	}
	if r.k.hashed {
		h := int64(r.k.hash)
		ch.Plan.Hash = &h
	}
	if r.k.hasNew {
		ch.Plan.New = json.RawMessage(r.k.new)
	}
	was, err := p.was(r)
	if err != nil {
		return err
	}
	now := r.now
	if now == nil {
		return nil // a row that is deleted is in its fields as a whole
	}
	if err := carried(t, ch.RowID, now); err != nil {
		return err
	}
	ch.Plan.After = int64(t.hash(now))
	if ch.Action != ActionInsert {
		ch.Plan.Marks = t.marks(was)
	}
	if ch.Plan.Loose, err = p.loose(was, now); err != nil {
		return err
	}
	listed := make(map[string]any, len(ch.Fields))
	for _, f := range ch.Fields {
		listed[f.Name] = f.New
	}
	keyed := make(map[int]bool)
	for i, col := range t.columns {
		if col.name == t.rowid || col.keyOf >= 0 {
			continue
		}
		shown, isListed := listed[col.name]
		if !isListed && was[i] == now[i] {
			continue
		}
		if col.key >= 0 {
			keyed[col.key] = true
		}
		if !isListed || shown != now[i] {
			ch.Plan.Also = append(ch.Plan.Also, FieldChange{col.name, was[i], now[i]})
		}
	}
	for i, col := range t.columns {
		if col.keyOf >= 0 && (keyed[i] || was[i] != now[i]) {
			ch.Plan.Also = append(ch.Plan.Also, FieldChange{col.name, was[i], now[i]})
		}
	}
	return nil
}

// loose are the columns that change and then refer to no row.
func (p *planner) loose(was, now []any) (columns []string, err error) {
	for _, r := range p.refs {
		if was[r.col] == now[r.col] {
			continue
		}
		id, isID := now[r.col].(int64)
		if !isID {
			continue
		}
		found := false
		st, err := p.s.c.Prepare("SELECT 1 FROM main." + quote(r.to.name) + " WHERE " + r.to.rowid + "=?1")
		if err == nil {
			st.BindInt64(1, id)
			found, err = st.Step()
			err = errors.Join(err, st.Reset())
		}
		if err != nil {
			return nil, err
		}
		if !found {
			columns = append(columns, p.t.columns[r.col].name)
		}
	}
	return columns, nil
}

// planSources notes what the run read of each source.
func (s *Session) planSources(p *Plan) error {
	return s.rows("SELECT TableName, Source, Complete, ReadCount, ActiveRows FROM main.amsx_run_source WHERE RunID=?1 ORDER BY TableName, Source", func(st *sqlite.Stmt) error {
		p.Sources = append(p.Sources, PlanSource{st.ColumnText(0), st.ColumnText(1), st.ColumnInt64(2) != 0, st.ColumnInt64(3), st.ColumnInt64(4)})
		return nil
	}, s.info.RunID)
}

// planWritten keeps what the run noted for keep="edited".
func (s *Session) planWritten(r *Result, before *sqlite.Conn) error {
	written := &spool[Written]{}
	err := s.rows("SELECT TableName, RowID, ColumnName, ValueHash FROM main.amsx_written WHERE Transformation=?1", func(st *sqlite.Stmt) error {
		w := Written{Table: st.ColumnText(0), RowID: st.ColumnInt64(1), Column: st.ColumnText(2), Hash: st.ColumnInt64(3)}
		was, known, err := writtenHash(before, s.info.Transformation, w)
		if err != nil || known && was == w.Hash {
			return err
		}
		if known {
			w.Was = &was
		}
		return written.add(w)
	}, s.info.Transformation)
	if err == nil {
		err = written.flush()
	}
	r.keep(written.file)
	r.written = written.all(func(*Written) {})
	return err
}

// writtenHash is what is noted of a column with keep="edited".
func writtenHash(c *sqlite.Conn, transformation string, w Written) (h int64, known bool, err error) {
	err = sqlitex.Execute(c, "SELECT ValueHash FROM main.amsx_written WHERE Transformation=?1 AND TableName=?2 AND RowID=?3 AND ColumnName=?4", &sqlitex.ExecOptions{
		Args:       []any{transformation, w.Table, w.RowID, w.Column},
		ResultFunc: func(st *sqlite.Stmt) error { h, known = st.ColumnInt64(0), true; return nil },
	})
	return h, known, err
}

// marks are four digits for each column of a row.
func (t *table) marks(values []any) string {
	b := make([]byte, 0, 4*len(values))
	for i, v := range values {
		h := rowHash(0).cell(i, exactly(v))
		b = fmt.Appendf(b, "%04x", uint16(h^h>>16^h>>32^h>>48))
	}
	return string(b)
}

// siteID is the name that the site gave itself when it was made.
func siteID(c *sqlite.Conn) (id string, err error) {
	err = sqlitex.Execute(c, "SELECT SiteID FROM main.amsx_site", &sqlitex.ExecOptions{
		ResultFunc: func(st *sqlite.Stmt) error { id = st.ColumnText(0); return nil },
	})
	return id, err
}

// ID is the name that the site gave itself when it was made.
func (d *Database) ID(ctx context.Context) (id string, err error) {
	err = d.with(ctx, func(c *sqlite.Conn) (err error) {
		id, err = siteID(c)
		return err
	})
	return id, err
}

// Planned is when the plan that a run applied began to read; found is false
// for a run that applied none.
func (d *Database) Planned(ctx context.Context, runID int64) (made time.Time, found bool, err error) {
	err = d.with(ctx, func(c *sqlite.Conn) error {
		text := ""
		err := sqlitex.Execute(c, "SELECT Made FROM amsx_plan WHERE RunID=?1", &sqlitex.ExecOptions{
			Args:       []any{runID},
			ResultFunc: func(st *sqlite.Stmt) error { text, found = st.ColumnText(0), true; return nil },
		})
		if err != nil || !found {
			return err
		}
		made, err = time.Parse(instant, text)
		return err
	})
	return made, found, err
}

// schemaOf is a hash of each business table: its columns, its indexes and its
// triggers.
func schemaOf(c *sqlite.Conn) (map[string]string, error) {
	sums := make(map[string][]string)
	err := sqlitex.ExecuteTransient(c, "SELECT tbl_name, type || ' ' || name || ' ' || coalesce(sql, '') FROM main.sqlite_master ORDER BY tbl_name, type, name", &sqlitex.ExecOptions{
		ResultFunc: func(st *sqlite.Stmt) error {
			if n := st.ColumnText(0); !reserved(n) {
				sums[n] = append(sums[n], st.ColumnText(1))
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(sums))
	for n, lines := range sums {
		h := sha256.Sum256([]byte(strings.Join(lines, "\n")))
		out[n] = hex.EncodeToString(h[:8])
	}
	return out, nil
}
