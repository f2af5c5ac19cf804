package runtime

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// tables finds, before anything is compiled, what the program says about the
// site: the columns that it adds, its value tables, its named SQL.
func (c *compiler) tables() {
	added := widened{Schema: c.o.Schema, columns: map[string][]Column{}}
	c.sqlNames = map[string]ast.Expr{}
	c.eachStatement(func(s ast.Stmt) {
		ownCalls(s, func(call *ast.Call) {
			cmd := c.o.Table.Lookup(call.Name)
			switch {
			case cmd == nil:
			case cmd.Role == NamesSQLRole:
				c.nameSQL(call)
			case cmd.Columns != nil && c.o.Schema != nil:
				c.addColumns(&added, call, cmd)
			}
		})
	})
	if len(added.columns) > 0 || added.open {
		c.o.Schema = added
	}
	c.prog.pairs = map[string][]Pair{}
	for _, f := range c.files {
		for _, d := range f.tree.DataMaps {
			k := FoldName(d.Name.Value)
			if _, ok := c.prog.pairs[k]; ok {
				continue
			}
			pairs := make([]Pair, len(d.Values))
			for i, v := range d.Values {
				pairs[i] = Pair{v.From.Value, Text(v.To.Value)}
			}
			c.prog.pairs[k] = pairs
		}
	}
	// What stands on the main script's own level is done before its first line.
	for _, s := range c.files[0].main.stmts {
		call := callOf(s)
		if call == nil {
			continue
		}
		if cmd := c.o.Table.Lookup(call.Name); cmd != nil && cmd.Columns != nil {
			specs, err := columnsOf(call, cmd)
			if err == nil {
				c.prog.columns = append(c.prog.columns, specs...)
			}
		}
	}
}

// columnsOf are the columns that a call with fixed texts adds; none where one
// of them is not fixed. What is wrong with them the command itself says.
func columnsOf(call *ast.Call, cmd *Command) ([]ColumnSpec, error) {
	words := make([]string, len(cmd.Params))
	for i, a := range call.Args {
		if _, omitted := a.(*ast.Omitted); omitted || i >= len(words) {
			continue
		}
		switch a := a.(type) {
		case *ast.String:
			word, ok := constant(a.Body)
			if !ok {
				return nil, nil
			}
			words[i] = word
		case *ast.Number:
			words[i] = a.Raw
		default:
			return nil, nil
		}
	}
	specs, err := cmd.Columns(words)
	for i := range specs {
		specs[i].Pos = call.Pos
	}
	return specs, err
}

// addColumns makes the columns of a call known to the checks, and finds those
// that are there with another type.
func (c *compiler) addColumns(to *widened, call *ast.Call, cmd *Command) {
	specs, err := columnsOf(call, cmd)
	if err != nil {
		c.errorf(call.Pos, CodeColumnType, "", "%v", err)
		return
	}
	to.open = to.open || len(specs) == 0
	for _, s := range specs {
		table, columns, ok := to.Table(s.Table)
		if !ok {
			c.unknownTable(call.Pos, s.Table)
			continue
		}
		refers := ""
		if s.Lookup != "" {
			target, ids, ok := to.Table(s.Lookup)
			if !ok {
				c.unknownTable(call.Pos, s.Lookup)
				continue
			}
			if i := slices.IndexFunc(ids, func(col Column) bool { return col.ReadOnly && col.Unique }); i >= 0 {
				refers = target + "." + ids[i].Name
			}
		}
		there := false
		for _, col := range columns {
			if FoldName(col.Name) != FoldName(s.Name) {
				continue
			}
			there = true
			if col.Type != s.column().Type {
				c.errorf(call.Pos, CodeColumnType, "take another name, or write the type that it has", "%s.%s is there already, and its type is not %s", table, col.Name, s.Type)
			}
		}
		if !there {
			col := s.column()
			col.Refers = refers
			to.columns[FoldName(table)] = append(to.columns[FoldName(table)], col)
		}
	}
}

// widened is a schema with the columns that the program adds.
type widened struct {
	Schema
	columns map[string][]Column // by folded name of the table
	open    bool                // there are others, whose names are known only while it runs
}

// Table returns the columns of a table, those included that will be there.
func (w widened) Table(name string) (string, []Column, bool) {
	canonical, columns, ok := w.Schema.Table(name)
	more := w.columns[FoldName(canonical)]
	if !ok || len(more) == 0 {
		return canonical, columns, ok
	}
	return canonical, append(columns[:len(columns):len(columns)], more...), ok
}

// nameSQL notes the SQL that a line gives a name.
func (c *compiler) nameSQL(call *ast.Call) {
	if len(call.Args) < 2 {
		return // reported where it is compiled
	}
	name, pos, ok := wordOf(call.Args[0])
	if !ok {
		c.errorf(call.Args[0].Start(), CodeSQLName, "write it in quotes, without %variables%", "the name of SQL is a fixed text")
		return
	}
	k := FoldName(strings.TrimSpace(name))
	if c.sqlNames[k] != nil {
		c.errorf(pos, CodeSQLName, "take another name", "there are two SQL texts named %s", name)
		return
	}
	c.sqlNames[k] = call.Args[1]
}

// namedSQL finds the SQL that a call names; nil: it was reported.
func (c *compiler) namedSQL(call *ast.Call) ast.Expr {
	if len(call.Args) != 1 {
		c.errorf(call.Pos, CodeSQLName, "write "+call.Name+"(\"name\")", "%s takes the name of SQL that AddSqlTemplate gave", call.Name)
		return nil
	}
	name, pos, ok := wordOf(call.Args[0])
	if !ok {
		c.errorf(call.Args[0].Start(), CodeSQLName, "write it in quotes, without %variables%", "the name of SQL is a fixed text")
		return nil
	}
	if e := c.sqlNames[FoldName(strings.TrimSpace(name))]; e != nil {
		return e
	}
	hint := "give it with AddSqlTemplate \"" + name + "\", \"SELECT …\""
	var names []string
	for n := range c.sqlNames {
		names = append(names, n)
	}
	if near := lexer.Nearest(FoldName(name), names); near != "" {
		hint = "did you mean " + near + "?"
	}
	c.errorf(pos, CodeSQLName, hint, "no line names SQL %s", name)
	return nil
}

// isNamedSQL reports whether an expression is the use of a named SQL text.
func (c *compiler) isNamedSQL(call *ast.Call) bool {
	cmd := c.o.Table.Lookup(call.Name)
	return cmd != nil && cmd.Role == NamedSQLRole
}

// reads is an error where SQL that only reads is wanted and this one writes.
func (c *compiler) reads(a *argument, cmd *Command) {
	if !a.param.Reads || a.sql == nil {
		return
	}
	if word, pos := a.sql.template.Writes(); word != "" {
		c.errorf(pos, CodeSQLWrites, "write SqlExecute", "%s reads, and %s changes the site", cmd.Name, word)
		for i := range c.texts {
			if c.texts[i].template == a.sql.template {
				c.texts[i].misused = true
			}
		}
	}
}

// addColumns adds, before the first line, what the lines on the script's own
// level will ask for.
func (in *Interp) addColumns() error {
	columns := in.prog.columns
	if len(columns) == 0 {
		return nil
	}
	if in.host.Site == nil {
		return in.newError(columns[0].Pos, CodeCommandFailed, errNoSite)
	}
	if err := in.host.Site.AddColumns(in.ctx, columns); err != nil {
		return in.newError(columns[0].Pos, CodeCommandFailed, err)
	}
	return nil
}

// DataMap returns the pairs of a value table of the document, in their order.
func (c *Call) DataMap(name string) ([]Pair, bool) {
	p, ok := c.interp.prog.pairs[FoldName(strings.TrimSpace(name))]
	return p, ok
}

// Source is what rows are marked with that the run writes: the pack that it
// reads from, else its own name.
func (c *Call) Source() string { return c.interp.source() }

// Given is the fixed text of argument i; empty where there is none.
func (c *CheckedCall) Given(i int) string {
	s, _, _ := c.Literal(i)
	return s
}

// DataMaps are the names of the value tables of the document.
func (c *CheckedCall) DataMaps() []string {
	var names []string
	for _, f := range c.in.files {
		for _, d := range f.tree.DataMaps {
			names = append(names, d.Name.Value)
		}
	}
	return names
}

// IsDataMap reports whether the document has a value table of a name.
func (c *CheckedCall) IsDataMap(name string) bool {
	_, ok := c.in.prog.pairs[FoldName(strings.TrimSpace(name))]
	return ok
}

// DataMap is the pairs of a value table of the document.
func (c *CheckedCall) DataMap(name string) []Pair {
	return c.in.prog.pairs[FoldName(strings.TrimSpace(name))]
}

// Columns are the columns of the table that argument i names; nil where it is
// no fixed text, the site is not known, or has no such table, which it reports.
func (c *CheckedCall) Columns(i int) (table string, columns []Column) {
	name, pos, ok := c.Literal(i)
	if !ok || c.Schema == nil {
		return "", nil
	}
	table, columns, ok = c.Schema.Table(strings.TrimSpace(name))
	if !ok {
		c.in.unknownTable(pos, name)
		return "", nil
	}
	return table, columns
}

// Column is the column of a name, which it reports where there is none, or one
// that a script cannot write and write is set.
func (c *CheckedCall) Column(table string, columns []Column, name string, pos lexer.Position, write bool) *Column {
	col := c.in.column(columns, table, strings.TrimSpace(name), pos)
	if col != nil && col.ReadOnly && write {
		c.List.Errorf(pos, CodeUnknownColumn, "take another column", "%s.%s is kept by amsx and cannot be written", table, col.Name)
		return nil
	}
	return col
}

// Convert brings a value to what the column holds; the error says why it
// cannot.
func (c *Column) Convert(v Value) (Value, error) { return columnConverter(c)(v) }
