package site

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// A table is a business table as the database has it.
type table struct {
	name    string
	rowid   string // the column that is the row id, "rowid" where there is none
	columns []tableColumn
	byName  map[string]int // folded name to index in columns
	unique  [][]int        // unique indexes without the row id, by column index
	active  int            // index of the column Active, or -1
	source  int            // index of the column Source, or -1
	keys    int            // columns of the primary key
	readNow string         // the SQL of readRow, made when it is first needed
	shown   []runtime.Column
}

type tableColumn struct {
	name     string
	typ      runtime.ColumnType
	notNull  bool
	fallback string // the SQL of its default value; "": none
	key      int    // index of the column with its folded form (Login: LoginKey), or -1
	keyOf    int    // the opposite, or -1
	nocase   bool
	exact    bool   // keeps all digits of a number; see decimalCollation
	decl     string // the declared type
	size     int    // characters of a text; 0: no limit
	indexed  bool   // in any index
	refers   string // the column whose values it takes, as Table.Column; empty: none
}

// column returns the index of a column by any case of its name, or -1.
func (t *table) column(name string) int {
	if i, ok := t.byName[runtime.FoldName(name)]; ok {
		return i
	}
	return -1
}

// andActive is the SQL condition of an active row, to be joined with AND.
func (t *table) andActive() string {
	if t.active < 0 {
		return ""
	}
	return " AND Active=1"
}

// emptySQL is the SET of an UPDATE that empties a column of a unique index, so
// that values that swap or move along a chain find their places free: Null, or
// where that may not be something below every id, unlike any text, and unique.
func (t *table) emptySQL(i int) string {
	col := t.columns[i]
	if col.notNull {
		return quote(col.name) + "=char(1) || 'amsx' || " + t.rowid
	}
	return quote(col.name) + "=NULL"
}

// reserved reports whether a table is not a business table.
func reserved(name string) bool {
	l := strings.ToLower(name)
	return strings.HasPrefix(l, "amsx_") || strings.HasPrefix(l, "sqlite_")
}

// siteTables and oneTable are the tables that readTables reads, as SQL. All of
// them are read in one query of each kind: to prepare a query of three pragmas
// takes longer than to run it.
const (
	siteTables = "(SELECT name FROM main.sqlite_master WHERE type='table')"
	oneTable   = "(SELECT ?1 AS name)"
)

// loadTables reads the business tables from the database.
func loadTables(c *sqlite.Conn) (map[string]*table, []string, error) {
	all, err := readTables(c, siteTables)
	if err != nil {
		return nil, nil, err
	}
	tables := make(map[string]*table, len(all))
	names := make([]string, 0, len(all))
	for _, t := range all {
		tables[runtime.FoldName(t.name)] = t
		names = append(names, t.name)
	}
	return tables, names, nil
}

// loadTable reads one table, also one that is no business table.
func loadTable(c *sqlite.Conn, name string) (*table, error) {
	all, err := readTables(c, oneTable, name)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("there is no table %s", name)
	}
	return all[0], nil
}

// readTables reads the tables of a query, by name. Without args they are the
// business tables among them.
func readTables(c *sqlite.Conn, of string, args ...any) ([]*table, error) {
	var all []*table
	byName := make(map[string]*table)
	// each calls f for the rows of a query whose first column is a table's name.
	each := func(q string, f func(*table, *sqlite.Stmt)) error {
		return sqlitex.ExecuteTransient(c, q, &sqlitex.ExecOptions{Args: args, ResultFunc: func(s *sqlite.Stmt) error {
			if t := byName[s.ColumnText(0)]; t != nil {
				f(t, s)
			}
			return nil
		}})
	}
	err := sqlitex.ExecuteTransient(c, `SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk FROM `+of+` m, pragma_table_info(m.name) c ORDER BY m.name, c.cid`, &sqlitex.ExecOptions{
		Args: args,
		ResultFunc: func(s *sqlite.Stmt) error {
			name := s.ColumnText(0)
			if len(args) == 0 && reserved(name) {
				return nil
			}
			t := byName[name]
			if t == nil {
				t = &table{name: name, rowid: "rowid", byName: make(map[string]int), active: -1, source: -1}
				byName[name] = t
				all = append(all, t)
			}
			t.addColumn(s)
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		t.relate()
	}
	if err := each(`SELECT m.name, l."unique" AND NOT l.partial, group_concat(i.name, char(31)), max(i.coll) FROM `+of+` m, pragma_index_list(m.name) l, pragma_index_xinfo(l.name) i
		WHERE i.key GROUP BY m.name, l.name HAVING count(*)=count(i.name) ORDER BY m.name, l.seq DESC`, (*table).addIndex); err != nil {
		return nil, err
	}
	if err := each(`SELECT m.name, f."from", f."table", f."to" FROM `+of+` m, pragma_foreign_key_list(m.name) f GROUP BY m.name, f.id HAVING count(*)=1`, (*table).addReference); err != nil {
		return nil, err
	}
	for _, t := range all {
		t.shown = t.show()
	}
	return all, nil
}

// addColumn adds the column of a row of readTables.
func (t *table) addColumn(s *sqlite.Stmt) {
	decl := s.ColumnText(2)
	col := tableColumn{name: s.ColumnText(1), typ: columnType(decl), notNull: s.ColumnInt64(3) != 0, fallback: s.ColumnText(4), key: -1, keyOf: -1, exact: isExact(decl), decl: decl}
	if col.typ == runtime.ColumnText {
		col.size = declaredSize(decl)
	}
	if s.ColumnInt64(5) != 0 {
		t.keys++
		if strings.EqualFold(decl, "INTEGER") {
			t.rowid = col.name
		}
	}
	t.byName[runtime.FoldName(col.name)] = len(t.columns)
	t.columns = append(t.columns, col)
}

// relate finds the columns that have a meaning among the others.
func (t *table) relate() {
	if t.keys != 1 {
		t.rowid = "rowid" // a key of several columns is none
	}
	for i := range t.columns {
		col := &t.columns[i]
		if k := t.column(col.name + "Key"); k >= 0 && col.typ == runtime.ColumnText && t.columns[k].typ == runtime.ColumnText {
			col.key, t.columns[k].keyOf = k, i
		}
	}
	if i := t.column("Active"); i >= 0 && t.columns[i].typ == runtime.ColumnBoolean {
		t.active = i
	}
	if i := t.column("Source"); i >= 0 && t.columns[i].typ == runtime.ColumnText {
		t.source = i
	}
}

// addIndex adds the index of a row of readTables.
func (t *table) addIndex(s *sqlite.Stmt) {
	var cols []int
	for n := range strings.SplitSeq(s.ColumnText(2), "\x1f") {
		i := t.column(n)
		if i < 0 || t.columns[i].name == t.rowid {
			return
		}
		cols = append(cols, i)
		t.columns[i].indexed = true
	}
	if s.ColumnInt64(1) == 0 {
		return
	}
	if strings.EqualFold(s.ColumnText(3), "NOCASE") && len(cols) == 1 {
		t.columns[cols[0]].nocase = true
	}
	t.unique = append(t.unique, cols)
}

// addReference notes a column that holds the id of another row.
func (t *table) addReference(s *sqlite.Stmt) {
	if i := t.column(s.ColumnText(1)); i >= 0 && s.ColumnText(3) != "" {
		t.columns[i].refers = s.ColumnText(2) + "." + s.ColumnText(3)
	}
}

// isUnique reports whether no two rows of one source have the same value in a
// column, or in its key form.
func (t *table) isUnique(at int) bool {
	if t.columns[at].name == t.rowid {
		return true
	}
	is := func(i int) bool { return i == at || i == t.columns[at].key }
	return slices.ContainsFunc(t.unique, func(u []int) bool {
		return slices.ContainsFunc(u, is) && !slices.ContainsFunc(u, func(i int) bool { return !is(i) && i != t.source })
	})
}

// declaredSize is the number in parentheses of a declared type, such as 40 of
// TEXT(40); 0: none.
func declaredSize(decl string) int {
	_, in, _ := strings.Cut(decl, "(")
	in, _, _ = strings.Cut(in, ")")
	n, err := strconv.Atoi(strings.TrimSpace(in))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// columnType reads a declared type as the site writes it.
func columnType(decl string) runtime.ColumnType {
	d := strings.ToUpper(decl)
	switch {
	case strings.HasPrefix(d, "BOOL"), d == "BIT":
		return runtime.ColumnBoolean
	case strings.HasPrefix(d, "DATETIME"), strings.HasPrefix(d, "TIMESTAMP"):
		return runtime.ColumnDateTime
	case strings.HasPrefix(d, "DATE"):
		return runtime.ColumnDate
	case strings.HasPrefix(d, "DEC"), strings.HasPrefix(d, "NUM"), strings.HasPrefix(d, "MONEY"),
		strings.HasPrefix(d, "REAL"), strings.HasPrefix(d, "FLOA"), strings.HasPrefix(d, "DOUB"):
		return runtime.ColumnNumber
	case strings.Contains(d, "INT"):
		return runtime.ColumnInteger
	}
	return runtime.ColumnText
}

// Table returns the columns of a business table, by any case of its name. They
// are the table's own, to be read only.
func (s *Session) Table(name string) (string, []runtime.Column, bool) {
	t := s.table(name)
	if t == nil {
		return "", nil, false
	}
	return t.name, t.shown, true
}

// show is the table's columns as scripts are checked against them.
func (t *table) show() []runtime.Column {
	columns := make([]runtime.Column, len(t.columns))
	for i, c := range t.columns {
		columns[i] = runtime.Column{
			Name: c.name, Type: c.typ, NotNull: c.notNull, Default: c.fallback != "", Size: c.size, Exact: c.exact,
			ReadOnly: c.name == t.rowid || c.keyOf >= 0, Refers: c.refers,
			Unique: t.isUnique(i), Indexed: c.indexed || c.key >= 0 && t.columns[c.key].indexed,
		}
	}
	return columns
}

// Tables returns the names of the business tables.
func (s *Session) Tables() []string { return s.names }

func (s *Session) table(name string) *table { return s.tables[runtime.FoldName(name)] }

// quote makes an SQL name of any name.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
