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
	c.checkTarget()
	if c.t.schema == nil || c.ddl() {
		return
	}
	made := withNames(c.tokens)
	for _, tb := range c.stmt.tables {
		if tb.name == "" || made[runtime.FoldName(tb.name)] {
			continue
		}
		if _, _, ok := c.t.schema.Table(tb.name); ok {
			continue
		}
		if near := lexer.Nearest(tb.name, c.t.schema.Tables()); near != "" {
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
		canonical, cols, ok := c.t.schema.Table(tb.name)
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
		c.errorf(t, CodeName, near(t.text, names), "%s has no column %s", canonical, t.text)
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

// checkTarget finds SQL Server's way to name what is updated or deleted by its
// alias: UPDATE c … FROM Custodian c, DELETE c FROM Custodian c.
func (c *compiler) checkTarget() {
	var sig []*token
	for i := 0; i < len(c.tokens) && len(sig) < 2; i++ {
		if c.tokens[i].kind != space {
			sig = append(sig, &c.tokens[i])
		}
	}
	if len(sig) < 2 || !plainName(sig[1]) || sig[1].is("TOP") {
		return
	}
	switch verb := sig[0]; {
	case verb.is("DELETE"):
		c.errorf(sig[1], CodeForm, "DELETE FROM table WHERE id IN (SELECT … FROM … JOIN …)", "DELETE without FROM is SQL Server's own")
	case verb.is("UPDATE"):
		for _, tb := range c.stmt.tables {
			if strings.EqualFold(tb.alias, sig[1].text) && !strings.EqualFold(tb.name, sig[1].text) {
				c.errorf(sig[1], CodeForm, "UPDATE "+tb.name+" SET … WHERE id IN (SELECT … FROM … JOIN …)", "UPDATE of an alias is SQL Server's own")
				return
			}
		}
	}
}
