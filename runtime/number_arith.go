package runtime

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/shopspring/decimal"
)

// pow10 holds the powers of ten of an int64.
var pow10 = [...]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// Add returns x + y. Like all arithmetic here it wants Numbers, or texts that
// are wholly numbers; Null or empty text in an operand makes the result Null, as
// in SQL. Results have 28 significant digits, rounded half to even.
func Add(x, y Value) (Value, error) {
	if x.kind == KindNumber && y.kind == KindNumber && x.ref == nil && y.ref == nil && x.exp == y.exp {
		a, b := int64(x.num), int64(y.num)
		if s := a + b; (s > a) == (b > 0) {
			if x.exp == 0 {
				return Value{kind: KindNumber, num: uint64(s), taint: x.taint | y.taint}, nil
			}
			return shorten(s, int(x.exp)).WithTaint(x.taint | y.taint), nil
		}
	}
	return arith('+', x, y)
}

// Sub returns x - y; see Add.
func Sub(x, y Value) (Value, error) {
	if x.kind == KindNumber && y.kind == KindNumber && x.ref == nil && y.ref == nil && x.exp == y.exp {
		a, b := int64(x.num), int64(y.num)
		if s := a - b; (s < a) == (b > 0) {
			if x.exp == 0 {
				return Value{kind: KindNumber, num: uint64(s), taint: x.taint | y.taint}, nil
			}
			return shorten(s, int(x.exp)).WithTaint(x.taint | y.taint), nil
		}
	}
	return arith('-', x, y)
}

// Mul returns x × y; see Add.
func Mul(x, y Value) (Value, error) {
	if x.kind == KindNumber && y.kind == KindNumber && x.ref == nil && y.ref == nil && x.exp == 0 && y.exp == 0 {
		if p, ok := mul64(int64(x.num), int64(y.num)); ok {
			return Value{kind: KindNumber, num: uint64(p), taint: x.taint | y.taint}, nil
		}
	}
	return arith('*', x, y)
}

// Div returns x ÷ y; see Add. The error of a zero divisor wraps
// ErrDivisionByZero.
func Div(x, y Value) (Value, error) { return arith('/', x, y) }

// Mod returns the remainder of x ÷ y, which has the sign of x; see Div.
func Mod(x, y Value) (Value, error) {
	if x.kind == KindNumber && y.kind == KindNumber && x.ref == nil && y.ref == nil && x.exp == 0 && y.exp == 0 && y.num != 0 {
		return Value{kind: KindNumber, num: uint64(int64(x.num) % int64(y.num)), taint: x.taint | y.taint}, nil
	}
	return arith('%', x, y)
}

// Neg returns -x; see Add.
func Neg(x Value) (Value, error) { return arith('-', Int(0), x) }

func arith(op byte, x, y Value) (Value, error) {
	if x.kind == KindNumber && y.kind == KindNumber && x.ref == nil && y.ref == nil && (op != '/' && op != '%' || y.num != 0) {
		if v, ok := smallArith(op, x, y); ok {
			v.taint = x.taint | y.taint
			return v, nil
		}
	}
	t := x.Taint() | y.Taint()
	a, err := operand(op, x)
	if err != nil {
		return Value{}, err
	}
	b, err := operand(op, y)
	if err != nil {
		return Value{}, err
	}
	if a.kind == KindNull || b.kind == KindNull {
		return Value{taint: t}, nil
	}
	if (op == '/' || op == '%') && isZero(b) {
		return Value{}, fmt.Errorf("%s %s 0: %w", shown(x), opName(op), ErrDivisionByZero)
	}
	if a.ref == nil && b.ref == nil {
		if v, ok := smallArith(op, a, b); ok {
			return v.WithTaint(t), nil
		}
	}
	p, q := toDecimal(a), toDecimal(b)
	var r decimal.Decimal
	switch op {
	case '+':
		r = p.Add(q)
	case '-':
		r = p.Sub(q)
	case '*':
		r = p.Mul(q)
	case '/':
		r = quotient(p, q)
	case '%':
		r = p.Mod(q)
	}
	v, err := fromDecimal(r)
	if err != nil {
		return Value{}, fmt.Errorf("%s %s %s: %w", shown(x), opName(op), shown(y), err)
	}
	return v.WithTaint(t), nil
}

// shown is an operand in an error, never a secret.
func shown(v Value) string {
	if v.Taint() != 0 {
		return mask
	}
	s := short(v.Text())
	if v.kind == KindText {
		return fmt.Sprintf("%q", s)
	}
	return s
}

// short is the beginning of a text, for messages.
func short(s string) string {
	n := 0
	for i := range s {
		if n++; n > 40 {
			return s[:i] + "…"
		}
	}
	return s
}

func opName(op byte) string {
	if op == '%' {
		return "Mod"
	}
	return string(rune(op))
}

func isZero(v Value) bool {
	if d, ok := v.ref.(*decimal.Decimal); ok {
		return d.IsZero()
	}
	return v.num == 0
}

// smallArith calculates in 64 bits; ok is false when the result may not fit.
func smallArith(op byte, a, b Value) (v Value, ok bool) {
	x, y, ex, ey := int64(a.num), int64(b.num), int(a.exp), int(b.exp)
	switch op {
	case '*':
		p, ok := mul64(x, y)
		if !ok || ex+ey < -maxScale || ex+ey > 0 && p != 0 {
			return Value{}, false
		}
		return shorten(p, min(ex+ey, 0)), true
	case '/':
		if x%y == 0 && ex-ey <= 0 && ex-ey >= -maxScale && x != math.MinInt64 {
			return shorten(x/y, ex-ey), true
		}
		return Value{}, false
	}
	exp := min(ex, ey)
	if x, ok = scale(x, ex-exp); !ok {
		return Value{}, false
	}
	if y, ok = scale(y, ey-exp); !ok {
		return Value{}, false
	}
	switch op {
	case '+':
		if s := x + y; y == 0 || (s > x) == (y > 0) {
			return shorten(s, exp), true
		}
	case '-':
		if s := x - y; y == 0 || (s < x) == (y > 0) {
			return shorten(s, exp), true
		}
	case '%':
		return shorten(x%y, exp), true
	}
	return Value{}, false
}

// scale returns c × 10^n.
func scale(c int64, n int) (int64, bool) {
	if n == 0 || c == 0 {
		return c, true
	}
	if n >= len(pow10) {
		return 0, false
	}
	return mul64(c, pow10[n])
}

func mul64(x, y int64) (int64, bool) {
	ux, uy := uint64(x), uint64(y)
	if x < 0 {
		ux = -ux
	}
	if y < 0 {
		uy = -uy
	}
	hi, lo := bits.Mul64(ux, uy)
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if (x < 0) != (y < 0) {
		return -int64(lo), true
	}
	return int64(lo), true
}

// quotient divides to more digits than are kept. A remainder that is left
// behind them is made visible in one more digit, so that rounding half to
// even cannot take a little more than a half for a half.
func quotient(p, q decimal.Decimal) decimal.Decimal {
	scale := int32(maxDigits+2) + int32(max(0, q.NumDigits()+int(q.Exponent())-p.NumDigits()-int(p.Exponent())))
	scale = min(scale, maxScale+2)
	r, rest := p.QuoRem(q, scale)
	if rest.IsZero() {
		return r
	}
	sticky := decimal.New(1, -scale-1)
	if p.Sign() != q.Sign() {
		sticky = sticky.Neg()
	}
	return r.Add(sticky)
}

// CompareNumbers orders two Numbers: -1, 0 or +1. Only Numbers may be given;
// the error is that of a JSON number beyond the range.
func CompareNumbers(x, y Value) (int, error) {
	if x.ref == nil && y.ref == nil && x.exp == y.exp {
		return order(int64(x.num), int64(y.num)), nil
	}
	x, err := x.calculable()
	if err != nil {
		return 0, err
	}
	if y, err = y.calculable(); err != nil {
		return 0, err
	}
	if x.ref == nil && y.ref == nil {
		exp := min(x.exp, y.exp)
		a, ok1 := scale(int64(x.num), int(x.exp-exp))
		b, ok2 := scale(int64(y.num), int(y.exp-exp))
		if ok1 && ok2 {
			return order(a, b), nil
		}
	}
	return toDecimal(x).Cmp(toDecimal(y)), nil
}

func order(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Round returns x rounded to places digits after the point, halves away from
// zero; negative places round before the point.
func Round(x Value, places int) (Value, error) {
	return decimalFunc(x, func(d decimal.Decimal) decimal.Decimal { return d.Round(clampPlaces(places)) })
}

// Trunc returns x without its digits after the point.
func Trunc(x Value) (Value, error) {
	return decimalFunc(x, func(d decimal.Decimal) decimal.Decimal { return d.Truncate(0) })
}

// Floor returns the largest whole number that is not larger than x.
func Floor(x Value) (Value, error) { return decimalFunc(x, decimal.Decimal.Floor) }

// Abs returns x without its sign.
func Abs(x Value) (Value, error) { return decimalFunc(x, decimal.Decimal.Abs) }

func clampPlaces(n int) int32 { return int32(max(-maxExp-1, min(n, maxScale))) }

func decimalFunc(x Value, f func(decimal.Decimal) decimal.Decimal) (Value, error) {
	t := x.Taint()
	n, err := ToNumber(x)
	if err != nil || n.kind == KindNull {
		return n, err
	}
	if n, err = n.calculable(); err != nil {
		return Value{}, err
	}
	v, err := fromDecimal(f(toDecimal(n)))
	return v.WithTaint(t), err
}
