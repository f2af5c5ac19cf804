package runtime

import (
	"strings"

	"github.com/amsx-lang/amsx/parser/ast"
)

// conditions are the texts of a condition and of those that And joins in it.
func conditions(e ast.Expr) []string {
	out := []string{exprKey(e)}
	var parts func(e ast.Expr) bool
	parts = func(e ast.Expr) bool {
		switch x := e.(type) {
		case *ast.Paren:
			return parts(x.X)
		case *ast.Binary:
			if x.Op == "And" {
				for _, y := range []ast.Expr{x.X, x.Y} {
					if !parts(y) {
						out = append(out, exprKey(y))
					}
				}
				return true
			}
		}
		return false
	}
	parts(e)
	return out
}

// exprKey is the text of an expression, equal for equal ones.
func exprKey(e ast.Expr) string {
	f := &ast.File{Stmts: []ast.Stmt{&ast.Throw{Message: unplaced(e)}}}
	return strings.ToLower(ast.Dump(f))
}

// unplaced is an expression without the places in its texts, which Dump shows.
func unplaced(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.String:
		return &ast.Number{Raw: e.Raw}
	case *ast.Paren:
		return unplaced(e.X)
	case *ast.Unary:
		return &ast.Unary{Op: e.Op, X: unplaced(e.X)}
	case *ast.Binary:
		return &ast.Binary{Op: e.Op, X: unplaced(e.X), Y: unplaced(e.Y)}
	case *ast.Is:
		return &ast.Is{X: unplaced(e.X), Not: e.Not, Empty: e.Empty}
	case *ast.In:
		return &ast.In{X: unplaced(e.X), List: unplacedAll(e.List)}
	case *ast.Call:
		return &ast.Call{Name: e.Name, Args: unplacedAll(e.Args), Command: e.Command}
	}
	return e
}

func unplacedAll(list []ast.Expr) []ast.Expr {
	out := make([]ast.Expr, len(list))
	for i, e := range list {
		out[i] = unplaced(e)
	}
	return out
}
