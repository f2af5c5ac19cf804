package xmldoc

import (
	"fmt"
	"io"

	"github.com/beevik/etree"

	"github.com/amsx-lang/amsx/runtime"
)

// Streams reports whether the path can be followed while a document is read,
// with no more of it in memory than one of the elements that it finds: child
// by child, or as //name, with conditions only at its end and none by place.
func (p *Path) Streams() bool {
	if len(p.steps) == 0 {
		return false
	}
	for i := range p.steps {
		s := &p.steps[i]
		if s.self || s.byPlace() || s.deep && len(p.steps) > 1 || len(s.wheres) > 0 && i+1 < len(p.steps) {
			return false
		}
	}
	return true
}

// A Stream yields what a path finds in a document while it is read. It is used
// from one goroutine.
type Stream struct {
	path    *Path
	p       *parser
	want    int // depth of what the path finds; 0: any
	matched int // of the open elements, the first that are on the path
	found   bool
	root    string // the root's name, where the path's first step would find it
	queue   []runtime.Value
}

// Stream reads a document by a path that Streams. At most limit bytes are held
// at a time.
func (p *Path) Stream(r io.Reader, limit int64, charset Charset) *Stream {
	s := &Stream{path: p, p: newParser(r, limit, charset), want: len(p.steps)}
	switch {
	case p.steps[0].deep:
		s.want = 0
	case !p.absolute:
		s.want++ // below the root
	}
	return s
}

// Next returns the next element or attribute, or io.EOF.
func (s *Stream) Next() (runtime.Value, error) {
	for len(s.queue) == 0 {
		if err := s.read(); err != nil {
			return runtime.Null(), err
		}
	}
	v := s.queue[0]
	s.queue = s.queue[1:]
	return v, nil
}

// read takes one element and, where the path finds it, what is in it.
func (s *Stream) read() error {
	s.p.size = 0
	e, err := s.p.element()
	if err == io.EOF {
		if err := s.p.finish(); err != nil {
			return err
		}
		if !s.found && s.root != "" {
			return failf(fmt.Sprintf(`write "/%s/…" from the root on, or leave %s out: the path begins inside of it`, s.root, s.root), "the path looks for <%s> inside the root element <%s>", s.path.steps[0].name.local, s.root)
		}
		return io.EOF
	}
	if err != nil {
		return err
	}
	depth := len(s.p.open)
	if depth > 1 {
		inherit(e, s.p.open[depth-2])
	} else if first := &s.path.steps[0]; !s.path.absolute && !first.deep && !first.name.any && first.name.matches(e) {
		s.root = e.FullTag()
	}
	last := &s.path.steps[len(s.path.steps)-1]
	if s.want == 0 {
		if !s.path.absolute && depth == 1 || !last.name.matches(e) {
			return nil // a path inside the root does not find the root
		}
		if err := s.p.subtree(e); err != nil {
			return err
		}
		s.queue = s.path.values(last.keep(below(nil, e, true)))
		return nil
	}
	s.matched = min(s.matched, depth-1)
	if s.matched < depth-1 || depth > s.want || !s.onPath(e, depth) {
		if depth == 1 && s.path.absolute {
			return s.path.wrongRoot(e.FullTag())
		}
		return nil
	}
	s.matched = depth
	s.found = s.found || depth > 1
	if depth < s.want {
		return nil
	}
	if err := s.p.subtree(e); err != nil {
		return err
	}
	s.queue = s.path.values(last.keep([]*etree.Element{e}))
	return nil
}

// onPath reports whether an element has the name that the path has at this
// depth.
func (s *Stream) onPath(e *etree.Element, depth int) bool {
	if !s.path.absolute {
		if depth == 1 {
			return true
		}
		depth--
	}
	return s.path.steps[depth-1].name.matches(e)
}

// inherit gives an element the namespaces of the one around it, since it is
// kept without it.
func inherit(e, from *etree.Element) {
	for _, a := range from.Attr {
		if !isNamespace(&a) {
			continue
		}
		own := false
		for i := range e.Attr {
			own = own || e.Attr[i].Space == a.Space && e.Attr[i].Key == a.Key
		}
		if !own {
			e.Attr = append(e.Attr, etree.Attr{Space: a.Space, Key: a.Key, Value: a.Value})
		}
	}
}
