package builtins

import (
	"errors"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
	"github.com/amsx-lang/amsx/runtime"
)

// CodeLiteral is the finding of a fixed argument that would fail at run time:
// the checker says so before the night.
const CodeLiteral = "AMSX6004"

// checks makes one Check of several.
func checks(fs ...func(*runtime.CheckedCall)) func(*runtime.CheckedCall) {
	return func(c *runtime.CheckedCall) {
		for _, f := range fs {
			f(c)
		}
	}
}

// literal checks argument i where it is a fixed text.
func literal(i int, valid func(s string) error) func(*runtime.CheckedCall) {
	return func(c *runtime.CheckedCall) {
		s, pos, ok := c.Literal(i)
		if !ok || s == "" {
			return
		}
		if err := valid(s); err != nil {
			d := &lexer.Diagnostic{Pos: pos, Code: CodeLiteral, Message: err.Error()}
			var h hinted
			var inner *lexer.Diagnostic
			switch {
			case errors.As(err, &h):
				d.Hint = h.hint
			case errors.As(err, &inner):
				d.Message, d.Hint = inner.Message, inner.Hint
			}
			c.List.Add(d)
		}
	}
}

// checkPath checks the fixed path of argument i.
func checkPath(i int) func(*runtime.CheckedCall) {
	return literal(i, func(s string) error {
		_, err := parser.ParsePath(s, lexer.Position{})
		return err
	})
}

func isFormat(s string) error {
	_, err := runtime.NewDateFormat(s)
	return err
}

func isZone(s string) error {
	_, err := runtime.ParseZone(s)
	return err
}

func isUnit(s string) error {
	_, err := unitOf(s)
	return err
}
