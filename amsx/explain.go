package amsx

import (
	"slices"

	"github.com/amsx-lang/amsx/builtins"
	"github.com/amsx-lang/amsx/internal/sqltext"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// An Explanation is the page of a code that findings and errors carry.
type Explanation = lexer.Explanation

// Explanations are the pages of all codes, in the order of the codes. The
// caller owns the slice.
func Explanations() []Explanation {
	var all []Explanation
	for _, of := range []func() []Explanation{lexer.Explanations, runtime.Explanations, sqltext.Explanations, builtins.Explanations} {
		all = append(all, of()...)
	}
	slices.SortStableFunc(all, func(a, b Explanation) int {
		switch {
		case a.Code < b.Code:
			return -1
		case a.Code > b.Code:
			return 1
		}
		return 0
	})
	return all
}
