package site

import (
	"fmt"
	"strings"

	"zombiezen.com/go/sqlite"
)

// settle takes out of the plan what cannot be: a row that the run inserted and
// that others refer to now is not deleted, a unique value that somebody else
// has by now is not given back, nor is a reference to a row that is gone. One may lead to the other, so it is repeated
// until nothing changes; each time less is undone, so it ends.
func (u *undo) settle() error {
	for {
		dropped, err := u.settleUnique()
		if err != nil {
			return err
		}
		blocked, err := u.settleReferences()
		if err != nil {
			return err
		}
		lost, err := u.settleLost()
		if err != nil {
			return err
		}
		if !dropped && !blocked && !lost {
			return nil
		}
	}
}

// settleUnique holds the state after the undo against the unique indexes:
// values that swap or move along a chain go through.
func (u *undo) settleUnique() (dropped bool, err error) {
	for again := true; again; {
		again = false
		claims := make(map[string]tableRow)
		for _, r := range u.rows {
			for n := 0; n < len(r.t.unique); n++ {
				free, holder, err := u.claim(r, r.t.unique[n], n, claims)
				if err != nil {
					return dropped, err
				}
				if free {
					continue
				}
				if err := u.lose(r, r.t.unique[n], holder); err != nil {
					return dropped, err
				}
				again, dropped = true, true
				break // what is left of the row is looked at in the next round
			}
		}
		kept := u.rows[:0]
		for _, r := range u.rows {
			if len(r.cols) > 0 {
				kept = append(kept, r)
			} else {
				delete(u.touched, tableRow{r.t.name, r.id})
			}
		}
		u.rows = kept
	}
	return dropped, nil
}

// writes reports whether the row gets a new value in a column, or in the one
// that it follows from.
func (r *undoRow) writes(i int) bool {
	if _, ok := r.written(i); ok || r.put {
		return true
	}
	if base := r.t.columns[i].keyOf; base >= 0 {
		_, ok := r.written(base)
		return ok
	}
	return false
}

// claim looks whether the values that a row gets in a unique index are free.
func (u *undo) claim(r *undoRow, index []int, n int, claims map[string]tableRow) (free bool, holder int64, err error) {
	touches := false
	for _, i := range index {
		touches = touches || r.writes(i)
	}
	if !touches {
		return true, 0, nil
	}
	values, key, err := u.tuple(r, index)
	if err != nil || key == "" {
		return true, 0, err
	}
	me := tableRow{r.t.name, r.id}
	key = fmt.Sprint(r.t.name, " ", n, " ", key)
	if other, taken := claims[key]; taken && other != me {
		return false, other.id, nil
	}
	var where []string
	args := make([]any, len(values))
	for j, i := range index {
		where = append(where, fmt.Sprintf("%s=?%d", quote(r.t.columns[i].name), j+1))
		args[j] = values[j].any()
	}
	err = u.s.rows("SELECT "+r.t.rowid+" FROM main."+quote(r.t.name)+" WHERE "+strings.Join(where, " AND "), func(st *sqlite.Stmt) error {
		holder = st.ColumnInt64(0)
		return nil
	}, args...)
	if err != nil {
		return false, 0, err
	}
	at := tableRow{r.t.name, holder}
	if holder != 0 && holder != r.id && !u.gone[at] {
		moves := false
		if h := u.touched[at]; h != nil {
			_, now, err := u.tuple(h, index)
			if err != nil {
				return false, 0, err
			}
			moves = fmt.Sprint(r.t.name, " ", n, " ", now) != key
		}
		if !moves {
			return false, holder, nil
		}
	}
	claims[key] = me
	return true, 0, nil
}

// tuple is what a row will hold in the columns of a unique index; key is empty
// when one of them is Null.
func (u *undo) tuple(r *undoRow, index []int) (values []cell, key string, err error) {
	var now []cell
	if !r.put {
		if now, _, err = u.s.rowNow(r.t, r.id); err != nil {
			return nil, "", err
		}
	}
	var b strings.Builder
	for _, i := range index {
		v := r.value(i, now)
		if v.kind == cellNull {
			return nil, "", nil
		}
		text := v.text()
		if r.t.columns[i].nocase {
			text = strings.ToLower(text)
		}
		fmt.Fprintf(&b, "%q", text)
		values = append(values, v)
	}
	return values, b.String(), nil
}

// lose takes the columns of a unique index out of what is undone of a row; a
// row that was to be put back is not.
func (u *undo) lose(r *undoRow, index []int, holder int64) error {
	name, err := u.s.rowName(r.t, holder)
	if err != nil {
		return err
	}
	if h := u.touched[tableRow{r.t.name, holder}]; h != nil && h.put {
		name = fmt.Sprintf("%s %d", r.t.name, holder)
	}
	if r.put {
		r.cols, r.vals = nil, nil
		var columns []string
		for _, i := range index {
			columns = append(columns, r.t.spoken(i))
		}
		return u.stayAs(r.t, r.id, "", nil, nil, fmt.Sprintf("the row is not put back: its %s now belongs to %s", strings.Join(columns, " and "), name))
	}
	now, _, err := u.s.rowNow(r.t, r.id)
	if err != nil {
		return err
	}
	for _, i := range index {
		for _, c := range []int{i, r.t.columns[i].keyOf} {
			if c < 0 {
				continue
			}
			if was, ok := r.leave(c); ok {
				if err := u.stayAs(r.t, r.id, r.t.columns[c].name, now[c].any(), was.any(), "the value that it had now belongs to "+name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// spoken is the name of a column as people know it: Login for LoginKey.
func (t *table) spoken(i int) string {
	if base := t.columns[i].keyOf; base >= 0 {
		i = base
	}
	return t.columns[i].name
}

// A reference is a column that holds row ids of a table.
type reference struct {
	from *table
	col  int
	to   *table
}

// references are the columns that hold row ids: foreign keys, and columns of
// the name of another table's id.
func (s *Session) references() ([]reference, error) {
	var all []reference
	for _, n := range s.names {
		t := s.table(n)
		has := make(map[int]bool)
		err := s.rows("SELECT \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?1)", func(st *sqlite.Stmt) error {
			to, i := s.table(st.ColumnText(0)), t.column(st.ColumnText(1))
			// One that refers to another column than the id holds no row id.
			if key := st.ColumnText(2); to != nil && i >= 0 && !has[i] && (key == "" || strings.EqualFold(key, to.rowid)) {
				has[i] = true
				all = append(all, reference{t, i, to})
			}
			return nil
		}, n)
		if err != nil {
			return nil, err
		}
		for _, m := range s.names {
			to := s.table(m)
			if i := t.column(to.rowid); i >= 0 && to != t && to.rowid != "rowid" && !has[i] {
				all = append(all, reference{t, i, to})
			}
		}
	}
	return all, nil
}

// settleReferences keeps the inserted rows that something refers to when the
// undo is done. Rows that are deleted too do not count; one that stays does.
func (u *undo) settleReferences() (blocked bool, err error) {
	if len(u.gone) == 0 {
		return false, nil
	}
	refs, err := u.s.references()
	if err != nil {
		return false, err
	}
	if err := u.stageGone(); err != nil {
		return false, err
	}
	edges := make(map[tableRow][]tableRow) // from rows that are deleted
	var keep []tableRow
	for _, ref := range refs {
		held := func(from, to tableRow) {
			switch {
			case !u.gone[to]:
			case u.gone[from]:
				edges[from] = append(edges[from], to)
			default:
				keep = append(keep, to)
			}
		}
		col := quote(ref.from.columns[ref.col].name)
		err := u.s.rows("SELECT "+ref.from.rowid+", "+col+" FROM main."+quote(ref.from.name)+" WHERE "+col+" IN (SELECT rid FROM temp.amsx_undo WHERE tbl=?1)", func(st *sqlite.Stmt) error {
			from := tableRow{ref.from.name, st.ColumnInt64(0)}
			if r := u.touched[from]; r == nil || !r.writes(ref.col) {
				held(from, tableRow{ref.to.name, st.ColumnInt64(1)})
			}
			return nil
		}, ref.to.name)
		if err != nil {
			return false, err
		}
		for _, r := range u.rows {
			if v, ok := r.written(ref.col); ok && r.t == ref.from && v.kind == cellInt {
				held(tableRow{r.t.name, r.id}, tableRow{ref.to.name, v.n})
			}
		}
	}
	for len(keep) > 0 {
		row := keep[len(keep)-1]
		keep = keep[:len(keep)-1]
		if !u.gone[row] {
			continue
		}
		delete(u.gone, row)
		blocked = true
		keep = append(keep, edges[row]...)
		if err := u.keepInactive(row); err != nil {
			return false, err
		}
	}
	return blocked, nil
}

// settleLost takes out the references to rows that were deleted since the run:
// a field keeps what it has, and of a row that is put back it stays empty.
func (u *undo) settleLost() (lost bool, err error) {
	refs, err := u.s.references()
	if err != nil {
		return false, err
	}
	known := make(map[tableRow]bool)
	there := func(to tableRow, t *table) (bool, error) {
		if r := u.touched[to]; r != nil {
			return true, nil // it is there, or is put back
		}
		found, looked := known[to]
		if !looked {
			n, err := scalar(u.s.c, "SELECT EXISTS (SELECT 1 FROM main."+quote(t.name)+" WHERE "+t.rowid+"=?1)", to.id)
			if err != nil {
				return false, err
			}
			found = n != 0
			known[to] = found
		}
		return found, nil
	}
	for _, r := range u.rows {
		for _, ref := range refs {
			v, ok := r.written(ref.col)
			if !ok || ref.from != r.t || v.kind != cellInt {
				continue
			}
			found, err := there(tableRow{ref.to.name, v.n}, ref.to)
			if err != nil {
				return lost, err
			}
			if found {
				continue
			}
			lost = true
			if err := u.loseReference(r, ref, v); err != nil {
				return lost, err
			}
		}
	}
	return lost, nil
}

// loseReference takes a reference to a row that is gone out of what is undone
// of a row.
func (u *undo) loseReference(r *undoRow, ref reference, was cell) error {
	name := r.t.columns[ref.col].name
	gone := fmt.Sprintf("%s %d, to which it referred, was deleted since", ref.to.name, was.n)
	if r.put && r.t.columns[ref.col].notNull {
		r.cols, r.vals = nil, nil
		return u.stayAs(r.t, r.id, "", nil, nil, fmt.Sprintf("the row is not put back: %s %d, to which its %s referred, was deleted since", ref.to.name, was.n, name))
	}
	r.leave(ref.col)
	if r.put {
		return u.stayAs(r.t, r.id, name, nil, was.any(), gone)
	}
	now, _, err := u.s.rowNow(r.t, r.id)
	if err != nil {
		return err
	}
	return u.stayAs(r.t, r.id, name, now[ref.col].any(), was.any(), gone)
}

// stageGone puts the rows to delete into a temporary table.
func (u *undo) stageGone() error {
	for _, q := range []string{"DROP TABLE IF EXISTS temp.amsx_undo", "CREATE TEMP TABLE amsx_undo(tbl TEXT, rid INTEGER, PRIMARY KEY (tbl, rid)) WITHOUT ROWID"} {
		if err := u.s.run(q); err != nil {
			return err
		}
	}
	for _, row := range u.order {
		if u.gone[row] {
			if err := u.s.run("INSERT INTO temp.amsx_undo(tbl, rid) VALUES (?1, ?2)", row.table, row.id); err != nil {
				return err
			}
		}
	}
	return nil
}

// keepInactive leaves a row that the run inserted, inactive.
func (u *undo) keepInactive(row tableRow) error {
	t := findTable(u.s.tables, row.table)
	now, _, err := u.s.rowNow(t, row.id)
	if err != nil {
		return err
	}
	if t.active < 0 || now[t.active].n == 0 {
		return u.stayAs(t, row.id, "", nil, nil, "other rows refer to it, so it is not deleted")
	}
	u.touch(&undoRow{t: t, id: row.id, cols: []int{t.active}, vals: []cell{intCell(0)}})
	return u.stayAs(t, row.id, "", nil, nil, "other rows refer to it, so it is made inactive and not deleted")
}
