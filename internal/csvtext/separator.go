package csvtext

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// separators are what Detect looks for.
const separators = ";,\t|"

// maxHead is how much of the first line Detect looks at.
const maxHead = 1 << 16

// Detect finds the separator of a text by its first line: of ; , tab and | the
// one that stands there most often outside quotes. A line without any is one
// of a single column. The line "sep=;" of Excel says it itself, and is taken
// from the text. rest has all the rest of the text.
func Detect(r io.Reader) (separator byte, rest io.Reader, skipped int, err error) {
	in := bufio.NewReaderSize(r, maxHead)
	head, err := in.Peek(maxHead)
	if err != nil && err != io.EOF {
		return 0, nil, 0, err
	}
	head = head[:firstLine(head)]
	if s, ok := strings.CutPrefix(strings.ToLower(string(head)), "sep="); ok && len(s) == 1 {
		if _, err := in.Discard(len(head)); err != nil {
			return 0, nil, 0, err
		}
		for _, c := range []byte("\r\n") {
			if next, err := in.Peek(1); err == nil && next[0] == c {
				_, _ = in.ReadByte() // it was seen
			}
		}
		return s[0], in, 1, nil
	}
	counts := Separators(string(head))
	best, most, twice := byte(','), 0, byte(0)
	for i := range separators {
		switch c := separators[i]; {
		case counts[c] > most:
			best, most, twice = c, counts[c], 0
		case counts[c] == most && most > 0:
			twice = c
		}
	}
	if twice != 0 {
		return 0, nil, 0, fmt.Errorf("the first line has %s and %s equally often", SeparatorName(best), SeparatorName(twice))
	}
	return best, in, 0, nil
}

// firstLine is the length of the first line, line breaks within quotes not
// counted as its end.
func firstLine(head []byte) int {
	open := false
	for i, c := range head {
		switch {
		case c == '"':
			open = !open
		case !open && (c == '\n' || c == '\r'):
			return i
		}
	}
	return len(head)
}

// Separators counts what may be a separator in a line, outside quotes.
func Separators(line string) map[byte]int {
	counts := map[byte]int{}
	open := false
	for i := range len(line) {
		c := line[i]
		if c == '"' {
			open = !open
		}
		if !open && strings.IndexByte(separators, c) >= 0 {
			counts[c]++
		}
	}
	return counts
}

// SeparatorName is how a script writes a separator.
func SeparatorName(c byte) string {
	if c == '\t' {
		return `"tab"`
	}
	return `"` + string(rune(c)) + `"`
}

// ParseSeparator reads what a script writes: one character, or the word tab.
func ParseSeparator(s string) (byte, error) {
	if strings.EqualFold(s, "tab") {
		return '\t', nil
	}
	if len(s) != 1 || s[0] >= 0x80 || s[0] < ' ' && s[0] != '\t' || strings.ContainsAny(s, "\" '.-_=+@") ||
		'0' <= s[0] && s[0] <= '9' || 'a' <= s[0]|0x20 && s[0]|0x20 <= 'z' {
		return 0, fmt.Errorf("%q is no separator", s)
	}
	return s[0], nil
}
