package expect

import (
	"slices"
	"testing"
)

func TestFindings(t *testing.T) {
	cases := Cases("a ### \"one\" \"two.*\"\nb\n---\nc\n")
	if !slices.Equal(cases, []Case{{1, "a ### \"one\" \"two.*\"\nb"}, {4, "c"}}) {
		t.Fatalf("cases %v", cases)
	}
	var f Findings
	if clean := f.Read("x", cases[0].Text); clean != "a\nb\n" {
		t.Errorf("the text is %q", clean)
	}
	for _, tt := range []struct {
		line int
		said string
		want bool
	}{{2, "one", false}, {1, "another one", false}, {1, "two of them", true}, {1, "two of them", false}} {
		if got := f.Take("x", tt.line, tt.said); got != tt.want {
			t.Errorf("line %d, %q: %v", tt.line, tt.said, got)
		}
	}
	if missing := f.Missing(); !slices.Equal(missing, []string{`x:1: no finding matches "^one"`}) {
		t.Errorf("missing: %q", missing)
	}
}
