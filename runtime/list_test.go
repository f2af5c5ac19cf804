package runtime

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func textsOf(v Value) []string {
	out := []string{}
	for _, x := range v.Items() {
		out = append(out, x.Text())
	}
	return out
}

// The text of a list of texts, given as a parameter, is the list again.
func TestListTextReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfN(rapid.StringMatching(`[a-z,;"' \n]{1,8}`), 0, 5).Draw(t, "items")
		var vs []Value
		for _, s := range items {
			vs = append(vs, Text(s))
		}
		text := List(vs...).Text()
		if strings.ContainsAny(text, ";\n") {
			return // then commas do not separate: ParseList says so
		}
		if d := cmp.Diff(append([]string{}, items...), textsOf(ParseList(text))); d != "" {
			t.Fatalf("%q: %s", text, d)
		}
	})
}

// Adding to a list never changes what another name holds.
func TestAppendCopiesOnWrite(t *testing.T) {
	a := List(Text("1"))
	b := Append(a, Text("2"))
	c := Append(a, Text("3"))
	d := Append(b, Text("4"))
	e := Append(b, Text("5"))
	for got, want := range map[*Value]string{&a: "1", &b: "1, 2", &c: "1, 3", &d: "1, 2, 4", &e: "1, 2, 5"} {
		if got.Text() != want {
			t.Errorf("%s, want %s", got.Text(), want)
		}
	}
	if v := Append(Null(), Int(1)); v.Text() != "1" {
		t.Error(v)
	}
	if v := Append(Text("a"), Text("b")); v.Text() != "a, b" {
		t.Error(v)
	}
}

func TestAppendIsLinear(t *testing.T) {
	v := List()
	const n = 200_000
	allocs := testing.AllocsPerRun(1, func() {
		v = List()
		for i := range n {
			v = Append(v, Int(int64(i)))
		}
	})
	if allocs > 100 {
		t.Errorf("%v allocations for %d elements", allocs, n)
	}
	if m, ok := v.Len(); !ok || m != n || v.Items()[n-1].Text() != "199999" {
		t.Errorf("%d elements", m)
	}
}

// Concurrent runs may share a parameter's list, and each adds its own.
func TestSharedListOfConcurrentRuns(t *testing.T) {
	shared := Append(Append(List(), Text("a")), Text("b"))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			mine := shared
			for range 100 {
				mine = Append(mine, Int(int64(i)))
			}
			for _, x := range mine.Items()[2:] {
				if n, ok := x.Int64(); !ok || n != int64(i) {
					t.Errorf("run %d finds %v", i, x)
				}
			}
		})
	}
	wg.Wait()
	if shared.Text() != "a, b" {
		t.Error(shared)
	}
}
