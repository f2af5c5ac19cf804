package runtime

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/parser/ast"
)

// checkCalc finds the constant that lacks its inner quotes, and sums where texts
// were to be joined.
func (c *compiler) checkCalc(f *ast.Field, columns []Column) {
	e := unwrap(f.Calc)
	if b, ok := e.(*ast.Bare); ok && len(b.Path.Steps) == 1 {
		report := c.errorf
		if c.o.Fields == nil {
			report = c.warnf
		}
		if slices.ContainsFunc(c.o.Fields, func(k string) bool { return k == b.Path.Raw || strings.HasPrefix(k, b.Path.Raw+".") }) {
			return
		}
		report(b.Pos, CodeCalc, "write '"+b.Path.Raw+"' in inner quotes for the text; for the field write "+c.say(`source="`+b.Path.Raw+`"`, "the path that it has in the record"), "%s without quotes reads the field %s of the record", b.Path.Raw, b.Path.Raw)
		return
	}
	if col := columnOf(columns, f.Destination.Value); col != nil && col.Type == ColumnText && f.Lookup == nil {
		c.checkSums(f, e)
	}
	fields(e, c.checkSource)
}

// unwrap is an expression without the parentheses around it.
func unwrap(e ast.Expr) ast.Expr {
	for {
		p, ok := e.(*ast.Paren)
		if !ok {
			return e
		}
		e = p.X
	}
}

// checkSums looks for checkSum where a calculation must give a text: as a whole,
// and in what it hands to a function of texts first.
func (c *compiler) checkSums(f *ast.Field, e ast.Expr) {
	switch e := unwrap(e).(type) {
	case *ast.Binary:
		c.checkSum(f, e)
	case *ast.Call:
		cmd := c.o.Table.Lookup(e.Name)
		if cmd != nil && cmd.Function && len(cmd.Params) > 0 && cmd.Params[0].Type == TextParam && len(e.Args) > 0 {
			c.checkSums(f, e.Args[0])
		}
	}
}

// checkSum finds arithmetic with fields as they are, whose result goes into a
// column of texts: a + for &, or a name with a hyphen or a slash in it. Whoever
// means numbers says so with Number.
func (c *compiler) checkSum(f *ast.Field, b *ast.Binary) {
	if !slices.Contains([]string{"+", "-", "*", "/"}, b.Op) {
		return
	}
	var names []string // of the operands, left to right
	plain := true
	var operands func(e ast.Expr)
	operands = func(e ast.Expr) {
		switch e := unwrap(e).(type) {
		case *ast.Binary:
			if e.Op == b.Op {
				operands(e.X)
				operands(e.Y)
				return
			}
			plain = false
		case *ast.Bare:
			names = append(names, e.Path.Raw)
		case *ast.String:
			names = append(names, e.Raw)
		default:
			plain = false
		}
	}
	operands(b)
	if !plain {
		return
	}
	number := make([]string, len(names))
	for i, n := range names {
		number[i] = "Number(" + n + ")"
	}
	and := "&"
	if c.tree.Document {
		and = "&amp;"
	}
	hint := "write " + strings.Join(names, " "+and+" ")
	if (b.Op == "-" || b.Op == "/") && !strings.ContainsAny(strings.Join(names, ""), `"'`) {
		hint = "for one field of that name write [" + strings.Join(names, b.Op) + "]"
	}
	c.errorf(b.Pos, CodeCalc, hint+"; to calculate with numbers write "+strings.Join(number, " "+b.Op+" "), "%s calculates with numbers, and %s holds text; & joins texts", b.Op, f.Destination.Value)
}
