package site

import (
	"fmt"
	"strings"

	"zombiezen.com/go/sqlite"
)

// lastID is the highest row id that a table has or ever gave out.
func (s *Session) lastID(t *table) (int64, error) { return lastID(s.c, t) }

func lastID(c *sqlite.Conn, t *table) (int64, error) {
	q := "SELECT coalesce(max(" + t.rowid + "), 0) FROM main." + quote(t.name)
	last, err := scalar(c, q)
	if err != nil {
		return 0, err
	}
	given, err := scalar(c, "SELECT seq FROM main.sqlite_sequence WHERE name=?1", t.name)
	return max(last, given), err
}

// merge writes what a target staged. It runs under the lock, so every
// statement works on whole sets, and old values are read there and then.
func (t *target) merge() error {
	for _, l := range t.lookups {
		if l.refN > 0 && l.late() {
			if err := l.settleLate(); err != nil {
				return err
			}
		}
		if err := l.prune(); err != nil {
			return err
		}
		if err := l.create(); err != nil {
			return err
		}
	}
	if err := t.dropSame(); err != nil {
		return err
	}
	base, err := t.s.lastID(t.table)
	if err != nil {
		return err
	}
	if t.updRows > 0 {
		if err := t.logUpdates(base); err != nil {
			return err
		}
		if err := t.clearUnique(); err != nil {
			return err
		}
	}
	if t.newRows > 0 {
		if err := t.insertRows(base); err != nil {
			return err
		}
	}
	if t.updRows > 0 {
		if err := t.updateRows(base); err != nil {
			return err
		}
	}
	return t.writeKept(base)
}

// dropSame forgets differences of which nothing is left, or only columns that
// are not tracked.
func (t *target) dropSame() error {
	if t.updRows == 0 {
		return nil
	}
	w := mask{^uint64(0), ^uint64(0)}.without(t.untracked).stored()
	if err := t.s.run(fmt.Sprintf("DELETE FROM temp.%s WHERE act=%d AND m0 & %d = 0 AND m1 & %d = 0", t.temp("upd"), actUpdate, w[0], w[1])); err != nil {
		return err
	}
	n, err := scalar(t.s.c, "SELECT count(*) FROM temp."+t.temp("upd"))
	t.updRows = n
	return err
}

// hashSQL is the hash of a whole row as it will be: value gives the SQL of a
// column that the statement writes, or "" for one that it leaves.
func (t *table) hashSQL(value func(at int) string) string {
	args := make([]string, len(t.columns))
	for i := range t.columns {
		args[i] = "NULL"
		if !t.tracked(i) {
			continue
		}
		if v := value(i); v != "" {
			args[i] = v
		}
	}
	return "amsx_hash(" + strings.Join(args, ", ") + ")"
}

// afterSQL is the value of a column after the update of row c by stage row s.
func (t *target) afterSQL(at int, base string) string {
	col := "c." + quote(t.table.columns[at].name)
	p := t.planOf(at)
	if p < 0 || !t.changed.has(p) {
		return col
	}
	return fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", bitOf("s", p), t.valueSQL(p, base), col)
}

// onChange joins a row of the change set with one that an earlier unit, or
// direct SQL, wrote for the same row: the oldest values stay, and of two
// actions the one of the higher precedence. What became of the row in the end
// is settled by net when everything is written; amsx_again notes the row for
// it.
const onChange = ` ON CONFLICT(RunID, TableName, RowID) DO UPDATE SET
	Old = CASE WHEN Action='insert' THEN NULL ELSE amsx_merge(coalesce(Old, '{}'), coalesce(excluded.Old, '{}')) END,
	New = CASE WHEN Action='insert' THEN NULL ELSE amsx_merge(coalesce(excluded.New, '{}'), coalesce(New, '{}')) END,
	RowHash = amsx_again(TableName, RowID, excluded.RowHash),
	Action = CASE WHEN instr('insert adopt rekey reactivate deactivate update delete', Action) <= instr('insert adopt rekey reactivate deactivate update delete', excluded.Action)
		THEN Action ELSE excluded.Action END`

const intoChange = "INSERT INTO main.amsx_change(RunID, TableName, RowID, Action, Line, Source, Old, RowHash, New) "

// logUpdates writes the change rows of the differences, with the exact old
// values of the columns that change.
func (t *target) logUpdates(base int64) error {
	b := fmt.Sprint(base)
	action := fmt.Sprintf("CASE s.act WHEN %d THEN 'adopt' WHEN %d THEN 'rekey' ELSE 'update' END", actAdopt, actRekey)
	if at := t.table.active; at >= 0 {
		if p := t.planOf(at); p >= 0 {
			action = fmt.Sprintf("CASE WHEN s.act=%d THEN 'adopt' WHEN s.act=%d THEN 'rekey' WHEN NOT %s THEN 'update' WHEN s.c%d AND NOT c.Active THEN 'reactivate' WHEN NOT s.c%d AND c.Active THEN 'deactivate' ELSE 'update' END",
				actAdopt, actRekey, bitOf("s", p), p, p)
		}
	}
	old, now := "''", "''"
	for p := range t.cols {
		if col := &t.cols[p]; t.changed.has(p) && col.base < 0 && !t.untracked.has(p) {
			field := " || CASE WHEN %s THEN ',%s:' || json_quote(%s) ELSE '' END"
			name := strings.ReplaceAll(jsonName(col.name), "'", "''")
			old += fmt.Sprintf(field, bitOf("s", p), name, "c."+quote(col.name))
			now += fmt.Sprintf(field, bitOf("s", p), name, t.valueSQL(p, b))
		}
	}
	hash := t.table.hashSQL(func(at int) string { return t.afterSQL(at, b) })
	return t.s.run(intoChange+fmt.Sprintf("SELECT ?1, ?2, s.rid, %s, s.line, ?3, '{' || substr(%s, 2) || '}', %s, '{' || substr(%s, 2) || '}' FROM temp.%s s CROSS JOIN main.%s c ON c.%s=s.rid%s WHERE true"+onChange,
		action, old, hash, now, t.temp("upd"), quote(t.table.name), t.table.rowid, t.joins()),
		t.s.info.RunID, t.table.name, t.spec.Source)
}

// clearUnique empties the unique columns that swap or move along a chain, so
// that each new value finds its place free.
func (t *target) clearUnique() error {
	if t.hits == 0 {
		return nil
	}
	for i := range t.uniq {
		for j, p := range t.uniq[i].cols {
			if p < 0 || !t.changed.has(p) {
				continue
			}
			err := t.s.run(fmt.Sprintf("UPDATE main.%s SET %s WHERE %s IN (SELECT s.rid FROM temp.%s s WHERE %s)", quote(t.table.name), t.table.emptySQL(t.uniq[i].table[j]), t.table.rowid, t.temp("upd"), bitOf("s", p)))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *target) updateRows(base int64) error {
	b := fmt.Sprint(base)
	var set []string
	for p := range t.cols {
		if t.changed.has(p) {
			set = append(set, quote(t.cols[p].name)+"="+t.afterSQL(t.cols[p].at, b))
		}
	}
	if len(set) == 0 {
		return nil
	}
	err := t.s.run(fmt.Sprintf("UPDATE main.%s AS c SET %s FROM temp.%s s%s WHERE c.%s IN (SELECT rid FROM temp.%s) AND s.rid=c.%s",
		quote(t.table.name), strings.Join(set, ", "), t.temp("upd"), t.joins(), t.table.rowid, t.temp("upd"), t.table.rowid))
	if err != nil {
		return err
	}
	return t.restoreKeys()
}

func (t *target) insertRows(base int64) error {
	b := fmt.Sprint(base)
	names, values := []string{t.table.rowid}, []string{b + "+s.seq"}
	value := func(p int) string {
		v := t.valueSQL(p, b)
		if col := t.cols[p]; col.notNull && col.fallback != "" {
			return "coalesce(" + v + ", " + col.fallback + ")"
		}
		return v
	}
	for p := range t.cols {
		names, values = append(names, quote(t.cols[p].name)), append(values, value(p))
	}
	restore, err := t.dropKeyTrigger()
	if err != nil {
		return err
	}
	recorded, err := t.s.publication.unrecorded(t, base)
	if err != nil {
		return err
	}
	defer recorded()
	if err := t.s.run(fmt.Sprintf("INSERT INTO main.%s(%s) SELECT %s FROM temp.%s s%s ORDER BY s.seq", quote(t.table.name), strings.Join(names, ", "), strings.Join(values, ", "), t.temp("new"), t.joins())); err != nil {
		return err
	}
	if err := restore(); err != nil {
		return err
	}
	if err := t.s.run(intoChange+fmt.Sprintf("SELECT ?1, ?2, %s+s.seq, 'insert', s.line, ?3, NULL, %s, NULL FROM temp.%s s%s WHERE true ORDER BY s.seq", b, t.newHashSQL(value), t.temp("new"), t.joins()),
		t.s.info.RunID, t.table.name, t.spec.Source); err != nil {
		return err
	}
	t.base = base
	return nil
}

// mergeLeavers makes the rows inactive that a complete pull did not find.
func (s *Session) mergeLeavers(i int) error {
	l := &s.leavers[i]
	if l.off || l.count == 0 {
		return nil
	}
	gone := fmt.Sprintf("amsx_gone%d", i)
	hash := l.t.hashSQL(func(at int) string {
		if at == l.t.active {
			return "0"
		}
		return "c." + quote(l.t.columns[at].name)
	})
	err := s.run(intoChange+fmt.Sprintf(`SELECT ?1, ?2, g.rid, 'deactivate', ?3, ?4, '{"Active":1}', %s, '{"Active":0}' FROM temp.%s g CROSS JOIN main.%s c ON c.%s=g.rid WHERE c.Active=1`+onChange, hash, gone, quote(l.t.name), l.t.rowid),
		s.info.RunID, l.t.name, int64(l.pos.Line), l.source)
	if err != nil {
		return err
	}
	return s.run(fmt.Sprintf("UPDATE main.%s SET Active=0 WHERE %s IN (SELECT rid FROM temp.%s)", quote(l.t.name), l.t.rowid, gone))
}

// findLeavers collects the leavers before the lock is taken.
func (s *Session) findLeavers() error {
	for i := range s.leavers {
		l := &s.leavers[i]
		s.spare(l)
		if l.off {
			continue
		}
		gone := fmt.Sprintf("amsx_gone%d", i)
		if err := s.run("DROP TABLE IF EXISTS temp." + gone); err != nil {
			return err
		}
		if err := s.run("CREATE TEMP TABLE " + gone + "(rid INTEGER PRIMARY KEY)"); err != nil {
			return err
		}
		var add *sqlite.Stmt
		err := s.missing(l, func(id int64) error {
			if add == nil {
				var err error
				if add, err = s.c.Prepare("INSERT INTO temp." + gone + "(rid) VALUES (?1)"); err != nil {
					return err
				}
			}
			add.BindInt64(1, id)
			return step(add)
		})
		if err != nil {
			return err
		}
	}
	return s.countAbsent()
}
