package runtime

import (
	"errors"
	"fmt"
	"strings"
)

// A Form says how an operand of a comparison is written, which decides how it
// is compared.
type Form uint8

// The forms.
const (
	Plain   Form = iota // a variable, a function, a calculation
	Quoted              // "…": it is text, whatever it looks like
	Literal             // a number as such: 12
)

// How two operands are compared.
type comparison uint8

const (
	asText comparison = iota
	asNumbers
	asDates
	asBooleans
	asNull // one is Null: = is False, and so is every order
)

var errNoOrder = errors.New("the values True and False have no order: compare with = or <>")

// compared decides how x and y are compared and converts them for it.
func compared(x, y Value, fx, fy Form) (a, b Value, how comparison, err error) {
	if x.kind == KindNull || y.kind == KindNull {
		return x, y, asNull, nil
	}
	if x.kind == KindText && y.kind == KindText && (fx == Quoted || fy == Quoted) {
		return x, y, asText, nil
	}
	for _, v := range [2]Value{x, y} {
		switch v.kind {
		case KindList, KindRow, KindTable, KindJSON:
			return x, y, 0, notScalar(v)
		case KindXML:
			return compared(scalar(x), scalar(y), fx, fy)
		}
	}
	switch {
	case isDate(x) || isDate(y):
		return datesCompared(x, y)
	case x.kind == KindBoolean || y.kind == KindBoolean:
		return booleansCompared(x, y, fx == Quoted || fy == Quoted)
	case fx == Quoted || fy == Quoted:
		return x, y, asText, nil
	}
	n, okx := exactNumber(x)
	m, oky := exactNumber(y)
	switch {
	case okx && oky:
		return n, m, asNumbers, nil
	case fx == Literal && !oky:
		if blankText(y) {
			return x, y, asNull, nil
		}
		return x, y, 0, literalError(x, y)
	case fy == Literal && !okx:
		if blankText(x) {
			return x, y, asNull, nil
		}
		return x, y, 0, literalError(y, x)
	}
	if d, e, ok := bothDates(x, y); ok {
		return d, e, asDates, nil
	}
	return x, y, asText, nil
}

// isWord reports whether a text begins like no number and no date.
func isWord(v Value) bool {
	s := v.raw()
	return s != "" && s[0] > '9'
}

func isDate(v Value) bool { return v.kind == KindDate || v.kind == KindDateTime }

func blankText(v Value) bool { return v.kind == KindText && trimBlanks(v.raw()) == "" }

func notScalar(v Value) error {
	switch v.kind {
	case KindList:
		return fmt.Errorf("a List is compared with In or Contains, not with a comparison of two values")
	case KindTable:
		return fmt.Errorf("a Table cannot be compared; compare a field of a row, or Count(…)")
	}
	return fmt.Errorf("a %s cannot be compared as a whole; compare a field of it, such as %%x.name%%", v.kind)
}

func literalError(number, other Value) error {
	return fmt.Errorf("%s is compared with %s, which is no number: write \"%s\" in quotes to compare texts", number.Text(), shown(other), number.Text())
}

// datesCompared compares a Date or DateTime with another, or with text that
// must be one: a date in another form would compare by accident.
func datesCompared(x, y Value) (a, b Value, how comparison, err error) {
	if blankText(x) || blankText(y) {
		return x, y, asNull, nil
	}
	if a, err = ToDate(x); err == nil {
		b, err = ToDate(y)
	}
	if err != nil {
		return x, y, 0, fmt.Errorf("a date is compared with something else: %w", err)
	}
	return a, b, asDates, nil
}

func booleansCompared(x, y Value, quoted bool) (a, b Value, how comparison, err error) {
	if blankText(x) || blankText(y) {
		return x, y, asNull, nil
	}
	if quoted {
		return x, y, asText, nil
	}
	a, errA := ToBool(x)
	b, errB := ToBool(y)
	if errA == nil && errB == nil {
		return a, b, asBooleans, nil
	}
	if x.kind == KindNumber || y.kind == KindNumber {
		return x, y, 0, fmt.Errorf("%s is compared with %s: a Boolean is True or False (or 1 or 0)", shown(x), shown(y))
	}
	return x, y, asText, nil
}

// bothDates reads two texts as dates when both are wholly dates in an ISO form.
func bothDates(x, y Value) (a, b Value, ok bool) {
	if x.kind != KindText || y.kind != KindText {
		return a, b, false
	}
	if a, ok = isoDate(x.raw()); !ok {
		return a, b, false
	}
	b, ok = isoDate(y.raw())
	return a, b, ok
}

// Equal is the operator =. Null equals nothing, not even Null. A quoted
// operand is compared as text; else two operands that are wholly numbers
// compare as numbers and dates as dates; text ignores case.
func Equal(x, y Value, fx, fy Form) (bool, error) {
	if x.kind == KindText && y.kind == KindText && (fx == Quoted || fy == Quoted || isWord(x) || isWord(y)) {
		return EqualFold(x.raw(), y.raw()), nil
	}
	if x.kind == KindNumber && y.kind == KindNumber && x.ref == nil && y.ref == nil && x.exp == y.exp {
		return x.num == y.num, nil
	}
	a, b, how, err := compared(x, y, fx, fy)
	if err != nil {
		return false, err
	}
	switch how {
	case asNull:
		return false, nil
	case asNumbers:
		c, err := CompareNumbers(a, b)
		return c == 0, err
	case asDates:
		return a.Time().Equal(b.Time()), nil
	case asBooleans:
		return a.num == b.num, nil
	}
	return EqualFold(a.Text(), b.Text()), nil
}

// Order compares for <, <=, > and >=: -1, 0 or +1. ok is false when an operand
// is Null: then all four are False.
func Order(x, y Value, fx, fy Form) (c int, ok bool, err error) {
	if x.kind == KindNumber && y.kind == KindNumber && x.ref == nil && y.ref == nil && x.exp == y.exp {
		return order(int64(x.num), int64(y.num)), true, nil
	}
	a, b, how, err := compared(x, y, fx, fy)
	if err != nil {
		return 0, false, err
	}
	switch how {
	case asNull:
		return 0, false, nil
	case asNumbers:
		c, err = CompareNumbers(a, b)
		return c, true, err
	case asDates:
		return a.Time().Compare(b.Time()), true, nil
	case asBooleans:
		return 0, false, errNoOrder
	}
	if x.kind == KindBoolean || y.kind == KindBoolean {
		return 0, false, errNoOrder
	}
	if (x.kind == KindNumber) != (y.kind == KindNumber) {
		// 9 before "10" as numbers, behind it as texts: never by accident.
		n, t := x, y
		if y.kind == KindNumber {
			n, t = y, x
		}
		if fx == Quoted || fy == Quoted {
			return 0, false, fmt.Errorf("%s is a number and %s is text: write it without quotes to compare numbers", shown(n), shown(t))
		}
		return 0, false, fmt.Errorf("%s is a number and %s is not: they have no order", shown(n), shown(t))
	}
	return strings.Compare(FoldText(a.Text()), FoldText(b.Text())), true, nil
}

// Same is the operator ==: the texts are the same, case included. Null is the
// same as nothing.
func Same(x, y Value) bool {
	return x.kind != KindNull && y.kind != KindNull && x.Text() == y.Text()
}

// IsEmpty is Is Empty: Null, "", and a List, Table or Json array without
// elements.
func IsEmpty(v Value) bool {
	switch v.kind {
	case KindNull:
		return true
	case KindText:
		return v.num == 0
	case KindList, KindTable, KindJSON:
		n, ok := v.Len()
		return ok && n == 0
	case KindXML:
		return v.Text() == ""
	}
	return false
}

// In reports whether x equals an element of list: of a List or a Json array,
// of the only column of a Table. Null is in nothing.
func In(x, list Value, fx Form) (bool, error) {
	if x.kind == KindNull || list.kind == KindNull {
		return false, nil
	}
	if list.kind == KindTable && list.Columns().Len() != 1 {
		return false, fmt.Errorf("In wants a Table of one column, this one has %d", list.Columns().Len())
	}
	items, ok, err := list.Elements()
	if err != nil {
		return false, err
	}
	if !ok {
		return false, fmt.Errorf("In wants a List, and this is a %s: write = for one value", list.kind)
	}
	for _, y := range items {
		if y.kind == KindRow {
			y = y.Values()[0]
		}
		if y.kind == KindJSON || y.kind == KindList {
			continue
		}
		eq, err := Equal(x, y, fx, Plain)
		if eq || err != nil {
			return eq, err
		}
	}
	return false, nil
}

// Contains is the operator of that name: text within text, ignoring case, or,
// for a List or a Json array, an element that equals y. Null contains nothing.
func Contains(x, y Value, fy Form) (bool, error) {
	switch {
	case x.kind == KindNull || y.kind == KindNull:
		return false, nil
	case x.kind == KindList || x.kind == KindTable || x.kind == KindJSON && x.IsArray():
		return In(y, x, fy)
	}
	s, t, err := texts("Contains", x, y)
	return err == nil && strings.Contains(s, t), err
}

// StartsWith reports whether the text x begins with y, ignoring case.
func StartsWith(x, y Value) (bool, error) {
	if x.kind == KindNull || y.kind == KindNull {
		return false, nil
	}
	s, t, err := texts("StartsWith", x, y)
	return err == nil && strings.HasPrefix(s, t), err
}

// EndsWith reports whether the text x ends with y, ignoring case.
func EndsWith(x, y Value) (bool, error) {
	if x.kind == KindNull || y.kind == KindNull {
		return false, nil
	}
	s, t, err := texts("EndsWith", x, y)
	return err == nil && strings.HasSuffix(s, t), err
}

// Like reports whether the text x matches the pattern y, ignoring case: * is
// any text, ? is one character.
func Like(x, y Value) (bool, error) {
	if x.kind == KindNull || y.kind == KindNull {
		return false, nil
	}
	s, t, err := texts("Like", x, y)
	return err == nil && matches(s, t), err
}

func texts(op string, x, y Value) (s, t string, err error) {
	for _, v := range [2]Value{x, y} {
		switch v.kind {
		case KindList, KindRow, KindTable, KindJSON:
			return "", "", fmt.Errorf("%s compares texts, and this is a %s", op, v.kind)
		}
	}
	return FoldText(x.Text()), FoldText(y.Text()), nil
}

// matches compares with * and ?, in time of at most len(s)×len(pattern).
func matches(s, pattern string) bool {
	si, pi, star, mark := 0, 0, -1, 0
	for si < len(s) {
		switch {
		case pi < len(pattern) && pattern[pi] == '*':
			star, mark = pi, si
			pi++
		case pi < len(pattern) && pattern[pi] == '?':
			si += runeLen(s[si:])
			pi++
		case pi < len(pattern) && pattern[pi] == s[si]:
			si++
			pi++
		case star >= 0:
			mark += runeLen(s[mark:])
			si, pi = mark, star+1
		default:
			return false
		}
	}
	for pi < len(pattern) && pattern[pi] == '*' {
		pi++
	}
	return pi == len(pattern)
}

func runeLen(s string) int {
	n := 1
	for n < len(s) && s[n]&0xC0 == 0x80 {
		n++
	}
	return n
}
