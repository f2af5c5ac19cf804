package site

import (
	"fmt"
	"strings"

	"zombiezen.com/go/sqlite"
)

// settle decides, before the lock, what arrival left open: keys that came
// twice, adoptions, keys that collide, and look-ups. careful also looks for
// new rows that collide with each other; it is off at first, because the
// table's own unique indexes find those while they are merged, at no cost
// where there are none.
func (t *target) settle(careful bool) error {
	if t.newRows > 0 && len(t.key) > 0 && (careful || t.pending > 0 || !t.uniqueKey()) {
		if err := t.dropRepeated(); err != nil {
			return err
		}
	}
	if t.pending > 0 {
		if err := t.adoptRows(); err != nil {
			return err
		}
	}
	if careful {
		if err := t.findCollisions(); err != nil {
			return err
		}
	}
	if t.hits > 0 {
		if err := t.collide(); err != nil {
			return err
		}
	}
	for _, l := range t.lookups {
		if err := l.settle(); err != nil {
			return err
		}
	}
	return nil
}

// dropRepeated keeps one of the new rows with the same key: the newest, or the
// last.
func (t *target) dropRepeated() error {
	var by []string
	for _, k := range t.key {
		by = append(by, fmt.Sprintf("c%d", t.look(k)))
	}
	keys := strings.Join(by, ", ")
	order := "seq DESC"
	if t.spec.HasNewest {
		order = "newest DESC, seq DESC"
	}
	stage := "temp." + t.temp("new")
	// The index first: a key that came twice is found by walking it.
	if err := t.s.run("CREATE INDEX IF NOT EXISTS temp." + t.temp("new") + "_key ON " + t.temp("new") + "(" + keys + ")"); err != nil {
		return err
	}
	var lost []int64
	err := t.s.rows(fmt.Sprintf("SELECT seq, line, %s FROM (SELECT seq, line, %s, row_number() OVER (PARTITION BY %s ORDER BY %s) AS n FROM %s WHERE (%s) IN (SELECT %s FROM %s GROUP BY %s HAVING count(*) > 1)) WHERE n > 1",
		keys, keys, keys, order, stage, keys, keys, stage, keys), func(st *sqlite.Stmt) error {
		lost = append(lost, st.ColumnInt64(0))
		var b strings.Builder
		for i, k := range t.key {
			fmt.Fprintf(&b, "%s %s", t.cols[k].name, show(st.ColumnText(2+i)))
		}
		t.s.warn("repeated-key", fmt.Sprintf("a key came twice in one run (%s); %s was used", b.String(), t.winner()), posLine(int(st.ColumnInt64(1))))
		return nil
	})
	if err != nil {
		return err
	}
	for _, seq := range lost {
		t.read--
		t.repeated++
		if err := t.dropNew(seq); err != nil {
			return err
		}
	}
	return nil
}

func (t *target) dropNew(seq int64) error {
	t.dropped = true
	if err := t.s.run("DELETE FROM temp."+t.temp("new")+" WHERE seq=?1", seq); err != nil {
		return err
	}
	return t.s.run("DELETE FROM temp."+t.temp("hit")+" WHERE NOT upd AND id=?1", seq)
}

// A claim is a staged record that wants to adopt a row.
type claim struct {
	seq, row, rank int64
	line           int
}

// adoptRows lets each row that was asked for be adopted by one record: the one
// that matched by the earliest column, if only one did.
func (t *target) adoptRows() error {
	claims := make(map[int64][]claim)
	var order []int64
	err := t.s.rows("SELECT seq, adopt, rank, line FROM temp."+t.temp("new")+" WHERE adopt IS NOT NULL ORDER BY seq", func(st *sqlite.Stmt) error {
		c := claim{st.ColumnInt64(0), st.ColumnInt64(1), st.ColumnInt64(2), int(st.ColumnInt64(3))}
		if claims[c.row] == nil {
			order = append(order, c.row)
		}
		claims[c.row] = append(claims[c.row], c)
		return nil
	})
	if err != nil {
		return err
	}
	t.pending = 0
	t.adoptedBy = make([]int64, len(t.adopt)) // settling may be tried twice
	for _, row := range order {
		all := claims[row]
		best, ties := all[0], 1
		for _, c := range all[1:] {
			switch {
			case c.rank < best.rank:
				best, ties = c, 1
			case c.rank == best.rank:
				ties++
			}
		}
		name, err := t.s.rowName(t.table, row)
		if err != nil {
			return err
		}
		for _, c := range all {
			if ties == 1 && c == best {
				if err := t.attach(c.seq, row, actAdopt); err != nil {
					return err
				}
				t.adoptedBy[c.rank-1]++
				continue
			}
			t.present.add(row)
			if err := t.rejectNew(c.seq, fmt.Sprintf("it is ambiguous: %d records of this run would adopt %s by %s; it was not inserted", len(all), name, t.cols[t.adopt[c.rank-1]].name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// rejectNew refuses a staged new row.
func (t *target) rejectNew(seq int64, reason string) error {
	ok, line, err := t.load("new", "seq", seq)
	if err != nil || !ok {
		return err
	}
	t.s.reject(t, posLine(line), t.keyText(), reason, t.cellsJSON)
	return t.dropNew(seq)
}

// rejectUpd refuses a staged difference.
func (t *target) rejectUpd(id int64, reason string) error {
	ok, line, err := t.load("upd", "rid", id)
	if err != nil || !ok {
		return err
	}
	t.s.reject(t, posLine(line), t.keyText(), reason, t.cellsJSON)
	t.matched--
	t.written.remove(id)
	return t.unstage(id)
}

// load reads a staged record back into the cells.
func (t *target) load(stage, by string, id int64) (ok bool, line int, err error) {
	err = t.s.rows("SELECT * FROM temp."+t.temp(stage)+" WHERE "+by+"=?1", func(st *sqlite.Stmt) error {
		ok = true
		kept := maskFrom(st.ColumnInt64(1), st.ColumnInt64(2))
		line = int(st.ColumnInt64(3))
		for i := range t.cells {
			t.cells[i] = readCell(st, 7+i)
			if stage == "new" && kept.has(i) {
				t.cells[i] = cell{kind: cellKeep}
			}
		}
		for i, l := range t.lookups {
			if c := 7 + len(t.cells) + i; st.ColumnType(c) != sqlite.TypeNull {
				t.cells[l.col] = cell{kind: cellRef, n: st.ColumnInt64(c)}
			}
		}
		return nil
	}, id)
	return ok, line, err
}

// maskFrom reads a mask as it is stored.
func maskFrom(lo, hi int64) mask {
	return mask{uint64(lo) | uint64(hi)<<63, uint64(hi) >> 1}
}

// attach turns a staged new row into a difference to a row that exists.
func (t *target) attach(seq, row int64, act int) error {
	ok, line, err := t.load("new", "seq", seq)
	if err != nil || !ok {
		return err
	}
	newest := int64(0)
	if t.spec.HasNewest {
		if newest, err = scalar(t.s.c, "SELECT newest FROM temp."+t.temp("new")+" WHERE seq=?1", seq); err != nil {
			return err
		}
	}
	cells := append([]cell(nil), t.cells...)
	if err := t.dropNew(seq); err != nil {
		return err
	}
	var names []string
	for i := range t.cols {
		names = append(names, quote(t.cols[i].name))
	}
	var diff mask
	err = t.s.rows("SELECT "+strings.Join(names, ", ")+" FROM main."+quote(t.table.name)+" WHERE "+t.table.rowid+"=?1", func(st *sqlite.Stmt) error {
		for i := range t.cols {
			if c := cells[i]; c.kind == cellRef || c.kind != cellKeep && !t.cols[i].spec.OnInsert && !t.same(st, i, c) {
				diff.set(i)
			}
		}
		return nil
	}, row)
	if err != nil {
		return err
	}
	copy(t.cells, cells)
	t.present.add(row)
	t.written.add(row)
	t.matched++
	if err := t.keepEdited(row, &diff); err != nil {
		return err
	}
	r := record(line)
	if err := t.stage(t.stageUpd, &r, diff, act, 0); err != nil {
		return err
	}
	if t.spec.HasNewest {
		t.newest.set(row, newest)
		t.stageUpd.BindInt64(4, newest)
	}
	t.stageUpd.BindInt64(7+len(t.cells)+len(t.lookups), row)
	if err := step(t.stageUpd); err != nil {
		return err
	}
	t.updRows++
	for i := range t.changed {
		t.changed[i] |= diff[i]
	}
	return t.adoptedHits(row, diff)
}

// adoptedHits notes the rows that hold a unique value which an attached record
// wants: only its key forms and its source can be new here.
func (t *target) adoptedHits(row int64, diff mask) error {
	for i := range t.uniq {
		u := &t.uniq[i]
		if !diff.meets(u.touches) {
			continue
		}
		whole := true
		for j, p := range u.cols {
			if p < 0 || t.cells[p].kind == cellKeep || t.cells[p].kind == cellNull {
				whole = false
				break
			}
			bind(u.find, j+1, t.cells[p])
		}
		if !whole {
			continue
		}
		ok, err := u.find.Step()
		if err != nil {
			return err
		}
		other := u.find.ColumnInt64(0)
		u.find.Reset()
		if ok && other != row {
			t.hits++
			if err := t.s.run("INSERT INTO temp."+t.temp("hit")+"(upd, id, idx, other) VALUES (1, ?1, ?2, ?3)", row, int64(i), other); err != nil {
				return err
			}
		}
	}
	return nil
}
