package site

import (
	"fmt"

	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// keepEdited takes the columns out of diff that somebody else wrote since this
// transformation last did, where the mapping says keep="edited", and notes
// what the merge will have written. A column of which nothing is known counts
// as edited unless it is empty: better a value that stays than one that is
// lost.
func (t *target) keepEdited(id int64, diff *mask) error {
	for p := range t.cols {
		col := &t.cols[p]
		if !col.spec.KeepEdited || t.cells[p].kind == cellKeep {
			continue
		}
		var now rowHash
		empty := true
		err := sqlitex.Execute(t.s.c, "SELECT "+quote(col.name)+" FROM main."+quote(t.table.name)+" WHERE "+t.table.rowid+"=?1", &sqlitex.ExecOptions{
			Args: []any{id},
			ResultFunc: func(st *sqlite.Stmt) error {
				c := readCell(st, 0)
				now, empty = c.hash(), c.kind == cellNull
				return nil
			},
		})
		if err != nil {
			return err
		}
		var wrote rowHash
		known := false
		err = sqlitex.Execute(t.s.c, "SELECT ValueHash FROM main.amsx_written WHERE Transformation=?1 AND TableName=?2 AND RowID=?3 AND ColumnName=?4", &sqlitex.ExecOptions{
			Args: []any{t.s.info.Transformation, t.table.name, id, col.name},
			ResultFunc: func(st *sqlite.Stmt) error {
				wrote, known = rowHash(st.ColumnInt64(0)), true
				return nil
			},
		})
		if err != nil {
			return err
		}
		switch edited := known && wrote != now || !known && !empty; {
		case diff.has(p) && edited:
			diff.clear(p)
			if col.keyed >= 0 {
				diff.clear(col.keyed)
			}
			t.kept++
			continue
		case diff.has(p):
			now = t.cells[p].hash()
		case known:
			continue
		}
		if err := t.s.run("INSERT INTO temp."+t.temp("wrote")+"(rid, col, hash) VALUES (?1, ?2, ?3)", id, col.name, int64(now)); err != nil {
			return err
		}
	}
	return nil
}

// hash is the hash of one value, as SQL's amsx_hash(value) gives it.
func (c cell) hash() rowHash {
	switch c.kind {
	case cellText:
		return rowHash(0).text(0, c.s)
	case cellInt:
		return rowHash(0).integer(0, c.n)
	}
	return 0
}

// writeKept records what the merge wrote to columns with keep="edited".
func (t *target) writeKept(base int64) error {
	const into = "INSERT OR REPLACE INTO main.amsx_written(Transformation, TableName, RowID, ColumnName, ValueHash) "
	edited := false
	for p := range t.cols {
		if !t.cols[p].spec.KeepEdited {
			continue
		}
		edited = true
		if t.newRows == 0 {
			continue
		}
		if err := t.s.run(into+fmt.Sprintf("SELECT ?1, ?2, ?3+s.seq, ?4, amsx_hash(s.c%d) FROM temp.%s s", p, t.temp("new")), t.s.info.Transformation, t.table.name, base, t.cols[p].name); err != nil {
			return err
		}
	}
	if !edited {
		return nil
	}
	return t.s.run(into+"SELECT ?1, ?2, rid, col, hash FROM temp."+t.temp("wrote"), t.s.info.Transformation, t.table.name)
}

// record is a record that has its place only.
func record(line int) runtime.Record { return runtime.Record{Pos: posLine(line)} }
