package sqltext

import (
	"strings"

	"github.com/amsx-lang/amsx/runtime"
)

// put writes the place of a reference.
func (c *compiler) put(s *slot) {
	c.add(segment{slot: s})
}

// raw is a reference as the script writes it, with its percent signs.
func (c *compiler) raw(i int) string { return "%" + c.t.refs[i].Raw + "%" }

// reference decides what a bare %x% may be in its place.
func (c *compiler) reference(t *token) {
	u, hint, what := c.place(t)
	if what != "" {
		c.errorf(t, CodePlace, strings.ReplaceAll(hint, "%x%", c.raw(t.ref)), "%s cannot stand here: %s", c.raw(t.ref), what)
		return
	}
	s := &slot{pos: t.pos, use: u, ref: t.ref}
	if u == useColumn || u == useColumns {
		l := c.top()
		if l.prev.isOp(".") && l.prev2 != nil {
			s.qualifier = l.prev2.text
		}
	}
	if u == useValue || u == useList || u == useBareList {
		s.as = c.cast()
		c.exact(t)
	}
	c.put(s)
}

// place returns the use of a bare reference, or what is wrong about its place
// and what to write.
func (c *compiler) place(t *token) (u use, hint, what string) {
	l, n := c.top(), c.next()
	p := l.prev
	if c.ddl() {
		return 0, "write the name itself", c.verb + " takes no values"
	}
	if t.glued && c.i > 0 && c.tokens[c.i-1].kind != op || c.gluedNext() {
		return 0, "Set the whole name first: Set column = \"Field\" & %x%, and write %column% here", "a name cannot be put together from pieces"
	}
	if n.isOp(".") {
		return useTable, "", ""
	}
	if p.isOp(".") {
		if l.clause == "FROM" || l.clause == "INTO" {
			return useTable, "", ""
		}
		return useColumn, "", ""
	}
	if p == nil && l.kind == group {
		// Parentheses of an expression: what stands before them decides.
		if k := l.before; k != nil && (k.kind == word || k.kind == op) {
			p = k
		}
		if p.isOp("(") {
			p = nil
		}
	}
	switch l.kind {
	case inList:
		if p == nil || p.isOp(",") {
			return useList, "", ""
		}
	case arguments:
		if aggregates[l.function] && (p == nil || p.is("DISTINCT")) && n.isOp(")") {
			return useColumn, "", ""
		}
		if l.clause == "" && (p == nil || p.isOp(",") || p.is("FROM")) {
			return useValue, "", ""
		}
	case values:
		if p == nil || p.isOp(",") {
			return useValue, "", ""
		}
	case columns:
		if p == nil || p.isOp(",") {
			return useColumns, "", ""
		}
	}
	switch {
	case p == nil && n.operator():
		return useColumn, "", ""
	case p == nil:
		return 0, "write the condition here and give only its values by %names%", "a condition or a statement cannot come from a variable"
	case p.kind == op:
		return c.placeAfterMark(p, n, l)
	case p.kind == word && keywords[p.upper]:
		return c.placeAfterWord(p, n, l)
	}
	return c.placeAfterOperand(l)
}

// gluedNext reports whether a word or value follows without a blank.
func (c *compiler) gluedNext() bool {
	switch n := &c.tokens[c.i+1]; n.kind {
	case space, op, end:
		return false
	}
	return true
}

var aggregates = set("COUNT SUM AVG MIN MAX TOTAL GROUP_CONCAT STRING_AGG")

func (c *compiler) placeAfterMark(p, n *token, l *level) (u use, hint, what string) {
	if binary[p.text] {
		return useValue, "", ""
	}
	if p.text == "," {
		switch l.clause {
		case "SELECT", "GROUP", "PARTITION", "RETURNING":
			return useColumns, "", ""
		case "ORDER":
			return useOrder, "", ""
		case "SET":
			return useColumn, "", ""
		case "FROM", "ON":
			return useTable, "", ""
		case "LIMIT":
			return useCount, "", ""
		case "":
			if l.kind == group && l.before != nil && (l.before.kind == op && binary[l.before.text]) {
				return useValue, "", ""
			}
		}
	}
	if p.text == ")" {
		return c.placeAfterOperand(l)
	}
	if n.operator() {
		return useColumn, "", ""
	}
	return 0, "compare a column with it: Column = %x%", "nothing says what it would be"
}

func (c *compiler) placeAfterWord(p, n *token, l *level) (u use, hint, what string) {
	switch p.upper {
	case "LIKE", "GLOB", "BETWEEN", "BETWEEN-AND", "THEN", "ELSE", "ESCAPE":
		return useValue, "", ""
	case "IN":
		return useBareList, "", ""
	case "FROM", "JOIN", "INTO", "UPDATE":
		return useTable, "", ""
	case "SELECT", "DISTINCT", "ALL", "RETURNING":
		return useColumns, "", ""
	case "BY":
		if l.clause == "ORDER" {
			return useOrder, "", ""
		}
		return useColumns, "", ""
	case "ON", "SET":
		return useColumn, "", ""
	case "LIMIT", "OFFSET", "TOP":
		return useCount, "", ""
	case "WHEN":
		if k := len(l.cases); k > 0 && l.cases[k-1] {
			return useValue, "", ""
		}
	case "AS":
		return 0, "write the name itself after AS", "another name cannot come from a variable"
	case "IS":
		return 0, "Column = %x%, or Column IS NULL", "IS takes no value"
	case "NOT":
		if l.prev2.is("IS") {
			return 0, "Column <> %x%, or Column IS NOT NULL", "IS NOT takes no value"
		}
	case "COLLATE":
		return 0, "write the name itself", "a collation cannot come from a variable"
	}
	if n.operator() {
		switch p.upper {
		case "WHERE", "AND", "OR", "NOT", "HAVING", "WHEN", "CASE":
			return useColumn, "", ""
		}
	}
	switch p.upper {
	case "CASE":
		return useColumn, "", ""
	case "WHERE", "AND", "OR", "NOT", "HAVING", "WHEN":
		return 0, "write the condition here and give only its values: Column = %x%", "a condition cannot come from a variable"
	}
	return 0, "write " + p.upper + " with the word itself", "nothing after " + p.upper + " can come from a variable"
}

func (c *compiler) placeAfterOperand(l *level) (u use, hint, what string) {
	switch {
	case l.clause == "ORDER":
		return useDirection, "", ""
	case l.prev.is("DATE", "TIME", "TIMESTAMP", "DATETIME", "INTERVAL"):
		return 0, "write %x% alone", "a typed literal takes no variable"
	}
	return 0, "write an operator, a comma or the word itself", "it follows a value or a name, where only a word of SQL can stand"
}

// name writes a quoted name that is one reference, such as [%column%].
func (c *compiler) name(t *token) {
	r, ok := t.whole()
	if !ok {
		c.errorf(t, CodePlace, "Set the whole name first, and write %name% here without quotes", "a name cannot be put together from pieces")
		return
	}
	u, _, what := c.place(t)
	switch u {
	case useColumn, useColumns, useOrder, useTable:
	default:
		what = "double quotes and brackets are for names"
	}
	if what != "" {
		c.errorf(t, CodePlace, "write '"+c.raw(r)+"' where a value is meant", "%s cannot stand here: %s", c.raw(r), what)
		return
	}
	s := &slot{pos: t.pos, use: u, ref: r}
	if l := c.top(); u == useColumn && l.prev.isOp(".") && l.prev2 != nil {
		s.qualifier = l.prev2.text
	}
	c.put(s)
}

// str writes a string literal: as it is, or as one bound value.
func (c *compiler) str(t *token) {
	l := c.top()
	p := l.prev
	if p != nil && p.kind == word && typed[p.upper] {
		if _, isColumn := c.column(p, nil); !isColumn {
			c.errorf(t, CodePlace, "write the string alone: '…'", "a typed literal %s '…' is not the same on every database", p.upper)
			return
		}
	}
	if t.parts == nil {
		c.brackets(t, l)
		c.literal(t)
		return
	}
	if p.is("LIKE", "GLOB") {
		for _, x := range t.parts {
			c.t.patterns[x.ref] = true
		}
	}
	if what, hint := c.textPlace(t, p, l); what != "" {
		x := c.raw(firstRef(t.parts))
		c.errorf(t, CodePlace, strings.ReplaceAll(hint, "%x%", x), "a string with %s cannot stand here: %s", x, what)
		return
	}
	c.exact(t)
	s := &slot{pos: t.pos, use: useValue, quoted: true, as: c.cast()}
	if r, ok := t.whole(); ok {
		s.ref = r
		switch {
		case l.kind == inList:
			s.use = useList
		case l.clause == "LIMIT" && (p.is("LIMIT", "OFFSET") || p.isOp(",")):
			s.use = useCount
		}
	} else {
		s.parts, s.ref = t.parts, -1
	}
	c.put(s)
}

// meantAsText finds a name in double quotes where a value is wanted and the
// statement's tables have no such column: it is meant as text.
func (c *compiler) meantAsText(t *token, l *level) {
	p := l.prev
	if !t.twice || c.schema == nil || c.next().isOp(".") {
		return
	}
	if compared := p != nil && p.kind == op && comparison[p.text] || p.is("LIKE"); !compared && l.kind != inList && l.kind != values {
		return
	}
	for _, tb := range c.stmt.tables {
		_, cols, ok := c.schema.Table(tb.name)
		if _, found := columnNamed(cols, t.text); !ok || found {
			return
		}
	}
	c.errorf(t, CodePlace, "write '"+t.text+"' for text", "%s is in double quotes, which are for names of columns, and there is no such column", t.text)
}

func firstRef(parts []piece) int {
	for _, p := range parts {
		if p.ref >= 0 {
			return p.ref
		}
	}
	return 0
}

// textPlace says what is wrong with the place of a string with references.
func (c *compiler) textPlace(t, p *token, l *level) (what, hint string) {
	n := c.next()
	switch {
	case c.ddl():
		return c.verb + " takes no values", "write the text itself"
	case p.is("AS"):
		return "another name cannot come from a variable", "write the name itself after AS"
	case p.is("FROM") && l.kind != arguments, p.is("JOIN", "INTO", "UPDATE"), p.isOp(","), p.isOp("."), n.isOp("."):
		if p.isOp(",") && l.clause != "FROM" && l.clause != "ORDER" && l.clause != "GROUP" {
			return "", ""
		}
		return "a name is meant, and in quotes it is a text", "write it without quotes"
	case p.is("BY"), p.is("SET"):
		return "a text there sorts, groups and sets nothing", "write it without quotes"
	case p.is("IN"):
		return "IN wants a list", "IN ('%x%'), or IN (%x%) for a list"
	case p.operand():
		return "it follows a value or a name", "write an operator or a comma before it"
	case c.gluedNext():
		return "the text goes on behind its closing quote", "a quote inside a string is doubled: ''"
	}
	return "", ""
}

// literal writes a string literal without references. Against a Boolean column
// 'True' and 'False' are what they say.
func (c *compiler) literal(t *token) {
	if c.cast() == asBoolean {
		if b, ok := boolean(t.text); ok {
			c.emit(map[bool]string{true: "1", false: "0"}[b])
			return
		}
	}
	c.emit(c.dialect.text(t.text))
}

// numeric are functions whose result is a number, so that a text compared
// with it is meant as one. (A column converts the text by itself; the result
// of a function does not, and count(*) = '5' is never true on SQLite.)
var numeric = set("COUNT SUM AVG TOTAL LEN LENGTH ABS ROUND INSTR AMSX_ROUND AMSX_CHARINDEX AMSX_DATEDIFF")

// cast says what a text in the place at hand is turned into.
func (c *compiler) cast() cast {
	l := c.top()
	switch {
	case l.kind == values:
		return c.castTo(c.inserted(l.column), nil)
	case l.kind == inList:
		outer := c.levels[len(c.levels)-2]
		q := outer.prev2 // before IN
		if q.is("NOT") {
			q = outer.prev3
		}
		return c.castTo(q, nil)
	case l.prev != nil && l.prev.kind == op && comparison[l.prev.text]:
		if c.calculated(l) {
			return asNumber
		}
		var qualifier *token
		if l.prev3.isOp(".") {
			qualifier = c.back(4) // before the dot
		}
		return c.castTo(l.prev2, qualifier)
	}
	return asIs
}

// calculated reports whether the left side of the comparison at hand is
// calculated: a number, or what an arithmetic operator or one of the numeric
// functions gives.
func (c *compiler) calculated(l *level) bool {
	switch q := l.prev2; {
	case q == nil:
		return false
	case q.kind == number:
		return true
	case q.isOp(")") && l.closed != nil && (numeric[l.closed.function] || l.closed.kind == group && l.closed.adds != nil):
		return true
	}
	before := l.prev3
	if before.isOp(".") {
		before = c.back(5)
	}
	return l.adds != nil && l.adds == before
}

var comparison = set("= == <> != < <= > >=")

// back returns token n before the one at hand, blanks left out; nil: there is
// none.
func (c *compiler) back(n int) *token {
	for i := c.i - 1; i >= 0; i-- {
		if c.tokens[i].kind == space {
			continue
		}
		if n--; n == 0 {
			return &c.tokens[i]
		}
	}
	return nil
}

func (c *compiler) castTo(column, qualifier *token) cast {
	if col, ok := c.column(column, qualifier); ok && col.Type == runtime.ColumnBoolean {
		return asBoolean
	}
	return asIs
}

// inserted returns the name of column i of an INSERT's column list.
func (c *compiler) inserted(i int) *token {
	depth, n := 0, 0
	into := false
	for k := range c.tokens {
		t := &c.tokens[k]
		switch {
		case t.is("INTO"):
			into = true
		case t.is("VALUES"), t.is("SELECT"):
			return nil
		case t.isOp("("):
			depth++
		case t.isOp(")"):
			depth--
		case into && depth == 1 && t.isOp(","):
			n++
		case into && depth == 1 && n == i && (t.kind == word || t.kind == name):
			return t
		}
	}
	return nil
}
