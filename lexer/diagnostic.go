package lexer

import (
	"fmt"
	"slices"
)

// A Severity says how much a diagnostic matters. Nothing runs while a file has
// a diagnostic of severity Error.
type Severity uint8

// The severities, the gravest first.
const (
	Error Severity = iota
	Warning
	Info
)

// String is "error", "warning" or "info".
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	}
	return "info"
}

// A Diagnostic is one finding about a file: where, what is wrong, and what to
// write instead.
type Diagnostic struct {
	Pos      Position
	End      Position // end of the range, exclusive; zero: one character
	Severity Severity
	Code     string // stable, such as "AMSX1001"; its page is `amsx doc CODE`
	Message  string // what is wrong, one line, lower case, no full stop
	Hint     string // what to write instead; may be empty
	Edits    []Edit // what mends it without a thought; empty: a person must decide
}

// Error is file:line:col: message.
func (d *Diagnostic) Error() string { return d.Pos.String() + ": " + d.Message }

// A List is the diagnostics of one or more files.
type List []*Diagnostic

// Add appends a diagnostic.
func (l *List) Add(d *Diagnostic) { *l = append(*l, d) }

// Errorf appends an error with a code.
func (l *List) Errorf(pos Position, code, hint, format string, args ...any) {
	l.Add(&Diagnostic{Pos: pos, Code: code, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// Sort orders by file, place and severity. It is stable.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b *Diagnostic) int {
		if a.Pos.Filename != b.Pos.Filename {
			if a.Pos.Filename < b.Pos.Filename {
				return -1
			}
			return 1
		}
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line - b.Pos.Line
		}
		if a.Pos.Column != b.Pos.Column {
			return a.Pos.Column - b.Pos.Column
		}
		return int(a.Severity) - int(b.Severity)
	})
}

// Compact sorts the list and returns of each place the gravest finding of each
// code. Where reading a file and checking what was read both say something of a
// place, it is one mistake seen twice: what says it more gravely is kept, and of
// two errors that of reading, without which the other may not be there.
func (l List) Compact() List {
	l.Sort()
	out, place := l[:0], 0 // place: where in out the findings of the place at hand begin
	for _, d := range l {
		if len(out) == 0 || !d.Pos.IsValid() || out[place].Pos != d.Pos {
			place = len(out)
			out = append(out, d)
			continue
		}
		same := func(o *Diagnostic) bool { return o.Code == d.Code }
		if out[place].ofReading() == d.ofReading() && !slices.ContainsFunc(out[place:], same) {
			out = append(out, d)
		}
	}
	clear(l[len(out):])
	return out
}

// ofReading reports whether the scanner or the parser found it.
func (d *Diagnostic) ofReading() bool { return d.Code < "AMSX4" }

// HasErrors reports whether the list holds a diagnostic of severity Error.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d *Diagnostic) bool { return d.Severity == Error })
}

// Err is nil when the list holds no error, else the list.
func (l List) Err() error {
	if l.HasErrors() {
		return l
	}
	return nil
}

// Error names the first error and counts the others.
func (l List) Error() string {
	n := 0
	var first *Diagnostic
	for _, d := range l {
		if d.Severity == Error {
			if n++; first == nil {
				first = d
			}
		}
	}
	switch n {
	case 0:
		return "no errors"
	case 1:
		return first.Error()
	}
	return fmt.Sprintf("%s (and %d more)", first.Error(), n-1)
}
