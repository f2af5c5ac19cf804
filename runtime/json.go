package runtime

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// errFound ends a walk over JSON early.
var errFound = errors.New("found")

const bom = "\ufeff"

// ParseJSON checks JSON text and returns its value: Json for an object or an
// array, whose text is kept and read when a path asks; Text, Number, Boolean
// or Null for the others. A byte order mark is skipped. An error wraps
// ErrTruncated or ErrJSON.
func ParseJSON(s string) (Value, error) {
	s = strings.TrimPrefix(s, bom)
	p := newScanner(s)
	p.blank()
	from := p.i
	if err := p.skip(); err != nil {
		return Value{}, err
	}
	to := p.i
	if err := p.end(); err != nil {
		return Value{}, err
	}
	if !utf8.ValidString(s) {
		return Value{}, fmt.Errorf("%w: it is not in UTF-8", ErrJSON)
	}
	return jsonValue(s[from:to]), nil
}

// JSON returns a Json value of text that is known to be an object or an array.
// The text is not copied, and not checked before a path reads in it.
func JSON(raw string) Value {
	return Value{kind: KindJSON, num: uint64(len(raw)), ref: textPtr(unsafe.StringData(raw))}
}

// jsonValue is the value of one checked JSON value without white space around.
func jsonValue(raw string) Value {
	if raw == "" {
		return Value{}
	}
	switch raw[0] {
	case '"':
		s := raw[1 : len(raw)-1]
		if strings.IndexByte(s, '\\') >= 0 {
			return Text(string(unescape(nil, s)))
		}
		return Text(s)
	case '{', '[':
		return JSON(raw)
	case 't', 'f':
		return Bool(raw[0] == 't')
	case 'n':
		return Value{}
	}
	return jsonNumber(raw)
}

// jsonText is the text of a Json value.
func (v Value) jsonText() string {
	if r, ok := v.ref.(*PageRecord); ok {
		return r.Raw()
	}
	return v.raw()
}

// IsArray reports whether v is a Json array.
func (v Value) IsArray() bool {
	if v.kind != KindJSON {
		return false
	}
	s := v.jsonText()
	return strings.HasPrefix(strings.TrimLeft(s, " \t\r\n"), "[")
}

// eachElement calls f with the text of each element of a Json array, until f
// returns false.
func (v Value) eachElement(f func(raw string) bool) error {
	s := v.jsonText()
	p := newScanner(s)
	if p.blank() != '[' {
		return fmt.Errorf("%w: a list was expected", ErrJSON)
	}
	err := p.array(func() error {
		from := p.i
		if err := p.skip(); err != nil {
			return err
		}
		if !f(s[from:p.i]) {
			return errFound
		}
		return nil
	})
	if err == errFound {
		return nil
	}
	return err
}

// EachMember calls f with the names and values of a Json object, in their
// order, until f returns false. A name that comes twice is given twice.
func (v Value) EachMember(f func(name string, x Value) bool) error {
	s := v.jsonText()
	p := newScanner(s)
	if p.blank() != '{' {
		return fmt.Errorf("%w: an object was expected", ErrJSON)
	}
	err := p.object(func(name string, _, _ int) error {
		from := p.i
		if err := p.skip(); err != nil {
			return err
		}
		if !f(name, jsonValue(s[from:p.i]).WithTaint(v.taint)) {
			return errFound
		}
		return nil
	})
	if err == errFound {
		return nil
	}
	return err
}
