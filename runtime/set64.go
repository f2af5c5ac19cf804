package runtime

import "math/bits"

// A Set64 is a set of 64-bit hashes: which records a pull has seen. A million
// of them take at most 16 MB, also while the set grows: it is split into parts
// that grow one at a time, by half. The zero Set64 is empty. It is used from
// one goroutine.
type Set64 struct {
	parts [64]set64part
	n     int
}

type set64part struct {
	slots []uint64 // 0: free
	n     int
	zero  bool // the hash whose slot value is 0 is in the set
}

// Add adds h and reports whether it was new. The hashes must be spread evenly
// over 64 bits, as those of hash/maphash are.
func (s *Set64) Add(h uint64) bool {
	p := &s.parts[h&63]
	if !p.add(h >> 6) {
		return false
	}
	s.n++
	return true
}

// Len is the number of hashes in the set.
func (s *Set64) Len() int { return s.n }

// Size is the bytes that the set occupies.
func (s *Set64) Size() int {
	n := 0
	for i := range s.parts {
		n += 8 * cap(s.parts[i].slots)
	}
	return n
}

func (p *set64part) add(h uint64) bool {
	if h == 0 {
		was := p.zero
		p.zero = true
		return !was
	}
	if 5*(p.n+1) > 4*len(p.slots) {
		old := p.slots
		p.slots = make([]uint64, max(16, len(old)+len(old)/2))
		for _, x := range old {
			if x != 0 {
				*p.slot(x) = x
			}
		}
	}
	at := p.slot(h)
	if *at == h {
		return false
	}
	*at = h
	p.n++
	return true
}

// slot finds the place of h: its own, or the free one where it belongs.
func (p *set64part) slot(h uint64) *uint64 {
	i, _ := bits.Mul64(h<<6, uint64(len(p.slots)))
	for p.slots[i] != 0 && p.slots[i] != h {
		if i++; i == uint64(len(p.slots)) {
			i = 0
		}
	}
	return &p.slots[i]
}
