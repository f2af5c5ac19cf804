package runtime

import "github.com/amsx-lang/amsx/parser/ast"

// statements calls f with every statement of a script, blocks before what is in
// them. It does not go into expressions: that was a quarter of the time of
// checking a script of a thousand lines.
func statements(script []ast.Stmt, f func(ast.Stmt)) {
	ast.Inspect(&ast.File{Stmts: script}, func(n ast.Node) bool {
		switch n := n.(type) {
		case ast.Stmt:
			f(n)
		case ast.Expr, *ast.Template:
			return false
		}
		return true
	})
}

// references calls f with every variable that a script reads.
func references(script []ast.Stmt, f func(*ast.Path)) {
	ast.Inspect(&ast.File{Stmts: script}, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Var:
			f(n.Path)
		case *ast.Template:
			for _, p := range n.Parts {
				if p.Ref != nil {
					f(p.Ref)
				}
			}
		}
		return true
	})
}

// ownCalls calls f with every call of a statement itself, without those of the
// statements in its blocks.
func ownCalls(s ast.Stmt, f func(*ast.Call)) {
	ast.Inspect(s, func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok {
			f(c)
		}
		inner, ok := n.(ast.Stmt)
		return !ok || inner == s
	})
}

// fields calls f with every name of a record that a calculation reads.
func fields(e ast.Expr, f func(*ast.Path)) {
	ast.Inspect(e, func(n ast.Node) bool {
		if b, ok := n.(*ast.Bare); ok {
			f(b.Path)
		}
		return true
	})
}
