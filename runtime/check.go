package runtime

import (
	"github.com/amsx-lang/amsx/parser/ast"
)

// finish runs the checks that need the whole script.
func (c *compiler) finish() {
	c.checkPaths()
	c.checkFlow()
	c.checkPending()
	c.list = c.list.Compact()
}

// checkPaths compares the paths that the script reads from mapped records with
// the fields that records have been seen to have.
func (c *compiler) checkPaths() {
	if c.o.Fields == nil {
		return
	}
	fed := map[string]bool{}
	for _, l := range c.pullLoops {
		if len(l.mappings) > 0 {
			fed[FoldName(l.name)] = true
		}
	}
	references(c.tree.Script, func(p *ast.Path) {
		if len(p.Steps) > 1 && fed[FoldName(p.Root())] {
			rest := &ast.Path{Pos: p.Steps[1].Pos, End: p.End, Raw: pathText(p.Steps[1:]), Steps: p.Steps[1:]}
			c.checkSource(rest)
		}
	})
}

// checkPending finds SQL text that no line executes.
func (c *compiler) checkPending() {
	var text *ast.Text
	statements(c.tree.Script, func(s ast.Stmt) {
		if t, ok := s.(*ast.Text); ok && t.Into == nil {
			text = t
			return
		}
		call := callOf(s)
		if call == nil || text == nil || len(call.Args) > 0 {
			return
		}
		cmd := c.o.Table.Lookup(call.Name)
		if cmd != nil && (len(cmd.Params) == 0 && cmd.Effects == 0 || len(cmd.Params) > 0 && cmd.Params[0].Type == SQLParam) {
			text = nil // SqlExecute, or ClearText
		}
	})
	if text != nil {
		c.warnf(text.Pos, CodePendingText, "write SqlExecute behind its EndText, where it should run", "no line executes this SQL: it runs at the end of the script")
	}
}
