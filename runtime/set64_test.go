package runtime

import (
	"math/rand/v2"
	"testing"
)

func TestSet64(t *testing.T) {
	var s Set64
	want := map[uint64]bool{}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 200_000 {
		h := r.Uint64()
		switch {
		case i%3 == 0:
			h %= 50_000 << 20 // seen again now and then, and unevenly spread
		case i < 256:
			h = uint64(i) // also 0 in every part
		}
		if s.Add(h) == want[h] {
			t.Fatalf("%#x was new: %v", h, want[h])
		}
		want[h] = true
		if s.Add(h) {
			t.Fatalf("%#x is new again", h)
		}
	}
	if s.Len() != len(want) {
		t.Errorf("%d hashes, want %d", s.Len(), len(want))
	}
}

func TestSet64OfAMillionFitsIn16MB(t *testing.T) {
	var s Set64
	r := rand.New(rand.NewPCG(3, 4))
	most := 0
	for i := range 1_000_000 {
		if !s.Add(r.Uint64()) {
			t.Fatal("a new hash was there")
		}
		if i%997 == 0 {
			most = max(most, s.Size())
		}
	}
	if most > 16<<20 {
		t.Errorf("%d bytes", most)
	}
}

func BenchmarkSet64(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	var s Set64
	for b.Loop() {
		if s.Len() == 1_000_000 {
			s = Set64{}
		}
		s.Add(r.Uint64())
	}
}
