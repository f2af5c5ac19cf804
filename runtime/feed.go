package runtime

import (
	"slices"

	"github.com/amsx-lang/amsx/parser/ast"
)

// feeders are the pull loops whose record a call takes: the innermost one
// around it, unless the record comes from a loop inside it, over a part of its
// record. In a Sub or a called script it is the loops around the lines that
// run it. again: the same record may come several times, because another loop
// is around.
func (c *compiler) feeders(e *ast.Call) (pulls []*pullLoop, again bool) {
	var record ast.Expr
	if len(e.Args) > 0 {
		record = e.Args[0]
	}
	var around []ast.Stmt
	for _, l := range c.loops {
		around = append(around, l.stmt)
	}
	f := &feederSearch{c: c, seen: map[feederKey]bool{}}
	f.search(c.unit, rootOf(record), around, len(around))
	return f.pulls, f.again
}

// rootOf is the name of the variable that an expression reads, folded; empty:
// it is no variable.
func rootOf(e ast.Expr) string {
	if v, ok := e.(*ast.Var); ok {
		return FoldName(v.Path.Root())
	}
	return ""
}

type feederKey struct {
	u    *unit
	root string
}

type feederSearch struct {
	c     *compiler
	seen  map[feederKey]bool
	pulls []*pullLoop
	again bool
}

// search goes outward from a place in u; loops counts those passed so far.
func (f *feederSearch) search(u *unit, root string, around []ast.Stmt, loops int) {
	for _, s := range slices.Backward(around) {
		each, ok := s.(*ast.ForEach)
		if !ok {
			if each, ok := s.(*ast.For); ok && root != "" && FoldName(each.Var.Text) == root {
				return
			}
			continue
		}
		if f.c.isPull(each) {
			if p := f.c.pullOf(each); !slices.Contains(f.pulls, p) {
				f.pulls = append(f.pulls, p)
			}
			f.again = f.again || loops > 1
			return
		}
		if root != "" && FoldName(each.Var.Text) == root {
			return
		}
	}
	k := feederKey{u, root}
	if f.seen[k] {
		f.again = true // it runs itself
		return
	}
	f.seen[k] = true
	for _, call := range u.calls {
		if !call.from.reach {
			continue
		}
		outer := root
		if a := u.argumentOf(call.call, root); a != nil {
			outer = rootOf(a)
		} else if u.file != call.from.file && u.file.scope != call.from.file.scope {
			outer = "" // its own variables
		}
		f.search(call.from, outer, call.loops, loops+len(call.loops))
	}
}

// pullOf is the pull loop that a ForEach is.
func (c *compiler) pullOf(s *ast.ForEach) *pullLoop {
	if p := c.pullsOf[s]; p != nil {
		return p
	}
	p := &pullLoop{pos: s.Pos, name: s.Var.Text}
	c.pullsOf[s] = p
	c.pullLoops = append(c.pullLoops, p)
	return p
}
