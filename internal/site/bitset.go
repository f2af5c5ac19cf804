package site

// A bitset is a set of row ids. It grows by pages, so that one row with a very
// large id costs one page and not the memory up to it.
type bitset struct {
	pages map[int64]*bitPage
	last  *bitPage
	at    int64
	n     int64
}

const bitPageSize = 1 << 15

type bitPage [bitPageSize / 64]uint64

func (b *bitset) page(id int64) *bitPage {
	k := id / bitPageSize
	if b.last != nil && b.at == k {
		return b.last
	}
	p := b.pages[k]
	if p != nil {
		b.last, b.at = p, k
	}
	return p
}

// has reports whether id is in the set.
func (b *bitset) has(id int64) bool {
	p := b.page(id)
	if p == nil {
		return false
	}
	i := uint64(id) % bitPageSize
	return p[i/64]&(1<<(i%64)) != 0
}

// add puts id into the set and reports whether it was there.
func (b *bitset) add(id int64) bool {
	p := b.page(id)
	if p == nil {
		if b.pages == nil {
			b.pages = make(map[int64]*bitPage)
		}
		p = new(bitPage)
		b.pages[id/bitPageSize] = p
		b.last, b.at = p, id/bitPageSize
	}
	i := uint64(id) % bitPageSize
	bit := uint64(1) << (i % 64)
	if p[i/64]&bit != 0 {
		return true
	}
	p[i/64] |= bit
	b.n++
	return false
}

// remove takes id out of the set.
func (b *bitset) remove(id int64) {
	if !b.has(id) {
		return
	}
	i := uint64(id) % bitPageSize
	b.page(id)[i/64] &^= 1 << (i % 64)
	b.n--
}
