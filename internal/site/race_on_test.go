//go:build race

package site

// raced: the race detector watches, which makes a random history ten times as
// slow. What it looks for is in the first as in the last.
const raced = true
