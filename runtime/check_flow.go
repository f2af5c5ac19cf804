package runtime

import (
	"slices"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// checkFlow follows the script from above and finds the edits after which
// people are taken for leavers who have not left. The engine refuses most of
// them while the script runs, too; here they are found before anything is read.
func (c *compiler) checkFlow() {
	w := &flowWalk{c: c, leavers: c.hasLeavers()}
	w.block(c.files[0].main.stmts)
	w.unsigned()
	for _, p := range w.pulls {
		w.ends(p)
		w.selected(p)
	}
	for _, l := range w.asks {
		w.ask(l)
	}
	c.prog.feeds = w.upserts
	c.checkUsed()
	c.waiting = map[*ast.Text]bool{}
	for _, t := range w.texts {
		if t.Pos.Filename == c.files[0].tree.Filename { // what another script leaves runs at its end
			c.waiting[t] = true
		}
	}
	if w.text != nil {
		c.warnf(w.text.Pos, CodePendingText, "write SqlExecute behind its EndText, where it should run", "no line executes this SQL: it runs at the end of the script")
	}
}

// A flowWalk is the state of checkFlow.
type flowWalk struct {
	c       *compiler
	leavers bool // the script asks for leavers somewhere
	upserts bool
	around  []ast.Stmt // the blocks around the place
	depths  []int      // of each, how many frames are around it
	frames  []flowFrame
	entered int         // Subs and scripts, each time that they are walked
	text    *ast.Text   // SQL text that nothing has executed yet
	texts   []*ast.Text // all of it
	arms    []arm       // of the Ifs among them
	pulls   []*flowPull
	fetches []flowFetch
	asks    []flowAsk
	writes  []flowWrite   // direct ones that nothing has committed yet
	signed  []flowSign    // what may sign requests, so far
	sent    []flowRequest // requests that nothing before them has signed
	gone    []flowFile    // that are moved away
}

// An arm is one branch of an If.
type arm struct {
	of    *ast.If
	index int
}

// A flowPull is a ForEach over a list from outside.
type flowPull struct {
	s       *ast.ForEach
	call    *ast.Call
	arms    []arm
	upserts bool
	url     scriptURL
	frame   int              // how many frames are around it
	outer   *ast.ForEach     // a loop around it
	exits   []lexer.Position // lines that leave it
	ends    []lexer.Position // lines that end the script inside of it
	try     *ast.Try         // around it, and its Catch goes on
}

// A flowFetch is one request for a list.
type flowFetch struct {
	pos lexer.Position
	url scriptURL
}

func (w *flowWalk) block(stmts []ast.Stmt) {
	for _, s := range stmts {
		w.stmt(s)
	}
}

func (w *flowWalk) inside(s ast.Stmt, f func()) {
	w.around, w.depths = append(w.around, s), append(w.depths, len(w.frames))
	f()
	w.around, w.depths = w.around[:len(w.around)-1], w.depths[:len(w.depths)-1]
}

func (w *flowWalk) stmt(s ast.Stmt) {
	w.signs(s)
	w.assigns(s)
	ownCalls(s, func(call *ast.Call) {
		if cmd := w.c.o.Table.Lookup(call.Name); cmd != nil {
			if cmd.Role == FetchRole {
				w.fetches = append(w.fetches, flowFetch{call.Pos, w.urlOf(call)})
			}
			w.pending(call, cmd)
			w.waits(call, cmd)
			w.locks(call, cmd)
			w.sends(call, cmd)
			w.files(call, cmd)
		}
		if u := w.c.callee(call); u != nil {
			w.run(u, call)
		}
	})
	switch s := s.(type) {
	case *ast.Text:
		if s.Into == nil {
			w.waiting(s)
		}
	case *ast.Transaction:
		w.transaction(s)
	case *ast.If:
		w.inside(s, func() {
			for i, a := range s.Arms {
				w.arms = append(w.arms, arm{s, i})
				w.block(a.Body)
				w.arms = w.arms[:len(w.arms)-1]
			}
			w.arms = append(w.arms, arm{s, len(s.Arms)})
			w.block(s.Else)
			w.arms = w.arms[:len(w.arms)-1]
		})
	case *ast.For:
		w.inside(s, func() { w.block(s.Body) })
	case *ast.While:
		w.inside(s, func() { w.block(s.Body) })
	case *ast.ForEach:
		w.forEach(s)
	case *ast.Try:
		w.inside(s, func() { w.block(s.Body) })
		w.arms = append(w.arms, arm{&ast.If{Pos: s.CatchAt}, 0}) // it runs on a condition
		w.block(s.Catch)
		w.arms = w.arms[:len(w.arms)-1]
	case *ast.Exit:
		if s.Loop == "Sub" || s.Loop == "" && w.inScript() {
			w.leaveUnit(s.Pos, s.Loop == "Sub")
			break
		}
		if s.Loop != "" {
			w.leave(s.Pos, s.Loop, s.Name, false)
			break
		}
		for _, p := range w.pulls {
			if slices.Contains(w.around, ast.Stmt(p.s)) {
				p.ends = append(p.ends, s.Pos)
			}
		}
	case *ast.Continue:
		w.leave(s.Pos, "", s.Name, true)
	case *ast.Command, *ast.Set:
		w.command(s)
	}
}

func (w *flowWalk) forEach(s *ast.ForEach) {
	cmd := w.c.sourceCommand(s.Source)
	if cmd == nil || cmd.Role != PullRole {
		w.inside(s, func() { w.block(s.Body) })
		return
	}
	call := s.Source.(*ast.Call)
	p := &flowPull{s: s, call: call, arms: clone(w.arms), url: w.urlOf(call), frame: len(w.frames)}
	for _, a := range w.around {
		switch a := a.(type) {
		case *ast.ForEach:
			p.outer = a
		case *ast.Try:
			if goesOn(a) {
				p.try = a
			}
		}
	}
	w.pulls = append(w.pulls, p)
	w.inside(s, func() { w.block(s.Body) })
	if p.upserts && p.try != nil {
		report := w.c.warnf
		if w.leavers {
			report = w.c.errorf
		}
		report(p.try.Pos, CodeLeaversTry, "remove the Try, or end its Catch with Throw %ERROR%", "an error in the midst of the list is caught here, and the run goes on with a part of the people as if it were all")
	}
}

// ends finds an Exit of the script inside a loop whose records are written:
// such a run ends well, without the people behind it and without the leavers.
func (w *flowWalk) ends(p *flowPull) {
	if !p.upserts {
		return
	}
	report := w.c.warnf
	if w.leavers {
		report = w.c.errorf
	}
	for _, at := range p.ends {
		report(at, CodeLeaversExit, "skip a record with Continue, end a run that went wrong with Stop \"the reason\"", "this ends the script in the midst of the list in line %d: whoever comes behind is not read, and the run looks well", p.s.Pos.Line)
	}
}

func clone(a []arm) []arm { return append([]arm(nil), a...) }

// goesOn reports whether the script goes on behind a caught error.
func goesOn(t *ast.Try) bool {
	for _, s := range t.Catch {
		if _, ok := s.(*ast.Exit); ok {
			return false
		}
		switch s.(type) {
		case *ast.Throw, *ast.Stop:
			return false
		}
	}
	return true
}

// tells reports whether a Catch refuses the record, so that its error is among
// the reasons that are kept with the run.
func (w *flowWalk) tells(t *ast.Try) bool {
	return slices.ContainsFunc(t.Catch, func(s ast.Stmt) bool {
		cmd := w.c.commandOf(s)
		return cmd != nil && cmd.Role == RejectRole
	})
}

// leave notes the pull loops that an Exit or Continue leaves.
func (w *flowWalk) leave(pos lexer.Position, kind string, name *ast.Name, turn bool) {
	for i := len(w.around) - 1; i >= 0; i-- {
		s := w.around[i]
		k, v := "", ""
		switch s := s.(type) {
		case *unitMark:
			return
		case *ast.For:
			k, v = "For", s.Var.Text
		case *ast.ForEach:
			k, v = "ForEach", s.Var.Text
		case *ast.While:
			k = "While"
		default:
			continue
		}
		meant := (kind == "" || kind == k) && (name == nil || FoldName(name.Text) == FoldName(v))
		if meant && turn {
			return
		}
		for _, p := range w.pulls {
			if ast.Stmt(p.s) == s {
				p.exits = append(p.exits, pos)
			}
		}
		if meant {
			return
		}
	}
}

func (w *flowWalk) command(s ast.Stmt) {
	call := callOf(s)
	if call == nil {
		return
	}
	cmd := w.c.o.Table.Lookup(call.Name)
	if cmd == nil {
		return
	}
	switch cmd.Role {
	case UpsertRole:
		w.upserts = true
		w.upsert(call)
	case LeaversRole:
		w.asks = append(w.asks, flowAsk{call.Pos, clone(w.arms), append([]ast.Stmt(nil), w.around...), append([]*flowPull(nil), w.pulls...), append([]flowFetch(nil), w.fetches...), w.via()})
	}
}

// upsert notes the loop that an Upsert writes the records of, and the
// conditions in between.
func (w *flowWalk) upsert(call *ast.Call) {
	var loop *flowPull
	var conditions []*ast.If
	var depths []int
	for i := len(w.around) - 1; i >= 0 && loop == nil; i-- {
		switch s := w.around[i].(type) {
		case *ast.If:
			conditions, depths = append(conditions, s), append(depths, w.depths[i])
		case *ast.Try:
			if goesOn(s) && !w.tells(s) {
				w.c.warnf(s.Pos, CodeLeaversTry, "remove the Try: a record that cannot be written is rejected with its reason anyway", "errors of the Upsert are caught here, and nobody sees them")
			}
		case *ast.ForEach:
			for _, p := range w.pulls {
				if p.s == s {
					loop = p
				}
			}
		}
	}
	if loop == nil {
		return
	}
	loop.upserts = true
	leavers := w.marksLeavers(call)
	for i, s := range conditions {
		w.condition(s.Arms[0].Cond, loop, s.Pos, depths[i], w.decidesAll(s), leavers)
	}
	line := call.Pos.Line
	if len(w.frames) > loop.frame {
		line = w.frames[loop.frame].call.Pos.Line
	}
	w.skips(loop, call.Pos, leavers)
	for _, s := range loop.s.Body { // If … Then Continue in front of it
		if i, ok := s.(*ast.If); ok && len(i.Arms) == 1 && len(i.Else) == 0 && len(i.Arms[0].Body) == 1 && s.Start().Line < line {
			if _, ok := i.Arms[0].Body[0].(*ast.Continue); ok {
				w.condition(i.Arms[0].Cond, loop, s.Start(), loop.frame, false, leavers)
			}
		}
	}
}

// decidesAll reports whether every branch of an If writes the record or refuses
// it with a reason, so that its conditions leave nothing out in silence.
func (w *flowWalk) decidesAll(s *ast.If) bool {
	decides := func(body []ast.Stmt) bool {
		return slices.ContainsFunc(body, func(s ast.Stmt) bool {
			cmd := w.c.commandOf(s)
			return cmd != nil && (cmd.Role == UpsertRole || cmd.Role == RejectRole)
		})
	}
	for _, a := range s.Arms {
		if !decides(a.Body) {
			return false
		}
	}
	return decides(s.Else)
}

// condition says what a condition around an Upsert means. One on the status
// would keep people who left from turning inactive. Where the records that it
// leaves out are refused with a reason, nothing more need be said, nor where no
// line marks the leavers among the rows that the Upsert writes.
func (w *flowWalk) condition(e ast.Expr, loop *flowPull, pos lexer.Position, frame int, refused, leavers bool) {
	status := ""
	ast.Inspect(e, func(n ast.Node) bool {
		v, ok := n.(*ast.Var)
		if !ok {
			return true
		}
		steps := w.outward(v.Path.Steps, frame, loop.frame)
		if len(steps) < 2 || FoldName(steps[0].Key) != FoldName(loop.s.Var.Text) {
			return true
		}
		path := pathText(steps[1:])
		for _, file := range w.c.files {
			for _, m := range file.tree.Mappings {
				for _, f := range m.Fields {
					if f.Source != nil && f.Source.Raw == path && f.DataMap.IsSet() {
						status = f.Destination.Value
					}
				}
			}
		}
		return true
	})
	switch {
	case status != "" && loop.outer == nil:
		report := w.c.warnf // without leavers another transformation may see to them
		if w.leavers {
			report = w.c.errorf
		}
		report(pos, CodeConditionUpsert, "remove the condition: the value table of "+status+" says what every status means", "with this condition people whose status changes are read and not written: their %s stays what it was for ever", status)
		return
	case refused, !leavers: // with nobody taken for a leaver, a condition only chooses
		return
	}
	w.c.warnf(pos, CodeConditionUpsert, "nothing to do if that is what you want; the run counts them as \"read, not written\"", "records that this condition leaves out are not written, and stay as they are: they count as present, so they never turn inactive by themselves")
}

// before reports whether a pull may have run when the place with these arms is
// reached: it does not stand in another branch of the same If.
func before(pull, place []arm) bool {
	for _, a := range pull {
		for _, b := range place {
			if a.of == b.of && a.index != b.index {
				return false
			}
		}
	}
	return true
}
