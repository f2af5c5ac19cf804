package site

import (
	"context"
	"fmt"
	"strconv"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
)

// What a staged difference does to its row besides changing columns.
const (
	actUpdate = iota
	actAdopt
	actRekey
)

// Upsert compares one record with the row that is there and stages the
// difference. See runtime.Target.
func (t *target) Upsert(ctx context.Context, r runtime.Record) (runtime.Outcome, error) {
	if err := t.s.arriving(ctx); err != nil {
		return 0, err
	}
	out, err := t.upsert(&r)
	if err != nil {
		return 0, t.s.explain("compare a record with "+t.table.name, err)
	}
	return out, nil
}

func (t *target) upsert(r *runtime.Record) (runtime.Outcome, error) {
	if reason, err := t.fill(r); err != nil {
		return 0, err
	} else if reason != "" {
		return runtime.Rejected, t.reject(r, reason)
	}
	if t.spec.Mode == runtime.InsertGuaranteed {
		t.read++
		return runtime.Inserted, t.insert(r, 0, 0)
	}
	id, source, others, err := t.findRow()
	if err != nil {
		return 0, err
	}
	if others != "" {
		t.find.Reset()
		return runtime.Rejected, t.reject(r, fmt.Sprintf("its %s matches several rows of %s: %s; make them one, or give each its own key", t.keyText(), t.table.name, others))
	}
	if id != 0 {
		out, err := t.compare(r, id, source, actUpdate)
		t.find.Reset()
		return out, err
	}
	return t.arriveNew(r)
}

// findRow looks the row of the record's key up. The statement stays on the row
// when there is one. Of several rows the one of this source is meant; if that
// does not decide, others names them.
func (t *target) findRow() (id int64, source string, others string, err error) {
	if t.empty {
		return 0, "", "", nil
	}
	for i, k := range t.key {
		bind(t.find, i+1, t.cells[t.look(k)])
	}
	ok, err := t.find.Step()
	if err != nil || !ok {
		t.find.Reset()
		return 0, "", "", err
	}
	id = t.find.ColumnInt64(0)
	if t.uniqueKey() {
		return id, t.source(), "", nil
	}
	ids, own := []int64{id}, []int64(nil)
	for {
		if t.source() == t.spec.Source {
			own = append(own, t.find.ColumnInt64(0))
		}
		if ok, err = t.find.Step(); err != nil {
			return 0, "", "", err
		} else if !ok {
			break
		}
		ids = append(ids, t.find.ColumnInt64(0))
	}
	t.find.Reset()
	if len(own) == 1 {
		id = own[0]
	} else if len(ids) > 1 {
		for _, i := range ids {
			t.present.add(i)
		}
		others, err = t.s.rowNames(t.table, ids)
		return 0, "", others, err
	}
	for {
		if ok, err = t.find.Step(); err != nil || !ok {
			return 0, "", "", err
		}
		if t.find.ColumnInt64(0) == id {
			return id, t.source(), "", nil
		}
	}
}

// uniqueKey reports whether the table itself guarantees one row a key.
func (t *target) uniqueKey() bool {
	for i := range t.uniq {
		if t.uniq[i].isKey {
			return true
		}
	}
	return false
}

// source is the Source of the row that find stands on.
func (t *target) source() string {
	if t.table.source < 0 {
		return t.spec.Source
	}
	if t.same(t.find, 1, textCell(t.spec.Source)) {
		return t.spec.Source // nearly always, and no text is made for it
	}
	return t.find.ColumnText(1)
}

// same reports whether the column of a row holds the cell.
func (t *target) same(st *sqlite.Stmt, col int, c cell) bool {
	switch c.kind {
	case cellText:
		if n := st.ColumnLen(col); n == len(c.s) {
			if n > len(t.buf) {
				t.buf = make([]byte, 2*n)
			}
			if string(t.buf[:st.ColumnBytes(col, t.buf)]) == c.s {
				return n > 0 || st.ColumnType(col) != sqlite.TypeNull
			}
		}
		return st.ColumnType(col) == sqlite.TypeFloat && sameNumber(st.ColumnFloat(col), c.s)
	case cellInt:
		return st.ColumnInt64(col) == c.n && st.ColumnType(col) != sqlite.TypeNull
	case cellNull:
		return st.ColumnType(col) == sqlite.TypeNull
	}
	return true
}

func sameNumber(f float64, s string) bool {
	g, err := strconv.ParseFloat(s, 64)
	return err == nil && f == g
}

// compare compares the record with the row that find stands on, and stages
// what differs.
func (t *target) compare(r *runtime.Record, id int64, source string, act int) (runtime.Outcome, error) {
	t.read++
	t.present.add(id)
	if t.spec.Mode == runtime.InsertOnly {
		t.skipped++
		return runtime.Skipped, nil
	}
	if t.written.add(id) {
		t.read--
		t.repeated++
		t.s.warn("repeated-key", fmt.Sprintf("a key came twice in one run (%s); %s was used", t.keyText(), t.winner()), r.Pos)
		if t.spec.HasNewest && newestRank(r.Newest) < t.newest.get(id) {
			return runtime.Repeated, nil
		}
		if err := t.unstage(id); err != nil {
			return 0, err
		}
	} else {
		t.matched++
	}
	if t.spec.HasNewest {
		t.newest.set(id, newestRank(r.Newest))
	}
	if act == actUpdate && t.table.source >= 0 && t.spec.Source != "" && source != t.spec.Source {
		act = actRekey
		if source == "" {
			act = actAdopt
		}
	}
	var diff mask
	for i := range t.cols {
		p := &t.cols[i]
		if p.base >= 0 {
			if diff.has(p.base) {
				diff.set(i)
			}
			continue
		}
		if p.spec.OnInsert || t.same(t.find, i+2, t.cells[i]) && t.cells[i].kind != cellRef {
			continue
		}
		diff.set(i)
	}
	if err := t.keepEdited(id, &diff); err != nil {
		return 0, err
	}
	if act == actUpdate && diff.without(t.untracked).empty() {
		return runtime.Unchanged, nil
	}
	if err := t.noteHits(1, id, diff); err != nil {
		return 0, err
	}
	if err := t.stage(t.stageUpd, r, diff, act, 0); err != nil {
		return 0, err
	}
	t.stageUpd.BindInt64(7+len(t.cells)+len(t.lookups), id)
	if err := step(t.stageUpd); err != nil {
		return 0, err
	}
	t.updRows++
	for i := range t.changed {
		t.changed[i] |= diff[i]
	}
	if act == actAdopt {
		return runtime.Adopted, nil
	}
	return runtime.Updated, nil
}

func (t *target) winner() string {
	if t.spec.HasNewest {
		return "the newest"
	}
	return "the last"
}

// unstage forgets what an earlier record of the same key staged for a row.
func (t *target) unstage(id int64) error {
	if t.updRows == 0 {
		return nil
	}
	for _, q := range []string{"DELETE FROM temp." + t.temp("upd") + " WHERE rid=?1", "DELETE FROM temp." + t.temp("hit") + " WHERE upd AND id=?1", "DELETE FROM temp." + t.temp("wrote") + " WHERE rid=?1"} {
		if err := t.s.run(q, id); err != nil {
			return err
		}
	}
	return nil
}

// arriveNew handles a record whose key no row has.
func (t *target) arriveNew(r *runtime.Record) (runtime.Outcome, error) {
	t.read++
	if !t.empty {
		id, rank, ambiguous, err := t.findAdoption()
		if err != nil {
			return 0, err
		}
		if ambiguous != "" {
			t.read--
			return runtime.Rejected, t.reject(r, ambiguous)
		}
		if id != 0 {
			return runtime.Adopted, t.insert(r, id, rank)
		}
	}
	if t.spec.Mode == runtime.UpdateOnly || r.ExistingOnly {
		t.skipped++
		return runtime.Skipped, nil
	}
	return runtime.Inserted, t.insert(r, 0, 0)
}

// findAdoption looks for the one row without update key that the record
// belongs to, by the adoption columns in their order.
func (t *target) findAdoption() (id int64, rank int, ambiguous string, err error) {
	for i, st := range t.adopters {
		p := t.look(t.adopt[i])
		c := t.cells[p]
		if c.kind != cellText && c.kind != cellInt {
			continue
		}
		bind(st, 1, c)
		var ids []int64
		for {
			ok, err := st.Step()
			if err != nil {
				return 0, 0, "", err
			}
			if !ok {
				break
			}
			ids = append(ids, st.ColumnInt64(0))
		}
		st.Reset()
		switch {
		case len(ids) == 1:
			return ids[0], i + 1, "", nil
		case len(ids) > 1:
			for _, id := range ids {
				t.present.add(id)
			}
			names, err := t.s.rowNames(t.table, ids)
			return 0, 0, fmt.Sprintf("it is ambiguous: %s %s matches several rows without %s: %s; it was not inserted. Give one of them this %s, or make them one", t.cols[t.adopt[i]].name, show(t.cells[t.adopt[i]].text()), t.cols[t.key[0]].name, names, t.cols[t.key[0]].name), err
		}
	}
	return 0, 0, "", nil
}

// insert stages a record as a new row, or as one that may adopt a row.
func (t *target) insert(r *runtime.Record, adopt int64, rank int) error {
	var kept mask
	for i := range t.cells {
		if t.cells[i].kind == cellKeep {
			kept.set(i)
		}
	}
	t.newRows++
	if adopt == 0 && !t.empty {
		if err := t.noteHits(0, t.newRows, mask{^uint64(0), ^uint64(0)}); err != nil {
			return err
		}
	}
	if err := t.stage(t.stageNew, r, kept, 0, 0); err != nil {
		return err
	}
	if adopt != 0 {
		t.stageNew.BindInt64(5, adopt)
		t.stageNew.BindInt64(6, int64(rank))
		t.pending++
	} else {
		t.stageNew.BindNull(5)
		t.stageNew.BindNull(6)
	}
	t.stageNew.BindInt64(7+len(t.cells)+len(t.lookups), int64(t.newHash()))
	return step(t.stageNew)
}

// stage binds the columns that both stages share.
func (t *target) stage(st *sqlite.Stmt, r *runtime.Record, m mask, act, was int) error {
	st.Reset()
	w := m.stored()
	st.BindInt64(1, w[0])
	st.BindInt64(2, w[1])
	st.BindInt64(3, int64(r.Pos.Line))
	st.BindInt64(4, 0)
	if t.spec.HasNewest {
		st.BindInt64(4, newestRank(r.Newest))
	}
	st.BindInt64(5, int64(act))
	st.BindInt64(6, int64(was))
	for i := range t.cells {
		bind(st, 7+i, t.cells[i])
	}
	for i, l := range t.lookups {
		if c := t.cells[l.col]; c.kind == cellRef {
			st.BindInt64(7+len(t.cells)+i, c.n)
		} else {
			st.BindNull(7 + len(t.cells) + i)
		}
	}
	return nil
}

// noteHits remembers the rows that hold a unique value which the staged record
// wants. Whether they still hold it after the merge is settled before it.
func (t *target) noteHits(upd int, id int64, diff mask) error {
	for i := range t.uniq {
		u := &t.uniq[i]
		if !diff.meets(u.touches) || upd == 0 && u.isKey {
			continue
		}
		whole := true
		for j, p := range u.cols {
			switch {
			case p >= 0 && (upd == 0 || diff.has(p)) && t.cells[p].kind != cellKeep:
				whole = whole && t.cells[p].kind != cellNull && t.cells[p].kind != cellRef
				bind(u.find, j+1, t.cells[p])
			case upd == 0:
				whole = false
			default:
				c := readCell(t.find, t.uniqueAt(i)+j)
				whole = whole && c.kind != cellNull
				bind(u.find, j+1, c)
			}
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
		if ok && (upd == 0 || other != id) {
			t.hits++
			if err := t.s.run("INSERT INTO temp."+t.temp("hit")+"(upd, id, idx, other) VALUES (?1, ?2, ?3, ?4)", int64(upd), id, int64(i), other); err != nil {
				return err
			}
		}
	}
	return nil
}

// uniqueAt is where the columns of unique index i begin in find's row.
func (t *target) uniqueAt(i int) int {
	at := 2 + len(t.cols)
	for j := range i {
		at += len(t.uniq[j].table)
	}
	return at
}

// step runs a statement that returns no rows and leaves it ready to be bound.
func step(st *sqlite.Stmt) error {
	_, err := st.Step()
	if rerr := st.Reset(); err == nil {
		err = rerr
	}
	return err
}

// posLine is the position of a script line.
func posLine(line int) lexer.Position { return lexer.Position{Line: line} }
