package runtime

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/amsx-lang/amsx/parser/ast"
)

// checkAssigned finds variables that are read where not every path has given
// them a value. It follows the lines of the script itself; what a Sub or script that is
// called assigns counts as assigned, and the lines of Subs are not followed:
// they run at several places.
func (c *compiler) checkAssigned() {
	if len(c.vars) > maxFollowed {
		return
	}
	main := c.files[0].main // a script that is called may be given its variables
	c.enter(main)
	w := &assignWalk{c: c, lost: map[string]string{}, said: map[string]bool{}, under: map[string]map[string]bool{}}
	w.block(main.stmts, assigned{})
}

// maxFollowed bounds the variables of a script whose paths are followed: each
// branch has a set of them.
const maxFollowed = 1000

// assigned are the names that have a value in any case at one place. nil:
// nothing gets there.
type assigned map[string]bool

// An assignWalk is the state of checkAssigned.
type assignWalk struct {
	c     *compiler
	lost  map[string]string // by name: on which path it has no value
	said  map[string]bool
	conds []string                   // that hold at the place at hand, as text
	under map[string]map[string]bool // by name: conditions under which it was assigned
	loops []*assignLoop
}

// An assignLoop is a loop around the place at hand.
type assignLoop struct {
	s      ast.Stmt
	breaks []assigned
}

// join is what has a value where two paths meet. why says on which path the
// names have none that only a has.
func (w *assignWalk) join(a, b assigned, whyNotA, whyNotB string) assigned {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	out := assigned{}
	for k := range a {
		if b[k] {
			out[k] = true
		} else {
			w.lost[k] = whyNotB
		}
	}
	for k := range b {
		if !a[k] {
			w.lost[k] = whyNotA
		}
	}
	return out
}

func (w *assignWalk) block(stmts []ast.Stmt, at assigned) assigned {
	for _, s := range stmts {
		if at == nil {
			return nil
		}
		at = w.stmt(s, at)
	}
	return at
}

func (w *assignWalk) stmt(s ast.Stmt, at assigned) assigned {
	switch s := s.(type) {
	case *ast.Set:
		w.reads(s.Value, at)
		if len(s.Target.Steps) > 1 {
			w.read(s.Target, at)
		}
		w.calls(s.Value, at)
		w.assign(s.Target.Root(), at)
	case *ast.If:
		return w.ifStmt(s, at)
	case *ast.For:
		w.reads(s.From, at)
		w.reads(s.To, at)
		if s.Step != nil {
			w.reads(s.Step, at)
		}
		turns := false
		if from, ok := s.From.(*ast.Number); ok && s.Step == nil {
			if to, ok := s.To.(*ast.Number); ok {
				a, errA := strconv.ParseFloat(from.Raw, 64)
				b, errB := strconv.ParseFloat(to.Raw, 64)
				turns = errA == nil && errB == nil && a <= b
			}
		}
		w.assign(s.Var.Text, at)
		return w.loop(s, s.Body, at, turns, false)
	case *ast.ForEach:
		w.reads(s.Source, at)
		w.calls(s.Source, at)
		body := maps.Clone(at)
		w.assign(s.Var.Text, body)
		l := w.turn(s, s.Body, body)
		out := at
		for _, b := range append(l.breaks, body) {
			out = w.join(out, b, fmt.Sprintf("when the loop in line %d makes no turn", s.Pos.Line), "")
		}
		return out
	case *ast.While:
		w.reads(s.Cond, at)
		return w.loop(s, s.Body, at, false, fixedCondition(s.Cond))
	case *ast.Exit:
		w.exit(s, at)
		return nil
	case *ast.Continue:
		return nil
	case *ast.Throw:
		w.reads(s.Message, at)
		return nil
	case *ast.Stop:
		w.reads(s.Message, at)
		return nil
	case *ast.Text:
		if s.Body != nil {
			w.reads(s.Body, at)
		}
		if s.Into != nil {
			w.assign(s.Into.Root(), at)
		}
	case *ast.Try:
		body := w.block(s.Body, maps.Clone(at))
		caught := maps.Clone(at)
		if s.Name != nil {
			w.assign(s.Name.Text, caught)
		}
		for k := range body {
			if !at[k] {
				w.lost[k] = fmt.Sprintf("when an error in the Try in line %d was caught", s.Pos.Line)
			}
		}
		return w.join(body, w.block(s.Catch, caught), "", fmt.Sprintf("when an error in the Try in line %d was caught", s.Pos.Line))
	case *ast.Transaction:
		return w.block(s.Body, at)
	case *ast.Command:
		w.reads(s.Call, at)
		w.calls(s.Call, at)
	}
	return at
}

func (w *assignWalk) ifStmt(s *ast.If, at assigned) assigned {
	type end struct {
		at  assigned
		why string
	}
	var ends []end
	for _, a := range s.Arms {
		w.reads(a.Cond, at)
		depth := len(w.conds)
		w.conds = append(w.conds, conditions(a.Cond)...)
		ends = append(ends, end{w.block(a.Body, maps.Clone(at)), fmt.Sprintf("when the branch in line %d was taken", a.Pos.Line)})
		w.conds = w.conds[:depth]
	}
	otherwise := fmt.Sprintf("when the condition in line %d does not hold", s.Pos.Line)
	if s.ElseAt.IsValid() {
		otherwise = fmt.Sprintf("when the branch in line %d was taken", s.ElseAt.Line)
	} else if len(s.Arms) > 1 {
		otherwise = fmt.Sprintf("when no condition of the If in line %d holds", s.Pos.Line)
	}
	ends = append(ends, end{w.block(s.Else, maps.Clone(at)), otherwise})
	out := assigned(nil)
	for _, e := range ends {
		if e.at == nil {
			continue
		}
		if out == nil {
			out = maps.Clone(e.at)
		}
		for k := range out {
			if !e.at[k] {
				delete(out, k)
			}
		}
	}
	some := assigned{}
	for _, e := range ends {
		maps.Copy(some, e.at)
	}
	for k := range out {
		delete(some, k)
	}
	for _, e := range ends {
		for k := range some {
			if e.at != nil && !e.at[k] {
				w.lost[k] = e.why
			}
		}
	}
	return out
}

// turn walks the body of a loop; what has a value at its end is added to at.
func (w *assignWalk) turn(s ast.Stmt, body []ast.Stmt, at assigned) *assignLoop {
	l := &assignLoop{s: s}
	w.loops = append(w.loops, l)
	end := w.block(body, maps.Clone(at))
	w.loops = w.loops[:len(w.loops)-1]
	maps.Copy(at, end)
	return l
}

// loop is For and While: turns says that there is one in any case, endless that
// only an Exit leaves it.
func (w *assignWalk) loop(s ast.Stmt, body []ast.Stmt, at assigned, turns, endless bool) assigned {
	inner := maps.Clone(at)
	l := w.turn(s, body, inner)
	why := fmt.Sprintf("when the loop in line %d makes no turn", s.Start().Line)
	out := at
	switch {
	case endless:
		out = nil
	case turns:
		out = inner
	default:
		out = w.join(out, inner, why, "")
	}
	for _, b := range l.breaks {
		out = w.join(out, b, why, fmt.Sprintf("when the loop in line %d was left early", s.Start().Line))
	}
	return out
}

// exit notes what has a value where a loop is left.
func (w *assignWalk) exit(s *ast.Exit, at assigned) {
	for i := len(w.loops) - 1; i >= 0; i-- {
		l, kind, name := w.loops[i], "", ""
		switch x := l.s.(type) {
		case *ast.For:
			kind, name = "For", x.Var.Text
		case *ast.ForEach:
			kind, name = "ForEach", x.Var.Text
		case *ast.While:
			kind = "While"
		}
		if s.Loop == kind && (s.Name == nil || FoldName(s.Name.Text) == FoldName(name)) {
			l.breaks = append(l.breaks, maps.Clone(at))
			return
		}
	}
}

func (w *assignWalk) assign(name string, at assigned) {
	k := FoldName(name)
	at[k] = true
	if len(w.conds) > 0 && w.under[k] == nil {
		w.under[k] = map[string]bool{}
	}
	for _, c := range w.conds {
		w.under[k][c] = true
	}
}

// calls notes what the commands and Subs of an expression assign.
func (w *assignWalk) calls(e ast.Expr, at assigned) {
	ast.Inspect(e, func(n ast.Node) bool {
		call, ok := n.(*ast.Call)
		if !ok {
			return true
		}
		if u := w.c.callee(call); u != nil {
			w.unit(u, at, map[*unit]bool{})
			return true
		}
		if cmd := w.c.o.Table.Lookup(call.Name); cmd != nil {
			for i, p := range cmd.Params {
				if p.Type == VariableParam && p.Assigns && i < len(call.Args) {
					if name, _, ok := wordOf(call.Args[i]); ok {
						w.assign(name, at)
					}
				}
			}
		}
		return true
	})
}

// unit notes all that the lines of a Sub or script may assign.
func (w *assignWalk) unit(u *unit, at assigned, seen map[*unit]bool) {
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
		}
		ownCalls(s, func(call *ast.Call) {
			if to := w.c.callee(call); to != nil {
				w.unit(to, at, seen)
				w.c.enter(u)
			} else {
				w.calls(call, at)
			}
		})
	})
	w.c.enter(from)
}

// reads looks at every variable that an expression reads in any case: what
// stands behind And, Or and in a branch of IIf may not be read.
func (w *assignWalk) reads(n ast.Node, at assigned) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Binary:
			if n.Op == "And" || n.Op == "Or" {
				w.reads(n.X, at)
				return false
			}
		case *ast.Call:
			if strings.EqualFold(n.Name, "IIf") || strings.EqualFold(n.Name, "Coalesce") {
				if len(n.Args) > 0 {
					w.reads(n.Args[0], at)
				}
				return false
			}
			if cmd := w.c.o.Table.Lookup(n.Name); cmd != nil && cmd.Role == NamesSQLRole {
				return false // its SQL reads when it runs
			}
		case *ast.Var:
			w.read(n.Path, at)
			return false
		case *ast.Template:
			for _, p := range n.Parts {
				if p.Ref != nil {
					w.read(p.Ref, at)
				}
			}
		}
		return true
	})
}

func (w *assignWalk) read(p *ast.Path, at assigned) {
	k := FoldName(p.Root())
	slot, ok := w.c.byName[k]
	if !ok || at[k] || w.said[k] || !w.c.vars[slot].set.IsValid() || w.c.isParameter(slot) {
		return
	}
	for _, c := range w.conds {
		if w.under[k][c] {
			return // the same condition again: that is meant
		}
	}
	w.said[k] = true
	name, hint := p.Root(), "give it one before: Set "+p.Root()+" = …"
	if why := w.lost[k]; why != "" {
		w.c.warnf(p.Pos, CodeMaybeUnset, hint, "%s has no value here %s", name, why)
		return
	}
	w.c.warnf(p.Pos, CodeMaybeUnset, hint, "%s has no value here: the first line that gives it one is line %d", name, w.c.vars[slot].set.Line)
}
