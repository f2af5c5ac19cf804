package runtime

import (
	"errors"
	"html"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// block compiles statements that follow each other.
func (c *compiler) block(stmts []ast.Stmt) block {
	var b block
	var ends ast.Stmt
	for i, s := range stmts {
		switch s.(type) {
		case *ast.Comment, *ast.Blank, *ast.MapBlock, *ast.DataMapBlock, *ast.Sub:
			continue
		}
		if ends != nil {
			c.unreachable(stmts[i:], ends.Start().Line)
			ends = nil
		}
		run := c.stmt(s)
		if run == nil {
			continue
		}
		b = append(b, stmt{s.Start(), run})
		if leaves(s) {
			ends = s
		}
	}
	return b
}

// unreachable reports lines behind one that leaves: an error where they write
// records, since a run without them looks well.
func (c *compiler) unreachable(stmts []ast.Stmt, leaves int) {
	at := stmts[0].Start()
	if name, line := c.hides(stmts); name != "" {
		c.errorf(at, CodeUnreachable, "give line "+itoa(leaves)+" the condition under which it is meant, If … Then …, or remove it",
			"this line never runs, and neither does %s in line %d: line %d leaves before it", name, line.Line, leaves)
		return
	}
	c.warnf(at, CodeUnreachable, "remove it, or move it before line "+itoa(leaves), "this line never runs: line %d leaves before it", leaves)
}

// leaves reports whether nothing behind s runs.
func leaves(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.Exit, *ast.Continue, *ast.Throw, *ast.Stop:
		return true
	case *ast.If:
		if !s.ElseAt.IsValid() || !blockLeaves(s.Else) {
			return false
		}
		for _, a := range s.Arms {
			if !blockLeaves(a.Body) {
				return false
			}
		}
		return true
	case *ast.Try:
		return s.CatchAt.IsValid() && blockLeaves(s.Body) && blockLeaves(s.Catch)
	case *ast.While:
		return fixedCondition(s.Cond) && !left(s)
	}
	return false
}

// blockLeaves reports whether nothing gets to the end of a block.
func blockLeaves(stmts []ast.Stmt) bool {
	for _, s := range stmts {
		if leaves(s) {
			return true
		}
	}
	return false
}

func (c *compiler) stmt(s ast.Stmt) func(in *Interp) signal {
	switch s := s.(type) {
	case *ast.Set:
		return c.set(s)
	case *ast.If:
		return c.ifStmt(s)
	case *ast.For:
		return c.forStmt(s)
	case *ast.ForEach:
		return c.forEach(s)
	case *ast.While:
		return c.while(s)
	case *ast.Exit:
		return c.exit(s)
	case *ast.Continue:
		return c.continueStmt(s)
	case *ast.Text:
		return c.text(s)
	case *ast.Try:
		return c.try(s)
	case *ast.Throw:
		return c.throw(s.Pos, s.Message, Thrown, CodeThrown, "Throw")
	case *ast.Stop:
		return c.throw(s.Pos, s.Message, Stopped, CodeStopped, "Stop")
	case *ast.Transaction:
		return c.transaction(s)
	case *ast.Command:
		if u := c.callee(s.Call); u != nil && u.sub != nil {
			return c.subCall(s, u)
		}
		return c.command(s)
	}
	return nil
}

// set compiles an assignment, by what is assigned.
func (c *compiler) set(s *ast.Set) func(in *Interp) signal {
	var x compiled
	if call, ok := s.Value.(*ast.Call); ok && call.Command {
		x = c.call(call, asValue)
	} else {
		x = c.expr(s.Value)
	}
	slot, ok := c.slotOf(s.Target.Root())
	if !ok { // read-only, reported
		return nil
	}
	pos := s.Pos
	if steps := s.Target.Steps[1:]; len(steps) > 0 {
		return func(in *Interp) signal {
			v, err := x.eval(in)
			if err != nil {
				return in.fail(pos, CodeFailed, err)
			}
			old := in.slots[slot]
			if old.kind == KindKeep {
				return in.fail(pos, CodeUnset, in.unset(slot, s.Target.Pos))
			}
			if v, err = SetPath(old, steps, v); err != nil {
				return in.fail(s.Target.Pos, CodeFailed, err)
			}
			return in.set(slot, v)
		}
	}
	if x.known {
		v := x.val
		return func(in *Interp) signal {
			in.slots[slot] = v
			return sigNext
		}
	}
	if x.slot >= 0 {
		from := x.slot
		return func(in *Interp) signal {
			v := in.slots[from]
			if v.kind == KindKeep {
				return in.fail(pos, CodeUnset, in.unset(from, s.Value.Start()))
			}
			in.slots[slot] = v
			return sigNext
		}
	}
	eval := x.eval
	general := func(in *Interp) signal {
		v, err := eval(in)
		if err != nil {
			return in.fail(pos, CodeFailed, err)
		}
		if v.large() {
			return in.set(slot, v)
		}
		in.slots[slot] = v
		return sigNext
	}
	if x.whole != nil {
		return setWhole(slot, x.whole, general)
	}
	return general
}

func (c *compiler) ifStmt(s *ast.If) func(in *Interp) signal {
	type arm struct {
		line lexer.Position
		pos  lexer.Position // of the condition
		cond func(in *Interp) (bool, error)
		body block
	}
	arms := make([]arm, len(s.Arms))
	for i, a := range s.Arms {
		arms[i] = arm{a.Pos, a.Cond.Start(), c.cond(a.Cond), c.block(a.Body)}
	}
	other := c.block(s.Else)
	if len(arms) == 1 && len(other) == 0 {
		cond, body, pos := arms[0].cond, arms[0].body, arms[0].pos
		return func(in *Interp) signal {
			ok, err := cond(in)
			if err != nil {
				return in.fail(pos, CodeFailed, err)
			}
			if !ok {
				return sigNext
			}
			return body.run(in)
		}
	}
	return func(in *Interp) signal {
		for i := range arms {
			if i > 0 && in.hook != nil {
				if sig := in.line(arms[i].line); sig != sigNext {
					return sig
				}
			}
			ok, err := arms[i].cond(in)
			if err != nil {
				return in.fail(arms[i].pos, CodeFailed, err)
			}
			if ok {
				return arms[i].body.run(in)
			}
		}
		return other.run(in)
	}
}

// text compiles a Text block. Its values are taken when it runs.
func (c *compiler) text(s *ast.Text) func(in *Interp) signal {
	pos := s.Pos
	if s.Into == nil {
		q := c.sql(s.Body.Parts, pos, s)
		if q == nil {
			return nil
		}
		return func(in *Interp) signal {
			queries, err := q.render(in)
			if err != nil {
				return in.fail(pos, CodeFailed, err)
			}
			if len(in.pending) == 0 {
				in.textAt = pos
			}
			in.pending = append(in.pending, queries...)
			for i := range queries {
				in.textSize += int64(len(queries[i].SQL))
				for _, v := range queries[i].Args {
					in.textSize += int64(v.Size())
				}
			}
			return sigNext
		}
	}
	var encode func(string) string
	if s.HTML {
		encode = html.EscapeString
	}
	parts, ok := c.parts(s.Body, inText, encode)
	slot, found := c.slotOf(s.Into.Root())
	if !ok || !found {
		return nil
	}
	x := joinParts(parts)
	steps := s.Into.Steps[1:]
	return func(in *Interp) signal {
		v, err := x.eval(in)
		if err != nil {
			return in.fail(pos, CodeFailed, err)
		}
		if len(steps) > 0 {
			if in.slots[slot].kind == KindKeep {
				return in.fail(pos, CodeUnset, in.unset(slot, s.Into.Pos))
			}
			if v, err = SetPath(in.slots[slot], steps, v); err != nil {
				return in.fail(pos, CodeFailed, err)
			}
		}
		return in.set(slot, v)
	}
}

// try compiles Try. An error that only the person who started the run may
// decide about goes through.
func (c *compiler) try(s *ast.Try) func(in *Interp) signal {
	body := c.block(s.Body)
	slot := -1
	if s.Name != nil {
		if i, ok := c.slotOf(s.Name.Text); ok {
			slot = i
		}
	}
	c.catches++
	handler := c.block(s.Catch)
	c.catches--
	return func(in *Interp) signal {
		sig := body.run(in)
		if sig != sigError || !in.err.catchable() || in.ctx.Err() != nil {
			return sig
		}
		outer := in.caught
		in.caught, in.err = in.err, nil
		if slot >= 0 {
			in.slots[slot] = Text(in.caught.Message)
		}
		sig = handler.run(in)
		if outer != nil {
			in.caught = outer
		}
		return sig
	}
}

func (c *compiler) throw(pos lexer.Position, message ast.Expr, kind ErrorKind, code, what string) func(in *Interp) signal {
	x := c.expr(message)
	return func(in *Interp) signal {
		v, err := x.eval(in)
		if err != nil {
			return in.fail(pos, CodeFailed, err)
		}
		if t := v.Taint(); t != 0 {
			return in.fail(pos, CodeTaint, in.refuse(t, what))
		}
		text := in.redact(v.Text())
		if strings.TrimSpace(text) == "" {
			text = "the script ended itself with " + what + ", and its text is empty"
		}
		in.err = &Error{Kind: kind, Pos: pos, Code: code, Message: text, Err: errThrown}
		return sigError
	}
}

var errThrown = errors.New("the script ended itself")

// command compiles a command on a line of its own. Its result goes to the
// result buffer.
func (c *compiler) command(s *ast.Command) func(in *Interp) signal {
	x := c.call(s.Call, asStatement)
	pos := s.Pos
	if x.known {
		return nil
	}
	return func(in *Interp) signal {
		if _, err := x.eval(in); err != nil {
			return in.fail(pos, CodeCommandFailed, err)
		}
		return sigNext
	}
}
