package site

import (
	"context"
	"fmt"
	"strings"

	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// Lookup finds the value of column result in the one row of table whose
// column holds v. It sees staged rows.
func (s *Session) Lookup(ctx context.Context, tableName, column string, v runtime.Value, result string) (runtime.Value, error) {
	if err := s.usable(ctx); err != nil {
		return runtime.Value{}, err
	}
	t := s.table(tableName)
	if t == nil {
		return runtime.Value{}, fmt.Errorf("the site has no table %s; it has %s", tableName, strings.Join(s.names, ", "))
	}
	by, want := t.column(column), t.column(result)
	if by < 0 {
		return runtime.Value{}, fmt.Errorf("table %s has no column %s", t.name, column)
	}
	if want < 0 {
		return runtime.Value{}, fmt.Errorf("table %s has no column %s", t.name, result)
	}
	c, why := toCell(&t.columns[by], v)
	if why != "" || c.kind == cellNull {
		return runtime.Null(), nil
	}
	if k := t.columns[by].key; k >= 0 && c.kind == cellText {
		by, c.s = k, Fold(c.s)
	}
	value, count := runtime.Null(), 0
	take := func(st *sqlite.Stmt) error {
		value = columnValue(st, 0, t.columns[want].typ)
		count++
		return nil
	}
	expr, joins, where := "c."+quote(t.columns[want].name), "", " WHERE c."+quote(t.columns[by].name)+"=?1"
	var staged []string
	for _, g := range s.targets {
		if g.table != t || g.newRows+g.updRows == 0 {
			continue
		}
		u := fmt.Sprintf("u%d", g.n)
		joins += fmt.Sprintf(" LEFT JOIN temp.%s %s ON %s.rid=c.%s", g.temp("upd"), u, u, t.rowid)
		if w := g.planOf(want); w >= 0 {
			expr = fmt.Sprintf("CASE WHEN %s THEN %s.c%d ELSE %s END", bitOf(u, w), u, w, expr)
		}
		p := g.planOf(by)
		if p < 0 {
			continue
		}
		where += fmt.Sprintf(" AND NOT coalesce(%s, 0)", bitOf(u, p))
		more, err := g.lookupStaged(p, want)
		if err != nil {
			return runtime.Value{}, s.explain("look up a staged row of "+t.name, err)
		}
		staged = append(staged, more...)
	}
	q := "SELECT " + expr + " FROM main." + quote(t.name) + " c" + joins + where
	var arg any = c.s
	if c.kind == cellInt {
		arg = c.n
	}
	for _, q := range append([]string{q + " LIMIT 2"}, staged...) {
		if err := sqlitex.Execute(s.c, q, &sqlitex.ExecOptions{Args: []any{arg}, ResultFunc: take}); err != nil {
			return runtime.Value{}, s.explain("look up a row of "+t.name, err)
		}
	}
	if count != 1 {
		return runtime.Null(), nil
	}
	return value, nil
}

// planOf is the plan column that writes column at of the table, or -1.
func (t *target) planOf(at int) int {
	for p := range t.cols {
		if t.cols[p].at == at {
			return p
		}
	}
	return -1
}

// lookupStaged gives the queries that find staged rows by plan column p. The
// index is made by the first look-up that wants it.
func (t *target) lookupStaged(p, want int) ([]string, error) {
	value := "NULL"
	if w := t.planOf(want); w >= 0 {
		value = fmt.Sprintf("s.c%d", w)
	}
	for _, st := range []string{"new", "upd"} {
		err := t.s.run(fmt.Sprintf("CREATE INDEX IF NOT EXISTS temp.%s_i%d ON %s(c%d)", t.temp(st), p, t.temp(st), p))
		if err != nil {
			return nil, err
		}
	}
	updated := "(SELECT " + quote(t.table.columns[want].name) + " FROM main." + quote(t.table.name) + " c WHERE c." + t.table.rowid + "=s.rid)"
	if w := t.planOf(want); w >= 0 {
		updated = fmt.Sprintf("CASE WHEN %s THEN s.c%d ELSE %s END", bitOf("s", w), w, updated)
	}
	return []string{
		fmt.Sprintf("SELECT %s FROM temp.%s s WHERE s.c%d=?1 LIMIT 2", value, t.temp("new"), p),
		fmt.Sprintf("SELECT %s FROM temp.%s s WHERE s.c%d=?1 AND %s LIMIT 2", updated, t.temp("upd"), p, bitOf("s", p)),
	}, nil
}
