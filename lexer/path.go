package lexer

import (
	"strings"
	"unicode/utf8"
)

// Reference is the end of the %name% or %name.path% that begins at text[i],
// a percent sign; 0 when none begins there. It looks no further than the next
// percent sign, so that scanning a text for references is linear.
func Reference(text string, i int) int {
	if i+1 >= len(text) || !startsName(text[i+1:]) {
		return 0
	}
	end, ok := scanPath(text, i+1)
	if !ok || end >= len(text) || text[end] != '%' {
		return 0
	}
	return end + 1
}

// scanPath is the end of the path at text[i]: names joined by dots, each of
// which may carry [brackets]. It reports whether there is one. A dot or a
// bracket that does not go on as a path is not part of it.
func scanPath(text string, i int) (end int, ok bool) {
	end = scanStep(text, i, false)
	if end == i {
		return i, false
	}
	for end < len(text) {
		next := end
		switch text[end] {
		case '.':
			if next = scanStep(text, end+1, true); next == end+1 {
				return end, true
			}
		case '[':
			if next = scanBracket(text, end); next == end {
				return end, true
			}
		default:
			return end, true
		}
		end = next
	}
	return end, true
}

// scanStep is the end of the name or bracket at text[i], or i. Behind a dot a
// name may begin with a digit.
func scanStep(text string, i int, behindDot bool) int {
	if i >= len(text) {
		return i
	}
	if text[i] == '[' {
		return scanBracket(text, i)
	}
	start := i
	if text[i] == '@' || text[i] == '#' {
		i++
	}
	if i >= len(text) || !startsName(text[i:]) && !(behindDot && isDigit(text[i])) {
		return start
	}
	for i < len(text) {
		r, n := utf8.DecodeRuneInString(text[i:])
		if !isNameRune(r) {
			break
		}
		i += n
	}
	return i
}

// maxQuoted bounds a quoted name in bytes, and so the search for its end: a
// line of megabytes that opens thousands of quotes is scanned once.
const maxQuoted = 500

// scanBracket is the end of the [ … ] at text[i], or i. Brackets do not nest;
// a quoted name or value may hold one. Inside a string its quotes may stand
// doubled.
func scanBracket(text string, i int) int {
	for k := i + 1; k < len(text); k++ {
		switch c := text[k]; c {
		case '\r', '\n', '%', '[':
			return i
		case '"', '\'':
			if text[k-1] != '[' && text[k-1] != '=' {
				continue
			}
			quote := text[k : k+1]
			if k+2 < len(text) && text[k+1] == c && text[k+2] != ']' {
				quote = text[k : k+2]
			}
			body := text[k+len(quote):]
			body = body[:min(len(body), maxQuoted)]
			n := strings.Index(body, quote)
			if n < 0 || strings.ContainsAny(body[:n], "\r\n%") {
				return i
			}
			k += len(quote) + n + len(quote) - 1
		case ']':
			if k == i+1 {
				return i
			}
			return k + 1
		}
	}
	return i
}
