package runtime

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// checkAssigned finds variables that are read where not every path has given
// them a value. It follows the lines of the script itself, and the Subs and
// scripts that they call in the state of each call. A Sub that nothing calls is
// not looked at: its lines never run, which is reported, and whatever they read
// would be reported with it.
func (c *compiler) checkAssigned() {
	if len(c.vars) > maxFollowed {
		return
	}
	main := c.files[0].main
	c.enter(main)
	w := &assignWalk{c: c, lost: map[int]string{}, said: map[int]bool{}, under: map[int]map[string]bool{}, units: map[*unit]*assignUnit{}}
	w.block(main.stmts, assigned{})
}

// maxFollowed bounds the variables of a script whose paths are followed: each
// branch has a set of them.
const maxFollowed = 1000

// assigned are the slots of the variables that have a value in any case at one
// place. nil: nothing gets there.
type assigned map[int]bool

// An assignWalk is the state of checkAssigned.
type assignWalk struct {
	c     *compiler
	lost  map[int]string // by slot: on which path it has no value
	said  map[int]bool
	conds []string                // that hold at the place at hand, as text
	under map[int]map[string]bool // by slot: conditions under which it was assigned
	loops []*assignLoop
	at    *assignUnit // whose lines are followed; nil: those of the script itself
	units map[*unit]*assignUnit
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
		if at = w.calls(s.Value, at); at != nil {
			w.assign(s.Target.Root(), at)
		}
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
		if at = w.calls(s.Source, at); at == nil {
			return nil
		}
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
		return w.calls(s.Call, at)
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
	for i, a := range s.Arms {
		if w.once(a) {
			maps.Copy(out, ends[i].at)
		}
	}
	return out
}

// once reports whether a branch is the one of the first turn, or the first call
// of a Sub: it assigns a variable that its own condition reads. Whoever comes
// later finds what it has assigned.
func (w *assignWalk) once(a *ast.Arm) bool {
	if w.at == nil && len(w.loops) == 0 {
		return false
	}
	read := map[string]bool{}
	ast.Inspect(a.Cond, func(n ast.Node) bool {
		if v, ok := n.(*ast.Var); ok {
			read[FoldName(v.Path.Root())] = true
		}
		return true
	})
	return slices.ContainsFunc(a.Body, func(s ast.Stmt) bool {
		set, ok := s.(*ast.Set)
		return ok && read[FoldName(set.Target.Root())]
	})
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

// exit notes what has a value where a loop, a Sub or a script is left.
func (w *assignWalk) exit(s *ast.Exit, at assigned) {
	if s.Loop == "" || s.Loop == "Sub" {
		w.leave(s, at)
		return
	}
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
	if slot, ok := w.c.slotOf(name); ok {
		w.assignSlot(slot, at)
	}
}

func (w *assignWalk) assignSlot(slot int, at assigned) {
	at[slot] = true
	if len(w.conds) > 0 && w.under[slot] == nil {
		w.under[slot] = map[string]bool{}
	}
	for _, c := range w.conds {
		w.under[slot][c] = true
	}
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

func (w *assignWalk) read(p *ast.Path, at assigned) { w.readName(p.Root(), p.Pos, at) }

func (w *assignWalk) readName(name string, pos lexer.Position, at assigned) {
	slot, ok := w.c.slotOf(name)
	if !ok || at[slot] || !w.c.vars[slot].set.IsValid() || w.c.isParameter(slot) {
		return
	}
	w.missing(assignNeed{slot: slot, name: name, pos: pos}, at)
}

// missing deals with a variable that is read and may have no value.
func (w *assignWalk) missing(n assignNeed, at assigned) {
	if at[n.slot] || w.said[n.slot] {
		return
	}
	n.conds = slices.Concat(w.conds, n.conds)
	for _, c := range n.conds {
		if w.under[n.slot][c] {
			return // the same condition again: that is meant
		}
	}
	if n.why == "" {
		n.why = w.lost[n.slot]
	}
	if w.at != nil {
		w.at.need(n)
		return
	}
	w.report(n)
}

func (w *assignWalk) report(n assignNeed) {
	w.said[n.slot] = true
	why := " " + n.why
	if n.why == "" {
		first := w.c.vars[n.slot].set
		why = fmt.Sprintf(": the first line that gives it one is line %d%s", first.Line, inFile(first, n.pos.Filename))
	}
	w.c.warnf(n.pos, CodeMaybeUnset, "give it one before: Set "+n.name+" = …", "%s has no value here%s%s", n.name, why, n.via)
}

// inFile names the file of a place, for a finding in another one.
func inFile(pos lexer.Position, file string) string {
	if pos.Filename == file {
		return ""
	}
	return " of " + pos.Filename
}
