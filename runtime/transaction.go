package runtime

import (
	"errors"

	"github.com/amsx-lang/amsx/parser/ast"
)

// What is wrong with a Transaction in a loop over pages. The checker says it,
// and the run holds to it whatever the checker saw.
const (
	transactionInPull = "a Transaction inside a loop over pages would keep half of the list when the rest fails"
	transactionHint   = "move it behind EndEach"
)

// transaction compiles a Transaction. Leaving it by Exit, Exit Sub or Continue
// is no error: it commits too.
func (c *compiler) transaction(s *ast.Transaction) func(in *Interp) signal {
	c.prog.effects |= WritesDB
	c.transactions++
	body := c.block(s.Body)
	c.transactions--
	pos, end := s.Pos, s.End
	return func(in *Interp) signal {
		site := in.host.Site
		if site == nil {
			return in.fail(pos, CodeCommandFailed, errNoSite)
		}
		if len(in.pulls.active) > 0 {
			return in.fail(pos, CodeTransaction, &Error{Code: CodeTransaction, Message: transactionInPull, Hint: transactionHint})
		}
		if err := site.Savepoint(in.ctx); err != nil {
			return in.fail(pos, CodeCommandFailed, err)
		}
		pending, size, texts := len(in.pending), in.textSize, in.texts
		in.transactions++
		sig := body.run(in)
		in.transactions--
		if sig != sigError {
			err := site.Release(in.ctx)
			if err == nil && in.transactions == 0 {
				return in.committed(site.Commit(in.ctx), end, sig)
			}
			if err == nil {
				return sig
			}
			sig = in.fail(end, CodeCommandFailed, err)
		}
		if in.ctx.Err() != nil {
			return sig // the run ends, and with it everything that is not committed
		}
		// SQL text that it collected and did not execute goes with the rest.
		if in.texts != texts {
			pending, size = 0, 0 // what was there before was executed inside
		}
		in.pending, in.textSize = in.pending[:pending], size
		if err := site.RollbackTo(in.ctx); err != nil {
			// Not an error that a script may go on from.
			in.err = &Error{Kind: Stopped, Pos: in.err.Pos, Code: CodeCommandFailed, Message: in.redact(in.err.Message + "; and the Transaction cannot be rolled back: " + err.Error()), Err: errors.Join(in.err, err)}
		}
		return sig
	}
}

func (in *Interp) committed(err error, end ast.Position, sig signal) signal {
	if err != nil {
		return in.fail(end, CodeCommandFailed, err)
	}
	return sig
}

// InTransaction reports whether a Transaction is open.
func (c *Call) InTransaction() bool { return c.interp.transactions > 0 }
