package site

import (
	"context"
	"fmt"
	"strconv"

	"github.com/tidwall/gjson"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// A Stay is what an undo leaves as it is: a field that somebody changed since,
// or a whole row.
type Stay struct {
	Table  string `json:"table"`
	RowID  int64  `json:"id"`
	Key    string `json:"key"`             // what people call the row
	Field  string `json:"field,omitempty"` // empty: the row
	Now    any    `json:"now,omitempty"`   // the field's value, which stays
	Old    any    `json:"old,omitempty"`   // what it was before the run
	Reason string `json:"reason"`
}

// An UndoResult is what an undo did, or would do when it was a test.
type UndoResult struct {
	*Result
	Stays   []Stay // the first 1000
	Staying int64  // all
}

// An UndoError is why a run cannot be undone.
type UndoError struct {
	Run    int64
	Reason string
}

func (e *UndoError) Error() string {
	return fmt.Sprintf("run %d cannot be undone: %s", e.Run, e.Reason)
}

// Undo takes a run back: each field gets the value that it had before the run,
// where it still holds the one that the run wrote. It is a run itself, with a
// change set, so that it can be undone too. The transformation of info is that
// of the run.
func (d *Database) Undo(ctx context.Context, info RunInfo, run int64) (*UndoResult, error) {
	info.AllowOnce = []string{"all"} // what the run did in one go is undone in one go
	s, err := d.Begin(ctx, info)
	if err != nil {
		return nil, err
	}
	defer s.Abort()
	s.undoes = run
	var u *undo
	// What is to be undone is found before the lock is taken. Where another
	// program writes in between it is found again, the last time under the lock.
	for n, again := 0, true; again; n++ {
		u = &undo{s: s, run: run, touched: make(map[tableRow]*undoRow), gone: make(map[tableRow]bool)}
		if again, err = u.attempt(n == 2); err != nil {
			return nil, err
		}
	}
	r, err := s.Finish(ctx)
	if err != nil {
		return nil, err
	}
	return &UndoResult{Result: r, Stays: u.stays, Staying: u.staying}, nil
}

// attempt finds what is to be undone and writes it. again says that another
// program has written in between; then nothing was.
func (u *undo) attempt(locked bool) (again bool, err error) {
	s := u.s
	if locked {
		err = s.beginWrite()
	} else {
		err = s.beginRead()
	}
	if err != nil {
		return false, err
	}
	seen, err := s.version()
	if err != nil {
		return false, s.explain("read the site", err)
	}
	if err := s.undoable(u.run); err != nil {
		return false, err
	}
	if err := u.plan(); err != nil {
		return false, s.explain("read what is to be undone", err)
	}
	if err := u.settle(); err != nil {
		return false, s.explain("find out what can be undone", err)
	}
	if err := s.beginWrite(); err != nil {
		return false, err
	}
	now, err := s.version()
	if err != nil {
		return false, s.explain("read the site", err)
	}
	if now != seen {
		return true, s.rollback()
	}
	if err := s.writing(); err != nil {
		return false, err
	}
	return false, s.explain("undo", u.write())
}

// Undoable returns an *UndoError where a run cannot be undone, as far as it can
// be told beforehand.
func (d *Database) Undoable(ctx context.Context, run int64) error {
	return d.reader(ctx, func(s *Session) error { return s.undoable(run) })
}

// undoable says why a run cannot be undone.
func (s *Session) undoable(run int64) error {
	refuse := func(format string, args ...any) error { return &UndoError{run, fmt.Sprintf(format, args...)} }
	known, changed := false, int64(0)
	err := s.rows("SELECT Inserted+Updated+Reactivated+Deactivated+Adopted+Rekeyed+Deleted FROM main.amsx_run WHERE RunID=?1", func(st *sqlite.Stmt) error {
		known, changed = true, st.ColumnInt64(0)
		return nil
	}, run)
	if err != nil {
		return s.explain("read the run", err)
	}
	if !known {
		return refuse("it wrote nothing to this site")
	}
	undone, err := undoneRuns(s.c)
	if err != nil {
		return s.explain("read the run", err)
	}
	if by, ok := undone[run]; ok {
		return refuse("run %d has undone it already; to have its changes back, undo that: amsx undo %d", by, by)
	}
	there, err := scalar(s.c, "SELECT EXISTS (SELECT 1 FROM main.amsx_change WHERE RunID=?1)", run)
	switch {
	case err != nil:
		return s.explain("read the change set", err)
	case there == 0 && changed > 0:
		return refuse("its change set was pruned (or forgotten), so that nobody knows any more what was there before")
	case there == 0:
		return refuse("it changed nothing")
	}
	return nil
}

// Undone returns the runs that are undone at present, each with the run that
// undid it.
func (d *Database) Undone(ctx context.Context) (undone map[int64]int64, err error) {
	err = d.with(ctx, func(c *sqlite.Conn) error {
		undone, err = undoneRuns(c)
		return err
	})
	return undone, err
}

func undoneRuns(c *sqlite.Conn) (map[int64]int64, error) {
	by := make(map[int64]int64)
	// The newest first: an undo holds unless a later one has undone it.
	err := sqlitex.ExecuteTransient(c, "SELECT RunID, Undid FROM main.amsx_run WHERE Undid IS NOT NULL ORDER BY RunID DESC", &sqlitex.ExecOptions{
		ResultFunc: func(st *sqlite.Stmt) error {
			id, undid := st.ColumnInt64(0), st.ColumnInt64(1)
			if _, gone := by[id]; gone {
				return nil
			}
			if _, known := by[undid]; !known {
				by[undid] = id
			}
			return nil
		},
	})
	return by, err
}

// An undo is the plan of one.
type undo struct {
	s       *Session
	run     int64
	rows    []*undoRow // to write, and to put back
	touched map[tableRow]*undoRow
	gone    map[tableRow]bool // rows that the run inserted and that are deleted
	order   []tableRow        // of gone, so that an undo is the same each time
	stays   []Stay
	staying int64
}

// An undoRow is a row with the columns that get their old values.
type undoRow struct {
	t    *table
	id   int64
	put  bool // the run deleted the row; it is put back
	cols []int
	vals []cell
}

// value is what a row will hold in column i; now is what it holds.
func (r *undoRow) value(i int, now []cell) cell {
	if base := r.t.columns[i].keyOf; base >= 0 {
		if v, ok := r.written(base); ok {
			if v.kind == cellText {
				v.s = Fold(v.s)
			}
			return v
		}
	}
	if v, ok := r.written(i); ok || r.put {
		return v
	}
	return now[i]
}

// written is the value that column i gets, if it gets one.
func (r *undoRow) written(i int) (cell, bool) {
	for j, c := range r.cols {
		if c == i {
			return r.vals[j], true
		}
	}
	return cell{}, false
}

// leave takes a column out of what is written.
func (r *undoRow) leave(i int) (was cell, ok bool) {
	for j, c := range r.cols {
		if c == i {
			was = r.vals[j]
			r.cols, r.vals = append(r.cols[:j], r.cols[j+1:]...), append(r.vals[:j], r.vals[j+1:]...)
			return was, true
		}
	}
	return cell{}, false
}

// plan reads the change set and decides of each field whether it still holds
// what the run wrote.
func (u *undo) plan() error {
	return u.s.rows("SELECT c.TableName, c.RowID, c.Action, "+keptColumns+" FROM main.amsx_change c WHERE c.RunID=?1", func(st *sqlite.Stmt) error {
		name, id, action, k := st.ColumnText(0), st.ColumnInt64(1), Action(st.ColumnText(2)), readKept(st, 3)
		t := findTable(u.s.tables, name)
		if t == nil {
			u.add(Stay{Table: name, RowID: id, Key: name + " " + strconv.FormatInt(id, 10), Reason: "the table is gone"})
			return nil
		}
		now, found, err := u.s.rowNow(t, id)
		if err != nil {
			return err
		}
		switch action {
		case ActionInsert:
			if !found {
				return nil // it is gone already
			}
			if !k.hashed || t.hashCells(now) != k.hash {
				by, err := u.since(t, id, -1, cell{})
				if err != nil {
					return err
				}
				return u.stayAs(t, id, "", nil, nil, by)
			}
			u.gone[tableRow{t.name, id}] = true
			u.order = append(u.order, tableRow{t.name, id})
			return nil
		case ActionDelete:
			if found {
				return u.stayAs(t, id, "", nil, nil, "a row with its id is there again")
			}
			return u.putBack(t, id, k)
		}
		if !found {
			key := t.name + " " + strconv.FormatInt(id, 10)
			u.add(Stay{Table: t.name, RowID: id, Key: key, Reason: "the row was deleted since"})
			return nil
		}
		return u.fields(t, id, k, now)
	}, u.run)
}

// fields plans the fields of a row that the run changed.
func (u *undo) fields(t *table, id int64, k kept, now []cell) (err error) {
	r := &undoRow{t: t, id: id}
	whole := k.hashed && t.hashCells(now) == k.hash
	gjson.Parse(k.old).ForEach(func(name, was gjson.Result) bool {
		i := t.column(name.String())
		if i < 0 {
			err = u.stayAs(t, id, name.String(), nil, jsonAny(was), "the column is gone")
			return err == nil
		}
		if sameJSON(was, now[i]) {
			return true
		}
		wrote := gjson.Get(k.new, gjson.Escape(t.columns[i].name))
		if !whole && (!wrote.Exists() || !sameJSON(wrote, now[i])) {
			var by string
			if by, err = u.since(t, id, i, now[i]); err == nil {
				err = u.stayAs(t, id, t.columns[i].name, now[i].any(), jsonAny(was), by)
			}
			return err == nil
		}
		r.cols, r.vals = append(r.cols, i), append(r.vals, jsonCell(was))
		return true
	})
	if err == nil && len(r.cols) > 0 {
		u.touch(r)
	}
	return err
}

// putBack plans a row that the run deleted.
func (u *undo) putBack(t *table, id int64, k kept) (err error) {
	r := &undoRow{t: t, id: id, put: true}
	gjson.Parse(k.old).ForEach(func(name, was gjson.Result) bool {
		i := t.column(name.String())
		if i < 0 {
			if was.Type != gjson.Null {
				err = u.stayAs(t, id, name.String(), nil, jsonAny(was), "the column is gone")
			}
			return err == nil
		}
		r.cols, r.vals = append(r.cols, i), append(r.vals, jsonCell(was))
		return true
	})
	u.touch(r)
	return err
}

func (u *undo) touch(r *undoRow) {
	u.rows = append(u.rows, r)
	u.touched[tableRow{r.t.name, r.id}] = r
}

// jsonCell is a value as the change set keeps it.
func jsonCell(v gjson.Result) cell {
	switch v := jsonAny(v).(type) {
	case int64:
		return intCell(v)
	case string:
		return textCell(v)
	}
	return cell{}
}

// since says who changed a field after the run, or the row where field is -1.
// A field that holds something else than a later run wrote was changed after
// that one too.
func (u *undo) since(t *table, id int64, field int, now cell) (string, error) {
	if len(u.stays) >= maxKept {
		return "", nil // it is only counted
	}
	last, hand := int64(0), false
	err := u.s.rows("SELECT c.RunID, c.Old, c.New FROM main.amsx_run r CROSS JOIN main.amsx_change c ON c.RunID=r.RunID AND c.TableName=?2 AND c.RowID=?3 WHERE r.RunID>?1 ORDER BY r.RunID", func(st *sqlite.Stmt) error {
		if field < 0 {
			last = st.ColumnInt64(0)
			return nil
		}
		path := gjson.Escape(t.columns[field].name)
		if gjson.Get(st.ColumnText(1), path).Exists() {
			last = st.ColumnInt64(0)
			wrote := gjson.Get(st.ColumnText(2), path)
			hand = wrote.Exists() && !sameJSON(wrote, now)
		}
		return nil
	}, u.run, t.name, id)
	switch {
	case hand:
		return fmt.Sprintf("somebody changed it after run %d, by hand or with another program", last), err
	case last > 0:
		return fmt.Sprintf("run %d changed it since", last), err
	}
	return "somebody changed it since, by hand or with another program", err
}

func (u *undo) stayAs(t *table, id int64, field string, now, old any, reason string) error {
	if len(u.stays) >= maxKept {
		u.staying++
		return nil
	}
	name, err := u.s.shortName(t, id)
	if err == nil {
		u.add(Stay{t.name, id, name, field, now, old, reason})
	}
	return err
}

func (u *undo) add(s Stay) {
	if u.staying++; len(u.stays) < maxKept {
		u.stays = append(u.stays, s)
	}
}

// shortName is what people call a row.
func (s *Session) shortName(t *table, id int64) (string, error) {
	name := ""
	if l := t.label(); l != "" {
		err := s.rows("SELECT "+l+" FROM main."+quote(t.name)+" WHERE "+t.rowid+"=?1", func(st *sqlite.Stmt) error {
			name = st.ColumnText(0)
			return nil
		}, id)
		if err != nil {
			return "", err
		}
	}
	if name == "" {
		name = t.name + " " + strconv.FormatInt(id, 10)
	}
	return name, nil
}
