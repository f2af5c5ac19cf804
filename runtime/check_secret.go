package runtime

import (
	"strings"

	"github.com/amsx-lang/amsx/parser/ast"
)

// checkSecret finds a token or password that is typed into the script, where
// everyone who may read the script reads it.
func (c *compiler) checkSecret(s *ast.String) {
	for _, p := range s.Body.Parts {
		if p.Ref == nil && looksSecret(p.Text) {
			c.errorf(s.Pos, CodeSecret, "put it into a credential pack (amsx credential add), and replace the token where it came from: it must be taken as known", "this looks like a secret, and a script is no place for one")
			return
		}
	}
}

// looksSecret knows the shapes of API tokens: long runs of letters and digits
// that no text, name or address has.
func looksSecret(s string) bool {
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(" \t\r\n\"'=&?/,;:<>()", r) }) {
		if strings.HasPrefix(word, "eyJ") && strings.Count(word, ".") == 2 {
			return true // a JWT
		}
		if len(word) < 36 {
			continue
		}
		var upper, lower, digit, other int
		for i := range len(word) {
			switch c := word[i]; {
			case c >= 'A' && c <= 'Z':
				upper++
			case c >= 'a' && c <= 'z':
				lower++
			case c >= '0' && c <= '9':
				digit++
			case c == '-' || c == '_':
			default:
				other++
			}
		}
		if other == 0 && upper > 3 && lower > 3 && digit > 1 {
			return true
		}
	}
	return false
}
