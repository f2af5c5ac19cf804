package lexer

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Bounds of one file. A script that is larger is no script.
const (
	MaxSize  = 4 << 20 // bytes
	MaxLines = 200_000
)

// Decode is the text of a file, and what keeps it from being read: its size,
// another encoding than UTF-8, NUL bytes.
func Decode(name string, src []byte) (string, List) {
	var l List
	pos := Position{Filename: name, Line: 1, Column: 1}
	if len(src) > MaxSize {
		l.Errorf(pos, CodeSize, "a transformation is text of some kilobytes; was a data file opened by mistake?",
			"the file has %d bytes; at most %d are read", len(src), MaxSize)
		return "", l
	}
	if kind := utf16Kind(src); kind != "" {
		l.Errorf(pos, CodeEncoding, encodingHint+"; in PowerShell: Set-Content -Encoding utf8", "the file is saved as %s, not as UTF-8", kind)
		return "", l
	}
	s := NewSource(name, string(src))
	if s.Lines() > MaxLines {
		l.Errorf(pos, CodeSize, "a transformation is text of some kilobytes; was a data file opened by mistake?",
			"the file has %d lines; at most %d are read", s.Lines(), MaxLines)
		return "", l
	}
	if !utf8.Valid(src) {
		l.Add(notUTF8(s))
	}
	if i := bytes.IndexByte(src, 0); i >= 0 {
		l.Errorf(s.Position(i), CodeEncoding, "open the file in an editor and save it as UTF-8; is it really a script?", "the file holds a NUL byte")
	}
	return s.text, l
}

// utf16Kind names the UTF-16 form of src, by its mark or by the zero bytes
// that every second byte of Latin text is; "": it is none.
func utf16Kind(src []byte) string {
	switch {
	case bytes.HasPrefix(src, []byte{0xFF, 0xFE, 0, 0}):
		return "UTF-32"
	case bytes.HasPrefix(src, []byte{0xFF, 0xFE}):
		return "UTF-16 LE"
	case bytes.HasPrefix(src, []byte{0xFE, 0xFF}):
		return "UTF-16 BE"
	}
	head := src[:min(len(src), 64)&^1]
	if len(head) < 4 {
		return ""
	}
	even, odd := 0, 0
	for i := 0; i < len(head); i += 2 {
		if head[i] == 0 {
			even++
		}
		if head[i+1] == 0 {
			odd++
		}
	}
	switch n := len(head) / 2; {
	case odd*10 >= n*9 && even == 0:
		return "UTF-16 LE"
	case even*10 >= n*9 && odd == 0:
		return "UTF-16 BE"
	}
	return ""
}

// notUTF8 names the first byte that is not UTF-8, what it is in Windows-1252,
// and how many there are.
func notUTF8(s *Source) *Diagnostic {
	first, n := -1, 0
	for i := 0; i < len(s.text); {
		r, size := utf8.DecodeRuneInString(s.text[i:])
		if r == utf8.RuneError && size == 1 {
			if n++; first < 0 {
				first = i
			}
		}
		i += size
	}
	b := s.text[first]
	message := fmt.Sprintf("byte 0x%02X is not UTF-8", b)
	if c := charmap.Windows1252.DecodeByte(b); c != utf8.RuneError {
		message += fmt.Sprintf("; it would be %c in Windows-1252", c)
	}
	if n > 1 {
		message += fmt.Sprintf(" (%d such bytes in the file)", n)
	}
	return &Diagnostic{Pos: s.Position(first), End: s.Position(first + 1), Code: CodeEncoding, Message: message, Hint: encodingHint}
}
