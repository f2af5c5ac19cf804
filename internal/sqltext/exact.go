package sqltext

import (
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// exact looks at a value that is compared with = or IN. The database tells
// capitals and small letters apart; LoginKey holds Login so that they are
// alike, and is never like a value that was not folded.
func (c *compiler) exact(t *token) {
	l := c.top()
	var col, qualifier *token
	switch {
	case l.kind == inList:
		outer := c.levels[len(c.levels)-2]
		if col = outer.prev2; col.is("NOT") {
			col = outer.prev3
		}
	case l.prev.isOp("=") || l.prev.isOp("=="):
		if l.clause == "SET" || l.clause == "VALUES" {
			return
		}
		if col = l.prev2; l.prev3.isOp(".") {
			qualifier = c.back(4)
		}
	default:
		return
	}
	name, key, folded := c.keyed(col, qualifier)
	value := "'…'"
	if t.kind == ref {
		value = c.raw(t.ref)
	} else if r, ok := t.whole(); ok {
		value = "'" + c.raw(r) + "'"
	}
	hint := key + " = Fold(" + value + ")"
	switch {
	case key == "":
	case folded && c.readsColumn(t, key): // such as '%row.EmailKey%'
	case folded:
		c.list.Add(&lexer.Diagnostic{Pos: t.pos, Severity: lexer.Warning, Code: CodeExact, Message: key + " holds " + name + " in small letters, and this value may have others", Hint: hint})
	case l.kind != inList: // nothing folds each value of a list
		c.list.Add(&lexer.Diagnostic{Pos: t.pos, Severity: lexer.Info, Code: CodeExact, Message: name + " = … tells capitals and small letters apart", Hint: hint + " finds them all"})
	}
}

// keyed returns the column that a token names and the column with its folded
// form. folded: the token names the latter.
func (c *compiler) keyed(t, qualifier *token) (name, key string, folded bool) {
	col, ok := c.column(t, qualifier)
	if !ok || col.Type != runtime.ColumnText {
		return "", "", false
	}
	for _, tb := range c.stmt.tables {
		_, cols, ok := c.schema.Table(tb.name)
		if !ok {
			continue
		}
		if k, ok := columnNamed(cols, col.Name+"Key"); ok && k.ReadOnly && k.Type == runtime.ColumnText {
			return col.Name, k.Name, false
		}
		if n := len(col.Name) - len("Key"); col.ReadOnly && n > 0 && runtime.FoldName(col.Name[n:]) == "key" {
			if of, ok := columnNamed(cols, col.Name[:n]); ok {
				return of.Name, col.Name, true
			}
		}
	}
	return "", "", false
}

// readsColumn reports whether a value is the field of a row that has a column's
// name: what a SELECT gave of that column.
func (c *compiler) readsColumn(t *token, column string) bool {
	i, ok := t.whole()
	if t.kind == ref {
		i, ok = t.ref, true
	}
	if !ok {
		return false
	}
	steps := c.t.refs[i].Steps
	return len(steps) > 1 && runtime.FoldName(steps[len(steps)-1].Key) == runtime.FoldName(column)
}
