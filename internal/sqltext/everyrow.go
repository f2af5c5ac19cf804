package sqltext

import (
	"fmt"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// ofSite reports whether a name is certainly that of a table of the site.
func (c *compiler) ofSite(name string) (canonical string, ok bool) {
	if c.schema == nil || c.isTemp(name) {
		return "", false
	}
	canonical, _, ok = c.schema.Table(name)
	return canonical, ok
}

// careless notes what is wrong with a statement that the database would take.
// It is for the checker of scripts: the statement itself can be rendered.
func (c *compiler) careless(t *token, code, format string, args ...any) {
	c.stmt.careless = &lexer.Diagnostic{Pos: t.pos, Severity: lexer.Error, Code: code, Message: fmt.Sprintf(format, args...),
		Hint: "write WHERE with the rows that are meant; where all rows are meant, WHERE 1 = 1"}
}

// everyRow finds an UPDATE or DELETE of a table of the site that says nothing
// of which rows: nearly always its WHERE was lost. Of a temporary table all
// rows are often meant. A join says which rows.
func (c *compiler) everyRow() {
	w, ok := c.written()
	if !ok {
		return
	}
	target := c.tokens[w.table]
	from, where, last := c.clauses(c.then(w.table))
	if !plainName(&target) || c.tokens[where].is("WHERE") || c.tokens[last].is("LIMIT", "ORDER") {
		return
	}
	written := target.text
	if from >= 0 {
		sources, ok := c.sources(from+1, where)
		if !ok || len(sources) != 1 || !strings.EqualFold(sources[0].called(), written) && !strings.EqualFold(sources[0].name, written) {
			return
		}
		written = sources[0].name
	}
	table, ok := c.ofSite(written)
	if !ok {
		return
	}
	verb, what := "UPDATE", "changes"
	if w.remove {
		verb, what = "DELETE", "deletes"
	}
	c.careless(&c.tokens[w.verb], runtime.CodeEveryRow, "%s without WHERE %s every row of %s", verb, what, table)
}

// copies finds an INSERT that reads the rows of the very table that it writes,
// all of them: each would be there twice.
func (c *compiler) copies() {
	if c.verb != "INSERT" {
		return
	}
	at := c.then(c.sig(0))
	if !c.tokens[at].is("INTO") { // OR IGNORE, OR REPLACE
		return
	}
	for at = c.then(at); c.tokens[c.then(at)].isOp("."); {
		at = c.then(c.then(at))
	}
	target := c.tokens[at]
	if !plainName(&target) {
		return
	}
	table, ok := c.ofSite(target.text)
	if !ok {
		return
	}
	next := c.then(at)
	if c.tokens[next].isOp("(") {
		next = c.then(c.closing(next))
	}
	if !c.tokens[next].is("SELECT") {
		return
	}
	from, where, last := c.clauses(c.then(next))
	if from < 0 || c.tokens[where].is("WHERE") || c.tokens[last].is("LIMIT") || slices.ContainsFunc(c.tokens[next:], func(t token) bool {
		return t.is("DISTINCT", "TOP", "GROUP", "HAVING", "UNION", "EXCEPT", "INTERSECT", "CONFLICT") || t.kind == word && aggregates[t.upper]
	}) {
		return
	}
	sources, ok := c.sources(from+1, where)
	if !ok || len(sources) != 1 || !strings.EqualFold(sources[0].name, target.text) {
		return
	}
	c.careless(&c.tokens[c.sig(0)], runtime.CodeCopies, "this INSERT adds a copy of every row of %s to it", table)
}
