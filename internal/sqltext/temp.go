package sqltext

import (
	"maps"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/runtime"
)

// A Scope compiles the SQL texts of one script in their order: later ones know
// the temporary tables that earlier ones create. The zero Scope is ready. It is
// used by one goroutine; its templates are independent of it.
type Scope struct {
	temps map[string]temp // by folded name; never changed, only replaced
}

// A temp is a temporary table.
type temp struct {
	name    string
	columns []runtime.Column
	sure    bool // columns are all that it has
}

// untyped is the type of a temporary table's column whose expression says
// nothing of its type.
const untyped runtime.ColumnType = 255

// Compile prepares SQL text for SQLite, as the function Compile does.
func (s *Scope) Compile(parts []ast.Part, schema runtime.Schema) (runtime.SQLTemplate, lexer.List) {
	return SQLite.compile(parts, schema, s)
}

// schema is the site's with the temporary tables. A temporary one hides one of
// the site of the same name, as it does in the database.
func (s *Scope) schema(site runtime.Schema) runtime.Schema {
	if site == nil || len(s.temps) == 0 {
		return site
	}
	return &withTemps{Schema: site, temps: s.temps}
}

type withTemps struct {
	runtime.Schema
	temps map[string]temp
}

func (w *withTemps) Table(name string) (string, []runtime.Column, bool) {
	if t, ok := w.temps[runtime.FoldName(name)]; ok {
		return t.name, t.columns, t.sure
	}
	return w.Schema.Table(name)
}

func (w *withTemps) Tables() []string {
	all := slices.Clone(w.Schema.Tables())
	for _, k := range slices.Sorted(maps.Keys(w.temps)) {
		all = append(all, w.temps[k].name)
	}
	return all
}

// isTemp reports whether a name is that of a temporary table.
func (c *compiler) isTemp(name string) bool {
	_, ok := c.scope.temps[runtime.FoldName(name)]
	return ok || strings.HasPrefix(name, "#")
}

// create notes a temporary table. One that the script may create in two ways
// is not known by its columns.
func (s *Scope) create(t temp) {
	k := runtime.FoldName(t.name)
	if was, ok := s.temps[k]; ok && !slices.Equal(was.columns, t.columns) {
		t.sure = false
	}
	next := maps.Clone(s.temps)
	if next == nil {
		next = map[string]temp{}
	}
	next[k] = t
	s.temps = next
}

func (s *Scope) drop(name string) {
	s.temps = maps.Clone(s.temps)
	delete(s.temps, runtime.FoldName(name))
}

// temporary makes names of #names, and CREATE TEMP TABLE of CREATE TABLE #t.
func (c *compiler) temporary() {
	for i := range c.tokens {
		t := &c.tokens[i]
		if t.kind != word || !strings.HasPrefix(t.text, "#") {
			continue
		}
		switch {
		case strings.HasPrefix(t.text, "##"):
			c.errorf(t, CodeForm, "write #"+strings.TrimLeft(t.text, "#")+": it lives as long as the run", "%s would be shared with other programs", t.text)
			t.kind = invalid
		case t.text == "#":
			c.errorf(t, CodeText, "remove it", "# without a name")
			t.kind = invalid
		default:
			t.kind, t.upper = name, ""
		}
	}
	if !c.ddl() {
		return
	}
	at := c.then(c.sig(0))
	if c.verb == "CREATE" && c.tokens[at].is("TABLE") {
		if n := &c.tokens[c.tableName(at)]; n.kind == name && strings.HasPrefix(n.text, "#") {
			c.replace(at, at, made(c.tokens[at], word, "TEMP"), made(c.tokens[at], space, " "))
		}
	}
	if c.verb != "DROP" {
		c.sizes()
	}
}

// tableName is the index of the name behind TABLE [IF [NOT] EXISTS] at i.
func (c *compiler) tableName(i int) int {
	for i = c.then(i); c.tokens[i].is("IF", "NOT", "EXISTS"); i = c.then(i) {
	}
	return i
}

// sizes takes (max) away, which SQLite's types do not take, and finds words of
// T-SQL's column definitions.
func (c *compiler) sizes() {
	for i := 0; i < len(c.tokens)-1; i++ {
		switch t := &c.tokens[i]; {
		case t.isOp("(") && c.tokens[c.then(i)].is("MAX") && c.tokens[c.closing(i)].isOp(")"):
			c.replace(i, c.closing(i)+1)
		case t.is("IDENTITY"):
			c.errorf(t, CodeForm, "ID INTEGER PRIMARY KEY: it numbers its rows by itself", "IDENTITY is SQL Server's own")
		case t.is("CLUSTERED", "NONCLUSTERED"):
			c.errorf(t, CodeForm, "leave it out", "%s is SQL Server's own", t.upper)
		}
	}
}

// remember notes the temporary tables that the statement creates and drops.
func (c *compiler) remember() {
	if c.into.name != "" {
		c.scope.create(c.into)
		return
	}
	i := c.then(c.sig(0))
	switch c.verb {
	case "CREATE":
		if !c.tokens[i].is("TEMP", "TEMPORARY") || !c.tokens[c.then(i)].is("TABLE") {
			return
		}
		at := c.tableName(c.then(i))
		t := temp{name: c.tokens[at].text}
		if open := c.then(at); c.tokens[open].isOp("(") {
			t.columns, t.sure = c.defined(open)
		}
		if plainName(&c.tokens[at]) {
			c.scope.create(t)
		}
	case "ALTER": // it has other columns now, or another name
		for _, name := range c.stmt.alters {
			if c.isTemp(name) {
				c.scope.create(temp{name: name})
			}
		}
	case "DROP":
		if c.tokens[i].is("TABLE") {
			c.scope.drop(c.tokens[c.tableName(i)].text)
		}
	}
}

// defined reads the columns of a CREATE TABLE.
func (c *compiler) defined(open int) (columns []runtime.Column, sure bool) {
	last := c.closing(open)
	for i := c.then(open); i < last; {
		if t := &c.tokens[i]; !plainName(t) {
			if !t.is("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK") {
				return nil, false
			}
		} else if !t.is("FOREIGN") {
			col := runtime.Column{Name: t.text, Type: untyped}
			if n := &c.tokens[c.then(i)]; n.kind == word {
				col.Type = declared(n.upper)
			}
			columns = append(columns, col)
		}
		for depth := 0; i < last && (depth > 0 || !c.tokens[i].isOp(",")); i++ {
			if c.tokens[i].isOp("(") {
				depth++
			} else if c.tokens[i].isOp(")") {
				depth--
			}
		}
		i = c.then(i)
	}
	return columns, len(columns) > 0
}

// declared is the type of a column by its first word.
func declared(upper string) runtime.ColumnType {
	switch upper {
	case "VARCHAR", "NVARCHAR", "CHAR", "NCHAR", "TEXT", "NTEXT", "UNIQUEIDENTIFIER":
		return runtime.ColumnText
	case "INT", "INTEGER", "BIGINT", "SMALLINT", "TINYINT":
		return runtime.ColumnInteger
	case "DECIMAL", "NUMERIC", "MONEY", "SMALLMONEY", "FLOAT", "REAL", "DOUBLE":
		return runtime.ColumnNumber
	case "BIT", "BOOLEAN":
		return runtime.ColumnBoolean
	case "DATE":
		return runtime.ColumnDate
	case "DATETIME", "DATETIME2", "SMALLDATETIME":
		return runtime.ColumnDateTime
	}
	return untyped
}

// selectInto makes CREATE TEMP TABLE #t AS SELECT … of SELECT … INTO #t.
func (c *compiler) selectInto() {
	if c.verb != "SELECT" && c.verb != "WITH" {
		return
	}
	depth, sel := 0, -1
	for i := 0; i < len(c.tokens)-1; i++ {
		switch t := &c.tokens[i]; {
		case t.isOp("("):
			depth++
		case t.isOp(")"):
			depth--
		case depth != 0:
		case t.is("FROM", "INSERT"):
			return
		case t.is("SELECT"):
			sel = i
		case t.is("INTO") && sel >= 0:
			at := c.then(i)
			n := c.tokens[at]
			if n.kind != name || !strings.HasPrefix(n.text, "#") {
				return // a finding of clause
			}
			c.into = temp{name: n.text}
			c.into.columns, c.into.sure = c.selected(sel, i)
			for i > 0 && c.tokens[i-1].kind == space {
				i--
			}
			c.replace(i, at+1)
			c.emit("CREATE TEMP TABLE " + c.dialect.quote(n.text) + " AS ")
			c.stmt.tables = tablesOf(c.tokens)
			return
		}
	}
}

// selected reads the columns that a SELECT gives, from its select list.
func (c *compiler) selected(sel, into int) (columns []runtime.Column, sure bool) {
	i := c.then(sel)
	if c.tokens[i].is("DISTINCT", "ALL") {
		i = c.then(i)
	}
	if c.tokens[i].is("TOP") {
		if i = c.then(i); c.tokens[i].isOp("(") {
			i = c.closing(i)
		}
		i = c.then(i)
	}
	for i < into {
		last, depth := i, 0
		j := i
		for ; j < into && (depth > 0 || !c.tokens[j].isOp(",")); j++ {
			switch t := &c.tokens[j]; {
			case t.isOp("("):
				depth++
			case t.isOp(")"):
				depth--
			}
			if c.tokens[j].kind != space {
				last = j
			}
		}
		switch t := &c.tokens[last]; {
		case t.isOp("*"):
			all, ok := c.every(i, last)
			if !ok {
				return nil, false
			}
			columns = append(columns, all...)
		case plainName(t):
			end, n := c.rightOperand(i - 1)
			col := runtime.Column{Name: t.text, Type: untyped}
			switch b := c.then(end); {
			case end == last, b == last, c.tokens[b].is("AS") && c.then(b) == last:
				col.Type = typeOf(n)
				if k, ok := c.itemColumn(i, end); ok {
					col.Type = k.Type
				}
			}
			columns = append(columns, col)
		default:
			return nil, false
		}
		i = c.then(j)
		if j >= into {
			break
		}
	}
	return columns, len(columns) > 0
}

// itemColumn is the column that the tokens from i to end name.
func (c *compiler) itemColumn(i, end int) (runtime.Column, bool) {
	switch {
	case i == end:
		return c.column(&c.tokens[i], nil)
	case c.tokens[c.then(i)].isOp(".") && c.then(c.then(i)) == end:
		return c.column(&c.tokens[end], &c.tokens[i])
	}
	return runtime.Column{}, false
}

// every is the columns of * or t.*.
func (c *compiler) every(i, last int) (columns []runtime.Column, ok bool) {
	for _, tb := range c.stmt.tables {
		if strings.HasPrefix(tb.name, "#") && strings.EqualFold(tb.name, c.into.name) {
			continue // the INTO itself
		}
		if i != last && !strings.EqualFold(c.tokens[i].text, tb.alias) && !strings.EqualFold(c.tokens[i].text, tb.name) {
			continue
		}
		if c.schema == nil {
			return nil, false
		}
		_, cols, found := c.schema.Table(tb.name)
		if !found {
			return nil, false
		}
		for _, col := range cols {
			columns = append(columns, runtime.Column{Name: col.Name, Type: col.Type, Size: col.Size, Exact: col.Exact})
		}
	}
	return columns, len(columns) > 0
}

func typeOf(n nature) runtime.ColumnType {
	switch n {
	case textual, column:
		return runtime.ColumnText
	case amount:
		return runtime.ColumnNumber
	}
	return untyped
}
