package site

import (
	"errors"
	"fmt"
	"strings"

	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
)

// A lookup resolves the values of one mapped column to a column of another
// row. A value that the committed rows answer is resolved when its record
// arrives; one that they do not waits in a temporary table, once a value and
// not once a record, for the rows of the same run.
//
// A value that the committed rows answer stays answered, even when the row that
// answered gives its login to another in the same run; keeping the value of
// every record that changes nothing would cost what comparing on arrival saves.
// The next run puts it right.
type lookup struct {
	t      *target
	n      int // number of the look-up in the target
	col    int // plan column
	spec   *runtime.LookupSpec
	table  *table
	result int   // column of table
	by     []int // columns of table, their key forms where they have them

	finds   []*sqlite.Stmt
	add     *sqlite.Stmt
	get     *sqlite.Stmt
	cache   map[string]found
	refs    map[string]int64
	refN    int64
	settled bool    // the waiting values of this unit have been looked up
	moved   Warning // of keys that go from one row to another; Count 0: none
	missing Warning // of the values without an answer; Count 0: each has one
	again   bool    // others wrote meanwhile: the committed rows are asked again
}

// found is what the committed rows answer.
type found struct {
	c     cell
	count int // 0 none, 1 one, 2 several
}

// maxCache bounds the look-ups kept in memory; a manager or a department
// comes again soon.
const maxCache = 1 << 13

func (t *target) planLookup(c runtime.TargetColumn, plan int, p *planColumn) (*lookup, error) {
	spec := c.Lookup
	l := &lookup{t: t, n: len(t.lookups), col: plan, spec: spec, cache: make(map[string]found), refs: make(map[string]int64)}
	if l.table = t.s.table(spec.Table); l.table == nil {
		return nil, badMapping(c.Pos, "the look-up of %s names table %s, which the site does not have", c.Name, spec.Table)
	}
	if l.result = l.table.column(spec.Result); l.result < 0 {
		return nil, badMapping(c.Pos, "the look-up of %s wants column %s, which table %s does not have", c.Name, spec.Result, l.table.name)
	}
	for _, name := range spec.Columns {
		at := l.table.column(name)
		if at < 0 {
			return nil, badMapping(c.Pos, "the look-up of %s searches column %s, which table %s does not have", c.Name, name, l.table.name)
		}
		l.by = append(l.by, at)
	}
	if len(l.by) == 0 {
		return nil, badMapping(c.Pos, "the look-up of %s names no column to search", c.Name)
	}
	if spec.Create {
		for i, col := range l.table.columns {
			if col.notNull && col.fallback == "" && i != l.by[0] && col.name != l.table.rowid {
				return nil, badMapping(c.Pos, "the look-up of %s cannot create rows in %s, because column %s may not be empty", c.Name, l.table.name, col.name)
			}
		}
	}
	switch spec.OnMissing {
	case "", "keep", "null", "reject":
	default:
		return nil, badMapping(c.Pos, "onmissing=%q is not known; it is keep, null or reject", spec.OnMissing)
	}
	return l, nil
}

// temp is the name of the look-up's table of waiting values.
func (l *lookup) temp() string { return fmt.Sprintf("amsx_ref%d_%d", l.t.n, l.n) }

// left is the name of the table of differences that the look-up's column was
// taken out of, because its value has no answer or is there already.
func (l *lookup) left() string { return fmt.Sprintf("amsx_left%d_%d", l.t.n, l.n) }

// lookedUp is the column by which column at is searched, and whether values
// are folded for it.
func (l *lookup) lookedUp(at int) (column tableColumn, fold bool) {
	if k := l.table.columns[at].key; k >= 0 {
		return l.table.columns[k], true
	}
	return l.table.columns[at], false
}

func (l *lookup) prepare() error {
	c := l.t.s.c
	if err := l.t.s.run("CREATE TEMP TABLE " + l.temp() + "(id INTEGER PRIMARY KEY, value TEXT UNIQUE, val, seq, several)"); err != nil {
		return err
	}
	if err := l.t.s.run("CREATE TEMP TABLE " + l.left() + "(rid INTEGER PRIMARY KEY, ref)"); err != nil {
		return err
	}
	for _, at := range l.by {
		col, _ := l.lookedUp(at)
		st, err := c.Prepare("SELECT " + quote(l.table.columns[l.result].name) + " FROM main." + quote(l.table.name) + " WHERE " + quote(col.name) + "=?1 LIMIT 2")
		if err != nil {
			return err
		}
		l.finds = append(l.finds, st)
	}
	var err error
	if l.add, err = c.Prepare("INSERT OR IGNORE INTO temp." + l.temp() + "(value) VALUES (?1)"); err != nil {
		return err
	}
	l.get, err = c.Prepare("SELECT id FROM temp." + l.temp() + " WHERE value=?1")
	return err
}

// resolve gives the cell of a mapped value: the answer of the committed rows,
// or a reference that the merge resolves.
func (l *lookup) resolve(v runtime.Value) (cell, error) {
	switch v.Kind() {
	case runtime.KindNull:
		return cell{}, nil
	case runtime.KindKeep:
		return cell{kind: cellKeep}, nil
	}
	s := strings.TrimSpace(v.Text())
	if s == "" {
		return cell{}, nil
	}
	f, ok := l.cache[s]
	if !ok {
		if !(l.t.empty && l.table == l.t.table) {
			var err error
			if f, err = l.search(s); err != nil {
				return cell{}, err
			}
		}
		if len(l.cache) >= maxCache {
			clear(l.cache)
		}
		l.cache[strings.Clone(s)] = f
	}
	if f.count == 1 {
		return f.c, nil
	}
	id, err := l.ref(s)
	if err == nil && f.count > 1 {
		// 2: rows that stay there, whatever becomes of those of this run.
		err = l.t.s.run("UPDATE temp."+l.temp()+" SET several=2 WHERE id=?1", id)
	}
	return cell{kind: cellRef, n: id}, err
}

// search asks the committed rows, column by column.
func (l *lookup) search(s string) (found, error) {
	for i, st := range l.finds {
		v := s
		if _, fold := l.lookedUp(l.by[i]); fold {
			v = Fold(s)
		}
		st.BindText(1, v)
		ok, err := st.Step()
		if err != nil {
			return found{}, err
		}
		if !ok {
			st.Reset()
			continue
		}
		f := found{c: readCell(st, 0), count: 1}
		again, err := st.Step()
		st.Reset()
		if err != nil {
			return found{}, err
		}
		if again {
			f.count = 2
		}
		return f, nil
	}
	return found{}, nil
}

// ref returns the row of a waiting value.
func (l *lookup) ref(s string) (int64, error) {
	if id, ok := l.refs[s]; ok {
		return id, nil
	}
	l.add.BindText(1, s)
	if _, err := l.add.Step(); err != nil {
		return 0, err
	}
	l.add.Reset()
	id := l.t.s.c.LastInsertRowID()
	if l.t.s.c.Changes() == 0 { // it was there, and fell out of the memory
		l.get.BindText(1, s)
		if _, err := l.get.Step(); err != nil {
			return 0, err
		}
		id = l.get.ColumnInt64(0)
		l.get.Reset()
	}
	if len(l.refs) >= maxCache {
		clear(l.refs)
	}
	l.refs[strings.Clone(s)] = id
	l.refN++
	return id, nil
}

// reset forgets the waiting values when a unit has been merged.
func (l *lookup) reset() error {
	clear(l.cache)
	clear(l.refs)
	l.refN, l.settled, l.again, l.missing, l.moved = 0, false, false, Warning{}, Warning{}
	return errors.Join(l.t.s.run("DELETE FROM temp."+l.temp()), l.t.s.run("DELETE FROM temp."+l.left()))
}

// readCell reads a column of a statement as it is stored.
func readCell(st *sqlite.Stmt, i int) cell {
	switch st.ColumnType(i) {
	case sqlite.TypeNull:
		return cell{}
	case sqlite.TypeInteger:
		return intCell(st.ColumnInt64(i))
	case sqlite.TypeFloat:
		return textCell(floatText(st.ColumnFloat(i)))
	}
	return textCell(st.ColumnText(i))
}
