package parser

import (
	"slices"
	"strings"
	"unicode"

	"github.com/beevik/etree"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// attributes are those of one element that are known there.
type attributes struct {
	place *place
	known []string
}

// fragment is the value of an attribute, nil when it is not given.
func (a attributes) fragment(name string) *lexer.Fragment {
	for i := range a.place.attrs {
		if a.place.attrs[i].name == name {
			return a.place.attrs[i].value
		}
	}
	return nil
}

func (a attributes) get(name string) ast.Attr {
	f := a.fragment(name)
	if f == nil {
		return ast.Attr{}
	}
	return ast.Attr{Pos: f.Position(0), Value: f.Text()}
}

// attrs reports the attributes of e that are not known.
func (d *document) attrs(e *etree.Element, strict bool, known ...string) attributes {
	p := d.at[e]
	for _, a := range p.attrs {
		if a.name == "xmlns" || strings.HasPrefix(a.name, "xml:") || strings.HasPrefix(a.name, "xmlns:") {
			continue
		}
		if !slices.Contains(known, a.name) {
			d.finding(strict, a.pos, lexer.CodeUnknown, suggestion(a.name, known, "known here: "), "<%s> has no attribute %s", p.name, a.name)
		}
	}
	return attributes{p, known}
}

// children are the elements in e that are known there; the others are
// reported.
func (d *document) children(e *etree.Element, strict bool, known ...string) []*etree.Element {
	var out []*etree.Element
	for _, c := range e.ChildElements() {
		if slices.Contains(known, c.FullTag()) {
			out = append(out, c)
			continue
		}
		if n := lexer.Nearest(c.FullTag(), known); n != "" && c.Space == "" {
			// It is read as what it was meant to be, so that what stands in it
			// is looked at; it would be lost, so it is an error everywhere.
			d.errorf(d.at[c].pos, lexer.CodeUnknown, "did you mean "+n+"?", "<%s> has no place in <%s>", c.FullTag(), e.FullTag())
			c.Tag = n
			out = append(out, c)
			continue
		}
		d.finding(strict, d.at[c].pos, lexer.CodeUnknown, suggestion(c.FullTag(), known, "known here: "), "<%s> has no place in <%s>", c.FullTag(), e.FullTag())
	}
	return out
}

// suggestion is a hint: the nearest of the words, or all of them.
func suggestion(word string, known []string, all string) string {
	if n := lexer.Nearest(word, known); n != "" {
		return "did you mean " + n + "?"
	}
	known = slices.DeleteFunc(slices.Clone(known), func(k string) bool { return k == "" })
	if len(known) == 0 {
		return "remove it"
	}
	const most = 12
	if len(known) > most {
		return all + strings.Join(known[:most], ", ") + ", …"
	}
	return all + strings.Join(known, ", ")
}

func (d *document) required(e *etree.Element, a attributes, name string) ast.Attr {
	v := a.get(name)
	switch {
	case !v.IsSet():
		for _, b := range a.place.attrs {
			if !slices.Contains(a.known, b.name) && lexer.Nearest(b.name, []string{name}) != "" {
				return v // reported as misspelt
			}
		}
		d.errorf(a.place.pos, lexer.CodeMissing, `write `+name+`="…"`, "<%s> has no %s", e.FullTag(), name)
	case strings.TrimSpace(v.Value) == "" && name != "from" && name != "to":
		d.errorf(v.Pos, lexer.CodeMissing, `write `+name+`="…"`, "the %s of <%s> is empty", name, e.FullTag())
	}
	return v
}

// boolean is true or false; nothing else says which of the two was meant.
func (d *document) boolean(a attributes, name string) bool {
	v := a.get(name)
	if v.IsSet() && v.Value != "true" && v.Value != "false" {
		d.errorf(v.Pos, lexer.CodeValue, `write `+name+`="true" or `+name+`="false"`, "%s is \"%s\", neither true nor false", name, v.Value)
	}
	return v.Value == "true"
}

// oneOf reports a value that is none of those known, and returns it as known.
func (d *document) oneOf(v ast.Attr, name string, known ...string) string {
	if !v.IsSet() {
		return ""
	}
	for _, k := range known {
		if strings.EqualFold(k, v.Value) {
			return k
		}
	}
	d.errorf(v.Pos, lexer.CodeValue, suggestion(v.Value, known, "write one of: "), "\"%s\" is no value of %s", v.Value, name)
	return ""
}

// text is the character data of an element, trimmed.
func (d *document) text(e *etree.Element) ast.Attr {
	p := d.at[e]
	if len(p.text) == 0 {
		return ast.Attr{}
	}
	f := d.src.Fragment(p.text...)
	body := strings.TrimLeft(f.Text(), " \t\r\n")
	return ast.Attr{Pos: f.Position(len(f.Text()) - len(body)), Value: strings.TrimRight(body, " \t\r\n")}
}

// noText reports text in an element that holds only others: a line that lost
// its tag would silently do nothing.
func (d *document) noText(e *etree.Element) {
	t := d.text(e)
	seen := strings.ContainsFunc(t.Value, func(r rune) bool { return !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) })
	if seen { // blanks of a word processor do no harm here
		w := t.Value
		if n := []rune(w); len(n) > 30 {
			w = string(n[:30]) + "…"
		}
		d.errorf(t.Pos, lexer.CodeUnknown, "remove it, or make it an element", "the text \"%s\" stands alone in <%s>", w, e.FullTag())
	}
}

// maxNames bounds a list of columns; rows are not identified by more.
const maxNames = 100

// names splits a list at commas; each name has its own position.
func (d *document) names(f *lexer.Fragment, what string) []ast.Attr {
	if f == nil {
		return nil
	}
	var out []ast.Attr
	at := 0
	for part := range strings.SplitSeq(f.Text(), ",") {
		name := strings.TrimSpace(part)
		lead := len(part) - len(strings.TrimLeft(part, " \t\r\n"))
		a := ast.Attr{Pos: f.Position(at + lead), Value: name}
		at += len(part) + 1
		if name == "" {
			d.errorf(a.Pos, lexer.CodeValue, "write the columns with commas between them: Login, Email", "a name is missing in %s", what)
			continue
		}
		if !isColumn(name) {
			d.errorf(a.Pos, lexer.CodeValue, "a column is a letter, then letters, digits and _", "\"%s\" is no column", name)
			continue
		}
		if len(out) == maxNames {
			d.errorf(a.Pos, lexer.CodeSize, "keep those that identify a row", "%s names more than %d columns", what, maxNames)
			return out
		}
		twice := false
		for _, b := range out {
			twice = twice || strings.EqualFold(a.Value, b.Value)
		}
		if twice {
			d.errorf(a.Pos, lexer.CodeTwice, "remove one of the two", "%s names %s twice", what, name)
			continue
		}
		out = append(out, a)
	}
	return out
}

func isColumn(s string) bool { return s != "" && isPlainName(s) }
