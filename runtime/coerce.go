package runtime

import (
	"errors"
	"fmt"
	"strings"
)

// scalar is what an operator makes of a value that may be an element of XML:
// its text.
func scalar(v Value) Value {
	if v.kind == KindXML {
		return Text(v.Text()).WithTaint(v.taint)
	}
	return v
}

// operand converts one side of an arithmetic operator, ready to calculate.
func operand(op byte, v Value) (Value, error) {
	switch v.kind {
	case KindXML:
		return operand(op, scalar(v))
	case KindNumber:
		return v.calculable()
	case KindNull:
		return Value{}, nil
	case KindText:
		s := v.raw()
		if trimBlanks(s) == "" {
			return Value{}, nil
		}
		n, _, err := parseDecimal(trimBlanks(s), false)
		if err == nil {
			return n, nil
		}
		if v.taint != 0 {
			s = mask
		}
		if op == '+' && errors.Is(err, ErrNotNumber) {
			return Value{}, fmt.Errorf("%w; + adds numbers, & joins texts", numberError(s, err))
		}
		return Value{}, numberError(s, err)
	case KindDate, KindDateTime:
		return Value{}, fmt.Errorf("%s is a date: calculate with DateAdd or DateDiff", shown(v))
	case KindBoolean:
		return Value{}, fmt.Errorf("%s is a Boolean, and %s wants numbers", v.Text(), opName(op))
	}
	return Value{}, fmt.Errorf("a %s cannot be calculated with: %s wants numbers", v.kind, opName(op))
}

// ToNumber converts v to a Number: a Number is as it is, a text must be wholly
// a number, Null and empty text are Null, True and False are 1 and 0.
func ToNumber(v Value) (Value, error) {
	switch v.kind {
	case KindXML:
		return ToNumber(scalar(v))
	case KindNumber:
		return v, nil
	case KindNull:
		return v, nil
	case KindBoolean:
		return Int(int64(v.num)).WithTaint(v.taint), nil
	case KindText:
		if trimBlanks(v.raw()) == "" {
			return Value{taint: v.taint}, nil
		}
		if v.taint != 0 {
			n, err := ParseNumber(v.raw())
			if err != nil {
				return Value{}, fmt.Errorf("%s %w", mask, ErrNotNumber)
			}
			return n.WithTaint(v.taint), nil
		}
		return ParseNumber(v.raw())
	}
	return Value{}, fmt.Errorf("a %s is not a number", v.kind)
}

// IsNumber reports whether v is a Number or text that is wholly one.
func IsNumber(v Value) bool {
	if v.kind == KindNumber {
		return true
	}
	_, ok := exactNumber(v)
	return ok
}

// exactNumber reads a value as a number when no digit is lost by it: a serial
// number of 40 digits must never equal another that only begins like it.
func exactNumber(v Value) (Value, bool) {
	switch v.kind {
	case KindXML:
		return exactNumber(scalar(v))
	case KindNumber:
		if _, ok := v.ref.(textPtr); !ok {
			return v, true
		}
		n, exact, err := parseDecimal(v.raw(), true)
		return n, exact && err == nil
	case KindText:
		s := trimBlanks(v.raw())
		if s == "" || s[0] > '9' {
			return Value{}, false
		}
		n, exact, err := parseDecimal(s, false)
		return n, exact && err == nil
	}
	return Value{}, false
}

// ToBool converts v to a Boolean: True and False as such or as text in any
// case, the numbers 1 and 0. Null and empty text are Null.
func ToBool(v Value) (Value, error) {
	switch v.kind {
	case KindXML:
		return ToBool(scalar(v))
	case KindBoolean, KindNull:
		return v, nil
	case KindNumber:
		if n, ok := v.Int64(); ok && (n == 0 || n == 1) {
			return Bool(n == 1).WithTaint(v.taint), nil
		}
	case KindText:
		switch s := trimBlanks(v.raw()); {
		case s == "":
			return Value{taint: v.taint}, nil
		case strings.EqualFold(s, "true"), s == "1":
			return Bool(true).WithTaint(v.taint), nil
		case strings.EqualFold(s, "false"), s == "0":
			return Bool(false).WithTaint(v.taint), nil
		}
	default:
		return Value{}, fmt.Errorf("a %s is neither True nor False", v.kind)
	}
	return Value{}, fmt.Errorf("%s is neither True nor False", shown(v))
}

// Condition decides an If: a Boolean, or what ToBool makes one; Null is False.
func Condition(v Value) (bool, error) {
	if v.kind == KindBoolean {
		return v.num != 0, nil
	}
	b, err := ToBool(v)
	return b.num != 0 && b.kind == KindBoolean, err
}

// ToDate converts v to a Date or DateTime: those as they are, text in an ISO
// form. Null and empty text are Null.
func ToDate(v Value) (Value, error) {
	switch v.kind {
	case KindXML:
		return ToDate(scalar(v))
	case KindDate, KindDateTime, KindNull:
		return v, nil
	case KindText:
		if trimBlanks(v.raw()) == "" {
			return Value{taint: v.taint}, nil
		}
		d, err := ParseDate(v.raw())
		if err != nil && v.taint != 0 {
			return Value{}, fmt.Errorf("%s is no date", mask)
		}
		return d.WithTaint(v.taint), err
	}
	return Value{}, fmt.Errorf("a %s is not a date", v.kind)
}
