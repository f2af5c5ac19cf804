package runtime

import (
	"math"
	"strconv"

	"github.com/amsx-lang/amsx/parser/ast"
)

// This file holds the shapes that loops are made of: whole-number arithmetic,
// texts joined of literals and variables. Each closure decides in one go and
// without a Value in between; whatever it cannot decide (a decimal, a secret, a
// variable without a value) it leaves to the general closure, which evaluates
// the operands again: they are variables and literals only.

// A whole gives a whole number without taint; ok false: the general closure
// must be asked.
type whole = func(in *Interp) (n int64, ok bool)

// wholeOf is how the operand is read as a whole number; nil: it is not of
// variables and literals only.
func wholeOf(x *compiled) whole {
	switch {
	case x.whole != nil:
		return x.whole
	case x.known:
		v := x.val
		if !isWhole(&v) {
			return nil
		}
		n := int64(v.num)
		return func(*Interp) (int64, bool) { return n, true }
	case x.slot >= 0:
		slot := x.slot
		return func(in *Interp) (int64, bool) {
			v := &in.slots[slot]
			return int64(v.num), isWhole(v)
		}
	}
	return nil
}

func isWhole(v *Value) bool {
	return v.kind == KindNumber && v.ref == nil && v.exp == 0 && v.taint == 0
}

// arithWhole makes the whole-number closure of an operator, or nil.
func arithWhole(op string, x, y *compiled) whole {
	if x.form == Quoted || y.form == Quoted {
		return nil
	}
	a, b := wholeOf(x), wholeOf(y)
	if a == nil || b == nil {
		return nil
	}
	constant := y.known
	k := int64(y.val.num)
	switch op {
	case "+":
		return func(in *Interp) (int64, bool) {
			m, ok := a(in)
			if !ok {
				return 0, false
			}
			n := k
			if !constant {
				if n, ok = b(in); !ok {
					return 0, false
				}
			}
			s := m + n
			return s, (s > m) == (n > 0)
		}
	case "-":
		return func(in *Interp) (int64, bool) {
			m, ok1 := a(in)
			n, ok2 := b(in)
			s := m - n
			return s, ok1 && ok2 && (s < m) == (n > 0)
		}
	case "*":
		return func(in *Interp) (int64, bool) {
			m, ok1 := a(in)
			n, ok2 := b(in)
			// Factors of 31 bits cannot overflow; others are rare.
			return m * n, ok1 && ok2 && m == int64(int32(m)) && n == int64(int32(n))
		}
	case "Mod":
		if constant && k > 0 {
			return func(in *Interp) (int64, bool) {
				m, ok := a(in)
				return m % k, ok && m != math.MinInt64
			}
		}
	}
	return nil
}

// setWhole assigns a whole number where that is decided at once.
func setWhole(slot int, w whole, general func(in *Interp) signal) func(in *Interp) signal {
	return func(in *Interp) signal {
		n, ok := w(in)
		if !ok {
			return general(in)
		}
		v := &in.slots[slot]
		if v.ref != nil {
			v.ref = nil
		}
		v.kind, v.num, v.exp, v.taint, v.nanos = KindNumber, uint64(n), 0, 0, 0
		return sigNext
	}
}

// A segment of a join is a literal, and then, unless it is nil, what appends.
type segment struct {
	lit  string
	slot int   // a variable; -1: none
	num  whole // a whole number, when slot is -1; nil: none
}

// joinFlat makes the closure of a join of literals, variables and whole
// numbers; ok false: something else is in it.
func joinFlat(parts []compiled) (segments []segment, ok bool) {
	for i := range parts {
		x := &parts[i]
		switch {
		case x.known:
			segments = append(segments, segment{lit: x.val.Text(), slot: -1})
		case x.slot >= 0:
			segments = append(segments, segment{slot: x.slot})
		case x.whole != nil:
			segments = append(segments, segment{slot: -1, num: x.whole})
		case x.flat != nil:
			segments = append(segments, x.flat...)
		default:
			return nil, false
		}
	}
	return segments, true
}

// joinSegments is the join of segments; general is asked when one of them is
// not what loops are made of.
func joinSegments(segments []segment, general func(in *Interp) (Value, error)) func(in *Interp) (Value, error) {
	return func(in *Interp) (Value, error) {
		b := in.buf[:0]
		for i := range segments {
			s := &segments[i]
			if s.lit != "" {
				b = append(b, s.lit...)
			}
			switch {
			case s.slot >= 0:
				v := &in.slots[s.slot]
				switch {
				case v.taint != 0 || len(b) > longText:
					return general(in)
				case v.kind == KindText:
					b = append(b, v.raw()...)
				case isWhole(v):
					b = strconv.AppendInt(b, int64(v.num), 10)
				default:
					return general(in)
				}
			case s.num != nil:
				n, ok := s.num(in)
				if !ok {
					return general(in)
				}
				b = strconv.AppendInt(b, n, 10)
			}
		}
		if len(b) > longText {
			return general(in)
		}
		in.buf = b
		return Text(string(b)), nil
	}
}

// equalSlot compares a variable with a literal text or whole number.
func equalSlot(slot int, k Value, want bool, general func(in *Interp) (bool, error)) func(in *Interp) (bool, error) {
	if k.kind == KindText {
		lit := k.raw()
		return func(in *Interp) (bool, error) {
			v := &in.slots[slot]
			if v.kind != KindText {
				return general(in)
			}
			s := v.raw()
			if len(s) == len(lit) && s == lit {
				return want, nil
			}
			return EqualFold(s, lit) == want, nil
		}
	}
	n := k.num
	return func(in *Interp) (bool, error) {
		v := &in.slots[slot]
		if !isWhole(v) {
			return general(in)
		}
		return (v.num == n) == want, nil
	}
}

// equalWhole compares a calculation with a literal whole number.
func equalWhole(w whole, k int64, want bool, general func(in *Interp) (bool, error)) func(in *Interp) (bool, error) {
	return func(in *Interp) (bool, error) {
		n, ok := w(in)
		if !ok {
			return general(in)
		}
		return (n == k) == want, nil
	}
}

// templateParts are the parts of a template as operands.
func (c *compiler) templateParts(t *ast.Template, where textKind) ([]compiled, bool) {
	parts := make([]compiled, 0, len(t.Parts))
	good := true
	for _, p := range t.Parts {
		if p.Ref == nil {
			parts = append(parts, known(Text(p.Text)))
			continue
		}
		x, ok := c.reader(p.Ref, where)
		good = good && ok
		parts = append(parts, x)
	}
	return parts, good
}
