package runtime

import (
	"fmt"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// checkFlow follows the calls: what a Sub or another script does counts where
// it is called, with the loops and conditions that are around the call.

// A flowFrame is one call that the walk has followed.
type flowFrame struct {
	u    *unit
	from *unit
	call *ast.Call
}

// A unitMark stands among the blocks around a place for the beginning of a Sub
// or script.
type unitMark struct {
	ast.Stmt
	u *unit
}

// maxEntered bounds how often Subs are walked: each call is followed anew, so
// Subs that call others twice each would take for ever.
const maxEntered = 5000

// run follows a call.
func (w *flowWalk) run(u *unit, call *ast.Call) {
	for _, f := range w.frames {
		if f.u == u {
			return // it runs itself: its lines are being walked
		}
	}
	if w.entered++; w.entered > maxEntered {
		if w.entered == maxEntered+1 {
			w.c.errorf(call.Pos, CodeTooManyCalls, "call them in a loop, or write what they do into one Sub", "the Subs and scripts call each other more than %d times: what they do together cannot be checked", maxEntered)
		}
		return
	}
	from := w.c.unit
	w.frames = append(w.frames, flowFrame{u, from, call})
	w.c.enter(u)
	w.forget(u.params...)
	w.inside(&unitMark{u: u}, func() { w.block(u.stmts) })
	w.c.enter(from)
	w.frames = w.frames[:len(w.frames)-1]
}

// via names the call that runs the place at hand.
func (w *flowWalk) via() string {
	if len(w.frames) == 0 {
		return ""
	}
	f := w.frames[0]
	return fmt.Sprintf(" (%s runs in line %d)", f.u.name(), f.call.Pos.Line)
}

// inScript reports whether the place stands in a script that another runs: Exit
// ends that one alone.
func (w *flowWalk) inScript() bool {
	return slices.ContainsFunc(w.frames, func(f flowFrame) bool { return f.u.sub == nil })
}

// leaveUnit notes the pull loops that Exit Sub, or the Exit of a called script,
// leaves.
func (w *flowWalk) leaveUnit(pos lexer.Position, sub bool) {
	for i := len(w.around) - 1; i >= 0; i-- {
		if m, ok := w.around[i].(*unitMark); ok && (sub || m.u.sub == nil) {
			return
		}
		for _, p := range w.pulls {
			if ast.Stmt(p.s) == w.around[i] {
				p.exits = append(p.exits, pos)
			}
		}
	}
}

// outward follows a variable from frame to the outer frame to: the parameter of
// a Sub is what its call gives. nil: it is a value of its own.
func (w *flowWalk) outward(steps []ast.Step, frame, to int) []ast.Step {
	for ; frame > to; frame-- {
		f := w.frames[frame-1]
		if f.u.sub == nil {
			if f.u.file.scope != f.from.file.scope {
				return nil
			}
			continue
		}
		if a := f.u.argumentOf(f.call, FoldName(steps[0].Key)); a != nil {
			v, ok := a.(*ast.Var)
			if !ok {
				return nil
			}
			steps = append(slices.Clone(v.Path.Steps), steps[1:]...)
		}
	}
	return steps
}

// urlOf is the address of a call, also where it is a parameter of the Subs
// around it.
func (w *flowWalk) urlOf(call *ast.Call) scriptURL {
	if len(call.Args) == 0 {
		return w.c.urlOf(call)
	}
	e, at := call.Args[0], w.c.unit
	if f, ok := e.(*ast.Call); ok && len(f.Args) > 0 { // BuildUrl(%address%, …)
		g := *f
		g.Args = slices.Clone(f.Args)
		g.Args[0] = w.argument(f.Args[0])
		w.c.enter(at)
		return w.c.urlIn(&g)
	}
	u := w.c.urlIn(w.argument(e))
	w.c.enter(at)
	return u
}

// argument is what an expression stands for where it is a parameter of the Subs
// around it. The unit at hand becomes the one that it stands in.
func (w *flowWalk) argument(e ast.Expr) ast.Expr {
	for _, f := range slices.Backward(w.frames) {
		root := rootOf(e)
		if root == "" {
			break
		}
		a := f.u.argumentOf(f.call, root)
		if a == nil {
			break
		}
		e = a
		w.c.enter(f.from)
	}
	return e
}

// skips finds If … Then Exit Sub in front of the call, or of an Upsert at pos,
// in the Subs between the loop and the Upsert: it leaves records out.
func (w *flowWalk) skips(loop *flowPull, pos lexer.Position, leavers bool) {
	for i := loop.frame; i < len(w.frames); i++ {
		end := pos
		if i+1 < len(w.frames) {
			end = w.frames[i+1].call.Pos
		}
		for _, s := range w.frames[i].u.stmts {
			cond, ok := s.(*ast.If)
			if !ok || len(cond.Arms) != 1 || len(cond.Else) > 0 || len(cond.Arms[0].Body) != 1 || s.Start().Line >= end.Line {
				continue
			}
			if x, ok := cond.Arms[0].Body[0].(*ast.Exit); ok && (x.Loop == "Sub" || x.Loop == "" && w.frames[i].u.sub == nil) {
				w.condition(cond.Arms[0].Cond, loop, s.Start(), i+1, false, leavers)
			}
		}
	}
}

// around a place: the innermost Transaction.
func (w *flowWalk) inTransaction() *ast.Transaction {
	for _, s := range slices.Backward(w.around) {
		if t, ok := s.(*ast.Transaction); ok {
			return t
		}
	}
	return nil
}

// waits finds a wait for the network while a Transaction locks the database.
func (w *flowWalk) waits(call *ast.Call, cmd *Command) {
	t := w.inTransaction()
	if t == nil || cmd.Effects&(ReadsWeb|WritesWeb) == 0 {
		return
	}
	if cmd.Role == PullRole {
		w.c.errorf(call.Pos, CodeTransaction, "remove the Transaction: a run is one transaction from its start to its end anyway",
			"a list is read inside the Transaction in line %d, which locks the database until its last page has come", t.Pos.Line)
		return
	}
	w.c.errorf(call.Pos, CodeTransaction, "move it above the Transaction, and keep its result in a variable", "%s waits for the network inside the Transaction in line %d, which locks the database meanwhile", cmd.Name, t.Pos.Line)
}

func (w *flowWalk) transaction(s *ast.Transaction) {
	for _, a := range w.around {
		if w.c.isPull(a) {
			w.c.errorf(s.Pos, CodeTransaction, transactionHint, transactionInPull+"%s", w.via())
			break
		}
	}
	w.inside(s, func() { w.block(s.Body) })
	w.writes = nil // its end commits
}

// checkUsed finds mappings that no Upsert writes by, and several that write one
// table.
func (c *compiler) checkUsed() {
	for _, f := range c.files {
		for i, m := range f.mappings {
			if !c.used[m] && f.main.reach {
				what := "this mapping"
				if m.spec.Name != "" && len(f.mappings) > 1 {
					what = "the mapping " + m.spec.Name
				}
				c.warnf(f.tree.Mappings[i].Pos, CodeNoUpsert, "add a line such as Upsert %x% in the loop over the records", "nothing in the script writes by %s", what)
			}
		}
	}
	all := c.prog.mappings
	for i, b := range all {
		for _, a := range all[:i] {
			same := FoldName(a.spec.Table) == FoldName(b.spec.Table) && a.spec.Source == b.spec.Source
			if !same || !c.used[a] || !c.used[b] || a.spec.Mode == UpdateOnly || b.spec.Mode == UpdateOnly || slices.EqualFunc(a.spec.Key, b.spec.Key, EqualFold) {
				continue
			}
			c.warnf(b.spec.Pos, CodeTwoMappings, `use one key in both; or, for records of another origin, give this one a source of its own`,
				"two mappings write %s and find its rows by different keys, %s here and %s in line %d: a person who comes by both is added twice", b.spec.Table, strings.Join(b.spec.Key, ", "), strings.Join(a.spec.Key, ", "), a.spec.Pos.Line)
		}
	}
}

// checkNamed finds an Upsert that does not say which of several mappings of one
// table it means.
func (c *compiler) checkNamed(site *callSite, name string, pos lexer.Position) {
	if name != "" {
		return
	}
	for _, m := range c.mappings() {
		if m != site.mapping && FoldName(m.spec.Table) == FoldName(site.mapping.spec.Table) {
			first := site.mapping.spec.Name
			if first == "" {
				first = "the one without a name"
			}
			c.warnf(pos, CodeTwoMappings, fmt.Sprintf(`write which: Upsert %%x%%, "%s"`, m.spec.Name), "several mappings write %s, and %s says not which: the first is used, %s", m.spec.Table, site.cmd.Name, first)
			return
		}
	}
}
