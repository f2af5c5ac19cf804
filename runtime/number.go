package runtime

import (
	"errors"
	"fmt"
	"strconv"
	"unsafe"

	"github.com/shopspring/decimal"
)

// The range of numbers, that of .NET's decimal: 28 significant digits, no
// digit beyond the 28th place after the point, nothing of 10^29 and above.
const (
	maxDigits = 28
	maxScale  = 28
	maxExp    = 28
)

// Errors of numbers. They are wrapped in the text that names the operands.
var (
	ErrDivisionByZero = errors.New("division by zero")
	ErrOverflow       = errors.New("the number is too large: at most 28 digits before the point")
	ErrUnderflow      = errors.New("the number is too small: less than 1 in the 28th place after the point")
	ErrNotNumber      = errors.New("is not a number")
)

// A KindNumber is in one of three forms, told apart by ref:
//
//	nil               num is the coefficient, an int64, and exp the exponent
//	textPtr           a JSON number, as it was written; num is its length
//	*decimal.Decimal  a coefficient that needs more than 64 bits

func small(coefficient int64, exponent int) Value {
	return Value{kind: KindNumber, num: uint64(coefficient), exp: int8(exponent)}
}

// jsonNumber is a JSON number that keeps its text until it is calculated with.
func jsonNumber(raw string) Value {
	if len(raw) <= 18 {
		if n, ok := plainInt(raw); ok {
			return Int(n)
		}
	}
	return Value{kind: KindNumber, num: uint64(len(raw)), ref: textPtr(unsafe.StringData(raw))}
}

// plainInt reads digits whose text is the number's own: no sign but minus,
// and not -0.
func plainInt(s string) (int64, bool) {
	i, neg := 0, false
	if s != "" && s[0] == '-' {
		i, neg = 1, true
	}
	if i == len(s) || s[i] == '0' && (neg || len(s) > 1) {
		return 0, false
	}
	var n int64
	for ; i < len(s); i++ {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int64(c)
	}
	if neg {
		n = -n
	}
	return n, true
}

// ParseNumber reads a number as people and scripts write it: digits with a
// minus sign or a decimal point; blanks around it are ignored. No sign +, no
// exponent and no thousands separator: a phone number or the code 1E5 is no
// number. An error wraps ErrNotNumber, ErrOverflow or ErrUnderflow.
func ParseNumber(s string) (Value, error) {
	v, _, err := parseDecimal(trimBlanks(s), false)
	if err != nil {
		return Value{}, numberError(s, err)
	}
	return v, nil
}

func numberError(s string, err error) error {
	s = short(s)
	if errors.Is(err, ErrNotNumber) {
		return fmt.Errorf("%q %w", s, err)
	}
	return fmt.Errorf("%q: %w", s, err)
}

func trimBlanks(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// parseDecimal reads a number, with an exponent where that is allowed. exact
// is false when digits after the point had to be rounded away; digits before
// it are never lost: such a number is an error.
func parseDecimal(s string, exponent bool) (v Value, exact bool, err error) {
	i, neg := 0, false
	if i < len(s) && s[i] == '-' {
		neg = true
		i++
	}
	var coef uint64
	digits, sig, frac := 0, 0, 0
	point := false
	for ; i < len(s); i++ {
		c := s[i]
		if c == '.' && !point {
			point = true
			if i+1 == len(s) || s[i+1] < '0' || s[i+1] > '9' {
				return Value{}, false, ErrNotNumber
			}
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		digits++
		if point {
			frac++
		}
		if sig > 0 || c != '0' {
			if sig++; sig <= 18 {
				coef = coef*10 + uint64(c-'0')
			}
		}
	}
	if digits == 0 {
		return Value{}, false, ErrNotNumber
	}
	exp := 0
	if i < len(s) {
		if !exponent || s[i]|0x20 != 'e' {
			return Value{}, false, ErrNotNumber
		}
		e, err := strconv.Atoi(s[i+1:])
		if errors.Is(err, strconv.ErrRange) {
			e = 1 << 20
			if s[i+1] == '-' {
				e = -e
			}
		} else if err != nil {
			return Value{}, false, ErrNotNumber
		}
		exp = max(-1<<20, min(e, 1<<20))
	}
	if sig == 0 {
		if frac <= maxScale && exp == 0 {
			return small(0, -frac), true, nil
		}
		return Int(0), true, nil
	}
	top := sig - frac + exp // digits before the point
	switch {
	case top > maxExp+1 || top > maxDigits && sig > maxDigits:
		return Value{}, false, ErrOverflow
	case top < -maxScale:
		return Value{}, false, ErrUnderflow
	}
	if sig <= 18 && exp-frac >= -maxScale && exp-frac <= maxExp {
		n := int64(coef)
		if neg {
			n = -n
		}
		return small(n, exp-frac), true, nil
	}
	// A number this long is rare; the library reads it.
	d, err := decimal.NewFromString(s)
	if err != nil {
		return Value{}, false, ErrNotNumber
	}
	v, err = fromDecimal(d)
	if err != nil {
		return Value{}, false, err
	}
	return v, toDecimal(v).Equal(d), nil
}

// fromDecimal brings an exact result into the range: rounded half to even,
// without zeros at the end.
func fromDecimal(d decimal.Decimal) (Value, error) {
	if d.IsZero() {
		return Int(0), nil
	}
	n, exp := d.NumDigits(), int(d.Exponent())
	if n+exp > maxExp+1 {
		return Value{}, ErrOverflow
	}
	if drop := max(n-maxDigits, -maxScale-exp); drop > 0 {
		d = d.RoundBank(int32(-(exp + drop)))
		if d.IsZero() {
			return Value{}, ErrUnderflow
		}
		if n, exp = d.NumDigits(), int(d.Exponent()); n+exp > maxExp+1 {
			return Value{}, ErrOverflow
		}
	}
	c := d.Coefficient()
	if c.IsInt64() && exp <= maxExp {
		return shorten(c.Int64(), exp), nil
	}
	// The library keeps zeros at the end of a coefficient; the text must not
	// depend on how a number came about.
	if exp < 0 {
		for exp < 0 {
			t := d.Truncate(int32(-exp - 1))
			if !t.Equal(d) {
				break
			}
			d, exp = t, exp+1
		}
		if c := d.Coefficient(); c.IsInt64() {
			return small(c.Int64(), int(d.Exponent())), nil
		}
	}
	return Value{kind: KindNumber, ref: &d}, nil
}

// shorten drops zeros at the end of the digits after the point.
func shorten(c int64, exp int) Value {
	for exp < 0 && c%10 == 0 {
		c /= 10
		exp++
	}
	return small(c, exp)
}

// toDecimal gives a Number that is not in its JSON form to the library.
func toDecimal(v Value) decimal.Decimal {
	if d, ok := v.ref.(*decimal.Decimal); ok {
		return *d
	}
	return decimal.New(int64(v.num), int32(v.exp))
}

// calculable reads a JSON number's text; other numbers are as they are.
func (v Value) calculable() (Value, error) {
	if _, ok := v.ref.(textPtr); !ok {
		return v, nil
	}
	n, _, err := parseDecimal(v.raw(), true)
	if err != nil {
		if v.taint != 0 {
			return Value{}, fmt.Errorf("%s %w", mask, err)
		}
		return Value{}, numberError(v.raw(), err)
	}
	n.taint = v.taint
	return n, nil
}

// Int64 returns a Number that is whole and fits. ok is false for any other
// value.
func (v Value) Int64() (n int64, ok bool) {
	if v.kind != KindNumber {
		return 0, false
	}
	if v.ref == nil && v.exp == 0 {
		return int64(v.num), true
	}
	v, err := v.calculable()
	if err != nil {
		return 0, false
	}
	d := toDecimal(v)
	if !d.IsInteger() {
		return 0, false
	}
	b := d.BigInt()
	return b.Int64(), b.IsInt64()
}

// appendNumber appends the number's text: as it was written, or, for the
// result of a calculation, in the shortest form without exponent.
func (v Value) appendNumber(dst []byte) []byte {
	switch r := v.ref.(type) {
	case textPtr:
		return append(dst, v.raw()...)
	case *decimal.Decimal:
		return append(dst, r.String()...)
	}
	return appendScaled(dst, int64(v.num), int(v.exp))
}

func appendScaled(dst []byte, c int64, exp int) []byte {
	if exp >= 0 {
		dst = strconv.AppendInt(dst, c, 10)
		if c != 0 {
			for range exp {
				dst = append(dst, '0')
			}
		}
		return dst
	}
	u := uint64(c)
	if c < 0 {
		u = -u
		dst = append(dst, '-')
	}
	var buf [20]byte
	d := strconv.AppendUint(buf[:0], u, 10)
	if n := len(d) + exp; n > 0 {
		dst = append(append(dst, d[:n]...), '.')
		return append(dst, d[n:]...)
	}
	dst = append(dst, '0', '.')
	for range -exp - len(d) {
		dst = append(dst, '0')
	}
	return append(dst, d...)
}

// KeyText is the text under which a value is a key: 1, 1.0 and 1e0 are one
// number and give "1". Every other value gives its Text.
func (v Value) KeyText() string {
	if v.kind != KindNumber {
		return v.Text()
	}
	n, err := v.calculable()
	if err != nil {
		return v.Text()
	}
	if n.ref == nil {
		n = shorten(int64(n.num), int(n.exp))
	}
	return string(n.appendNumber(nil))
}
