package runtime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// A Call is one call of a command while a program runs. It is valid only
// during the call, and, for a command that Iterate reads, until the iterator
// is closed.
type Call struct {
	ctx    context.Context
	interp *Interp
	site   *callSite
	cmd    *Command
	args   []Value
	given  int
	taint  Taint // of the arguments
	pos    lexer.Position
}

// Context is cancelled with the run.
func (c *Call) Context() context.Context { return c.ctx }

// Pos is the place of the command in the script.
func (c *Call) Pos() lexer.Position { return c.pos }

// Host is everything outside that the run may reach.
func (c *Call) Host() *Host { return c.interp.host }

// Program is the program that runs.
func (c *Call) Program() *Program { return c.interp.prog }

// Len is the number of arguments, omitted ones at the end not counted.
func (c *Call) Len() int { return c.given }

// Has reports whether argument i was given.
func (c *Call) Has(i int) bool { return i < c.given && c.site.args[i].given }

// Arg returns argument i, converted to its parameter's type; Null when it was
// not given and the parameter has no default, and when it was Null.
func (c *Call) Arg(i int) Value {
	if i >= len(c.args) {
		return Value{}
	}
	return c.args[i]
}

// ArgPos is the place of argument i in the script.
func (c *Call) ArgPos(i int) lexer.Position {
	if i >= len(c.site.args) {
		return c.pos
	}
	return c.site.args[i].pos
}

// Text returns argument i as text.
func (c *Call) Text(i int) string { return c.Arg(i).Text() }

// Bool returns a BooleanParam; Null is False.
func (c *Call) Bool(i int) bool { return c.Arg(i).Truth() }

// Int returns a NumberParam that must be whole; Null is 0.
func (c *Call) Int(i int) (int64, error) {
	v := c.Arg(i)
	if v.IsNull() {
		return 0, nil
	}
	n, ok := v.Int64()
	if !ok {
		return 0, fmt.Errorf("%s: %s is not a whole number", c.site.args[i].param.Name, shown(v))
	}
	return n, nil
}

// List returns the elements of a ListParam.
func (c *Call) List(i int) []Value { return c.Arg(i).Items() }

// Prepared returns what the parameter's Prepare makes of argument i; the zero T
// when the argument is Null or empty.
func Prepared[T any](c *Call, i int) (made T, err error) {
	text := c.Text(i)
	if text == "" {
		return made, nil
	}
	a := &c.site.args[i]
	x := a.prepared
	if x == nil {
		if x, err = a.param.Prepare(text); err != nil {
			return made, err
		}
	}
	return x.(T), nil
}

// Eval evaluates argument i of a Lazy command.
func (c *Call) Eval(i int) (Value, error) {
	a := &c.site.args[i]
	if a.eval == nil {
		return a.val, nil
	}
	return a.eval(c.interp)
}

// SQL fills the SQL of argument i, a SQLParam, with the values of now.
func (c *Call) SQL(i int) ([]Query, error) {
	if i >= len(c.site.args) || c.site.args[i].sql == nil {
		return nil, fmt.Errorf("%s wants SQL", c.cmd.Name)
	}
	return c.site.args[i].sql.render(c.interp)
}

// Pending returns the SQL text that Text blocks have collected, and forgets it.
func (c *Call) Pending() []Query {
	q := c.interp.pending
	c.interp.pending, c.interp.textSize = nil, 0
	c.interp.texts++
	return q
}

// A Variable is a variable of the script that a command was given by name.
type Variable struct {
	in   *Interp
	slot int
	pos  lexer.Position
}

// Variable returns the variable of argument i, a VariableParam.
func (c *Call) Variable(i int) Variable {
	return Variable{c.interp, c.site.args[i].slot, c.site.args[i].pos}
}

// Name is the variable's name.
func (v Variable) Name() string { return v.in.prog.vars[v.slot].name }

// Get returns its value. The error says where it should have got one.
func (v Variable) Get() (Value, error) {
	x := v.in.slots[v.slot]
	if x.kind == KindKeep {
		return Value{}, v.in.unset(v.slot, v.pos)
	}
	return x, nil
}

// Set assigns it. The error says that it is too large.
func (v Variable) Set(x Value) error {
	if err := v.in.assign(v.slot, x); err != nil {
		return err
	}
	return nil
}

// Fits is an error when v, which is still being made, is larger than the run's
// memory may be.
func (c *Call) Fits(v Value) error {
	if err := c.interp.checkValue(v); err != nil {
		return err
	}
	return nil
}

// Result returns the result buffer, %MSRESULT%.
func (c *Call) Result() Value { return c.interp.result }

// Document returns the XML buffer, %MDOC%.
func (c *Call) Document() Value { return c.interp.document }

// SetDocument puts an Xml value into the XML buffer.
func (c *Call) SetDocument(v Value) { c.interp.document = v }

// MemoryLimit is the budget for the bytes of the run's values.
func (c *Call) MemoryLimit() int64 { return c.interp.limits.Memory }

// Secret reports whether a secret that the run knows stands in text.
func (c *Call) Secret(text string) bool { return c.interp.redact(text) != text }

// SetRowCount sets %ROWCOUNT%.
func (c *Call) SetRowCount(n int64) { c.interp.rows = n }

// SetResponse notes an answer: %HTTPSTATUS%, and the headers for ResponseHeader.
func (c *Call) SetResponse(status int, header map[string][]string) {
	c.interp.status, c.interp.answer = int64(status), header
}

// ResponseHeader returns the values of a header of the last answer, by its
// canonical name.
func (c *Call) ResponseHeader(name string) []string { return c.interp.answer[name] }

// Headers are what Header and Authorize have set for following requests.
func (c *Call) Headers() []HeaderField { return slices.Clone(c.interp.headers) }

// SetHeader sets a header for following requests, in the place of the one with
// the same name and hosts.
func (c *Call) SetHeader(h HeaderField) {
	c.RemoveHeader(h.Name, h.Hosts)
	c.interp.headers = append(c.interp.headers, h)
}

// RemoveHeader removes the header of a name and hosts (none: whatever hosts it
// goes to).
func (c *Call) RemoveHeader(name string, hosts []string) {
	c.interp.headers = slices.DeleteFunc(c.interp.headers, func(h HeaderField) bool {
		return strings.EqualFold(h.Name, name) && (len(hosts) == 0 || slices.Equal(h.Hosts, hosts))
	})
}

// InPull reports whether a loop over a list from outside is running.
func (c *Call) InPull() bool { return len(c.interp.pulls.active) > 0 }

// Projection is the paths that the program reads from the records of lists:
// the pages of a PullRole command are split with it.
func (c *Call) Projection() *Projection { return c.interp.prog.proj }

// AddSecret makes a secret of a credential pack known to the run: whatever is
// made of it goes only into requests to hosts, and shows as •••• everywhere
// else. Mark the secret's value with the taint.
func (c *Call) AddSecret(pack string, hosts []string, secrets ...string) (Taint, error) {
	in := c.interp
	t, err := in.addPack(pack, hosts)
	if err != nil {
		return 0, err
	}
	for _, s := range secrets {
		if in.host.Secret != nil && s != "" {
			in.host.Secret(pack, s)
		}
	}
	in.secrets.Add(secrets...)
	return t, nil
}

// Hide makes texts that v, a value made from a secret, is sent as known to the
// run as secrets: a trace or an error of the request may quote them. Those in
// which the secret itself is found are known well enough.
func (c *Call) Hide(v Value, texts ...string) {
	t := v.Taint()
	if t == 0 {
		return
	}
	in := c.interp
	for _, s := range texts {
		if in.redact(s) != s {
			continue
		}
		in.secrets.Add(s)
		if in.host.Secret != nil {
			in.host.Secret(in.packNames(t), s)
		}
	}
}

// CheckTaint is an error when v holds a secret that may not go to host
// (host[:port]).
func (c *Call) CheckTaint(v Value, host string) error {
	t := v.Taint()
	for i, p := range c.interp.packs {
		if t&(1<<i) == 0 || slices.ContainsFunc(p.hosts, func(h string) bool { return strings.EqualFold(h, host) }) {
			continue
		}
		return &Error{Code: CodeTaint, Pos: c.pos, Message: fmt.Sprintf("a secret of the credential pack %s would go to %s", p.name, host),
			Hint: fmt.Sprintf("it goes only to %s; the owner of the pack can add a host to it", strings.Join(p.hosts, ", "))}
	}
	return nil
}

// TaintHosts are the packs of v's secrets and the hosts that all of them may go
// to.
func (c *Call) TaintHosts(v Value) (packs string, hosts []string) {
	t, first := v.Taint(), true
	for i, p := range c.interp.packs {
		if t&(1<<i) == 0 {
			continue
		}
		if first {
			hosts, first = slices.Clone(p.hosts), false
		} else {
			hosts = slices.DeleteFunc(hosts, func(h string) bool {
				return !slices.ContainsFunc(p.hosts, func(g string) bool { return strings.EqualFold(g, h) })
			})
		}
	}
	return c.interp.packNames(t), hosts
}

// evaluate fills the arguments.
func (c *Call) evaluate() error {
	in, site := c.interp, c.site
	n := len(site.args)
	if cap(c.args) < n {
		c.args = make([]Value, n)
	}
	c.args = c.args[:n]
	c.given, c.taint = site.given, 0
	for i := range site.args {
		a := &site.args[i]
		if a.known || site.cmd.Lazy {
			c.args[i] = a.val
			continue
		}
		v, err := a.eval(in)
		if err != nil {
			return err
		}
		if t := v.Taint(); t != 0 {
			if site.refuses && !a.param.Secret {
				e := in.refuse(t, site.cmd.Name).(*Error)
				e.Pos = a.pos
				return e
			}
			c.taint |= t
		}
		if a.convert != nil && (v.kind != KindText || a.param.Type != TextParam || len(a.param.OneOf) > 0) {
			if v, err = a.convert(v); err != nil {
				return in.newError(a.pos, CodeArgument, fmt.Errorf("%s of %s: %w", a.param.Name, site.cmd.Name, err))
			}
		}
		c.args[i] = v
	}
	return nil
}

// call runs a command once.
func (in *Interp) call(site *callSite) (Value, error) {
	var c *Call
	if n := len(in.calls); n > 0 {
		c, in.calls = in.calls[n-1], in.calls[:n-1]
	} else {
		c = &Call{interp: in, ctx: in.ctx}
	}
	c.site, c.cmd, c.pos = site, site.cmd, site.pos
	err := c.evaluate()
	var v Value
	if err == nil {
		v, err = site.cmd.Run(c)
	}
	in.calls = append(in.calls, c)
	if err == nil && v.large() {
		if e := in.checkValue(v); e != nil {
			err = e
		}
	}
	if err != nil {
		return Value{}, in.callError(site, c.taint, err)
	}
	if c.taint != 0 && !site.refuses && !site.cmd.Public {
		v.taint |= c.taint
	}
	if site.buffer {
		in.result = v
	}
	return v, nil
}

// callError is the error of a call. That of a function quotes its arguments: of
// a secret, or of a part of one that no search for the secret would find.
func (in *Interp) callError(site *callSite, t Taint, err error) *Error {
	var e *Error
	if t == 0 || site.refuses || errors.As(err, &e) && e.Kind != Failed {
		return in.newError(site.pos, CodeCommandFailed, err)
	}
	return &Error{Pos: site.pos, Code: CodeCommandFailed,
		Message: fmt.Sprintf("%s cannot work with what it was given; the reason is not shown, as it may quote a secret of the credential pack %s", site.cmd.Name, in.packNames(t)),
		Hint:    "try the line with a made-up text in the place of the secret"}
}

// A CheckedCall is one call of a command while a program is compiled.
type CheckedCall struct {
	in      *compiler
	Call    *ast.Call
	Schema  Schema // nil: the site is not known
	List    *lexer.List
	Mapping *Mapping // of an UpsertRole or RejectRole command
	InPull  bool     // it stands inside a loop over a list from outside
	// InTransaction: it stands inside a Transaction, or in a Sub or script that
	// one runs.
	InTransaction bool
}

// Literal returns the text of argument i when it is a fixed text or word.
func (c *CheckedCall) Literal(i int) (text string, pos lexer.Position, ok bool) {
	if i >= len(c.Call.Args) {
		return "", c.Call.Pos, false
	}
	return wordOf(c.Call.Args[i])
}

func itoa(n int) string { return fmt.Sprint(n) }
