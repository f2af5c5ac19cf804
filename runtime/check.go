package runtime

import (
	"slices"

	"github.com/amsx-lang/amsx/parser/ast"
)

// finish runs the checks that need the whole script.
func (c *compiler) finish() {
	for _, f := range c.after {
		f()
	}
	c.bindScripts()
	c.given = c.givings()
	c.checkPaths()
	c.checkSeen()
	c.checkFlow()
	c.checkLeaversSource()
	c.checkQueries()
	c.checkSQL()
	c.checkTempOrder()
	c.checkRows()
	c.checkAssigned()
	c.checkConditions()
	c.checkTaint()
	c.checkPackFields()
	c.eachStatement(func(s ast.Stmt) { ownCalls(s, c.checkAddress) })
	if c.o.Silenced != nil {
		c.list = slices.DeleteFunc(c.list, c.o.Silenced)
	}
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
		if slices.ContainsFunc(l.mappings, func(m *Mapping) bool { return !c.foreign[m] }) {
			fed[FoldName(l.name)] = true
		}
	}
	c.eachStatement(func(s ast.Stmt) {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Binary:
				if n.Op == "=" || n.Op == "<>" || n.Op == "==" {
					c.checkCompared(fed, n.X, n.Y)
				}
			case *ast.In:
				c.checkCompared(fed, n.X, n.List...)
			case ast.Stmt:
				return n == s
			}
			return true
		})
	})
	c.eachReference(func(p *ast.Path) {
		if len(p.Steps) > 1 && fed[FoldName(p.Root())] {
			rest := &ast.Path{Pos: p.Steps[1].Pos, End: p.End, Raw: pathText(p.Steps[1:]), Steps: p.Steps[1:]}
			c.checkSource(rest)
		}
	})
}
