package runtime

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// checkConditions finds conditions that are always the same, and loops that
// nothing leaves.
func (c *compiler) checkConditions() {
	c.eachStatement(func(s ast.Stmt) {
		switch s := s.(type) {
		case *ast.If:
			for _, a := range s.Arms {
				c.checkCondition(a.Cond)
			}
			c.checkEmptyBranch(s)
		case *ast.While:
			if fixedCondition(s.Cond) {
				if !left(s) {
					c.warnf(s.Cond.Start(), CodeConstant, "leave it with If … Then Exit While, or write a condition that ends it", "nothing leaves this loop: it never ends")
				}
				return
			}
			c.checkCondition(s.Cond)
			c.checkEndless(s)
		}
	})
}

func (c *compiler) checkCondition(e ast.Expr) {
	at := e.Start()
	if slices.ContainsFunc(c.list, func(d *lexer.Diagnostic) bool {
		return d.Severity == lexer.Error && d.Pos.Line == at.Line && d.Pos.Filename == at.Filename
	}) {
		return // it says something else than was meant, and that is told already
	}
	if fixedCondition(e) {
		if c.unread(e) {
			return
		}
		hint := "remove the If, or compare a variable"
		if b, ok := e.(*ast.Binary); ok {
			if s, ok := b.X.(*ast.String); ok {
				if word, fixed := constant(s.Body); fixed && isPathText(word) {
					hint = "a variable stands between percent signs: %" + word + "%"
				}
			}
		}
		c.warnf(e.Start(), CodeConstant, hint, "this condition is always the same: it reads no variable")
		return
	}
	ast.Inspect(e, func(n ast.Node) bool {
		b, ok := n.(*ast.Binary)
		if ok && (b.Op == "And" || b.Op == "Or") {
			for _, part := range []ast.Expr{b.X, b.Y} {
				if fixedCondition(part) && !c.unread(part) {
					c.warnf(part.Start(), CodeConstant, "remove it, or compare a variable", "this part of the condition is always the same: it reads no variable")
				}
			}
		}
		if !ok || !isComparison(b.Op) {
			return true
		}
		x, isX := b.X.(*ast.Var)
		y, isY := b.Y.(*ast.Var)
		if isX && isY && exprKey(x) == exprKey(y) {
			c.warnf(b.X.Start(), CodeConstant, "compare it with something else", "this condition is always the same: it compares %%%s%% with itself", x.Path.Raw)
		}
		return true
	})
}

// unread reports a comparison with the name of a variable in quotes, which was
// meant to read it.
func (c *compiler) unread(e ast.Expr) bool {
	b, ok := unwrap(e).(*ast.Binary)
	if !ok || !isComparison(b.Op) {
		return false
	}
	for _, side := range []ast.Expr{b.X, b.Y} {
		word, fixed := FixedText(side)
		root, _, _ := strings.Cut(word, ".")
		if _, there := c.slotOf(root); fixed && there && isPathText(word) {
			c.errorf(side.Start(), CodeConstant, "write %"+word+"%, without quotes"+meantInScript(CodeConstant), "this compares the text %q, and not the variable %s: it is always the same", word, root)
			return true
		}
	}
	return false
}

func isComparison(op string) bool {
	switch op {
	case "=", "==", "<>", "<", "<=", ">", ">=":
		return true
	}
	return false
}

// isPathText reports whether a text could be the name of a variable, or a path
// in one.
func isPathText(s string) bool {
	if s == "" || len(s) > 40 {
		return false
	}
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.') {
			return false
		}
	}
	return s[0] > '9'
}

// fixedCondition reports whether a condition reads nothing that may change.
func fixedCondition(e ast.Expr) bool {
	fixed := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Var, *ast.Bare, *ast.Call, *ast.Omitted: // an Omitted stands for what could not be read
			fixed = false
		case *ast.Template:
			for _, p := range n.Parts {
				fixed = fixed && p.Ref == nil
			}
		}
		return fixed
	})
	return fixed
}

// left reports whether a line of a loop leaves it, or may.
func left(loop *ast.While) bool {
	found := false
	statements(loop.Body, func(s ast.Stmt) {
		switch s := s.(type) {
		case *ast.Throw, *ast.Stop, *ast.Exit:
			found = true
		case *ast.Continue:
			found = found || s.Name != nil
		}
	})
	return found
}
