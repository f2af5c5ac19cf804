package runtime

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEqualFoldIsEqualFolds(t *testing.T) {
	letters := rapid.SampledFrom([]string{"a", "A", "b", "k", "K", "\u212a", "ß", "ẞ", "s", "ſ", "e", "é", "E\u0301", "\u0301", "\u0323", "İ", "i", "ﬀ", "f", "Σ", "ς", "[", "{", "@", "`", "\xff"})
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(letters, 0, 5).Draw(t, "s"), "")
		u := strings.Join(rapid.SliceOfN(letters, 0, 5).Draw(t, "u"), "")
		if EqualFold(s, u) != (FoldText(s) == FoldText(u)) {
			t.Fatalf("%q and %q: %v", s, u, EqualFold(s, u))
		}
		if f := FoldText(s); FoldText(f) != f && !strings.ContainsAny(s, "\u0301\u0323") {
			t.Fatalf("%q folds to %q, and that to %q", s, f, FoldText(f))
		}
	})
}

func TestFoldText(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "abc": "abc", "ABC": "abc", "Straße": "strasse", "É": "é", "E\u0301": "é", "\u212a": "k", "ΟΔΟΣ": "οδοσ",
	} {
		if got := FoldText(s); got != want {
			t.Errorf("%q folds to %q, want %q", s, got, want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { FoldName("lower_case") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
