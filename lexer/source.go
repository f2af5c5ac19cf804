package lexer

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const bom = "\uFEFF"

// A Source is the text of one file with an index of its lines, so that the
// position of any byte is found in constant time: a single line of megabytes
// costs no more than a thousand short ones. It is immutable.
type Source struct {
	name  string
	text  string
	lines []int // offset of each line's first byte
	runes []int // characters before each multiple of stride; nil: all ASCII
}

// stride is the distance of the column index's entries: at most so many bytes
// are counted for one position.
const stride = 128

// NewSource indexes the text of the file name. A line ends at LF, CRLF or a
// lone CR, as in an editor.
func NewSource(name, text string) *Source {
	s := &Source{name: name, text: text, lines: []int{0}}
	ascii := true
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\n', c == '\r' && (i+1 == len(text) || text[i+1] != '\n'):
			s.lines = append(s.lines, i+1)
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	if ascii {
		return s
	}
	n := 0
	for i := 0; i < len(text); i += stride {
		s.runes = append(s.runes, n)
		n += characters(text[i:min(i+stride, len(text))])
	}
	return s
}

// characters counts the bytes that begin a character, so that counts of
// adjacent pieces add up wherever a piece is cut. A byte that is no UTF-8
// counts as the character it stands for in an editor.
func characters(s string) int {
	n := 0
	for i := range len(s) {
		if s[i]&0xC0 != 0x80 {
			n++
		}
	}
	return n
}

// Name is the file's name, as positions give it.
func (s *Source) Name() string { return s.name }

// Text is the whole text, a byte order mark included.
func (s *Source) Text() string { return s.text }

// Lines is the number of lines.
func (s *Source) Lines() int { return len(s.lines) }

// Line is the text of line n, counted from 1, without its line end and the
// byte order mark; empty when there is no such line.
func (s *Source) Line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	end := len(s.text)
	if n < len(s.lines) {
		end = s.lines[n]
	}
	line := strings.TrimRight(s.text[s.lines[n-1]:end], "\r\n")
	if n == 1 {
		line = strings.TrimPrefix(line, bom)
	}
	return line
}

// Position is the place of the byte at offset. An offset outside the text is
// taken to its nearest end.
func (s *Source) Position(offset int) Position {
	offset = max(0, min(offset, len(s.text)))
	i, found := slices.BinarySearch(s.lines, offset)
	if !found {
		i--
	}
	p := Position{Filename: s.name, Offset: offset, Line: i + 1}
	p.Column = 1 + s.count(offset) - s.count(s.lines[i])
	if i == 0 && p.Column > 1 && strings.HasPrefix(s.text, bom) {
		p.Column-- // an editor does not show the mark
	}
	return p
}

// count is the number of characters before offset.
func (s *Source) count(offset int) int {
	if s.runes == nil {
		return offset
	}
	k := offset / stride
	if k == len(s.runes) { // the text ends at a multiple of stride
		k--
	}
	return s.runes[k] + characters(s.text[k*stride:offset])
}
