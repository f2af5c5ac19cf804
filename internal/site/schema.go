package site

import (
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
	readNow string         // the SQL of rowNow, made when it is first needed
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

// reserved reports whether a table is not a business table.
func reserved(name string) bool {
	l := strings.ToLower(name)
	return strings.HasPrefix(l, "amsx_") || strings.HasPrefix(l, "sqlite_")
}

// loadTables reads the business tables from the database.
func loadTables(c *sqlite.Conn) (map[string]*table, []string, error) {
	tables := make(map[string]*table)
	var names []string
	err := sqlitex.ExecuteTransient(c, "SELECT name FROM main.sqlite_master WHERE type='table' ORDER BY name", &sqlitex.ExecOptions{
		ResultFunc: func(s *sqlite.Stmt) error {
			if n := s.ColumnText(0); !reserved(n) {
				names = append(names, n)
			}
			return nil
		},
	})
	if err != nil {
		return nil, nil, err
	}
	for _, n := range names {
		t, err := loadTable(c, n)
		if err != nil {
			return nil, nil, err
		}
		tables[runtime.FoldName(n)] = t
	}
	return tables, names, nil
}

func loadTable(c *sqlite.Conn, name string) (*table, error) {
	t := &table{name: name, rowid: "rowid", byName: make(map[string]int), active: -1, source: -1}
	keys, rowid := 0, -1
	err := sqlitex.ExecuteTransient(c, "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info(?1)", &sqlitex.ExecOptions{
		Args: []any{name},
		ResultFunc: func(s *sqlite.Stmt) error {
			col := tableColumn{name: s.ColumnText(0), typ: columnType(s.ColumnText(1)), notNull: s.ColumnInt64(2) != 0, fallback: s.ColumnText(3), key: -1, keyOf: -1,
				exact: isExact(s.ColumnText(1)), decl: s.ColumnText(1)}
			if col.typ == runtime.ColumnText {
				col.size = declaredSize(col.decl)
			}
			if s.ColumnInt64(4) != 0 {
				keys++
				if strings.EqualFold(s.ColumnText(1), "INTEGER") {
					rowid = len(t.columns)
				}
			}
			t.byName[runtime.FoldName(col.name)] = len(t.columns)
			t.columns = append(t.columns, col)
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	if keys == 1 && rowid >= 0 {
		t.rowid = t.columns[rowid].name
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
	if err := t.loadIndexes(c); err != nil {
		return nil, err
	}
	return t, t.loadReferences(c)
}

func (t *table) loadIndexes(c *sqlite.Conn) error {
	return sqlitex.ExecuteTransient(c, `SELECT l."unique" AND NOT l.partial, group_concat(i.name, char(31)), max(i.coll) FROM pragma_index_list(?1) l, pragma_index_xinfo(l.name) i
		WHERE i.key GROUP BY l.name HAVING count(*)=count(i.name) ORDER BY l.seq DESC`, &sqlitex.ExecOptions{
		Args: []any{t.name},
		ResultFunc: func(s *sqlite.Stmt) error {
			var cols []int
			for n := range strings.SplitSeq(s.ColumnText(1), "\x1f") {
				i := t.column(n)
				if i < 0 || t.columns[i].name == t.rowid {
					return nil
				}
				cols = append(cols, i)
				t.columns[i].indexed = true
			}
			if s.ColumnInt64(0) == 0 {
				return nil
			}
			if strings.EqualFold(s.ColumnText(2), "NOCASE") && len(cols) == 1 {
				t.columns[cols[0]].nocase = true
			}
			t.unique = append(t.unique, cols)
			return nil
		},
	})
}

// loadReferences notes which columns hold the id of another row.
func (t *table) loadReferences(c *sqlite.Conn) error {
	return sqlitex.ExecuteTransient(c, `SELECT "from", "table", "to" FROM pragma_foreign_key_list(?1) GROUP BY id HAVING count(*)=1`, &sqlitex.ExecOptions{
		Args: []any{t.name},
		ResultFunc: func(s *sqlite.Stmt) error {
			if i := t.column(s.ColumnText(0)); i >= 0 && s.ColumnText(2) != "" {
				t.columns[i].refers = s.ColumnText(1) + "." + s.ColumnText(2)
			}
			return nil
		},
	})
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

// Table returns the columns of a business table, by any case of its name.
func (s *Session) Table(name string) (string, []runtime.Column, bool) {
	t := s.table(name)
	if t == nil {
		return "", nil, false
	}
	columns := make([]runtime.Column, len(t.columns))
	for i, c := range t.columns {
		columns[i] = runtime.Column{
			Name: c.name, Type: c.typ, NotNull: c.notNull, Default: c.fallback != "", Size: c.size, Exact: c.exact,
			ReadOnly: c.name == t.rowid || c.keyOf >= 0, Refers: c.refers,
			Unique: t.isUnique(i), Indexed: c.indexed || c.key >= 0 && t.columns[c.key].indexed,
		}
	}
	return t.name, columns, true
}

// Tables returns the names of the business tables.
func (s *Session) Tables() []string { return s.names }

func (s *Session) table(name string) *table { return s.tables[runtime.FoldName(name)] }

// quote makes an SQL name of any name.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
