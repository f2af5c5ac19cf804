package xmldoc

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"

	"github.com/amsx-lang/amsx/runtime"
)

// AppendJSON appends the content of an element as JSON: an element with
// nothing in it but text is a text, any other an object with its children by
// name, its attributes as @name and text beside them as #text. Children of one
// name are an array. xsi:nil is null.
func AppendJSON(dst []byte, e *etree.Element) []byte {
	if isNil(e) {
		return append(dst, "null"...)
	}
	type member struct {
		name     string
		elements []*etree.Element
	}
	var members []*member
	byName := map[string]*member{}
	for _, c := range e.Child {
		child, ok := c.(*etree.Element)
		if !ok {
			continue
		}
		m := byName[child.Tag]
		if m == nil {
			m = &member{name: child.Tag}
			members, byName[child.Tag] = append(members, m), m
		}
		m.elements = append(m.elements, child)
	}
	attrs := 0
	for i := range e.Attr {
		if !isNamespace(&e.Attr[i]) {
			attrs++
		}
	}
	own := ownText(e)
	if len(members) == 0 && attrs == 0 {
		return runtime.AppendQuoted(dst, own)
	}
	dst = append(dst, '{')
	first := true
	add := func(name string) {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(runtime.AppendQuoted(dst, name), ':')
	}
	for i := range e.Attr {
		if a := &e.Attr[i]; !isNamespace(a) {
			add("@" + decodeName(a.FullKey()))
			dst = runtime.AppendQuoted(dst, a.Value)
		}
	}
	if strings.TrimSpace(own) != "" {
		add("#text")
		if len(members) > 0 {
			own = strings.TrimSpace(own) // what is between elements is indented
		}
		dst = runtime.AppendQuoted(dst, own)
	}
	for _, m := range members {
		add(decodeName(m.name))
		if len(m.elements) == 1 {
			dst = AppendJSON(dst, m.elements[0])
			continue
		}
		dst = append(dst, '[')
		for i, child := range m.elements {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendJSON(dst, child)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// AppendName appends a name as JSON, as it was before FromJSON wrote it.
func AppendName(dst []byte, name string) []byte { return runtime.AppendQuoted(dst, decodeName(name)) }

// FromJSON makes XML of JSON text, the inverse of AppendJSON. An object with
// one member is the root of that name; anything else goes into an element
// named root: the elements of an array as one element named record each.
func FromJSON(text, root, record string, limit int64) (*etree.Element, error) {
	b := &builder{dec: json.NewDecoder(strings.NewReader(text)), limit: limit}
	b.dec.UseNumber()
	top := etree.NewElement("top")
	if err := b.value(top, encodeName(record), 0); err != nil {
		return nil, err
	}
	children := top.ChildElements()
	if len(children) == 1 && len(top.Attr) == 0 && ownText(top) == "" && b.object && !b.list {
		e := children[0]
		top.RemoveChild(e)
		return e, nil
	}
	top.Tag = encodeName(root)
	return top, nil
}

type builder struct {
	dec    *json.Decoder
	limit  int64
	size   int64
	object bool // the outermost value is an object
	list   bool // a member of it is an array, which may have one element by chance
}

func (b *builder) grow(n int) error {
	if b.size += int64(n); b.size > b.limit {
		return ErrSize
	}
	return nil
}

// value fills an element with the next JSON value. each names the elements of
// an array that has no name of its own.
func (b *builder) value(e *etree.Element, each string, depth int) error {
	t, err := b.dec.Token()
	if err != nil {
		return b.broken(err)
	}
	return b.token(t, e, each, depth)
}

func (b *builder) broken(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return failf("", "the text is no JSON: %v", err)
}

func (b *builder) token(t json.Token, e *etree.Element, each string, depth int) error {
	if depth > MaxDepth {
		return failf("", "the JSON is nested more than %d deep", MaxDepth)
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '[' {
			return b.array(e, each, depth)
		}
		b.object = b.object || depth == 0
		return b.members(e, depth)
	case string:
		return b.text(e, t)
	case json.Number:
		return b.text(e, t.String())
	case bool:
		return b.text(e, strconv.FormatBool(t))
	}
	return nil // null: nothing in it
}

func (b *builder) text(e *etree.Element, s string) error {
	for i, r := range s {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff || r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd") {
			return failf("remove it, with Replace(text, Chr(…), \"\")", "XML cannot hold the character with the number %d, which <%s> would get", r, e.Tag)
		}
	}
	if s != "" {
		e.CreateText(s)
	}
	return b.grow(textSize + len(s))
}

// array fills e with an element named each for each element.
func (b *builder) array(e *etree.Element, each string, depth int) error {
	for b.dec.More() {
		if err := b.grow(elementSize); err != nil {
			return err
		}
		child := etree.NewElement(each)
		if err := b.value(child, each, depth+1); err != nil {
			return err
		}
		e.AddChild(child)
	}
	_, err := b.dec.Token() // ]
	if err != nil {
		return b.broken(err)
	}
	return nil
}

func (b *builder) members(e *etree.Element, depth int) error {
	for b.dec.More() {
		k, err := b.dec.Token()
		if err != nil {
			return b.broken(err)
		}
		key, _ := k.(string)
		if err := b.member(e, key, depth); err != nil {
			return err
		}
	}
	if _, err := b.dec.Token(); err != nil { // }
		return b.broken(err)
	}
	return nil
}

func (b *builder) member(e *etree.Element, key string, depth int) error {
	if err := b.grow(elementSize + len(key)); err != nil {
		return err
	}
	if key == "" {
		return failf("give every member a name", "a name in the JSON is empty, and XML has no element without a name")
	}
	t, err := b.dec.Token()
	if err != nil {
		return b.broken(err)
	}
	if d, nested := t.(json.Delim); !nested && (strings.HasPrefix(key, "@") && len(key) > 1 || key == "#text") {
		into := etree.NewElement("x")
		if err := b.token(t, into, "", depth+1); err != nil {
			return err
		}
		if key == "#text" {
			e.CreateText(ownText(into))
			return nil
		}
		if len(e.Attr) >= MaxAttributes {
			return failf("", "<%s> would get more than %d attributes", e.Tag, MaxAttributes)
		}
		e.CreateAttr(encodeName(key[1:]), ownText(into))
		return nil
	} else if nested && d == '[' {
		b.list = b.list || depth == 0
		return b.array(e, encodeName(key), depth+1)
	}
	child := etree.NewElement(encodeName(key))
	e.AddChild(child)
	return b.token(t, child, "item", depth+1)
}

// encodeName makes a name of XML of any text, as .NET does: First Name is
// First_x0020_Name.
func encodeName(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '_' && escapeLen(s[i:]) > 0:
			b.WriteString("_x005F_")
		case r < utf8.RuneSelf && isNameRune(r, i == 0), r >= utf8.RuneSelf && isXMLName(r, i == 0):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, "_x%08X_", r)
		default:
			fmt.Fprintf(&b, "_x%04X_", r)
		}
	}
	return b.String()
}

// isXMLName reports whether XML, as it is read here, has a character in names.
func isXMLName(r rune, first bool) bool {
	name := string(r)
	if !first {
		name = "a" + name
	}
	_, err := xml.NewDecoder(strings.NewReader("<" + name + "/>")).RawToken()
	return err == nil
}

// escapeLen is the length of the _xHHHH_ or _xHHHHHHHH_ that s begins with, or
// 0.
func escapeLen(s string) int {
	for _, n := range []int{7, 11} {
		if len(s) < n || !strings.HasPrefix(s, "_x") || s[n-1] != '_' {
			continue
		}
		if r, err := strconv.ParseUint(s[2:n-1], 16, 32); err == nil && utf8.ValidRune(rune(r)) {
			return n
		}
	}
	return 0
}

// decodeName undoes encodeName.
func decodeName(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		n := escapeLen(s[i:])
		if n == 0 {
			b.WriteByte(s[i])
			i++
			continue
		}
		r, _ := strconv.ParseUint(s[i+2:i+n-1], 16, 32) // escapeLen has read it
		b.WriteRune(rune(r))
		i += n
	}
	return b.String()
}
