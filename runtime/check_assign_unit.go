package runtime

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// An assignUnit is what checkAssigned knows of a Sub or a called script. Its
// lines are followed once, as if nothing had a value before them: what they then
// read without one is held against every call.
type assignUnit struct {
	u     *unit
	done  bool           // its lines have been followed to their end
	out   assigned       // at its end; nil: nothing gets there
	exits []assignExit   // of lines that leave it
	ends  []assignExit   // of lines of the Sub that end the script in which it stands
	needs []assignNeed   // what must have a value before
	lost  map[int]string // by slot: on which path it gets no value
}

// An assignExit is a line that leaves a Sub or a called script.
type assignExit struct {
	at  assigned
	why string
}

// An assignNeed is one place that reads a variable.
type assignNeed struct {
	slot  int
	name  string
	pos   lexer.Position
	why   string   // on which path it has no value; empty: on none that is known
	via   string   // the call that runs the place
	conds []string // that hold there
}

// need notes a variable that must have a value before the unit runs. One place
// that always reads it says all.
func (s *assignUnit) need(n assignNeed) {
	if !slices.ContainsFunc(s.needs, func(o assignNeed) bool { return o.slot == n.slot && len(o.conds) == 0 }) {
		s.needs = append(s.needs, n)
	}
}

// follow follows the lines of a Sub or a script, the first time that it is
// called. nil: they are being followed, it runs itself.
func (w *assignWalk) follow(u *unit) *assignUnit {
	if s := w.units[u]; s != nil {
		if !s.done {
			return nil
		}
		return s
	}
	s := &assignUnit{u: u, lost: map[int]string{}}
	w.units[u] = s
	outer, from := *w, w.c.unit
	w.at, w.lost, w.conds, w.loops = s, s.lost, nil, nil
	w.c.enter(u)
	at := assigned{}
	for _, slot := range u.params {
		at[slot] = true
	}
	if u.sub == nil {
		for _, p := range u.file.shared {
			at[p.slot] = true
		}
	}
	s.out = w.block(u.stmts, at)
	for _, x := range s.exits {
		s.out = w.join(s.out, x.at, "", x.why)
	}
	w.at, w.lost, w.conds, w.loops = outer.at, outer.lost, outer.conds, outer.loops
	w.c.enter(from)
	s.done = true
	if u.sub == nil && u.file.scope.root == u.file { // its variables are its own: nobody gives them a value before
		for _, n := range s.needs {
			if !w.said[n.slot] {
				w.report(n)
			}
		}
		s.needs = nil
	}
	return s
}

// leave notes what has a value where Exit Sub, or the Exit of a called script,
// stands. Exit of the script that is run ends everything.
func (w *assignWalk) leave(s *ast.Exit, at assigned) {
	if w.at == nil {
		return
	}
	if s.Loop == "" {
		w.ends(assignExit{maps.Clone(at), fmt.Sprintf("when line %d leaves %s", s.Pos.Line, w.at.u.file.path)})
		return
	}
	w.at.exits = append(w.at.exits, assignExit{maps.Clone(at), fmt.Sprintf("when line %d leaves %s", s.Pos.Line, w.at.u.name())})
}

// ends notes what has a value where the script at hand ends.
func (w *assignWalk) ends(x assignExit) {
	switch {
	case w.at == nil:
	case w.at.u.sub != nil:
		w.at.ends = append(w.at.ends, x)
	default:
		w.at.exits = append(w.at.exits, x)
	}
}

// calls follows the commands, Subs and scripts of an expression. nil: nothing
// gets behind them.
func (w *assignWalk) calls(e ast.Expr, at assigned) assigned {
	ast.Inspect(e, func(n ast.Node) bool {
		call, ok := n.(*ast.Call)
		if !ok || at == nil {
			return at != nil
		}
		if u := w.c.callee(call); u != nil {
			at = w.call(u, call, at)
			return true
		}
		w.c.eachVariable(call, func(p *Param, name string) {
			if !p.Assigns {
				w.readName(name, call.Pos, at)
			}
			w.assign(name, at)
		})
		return true
	})
	return at
}

// call is a line that runs a Sub or a script, in the state that it finds.
func (w *assignWalk) call(u *unit, call *ast.Call, at assigned) assigned {
	s := w.follow(u)
	if s == nil {
		w.all(u, at, map[*unit]bool{})
		return at
	}
	if u.sub == nil && u.file.scope.root == u.file {
		if s.out == nil {
			return nil
		}
		return at
	}
	w.given(u, call, at)
	for _, n := range s.needs {
		n.via = fmt.Sprintf(" (%s runs in line %d%s)", u.name(), call.Pos.Line, inFile(call.Pos, n.pos.Filename))
		w.missing(n, at)
	}
	for _, x := range s.ends {
		end := maps.Clone(at)
		maps.Copy(end, x.at)
		w.ends(assignExit{end, x.why})
	}
	for slot, why := range s.lost {
		if !at[slot] {
			if u.file != w.c.unit.file && !strings.HasSuffix(why, u.file.path) {
				why += ", in " + u.file.path
			}
			w.lost[slot] = why
		}
	}
	if s.out == nil {
		return nil
	}
	for slot := range s.out {
		w.assignSlot(slot, at)
	}
	return at
}

// given gives a script that CallLocal runs what the call gives it, and what it
// declares: that has a value in it, or the call fails.
func (w *assignWalk) given(u *unit, call *ast.Call, at assigned) {
	for _, s := range w.c.scripts {
		if s.pos == call.Pos && s.to == u {
			for _, g := range s.given {
				w.assignSlot(g.slot, at)
			}
		}
	}
	if u.sub != nil {
		return
	}
	for _, p := range u.file.shared {
		if !p.HasDefault && w.c.vars[p.slot].set.IsValid() && !slices.ContainsFunc(w.c.scopeParameters(), func(o Parameter) bool { return o.slot == p.slot }) {
			w.missing(assignNeed{slot: p.slot, name: p.Name, pos: call.Pos, via: fmt.Sprintf(" (%s wants it)", u.file.path)}, at)
		}
		w.assignSlot(p.slot, at)
	}
}

// all counts everything as assigned that the lines of a Sub or script may
// assign.
func (w *assignWalk) all(u *unit, at assigned, seen map[*unit]bool) {
	if seen[u] {
		return
	}
	seen[u] = true
	from := w.c.unit
	w.c.enter(u)
	statements(u.stmts, func(s ast.Stmt) {
		switch s := s.(type) {
		case *ast.Set:
			w.assign(s.Target.Root(), at)
		case *ast.For:
			w.assign(s.Var.Text, at)
		case *ast.ForEach:
			w.assign(s.Var.Text, at)
		case *ast.Text:
			if s.Into != nil {
				w.assign(s.Into.Root(), at)
			}
		case *ast.Try:
			if s.Name != nil {
				w.assign(s.Name.Text, at)
			}
		}
		ownCalls(s, func(call *ast.Call) {
			if to := w.c.callee(call); to != nil {
				w.all(to, at, seen)
				w.c.enter(u)
				return
			}
			w.c.eachVariable(call, func(_ *Param, name string) { w.assign(name, at) })
		})
	})
	w.c.enter(from)
}
