package runtime

import (
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// A sqlPlan is SQL text of the script with the references that it binds.
type sqlPlan struct {
	template SQLTemplate
	refs     []compiled
	pos      lexer.Position
}

// sqlArgument compiles the SQL of a command: a literal, or literals joined by
// &. Anything else could be a value, and values never become SQL.
func (c *compiler) sqlArgument(e ast.Expr) *sqlPlan {
	var parts []ast.Part
	var flat func(e ast.Expr) bool
	flat = func(e ast.Expr) bool {
		switch e := e.(type) {
		case *ast.String:
			parts = append(parts, e.Body.Parts...)
			return true
		case *ast.Paren:
			return flat(e.X)
		case *ast.Call:
			if c.isNamedSQL(e) {
				text := c.namedSQL(e)
				return text != nil && flat(text)
			}
		case *ast.Bare:
			switch FoldName(e.Path.Raw) {
			case "newline", "tab":
				parts = append(parts, ast.Part{Pos: e.Pos, Text: "\n"})
				return true
			}
		case *ast.Binary:
			if e.Op == "&" {
				return flat(e.X) && flat(e.Y)
			}
		}
		c.errorf(e.Start(), CodeSQLArgument, "build it in a Text block, or use SqlRaw", "SQL is a text in quotes, or several joined by &")
		return false
	}
	if !flat(e) {
		return nil
	}
	return c.sql(parts, e.Start(), nil)
}

// sql compiles SQL text. block is the Text block that it is; nil: it is an
// argument.
func (c *compiler) sql(parts []ast.Part, pos lexer.Position, block *ast.Text) *sqlPlan {
	if c.o.SQL == nil {
		c.errorf(pos, CodeSQLArgument, "", "there is no site database for SQL")
		return nil
	}
	t, list := c.o.SQL(parts, c.o.Schema)
	c.list = append(c.list, list...)
	c.texts = append(c.texts, sqlText{at: pos, template: t, block: block, wrong: list.HasErrors()})
	if t == nil {
		return nil
	}
	plan := &sqlPlan{template: t, pos: pos}
	// The references are looked at even where the text has errors: both are
	// said at once.
	good := !list.HasErrors()
	for i, ref := range t.Refs() {
		where := inSQL
		if t.Pattern(i) {
			where = inPattern
		}
		x, ok := c.reader(ref, where)
		good = good && ok
		plan.refs = append(plan.refs, x)
	}
	if !good {
		return nil
	}
	return plan
}

// render fills the text with the values of now.
func (q *sqlPlan) render(in *Interp) ([]Query, error) {
	values := make([]Value, len(q.refs))
	for i := range q.refs {
		v, err := q.refs[i].eval(in)
		if err != nil {
			return nil, err
		}
		if t := v.Taint(); t != 0 {
			return nil, in.newError(q.pos, CodeTaint, in.refuse(t, "SQL"))
		}
		values[i] = scalar(v)
	}
	return q.template.Render(values)
}
