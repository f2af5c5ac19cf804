package parser

import (
	"encoding/xml"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/amsx-lang/amsx/lexer"
)

// This file names what the XML decoder stumbles over. The decoder's own words
// are for programmers, and its place is where it stopped, not where the slip is.

// malformed reports the token that begins at from, of which the decoder got to
// offset i.
func (s *survey) malformed(err error, from, i int) {
	i = min(i, len(s.text))
	message := err.Error()
	var x *xml.SyntaxError
	if errors.As(err, &x) {
		message = x.Msg
	}
	if s.tagFault(from) {
		return
	}
	rest := s.text[from:]
	switch {
	case strings.HasPrefix(rest, "<!--"):
		if n := strings.Index(rest[len("<!--"):], "--"); n >= 0 && strings.Contains(message, "--") {
			s.errorf(from+len("<!--")+n, lexer.CodeXML, "write one - instead of --", "-- stands in a comment of the document")
			return
		}
		s.errorf(from, lexer.CodeXML, "write --> behind it", "the comment is not closed with -->")
	case strings.HasPrefix(strings.ToUpper(rest[:min(len(rest), 9)]), "<![CDATA[") && !strings.HasPrefix(rest, "<![CDATA["):
		s.errorf(from, lexer.CodeXML, "write <![CDATA[ in capital letters", "this is to begin a CDATA section")
	case strings.Contains(message, "unescaped <"):
		s.errorf(i-1, lexer.CodeUnescaped, "write &lt; for < in an attribute; is a quotation mark missing before?", "a < stands in the value of an attribute")
	case strings.Contains(message, "unescaped ]]>"):
		at := i - len("]]>")
		if n := len(s.open); n > 0 && s.open[n-1].cdata {
			p := s.open[n-1].text
			at = p[len(p)-1].End - s.base
			for _, q := range p { // the first one ends the section
				if !q.Replace && strings.HasPrefix(s.text[q.End-s.base:], "]]>") {
					at = q.End - s.base
					break
				}
			}
			s.errorf(at, lexer.CodeUnescaped, "write ]]]]><![CDATA[> where the script has ]]>", "this ]]> ends the script")
			return
		}
		s.errorf(at, lexer.CodeUnescaped, "write ]]&gt;, or put the text in <![CDATA[ … ]]>", "]]> stands in text")
	case strings.Contains(message, "CDATA"):
		s.errorf(from, lexer.CodeXML, "write ]]> behind the script", "the CDATA section is not closed")
	case strings.Contains(message, "attribute value"):
		s.errorf(max(i-1, 0), lexer.CodeXML, `write name="value"`, "the value of an attribute is missing or stands without quotes")
	case strings.Contains(message, "attribute name"):
		s.errorf(max(i-1, 0), lexer.CodeXML, `attributes are written name="value", one after the other; is a quotation mark missing before?`, "no attribute can be read here")
	case strings.Contains(message, "illegal character"):
		s.illegalCharacter(from)
	case strings.Contains(message, "EOF") && len(s.open) > 0:
		top := s.open[len(s.open)-1]
		s.errs.Errorf(top.pos, lexer.CodeXML, fmt.Sprintf("write </%s> behind its content", top.name), "<%s> is not closed", top.name)
	case strings.Contains(message, "element name"):
		s.errorf(from, lexer.CodeUnescaped, "write &lt; for <, or put the text in <![CDATA[ … ]]>", "a < begins no element")
	default:
		s.errorf(from, lexer.CodeXML, "compare it with the lines around it", "the XML cannot be read here: %s", message)
	}
}

// illegalCharacter reports the first character from an offset on that no
// document may hold.
func (s *survey) illegalCharacter(from int) {
	at := from
	for i, r := range s.text[from:] {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF || r == utf8.RuneError {
			at = from + i
			break
		}
	}
	s.errorf(at, lexer.CodeCharacter, "delete it", "there is a control character here that no document may hold")
}

// lostQuote is the end of a value that has swallowed the next attribute's name.
var lostQuote = regexp.MustCompile(`[ \t\r\n][A-Za-z:_-]+=$`)

// tagFault reports the slip in the attributes of the tag at offset i, and
// whether there is one.
func (s *survey) tagFault(i int) bool {
	t := s.text
	if i+1 >= len(t) || t[i] != '<' || !isTagLetter(t[i+1]) {
		return false
	}
	for i++; i < len(t) && !isXMLSpace(t[i]) && t[i] != '>' && t[i] != '/'; i++ {
	}
	before, beforeValue := "", ""
	for i < len(t) {
		gap := i
		for i < len(t) && isXMLSpace(t[i]) {
			i++
		}
		if i == len(t) || t[i] == '>' || t[i] == '/' || t[i] == '<' {
			return false
		}
		start := i
		for i < len(t) && !isXMLSpace(t[i]) && strings.IndexByte("=<>/\"'", t[i]) < 0 {
			i++
		}
		name := t[start:i]
		if gap == start && before != "" || name == "" {
			s.brokenValue(before, beforeValue, gap)
			return before != ""
		}
		for i < len(t) && isXMLSpace(t[i]) {
			i++
		}
		if i == len(t) || t[i] != '=' {
			continue // an attribute without value is reported elsewhere
		}
		for i++; i < len(t) && isXMLSpace(t[i]); i++ {
		}
		if i == len(t) {
			return false
		}
		r, _ := utf8.DecodeRuneInString(t[i:])
		switch {
		case strings.ContainsRune(typographicQuotes, r):
			s.errorf(i, lexer.CodeXML, `type the straight quote " instead`, "the value of an attribute stands in typographic quotation marks")
			return true
		case t[i] != '"' && t[i] != '\'':
			end := i
			for end < len(t) && !isXMLSpace(t[end]) && t[end] != '>' && t[end] != '<' {
				end++
			}
			value := strings.TrimSuffix(t[i:end], "/")
			if i == end {
				s.errorf(start, lexer.CodeXML, `write `+name+`="…"`, "the attribute %s has no value", name)
			} else {
				s.errorf(i, lexer.CodeXML, `write `+name+`="`+value+`"`, "the value of %s stands without quotes", name)
			}
			return true
		}
		n := strings.IndexByte(t[i+1:], t[i])
		open := strings.IndexByte(t[i+1:], '<')
		if lines := strings.IndexAny(t[i+1:], "\r\n"); open >= 0 && (n < 0 || open < n) {
			if lines < 0 || open < lines {
				return false // a < in the value
			}
			s.errorf(start, lexer.CodeXML, fmt.Sprintf("write %c behind the value", t[i]), "the value of %s is not closed with %c", name, t[i])
			return true
		}
		if n < 0 {
			s.errorf(start, lexer.CodeXML, fmt.Sprintf("write %c behind the value", t[i]), "the value of %s is not closed with %c", name, t[i])
			return true
		}
		before, beforeValue = name, t[i+1:i+1+n]
		i += n + 2
	}
	return false
}

// brokenValue reports a value that ends at a quotation mark which was not to
// end it; what follows begins at offset i.
func (s *survey) brokenValue(name, value string, i int) {
	switch {
	case name == "":
	case lostQuote.MatchString(value):
		own := strings.TrimRight(value[:strings.LastIndexAny(value, " \t\r\n")], " \t\r\n")
		s.errorf(i-1-len(value), lexer.CodeXML, fmt.Sprintf(`write %s="%s"`, name, own), `the value of %s is not closed with "`, name)
	default:
		s.errorf(i-1, lexer.CodeXML, `write &quot; for a " inside a value, or ' in an expression: IIf(status = 'A', …)`,
			"this quotation mark ends the value of %s", name)
	}
}

func isTagLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

// scriptEnd is the first line behind a script that the rest of a broken
// document is recognised by.
var scriptEnd = regexp.MustCompile(`(\]\]>)?[ \t]*</source|(?m:^[ \t]*(\]\]>)?[ \t]*</?(source|mapping|datamap|destination|schedule|transformation|amsx)\b)`)

// salvage takes over the rest of a script in which the walk ended at from, so
// that its findings are told along with what is wrong with the document.
func (s *survey) salvage(from int) {
	for _, p := range s.open {
		if p.name != "source" {
			continue
		}
		start := from
		const open = "<![CDATA["
		rest := strings.ToUpper(s.text[from:min(len(s.text), from+len(open)+1)])
		switch {
		case p.cdata && len(p.text) > 0:
			start = p.text[len(p.text)-1].End - s.base
		case strings.HasPrefix(rest, open):
			start, p.cdata = from+len(open), true
		case strings.HasPrefix(rest, "<! [CDATA["):
			start, p.cdata = from+len(open)+1, true
		}
		end := len(s.text)
		if m := scriptEnd.FindStringIndex(s.text[start:]); m != nil {
			end = start + m[0]
		}
		if p.cdata {
			p.text = append(p.text, lexer.Piece{Start: s.base + start, End: s.base + end})
		} else {
			p.text = append(p.text, s.pieces(start, end)...)
		}
		return
	}
}

const typographicQuotes = "“”„«»‘’"
