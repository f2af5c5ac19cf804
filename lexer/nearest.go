package lexer

import (
	"strings"
	"unicode/utf8"
)

// Nearest is the candidate that word was probably meant to be, or "" when none
// is near. Case does not matter; one typing mistake is forgiven in a short
// word, two from six letters on, three from twelve on, and a word that begins
// a single candidate is near to it.
func Nearest(word string, candidates []string) string {
	w := strings.ToLower(word)
	n := utf8.RuneCountInString(w)
	limit := mistakes(n)
	best, bestDistance := "", limit+1
	prefix, prefixes := "", 0
	for _, c := range candidates {
		l := strings.ToLower(c)
		if l == w {
			return c
		}
		if n >= 3 && (strings.HasPrefix(l, w) || len(l) >= 4 && strings.HasPrefix(w, l)) {
			prefix = c
			prefixes++
		}
		if m := utf8.RuneCountInString(l); m > n+limit || n > m+limit {
			continue
		}
		if d := distance(w, l); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	if best == "" && prefixes == 1 {
		return prefix
	}
	return best
}

// mistakes is how many typing mistakes are forgiven in a word of n letters.
func mistakes(n int) int {
	switch {
	case n >= 12:
		return 3
	case n >= 6:
		return 2
	case n <= 2:
		return 0
	}
	return 1
}

// distance is the number of letters to insert, delete, replace or swap with
// their neighbour to make a of b (Damerau-Levenshtein, restricted). Words too
// long to be a typing mistake of anything are far from everything.
func distance(a, b string) int {
	const longest = 100
	if len(a) > longest || len(b) > longest {
		return longest
	}
	x, y := []rune(a), []rune(b)
	before, above, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range above {
		above[j] = j
	}
	for i := range x {
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			row[j+1] = min(row[j]+1, above[j+1]+1, above[j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(y)]
}
