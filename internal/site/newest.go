package site

import (
	"strconv"
	"strings"
	"time"

	"github.com/amsx-lang/amsx/runtime"
)

// newestRank orders the values of newest: instants, dates and numbers; what is
// neither loses to whatever comes later.
func newestRank(v runtime.Value) int64 {
	switch v.Kind() {
	case runtime.KindDate, runtime.KindDateTime:
		return v.Time().UnixMilli()
	}
	s := strings.TrimSpace(v.Text())
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return at.UnixMilli()
	}
	if at, err := time.Parse(time.DateOnly, s); err == nil {
		return at.UnixMilli()
	}
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// A newestSet holds the rank of the record that each row was compared with. It
// grows by pages, as a bitset does.
type newestSet map[int64]*[newestPage]int64

const newestPage = 1 << 12

func (n newestSet) get(id int64) int64 {
	if p := n[id/newestPage]; p != nil {
		return p[uint64(id)%newestPage]
	}
	return 0
}

func (n *newestSet) set(id, rank int64) {
	if *n == nil {
		*n = make(newestSet)
	}
	p := (*n)[id/newestPage]
	if p == nil {
		p = new([newestPage]int64)
		(*n)[id/newestPage] = p
	}
	p[uint64(id)%newestPage] = rank
}
