package runtime

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// A loop is one loop while its body is compiled.
type loop struct {
	id   int
	kind string // "For", "ForEach", "While"
	name string // of its variable; empty: none
	pos  lexer.Position
	pull *pullLoop // nil: it reads no list from outside
	stmt ast.Stmt
}

// loopBody compiles the body of a loop.
func (c *compiler) loopBody(l *loop, body []ast.Stmt) block {
	c.prog.loops++
	l.id = c.prog.loops
	c.loops = append(c.loops, l)
	b := c.block(body)
	c.loops = c.loops[:len(c.loops)-1]
	return b
}

// turn runs the body once. done: the loop ends, with sig.
func (l *loop) turn(in *Interp, body block, n int64) (sig signal, done bool) {
	switch sig = body.run(in); sig {
	case sigNext:
		return sigNext, false
	case sigContinue:
		if in.target == l.id {
			return sigNext, false
		}
	case sigBreak:
		if in.target == l.id {
			return sigNext, true
		}
	case sigError:
		l.frame(in, n)
	}
	return sig, true
}

// frame adds the loop to the error's stack.
func (l *loop) frame(in *Interp, n int64) {
	text := l.kind
	if l.name != "" {
		text += " " + l.name
	}
	in.err.frame(l.pos, text+", turn "+strconv.FormatInt(n, 10))
}

func (c *compiler) forStmt(s *ast.For) func(in *Interp) signal {
	from, to := c.expr(s.From), c.expr(s.To)
	step := known(Int(1))
	if s.Step != nil {
		step = c.expr(s.Step)
		if step.known {
			if n, err := ToNumber(step.val); err == nil && isZero(n) {
				c.errorf(s.Step.Start(), CodeOperands, "write Step 1 or Step -1", "a loop with Step 0 never ends")
			}
		}
	}
	slot, ok := c.slotOf(s.Var.Text)
	if !ok {
		slot = 0
	}
	c.checkLoopName(s.Var)
	l := &loop{kind: "For", name: s.Var.Text, pos: s.Pos, stmt: s}
	body := c.loopBody(l, s.Body)
	return func(in *Interp) signal {
		var bounds [3]Value
		for i, x := range [3]compiled{from, to, step} {
			v, err := x.eval(in)
			if err == nil {
				v, err = ToNumber(v)
			}
			if err == nil && v.IsNull() {
				err = errors.New("the bounds and the step of For are numbers, and this is Null")
			}
			if err != nil {
				return in.fail(s.Pos, CodeFailed, err)
			}
			bounds[i] = v
		}
		down, err := CompareNumbers(bounds[2], Int(0))
		if err == nil && down == 0 {
			err = errors.New("a loop with Step 0 never ends")
		}
		if err != nil {
			return in.fail(s.Pos, CodeFailed, err)
		}
		v := bounds[0]
		for n := int64(1); ; n++ {
			past, err := CompareNumbers(v, bounds[1])
			if err != nil {
				return in.fail(s.Pos, CodeFailed, err)
			}
			if past*down > 0 {
				return sigNext
			}
			in.slots[slot] = v
			if sig, done := l.turn(in, body, n); done {
				return sig
			}
			if in.fuel--; in.fuel < 0 {
				if err := in.refuel(s.Pos); err != nil {
					in.err = err
					return sigError
				}
			}
			if v, err = Add(v, bounds[2]); err != nil {
				return in.fail(s.Pos, CodeFailed, err)
			}
		}
	}
}

func (c *compiler) while(s *ast.While) func(in *Interp) signal {
	cond := c.cond(s.Cond)
	l := &loop{kind: "While", pos: s.Pos, stmt: s}
	body := c.loopBody(l, s.Body)
	return func(in *Interp) signal {
		for n := int64(1); ; n++ {
			if n > 1 && in.hook != nil {
				if sig := in.line(s.Pos); sig != sigNext {
					return sig
				}
			}
			ok, err := cond(in)
			if err != nil {
				return in.fail(s.Pos, CodeFailed, err)
			}
			if !ok {
				return sigNext
			}
			if n > in.limits.Turns {
				in.err = &Error{Kind: BudgetSpent, Pos: s.Pos, Code: CodeBudgetTurns,
					Message: fmt.Sprintf("this While ran more than %d turns", in.limits.Turns),
					Hint:    "its condition never becomes False; if it must turn that often, raise the limit: --max-turns"}
				return sigError
			}
			if in.fuel--; in.fuel < 0 {
				if err := in.refuel(s.Pos); err != nil {
					in.err = err
					return sigError
				}
			}
			if sig, done := l.turn(in, body, n); done {
				return sig
			}
		}
	}
}

// forEach compiles ForEach: over what a command yields, or over a value.
func (c *compiler) forEach(s *ast.ForEach) func(in *Interp) signal {
	slot, ok := c.slotOf(s.Var.Text)
	if !ok {
		slot = 0
	}
	c.checkLoopName(s.Var)
	l := &loop{kind: "ForEach", name: s.Var.Text, pos: s.Pos, stmt: s}
	if cmd := c.sourceCommand(s.Source); cmd != nil {
		site := c.callSite(s.Source.(*ast.Call), asSource)
		if cmd.Role == PullRole {
			l.pull = c.pullOf(s)
			l.pull.slot = slot
		}
		body := c.loopBody(l, s.Body)
		if site == nil {
			return nil
		}
		return func(in *Interp) signal { return l.iterate(in, site, slot, body) }
	}
	var x compiled
	if call, ok := s.Source.(*ast.Call); ok && call.Command {
		x = c.call(call, asValue)
	} else {
		x = c.expr(s.Source)
	}
	if x.known && x.val.kind != KindNull {
		c.errorf(s.Source.Start(), CodeOperands, "write a List, such as %names%, or a command that reads one, such as JsonPages", "ForEach wants a list, and this is %s", article(x.val.kind))
	}
	body := c.loopBody(l, s.Body)
	pos := s.Source.Start()
	return func(in *Interp) signal {
		v, err := x.eval(in)
		if err != nil {
			return in.fail(pos, CodeFailed, err)
		}
		if v.kind == KindNull {
			return sigNext
		}
		items, ok, err := v.Elements()
		if err == nil && !ok {
			err = fmt.Errorf("ForEach wants a list, and this is %s", article(v.kind))
		}
		if err != nil {
			return in.fail(pos, CodeFailed, err)
		}
		for i, item := range items {
			in.slots[slot] = item
			if sig, done := l.turn(in, body, int64(i)+1); done {
				return sig
			}
			if in.fuel--; in.fuel < 0 {
				if err := in.refuel(s.Pos); err != nil {
					in.err = err
					return sigError
				}
			}
		}
		return sigNext
	}
}

func article(k Kind) string {
	switch k {
	case KindNull:
		return k.String()
	case KindJSON:
		return "Json, but no list"
	}
	return "a " + k.String()
}

// iterate runs a ForEach over what a command yields.
func (l *loop) iterate(in *Interp, site *callSite, slot int, body block) (sig signal) {
	// The call lives as long as its iterator.
	call := &Call{interp: in, ctx: in.ctx, site: site, cmd: site.cmd, pos: site.pos}
	if err := call.evaluate(); err != nil {
		return in.fail(site.pos, CodeCommandFailed, err)
	}
	it, err := site.cmd.Iterate(call)
	if err != nil {
		return in.fail(site.pos, CodeCommandFailed, err)
	}
	defer it.Close()
	if l.pull != nil {
		in.beginPull(l.pull)
		defer func() { in.endPull(sig) }()
	}
	for n := int64(1); ; n++ {
		if in.fuel--; in.fuel < 0 {
			if err := in.refuel(l.pos); err != nil {
				in.err = err
				return sigError
			}
		}
		if l.pull != nil && in.limitReached() {
			return sigNext
		}
		v, err := it.Next(in.ctx)
		if err == io.EOF {
			if l.pull != nil {
				in.pulls.top().finished = true
			}
			return sigNext
		}
		var bad *BadElement
		if errors.As(err, &bad) {
			if s := in.badElement(l, bad); s != sigNext {
				return s
			}
			continue
		}
		if err != nil {
			sig = in.fail(site.pos, CodeCommandFailed, err)
			l.frame(in, n)
			return sig
		}
		in.slots[slot] = v
		if l.pull != nil {
			skip, s := in.beginTurn(v)
			if s != sigNext {
				return s
			}
			if skip {
				continue
			}
		}
		var done bool
		sig, done = l.turn(in, body, n)
		if l.pull != nil && sig != sigError {
			if s := in.endTurn(l.pull); s != sigNext {
				return s
			}
		}
		if done {
			return sig
		}
	}
}

// exit compiles Exit.
func (c *compiler) exit(s *ast.Exit) func(in *Interp) signal {
	if s.Loop == "Sub" {
		if c.unit.sub == nil {
			c.errorf(s.Pos, CodeExit, "move it between Sub and End Sub; Exit alone ends the script", "Exit Sub stands outside of every Sub")
			return nil
		}
		return func(*Interp) signal { return sigReturn }
	}
	if s.Loop == "" {
		return func(*Interp) signal { return sigEnd }
	}
	l := c.findLoop(s.Loop, s.Name)
	if l == nil {
		c.noLoop(s.Pos, "Exit "+s.Loop, s.Loop, s.Name)
		return nil
	}
	return func(in *Interp) signal {
		in.target = l.id
		return sigBreak
	}
}

func (c *compiler) continueStmt(s *ast.Continue) func(in *Interp) signal {
	l := c.findLoop("", s.Name)
	if l == nil {
		c.noLoop(s.Pos, "Continue", "", s.Name)
		return nil
	}
	return func(in *Interp) signal {
		in.target = l.id
		return sigContinue
	}
}

// findLoop is the innermost loop of a kind (any for "") and of a variable.
func (c *compiler) findLoop(kind string, name *ast.Name) *loop {
	for i := len(c.loops) - 1; i >= 0; i-- {
		l := c.loops[i]
		if kind != "" && l.kind != kind {
			continue
		}
		if name != nil && FoldName(l.name) != FoldName(name.Text) {
			continue
		}
		return l
	}
	return nil
}

func (c *compiler) noLoop(pos lexer.Position, what, kind string, name *ast.Name) {
	if kind == "" {
		kind = "loop"
	}
	if name == nil {
		c.errorf(pos, CodeExit, "move it between the first and the last line of a loop; Exit alone ends the script", "%s stands outside of every %s", what, kind)
		return
	}
	var around []string
	for _, l := range c.loops {
		if l.name != "" {
			around = append(around, l.name)
		}
	}
	hint := "name the variable of a loop around this line"
	if near := lexer.Nearest(name.Text, around); near != "" {
		hint = "did you mean " + near + "?"
	}
	c.errorf(pos, CodeExit, hint, "no %s around this line has the variable %s", kind, name.Text)
}
