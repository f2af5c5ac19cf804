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
	Calls      int64         // Subs and called scripts inside each other; default 500
	Memory     int64         // bytes of all values that variables hold; default 256 MB
}

// The defaults of Limits.
const (
	DefaultWall       = 6 * time.Hour
	DefaultStatements = 1_000_000_000
	DefaultTurns      = 1_000_000
	DefaultMemory     = 256 << 20
	DefaultCalls      = 500
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
	if l.Calls == 0 {
		l.Calls = DefaultCalls
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
// once; see large.
const longText = 1 << 16

func wallSpent(d time.Duration) *Error {
	return &Error{Kind: BudgetSpent, Code: CodeBudgetTime,
		Message: fmt.Sprintf("the run takes longer than %v", d),
		Hint:    "if it must take that long, raise the limit: --max-time 12h"}
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
			Hint:    "look for a loop that does not end, or raise the limit: --max-lines"}
	}
	return in.countMemory(pos)
}

// countMemory adds up what the variables, the result buffer and the pending SQL
// text keep alive.
func (in *Interp) countMemory(pos lexer.Position) *Error {
	n := int64(in.result.Size()) + int64(in.document.Size()) + in.textSize
	for i := range in.slots {
		n += int64(in.slots[i].Size())
	}
	for i := range in.saved { // what Subs and called scripts have hidden
		n += int64(in.saved[i].Size())
	}
	if n <= in.limits.Memory {
		return nil
	}
	e := &Error{Kind: BudgetSpent, Pos: pos, Code: CodeBudgetMemory,
		Message: fmt.Sprintf("the variables hold more than %d MB", in.limits.Memory>>20),
		Hint:    "do not collect whole lists in a variable: work on each record inside its loop; or raise the limit: --max-memory"}
	if in.textSize > n/2 {
		e.Message = fmt.Sprintf("the SQL text that Text blocks have collected is longer than %d MB", in.limits.Memory>>20)
		e.Hint = "write SqlExecute inside the loop, behind EndText"
	}
	return e
}

// checkValue refuses a value that no variable may hold, before it is made into
// a text or put into another.
func (in *Interp) checkValue(v Value) *Error {
	if v.depth() > maxNesting {
		return &Error{Kind: BudgetSpent, Code: CodeBudgetMemory,
			Message: fmt.Sprintf("lists and rows are put into each other more than %d deep", maxNesting),
			Hint:    "add to a list with Add, and to a text with &"}
	}
	return in.tooLong(v.Size(), "a "+v.kind.String())
}

// large reports whether v is counted against the memory budget at once, and
// not at the next look: it may be twice as large in the next line.
func (v *Value) large() bool {
	switch v.kind {
	case KindText, KindJSON:
		return v.num > longText
	case KindXML:
		return v.weight() > longText/weight(valueSize)
	case KindList, KindRow, KindTable:
		return v.depth() > 1 || v.weight() > longText/weight(valueSize)
	}
	return false
}
