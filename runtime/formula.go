package runtime

import (
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// A Formula is an expression that a script has as a text: checked and
// compiled, without variables of its own. It is immutable and safe for
// concurrent use.
type Formula struct {
	eval func(in *Interp) (Value, error)
}

// NewFormula compiles an expression that may call the functions of table. It is
// nil when the list has errors.
func NewFormula(x ast.Expr, table *Table) (*Formula, lexer.List) {
	// Declared: a name in the text is no parameter of anybody.
	c := newCompiler(&ast.Transformation{Declared: true}, Options{Table: table})
	e := c.expr(x)
	if c.list.HasErrors() {
		return nil, c.list
	}
	return &Formula{e.eval}, c.list
}

// Evaluate gives the value of a formula.
func (c *Call) Evaluate(f *Formula) (Value, error) {
	v, err := f.eval(c.interp)
	if e, ok := err.(*Error); ok {
		e.Pos = lexer.Position{} // it is a place in the text, not in the script
	}
	return v, err
}
