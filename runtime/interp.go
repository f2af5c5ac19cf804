package runtime

import (
	"context"
	"errors"
	"fmt"

	"github.com/amsx-lang/amsx/internal/redact"
	"github.com/amsx-lang/amsx/lexer"
)

// An Interp is one run of a Program. It is used from one goroutine.
type Interp struct {
	prog   *Program
	host   *Host
	ctx    context.Context
	limits Limits
	hook   Hook

	leftOut string // RunOptions.LeftOut

	slots []Value // by variable; Keep: no value yet
	buf   []byte  // scratch of joins
	taint Taint   // of the join at hand
	rec   Value   // the record that a mapping reads
	err   *Error  // why sigError was returned

	target int // the loop that sigBreak and sigContinue mean

	fuel     int
	executed int64

	result   Value // %MSRESULT%
	document Value // %MDOC%
	status   int64 // %HTTPSTATUS%
	rows     int64 // %ROWCOUNT%
	caught   *Error
	headers  []HeaderField
	answer   map[string][]string
	pending  []Query // SQL text that waits for SqlExecute
	textSize int64   // of pending
	texts    int     // how often pending was taken
	textAt   lexer.Position

	packs   []openPack
	secrets redact.Set

	depth        int     // of Subs and called scripts in each other
	saved        []Value // of the variables that they hide
	transactions int     // that are open

	calls []*Call // free ones
	pulls pulls
	sinks []*sink // by mapping; nil: not opened
}

// A signal says how a statement ended.
type signal uint8

const (
	sigNext     signal = iota // the next statement follows
	sigBreak                  // leave the loop in.target
	sigContinue               // begin the next turn of the loop in.target
	sigEnd                    // the script ends successfully
	sigError                  // it failed with in.err
	sigReturn                 // leave the Sub
)

// A stmt is one compiled statement.
type stmt struct {
	pos lexer.Position
	run func(in *Interp) signal
}

// A block is compiled statements that follow each other.
type block []stmt

// run is the inner loop of the interpreter: a counter for budgets and cancel, a
// nil check for the hook, and the statement's closure.
func (b block) run(in *Interp) signal {
	for i := range b {
		s := &b[i]
		if in.fuel--; in.fuel < 0 {
			if err := in.refuel(s.pos); err != nil {
				in.err = err
				return sigError
			}
		}
		if in.hook != nil {
			if sig := in.line(s.pos); sig != sigNext {
				return sig
			}
		}
		if sig := s.run(in); sig != sigNext {
			if sig == sigError && !in.err.Pos.IsValid() {
				in.err.Pos = s.pos
			}
			return sig
		}
	}
	return sigNext
}

// line tells the hook of a line that runs next.
func (in *Interp) line(pos lexer.Position) signal {
	if err := in.hook.Line(pos, Scope{in}); err != nil {
		return in.fail(pos, CodeFailed, err)
	}
	return sigNext
}

// fail ends a statement with an error.
func (in *Interp) fail(pos lexer.Position, code string, err error) signal {
	in.err = in.newError(pos, code, err)
	return sigError
}

// errorAt makes the error of an expression.
func (in *Interp) errorAt(pos lexer.Position, err error) error {
	return in.newError(pos, CodeFailed, err)
}

// set assigns a variable.
func (in *Interp) set(slot int, v Value) signal {
	if err := in.assign(slot, v); err != nil {
		in.err = err
		return sigError
	}
	return sigNext
}

func (in *Interp) assign(slot int, v Value) *Error {
	in.slots[slot] = v
	if !v.large() {
		return nil
	}
	if err := in.countMemory(lexer.Position{}); err != nil {
		return err
	}
	return in.checkValue(v)
}

// unset is the error of reading a variable whose assignment did not run.
func (in *Interp) unset(slot int, pos lexer.Position) error {
	v := &in.prog.vars[slot]
	e := &Error{Pos: pos, Code: CodeUnset, Message: v.name + " has no value yet"}
	if v.set.IsValid() {
		e.Message = fmt.Sprintf("%s has no value yet; it is set in line %d", v.name, v.set.Line)
		e.Hint = fmt.Sprintf("give it a value before this line: Set %s = …", v.name)
	}
	return e
}

// A Hook is told of every line before it runs: for traces, coverage, profiles
// and debuggers. Its methods are called from the run's goroutine.
type Hook interface {
	// Line is called before a line runs: each statement, each Else If whose
	// condition is looked at, and While
	// again before each turn. An error ends the run.
	Line(pos lexer.Position, s Scope) error
}

// A Scope reads the variables of a run while a Hook is called. Printed with
// fmt, a secret shows as ••••; whoever calls Text must look at Taint first.
type Scope struct{ in *Interp }

// Names returns the names of the variables that have a value.
func (s Scope) Names() []string {
	var names []string
	for i, v := range s.in.slots {
		if v.kind != KindKeep {
			names = append(names, s.in.prog.vars[i].name)
		}
	}
	return names
}

// Value returns the value of a variable by any case of its name.
func (s Scope) Value(name string) (Value, bool) {
	i, ok := s.in.prog.byName[FoldName(name)]
	if !ok || s.in.slots[i].kind == KindKeep {
		return Value{}, false
	}
	return s.in.slots[i], true
}

// Result returns the result buffer.
func (s Scope) Result() Value { return s.in.result }

// An openPack is a credential pack of the run: its Taint is 1 << its index.
type openPack struct {
	name  string
	hosts []string
}

// maxPacks is how many packs a Taint can tell apart.
const maxPacks = 16

// addPack returns the taint of a pack, new where it was not opened before.
func (in *Interp) addPack(name string, hosts []string) (Taint, error) {
	for i := range in.packs {
		if FoldName(in.packs[i].name) == FoldName(name) {
			return 1 << i, nil
		}
	}
	if len(in.packs) == maxPacks {
		return 0, &Error{Kind: BudgetSpent, Code: CodeBudgetSecrets, Message: fmt.Sprintf("a run opens at most %d credential packs", maxPacks)}
	}
	in.packs = append(in.packs, openPack{name: name, hosts: hosts})
	return 1 << (len(in.packs) - 1), nil
}

// packNames names the packs of a taint, for messages.
func (in *Interp) packNames(t Taint) string {
	s := ""
	for i, p := range in.packs {
		if t&(1<<i) != 0 {
			if s != "" {
				s += ", "
			}
			s += p.name
		}
	}
	return s
}

// refuse is the error of a secret that would leave through what.
func (in *Interp) refuse(t Taint, what string) error {
	return &Error{Code: CodeTaint, Message: fmt.Sprintf("%s would be given a secret of the credential pack %s", what, in.packNames(t)),
		Hint: "a secret goes only into requests to the hosts of its pack"}
}

// Run runs the program once. The error is an *[Error].
func (p *Program) Run(ctx context.Context, o RunOptions) error {
	in := &Interp{prog: p, host: o.Host, limits: p.limits, hook: o.Hook, leftOut: o.LeftOut, slots: make([]Value, len(p.vars)), sinks: make([]*sink, len(p.mappings))}
	for i := range in.slots {
		in.slots[i] = Keep()
	}
	if err := in.parameters(o.Parameters); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, in.limits.Wall, wallSpent(in.limits.Wall))
	defer cancel()
	in.ctx = ctx
	if err := in.addColumns(); err != nil {
		return err
	}
	sig := p.main.run(in)
	if sig != sigError && len(in.pending) > 0 {
		sig = in.runPending()
	}
	if sig == sigError {
		return in.err
	}
	if ctx.Err() != nil {
		return in.cancelled(lexer.Position{})
	}
	if err := in.checkLeftOut(lexer.Position{}); err != nil {
		return err
	}
	in.warnUnread()
	return nil
}

// runPending executes the text that is still pending when the script ends.
func (in *Interp) runPending() signal {
	if in.host.Site == nil {
		return in.fail(in.textAt, CodeCommandFailed, errNoSite)
	}
	if in.host.Log != nil {
		in.host.Log.Warn(CodePendingText, "SQL text was still pending at the end of the script and ran there", in.textAt)
	}
	for _, q := range in.pending {
		n, err := in.host.Site.Exec(in.ctx, q)
		if err != nil {
			return in.fail(q.Pos, CodeCommandFailed, err)
		}
		in.rows = n
	}
	in.pending = nil
	return sigNext
}

var errNoSite = errors.New("this run has no site database")
