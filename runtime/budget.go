package runtime

import (
	"fmt"
	"time"

	"github.com/amsx-lang/amsx/lexer"
)

// Limits are the budgets of one run. A zero field has the default.
type Limits struct {
	Wall       time.Duration // of the whole run; default 6 hours
	Statements int64         // executed lines; default 1,000,000,000
	Turns      int64         // of one While loop; default 1,000,000
	Memory     int64         // bytes of all values that variables hold; default 256 MB
}

// The defaults of Limits.
const (
	DefaultWall       = 6 * time.Hour
	DefaultStatements = 1_000_000_000
	DefaultTurns      = 1_000_000
	DefaultMemory     = 256 << 20
)

func (l Limits) withDefaults() Limits {
	if l.Wall == 0 {
		l.Wall = DefaultWall
	}
	if l.Statements == 0 {
		l.Statements = DefaultStatements
	}
	if l.Turns == 0 {
		l.Turns = DefaultTurns
	}
	if l.Memory == 0 {
		l.Memory = DefaultMemory
	}
	return l
}

// batch is how many statements run between two looks at the context: some ten
// microseconds.
const batch = 512

// longText is the length from which a text is counted against the memory budget at
// once, and not at the next look.
const longText = 1 << 16

func wallSpent(d time.Duration) *Error {
	return &Error{Kind: BudgetSpent, Code: CodeBudgetTime,
		Message: fmt.Sprintf("the run takes longer than %v", d),
		Hint:    "raise the limit for the run's time if it must take that long"}
}

// refuel is called when a batch of statements has run.
func (in *Interp) refuel(pos lexer.Position) *Error {
	in.executed += batch
	in.fuel = batch - 1
	if in.ctx.Err() != nil {
		return in.cancelled(pos)
	}
	if in.executed > in.limits.Statements {
		return &Error{Kind: BudgetSpent, Pos: pos, Code: CodeBudgetLines,
			Message: fmt.Sprintf("the script ran more than %d lines", in.limits.Statements),
			Hint:    "look for a loop that does not end, or raise the limit for statements"}
	}
	// Counting the variables costs as much as they are large, so a large heap
	// is counted less often.
	if in.executed >= in.nextCount {
		return in.countMemory(pos)
	}
	return nil
}

// countMemory adds up what the variables keep alive.
func (in *Interp) countMemory(pos lexer.Position) *Error {
	var n int64
	for _, v := range in.slots {
		n += int64(v.Size())
		if n > in.limits.Memory {
			return &Error{Kind: BudgetSpent, Pos: pos, Code: CodeBudgetMemory,
				Message: fmt.Sprintf("the variables hold more than %d MB", in.limits.Memory>>20),
				Hint:    "do not collect whole lists in a variable: work on each record inside its loop"}
		}
	}
	in.nextCount = in.executed + max(batch, n/256)
	return nil
}
