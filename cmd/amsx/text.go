package main

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/amsx-lang/amsx/lexer"
)

// fold breaks a text between words into lines of at most that many cells; the
// first line begins with first, the others with rest. 0: one line.
func fold(text, first, rest string, cells int) string {
	if cells <= 0 {
		return first + text
	}
	var b strings.Builder
	b.WriteString(first)
	at, fresh := runewidth.StringWidth(first), true
	for _, word := range strings.Fields(text) {
		n := runewidth.StringWidth(word)
		if !fresh && at+1+n > cells {
			b.WriteString("\n" + rest)
			at, fresh = runewidth.StringWidth(rest), true
		}
		if !fresh {
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at, fresh = at+n, false
	}
	return b.String()
}

// clip cuts a text to that many cells of a terminal.
func clip(s string, cells int) string { return runewidth.Truncate(s, cells, "…") }

// safeLines is a message as a terminal may show it: its own line ends stay,
// whatever else would do something to the terminal is shown as what it is.
func safeLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = lexer.Safe(lines[i])
	}
	return strings.Join(lines, "\n")
}

// plural is "1 row", "2 rows".
func plural(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return thousands(n) + " " + what
}

// printJSON prints v for other programs: < and & as they are, since nothing of
// it goes into a web page unseen.
func printJSON(w io.Writer, v any, indent string) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	return enc.Encode(v)
}
