package runtime

import (
	"context"
	"errors"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
)

// An ErrorKind says why a run ended, and with it whether Try may catch it and
// which exit code it has.
type ErrorKind uint8

// The kinds of errors. A script's Catch sees Failed and Thrown only.
const (
	Failed      ErrorKind = iota // an error of the script, a command or the outside world
	Thrown                       // Throw
	Stopped                      // Stop
	Cancelled                    // the run's context was cancelled
	BudgetSpent                  // one of the Limits
	FuseBlown                    // the site refused to write: too much would change
	UsageError                   // nothing ran: a parameter is missing or wrong
)

var errorKindNames = [...]string{"failed", "thrown", "stopped", "cancelled", "budget", "fuse", "usage"}

// String is the kind in one word.
func (k ErrorKind) String() string { return errorKindNames[k] }

// An Error is why a run failed, with the place in the script. Its texts hold no
// secrets.
type Error struct {
	Kind    ErrorKind
	Pos     lexer.Position // of the statement or expression; zero for UsageError
	Code    string         // stable, such as "AMSX4001"
	Message string         // what went wrong
	Hint    string         // what to do about it; may be empty
	Stack   []Frame        // the loops around the place, the innermost first
	Err     error          // the cause; may be nil
}

// A Frame is one loop around the place of an Error.
type Frame struct {
	Pos  lexer.Position
	Text string // "ForEach user, turn 312"
}

// Error is file:line:col: message.
func (e *Error) Error() string {
	if e.Pos.IsValid() {
		return e.Pos.String() + ": " + e.Message
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Diagnostic is the error in the form in which findings are printed.
func (e *Error) Diagnostic() *lexer.Diagnostic {
	return &lexer.Diagnostic{Pos: e.Pos, Code: e.Code, Message: e.Message, Hint: e.Hint}
}

// catchable reports whether Try may go on with Catch.
func (e *Error) catchable() bool { return e.Kind == Failed || e.Kind == Thrown }

// Errors of commands may say more of themselves than their text.
type (
	coder   interface{ Code() string }
	hinter  interface{ Hint() string }
	located interface{ Position() lexer.Position }
)

// newError gives err, which is of a place in the script, its kind. An *Error
// keeps what it has.
func (in *Interp) newError(pos lexer.Position, code string, err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		if !e.Pos.IsValid() && e.Kind != UsageError {
			e.Pos = pos
		}
		return e
	}
	e = &Error{Pos: pos, Code: code, Message: err.Error(), Err: err}
	var d *lexer.Diagnostic
	if errors.As(err, &d) {
		e.Message, e.Hint = d.Message, d.Hint
		if d.Code != "" {
			e.Code = d.Code
		}
		if d.Pos.IsValid() {
			e.Pos = d.Pos
		}
	}
	var (
		c coder
		h hinter
		l located
	)
	if errors.As(err, &c) && c.Code() != "" {
		e.Code = c.Code()
	}
	if errors.As(err, &h) {
		e.Hint = h.Hint()
	}
	if errors.As(err, &l) && l.Position().IsValid() {
		// Whoever keeps lines of the script by their number knows no more.
		e.Pos = l.Position()
		if e.Pos.Filename == "" {
			e.Pos.Filename = pos.Filename
		}
		e.Pos.Column = max(e.Pos.Column, 1)
	}
	switch {
	case errors.Is(err, ErrFuse):
		e.Kind = FuseBlown
		if e.Code == code {
			e.Code = CodeFuse
		}
	case in.ctx != nil && in.ctx.Err() != nil && (errors.Is(err, in.ctx.Err()) || errors.Is(err, context.Cause(in.ctx))):
		cause := in.cancelled(pos)
		cause.Err = err
		return cause
	}
	e.Message = strings.TrimSpace(in.redact(e.Message))
	e.Hint = in.redact(e.Hint)
	return e
}

// cancelled is the error of a run whose context has ended.
func (in *Interp) cancelled(pos lexer.Position) *Error {
	cause := context.Cause(in.ctx)
	var e *Error
	if errors.As(cause, &e) { // the wall clock's budget
		c := *e
		c.Pos = pos
		return &c
	}
	return &Error{Kind: Cancelled, Pos: pos, Code: CodeCancelled, Message: "the run was cancelled", Err: cause}
}

// redact replaces the secrets that the run knows.
func (in *Interp) redact(s string) string { return in.secrets.Redact(s) }
