package runtime

import (
	"fmt"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// subCall compiles a line that runs a Sub. Arguments are values: what the Sub
// does with its parameters is not seen outside.
func (c *compiler) subCall(s *ast.Command, u *unit) func(in *Interp) signal {
	call := s.Call
	before := len(c.list)
	args := make([]compiled, len(call.Args))
	for i, a := range call.Args {
		if _, omitted := a.(*ast.Omitted); omitted {
			c.errorf(a.Start(), CodeArguments, "write "+subUsage(u.sub)+", with Null for no value", "the Sub %s wants a value here", u.sub.Name.Text)
			continue
		}
		args[i] = c.expr(a)
	}
	if n := len(u.sub.Params); len(call.Args) != n {
		pos := call.Pos
		if len(call.Args) > n {
			pos = call.Args[n].Start()
		}
		c.errorf(pos, CodeArguments, "write "+subUsage(u.sub), "the Sub %s (line %d) takes %s, and here %s", u.sub.Name.Text, u.sub.Pos.Line, plural(n, "argument"), areGiven(len(call.Args)))
	}
	if c.list[before:].HasErrors() {
		return nil
	}
	pos := s.Pos
	return func(in *Interp) signal {
		base := len(in.saved)
		for i := range args {
			v, err := args[i].eval(in)
			if err != nil {
				in.forget(base)
				return in.fail(pos, CodeFailed, err)
			}
			in.saved = append(in.saved, v)
		}
		if err := in.descend(pos, u.sub.Name.Text, "the Sub"); err != nil {
			in.forget(base)
			in.err = err
			return sigError
		}
		for i, slot := range u.params {
			in.slots[slot], in.saved[base+i] = in.saved[base+i], in.slots[slot]
		}
		sig := u.body.run(in)
		in.depth--
		for i, slot := range u.params {
			in.slots[slot] = in.saved[base+i]
		}
		in.forget(base)
		switch sig {
		case sigReturn:
			return sigNext
		case sigError:
			in.err.frame(pos, "Sub "+u.sub.Name.Text)
		}
		return sig
	}
}

func areGiven(n int) string {
	switch n {
	case 0:
		return "are none"
	case 1:
		return "is 1"
	}
	return fmt.Sprintf("are %d", n)
}

// descend enters a Sub or a called script, which may not go deeper for ever.
func (in *Interp) descend(pos lexer.Position, name, what string) *Error {
	if int64(in.depth) >= in.limits.Calls {
		return &Error{Kind: BudgetSpent, Pos: pos, Code: CodeBudgetCalls,
			Message: fmt.Sprintf("%s %s runs itself more than %d deep", what, name, in.limits.Calls),
			Hint:    "it calls itself, perhaps through others, and no condition ends that; if it must go that deep, raise the limit: --max-calls"}
	}
	in.depth++
	return nil
}

// maxFrames bounds the calls around an error that are named: of a Sub that runs
// itself the first ones say it all.
const maxFrames = 20

func (e *Error) frame(pos lexer.Position, text string) {
	if len(e.Stack) < maxFrames {
		e.Stack = append(e.Stack, Frame{pos, text})
	}
}

// forget drops what was put aside from base on.
func (in *Interp) forget(base int) {
	clear(in.saved[base:])
	in.saved = in.saved[:base]
}

// noValue reports a Sub where a value is wanted.
func (c *compiler) noValue(u *unit, pos lexer.Position) {
	c.errorf(pos, CodeCommandPlace, "call it on a line of its own; it gives its result by setting a variable of the script: Set result = …",
		"the Sub %s gives no value", u.sub.Name.Text)
}
