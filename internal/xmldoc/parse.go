// Package xmldoc reads XML for scripts: within bounds, without document types
// and entities of its own, element by element where the path allows it, and to
// and from Json. What it reads are trees of etree.
package xmldoc

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/beevik/etree"

	"github.com/amsx-lang/amsx/lexer"
)

// The bounds of a document.
const (
	MaxDepth      = 200
	MaxAttributes = 1000 // of one element
)

// ErrSize is the error of a document that would occupy more memory than it
// may.
var ErrSize = errors.New("the XML is too large to be held as a whole")

// An Error says what is wrong with XML, or with a path, and what to do about
// it.
type Error struct {
	Message string
	hint    string
}

// Error is what is wrong.
func (e *Error) Error() string { return e.Message }

// Hint is what to do about it; it may be empty.
func (e *Error) Hint() string { return e.hint }

func failf(hint, format string, args ...any) error {
	return &Error{fmt.Sprintf(format, args...), hint}
}

// A Charset reads bytes of an encoding that the XML declaration names.
type Charset func(name string, r io.Reader) (io.Reader, error)

// Parse reads a whole document and returns its root. It occupies at most limit
// bytes. charset may be nil: the text is UTF-8, whatever it says of itself.
func Parse(r io.Reader, limit int64, charset Charset) (*etree.Element, error) {
	p := newParser(r, limit, charset)
	for {
		e, err := p.element()
		if err == io.EOF {
			return p.root, p.finish()
		}
		if err != nil {
			return nil, err
		}
		if p.root == nil {
			p.root = e
		}
		if err := p.subtree(e); err != nil {
			return nil, err
		}
	}
}

// A parser reads the tokens of a document and checks what encoding/xml does
// not, when it is asked for raw tokens.
type parser struct {
	dec   *xml.Decoder
	limit int64
	size  int64
	open  []*etree.Element // elements that are not closed
	root  *etree.Element
	roots int

	line, column int // where the last token begins
}

func newParser(r io.Reader, limit int64, charset Charset) *parser {
	p := &parser{dec: xml.NewDecoder(r), limit: limit}
	p.dec.CharsetReader = func(name string, r io.Reader) (io.Reader, error) {
		if charset == nil {
			return r, nil
		}
		return charset(name, r)
	}
	return p
}

// element returns the next start tag outside of what is read already, as an
// element without content, or io.EOF. End tags of open elements are taken.
func (p *parser) element() (*etree.Element, error) {
	for {
		t, err := p.token()
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			return p.start(t)
		case xml.EndElement:
			if err := p.end(t.Name); err != nil {
				return nil, err
			}
		case xml.CharData:
			if len(p.open) == 0 && strings.TrimSpace(string(t)) != "" {
				return nil, p.failf("XML has one element around everything, and begins with <; Json is read with Json(…)", "there is text outside of the root element")
			}
		}
	}
}

// subtree reads the content of an element that element has returned.
func (p *parser) subtree(e *etree.Element) error {
	outside := len(p.open) - 1
	for len(p.open) > outside {
		t, err := p.token()
		if err == io.EOF {
			return p.finish()
		}
		if err != nil {
			return err
		}
		in := p.open[len(p.open)-1]
		switch t := t.(type) {
		case xml.StartElement:
			child, err := p.start(t)
			if err != nil {
				return err
			}
			in.AddChild(child)
		case xml.EndElement:
			if err := p.end(t.Name); err != nil {
				return err
			}
		case xml.CharData:
			if err := p.grow(textSize + len(t)); err != nil {
				return err
			}
			in.CreateText(string(t))
		case xml.Comment:
			if err := p.grow(textSize + len(t)); err != nil {
				return err
			}
			in.CreateComment(string(t))
		case xml.ProcInst:
			if err := p.grow(textSize + len(t.Inst)); err != nil {
				return err
			}
			in.CreateProcInst(t.Target, string(t.Inst))
		}
	}
	return nil
}

// finish is what is wrong with a document that has come to its end.
func (p *parser) finish() error {
	switch {
	case len(p.open) > 0:
		return p.failf("the text is cut off; is it a part of a larger one?", "<%s> is not closed", p.open[len(p.open)-1].FullTag())
	case p.roots == 0:
		return failf("give XML, which begins with <", "there is no XML in the text")
	}
	return nil
}

// token returns the next token, or io.EOF.
func (p *parser) token() (xml.Token, error) {
	p.line, p.column = p.dec.InputPos()
	t, err := p.dec.RawToken()
	if err == io.EOF {
		return nil, err
	}
	if err != nil {
		p.line, p.column = p.dec.InputPos()
	}
	var bad *xml.SyntaxError
	switch {
	case errors.As(err, &bad) && strings.Contains(bad.Msg, "invalid character entity"):
		name := strings.TrimSuffix(strings.TrimPrefix(bad.Msg, "invalid character entity "), " (no semicolon)")
		return nil, p.failf("an & in a text is written &amp;; of the named characters XML has only &lt; &gt; &amp; &quot; and &apos;", "the entity %s is not known", name)
	case errors.As(err, &bad):
		return nil, p.failf(mend, "the XML is broken: %s", bad.Msg)
	case err != nil:
		return nil, err
	}
	if d, ok := t.(xml.Directive); ok {
		word, _, _ := strings.Cut(string(d), " ")
		return nil, p.failf("have whoever makes the file leave it out: document types and entities of one's own can make a small file huge, and read other files", "<!%s is refused", lexer.Safe(word))
	}
	return t, nil
}

// mend is what to do about broken XML.
const mend = "look at that place: is it XML at all? Whoever makes it has to mend it"

func (p *parser) failf(hint, format string, args ...any) error {
	return failf(hint, "%s (line %d, column %d of the XML)", fmt.Sprintf(format, args...), p.line, p.column)
}

// What the parts of a tree occupy, about.
const (
	elementSize   = 176
	attributeSize = 64
	textSize      = 96
)

func (p *parser) grow(n int) error {
	if p.size += int64(n); p.size > p.limit {
		return ErrSize
	}
	return nil
}

func (p *parser) start(t xml.StartElement) (*etree.Element, error) {
	switch {
	case len(p.open) == 0 && p.roots > 0:
		return nil, p.failf("XML has one element around everything", "a second element <%s> follows the root", full(t.Name))
	case len(p.open) >= MaxDepth:
		return nil, p.failf("is this another kind of XML than you expect?", "elements are nested more than %d deep", MaxDepth)
	case len(t.Attr) > MaxAttributes:
		return nil, p.failf("is this another kind of XML than you expect?", "<%s> has more than %d attributes", full(t.Name), MaxAttributes)
	}
	if len(p.open) == 0 {
		p.roots++
	}
	e := etree.NewElement(full(t.Name))
	n := elementSize + len(t.Name.Local)
	for i, a := range t.Attr {
		for _, b := range t.Attr[:i] {
			if a.Name == b.Name {
				return nil, p.failf(mend, "the XML is broken: <%s> has the attribute %s twice", full(t.Name), full(a.Name))
			}
		}
		e.Attr = append(e.Attr, etree.Attr{Space: a.Name.Space, Key: a.Name.Local, Value: a.Value})
		n += attributeSize + len(a.Name.Local) + len(a.Value)
	}
	p.open = append(p.open, e)
	return e, p.grow(n)
}

func (p *parser) end(n xml.Name) error {
	if len(p.open) == 0 {
		return p.failf(mend, "the XML is broken: </%s> closes nothing", full(n))
	}
	last := p.open[len(p.open)-1]
	if last.Space != n.Space || last.Tag != n.Local {
		return p.failf(mend, "the XML is broken: </%s> stands where <%s> must be closed", full(n), last.FullTag())
	}
	p.open = p.open[:len(p.open)-1]
	return nil
}

func full(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}
