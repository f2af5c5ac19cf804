package sqltext

import (
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/runtime"
)

// compile prepares SQL text for the dialect; see the function Compile.
func (d Dialect) compile(parts []ast.Part, site runtime.Schema, scope *Scope) (runtime.SQLTemplate, lexer.List) {
	var list lexer.List
	s := newScanner(parts, &list)
	tokens := s.scan()
	t := &Template{dialect: d, refs: s.refs, patterns: map[int]bool{}}
	for len(tokens) > 0 {
		n := 0
		for tokens[n].kind != end {
			n++
		}
		c := &compiler{t: t, list: &list, dialect: d, tokens: tokens[: n+1 : n+1], scope: scope, schema: scope.schema(site)}
		c.statement()
		if c.trigger {
			break // its body's statements are none of the text's
		}
		tokens = tokens[n+1:]
	}
	if len(t.statements) == 0 && len(list) == 0 {
		var p lexer.Position
		if len(parts) > 0 {
			p = parts[0].Pos
		}
		list.Errorf(p, CodeText, "write a statement, such as SELECT … FROM …", "there is no SQL statement in this text")
	}
	return t, list
}

// A compiler works on the tokens of one statement.
type compiler struct {
	t       *Template
	list    *lexer.List
	dialect Dialect
	scope   *Scope
	schema  runtime.Schema // of the site and of the temporary tables so far; nil: not known
	into    temp           // of SELECT … INTO #t
	tokens  []token        // an end token last
	i       int            // the token at hand
	stmt    statement
	text    []byte // what emit wrote behind the segments of stmt
	verb    string // the statement's first word, in capitals
	levels  []*level
	trigger bool // CREATE TRIGGER, which was refused
}

// A level is the statement, or the inside of a pair of parentheses.
type level struct {
	kind     levelKind
	function string   // of an argument list, in capitals
	clause   string   // the word that opened the clause at hand
	before   *token   // what stands before the parenthesis
	prev     *token   // the token before the one at hand, blanks left out; nil: none
	prev2    *token   // the one before prev
	prev3    *token   //
	between  bool     // the next AND belongs to a BETWEEN
	cases    []bool   // open CASEs: whether each compares an operand
	closer   string   // what is written for the closing parenthesis
	limit    *segment // the n of TOP n, written at the end
	column   int      // commas before this place
	adds     *token   // the last arithmetic operator; nil: none
	closed   *level   // the level that the closing parenthesis before this place ended
}

// A levelKind says what a pair of parentheses is for.
type levelKind uint8

const (
	group     levelKind = iota // an expression
	sub                        // a statement: the text itself, or a subquery
	arguments                  // of a function
	inList                     // of IN
	values                     // of VALUES
	columns                    // the column list of INSERT or ON CONFLICT
)

func (c *compiler) top() *level { return c.levels[len(c.levels)-1] }

// next returns the next token that is no blank.
func (c *compiler) next() *token { return c.after(c.i) }

func (c *compiler) after(i int) *token {
	for i++; i < len(c.tokens); i++ {
		if c.tokens[i].kind != space {
			return &c.tokens[i]
		}
	}
	return nil
}

func (c *compiler) errorf(t *token, code, hint, format string, args ...any) {
	c.list.Errorf(t.pos, code, hint, format, args...)
}

// emit writes text behind the segments, which is the next of them when it ends.
func (c *compiler) emit(s string) { c.text = append(c.text, s...) }

// add writes a segment that is no text.
func (c *compiler) add(g segment) {
	c.endText()
	c.stmt.segments = append(c.stmt.segments, g)
}

func (c *compiler) endText() {
	if len(c.text) > 0 {
		c.stmt.segments = append(c.stmt.segments, segment{text: string(c.text)})
		c.text = c.text[:0]
	}
}

func (c *compiler) mark(m listMark) { c.add(segment{mark: m}) }

func (c *compiler) statement() {
	c.i = c.sig(0)
	if c.batch() {
		c.tokens, c.i = c.tokens[c.i:], 0
	}
	first := &c.tokens[c.i]
	if first.kind == end {
		return
	}
	c.stmt.pos = first.pos
	if first.kind == word {
		c.verb = first.upper
	}
	if hint, ok := c.refusal(c.i); ok && first.kind == word {
		c.errorf(first, CodeStatement, hint, "a script cannot run %s", first.upper)
		return
	}
	if first.kind == ref {
		c.errorf(first, CodePlace, "write the statement here, or run text with SqlRaw", "a statement cannot come from a variable")
		return
	}
	c.stmt.schema = c.schema
	c.rewrite()
	c.stmt.writes = c.writes()
	c.levels = []*level{{kind: sub}}
	for c.i = c.sig(0); c.i < len(c.tokens); c.i++ {
		c.token(&c.tokens[c.i])
	}
	c.endText()
	if n := len(c.levels); n > 1 {
		c.errorf(first, CodeText, "close it with )", "a parenthesis of this statement is not closed")
	}
	c.checkNames()
	c.checkDecimals()
	c.describe()
	c.remember()
	c.t.statements = append(c.t.statements, c.stmt)
}

// token writes one token and moves the level on.
func (c *compiler) token(t *token) {
	l := c.top()
	c.note(t)
	switch t.kind {
	case space:
		c.emit(t.text)
		return
	case end:
		c.endSelect(l)
		return
	case invalid:
	case word:
		c.newName(t, l)
		if c.word(t, l) {
			return
		}
	case name:
		if t.parts != nil {
			c.name(t)
		} else {
			c.newName(t, l)
			c.meantAsText(t, l)
			c.emit(c.dialect.quote(t.text))
		}
	case str:
		c.str(t)
	case blob, number:
		c.emit(t.text)
	case ref:
		c.reference(t)
	case op:
		if c.operator(t, l) {
			return
		}
	}
	c.push(t)
}

// push makes t the token before the next one.
func (c *compiler) push(t *token) {
	l := c.top()
	l.prev3, l.prev2, l.prev = l.prev2, l.prev, t
}

// operator writes a mark. It reports whether it has moved the levels itself.
func (c *compiler) operator(t *token, l *level) bool {
	switch t.text {
	case "(":
		c.open(t, l)
		return true
	case ")":
		if len(c.levels) == 1 {
			c.errorf(t, CodeText, "remove it", "a closing parenthesis without its opening one")
			return false
		}
		c.endSelect(l)
		if l.kind == inList {
			c.mark(listEnd)
		}
		closer := l.closer
		if closer == "" {
			closer = ")"
		}
		c.emit(closer)
		c.levels = c.levels[:len(c.levels)-1]
		c.top().closed = l
		c.push(t)
		return true
	case ",":
		l.column++
		if l.kind == inList {
			c.mark(listComma)
			return false
		}
	case "+", "-", "*", "/", "%":
		l.adds = t
	case "::":
		c.errorf(t, CodeForm, "CAST(x AS type)", "a cast with :: is PostgreSQL's own")
	}
	c.emit(t.text)
	return false
}

// open begins the level of a parenthesis.
func (c *compiler) open(t *token, l *level) {
	n := &level{kind: group, before: l.prev, clause: ""}
	p := l.prev
	switch {
	case c.next().is("SELECT", "WITH", "VALUES"):
		n.kind = sub
	case p.is("IN"):
		n.kind = inList
	case p.is("VALUES"), p.isOp(",") && l.clause == "VALUES":
		n.kind = values
	case p.is("CONFLICT"), l.clause == "INTO" && p.operand(), l.clause == "INTO" && p != nil && p.kind == ref:
		n.kind = columns
	case p != nil && p.kind == word && (!keywords[p.upper] || functionWords[p.upper] || p.is("CAST")):
		n.kind, n.function = arguments, p.upper
		if call, closer, ok := c.dialect.function(p.upper); ok {
			c.emit(call)
			n.closer = closer
			c.levels = append(c.levels, n)
			return
		}
	}
	c.emit("(")
	if n.kind == inList {
		c.mark(listBegin)
	}
	c.levels = append(c.levels, n)
}

// endSelect writes the LIMIT of a TOP.
func (c *compiler) endSelect(l *level) {
	if l.limit == nil {
		return
	}
	c.emit(" LIMIT ")
	if l.limit.slot == nil {
		c.emit(l.limit.text)
	} else {
		c.add(*l.limit)
	}
	l.limit = nil
}

// tablesOf collects the tables that a statement names after FROM, JOIN, INTO
// and UPDATE, in subqueries too.
func tablesOf(tokens []token) []table {
	var sig []*token
	for i := range tokens {
		if tokens[i].kind != space {
			sig = append(sig, &tokens[i])
		}
	}
	var out []table
	at := func(i int) *token {
		if i < len(sig) {
			return sig[i]
		}
		return nil
	}
	plain := func(t *token) bool { return t != nil && plainName(t) }
	for i := 0; i < len(sig); i++ {
		if !sig[i].is("FROM", "JOIN", "INTO", "UPDATE") {
			continue
		}
		for {
			j := i + 1
			var tb table
			if t := at(j); plain(t) {
				tb.name, tb.pos = t.text, t.pos
				for at(j+1).isOp(".") && plain(at(j+2)) {
					j += 2
					tb.name, tb.pos = at(j).text, at(j).pos
				}
			} else if t == nil || t.kind != ref {
				break
			}
			if at(j + 1).is("AS") {
				j++
			}
			if plain(at(j + 1)) {
				j++
				tb.alias = at(j).text
			}
			if tb.name != "" || tb.alias != "" {
				out = append(out, tb)
			}
			i = j
			if !at(i + 1).isOp(",") {
				break
			}
			i++
		}
	}
	return out
}

// column returns the schema's column that a token names, when the statement's
// tables leave no doubt about it.
func (c *compiler) column(t, qualifier *token) (runtime.Column, bool) {
	if c.schema == nil || t == nil || t.kind != word && t.kind != name || t.parts != nil {
		return runtime.Column{}, false
	}
	var found []runtime.Column
	for _, tb := range c.stmt.tables {
		if qualifier != nil && !strings.EqualFold(qualifier.text, tb.alias) && !strings.EqualFold(qualifier.text, tb.name) {
			continue
		}
		if _, cols, ok := c.schema.Table(tb.name); ok {
			if col, ok := columnNamed(cols, t.text); ok {
				found = append(found, col)
			}
		}
	}
	if len(found) == 0 {
		return runtime.Column{}, false
	}
	for _, f := range found {
		if f.Type != found[0].Type {
			return runtime.Column{}, false
		}
	}
	return found[0], true
}

func columnNamed(cols []runtime.Column, name string) (runtime.Column, bool) {
	for _, c := range cols {
		if runtime.EqualFold(c.Name, name) {
			return c, true
		}
	}
	return runtime.Column{}, false
}

// writes is the word by which a statement changes something: its first, and
// behind WITH the one that its subqueries lead to. Empty: it reads.
func (c *compiler) writes() string {
	if c.into.name != "" {
		return "SELECT … INTO"
	}
	switch c.verb {
	case "SELECT", "VALUES", "EXPLAIN", "":
		return ""
	case "WITH":
	default:
		return c.verb
	}
	depth := 0
	for i := range c.tokens {
		switch t := &c.tokens[i]; {
		case t.isOp("("):
			depth++
		case t.isOp(")"):
			depth--
		case depth == 0 && t.is("SELECT", "VALUES"):
			return ""
		case depth == 0 && t.is("INSERT", "UPDATE", "DELETE", "REPLACE"):
			return t.upper
		}
	}
	return ""
}
