package runtime

import (
	"fmt"
	"io"
	"strconv"
	"time"
	"unsafe"

	"github.com/amsx-lang/amsx/internal/redact"
)

// A Kind is the type of a Value.
type Kind uint8

// The kinds of values. Keep is no value of the language: a mapping gives it
// for a column that this record leaves as it is.
const (
	KindNull Kind = iota
	KindText
	KindNumber
	KindBoolean
	KindDate     // a day
	KindDateTime // an instant, kept in UTC
	KindList
	KindJSON
	KindRow
	KindTable
	KindXML
	KindKeep
)

var kindNames = [...]string{"Null", "Text", "Number", "Boolean", "Date", "DateTime", "List", "Json", "Row", "Table", "Xml", "Keep"}

// String is the kind's name in the language.
func (k Kind) String() string { return kindNames[k] }

// A Taint is the set of credential packs that a value was made from, one bit a
// pack opened by the run. The zero Taint is a value that is no secret.
type Taint uint16

// A Value is one value of the language. It is small (32 bytes), is passed by
// value, and is immutable but for Lists, Rows and Tables, which are shared by
// reference until they are changed (copy on write). The zero Value is Null.
type Value struct {
	// num is a text's or List's length, a small number's coefficient, a
	// boolean, a date's day number since 1970-01-01, an instant's Unix seconds.
	num uint64
	// ref is the bytes of a text, of Json or of a number in JSON (textPtr), or
	// the value itself where it does not fit: *decimal.Decimal, *list, *row,
	// *Rowset, *PageRecord, an XMLNode.
	ref   any
	kind  Kind
	exp   int8   // a small number's exponent: value = coefficient × 10^exp; a List's depth
	taint Taint  // see Taint
	nanos uint32 // an instant's; a List's weight
}

// textPtr keeps a text's bytes alive without the allocation that boxing a
// string header in an interface costs (as log/slog does).
type textPtr *byte

// Null is the absent value.
func Null() Value { return Value{} }

// Keep says that a column stays as it is; see KindKeep.
func Keep() Value { return Value{kind: KindKeep} }

// Text returns a text. The string is not copied.
func Text(s string) Value {
	return Value{kind: KindText, num: uint64(len(s)), ref: textPtr(unsafe.StringData(s))}
}

// Int returns a whole number.
func Int(n int64) Value { return Value{kind: KindNumber, num: uint64(n)} }

// Bool returns a Boolean.
func Bool(b bool) Value {
	v := Value{kind: KindBoolean}
	if b {
		v.num = 1
	}
	return v
}

// Date returns the day of t, in t's own location.
func Date(t time.Time) Value {
	y, m, d := t.Date()
	return Value{kind: KindDate, num: uint64(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)}
}

// DateTime returns an instant.
func DateTime(t time.Time) Value {
	return Value{kind: KindDateTime, num: uint64(t.Unix()), nanos: uint32(t.Nanosecond())}
}

// Kind returns the value's kind.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether v is Null.
func (v Value) IsNull() bool { return v.kind == KindNull }

// Taint returns the packs whose secrets are in v or in anything that it holds.
// A field of a Row has its own taint: the address of a credential is no secret
// where its password is.
func (v Value) Taint() Taint {
	switch r := v.ref.(type) {
	case *row:
		return v.taint | r.held.taint
	case *Rowset:
		return v.taint | r.held.taint
	}
	return v.taint
}

// WithTaint returns v with t added.
func (v Value) WithTaint(t Taint) Value {
	v.taint |= t
	return v
}

// raw returns the string behind a text-like value.
func (v Value) raw() string {
	p, ok := v.ref.(textPtr)
	if !ok || p == nil {
		return ""
	}
	return unsafe.String((*byte)(p), int(v.num))
}

// Time returns the instant of a DateTime or the UTC midnight of a Date.
func (v Value) Time() time.Time {
	if v.kind == KindDate {
		return time.Unix(int64(v.num)*86400, 0).UTC()
	}
	return time.Unix(int64(v.num), int64(v.nanos)).UTC()
}

// An XMLNode is an element, attribute or text of an XML document, as whoever
// reads XML keeps it.
type XMLNode interface {
	// Text is the text content.
	Text() string
	// Child returns what one step of a path finds: the child elements of a
	// name (XML, or a List of several), @attribute or #text. Null: nothing.
	Child(name string) Value
	// Size estimates the bytes that the node keeps alive. It is asked for
	// often.
	Size() int
}

// XML returns an XML value.
func XML(n XMLNode) Value { return Value{kind: KindXML, ref: n} }

// Node returns the node of an Xml value, nil for any other value.
func (v Value) Node() XMLNode {
	n, _ := v.ref.(XMLNode)
	return n
}

// Truth returns a Boolean's value.
func (v Value) Truth() bool { return v.kind == KindBoolean && v.num != 0 }

// mask is what is shown in the place of a secret.
const mask = redact.Mask

// GoString shows a value in tests and panics, never a secret.
func (v Value) GoString() string {
	if v.Taint() != 0 {
		return v.kind.String() + "(" + mask + ")"
	}
	return v.kind.String() + "(" + strconv.Quote(v.Text()) + ")"
}

// Format shows a value in fmt, for every verb: its text, never a secret.
func (v Value) Format(f fmt.State, verb rune) {
	switch {
	case verb == 'v' && f.Flag('#'):
		io.WriteString(f, v.GoString())
	case v.Taint() != 0:
		io.WriteString(f, mask)
	case verb == 'q':
		io.WriteString(f, strconv.Quote(v.Text()))
	default:
		io.WriteString(f, v.Text())
	}
}
