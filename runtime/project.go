package runtime

import (
	"hash/maphash"
	"slices"
	"sync/atomic"

	"github.com/amsx-lang/amsx/parser/ast"
)

// A Projection is the set of paths that a program reads from each record of a
// list, compiled so that one pass over a page checks its syntax, splits it into
// records and finds the wanted members. It is immutable and safe for
// concurrent use.
type Projection struct {
	paths [][]ast.Step // by slot
	id    int          // the slot of the member id
	whole []int        // slots that are read from the record's text
	root  *projected
	nodes int
	seed  maphash.Seed
	// last is how many records the last page had: a guess for the next.
	last atomic.Int64
}

// A projected is what is wanted of one JSON object.
type projected struct {
	members []wanted
	table   [64]uint8 // by keyHash: the first member with it, from 1
	slots   []int     // of everything below
	number  int       // in the decoder's list of what a record had already
}

// A wanted is one wanted member of an object.
type wanted struct {
	name  string
	next  uint8      // the next member of the same keyHash, from 1
	ends  []int      // slots of the paths that end here
	below *projected // paths that go on by a name
	rest  []int      // slots of the paths that go on by an index or a filter
	// joined are the slots of paths of which several keys together have this
	// name. A literal key wins, so the record is then read from its text.
	joined []int
}

// NewProjection compiles paths: each the steps of a path below the record.
// Slot tells which is where; equal paths share a slot.
func NewProjection(paths ...[]ast.Step) *Projection {
	p := &Projection{seed: maphash.MakeSeed()}
	p.root = p.node()
	for _, steps := range paths {
		p.add(steps)
	}
	p.id = p.add([]ast.Step{{Key: "id"}})
	return p
}

func (p *Projection) node() *projected {
	p.nodes++
	return &projected{number: p.nodes - 1}
}

// add gives a path its slot.
func (p *Projection) add(steps []ast.Step) int {
	if i := p.Slot(steps); i >= 0 {
		return i
	}
	slot := len(p.paths)
	p.paths = append(p.paths, steps)
	if len(steps) == 0 || !p.want(p.root, steps, slot) {
		p.whole = append(p.whole, slot)
	}
	return slot
}

// want reports whether the path can be projected.
func (p *Projection) want(n *projected, steps []ast.Step, slot int) bool {
	if steps[0].Kind != ast.StepKey {
		return true // an object has no elements: Null
	}
	n.slots = append(n.slots, slot)
	m := n.member(steps[0].Key)
	if m == nil {
		return false
	}
	switch {
	case len(steps) == 1:
		m.ends = append(m.ends, slot)
	case steps[1].Kind == ast.StepKey:
		if m.below == nil {
			m.below = p.node()
		}
		if !p.want(m.below, steps[1:], slot) {
			return false
		}
	default:
		m.rest = append(m.rest, slot)
	}
	for k := joinable(steps); k > 1; k-- {
		m := n.member(joined(steps[:k]))
		if m == nil {
			return false
		}
		m.joined = append(m.joined, slot)
	}
	return true
}

// member returns the member of a name, new where there is none; nil when the
// table is full. The pointer is valid until the next call.
func (n *projected) member(name string) *wanted {
	if m := n.find(name); m != nil {
		return m
	}
	h := keyHash(name)
	if len(n.members) == 255 {
		return nil
	}
	n.members = append(n.members, wanted{name: name, next: n.table[h]})
	n.table[h] = uint8(len(n.members))
	return &n.members[len(n.members)-1]
}

func (n *projected) find(name string) *wanted {
	for i := n.table[keyHash(name)]; i > 0; {
		m := &n.members[i-1]
		if m.name == name {
			return m
		}
		i = m.next
	}
	return nil
}

func keyHash(s string) uint8 {
	if s == "" {
		return 0
	}
	return uint8(len(s)*11+int(s[0])*3+int(s[len(s)-1])+int(s[len(s)/2])*7) & 63
}

// Slot returns the slot of a path, or -1.
func (p *Projection) Slot(steps []ast.Step) int {
	return slices.IndexFunc(p.paths, func(q []ast.Step) bool { return slices.EqualFunc(q, steps, sameStep) })
}

// Len is the number of slots that Slot may return.
func (p *Projection) Len() int { return len(p.paths) }

// Get reads the path of a slot from v, in constant time when v is a record of
// a page that p made, else as [Get] does.
func (p *Projection) Get(v Value, slot int) (Value, error) {
	if r, ok := v.ref.(*PageRecord); ok && r.page.by == p {
		return r.Slot(slot).WithTaint(v.taint), nil
	}
	return Get(v, p.paths[slot])
}

func sameStep(a, b ast.Step) bool {
	if a.Kind != b.Kind || a.Key != b.Key || a.Quoted != b.Quoted || a.Index != b.Index || a.Equals != b.Equals {
		return false
	}
	if a.Where == nil || b.Where == nil {
		return a.Where == b.Where
	}
	return slices.EqualFunc(a.Where.Steps, b.Where.Steps, sameStep)
}
