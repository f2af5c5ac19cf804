package runtime

import (
	"github.com/amsx-lang/amsx/parser/ast"
)

// checkEmptyBranch finds a list that is gone through in the branch in which the
// condition says that it is empty: the condition is turned round.
func (c *compiler) checkEmptyBranch(s *ast.If) {
	v, empty := emptiness(s.Arms[0].Cond)
	if v == nil {
		return
	}
	body := s.Else
	if empty {
		body = s.Arms[0].Body
	} else if len(s.Arms) > 1 {
		return
	}
	slot, ok := c.slotOf(v.Path.Root())
	if !ok {
		return
	}
	b := &bodyWalk{c: c, changes: map[int]bool{}, seen: map[*unit]bool{}}
	b.block(body)
	if b.changes[slot] || b.open && len(c.files) > 1 {
		return
	}
	said := false
	list := func(e ast.Expr) {
		x, ok := unwrap(e).(*ast.Var)
		if !ok || said || FoldName(x.Path.Raw) != FoldName(v.Path.Raw) {
			return
		}
		said = true
		c.errorf(x.Path.Pos, CodeConstant, "turn the condition round, or move this line into the other branch"+meantInScript(CodeConstant),
			"%%%s%% is empty here, as the condition in line %d says: nothing is in it", v.Path.Raw, s.Pos.Line)
	}
	ast.Inspect(&ast.File{Stmts: body}, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForEach:
			list(n.Source)
		case *ast.Binary:
			if n.Op == "In" {
				list(n.Y)
			}
		case *ast.Call:
			if cmd := c.o.Table.Lookup(n.Name); cmd != nil && c.callee(n) == nil && cmd.Statement && !cmd.Function {
				for i, a := range n.Args {
					if p := paramAt(cmd, i); p != nil && p.Type == ListParam && !p.Optional {
						list(a)
					}
				}
			}
		}
		return true
	})
}

// emptiness is the variable of which a condition says nothing but that it is
// empty, or that it is not.
func emptiness(e ast.Expr) (v *ast.Var, empty bool) {
	switch e := unwrap(e).(type) {
	case *ast.Unary:
		if e.Op == "Not" {
			v, empty = emptiness(e.X)
			return v, !empty
		}
	case *ast.Is:
		if x, ok := unwrap(e.X).(*ast.Var); ok && e.Empty {
			return x, !e.Not
		}
	}
	return nil, false
}
