package site

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
)

// Translate writes To of the first pair that fits what is in a column, in one
// statement. The rows that it changes are captured as those of SQL are.
func (s *Session) Translate(ctx context.Context, m runtime.Translation) (int64, error) {
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	t, err := s.tableNamed(m.Table)
	if err != nil {
		return 0, err
	}
	from, err := t.columnNamed(m.Column)
	if err != nil {
		return 0, err
	}
	to := from
	if m.Target != "" {
		if to, err = t.columnNamed(m.Target); err != nil {
			return 0, err
		}
	}
	if err := t.writable(to); err != nil {
		return 0, err
	}
	pairs := m.Pairs
	if pairs == nil {
		if pairs, err = s.pairsOf(m.From); err != nil {
			return 0, err
		}
	}
	if err := s.writing(); err != nil {
		return 0, err
	}
	if err := s.loadPairs(&t.columns[to], pairs); err != nil {
		return 0, err
	}
	value := "Fold(CAST(c." + quote(t.columns[from].name) + " AS TEXT))"
	fits := map[runtime.Match]string{
		runtime.MatchWhole:  "p.f = " + value,
		runtime.MatchLike:   value + " LIKE p.f",
		runtime.MatchBegins: "substr(" + value + ", 1, length(p.f)) = p.f",
	}[m.Match]
	col := quote(t.columns[to].name)
	return s.changeRows(t, m.Pos, fmt.Sprintf(`UPDATE main.%[1]s AS u SET %[2]s = m.t
		FROM (SELECT c.%[3]s AS id, (SELECT p.t FROM temp.amsx_pair p WHERE %[4]s ORDER BY p.n LIMIT 1) AS t,
			EXISTS (SELECT 1 FROM temp.amsx_pair p WHERE %[4]s) AS fits FROM main.%[1]s c) m
		WHERE m.fits AND u.%[3]s = m.id AND u.%[2]s IS NOT m.t`, quote(t.name), col, quote(t.rowid), fits))
}

// pairsOf reads the pairs of a table of the site, in the order of its rows.
func (s *Session) pairsOf(name string) ([]runtime.Pair, error) {
	t, err := s.tableNamed(name)
	if err != nil {
		return nil, err
	}
	from, to := t.column("FromValue"), t.column("ToValue")
	if from < 0 || to < 0 {
		return nil, fmt.Errorf("the table %s is no map: it needs the columns FromValue and ToValue", t.name)
	}
	pairs := []runtime.Pair{}
	err = s.rows(fmt.Sprintf("SELECT %s, %s FROM main.%s WHERE FromValue IS NOT NULL ORDER BY %s", quote(t.columns[from].name), quote(t.columns[to].name), quote(t.name), quote(t.rowid)), func(st *sqlite.Stmt) error {
		pairs = append(pairs, runtime.Pair{From: st.ColumnText(0), To: columnValue(st, 1, t.columns[to].typ)})
		return nil
	})
	return pairs, s.explain("read the map "+t.name, err)
}

// loadPairs puts the pairs where the statement finds them.
func (s *Session) loadPairs(to *tableColumn, pairs []runtime.Pair) error {
	for _, q := range []string{"CREATE TEMP TABLE IF NOT EXISTS amsx_pair(n INTEGER PRIMARY KEY, f TEXT, t)", "CREATE INDEX IF NOT EXISTS temp.amsx_pair_f ON amsx_pair(f)", "DELETE FROM temp.amsx_pair"} {
		if err := s.run(q); err != nil {
			return s.explain("prepare the map", err)
		}
	}
	for _, p := range pairs {
		c, why := toCell(to, p.To)
		switch {
		case why != "":
			return fmt.Errorf("the map gives %s for %s, which %s cannot hold: %s", show(p.To.Text()), show(p.From), to.name, why)
		case c.kind == cellNull && to.notNull:
			return fmt.Errorf("the map empties %s for %s, and the column may not be empty", to.name, show(p.From))
		}
		var v any
		switch c.kind {
		case cellText:
			v = c.s
		case cellInt:
			v = c.n
		}
		if err := s.run("INSERT INTO temp.amsx_pair(f, t) VALUES (?1, ?2)", Fold(p.From), v); err != nil {
			return s.explain("prepare the map", err)
		}
	}
	return nil
}

// Rewrite gives each text of the columns what f makes of it, in one statement.
func (s *Session) Rewrite(ctx context.Context, name string, columns []string, f func(runtime.Value) runtime.Value, pos lexer.Position) (int64, error) {
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	t, err := s.tableNamed(name)
	if err != nil {
		return 0, err
	}
	var set, where []string
	for _, n := range columns {
		i, err := t.columnNamed(n)
		if err != nil {
			return 0, err
		}
		if err := t.writable(i); err != nil {
			return 0, err
		}
		col := &t.columns[i]
		if col.typ != runtime.ColumnText {
			return 0, fmt.Errorf("%s.%s holds no text but %s, and cannot be cleaned", t.name, col.name, col.kind())
		}
		set = append(set, quote(col.name)+"=amsx_rewrite("+quote(col.name)+")")
		where = append(where, quote(col.name)+" IS NOT amsx_rewrite("+quote(col.name)+")")
	}
	slices.Sort(set)
	for i := range set {
		if i > 0 && set[i] == set[i-1] {
			return 0, fmt.Errorf("a column is named twice")
		}
	}
	if err := s.writing(); err != nil {
		return 0, err
	}
	s.calls.rewrite = f
	defer func() { s.calls.rewrite = nil }()
	return s.changeRows(t, pos, "UPDATE main."+quote(t.name)+" SET "+strings.Join(set, ", ")+" WHERE "+strings.Join(where, " OR "))
}

// rewriteText is the SQL function amsx_rewrite(value).
func (k *calls) rewriteText(_ sqlite.Context, a []sqlite.Value) (sqlite.Value, error) {
	if a[0].Type() != sqlite.TypeText || k.rewrite == nil {
		return a[0], nil
	}
	v := k.rewrite(runtime.Text(a[0].Text()))
	if v.IsNull() {
		return sqlite.Value{}, nil
	}
	return sqlite.TextValue(v.Text()), nil
}

// changeRows runs a statement of this package that changes rows of a table on
// behalf of the script, and notes them as those of direct SQL.
func (s *Session) changeRows(t *table, pos lexer.Position, q string) (int64, error) {
	before, err := scalar(s.c, "SELECT total_changes()")
	if err != nil {
		return 0, s.explain("count the rows", err)
	}
	s.calls.line = pos.Line
	if err := s.run(q); err != nil {
		return 0, s.sqlError(err)
	}
	rows := int64(s.c.Changes())
	if err := s.calls.taken(); err != nil {
		return 0, err
	}
	if after, err := scalar(s.c, "SELECT total_changes()"); err == nil && after == before {
		rows = 0
	}
	return rows, s.wrote([]string{t.name}, pos.Line)
}

// tableNamed finds a table, or says that there is none.
func (s *Session) tableNamed(name string) (*table, error) {
	if t := s.table(name); t != nil {
		return t, nil
	}
	near := ""
	if n := lexer.Nearest(name, s.names); n != "" {
		near = "; did you mean " + n + "?"
	}
	return nil, fmt.Errorf("the site has no table %s; it has %s%s", name, strings.Join(s.names, ", "), near)
}

// columnNamed finds a column, or says that there is none.
func (t *table) columnNamed(name string) (int, error) {
	if i := t.column(strings.TrimSpace(name)); i >= 0 {
		return i, nil
	}
	var names []string
	for _, c := range t.columns {
		names = append(names, c.name)
	}
	near := ""
	if n := lexer.Nearest(name, names); n != "" {
		near = "; did you mean " + n + "?"
	}
	return -1, fmt.Errorf("the table %s has no column %s%s", t.name, name, near)
}

// writable is an error where amsx itself fills the column.
func (t *table) writable(i int) error {
	if c := t.columns[i]; c.name == t.rowid || c.keyOf >= 0 {
		return fmt.Errorf("%s.%s is filled by amsx and cannot be written", t.name, c.name)
	}
	return nil
}

// Refused returns the records that were rejected so far, the first 1000.
func (s *Session) Refused() []runtime.Refused {
	out := make([]runtime.Refused, len(s.rejects))
	for i, r := range s.rejects {
		out[i] = runtime.Refused{Key: r.Key, Reason: r.Reason, Line: r.Pos.Line}
	}
	return out
}

// Began is when the transaction at hand began: the run, or the last Commit.
func (s *Session) Began() time.Time { return s.unitBegan }
