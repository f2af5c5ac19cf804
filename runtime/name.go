package runtime

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// FoldName gives the form in which names of variables, commands, tables and
// columns are compared: see [FoldText].
func FoldName(s string) string { return FoldText(s) }

// FoldText gives the form in which texts are equal for =, in keys and in
// names: Unicode NFC and full case folding (ß is ss), diacritics kept. ASCII
// text without capitals is returned as it is.
func FoldText(s string) string {
	upper := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x80 {
			return norm.NFC.String(cases.Fold().String(norm.NFC.String(s)))
		}
		upper = upper || 'A' <= c && c <= 'Z'
	}
	if upper {
		return strings.ToLower(s)
	}
	return s
}

// foldASCII appends FoldText of an ASCII text to dst, where it has room.
func foldASCII(dst []byte, s string) (folded []byte, ok bool) {
	if len(s) > cap(dst)-len(dst) {
		return nil, false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 0x80:
			return nil, false
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst, true
}

// EqualFold reports whether FoldText makes two texts the same.
func EqualFold(s, t string) bool {
	if len(s) == len(t) {
		for i := 0; ; i++ {
			if i == len(s) {
				return true
			}
			c, d := s[i], t[i]
			if c|d >= 0x80 {
				break
			}
			if c != d && (c|0x20 != d|0x20 || c|0x20 < 'a' || c|0x20 > 'z') {
				// Two different letters stay different whatever marks follow.
				return false
			}
		}
	} else if isASCII(s) && isASCII(t) {
		return false
	}
	return s == t || FoldText(s) == FoldText(t)
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
