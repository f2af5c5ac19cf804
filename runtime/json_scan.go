package runtime

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// ErrTruncated is wrapped by the error of JSON that ends before it is complete:
// the answer was cut on its way and may be fetched again.
var ErrTruncated = errors.New("the text ends before it is complete")

// ErrJSON is wrapped by the error of text that is no JSON.
var ErrJSON = errors.New("this is no valid JSON")

// maxDepth bounds how deep JSON may be nested.
const maxDepth = 512

// A scanner walks over JSON text and checks its syntax (RFC 8259) on the way.
// It is used instead of a library for one reason: it skips, checks and
// projects in one pass, without a node per value.
type scanner struct {
	b     []byte // the text, never written
	i     int
	depth int
}

func newScanner(s string) scanner {
	return scanner{b: unsafe.Slice(unsafe.StringData(s), len(s))}
}

// str returns a part of the text without copying it.
func (p *scanner) str(from, to int) string {
	if from == to {
		return ""
	}
	return unsafe.String(&p.b[from], to-from)
}

// fail says what is wrong at the place where the scanner stands.
func (p *scanner) fail(want string) error {
	if p.i >= len(p.b) {
		return fmt.Errorf("%w, after %d bytes", ErrTruncated, len(p.b))
	}
	r, n := utf8.DecodeRune(p.b[p.i:])
	if r == utf8.RuneError && n == 1 || r < ' ' {
		return fmt.Errorf("%w: byte %#02x at position %d, where %s is expected", ErrJSON, p.b[p.i], p.i+1, want)
	}
	return fmt.Errorf("%w: %q at position %d, where %s is expected", ErrJSON, r, p.i+1, want)
}

// blank skips white space and returns the next byte, 0 at the end.
func (p *scanner) blank() byte {
	for p.i < len(p.b) {
		c := p.b[p.i]
		if c > ' ' {
			return c
		}
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
		p.i++
	}
	return 0
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// text skips the string whose opening quote is at i, and returns its bytes
// between the quotes and whether there is a backslash in them.
func (p *scanner) text() (from, to int, escaped bool, err error) {
	b, i := p.b, p.i+1
	from = i
	for {
		// Eight bytes at a time: the lowest flagged byte is a quote, a
		// backslash or a control character.
		for i+8 <= len(b) {
			x := binary.LittleEndian.Uint64(b[i:])
			q, s := x^(ones*'"'), x^(ones*'\\')
			m := ((x-ones*' ')&^x | (q-ones)&^q | (s-ones)&^s) & highs
			if m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		if i >= len(b) {
			p.i = len(b)
			return 0, 0, false, p.fail("")
		}
		switch c := b[i]; {
		case c == '"':
			p.i = i + 1
			return from, i, escaped, nil
		case c == '\\':
			escaped = true
			if i+1 >= len(b) {
				p.i = len(b)
				return 0, 0, false, p.fail("")
			}
			switch b[i+1] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
				i += 2
			case 'u':
				for k := i + 2; k < i+6; k++ {
					if k >= len(b) || !isHex(b[k]) {
						p.i = k
						return 0, 0, false, p.fail("a hexadecimal digit of \\u")
					}
				}
				i += 6
			default:
				p.i = i + 1
				return 0, 0, false, p.fail("one of \" \\ / b f n r t u behind a backslash")
			}
		case c < ' ':
			p.i = i
			return 0, 0, false, p.fail("a character of a text (control characters are written \\u00…)")
		default:
			i++
		}
	}
}

func isHex(c byte) bool {
	return c-'0' <= 9 || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// unescape appends the text that is between the quotes of a checked string.
func unescape(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			j := i + 1
			for j < len(s) && s[j] != '\\' {
				j++
			}
			dst = append(dst, s[i:j]...)
			i = j
			continue
		}
		switch c := s[i+1]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := hex4(s[i+2:])
			i += 6
			if utf16.IsSurrogate(r) {
				pair := utf8.RuneError
				if i+6 <= len(s) && s[i] == '\\' && s[i+1] == 'u' {
					pair = utf16.DecodeRune(r, hex4(s[i+2:]))
				}
				if pair != utf8.RuneError {
					i += 6
				}
				r = pair
			}
			dst = utf8.AppendRune(dst, r)
			continue
		default:
			dst = append(dst, c)
		}
		i += 2
	}
	return dst
}

func hex4(s string) rune {
	var r rune
	for i := range 4 {
		c := s[i]
		switch {
		case c <= '9':
			c -= '0'
		default:
			c = c | 0x20 - 'a' + 10
		}
		r = r<<4 | rune(c)
	}
	return r
}

// skip checks the value at i and steps behind it. It is written without the
// calls of object and array: four fifths of an API's answer is skipped.
func (p *scanner) skip() error {
	switch c := p.blank(); c {
	case '"':
		_, _, _, err := p.text()
		return err
	case '{':
		return p.skipObject()
	case '[':
		return p.array(p.skip)
	default:
		return p.scalar(c)
	}
}

func (p *scanner) skipObject() error {
	if err := p.open(); err != nil {
		return err
	}
	for first := true; ; first = false {
		_, more, err := p.member(first)
		if err != nil || !more {
			return err
		}
		if err := p.skip(); err != nil {
			return err
		}
	}
}

// scalar checks a number, true, false or null that begins with c.
func (p *scanner) scalar(c byte) error {
	switch c {
	case 't':
		return p.word("true")
	case 'f':
		return p.word("false")
	case 'n':
		return p.word("null")
	}
	return p.number()
}

func (p *scanner) word(w string) error {
	for k := 1; k < len(w); k++ {
		p.i++
		if p.i >= len(p.b) || p.b[p.i] != w[k] {
			return p.fail(w)
		}
	}
	p.i++
	return nil
}

func (p *scanner) number() error {
	if p.i < len(p.b) && p.b[p.i] == '-' {
		p.i++
	}
	if p.i >= len(p.b) || p.b[p.i]-'0' > 9 {
		return p.fail("a value")
	}
	if p.b[p.i] == '0' {
		p.i++
	} else {
		p.digits()
	}
	if p.i < len(p.b) && p.b[p.i] == '.' {
		p.i++
		if p.i >= len(p.b) || p.b[p.i]-'0' > 9 {
			return p.fail("a digit")
		}
		p.digits()
	}
	if p.i < len(p.b) && p.b[p.i]|0x20 == 'e' {
		p.i++
		if p.i < len(p.b) && (p.b[p.i] == '+' || p.b[p.i] == '-') {
			p.i++
		}
		if p.i >= len(p.b) || p.b[p.i]-'0' > 9 {
			return p.fail("a digit")
		}
		p.digits()
	}
	return nil
}

func (p *scanner) digits() {
	for p.i < len(p.b) && p.b[p.i]-'0' <= 9 {
		p.i++
	}
}

// open steps into an object or array; close steps out of it.
func (p *scanner) open() error {
	if p.depth++; p.depth > maxDepth {
		return fmt.Errorf("%w: it is nested more than %d deep at position %d", ErrJSON, maxDepth, p.i+1)
	}
	p.i++
	return nil
}

func (p *scanner) close() {
	p.depth--
	p.i++
}

// A memberName is the name of a member as it stands between its quotes.
type memberName struct {
	from, to int
	escaped  bool
}

// member steps to the value of the next member of the object that was opened:
// from behind the {, or from behind the value of the member before. At the end
// of the object it steps out of it, and more is false.
func (p *scanner) member(first bool) (name memberName, more bool, err error) {
	c := p.blank()
	if c == '}' {
		p.close()
		return name, false, nil
	}
	if !first {
		if c != ',' {
			return name, false, p.fail("a comma or }")
		}
		p.i++
		c = p.blank()
	}
	if c != '"' {
		return name, false, p.fail("the name of a member in double quotes")
	}
	if name.from, name.to, name.escaped, err = p.text(); err != nil {
		return name, false, err
	}
	if p.blank() != ':' {
		return name, false, p.fail("a colon")
	}
	p.i++
	return name, true, nil
}

// plain is a member's name, unescaped where needed.
func (p *scanner) plain(n memberName) string {
	s := p.str(n.from, n.to)
	if n.escaped {
		s = string(unescape(nil, s))
	}
	return s
}

// object calls member for each member of the object at i; member must step
// over the value. The name is that between the quotes, unescaped where needed.
func (p *scanner) object(member func(name string, from, to int) error) error {
	if err := p.open(); err != nil {
		return err
	}
	for first := true; ; first = false {
		name, more, err := p.member(first)
		if err != nil || !more {
			return err
		}
		p.blank()
		if err := member(p.plain(name), name.from, name.to); err != nil {
			return err
		}
	}
}

// array calls element for each element of the array at i; it must step over
// the value.
func (p *scanner) array(element func() error) error {
	if err := p.open(); err != nil {
		return err
	}
	if p.blank() == ']' {
		p.close()
		return nil
	}
	for {
		p.blank()
		if err := element(); err != nil {
			return err
		}
		switch p.blank() {
		case ',':
			p.i++
		case ']':
			p.close()
			return nil
		default:
			return p.fail("a comma or ]")
		}
	}
}

// end checks that only white space follows.
func (p *scanner) end() error {
	if p.blank(); p.i < len(p.b) {
		return p.fail("the end")
	}
	return nil
}

// offset is the place of a part that str gave.
func (p *scanner) offset(part string) (from, to int) {
	from = int(uintptr(unsafe.Pointer(unsafe.StringData(part))) - uintptr(unsafe.Pointer(unsafe.SliceData(p.b))))
	return from, from + len(part)
}
