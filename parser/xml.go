package parser

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// Bounds of a document: far above what a transformation needs.
const (
	maxElementDepth = 50
	maxElements     = 20_000
	maxFaults       = 100 // of broken markup: then the rest is not looked at
)

// A place is where an element stands in the file. The tree of the document
// has no positions; the decoder's offsets have, and both come in one order.
type place struct {
	name  string
	pos   ast.Position // of <
	attrs []attrPlace
	text  []lexer.Piece // character data directly inside
	cdata bool
}

type attrPlace struct {
	name  string
	pos   ast.Position
	value *lexer.Fragment
}

// A survey walks the markup once, by the decoder's offsets.
type survey struct {
	src    *lexer.Source
	text   string
	base   int // of text in the file: behind a byte order mark
	places []*place
	open   []*place
	errs   lexer.List
	broken bool // the walk ended early: there is no tree
}

// surveyOf lists the elements of src in their order. When the errors say that
// the markup is broken, the list ends there.
func surveyOf(src *lexer.Source) *survey {
	s := &survey{src: src, text: src.Whole().Text()}
	s.base = len(src.Text()) - len(s.text)
	s.walk()
	return s
}

func (s *survey) pos(i int) ast.Position { return s.src.Position(s.base + i) }

func (s *survey) errorf(i int, code, hint, format string, args ...any) {
	s.errs.Errorf(s.pos(i), code, hint, format, args...)
}

func (s *survey) walk() {
	dec := xml.NewDecoder(strings.NewReader(s.text))
	dec.Strict = false // so that every & of the file is named, not only the first
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		from := int(dec.InputOffset())
		t, err := dec.RawToken()
		to := int(dec.InputOffset())
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			s.malformed(err, from, to)
			s.salvage(from)
			s.broken = true
			return
		case err != nil:
			if n := len(s.open); n > 0 {
				s.errs.Errorf(s.open[n-1].pos, lexer.CodeXML, fmt.Sprintf("write </%s> behind its content", s.open[n-1].name),
					"<%s> is not closed", s.open[n-1].name)
				s.broken = true
			}
			return
		case !s.token(t, from, to):
			s.salvage(from)
			s.broken = true
			return
		}
	}
}

// token takes one token, which stands in from to to; false ends the walk.
func (s *survey) token(t xml.Token, from, to int) bool {
	switch t := t.(type) {
	case xml.StartElement:
		return s.start(qualified(t.Name), from, to)
	case xml.EndElement:
		return s.end(qualified(t.Name), from)
	case xml.CharData:
		s.charData(from, to)
	case xml.Directive:
		if word := strings.ToUpper(firstWord(string(t))); strings.Contains(word, "CDATA") {
			s.errorf(from, lexer.CodeXML, "write <![CDATA[ without blanks", "this is to begin a CDATA section")
		} else {
			s.errorf(from, lexer.CodeDTD, "remove it: a transformation needs no document type, no entities and nothing from other files",
				"<!%s is refused", word)
		}
		return false
	}
	return true
}

func (s *survey) start(name string, from, to int) bool {
	switch {
	case len(s.open) >= maxElementDepth:
		s.errorf(from, lexer.CodeDepth, "a transformation needs five levels; is this another kind of XML?", "elements are nested more than %d deep", maxElementDepth)
		return false
	case len(s.places) >= maxElements:
		s.errorf(from, lexer.CodeSize, "keep large tables of values in a table of the site", "the document has more than %d elements", maxElements)
		return false
	case len(s.open) == 0 && len(s.places) > 0:
		s.errorf(from, lexer.CodeXML, "put everything inside <amsx> … </amsx>", "a second element <%s> follows the document", name)
		return false
	}
	p := &place{name: name, pos: s.pos(from)}
	if strings.HasPrefix(s.text[from:to], "<") { // not the end that follows <a/>
		s.attributes(p, from, to)
	}
	s.places = append(s.places, p)
	s.open = append(s.open, p)
	return true
}

func (s *survey) end(name string, from int) bool {
	n := len(s.open)
	if n == 0 {
		s.errorf(from, lexer.CodeXML, "remove it", "</%s> closes nothing", name)
		return false
	}
	top := s.open[n-1]
	if top.name == name {
		s.open = s.open[:n-1]
		return true
	}
	s.broken = true // there is no tree; the rest is looked at all the same
	for i, o := range slices.Backward(s.open) {
		if o.name == name { // elements inside it have lost their ends
			for _, lost := range s.open[i+1:] {
				s.errs.Errorf(lost.pos, lexer.CodeXML, fmt.Sprintf("write /> at its end, or </%s>; </%s> in line %d closes what is around it", lost.name, name, s.pos(from).Line),
					"<%s> is not closed", lost.name)
			}
			s.open = s.open[:i]
			return true
		}
	}
	hint := fmt.Sprintf("write </%s> first; it is open since line %d", top.name, top.pos.Line)
	if lexer.Nearest(name, []string{top.name}) != "" && !strings.Contains(s.text[from:], "</"+top.name+">") {
		hint = fmt.Sprintf("write </%s>; it is open since line %d", top.name, top.pos.Line)
		s.open = s.open[:n-1]
	}
	s.errorf(from, lexer.CodeXML, hint, "</%s> stands where <%s> is to be closed", name, top.name)
	return len(s.errs) < maxFaults
}

func (s *survey) charData(from, to int) {
	raw := s.text[from:to]
	blank := strings.TrimSpace(raw) == ""
	if len(s.open) == 0 {
		if !blank {
			s.errorf(from+len(raw)-len(strings.TrimLeft(raw, " \t\r\n")), lexer.CodeXML, "remove it", "there is text outside the document's elements")
		}
		return
	}
	p := s.open[len(s.open)-1]
	const open, end = "<![CDATA[", "]]>"
	if strings.HasPrefix(raw, open) {
		p.cdata = true
		p.text = append(p.text, lexer.Piece{Start: s.base + from + len(open), End: s.base + to - len(end)})
		return
	}
	p.text = append(p.text, s.pieces(from, to)...)
}

// attributes finds the attributes of the start tag in from to to. The decoder
// has accepted the tag, which leaves missing quotes and values to be named.
func (s *survey) attributes(p *place, from, to int) {
	i := from + 1 + len(p.name)
	for i < to {
		switch c := s.text[i]; {
		case isXMLSpace(c) || c == '/' || c == '>':
			i++
			continue
		}
		start := i
		for i < to && !isXMLSpace(s.text[i]) && strings.IndexByte("=/>", s.text[i]) < 0 {
			i++
		}
		a := attrPlace{name: s.text[start:i], pos: s.pos(start)}
		for i < to && isXMLSpace(s.text[i]) {
			i++
		}
		if i >= to || s.text[i] != '=' {
			s.errorf(start, lexer.CodeXML, fmt.Sprintf(`write %s="…"`, a.name), "the attribute %s has no value", a.name)
			continue
		}
		for i++; i < to && isXMLSpace(s.text[i]); i++ {
		}
		first := i
		if i < to && (s.text[i] == '"' || s.text[i] == '\'') {
			end := strings.IndexByte(s.text[i+1:to], s.text[i])
			if end < 0 {
				return // the decoder would not have taken it
			}
			first, i = i+1, i+1+end
		} else {
			for i < to && !isXMLSpace(s.text[i]) && strings.IndexByte("/>", s.text[i]) < 0 {
				i++
			}
			s.errorf(first, lexer.CodeXML, fmt.Sprintf(`write %s="%s"`, a.name, s.text[first:i]), "the value of %s stands without quotes", a.name)
		}
		a.value = s.src.Fragment(s.pieces(first, i)...)
		if i < to && (s.text[i] == '"' || s.text[i] == '\'') {
			i++
		}
		for _, b := range p.attrs {
			if b.name == a.name {
				s.errorf(start, lexer.CodeTwice, "remove one of the two", "the attribute %s is given twice", a.name)
			}
		}
		p.attrs = append(p.attrs, a)
	}
}

var xmlEntity = regexp.MustCompile(`^&(#[0-9]{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]*);`)

// pieces is text with its entities resolved; what is no entity is reported.
func (s *survey) pieces(from, to int) []lexer.Piece {
	var out []lexer.Piece
	at := from
	for {
		n := strings.IndexByte(s.text[at:to], '&')
		if n < 0 {
			break
		}
		i := at + n
		if i > at {
			out = append(out, lexer.Piece{Start: s.base + at, End: s.base + i})
		}
		m := xmlEntity.FindString(s.text[i:min(to, i+40)])
		r, ok := entityValue(m)
		end := i + len(m)
		switch {
		case m == "":
			s.errorf(i, lexer.CodeUnescaped, "write &amp; for &, also in expressions: Trim(a &amp; ' ' &amp; b)", "a & stands alone in the document")
			end, r = i+1, "&"
		case !ok:
			s.errorf(i, lexer.CodeUnescaped, "write the character itself; only &amp; &lt; &gt; &quot; &apos; and &#number; are known", "the entity %s is not known", m)
			r = "_" // a letter, so that no second finding follows
		}
		out = append(out, lexer.Piece{Start: s.base + i, End: s.base + end, Replace: true, Text: r})
		at = end
	}
	if at < to || len(out) == 0 {
		out = append(out, lexer.Piece{Start: s.base + at, End: s.base + to})
	}
	return out
}

func entityValue(m string) (string, bool) {
	switch m {
	case "&amp;":
		return "&", true
	case "&lt;":
		return "<", true
	case "&gt;":
		return ">", true
	case "&quot;":
		return `"`, true
	case "&apos;":
		return "'", true
	}
	digits, base := strings.TrimSuffix(strings.TrimPrefix(m, "&#"), ";"), 10
	if strings.HasPrefix(digits, "x") {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseInt(digits, base, 32)
	if err != nil || n == 0 || !utf8.ValidRune(rune(n)) {
		return "", false
	}
	return string(rune(n)), true
}

func qualified(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

func firstWord(s string) string {
	if f := strings.Fields(s); len(f) > 0 {
		return f[0]
	}
	return ""
}

func isXMLSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
