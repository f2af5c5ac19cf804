package xmldoc

import (
	"strings"

	"github.com/beevik/etree"

	"github.com/amsx-lang/amsx/runtime"
)

// A Node is an element as a value of a script. It is used from one goroutine.
type Node struct {
	e    *etree.Element
	size int // once it was asked for
}

// Value returns an element as a value.
func Value(e *etree.Element) runtime.Value { return runtime.XML(&Node{e: e}) }

// Element returns the element behind a value, nil for any other value.
func Element(v runtime.Value) *etree.Element {
	if n, ok := v.Node().(*Node); ok {
		return n.e
	}
	return nil
}

// Text is all text in the element.
func (n *Node) Text() string { return text(n.e) }

func text(e *etree.Element) string {
	if len(e.Child) == 1 {
		if c, ok := e.Child[0].(*etree.CharData); ok {
			return c.Data
		}
	}
	var b strings.Builder
	appendText(&b, e)
	return b.String()
}

func appendText(b *strings.Builder, e *etree.Element) {
	for _, c := range e.Child {
		switch c := c.(type) {
		case *etree.CharData:
			b.WriteString(c.Data)
		case *etree.Element:
			appendText(b, c)
		}
	}
}

// ownText is the text directly inside an element.
func ownText(e *etree.Element) string {
	var b strings.Builder
	for _, c := range e.Child {
		if t, ok := c.(*etree.CharData); ok {
			b.WriteString(t.Data)
		}
	}
	return b.String()
}

// Child returns the child elements of a name (one, or a List of several),
// the attribute @name, or the text directly inside, #text. A name without
// prefix is one of any namespace. An element with xsi:nil is Null.
func (n *Node) Child(name string) runtime.Value {
	if key, ok := strings.CutPrefix(name, "@"); ok {
		if v, ok := attribute(n.e, key); ok {
			return runtime.Text(v)
		}
		return runtime.Null()
	}
	if name == "#text" {
		return runtime.Text(ownText(n.e))
	}
	var first runtime.Value
	var all []runtime.Value
	for _, c := range n.e.Child {
		e, ok := c.(*etree.Element)
		if !ok || e.Tag != name && (e.Space == "" || e.FullTag() != name) {
			continue
		}
		v := runtime.Null()
		if !isNil(e) {
			v = Value(e)
		}
		switch {
		case all != nil:
			all = append(all, v)
		case !first.IsNull():
			all = []runtime.Value{first, v}
		default:
			first = v
		}
	}
	if all != nil {
		return runtime.List(all...)
	}
	return first
}

// attribute finds an attribute by its name, with or without prefix.
func attribute(e *etree.Element, name string) (string, bool) {
	for i := range e.Attr {
		if a := &e.Attr[i]; !isNamespace(a) && (a.Key == name || a.FullKey() == name) {
			return a.Value, true
		}
	}
	return "", false
}

func isNamespace(a *etree.Attr) bool { return a.Space == "xmlns" || a.Space == "" && a.Key == "xmlns" }

func isNil(e *etree.Element) bool {
	for i := range e.Attr {
		if a := &e.Attr[i]; a.Space != "" && a.Key == "nil" && (a.Value == "true" || a.Value == "1") {
			return true
		}
	}
	return false
}

// Size estimates the bytes that the element keeps alive. A run asks for it
// again and again; an element does not change.
func (n *Node) Size() int {
	if n.size == 0 {
		n.size = size(n.e)
	}
	return n.size
}

func size(e *etree.Element) int {
	s := elementSize + len(e.Tag)
	for i := range e.Attr {
		s += attributeSize + len(e.Attr[i].Key) + len(e.Attr[i].Value)
	}
	for _, c := range e.Child {
		switch c := c.(type) {
		case *etree.Element:
			s += size(c)
		case *etree.CharData:
			s += textSize + len(c.Data)
		default:
			s += textSize
		}
	}
	return s
}
