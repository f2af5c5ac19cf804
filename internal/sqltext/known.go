package sqltext

import (
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// checkNames finds misspelt tables and columns of the site before the
// statement runs: names after FROM, JOIN, INTO and UPDATE, of an INSERT's
// column list, left of = in SET, and behind the name of a table or its alias.
// A table that the schema does not know may be made by the script itself: it
// is a warning, and only where a table of the site has a name like it.
func (c *compiler) checkNames() {
	if c.schema == nil || c.ddl() {
		return
	}
	made := withNames(c.tokens)
	for _, tb := range c.stmt.tables {
		if tb.name == "" || made[runtime.FoldName(tb.name)] {
			continue
		}
		if _, _, ok := c.schema.Table(tb.name); ok {
			continue
		}
		if c.isTemp(tb.name) && c.scope.temps[runtime.FoldName(tb.name)].name != "" {
			continue
		}
		if near := lexer.Nearest(tb.name, c.schema.Tables()); near != "" {
			c.list.Add(&lexer.Diagnostic{Pos: tb.pos, Severity: lexer.Warning, Code: CodeName, Message: "there is no table " + tb.name + " in this site", Hint: "did you mean " + near + "?"})
		}
	}
	var sig []*token
	for i := range c.tokens {
		if c.tokens[i].kind != space {
			sig = append(sig, &c.tokens[i])
		}
	}
	for i, t := range sig {
		if i+2 < len(sig) && plainName(t) && sig[i+1].isOp(".") && plainName(sig[i+2]) && (i == 0 || !sig[i-1].isOp(".")) {
			c.checkColumn(sig[i+2], t.text, made)
		}
		if t.is("INTO", "UPDATE") && i+2 < len(sig) && plainName(sig[i+1]) {
			c.checkWritten(sig[i+1:], made)
		}
	}
}

// checkWritten checks the columns that an INSERT or UPDATE writes; sig begins
// with the table's name.
func (c *compiler) checkWritten(sig []*token, made map[string]bool) {
	name, list := sig[0].text, sig[1:]
	if len(list) > 2 && list[0].is("AS") {
		list = list[2:]
	}
	switch {
	case list[0].isOp("("):
		for _, t := range list[1:] {
			if t.isOp(")") {
				return
			}
			if plainName(t) {
				c.checkColumn(t, name, made)
			}
		}
	case list[0].is("SET"):
		depth := 0
		for i, t := range list[1:] {
			switch {
			case t.isOp("("):
				depth++
			case t.isOp(")"):
				depth--
			case depth == 0 && t.is("WHERE", "FROM", "RETURNING"):
				return
			case depth == 0 && plainName(t) && (list[i].isOp(",") || list[i].is("SET")) && i+2 < len(list) && list[i+2].isOp("="):
				c.checkColumn(t, name, made)
			}
		}
	}
}

// checkColumn checks a column of a table, named by its name or alias.
func (c *compiler) checkColumn(t *token, qualifier string, made map[string]bool) {
	for _, tb := range c.stmt.tables {
		if tb.name == "" || !strings.EqualFold(qualifier, tb.alias) && !strings.EqualFold(qualifier, tb.name) || made[runtime.FoldName(tb.name)] {
			continue
		}
		canonical, cols, ok := c.schema.Table(tb.name)
		if !ok {
			return
		}
		if _, ok := columnNamed(cols, t.text); ok || t.is("ROWID") {
			return
		}
		names := make([]string, len(cols))
		for i, col := range cols {
			names[i] = col.Name
		}
		severity := lexer.Error
		if c.isTemp(tb.name) {
			severity = lexer.Warning // another branch of the script may have made it
		}
		c.list.Add(&lexer.Diagnostic{Pos: t.pos, Severity: severity, Code: CodeName, Message: canonical + " has no column " + t.text, Hint: near(t.text, names)})
		return
	}
}

// plainName reports whether a token can be a name that is checked.
func plainName(t *token) bool {
	return t.kind == name && t.parts == nil || t.kind == word && !keywords[t.upper]
}

// withNames are the names that WITH gives to subqueries.
func withNames(tokens []token) map[string]bool {
	made := map[string]bool{}
	var prev *token
	with := false
	for i := range tokens {
		t := &tokens[i]
		if t.kind == space {
			continue
		}
		with = with || t.is("WITH")
		if with && plainName(t) && (prev.is("WITH", "RECURSIVE") || prev.isOp(",")) {
			made[runtime.FoldName(t.text)] = true
		}
		prev = t
	}
	return made
}
