package xmldoc

import (
	"fmt"

	"github.com/beevik/etree"

	"github.com/amsx-lang/amsx/runtime"
)

// Find returns what a path finds from an element on: elements, or the texts of
// attributes. A path that begins with / begins at the document of the element.
func (p *Path) Find(e *etree.Element) ([]runtime.Value, error) {
	at := []*etree.Element{e}
	steps := p.steps
	if p.absolute {
		root := e
		for root.Parent() != nil {
			root = root.Parent()
		}
		if len(steps) == 0 { // /@id
			return p.values([]*etree.Element{root}), nil
		}
		first := steps[0]
		if !first.deep {
			if !first.name.matches(root) {
				return nil, p.wrongRoot(root.FullTag())
			}
			at = first.keep([]*etree.Element{root})
			steps = steps[1:]
		} else {
			at = below(at[:0], root, true)
			at = first.filter(at)
			steps = steps[1:]
		}
	}
	for i := range steps {
		at = steps[i].from(at)
	}
	if len(at) == 0 && !p.absolute && p.beginsAtRoot(e) {
		return nil, failf(fmt.Sprintf(`write "/%s/…" from the root on, or leave %s out: the path begins inside of it`, e.Tag, e.Tag), "the path looks for <%s> inside the root element <%s>", e.Tag, e.FullTag())
	}
	return p.values(at), nil
}

// beginsAtRoot reports whether a path that found nothing names the root, which
// it is already inside of.
func (p *Path) beginsAtRoot(e *etree.Element) bool {
	return e.Parent() == nil && len(p.steps) > 0 && !p.steps[0].self && !p.steps[0].deep && !p.steps[0].name.any && p.steps[0].name.matches(e) && len(p.steps[0].from([]*etree.Element{e})) == 0
}

func (p *Path) wrongRoot(root string) error {
	want := p.steps[0].name.local
	return failf(`begin the path with "//" to find the name anywhere; or is this an answer that says what went wrong?`, "the path begins with /%s, and the root of the document is <%s>", want, root)
}

// values are what the path gives for the elements that it came to.
func (p *Path) values(at []*etree.Element) []runtime.Value {
	var out []runtime.Value
	for _, e := range at {
		switch {
		case p.attr != nil:
			for i := range e.Attr {
				if a := &e.Attr[i]; !isNamespace(a) && a.Key == p.attr.local && (p.attr.anyURI || attrURI(e, a) == p.attr.uri) {
					out = append(out, runtime.Text(a.Value))
				}
			}
		case p.text:
			if t := ownText(e); t != "" {
				out = append(out, runtime.Text(t))
			}
		default:
			out = append(out, Value(e))
		}
	}
	return out
}

// attrURI is the namespace of an attribute: without a prefix it is in none.
func attrURI(e *etree.Element, a *etree.Attr) string {
	if a.Space == "" {
		return ""
	}
	if a.Space == "xml" {
		return "http://www.w3.org/XML/1998/namespace"
	}
	for ; e != nil; e = e.Parent() {
		for i := range e.Attr {
			if d := &e.Attr[i]; d.Space == "xmlns" && d.Key == a.Space {
				return d.Value
			}
		}
	}
	return ""
}

func (n *name) matches(e *etree.Element) bool {
	return (n.any || n.local == e.Tag) && (n.anyURI || e.NamespaceURI() == n.uri)
}

// from goes one step from every element, in document order, to each element
// once.
func (s *step) from(at []*etree.Element) []*etree.Element {
	if s.self {
		return s.keep(at)
	}
	if s.deep {
		var all []*etree.Element
		seen := map[*etree.Element]bool{}
		for _, e := range at {
			all = belowOnce(all, e, seen)
		}
		return s.filter(all)
	}
	var out []*etree.Element
	for _, e := range at {
		out = append(out, s.children(e)...)
	}
	return out
}

// filter keeps, of elements from all places, those of the step: a place [n] is
// counted among the elements of one parent.
func (s *step) filter(all []*etree.Element) []*etree.Element {
	if !s.byPlace() {
		return s.keep(all)
	}
	groups := map[*etree.Element][]*etree.Element{}
	var parents []*etree.Element
	for _, e := range all {
		if s.name.matches(e) {
			if groups[e.Parent()] == nil {
				parents = append(parents, e.Parent())
			}
			groups[e.Parent()] = append(groups[e.Parent()], e)
		}
	}
	chosen := map[*etree.Element]bool{}
	for _, p := range parents {
		for _, e := range s.keep(groups[p]) {
			chosen[e] = true
		}
	}
	var out []*etree.Element
	for _, e := range all {
		if chosen[e] {
			out = append(out, e)
		}
	}
	return out
}

func (s *step) byPlace() bool {
	for i := range s.wheres {
		if s.wheres[i].index > 0 || s.wheres[i].last {
			return true
		}
	}
	return false
}

func (s *step) children(e *etree.Element) []*etree.Element {
	var out []*etree.Element
	for _, c := range e.Child {
		if child, ok := c.(*etree.Element); ok {
			out = append(out, child)
		}
	}
	return s.keep(out)
}

// keep returns the elements of one parent that have the step's name and for
// which its conditions hold, each condition on what the one before has left.
func (s *step) keep(at []*etree.Element) []*etree.Element {
	var out []*etree.Element
	for _, e := range at {
		if s.self || s.name.matches(e) {
			out = append(out, e)
		}
	}
	for i := range s.wheres {
		w := &s.wheres[i]
		var left []*etree.Element
		for k, e := range out {
			if w.holds(e, k+1, len(out)) {
				left = append(left, e)
			}
		}
		out = left
	}
	return out
}

func (w *where) holds(e *etree.Element, place, count int) bool {
	switch {
	case w.index > 0:
		return place == w.index
	case w.last:
		return place == count
	case w.self:
		return text(e) == *w.equals
	case w.attr:
		for i := range e.Attr {
			if a := &e.Attr[i]; !isNamespace(a) && a.Key == w.name.local && (w.name.anyURI || attrURI(e, a) == w.name.uri) {
				return w.equals == nil || a.Value == *w.equals
			}
		}
		return false
	}
	for _, c := range e.Child {
		if child, ok := c.(*etree.Element); ok && w.name.matches(child) && (w.equals == nil || text(child) == *w.equals) {
			return true
		}
	}
	return false
}

// below appends the elements below e, itself first where self is set.
func below(to []*etree.Element, e *etree.Element, self bool) []*etree.Element {
	if self {
		to = append(to, e)
	}
	for _, c := range e.Child {
		if child, ok := c.(*etree.Element); ok {
			to = below(to, child, true)
		}
	}
	return to
}

// belowOnce appends what is below e and was not seen.
func belowOnce(to []*etree.Element, e *etree.Element, seen map[*etree.Element]bool) []*etree.Element {
	for _, c := range e.Child {
		child, ok := c.(*etree.Element)
		if !ok || seen[child] {
			continue
		}
		seen[child] = true
		to = append(to, child)
		to = belowOnce(to, child, seen)
	}
	return to
}
