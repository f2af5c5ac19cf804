package runtime

import (
	"strconv"
	"strings"

	"github.com/amsx-lang/amsx/parser/ast"
)

// maxText bounds the text of one join: a value longer than the memory budget
// is never made.
func (in *Interp) tooLong(n int, what string) *Error {
	if int64(n) <= in.limits.Memory {
		return nil
	}
	return &Error{Kind: BudgetSpent, Code: CodeBudgetMemory, Message: what + " grows larger than " + strconv.FormatInt(in.limits.Memory>>20, 10) + " MB",
		Hint: "do not collect whole lists in a variable: work on each record inside its loop; or raise the limit: --max-memory"}
}

// template compiles text with references. It was split when it was parsed;
// values that hold percent signs are never looked at again.
func (c *compiler) template(t *ast.Template, where textKind) compiled {
	if s, ok := constant(t); ok {
		return known(Text(s))
	}
	parts, ok := c.templateParts(t, where)
	if !ok {
		return bad()
	}
	return joinOf(parts)
}

// joinOf joins operands as texts.
func joinOf(parts []compiled) compiled {
	appenders := make([]appender, len(parts))
	for i := range parts {
		appenders[i] = parts[i].appender()
	}
	x := joinParts(appenders)
	if segments, ok := joinFlat(parts); ok {
		x.flat = segments
		x.eval = joinSegments(segments, x.eval)
	}
	return x
}

type appender = func(in *Interp, b []byte) ([]byte, error)

// parts compiles the parts of a template; encode, when given, is applied to
// each value.
func (c *compiler) parts(t *ast.Template, where textKind, encode func(string) string) ([]appender, bool) {
	var parts []appender
	good := true
	for _, p := range t.Parts {
		if p.Ref == nil {
			lit := p.Text
			parts = append(parts, func(_ *Interp, b []byte) ([]byte, error) { return append(b, lit...), nil })
			continue
		}
		x, ok := c.reader(p.Ref, where)
		if !ok {
			good = false
			continue
		}
		if encode == nil {
			parts = append(parts, x.appender())
			continue
		}
		parts = append(parts, func(in *Interp, b []byte) ([]byte, error) {
			v, err := x.eval(in)
			if err != nil {
				return b, err
			}
			in.taint |= v.Taint()
			return append(b, encode(v.Text())...), nil
		})
	}
	return parts, good
}

// appender is how the operand's text is appended.
func (x compiled) appender() appender {
	if x.text != nil {
		return x.text
	}
	if x.known {
		lit := x.val.Text()
		return func(_ *Interp, b []byte) ([]byte, error) { return append(b, lit...), nil }
	}
	eval := x.eval
	return func(in *Interp, b []byte) ([]byte, error) {
		v, err := eval(in)
		if err != nil {
			return b, err
		}
		switch {
		case v.kind == KindText:
			b = append(b, v.raw()...)
		case v.kind == KindNumber && v.ref == nil && v.exp == 0:
			b = strconv.AppendInt(b, int64(v.num), 10)
		default:
			b = v.AppendText(b)
		}
		in.taint |= v.Taint()
		return b, nil
	}
}

// join compiles a chain of &.
func (c *compiler) join(e *ast.Binary) compiled {
	var parts []compiled
	all := true
	var text strings.Builder
	var flat func(e ast.Expr)
	flat = func(e ast.Expr) {
		if b, ok := e.(*ast.Binary); ok && b.Op == "&" {
			flat(b.X)
			flat(b.Y)
			return
		}
		x := c.expr(e)
		if x.known {
			text.WriteString(x.val.Text())
		} else {
			all = false
		}
		parts = append(parts, x)
	}
	flat(e)
	if all {
		return known(Text(text.String()))
	}
	return joinOf(parts)
}

// joinParts makes one text of parts, in the run's scratch buffer: one allocation.
func joinParts(parts []appender) compiled {
	var text appender
	switch len(parts) {
	case 1:
		text = parts[0]
	case 2:
		x, y := parts[0], parts[1]
		text = func(in *Interp, b []byte) ([]byte, error) {
			b, err := x(in, b)
			if err != nil {
				return b, err
			}
			return y(in, b)
		}
	default:
		text = func(in *Interp, b []byte) ([]byte, error) {
			var err error
			for _, p := range parts {
				if b, err = p(in, b); err != nil {
					return b, err
				}
				if len(b) > longText {
					if err := in.tooLong(len(b), "a text"); err != nil {
						return b, err
					}
				}
			}
			return b, nil
		}
	}
	return compiled{slot: -1, text: text, eval: func(in *Interp) (Value, error) {
		// A part may be a call that joins texts itself: it gets a buffer and
		// a taint of its own.
		b, outer := in.buf, in.taint
		in.buf, in.taint = nil, 0
		b, err := text(in, b[:0])
		t := in.taint
		in.buf, in.taint = b, outer
		if err != nil {
			return Value{}, err
		}
		if len(b) > longText {
			in.buf = nil
			if err := in.tooLong(len(b), "a text"); err != nil {
				return Value{}, err
			}
		}
		v := Text(string(b))
		v.taint = t
		return v, nil
	}}
}
