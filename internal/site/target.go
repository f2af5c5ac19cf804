package site

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
)

// A target is one mapping of a run: its plan, its statements, and what of its
// records has arrived. New rows are staged in one temporary table, differences
// to rows that exist in another.
type target struct {
	s     *Session
	n     int // number of the target in the session, in the names of its temporary tables
	spec  runtime.TargetSpec
	table *table
	cols  []planColumn // mapped columns, then their key forms, then Source
	key   []int        // plan columns of the update key
	adopt []int        // plan columns tried for adoption
	uniq  []uniqueIndex
	cells []cell // of the record at hand, one a plan column
	words int    // 64-bit words of a mask

	untracked mask // columns that are written only together with another
	limits    limits

	find     *sqlite.Stmt // the row of a key: id, Source, plan columns
	stageNew *sqlite.Stmt
	stageUpd *sqlite.Stmt
	adopters []*sqlite.Stmt

	present bitset // rows whose key was read
	written bitset // rows that a record was compared with
	newest  newestSet

	adoptedBy []int64 // rows of this unit, by the column that found them

	read, matched, repeated, skipped int64
	newRows, updRows, hits, pending  int64
	changed                          mask  // columns that any staged row changes
	readBefore, matchedBefore        int64 // of units merged before
	base                             int64 // the id before the first new row
	kept                             int64
	unreadable                       bool // a rejected record had no readable key
	dropped                          bool // a staged new row was refused
	empty                            bool // the table had no rows when the unit began
	lookups                          []*lookup
	buf                              []byte
	unmapped                         rowHash   // of the columns that a new row has from their defaults
	fallbacks                        []rowHash // a plan column: of its default, where a new row with no value has that
}

// A planColumn is one column that the target writes.
type planColumn struct {
	tableColumn
	at     int // its index in the table
	in     int // its index in Record.Values, -1: made here
	base   int // plan column whose key form it is, or -1
	keyed  int // plan column of its key form, or -1
	spec   runtime.TargetColumn
	lookup *lookup
}

// A uniqueIndex of the table, by plan columns, that can collide.
type uniqueIndex struct {
	cols    []int // plan columns, -1 where the target does not write the column
	table   []int // table columns
	isKey   bool  // the update key itself: not found by it means no collision
	find    *sqlite.Stmt
	touches mask
}

// A mask is a set of plan columns.
type mask [2]uint64

func (m mask) has(i int) bool { return m[i>>6]&(1<<(i&63)) != 0 }
func (m *mask) set(i int)     { m[i>>6] |= 1 << (i & 63) }
func (m *mask) clear(i int)   { m[i>>6] &^= 1 << (i & 63) }
func (m mask) without(o mask) mask {
	return mask{m[0] &^ o[0], m[1] &^ o[1]}
}
func (m mask) meets(o mask) bool { return m[0]&o[0]|m[1]&o[1] != 0 }
func (m mask) empty() bool       { return m[0]|m[1] == 0 }

// maxColumns is how many columns a mapping may write; a mask has that many
// bits, less the sign bits, which SQL would not take.
const maxColumns = 126

// bitOf is the SQL test of plan column i in the mask of stage alias a.
func bitOf(a string, i int) string {
	return fmt.Sprintf("%s.m%d & %d", a, i/63, int64(1)<<(i%63))
}

// words of 63 bits, as they are stored.
func (m mask) stored() [2]int64 {
	lo := m[0] & (1<<63 - 1)
	hi := m[1]<<1 | m[0]>>63
	return [2]int64{int64(lo), int64(hi)}
}

// Open prepares to upsert records by one mapping.
func (s *Session) Open(ctx context.Context, spec runtime.TargetSpec) (runtime.Target, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	for _, t := range s.targets {
		if t.spec.Name == spec.Name && t.spec.Pos == spec.Pos && t.spec.Source == spec.Source && strings.EqualFold(t.spec.Table, spec.Table) &&
			slices.EqualFunc(t.spec.Columns, spec.Columns, func(a, b runtime.TargetColumn) bool { return a.Name == b.Name }) {
			return t, nil
		}
	}
	t := &target{s: s, n: len(s.targets), spec: spec}
	if err := t.plan(); err != nil {
		return nil, err
	}
	if err := s.endArrivals(); err != nil {
		return nil, err
	}
	if err := t.prepare(); err != nil {
		return nil, s.explain("prepare the mapping to "+t.table.name, err)
	}
	s.targets = append(s.targets, t)
	return t, nil
}

// badMapping is an error of the mapping itself, with its place.
func badMapping(pos lexer.Position, format string, args ...any) error {
	return &MappingError{Pos: pos, Text: fmt.Sprintf(format, args...)}
}

// A MappingError says what a mapping asks for that the site does not have.
type MappingError struct {
	Pos  lexer.Position
	Text string
}

func (e *MappingError) Error() string { return e.Text }

func (t *target) plan() error {
	s, spec := t.s, t.spec
	t.table = s.table(spec.Table)
	if t.table == nil {
		return badMapping(spec.Pos, "the site has no table %s; it has %s", spec.Table, strings.Join(s.names, ", "))
	}
	var err error
	if t.limits, err = parseLimits(spec.Limits, spec.Pos); err != nil {
		return err
	}
	planOf := make(map[int]int)
	for i, c := range spec.Columns {
		at := t.table.column(c.Name)
		if at < 0 {
			return badMapping(c.Pos, "table %s has no column %s", t.table.name, c.Name)
		}
		if _, twice := planOf[at]; twice {
			return badMapping(c.Pos, "column %s is mapped twice", t.table.columns[at].name)
		}
		if col := t.table.columns[at]; col.name == t.table.rowid || col.keyOf >= 0 {
			return badMapping(c.Pos, "column %s is filled by amsx and cannot be mapped", col.name)
		}
		planOf[at] = len(t.cols)
		p := planColumn{tableColumn: t.table.columns[at], at: at, in: i, base: -1, keyed: -1, spec: c}
		if c.NoTrack {
			t.untracked.set(len(t.cols))
		}
		if c.Lookup != nil {
			if p.lookup, err = t.planLookup(c, len(t.cols), &p); err != nil {
				return err
			}
			t.lookups = append(t.lookups, p.lookup)
		}
		t.cols = append(t.cols, p)
	}
	for i := range len(t.cols) {
		at := t.cols[i].key
		if at < 0 {
			continue
		}
		t.cols[i].keyed = len(t.cols)
		planOf[at] = len(t.cols)
		if t.untracked.has(i) {
			t.untracked.set(len(t.cols))
		}
		t.cols = append(t.cols, planColumn{tableColumn: t.table.columns[at], at: at, in: -1, base: i, keyed: -1})
	}
	if at := t.table.source; at >= 0 && spec.Source != "" {
		if _, mapped := planOf[at]; !mapped {
			planOf[at] = len(t.cols)
			t.cols = append(t.cols, planColumn{tableColumn: t.table.columns[at], at: at, in: -1, base: -1, keyed: -1})
		}
	}
	if len(t.cols) > maxColumns {
		return badMapping(spec.Pos, "the mapping to %s writes %d columns; at most %d are possible", t.table.name, len(t.cols), maxColumns)
	}
	t.words = (len(t.cols) + 62) / 63
	t.cells = make([]cell, len(t.cols))
	t.buf = make([]byte, 1024)
	find := func(name, what string) (int, error) {
		at := t.table.column(name)
		if at < 0 {
			return 0, badMapping(spec.Pos, "%s names column %s, which table %s does not have", what, name, t.table.name)
		}
		p, ok := planOf[at]
		if !ok {
			return 0, badMapping(spec.Pos, "%s names column %s, but the mapping does not fill it; add a field for it", what, name)
		}
		return p, nil
	}
	for _, k := range spec.Key {
		p, err := find(k, "updatekey")
		if err != nil {
			return err
		}
		if t.cols[p].lookup != nil {
			return badMapping(spec.Pos, "updatekey column %s is filled by a look-up; a key must come from the record itself", k)
		}
		t.key = append(t.key, p)
	}
	if len(t.key) == 0 && spec.Mode != runtime.InsertGuaranteed {
		return badMapping(spec.Pos, "the mapping to %s has no updatekey; name the column that identifies a row, or use the mode Insert Guaranteed", t.table.name)
	}
	for _, a := range spec.Adopt {
		p, err := find(a, "adopt")
		if err != nil {
			return err
		}
		t.adopt = append(t.adopt, p)
	}
	t.planUnique(planOf)
	if spec.Mode == runtime.UpdateOnly {
		return nil
	}
	for i, col := range t.table.columns {
		if _, ok := planOf[i]; !ok && col.notNull && col.fallback == "" && col.name != t.table.rowid && col.keyOf < 0 {
			return badMapping(spec.Pos, "column %s of %s may not be empty, and the mapping does not fill it", col.name, t.table.name)
		}
	}
	return nil
}

// planUnique finds the unique indexes that a record of the target can collide
// with.
func (t *target) planUnique(planOf map[int]int) {
	inKey := make(map[int]bool)
	for _, k := range t.key {
		inKey[t.look(k)] = true
	}
	for _, cols := range t.table.unique {
		u := uniqueIndex{table: cols, isKey: len(inKey) > 0}
		writes := false
		for _, at := range cols {
			p, ok := planOf[at]
			if !ok {
				p = -1
			} else {
				u.touches.set(p)
				writes = true
			}
			u.cols = append(u.cols, p)
			u.isKey = u.isKey && ok && inKey[p]
		}
		if writes {
			t.uniq = append(t.uniq, u)
		}
	}
}

// look is the plan column by which column p is looked up: its key form where
// it has one.
func (t *target) look(p int) int {
	if k := t.cols[p].keyed; k >= 0 {
		return k
	}
	return p
}

// temp is the name of one of the target's temporary tables.
func (t *target) temp(what string) string { return fmt.Sprintf("amsx_%s%d", what, t.n) }

// prepare makes the temporary tables and the statements of the target.
func (t *target) prepare() error {
	c := t.s.c
	var cells, names, params []string
	for i := range t.cols {
		cells = append(cells, fmt.Sprintf("c%d", i))
	}
	for i := range t.lookups {
		cells = append(cells, fmt.Sprintf("r%d", i))
	}
	list := strings.Join(cells, ", ")
	for _, q := range []string{
		"CREATE TEMP TABLE " + t.temp("new") + "(seq INTEGER PRIMARY KEY, m0, m1, line, newest, adopt, rank, " + list + ", hash)",
		"CREATE TEMP TABLE " + t.temp("upd") + "(rid INTEGER PRIMARY KEY, m0, m1, line, newest, act, was, " + list + ")",
		"CREATE TEMP TABLE " + t.temp("hit") + "(upd, id, idx, other)",
		"CREATE TEMP TABLE " + t.temp("wrote") + "(seq, rid, col, hash)",
	} {
		if err := t.s.run(q); err != nil {
			return err
		}
	}
	for _, l := range t.lookups {
		if err := l.prepare(); err != nil {
			return err
		}
	}
	for range 6 + len(cells) {
		params = append(params, "?")
	}
	var err error
	if t.stageNew, err = c.Prepare("INSERT INTO temp." + t.temp("new") + "(m0, m1, line, newest, adopt, rank, " + list + ", hash) VALUES (" + strings.Join(params, ",") + ",?)"); err != nil {
		return err
	}
	if t.stageUpd, err = c.Prepare("INSERT INTO temp." + t.temp("upd") + "(m0, m1, line, newest, act, was, " + list + ", rid) VALUES (" + strings.Join(params, ",") + ",?)"); err != nil {
		return err
	}
	names = append(names, t.table.rowid)
	if t.table.source >= 0 {
		names = append(names, "Source")
	} else {
		names = append(names, "NULL")
	}
	for i := range t.cols {
		names = append(names, quote(t.cols[i].name))
	}
	for i := range t.uniq {
		for _, at := range t.uniq[i].table {
			names = append(names, quote(t.table.columns[at].name))
		}
	}
	row := "SELECT " + strings.Join(names, ", ") + " FROM main." + quote(t.table.name) + " WHERE "
	if len(t.key) > 0 {
		var where []string
		for i, k := range t.key {
			where = append(where, fmt.Sprintf("%s=?%d", quote(t.cols[t.look(k)].name), i+1))
		}
		if t.find, err = c.Prepare(row + strings.Join(where, " AND ") + " LIMIT 9"); err != nil {
			return err
		}
		for _, a := range t.adopt {
			q := "SELECT " + t.table.rowid + " FROM main." + quote(t.table.name) + " WHERE " + quote(t.cols[t.look(a)].name) + "=?1"
			for _, k := range t.key {
				q += " AND " + quote(t.cols[k].name) + " IS NULL"
			}
			st, err := c.Prepare(q + " LIMIT 4")
			if err != nil {
				return err
			}
			t.adopters = append(t.adopters, st)
		}
	}
	for i := range t.uniq {
		u := &t.uniq[i]
		var where []string
		for j, at := range u.table {
			where = append(where, fmt.Sprintf("%s=?%d", quote(t.table.columns[at].name), j+1))
		}
		if u.find, err = c.Prepare("SELECT " + t.table.rowid + " FROM main." + quote(t.table.name) + " WHERE " + strings.Join(where, " AND ") + " LIMIT 1"); err != nil {
			return err
		}
	}
	if err := t.prepareHash(); err != nil {
		return err
	}
	if _, known := t.s.lastBefore[t.table.name]; !known {
		last, err := t.s.lastID(t.table)
		if err != nil {
			return err
		}
		t.s.lastBefore[t.table.name] = last
	}
	n, err := scalar(c, "SELECT count(*) FROM (SELECT 1 FROM main."+quote(t.table.name)+" LIMIT 1)")
	t.empty = n == 0
	return err
}
