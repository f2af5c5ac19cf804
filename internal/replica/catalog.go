package replica

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A serverTable is a table of the site as the server has it.
type serverTable struct {
	schema, name string // on the server, folded as PostgreSQL does
	oid          uint32
	columns      []serverColumn
	key          []int   // columns of the primary key; none: amsx cannot follow its rows
	unique       [][]int // unique indexes of plain columns
	indexed      [][]int // others
	// effects: a write to it makes the server write by itself, here or elsewhere:
	// by a trigger, rule or foreign key of somebody, or in a table below this one.
	effects bool
	// shape is another where the table is, or its columns or indexes are.
	shape string
	hash  hash.Hash // that makes it
}

type serverColumn struct {
	name      string
	typ       string // the name of its type, of a domain that of its base
	full      string // as it is declared
	limited   bool   // the type has a length or precision
	notNull   bool
	fallback  string // the SQL of its default
	identity  bool
	generated bool
	key       bool // of the primary key: the copy has a value of it always
}

// of is the table's name in SQL of the server.
func (t *serverTable) of() string { return quote(t.schema) + "." + quote(t.name) }

// local is the table's name in a copy, where the copy has no other spelling.
func (t *serverTable) local() string {
	if t.schema == "amsx" {
		return "amsx_" + t.name
	}
	return t.name
}

// A catalog is what the server says of the site's tables.
type catalog struct {
	tables    []*serverTable
	declared  map[[2]string]declaration // by folded table and column
	signature string
}

// A declaration is how copies spell and declare a column that was added.
type declaration struct{ table, column, text string }

const readColumns = `SELECT n.nspname, c.relname, c.oid, a.attnum, a.attname, b.typname, format_type(a.atttypid, a.atttypmod), a.atttypmod >= 0, a.attnotnull,
	coalesce(pg_get_expr(d.adbin, d.adrelid), ''), a.attidentity <> '', a.attgenerated <> ''
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
	JOIN pg_type t ON t.oid = a.atttypid JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
	LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE n.nspname IN ('site', 'amsx') AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
	AND NOT (n.nspname = 'amsx' AND c.relname IN ('version', 'declared'))
ORDER BY n.nspname, c.relname, a.attnum`

const readIndexes = `SELECT i.indrelid, i.indisprimary, i.indisunique, array_to_string(i.indkey::int[], ' ')
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('site', 'amsx') AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL ORDER BY i.indrelid, i.indexrelid`

const readEffects = `SELECT c.oid, EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgenabled IN ('O', 'A') AND g.tgname NOT LIKE 'amsx\_keys\_%')
		OR EXISTS (SELECT 1 FROM pg_rewrite w WHERE w.ev_class = c.oid)
		OR EXISTS (SELECT 1 FROM pg_constraint f WHERE f.contype = 'f' AND f.confrelid = c.oid AND (f.confdeltype NOT IN ('a', 'r') OR f.confupdtype NOT IN ('a', 'r'))),
	(WITH RECURSIVE below AS (SELECT inhrelid FROM pg_inherits WHERE inhparent = c.oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN below ON i.inhparent = below.inhrelid)
		SELECT coalesce(string_agg(inhrelid::text, ' ' ORDER BY inhrelid), '') FROM below)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('site', 'amsx') AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.oid`

// readCatalog reads what tables the site has.
func readCatalog(ctx context.Context, q pgx.Tx) (*catalog, error) {
	cat := &catalog{declared: make(map[[2]string]declaration)}
	byOID := make(map[uint32]*serverTable)
	at := make(map[uint32]map[int]int) // index of a column by its number
	rows, err := q.Query(ctx, readColumns)
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		var schema, table string
		var oid uint32
		var number int
		var col serverColumn
		if err := rows.Scan(&schema, &table, &oid, &number, &col.name, &col.typ, &col.full, &col.limited, &col.notNull, &col.fallback, &col.identity, &col.generated); err != nil {
			return nil, err
		}
		t := byOID[oid]
		if t == nil {
			t = &serverTable{schema: schema, name: table, oid: oid, hash: sha256.New()}
			byOID[oid], at[oid] = t, make(map[int]int)
			cat.tables = append(cat.tables, t)
		}
		fmt.Fprintln(t.hash, schema, table, oid, number, col)
		at[oid][number] = len(t.columns)
		t.columns = append(t.columns, col)
	}
	if rows.Err() != nil {
		return nil, rows.Err()
	}
	if rows, err = q.Query(ctx, readIndexes); err != nil {
		return nil, err
	}
	for rows.Next() {
		var oid uint32
		var primary, unique bool
		var numbers string
		if err := rows.Scan(&oid, &primary, &unique, &numbers); err != nil {
			return nil, err
		}
		t := byOID[oid]
		if t == nil {
			continue
		}
		fmt.Fprintln(t.hash, primary, unique, numbers)
		var columns []int
		for f := range strings.FieldsSeq(numbers) {
			var n int
			if _, err := fmt.Sscan(f, &n); err != nil {
				return nil, err
			}
			columns = append(columns, at[oid][n])
		}
		switch {
		case primary:
			t.key = columns
			for _, i := range columns {
				t.columns[i].key = true
			}
		case unique:
			t.unique = append(t.unique, columns)
		default:
			t.indexed = append(t.indexed, columns)
		}
	}
	if rows.Err() != nil {
		return nil, rows.Err()
	}
	if rows, err = q.Query(ctx, readEffects); err != nil {
		return nil, err
	}
	for rows.Next() {
		var oid uint32
		var effects bool
		var below string
		if err := rows.Scan(&oid, &effects, &below); err != nil {
			return nil, err
		}
		if t := byOID[oid]; t != nil {
			t.effects = effects || below != ""
			fmt.Fprintln(t.hash, below)
			t.shape = hex.EncodeToString(t.hash.Sum(nil)[:16])
		}
	}
	if rows.Err() != nil {
		return nil, rows.Err()
	}
	all := slices.Clone(cat.tables)
	cat.tables = slices.DeleteFunc(cat.tables, func(t *serverTable) bool { return !t.copies(all) })
	signature := sha256.New()
	for _, t := range cat.tables {
		fmt.Fprintln(signature, t.shape, t.effects)
	}
	if rows, err = q.Query(ctx, "SELECT TableName, ColumnName, Declaration FROM amsx.declared ORDER BY 1, 2"); err != nil {
		return nil, err
	}
	for rows.Next() {
		var d declaration
		if err := rows.Scan(&d.table, &d.column, &d.text); err != nil {
			return nil, err
		}
		fmt.Fprintln(signature, d)
		cat.declared[[2]string{strings.ToLower(d.table), strings.ToLower(d.column)}] = d
	}
	cat.signature = hex.EncodeToString(signature.Sum(nil))
	return cat, rows.Err()
}

var plain = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// copies reports whether a copy can hold the table: of one without a primary key
// no row can be told from another, and in SQLite names that differ only in case
// are the same.
func (t *serverTable) copies(all []*serverTable) bool {
	if len(t.key) == 0 {
		return false
	}
	folded := strings.ToLower(t.name)
	if t.schema == "site" && (strings.HasPrefix(folded, "amsx_") || strings.HasPrefix(folded, "sqlite_")) {
		return false
	}
	if t.name != folded && slices.ContainsFunc(all, func(o *serverTable) bool { return o != t && o.schema == t.schema && strings.EqualFold(o.name, t.name) }) {
		return false // the one that SQL without quotes names is copied, if any
	}
	if len(t.key) == 1 && !plain.MatchString(t.columns[t.key[0]].name) {
		return false // the engine names a row by its key without quotes
	}
	names := make(map[string]bool)
	for _, c := range t.columns {
		names[strings.ToLower(c.name)] = true
	}
	return len(names) == len(t.columns)
}

// A constant is a default that means the same in both databases.
var constant = regexp.MustCompile(`^(?:'((?:[^']|'')*)'(?:::[\w ."]+(?:\(\d+\))?)?|\(?(-?\d+(?:\.\d+)?)\)?(?:::[\w ."]+)?|(true|false))$`)

// localDefault is the default in the dialect of the copy, "" where it has none
// or is not a constant.
func (c *serverColumn) localDefault() string {
	m := constant.FindStringSubmatch(c.fallback)
	switch {
	case m == nil:
		return ""
	case m[3] == "true":
		return "1"
	case m[3] == "false":
		return "0"
	case m[2] != "":
		return m[2]
	}
	return "'" + m[1] + "'"
}

// computed reports whether the server gives the column a value of its own.
func (c *serverColumn) computed() bool {
	return c.generated || !c.key && (c.identity || c.fallback != "" && c.localDefault() == "")
}

// exact are the types whose values come back as they were sent.
var exact = []string{"bool", "int2", "int4", "int8", "text", "varchar", "date", "timestamptz", "timestamp", "numeric", "float8"}

// shared reports whether the server may have written other values than it was
// sent.
func (t *serverTable) shared() bool {
	return t.effects || slices.ContainsFunc(t.columns, func(c serverColumn) bool {
		return c.computed() || !slices.Contains(exact, c.typ) || c.limited && c.typ != "varchar"
	})
}

// localType is how a copy declares a column of a server's type.
func (c *serverColumn) localType() string {
	switch c.typ {
	case "bool":
		return "BOOLEAN"
	case "int2", "int4", "int8":
		return "INTEGER"
	case "date":
		return "DATE"
	case "timestamp", "timestamptz":
		return "DATETIME"
	case "numeric":
		return "DECIMAL_TEXT COLLATE decimal"
	case "float4", "float8":
		return "REAL"
	case "varchar":
		if _, size, ok := strings.Cut(c.full, "("); ok {
			return "TEXT(" + size
		}
	}
	return "TEXT"
}

// serverType is the type that the server gives a column which a copy declares
// as decl.
func serverType(decl string) string {
	d := strings.ToUpper(decl)
	for _, m := range [][2]string{{"BOOL", "boolean"}, {"DATETIME", "timestamptz"}, {"DATE", "date"}, {"DEC", "numeric"}, {"MONEY", "numeric"}, {"NUM", "numeric"}, {"REAL", "double precision"}, {"INT", "bigint"}} {
		if strings.HasPrefix(d, m[0]) {
			return m[1]
		}
	}
	if size, ok := strings.CutPrefix(d, "TEXT("); ok {
		if n, _, ok := strings.Cut(size, ")"); ok {
			return "varchar(" + n + ")"
		}
	}
	return "text"
}

// sent is the SQL of a column as a copy holds it.
func (c *serverColumn) sent() string {
	switch c.typ {
	case "bool":
		return quote(c.name) + "::int"
	case "timestamptz":
		return c.instant(quote(c.name) + " AT TIME ZONE 'UTC'")
	case "timestamp":
		return c.instant(quote(c.name))
	case "bpchar": // blanks at its end say nothing
		return quote(c.name) + "::text"
	}
	return quote(c.name)
}

// instant is the SQL of an instant as the language writes it. One before our era
// or without end has no such form and comes as the server writes it.
func (c *serverColumn) instant(utc string) string {
	return `CASE WHEN isfinite(` + quote(c.name) + `) AND ` + quote(c.name) + ` >= '0001-01-01' THEN to_char(` + utc + `, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') ELSE ` + quote(c.name) + `::text END`
}

// number reports whether a copy holds the column as a number.
func (c *serverColumn) number() bool {
	return slices.Contains([]string{"bool", "int2", "int4", "int8"}, c.typ)
}
