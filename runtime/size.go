package runtime

import (
	"math"
	"unsafe"

	"github.com/shopspring/decimal"
)

// valueSize is the bytes of a Value itself.
const valueSize = int(unsafe.Sizeof(Value{}))

// maxNesting is how deep Lists, Rows and Tables may be put into each other:
// every walk over them is as deep.
const maxNesting = 100

// Size estimates the bytes that v occupies, for the budget of a run's memory:
// the value and what it holds. What is shared with other values counts in
// each; a record of a page counts as its own text.
func (v Value) Size() int { return int(v.weight()) * valueSize }

// A weight is a size in Values. It ends at the largest uint32, since a List
// that is put into itself again and again doubles each time. A List, a Row and
// a Table know theirs, so that weighing them walks over nothing.
type weight uint32

func (a weight) plus(b weight) weight {
	if a+b < a {
		return math.MaxUint32
	}
	return a + b
}

func bytesWeight(n int) weight {
	if n /= valueSize; n < math.MaxUint32 {
		return weight(n) + 1
	}
	return math.MaxUint32
}

func (v Value) weight() weight {
	const own = 1
	switch r := v.ref.(type) {
	case textPtr:
		return bytesWeight(int(v.num) + valueSize - 1)
	case *PageRecord:
		return bytesWeight(len(r.Raw()) + valueSize - 1)
	case *decimal.Decimal:
		return own + 2
	case *list:
		return weight(v.nanos).plus(own)
	case *row:
		return r.held.weight.plus(own)
	case *Rowset:
		return r.held.weight.plus(own)
	case XMLNode:
		return bytesWeight(r.Size() + valueSize - 1)
	}
	return own
}

// depth is how deep the Lists, Rows and Tables in v are put into each other; 0
// for any other value.
func (v Value) depth() int8 {
	switch r := v.ref.(type) {
	case *list:
		return v.exp
	case *row:
		return r.held.depth
	case *Rowset:
		return r.held.depth
	}
	return 0
}

// A held is what is known of the values in a List, a Row or a Table.
type held struct {
	weight weight
	depth  int8 // at least 1
	taint  Taint
}

// add notes one value more.
func (h *held) add(x Value) {
	h.weight = h.weight.plus(x.weight())
	h.depth = max(h.depth, 1)
	if d := x.depth(); d >= h.depth && d < math.MaxInt8 {
		h.depth = d + 1
	}
	h.taint |= x.Taint()
}

func heldIn(values []Value) held {
	h := held{depth: 1}
	for _, x := range values {
		h.add(x)
	}
	return h
}
