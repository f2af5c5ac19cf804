package runtime

import (
	"errors"
	"fmt"

	"github.com/amsx-lang/amsx/lexer"
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
			in.discarded(pos)
			return in.fail(pos, CodeCommandFailed, err)
		}
		complete := in.pulls.complete
		pending, size, texts := len(in.pending), in.textSize, in.texts
		in.transactions++
		sig := body.run(in)
		in.transactions--
		if sig != sigError {
			err := site.Release(in.ctx)
			if err == nil && in.transactions == 0 {
				if err = site.Commit(in.ctx); err != nil {
					in.discarded(end)
					return in.fail(end, CodeCommandFailed, err)
				}
			}
			if err == nil {
				return sig
			}
			sig = in.fail(end, CodeCommandFailed, err)
		}
		if in.pulls.complete > complete {
			in.discarded(pos)
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

// Commit writes what the run has done so far, for good.
func (c *Call) Commit() error {
	err := c.interp.host.Site.Commit(c.ctx)
	if err != nil {
		c.interp.discarded(c.pos)
	}
	return err
}

// Rollback discards what the run has done since its start or the last Commit.
func (c *Call) Rollback() error {
	c.interp.discarded(c.pos)
	return c.interp.host.Site.Rollback(c.ctx)
}

// discarded notes that the records which were read count no longer: the site
// has forgotten who they were.
func (in *Interp) discarded(pos lexer.Position) {
	if p := &in.pulls; p.complete > 0 && p.broken == "" {
		p.broken = fmt.Sprintf("line %d discarded what was read before it", pos.Line)
	}
}

// InTransaction reports whether a Transaction is open.
func (c *Call) InTransaction() bool { return c.interp.transactions > 0 }
