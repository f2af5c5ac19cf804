package sqltext

import "strings"

// aliased carries over UPDATE a SET … FROM t a JOIN …, DELETE a FROM t a JOIN …
// and DELETE t without FROM. In SQLite the table that an UPDATE writes does not
// stand in its FROM: UPDATE t SET … FROM t a WHERE a.x = 1, which SQL Server
// reads as the rows of t where x is 1, writes every row there.
func (c *compiler) aliased() {
	w, ok := c.written()
	if !ok {
		return
	}
	first, start, at, remove := w.verb, w.start, w.table, w.remove
	target := c.tokens[at]
	from, where, last := c.clauses(c.then(at))
	if target.kind == ref && from >= 0 {
		c.errorf(&target, CodeForm, "write the table itself", "with a FROM, the table that is written cannot come from a variable")
		return
	}
	if !plainName(&target) || target.is("TOP") {
		return
	}
	next := c.then(at)
	if from < 0 {
		if remove && !c.tokens[start].is("FROM") {
			c.replace(start, start, made(target, word, "FROM"), made(target, space, " "))
		}
		c.unqualify(target.text, "")
		return
	}
	if remove && next != from {
		return // OUTPUT and the like, which other checks refuse
	}
	sources, ok := c.sources(from+1, where)
	if !ok {
		c.errorf(&c.tokens[from], CodeForm, "write the tables after FROM with JOIN … ON …", "the tables of this %s cannot be read", c.tokens[first].upper)
		return
	}
	if c.tokens[next].is("AS") { // SQLite's own form
		alias := c.tokens[c.then(next)]
		c.unqualify(target.text, alias.text)
		c.linked(append([]source{{name: target.text, alias: alias.text}}, sources...), 0, c.tokens[where:last])
		return
	}
	var found []int
	for i := range sources {
		if strings.EqualFold(sources[i].called(), target.text) {
			found = []int{i}
			break
		}
		if strings.EqualFold(sources[i].name, target.text) {
			found = append(found, i)
		}
	}
	switch {
	case len(found) > 1:
		c.errorf(&target, CodeForm, "write "+sources[found[0]].called()+", the other name of the one that is meant", "%s stands after FROM more than once", target.text)
		return
	case len(found) == 0 && remove, len(found) == 0 && !c.stands(target.text):
		c.errorf(&target, CodeForm, "write one of "+list(sources), "%s is none of the tables after FROM", target.text)
		return
	case len(found) == 0:
		c.unqualify(target.text, "")
		c.linked(append([]source{{name: target.text}}, sources...), 0, c.tokens[where:last])
		return
	}
	s := &sources[found[0]]
	if s.name == "" && (len(s.table) == 0 || s.table[0].kind != ref) {
		c.errorf(&target, CodeForm, "write the table itself after FROM", "%s is no table, and its rows cannot be written", target.text)
		return
	}
	if !c.linked(sources, found[0], c.tokens[where:last]) {
		return
	}
	if remove {
		c.deleteRows(s, start, from, last)
		return
	}
	c.updateRows(sources, found[0], start, next, from, where, last)
}

// A writer is an UPDATE or DELETE, by its tokens.
type writer struct {
	verb   int
	start  int // what comes after it: FROM, or the table with what qualifies it
	table  int
	remove bool // a DELETE
}

// written finds the table that an UPDATE or DELETE writes.
func (c *compiler) written() (w writer, ok bool) {
	w.verb = c.writing()
	if w.verb < 0 {
		return w, false
	}
	w.remove = c.tokens[w.verb].is("DELETE")
	at := c.then(w.verb)
	if c.tokens[at].is("OR") { // UPDATE OR IGNORE
		at = c.then(c.then(at))
	}
	w.start = at
	if w.remove && c.tokens[at].is("FROM") {
		at = c.then(at)
	}
	for c.tokens[c.then(at)].isOp(".") { // dbo.Custodian
		at = c.then(c.then(at))
	}
	w.table = at
	return w, true
}

// writing is the index of the UPDATE or DELETE that the statement is, behind
// its WITH where it has one; -1: it is none.
func (c *compiler) writing() int {
	depth := 0
	for i := range c.tokens {
		switch t := &c.tokens[i]; {
		case t.isOp("("):
			depth++
		case t.isOp(")"):
			depth--
		case depth != 0 || t.kind == space:
		case t.is("UPDATE", "DELETE"):
			return i
		case c.verb != "WITH" || t.is("SELECT", "INSERT"):
			return -1
		}
	}
	return -1
}

// stands reports whether a table of that name may be there.
func (c *compiler) stands(name string) bool {
	if c.schema == nil || c.isTemp(name) {
		return true
	}
	_, _, ok := c.schema.Table(name)
	return ok
}

// clauses finds the statement's own FROM, and WHERE or what is in its place.
func (c *compiler) clauses(i int) (from, where, last int) {
	from, where, last = -1, -1, len(c.tokens)-1
	depth := 0
	for ; i < len(c.tokens)-1; i++ {
		switch t := &c.tokens[i]; {
		case t.isOp("("):
			depth++
		case t.isOp(")"):
			depth--
		case depth != 0:
		case t.is("FROM") && from < 0 && !c.before(i).is("DISTINCT"):
			from = i
		case t.is("WHERE") && where < 0:
			where = i
		case t.is("RETURNING", "ORDER", "LIMIT"):
			if last = i; where < 0 {
				where = i
			}
			return from, where, last
		}
	}
	if where < 0 {
		where = last
	}
	return from, where, last
}

// trimmed is the tokens from i to before j without the blanks around them.
func (c *compiler) trimmed(i, j int) []token {
	for i < j && c.tokens[i].kind == space {
		i++
	}
	for j > i && c.tokens[j-1].kind == space {
		j--
	}
	return append([]token(nil), c.tokens[i:j]...)
}

// deleteRows writes DELETE a FROM t a JOIN … WHERE … as DELETE FROM t WHERE
// rowid IN (SELECT a.rowid FROM t a JOIN … WHERE …).
func (c *compiler) deleteRows(s *source, start, from, last int) {
	at := c.tokens[start]
	w := func(text string) token { return made(at, word, text) }
	o := func(text string) token { return made(at, op, text) }
	sp := made(at, space, " ")
	for last > from && c.tokens[last-1].kind == space {
		last--
	}
	out := []token{w("FROM"), sp}
	out = append(out, s.table...)
	out = append(out, sp, w("WHERE"), sp, w("rowid"), sp, w("IN"), sp, o("("), w("SELECT"), sp)
	out = append(out, s.qualifier(), o("."), w("rowid"), sp)
	out = append(out, c.tokens[from:last]...)
	if out = append(out, o(")")); c.tokens[last].is("RETURNING", "ORDER", "LIMIT") {
		out = append(out, sp)
	}
	c.replace(start, last, out...)
}

// updateRows writes UPDATE a SET … FROM t a JOIN u ON … WHERE … as UPDATE t AS
// a SET … FROM u WHERE (…) AND (…).
func (c *compiler) updateRows(sources []source, target, start, set, from, where, last int) {
	s := &sources[target]
	at := c.tokens[start]
	w := func(text string) token { return made(at, word, text) }
	o := func(text string) token { return made(at, op, text) }
	sp := made(at, space, " ")
	outer := false
	for i := range sources {
		switch sources[i].join {
		case "LEFT JOIN":
			outer = true
			if i == target {
				c.errorf(&at, CodeForm, "put "+s.called()+" first after FROM", "the table that is written stands behind a LEFT JOIN")
				return
			}
		case "RIGHT JOIN", "FULL JOIN":
			c.errorf(&at, CodeForm, "put "+s.called()+" first after FROM, and LEFT JOIN the others", "a %s in an UPDATE", sources[i].join)
			return
		}
	}
	if outer && target != 0 {
		c.errorf(&at, CodeForm, "put "+s.called()+" first after FROM", "the table that is written stands behind another one, and there is a LEFT JOIN")
		return
	}
	var condition []token
	and := func(tokens []token) {
		if len(tokens) == 0 {
			return
		}
		if len(condition) > 0 {
			condition = append(condition, sp, w("AND"), sp)
		}
		condition = append(append(append(condition, o("(")), tokens...), o(")"))
	}
	filter := []token(nil)
	if where < last && c.tokens[where].is("WHERE") {
		filter = c.trimmed(where+1, last)
	}
	rest := c.tokens[last:]
	out := append([]token(nil), s.table...)
	var tables []token
	if outer {
		// The rows are found by a query of their own, with the table in it, and
		// written by their row ids.
		const written = "amsx_written"
		out = append(out, sp, w("AS"), sp, w(written), sp)
		tables = c.trimmed(from+1, where)
		condition = []token{w(written), o("."), w("rowid"), sp, o("="), sp, s.qualifier(), o("."), w("rowid")}
		if c.ambiguous(s, set, from, where, last) {
			return
		}
	} else {
		if s.alias != "" {
			out = append(out, sp, w("AS"), sp, s.as)
		}
		out = append(out, sp)
		for i := range sources {
			if i == target {
				and(sources[i].on)
				continue
			}
			if len(tables) > 0 {
				tables = append(tables, o(","), sp)
			}
			tables = append(tables, sources[i].table...)
			if sources[i].alias != "" {
				tables = append(tables, sp, sources[i].as)
			}
			and(sources[i].on)
		}
	}
	and(filter)
	out = append(out, c.trimmed(set, from)...)
	if len(tables) > 0 {
		out = append(append(out, sp, w("FROM"), sp), tables...)
	}
	if len(condition) > 0 {
		out = append(append(out, sp, w("WHERE"), sp), condition...)
	}
	if rest[0].kind != end {
		out = append(out, sp)
	}
	c.tokens = append(append(append([]token(nil), c.tokens[:start]...), out...), rest...)
	c.unqualify(s.name, s.alias)
}

// ambiguous finds columns without their table in an UPDATE that reads the
// table that it writes a second time.
func (c *compiler) ambiguous(s *source, set, from, where, last int) bool {
	if c.schema == nil {
		return false
	}
	_, cols, ok := c.schema.Table(s.name)
	if !ok {
		return false
	}
	found := false
	for i := set; i < last; i++ {
		t := &c.tokens[i]
		if !plainName(t) || c.before(i).isOp(".") || c.tokens[c.then(i)].isOp(".") || c.tokens[c.then(i)].isOp("(") {
			continue
		}
		if b := c.before(i); i < from && (b.is("SET") || b.isOp(",") && c.tokens[c.then(i)].isOp("=")) {
			continue // the column that is written
		}
		if b := c.before(i); i > from && i < where && (b.is("FROM", "JOIN", "AS") || b.isOp(",") || b.operand()) {
			continue // a table
		}
		if _, ok := columnNamed(cols, t.text); ok {
			c.errorf(t, CodeForm, "write "+s.called()+"."+t.text, "in an UPDATE with LEFT JOIN a column needs its table before it")
			found = true
		}
	}
	return found
}

// unqualify takes the table before the columns of SET away, which SQLite does
// not take, and finds the columns of another table.
func (c *compiler) unqualify(table, alias string) {
	depth, in := 0, false
	for i := 0; i < len(c.tokens)-1; i++ {
		switch t := &c.tokens[i]; {
		case t.isOp("("):
			depth++
		case t.isOp(")"):
			depth--
		case depth > 0:
		case t.is("SET"):
			in = true
		case t.is("FROM", "WHERE", "RETURNING"):
			return
		case in && plainName(t) && (c.before(i).is("SET") || c.before(i).isOp(",")) && c.tokens[c.then(i)].isOp("."):
			dot := c.then(i)
			if !c.tokens[c.then(c.then(dot))].isOp("=") {
				continue
			}
			if !strings.EqualFold(t.text, table) && !strings.EqualFold(t.text, alias) {
				c.errorf(t, CodeForm, "write "+c.tokens[c.then(dot)].text+" of the table after UPDATE, or UPDATE "+t.text, "SET writes the table after UPDATE, and %s is another one", t.text)
				continue
			}
			c.replace(i, c.then(dot))
		}
	}
}
