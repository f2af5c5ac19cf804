package site

import (
	"fmt"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// A ref is a value that a look-up still waits for.
type ref struct {
	id    int64
	value string
}

// refBatch is how many waiting values are in memory at a time.
const refBatch = 4096

// waiting calls f for the values that nothing answers so far, some at a time.
func (l *lookup) waiting(f func([]ref) error) error {
	for after := int64(0); ; {
		var refs []ref
		err := l.t.s.rows("SELECT id, value FROM temp."+l.temp()+" WHERE id>?1 AND val IS NULL AND seq IS NULL AND several IS NULL ORDER BY id LIMIT ?2", func(st *sqlite.Stmt) error {
			refs = append(refs, ref{st.ColumnInt64(0), st.ColumnText(1)})
			return nil
		}, after, refBatch)
		if err != nil || len(refs) == 0 {
			return err
		}
		after = refs[len(refs)-1].id
		if err := f(refs); err != nil {
			return err
		}
	}
}

// late reports whether another mapping of the run stages rows of the table
// that is searched: then the look-up is settled when those have been merged.
func (l *lookup) late() bool {
	for _, g := range l.t.s.targets {
		if g != l.t && g.table == l.table && g.newRows+g.updRows > 0 {
			return true
		}
	}
	return false
}

// settle resolves the waiting values before the lock is taken.
func (l *lookup) settle() error {
	if l.refN == 0 || l.late() {
		return nil
	}
	if l.settled {
		if err := l.unsettle(); err != nil {
			return err
		}
	}
	defer func() { l.settled = true }()
	if l.again {
		return l.settleLate()
	}
	if l.table == l.t.table {
		if err := l.waiting(l.searchStaged); err != nil {
			return err
		}
	}
	return l.conclude()
}

// unsettle takes back what settling found and left out, because rows of this
// run were refused since that may have answered, or been one answer too many.
func (l *lookup) unsettle() error {
	t := l.t
	if err := t.s.run("UPDATE temp." + l.temp() + " SET val=NULL, seq=NULL, several=nullif(several, 1)"); err != nil {
		return err
	}
	word, bit := fmt.Sprintf("m%d", l.col/63), int64(1)<<(l.col%63)
	if err := t.s.run(fmt.Sprintf("UPDATE temp.%[1]s AS s SET %[2]s=s.%[2]s | %[3]d, r%[4]d=o.ref FROM temp.%[5]s o WHERE o.rid=s.rid", t.temp("upd"), word, bit, l.n, l.left())); err != nil {
		return err
	}
	return t.s.run("DELETE FROM temp." + l.left() + " WHERE true")
}

// leave takes the column out of the differences for which where holds, and
// keeps what they waited for.
func (l *lookup) leave(where, set string) error {
	t := l.t
	if err := t.s.run(fmt.Sprintf("INSERT OR IGNORE INTO temp.%[1]s(rid, ref) SELECT s.rid, s.r%[2]d FROM temp.%[3]s s WHERE s.r%[2]d IS NOT NULL AND %[4]s", l.left(), l.n, t.temp("upd"), where)); err != nil {
		return err
	}
	return t.s.run(fmt.Sprintf("UPDATE temp.%s AS s SET %s WHERE %s", t.temp("upd"), set, where))
}

// settleLate resolves them under the lock, when the rows of other mappings are
// in the table.
func (l *lookup) settleLate() error {
	err := l.waiting(func(refs []ref) error {
		for _, r := range refs {
			f, err := l.search(r.value)
			if err != nil {
				return err
			}
			if err := l.answer(r.id, f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if l.table == l.t.table {
		if err := l.waiting(l.searchStaged); err != nil {
			return err
		}
	}
	return l.conclude()
}

func (l *lookup) answer(id int64, f found) error {
	switch {
	case f.count > 1:
		return l.t.s.run("UPDATE temp."+l.temp()+" SET several=1 WHERE id=?1", id)
	case f.count == 1 && f.c.kind == cellInt:
		return sqlitex.Execute(l.t.s.c, "UPDATE temp."+l.temp()+" SET val=?2 WHERE id=?1", &sqlitex.ExecOptions{Args: []any{id, f.c.n}})
	case f.count == 1:
		return sqlitex.Execute(l.t.s.c, "UPDATE temp."+l.temp()+" SET val=?2 WHERE id=?1", &sqlitex.ExecOptions{Args: []any{id, f.c.s}})
	}
	return nil
}

// searchStaged looks waiting values up in the rows of the same run, column
// by column. A column's index is made only when a value got as far as it.
func (l *lookup) searchStaged(refs []ref) error {
	t := l.t
	isID := l.table.columns[l.result].name == l.table.rowid
	want := t.planOf(l.result)
	for _, by := range l.by {
		if len(refs) == 0 {
			break
		}
		_, fold := l.lookedUp(by)
		at := by
		if fold {
			at = l.table.columns[by].key
		}
		p := t.planOf(at)
		if p < 0 {
			continue
		}
		var finds []*sqlite.Stmt
		for _, stage := range []string{"new", "upd"} {
			if err := t.s.run(fmt.Sprintf("CREATE INDEX IF NOT EXISTS temp.%s_i%d ON %s(c%d)", t.temp(stage), p, t.temp(stage), p)); err != nil {
				return err
			}
			id, value, where := "s.seq", "NULL", ""
			if stage == "upd" {
				id, where = "s.rid", " AND "+bitOf("s", p)
			}
			if want >= 0 {
				value = fmt.Sprintf("s.c%d", want)
			}
			st, err := t.s.c.Prepare(fmt.Sprintf("SELECT %s, %s FROM temp.%s s WHERE s.c%d=?1%s LIMIT 2", id, value, t.temp(stage), p, where))
			if err != nil {
				return err
			}
			finds = append(finds, st)
		}
		left := refs[:0]
		for _, r := range refs {
			v := r.value
			if fold {
				v = Fold(v)
			}
			hits, fresh := 0, false
			var id int64
			var value cell
			for i, st := range finds {
				st.BindText(1, v)
				for {
					ok, err := st.Step()
					if err != nil {
						return err
					}
					if !ok {
						break
					}
					hits++
					id, value, fresh = st.ColumnInt64(0), readCell(st, 1), i == 0
				}
				st.Reset()
			}
			var err error
			switch {
			case hits == 0:
				left = append(left, r)
			case hits > 1:
				err = l.answer(r.id, found{count: 2})
			case isID && fresh:
				err = sqlitex.Execute(t.s.c, "UPDATE temp."+l.temp()+" SET seq=?2 WHERE id=?1", &sqlitex.ExecOptions{Args: []any{r.id, id}})
			case isID:
				err = l.answer(r.id, found{c: intCell(id), count: 1})
			case value.kind != cellNull:
				err = l.answer(r.id, found{c: value, count: 1})
			default:
				left = append(left, r)
			}
			if err != nil {
				return err
			}
		}
		refs = left
	}
	return nil
}

// prune takes back answers that were new rows which have been refused since.
func (l *lookup) prune() error {
	t := l.t
	if l.table != t.table || l.refN == 0 || !t.dropped {
		return nil
	}
	if err := t.s.run(fmt.Sprintf("UPDATE temp.%s SET seq=NULL WHERE seq IS NOT NULL AND seq NOT IN (SELECT seq FROM temp.%s)", l.temp(), t.temp("new"))); err != nil {
		return err
	}
	if l.spec.Create {
		return nil
	}
	word, bit := fmt.Sprintf("m%d", l.col/63), int64(1)<<(l.col%63)
	return t.s.run(fmt.Sprintf("UPDATE temp.%s SET %s=%s & ~%d, r%d=NULL WHERE r%d IN (SELECT id FROM temp.%s WHERE %s)", t.temp("upd"), word, word, bit, l.n, l.n, l.temp(), unresolved))
}

// unresolved is the SQL condition on a ref table of a value with no answer.
const unresolved = "val IS NULL AND seq IS NULL"

// conclude deals with the values that stay without an answer, and with
// differences that turn out to be none.
func (l *lookup) conclude() error {
	t := l.t
	p, word := l.col, fmt.Sprintf("m%d", l.col/63)
	bit := int64(1) << (l.col % 63)
	l.missing = Warning{}
	none := "IN (SELECT id FROM temp." + l.temp() + " WHERE " + unresolved + ")"
	col := &t.cols[p]
	left, err := scalar(t.s.c, "SELECT count(*) FROM (SELECT 1 FROM temp."+l.temp()+" WHERE "+unresolved+" LIMIT 1)")
	if err != nil {
		return err
	}
	if !l.spec.Create && left > 0 {
		if err := l.warnMissing(none); err != nil {
			return err
		}
		switch {
		case l.spec.OnMissing == "reject" || col.spec.Required || col.notNull && col.fallback == "":
			if err := l.rejectMissing(none); err != nil {
				return err
			}
		case l.spec.OnMissing == "null":
			if err := l.leave(fmt.Sprintf("s.r%d %s", l.n, none), fmt.Sprintf("r%d=NULL, c%d=NULL", l.n, p)); err != nil {
				return err
			}
		default:
			if err := l.leave(fmt.Sprintf("s.r%d %s", l.n, none), fmt.Sprintf("%s=%s & ~%d, r%d=NULL", word, word, bit, l.n)); err != nil {
				return err
			}
		}
	}
	if t.updRows == 0 {
		return nil
	}
	// What resolves to the value that is there is no difference.
	return l.leave(fmt.Sprintf("%[1]s AND NOT (s.r%[2]d IS NOT NULL AND EXISTS (SELECT 1 FROM temp.%[3]s q WHERE q.id=s.r%[2]d AND q.val IS NULL)) AND (SELECT c.%[4]s FROM main.%[5]s c WHERE c.%[6]s=s.rid) IS coalesce((SELECT q.val FROM temp.%[3]s q WHERE q.id=s.r%[2]d), s.c%[7]d)",
		bitOf("s", p), l.n, l.temp(), quote(col.name), quote(t.table.name), t.table.rowid, p), fmt.Sprintf("%s=%s & ~%d", word, word, bit))
}

// warnMissing counts the records whose value has no answer. It is said when
// the unit is merged: settled again, a value may find one.
func (l *lookup) warnMissing(none string) error {
	t := l.t
	n, err := scalar(t.s.c, fmt.Sprintf("SELECT (SELECT count(*) FROM temp.%s WHERE r%d %s) + (SELECT count(*) FROM temp.%s WHERE r%d %s)", t.temp("new"), l.n, none, t.temp("upd"), l.n, none))
	if err != nil || n == 0 {
		return err
	}
	var examples []string
	several := int64(0)
	err = t.s.rows("SELECT value, several FROM temp."+l.temp()+" WHERE "+unresolved+" ORDER BY id", func(st *sqlite.Stmt) error {
		if len(examples) < 3 {
			examples = append(examples, show(st.ColumnText(0)))
		}
		several += min(st.ColumnInt64(1), 1)
		return nil
	})
	if err != nil {
		return err
	}
	var by []string
	for _, at := range l.by {
		by = append(by, l.table.columns[at].name)
	}
	names := by[len(by)-1]
	if len(by) > 1 {
		names = strings.Join(by[:len(by)-1], ", ") + " or " + names
	}
	text := fmt.Sprintf("%s: for %s, no row of %s has the value as %s (for example %s)", t.cols[l.col].name, plural(n, "record"), l.table.name, names, strings.Join(examples, ", "))
	if several > 0 {
		text += fmt.Sprintf("; %s several rows", plural(several, "value")+" matched")
	}
	l.missing = Warning{Code: "lookup-missing", Text: text, Pos: t.cols[l.col].spec.Pos, Count: n}
	return nil
}

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (l *lookup) rejectMissing(none string) error {
	t := l.t
	for _, stage := range []string{"new", "upd"} {
		id := map[string]string{"new": "seq", "upd": "rid"}[stage]
		type miss struct {
			id    int64
			value string
		}
		var all []miss
		err := t.s.rows(fmt.Sprintf("SELECT s.%s, q.value FROM temp.%s s JOIN temp.%s q ON q.id=s.r%d WHERE s.r%d %s", id, t.temp(stage), l.temp(), l.n, l.n, none), func(st *sqlite.Stmt) error {
			all = append(all, miss{st.ColumnInt64(0), st.ColumnText(1)})
			return nil
		})
		if err != nil {
			return err
		}
		for _, m := range all {
			reason := fmt.Sprintf("%s: no row of %s has %s", t.cols[l.col].name, l.table.name, show(m.value))
			if stage == "new" {
				err = t.rejectNew(m.id, reason)
			} else {
				err = t.rejectUpd(m.id, reason)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// create adds the rows that the look-up may create, under the lock.
func (l *lookup) create() error {
	t := l.t
	if !l.spec.Create || l.refN == 0 {
		return nil
	}
	by, result := quote(l.table.columns[l.by[0]].name), quote(l.table.columns[l.result].name)
	used := fmt.Sprintf("id IN (SELECT r%d FROM temp.%s WHERE r%d IS NOT NULL UNION SELECT r%d FROM temp.%s WHERE r%d IS NOT NULL)", l.n, t.temp("new"), l.n, l.n, t.temp("upd"), l.n)
	base, err := t.s.lastID(l.table)
	if err != nil {
		return err
	}
	if err := t.s.run(fmt.Sprintf("INSERT OR IGNORE INTO main.%s(%s) SELECT value FROM temp.%s WHERE %s AND several IS NULL AND %s ORDER BY id", quote(l.table.name), by, l.temp(), unresolved, used)); err != nil {
		return err
	}
	if err := t.s.run(fmt.Sprintf("INSERT OR IGNORE INTO main.amsx_change(RunID, TableName, RowID, Action, Line, Source, RowHash) SELECT ?1, ?2, %s, 'insert', ?3, ?4, %s FROM main.%s WHERE %s>?5",
		l.table.rowid, l.table.hashSQL(func(at int) string { return quote(l.table.columns[at].name) }), quote(l.table.name), l.table.rowid),
		t.s.info.RunID, l.table.name, int64(t.cols[l.col].spec.Pos.Line), t.spec.Source, base); err != nil {
		return err
	}
	t.s.unitCreated += int64(t.s.c.Changes())
	return t.s.run(fmt.Sprintf("UPDATE temp.%s AS q SET val=(SELECT %s FROM main.%s WHERE %s=q.value) WHERE %s AND several IS NULL", l.temp(), result, quote(l.table.name), by, unresolved))
}

// resolvedSQL is the value of plan column p of a staged row s: what was
// staged, or what the look-up found. base is the SQL of the id before the
// first new row.
func (t *target) valueSQL(p int, base string) string {
	l := t.cols[p].lookup
	if l == nil {
		return fmt.Sprintf("s.c%d", p)
	}
	return fmt.Sprintf("CASE WHEN s.r%d IS NULL THEN s.c%d ELSE coalesce(q%d.val, %s+q%d.seq) END", l.n, p, l.n, base, l.n)
}

// joins are the tables that valueSQL reads.
func (t *target) joins() string {
	var b strings.Builder
	for _, l := range t.lookups {
		fmt.Fprintf(&b, " LEFT JOIN temp.%s q%d ON q%d.id=s.r%d", l.temp(), l.n, l.n, l.n)
	}
	return b.String()
}
