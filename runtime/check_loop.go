package runtime

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// checkEndless finds a While whose condition reads only variables, none of
// which a line in it changes, and which no line leaves: once begun, it turns
// until the run's limit ends it.
func (c *compiler) checkEndless(s *ast.While) {
	reads, ok := c.readsOnly(s.Cond)
	if !ok || len(reads) == 0 || left(s) {
		return
	}
	b := &bodyWalk{c: c, changes: map[int]bool{}, seen: map[*unit]bool{}}
	b.block(s.Body)
	if b.open {
		return
	}
	var names []string
	for _, p := range reads {
		slot, ok := c.slotOf(p.Root())
		if !ok || b.changes[slot] {
			return
		}
		if name := "%" + p.Root() + "%"; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	c.errorf(s.Cond.Start(), CodeNeverEnds, "change it in the loop, such as Set "+reads[0].Root()+" = …, or leave the loop with If … Then Exit While",
		"no line of this loop changes %s, so it never ends", strings.Join(names, " or "))
}

// readsOnly are the variables that a condition reads; ok: it reads nothing else
// that may change by itself.
func (c *compiler) readsOnly(e ast.Expr) (reads []*ast.Path, ok bool) {
	ok = true
	read := func(p *ast.Path) {
		_, system := systemNames[FoldName(p.Root())]
		ok = ok && !system
		reads = append(reads, p)
	}
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Var:
			read(n.Path)
			return false
		case *ast.Bare, *ast.Call, *ast.Omitted:
			ok = false
		case *ast.Template:
			for _, p := range n.Parts {
				if p.Ref != nil {
					read(p.Ref)
				}
			}
		}
		return ok
	})
	return reads, ok
}

// A bodyWalk collects what the lines of a loop, and of the Subs that they call,
// may do to its condition.
type bodyWalk struct {
	c       *compiler
	changes map[int]bool
	seen    map[*unit]bool
	open    bool // a line may end the loop, or nobody knows what it changes
}

func (b *bodyWalk) change(name string) {
	if slot, ok := b.c.slotOf(name); ok {
		b.changes[slot] = true
	}
}

func (b *bodyWalk) block(stmts []ast.Stmt) {
	statements(stmts, func(s ast.Stmt) {
		switch s := s.(type) {
		case *ast.Set:
			b.change(s.Target.Root())
		case *ast.For:
			b.change(s.Var.Text)
		case *ast.ForEach:
			b.change(s.Var.Text)
		case *ast.Text:
			if s.Into != nil {
				b.change(s.Into.Root())
			}
		case *ast.Try:
			if s.Name != nil {
				b.change(s.Name.Text)
			}
		case *ast.Throw, *ast.Stop:
			b.open = true
		case *ast.Exit:
			b.open = b.open || s.Loop == ""
		}
		ownCalls(s, b.call)
	})
}

func (b *bodyWalk) call(call *ast.Call) {
	b.c.eachVariable(call, func(_ *Param, name string) { b.change(name) })
	if cmd := b.c.o.Table.Lookup(call.Name); cmd != nil && (cmd.Role == CallRole || cmd.Role == CallLocalRole) {
		b.open = true
		return
	}
	u := b.c.callee(call)
	if u == nil || b.seen[u] {
		return
	}
	b.seen[u] = true
	at := b.c.unit
	b.c.enter(u)
	b.block(u.stmts)
	b.c.enter(at)
}

// checkLoopName finds a loop whose variable is that of a loop around it: from
// the inner one on, the outer one's value is lost.
func (c *compiler) checkLoopName(name *ast.Name) {
	for _, l := range c.loops {
		if l.name != "" && FoldName(l.name) == FoldName(name.Text) {
			c.errorf(name.Pos, CodeLoopName, "give this loop a variable of its own, and use it in the lines of the loop", "the %s around it, in line %d, has the variable %s already: its value would be lost here", l.kind, l.pos.Line, l.name)
			return
		}
	}
}

// hides finds a line among those that never run which writes records or makes
// people inactive.
func (c *compiler) hides(stmts []ast.Stmt) (name string, at lexer.Position) {
	seen := map[*unit]bool{}
	var find func(f *file, stmts []ast.Stmt, line lexer.Position)
	find = func(f *file, stmts []ast.Stmt, line lexer.Position) {
		statements(stmts, func(s ast.Stmt) {
			ownCalls(s, func(call *ast.Call) {
				if name != "" {
					return
				}
				here := line
				if !here.IsValid() {
					here = call.Pos
				}
				u := c.callees[call]
				if u == nil && call.Command {
					u = f.subs[FoldName(call.Name)]
				}
				if u != nil {
					if !seen[u] {
						seen[u] = true
						find(u.file, u.stmts, here)
					}
					return
				}
				if cmd := c.o.Table.Lookup(call.Name); cmd != nil && writesRecords(cmd) {
					name, at = cmd.Name, here
				}
			})
		})
	}
	find(c.unit.file, stmts, lexer.Position{})
	return name, at
}

// writesRecords reports whether a command writes a record, or says who is
// missing.
func writesRecords(cmd *Command) bool {
	return cmd.Role == UpsertRole || cmd.Role == LeaversRole ||
		cmd.Role == NoRole && cmd.Effects&WritesDB != 0 && slices.ContainsFunc(cmd.Params, func(p Param) bool { return p.Type == RecordParam })
}
