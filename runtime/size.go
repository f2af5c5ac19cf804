package runtime

import (
	"unsafe"

	"github.com/shopspring/decimal"
)

// valueSize is the bytes of a Value itself.
const valueSize = int(unsafe.Sizeof(Value{}))

// Size estimates the bytes that v occupies, for the budget of a run's memory:
// the value and what it holds. What is shared with other values counts in
// each; a record of a page counts as its own text.
func (v Value) Size() int {
	n := valueSize
	switch r := v.ref.(type) {
	case textPtr:
		n += int(v.num)
	case *PageRecord:
		n += len(r.Raw())
	case *decimal.Decimal:
		n += 64
	case *list:
		for _, x := range v.Items() {
			n += x.Size()
		}
	case *row:
		for _, x := range r.values {
			n += x.Size()
		}
	case *Rowset:
		for _, values := range r.rows {
			n += int(unsafe.Sizeof(values))
			for _, x := range values {
				n += x.Size()
			}
		}
	case XMLNode:
		n += r.Size()
	}
	return n
}
