package site

import (
	"fmt"
	"strings"

	"zombiezen.com/go/sqlite"
)

// write makes the site as the plan says. The triggers of direct SQL note the
// rows, and the merge writes the change set from what they noted.
func (u *undo) write() error {
	s := u.s
	s.calls.line = 0 // no line of a script
	keeps, err := scalar(s.c, "SELECT EXISTS (SELECT 1 FROM main.amsx_written WHERE Transformation=?1)", s.info.Transformation)
	if err != nil {
		return err
	}
	for _, r := range u.rows {
		if keeps != 0 && !r.put {
			if err := u.keepWritten(r); err != nil {
				return err
			}
		}
		if err := u.clear(r); err != nil {
			return err
		}
	}
	if err := u.stageGone(); err != nil {
		return err
	}
	for _, n := range s.names {
		t := s.table(n)
		if err := s.run("DELETE FROM main."+quote(t.name)+" WHERE "+t.rowid+" IN (SELECT rid FROM temp.amsx_undo WHERE tbl=?1)", t.name); err != nil {
			return err
		}
	}
	written := make(map[*table]bool)
	for _, r := range u.rows {
		if err := u.writeRow(r); err != nil {
			return fmt.Errorf("%s %d: %w", r.t.name, r.id, err)
		}
		written[r.t] = true
	}
	for t := range written {
		if err := s.fillKeysOf(t, "UPDATE OR IGNORE"); err != nil {
			return err
		}
	}
	return nil
}

// clear empties the unique columns that get another value, so that values that
// swap find their places free.
func (u *undo) clear(r *undoRow) error {
	if r.put {
		return nil
	}
	var set []string
	for _, index := range r.t.unique {
		for _, i := range index {
			if r.writes(i) {
				set = append(set, r.t.emptySQL(i))
			}
		}
	}
	if len(set) == 0 {
		return nil
	}
	return u.step("UPDATE main."+quote(r.t.name)+" SET "+strings.Join(set, ", ")+" WHERE "+r.t.rowid+"=?1", intCell(r.id))
}

// writeRow writes the columns of one row, with the key forms that follow from
// them.
func (u *undo) writeRow(r *undoRow) error {
	names, values := []string{}, []cell{intCell(r.id)}
	for j, i := range r.cols {
		if r.put && r.vals[j].kind == cellNull && r.t.columns[i].notNull {
			continue // the run has added the column; it has a default
		}
		names, values = append(names, quote(r.t.columns[i].name)), append(values, r.vals[j])
		if key := r.t.columns[i].key; key >= 0 {
			names, values = append(names, quote(r.t.columns[key].name)), append(values, r.value(key, nil))
		}
	}
	if !r.put {
		for j := range names {
			names[j] = fmt.Sprintf("%s=?%d", names[j], j+2)
		}
		return u.step("UPDATE main."+quote(r.t.name)+" SET "+strings.Join(names, ", ")+" WHERE "+r.t.rowid+"=?1", values...)
	}
	names = append([]string{r.t.rowid}, names...)
	return u.step("INSERT INTO main."+quote(r.t.name)+"("+strings.Join(names, ", ")+") VALUES (?1"+marks(2, len(names))+")", values...)
}

// marks is ",?2,?3" for from 2 to 3.
func marks(from, to int) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		fmt.Fprintf(&b, ",?%d", i)
	}
	return b.String()
}

// keepWritten notes the old value as what the transformation wrote last to a
// column with keep="edited", where it is the one that wrote the value that is
// undone: else its next run would take the old value for somebody's edit.
func (u *undo) keepWritten(r *undoRow) error {
	now, _, err := u.s.rowNow(r.t, r.id)
	if err != nil {
		return err
	}
	for j, i := range r.cols {
		err := u.s.run("UPDATE main.amsx_written SET ValueHash=?1 WHERE Transformation=?2 AND TableName=?3 AND RowID=?4 AND ColumnName=?5 AND ValueHash=?6",
			int64(r.vals[j].hash()), u.s.info.Transformation, r.t.name, r.id, r.t.columns[i].name, int64(now[i].hash()))
		if err != nil {
			return err
		}
	}
	return nil
}

// step runs a statement once. Its text is the same for many rows, and kept.
func (u *undo) step(q string, values ...cell) error {
	st, err := u.s.c.Prepare(q)
	if err != nil {
		return err
	}
	for i, v := range values {
		bind(st, i+1, v)
	}
	return step(st)
}

// recordUndone writes what the undo left of each source whose rows the run had
// counted. Whether a complete run is known of the source is what it was before
// the run, so that the fuse is neither in the way of the next run nor off.
func (s *Session) recordUndone() error {
	if s.undoes == 0 {
		return nil
	}
	type former struct {
		table, source string
		complete      int64
	}
	var all []former
	err := s.rows(`SELECT x.TableName, x.Source, coalesce((SELECT y.Complete FROM main.amsx_run_source y WHERE y.TableName=x.TableName AND y.Source=x.Source AND y.RunID<>?1 AND
			y.RunID <> CASE WHEN EXISTS (SELECT 1 FROM main.amsx_run_source z WHERE z.TableName=x.TableName AND z.Source=x.Source AND z.RunID>?2 AND z.RunID<>?1) THEN -1 ELSE ?2 END
			ORDER BY y.RunID DESC LIMIT 1), 0)
		FROM main.amsx_run_source x WHERE x.RunID=?2`, func(st *sqlite.Stmt) error {
		all = append(all, former{st.ColumnText(0), st.ColumnText(1), st.ColumnInt64(2)})
		return nil
	}, s.info.RunID, s.undoes)
	if err != nil {
		return err
	}
	for _, f := range all {
		t := s.table(f.table)
		if t == nil || t.source < 0 {
			continue
		}
		active, err := scalar(s.c, "SELECT count(*) FROM main."+quote(t.name)+" WHERE Source IS ?1"+t.andActive(), f.source)
		if err != nil {
			return err
		}
		if err := s.run("INSERT OR REPLACE INTO main.amsx_run_source VALUES (?1, ?2, ?3, ?4, 0, ?5)", s.info.RunID, f.table, f.source, f.complete, active); err != nil {
			return err
		}
	}
	return nil
}
