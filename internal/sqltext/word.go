package sqltext

import (
	"strings"

	"github.com/amsx-lang/amsx/parser/ast"
)

// ddl reports whether the statement defines tables rather than rows.
func (c *compiler) ddl() bool { return c.verb == "CREATE" || c.verb == "ALTER" || c.verb == "DROP" }

// word writes a keyword or plain name, in the dialect's form. It reports
// whether it has moved the level on itself.
func (c *compiler) word(t *token, l *level) bool {
	n := c.next()
	switch {
	case l.prev.isOp("."):
		c.emit(t.text)
		return false
	case strings.HasPrefix(t.text, "@"):
		hint := "write %" + strings.TrimLeft(t.text, "@") + "%, a variable of the script"
		if h := serverVariables[t.upper]; h != "" {
			hint = h
		}
		c.errorf(t, CodeForm, hint, "%s is a variable of SQL Server", t.text)
		return false
	case c.glueless(t, l):
		return false
	case n.isOp("(") && clock[t.upper], t.is("CURRENT_TIMESTAMP") && !c.ddl():
		return c.now(t, n)
	}
	if n.isOp("(") {
		if _, _, ok := c.dialect.function(t.upper); ok {
			return false // written by open
		}
		if hint, ok := foreign[t.upper]; ok {
			c.errorf(t, CodeForm, hint, "the function %s is SQL Server's own", t.upper)
			return false
		}
	}
	if c.clause(t, n, l) {
		return true
	}
	c.emit(t.text)
	return false
}

// serverVariables are what to write for the variables that SQL Server sets.
var serverVariables = map[string]string{
	"@@ROWCOUNT":     "write %ROWCOUNT%, which the script has after SqlExecute",
	"@@IDENTITY":     "Set id = Sql(\"INSERT … RETURNING CustodianID\")",
	"@@ERROR":        "use Try … Catch … End Try of the script",
	"@@TRANCOUNT":    "use Transaction … End Transaction of the script",
	"@@FETCH_STATUS": "use ForEach … In Sql \"SELECT …\" of the script",
}

// now puts the run's clock in the place of GETDATE().
func (c *compiler) now(t, next *token) bool {
	if c.ddl() {
		c.errorf(t, CodeForm, "give the column no default, and write %NOW% where rows are inserted", "%s in a %s statement", t.upper, c.verb)
		return false
	}
	if next.isOp("(") {
		i := c.i
		for c.i++; !c.tokens[c.i].isOp("("); c.i++ {
		}
		if !c.next().isOp(")") {
			c.i = i
			c.errorf(t, CodeForm, "GETDATE()", "%s takes no arguments", t.upper)
			return false
		}
		for c.i++; !c.tokens[c.i].isOp(")"); c.i++ {
		}
	}
	path := &ast.Path{Pos: t.pos, End: t.pos, Raw: "NOW", Steps: []ast.Step{{Pos: t.pos, Key: "NOW"}}}
	c.t.refs = append(c.t.refs, path)
	c.put(&slot{pos: t.pos, use: useValue, ref: len(c.t.refs) - 1})
	c.push(&token{kind: ref, pos: t.pos})
	return true
}

// clause follows the clauses of a level. It reports whether it has written t
// and moved the level on itself.
func (c *compiler) clause(t, n *token, l *level) bool {
	if l.kind == arguments && t.is("FROM") { // EXTRACT(year FROM x)
		return false
	}
	if t.is("FROM") && l.prev.is("DISTINCT") && (l.prev2.is("IS") || l.prev2.is("NOT")) { // IS DISTINCT FROM
		return false
	}
	switch t.upper {
	case "SELECT", "UNION", "EXCEPT", "INTERSECT":
		if t.upper != "SELECT" && l.limit != nil {
			c.errorf(t, CodeForm, "put the SELECT TOP … in parentheses after FROM", "TOP in one part of a %s", t.upper)
			l.limit = nil
		}
		l.clause, l.column = t.upper, 0
	case "TOP":
		if l.prev.is("DELETE", "UPDATE", "INSERT") {
			c.errorf(t, CodeForm, "WHERE CustodianID IN (SELECT TOP 10 CustodianID FROM …)", "%s TOP is SQL Server's own", l.prev.upper)
		}
		return l.prev.is("SELECT", "DISTINCT", "ALL") && c.topN(t, n, l)
	case "FROM", "WHERE", "HAVING", "RETURNING", "SET", "VALUES":
		l.clause, l.column = t.upper, 0
	case "JOIN":
		l.clause = "FROM"
	case "APPLY":
		if l.prev.is("CROSS", "OUTER") {
			c.errorf(t, CodeForm, "JOIN a subquery", "%s APPLY is SQL Server's own", l.prev.upper)
		}
	case "ON":
		l.clause = "ON"
	case "GROUP", "ORDER", "PARTITION":
		l.clause = t.upper
	case "LIMIT", "OFFSET", "FETCH":
		if l.limit != nil {
			c.errorf(t, CodeForm, "keep one of them", "TOP and %s in one SELECT", t.upper)
			l.limit = nil
		}
		if t.is("FETCH") {
			c.errorf(t, CodeForm, "LIMIT n OFFSET m", "FETCH is not the same on every database")
		}
		l.clause = "LIMIT"
	case "INTO":
		if l.clause == "SELECT" {
			c.errorf(t, CodeForm, "SELECT … INTO #name FROM …: a table of the run; for one of the site, INSERT INTO table (columns) SELECT …", "SELECT … INTO makes only temporary tables here")
		}
		l.clause = "INTO"
	case "WITH":
		if n.isOp("(") {
			c.errorf(t, CodeForm, "leave it out", "table hints such as WITH (NOLOCK) are SQL Server's own")
		}
	case "OUTPUT":
		if n.is("INSERTED", "DELETED") {
			c.errorf(t, CodeForm, "RETURNING columns, at the end", "OUTPUT is SQL Server's own")
		}
	case "INSERT", "DELETE", "UPDATE":
		c.second(t, l)
	case "CASE":
		l.cases = append(l.cases, !n.is("WHEN"))
	case "END":
		if len(l.cases) > 0 {
			l.cases = l.cases[:len(l.cases)-1]
		}
	case "BETWEEN":
		l.between = true
	case "AND":
		if l.between {
			l.between = false
			// The token tells place that a value of BETWEEN follows.
			c.emit(t.text)
			c.push(&token{kind: word, pos: t.pos, text: t.text, upper: "BETWEEN-AND"})
			return true
		}
	case "TRIGGER":
		if c.verb == "CREATE" || c.verb == "DROP" {
			c.errorf(t, CodeStatement, "do the work in a transformation", "a script cannot create or drop a trigger")
			c.trigger = true
		}
	}
	return false
}

// second finds a statement that begins without a semicolon before it.
func (c *compiler) second(t *token, l *level) {
	switch {
	case l.prev == nil, len(c.levels) > 1, c.ddl():
	case l.prev.is("DO", "ON", "FOR", "OR", "EXPLAIN"):
	case c.verb == "WITH" && l.prev.isOp(")"):
	default:
		c.errorf(t, CodeText, "end the statement before it with ;", "%s begins a second statement", t.upper)
	}
}

// topN takes TOP n out of the select list; it is written as LIMIT at the end.
func (c *compiler) topN(t, n *token, l *level) bool {
	if n.isOp("(") {
		at := c.i
		for c.i++; !c.tokens[c.i].isOp("("); c.i++ {
		}
		inner := c.next()
		closing := c.after(c.index(inner))
		if inner == nil || !closing.isOp(")") {
			c.i = at
			c.errorf(t, CodeForm, "TOP 10, or TOP %n%", "TOP takes one number")
			return false
		}
		c.limitTo(inner, l)
		c.i = c.index(closing)
	} else {
		c.limitTo(n, l)
		if n != nil {
			c.i = c.index(n)
		}
	}
	if after := c.next(); after.is("PERCENT") || after.is("WITH") {
		c.errorf(after, CodeForm, "count first: Set n = Sql(\"SELECT count(*) …\"), then TOP %n%", "TOP … %s is SQL Server's own", after.upper)
	}
	c.push(&token{kind: word, pos: t.pos, upper: "SELECT"})
	return true
}

// index is the place of a token of the statement.
func (c *compiler) index(t *token) int {
	for i := c.i; i < len(c.tokens); i++ {
		if &c.tokens[i] == t {
			return i
		}
	}
	return c.i
}

func (c *compiler) limitTo(t *token, l *level) {
	switch {
	case t != nil && t.kind == number:
		l.limit = &segment{text: t.text}
	case t != nil && t.kind == ref:
		l.limit = &segment{slot: &slot{pos: t.pos, use: useCount, ref: t.ref}}
	default:
		p := t
		if p == nil {
			p = &c.tokens[c.i]
		}
		c.errorf(p, CodeForm, "TOP 10, or TOP %n%", "TOP takes one number")
	}
}
