package lexer

import "strings"

// The types of tokens. Words are not told apart here: If, Then and In are Idents,
// and what they mean depends on where they stand, so that Set text = 1 works.
const (
	EOF     = -1 - iota
	EOL     // the end of a logical line
	Comment // a line that begins with //
	Ident   // a word
	Path    // a name with steps: user.profile, [First Name], @odata.type
	String  // with its quotes, as written
	Number
	Var     // %name% or %name.path%, with the percent signs
	Op      // one of + - * / & = <> < <= > >= == ( ) ,
	Raw     // the lines between Text and EndText
	Illegal // what is none of these; Scanner.Problem says why
)

// Is reports whether t is the word w, in whatever case.
func Is(t *Token, w string) bool {
	return t.Type == Ident && len(t.Value) == len(w) && strings.EqualFold(t.Value, w)
}

// IsOp reports whether t is the operator or punctuation mark op.
func IsOp(t *Token, op string) bool { return t.Type == Op && t.Value == op }

// Describe names a token as a person would.
func Describe(t *Token) string {
	switch t.Type {
	case EOF:
		return "the end of the script"
	case EOL:
		return "the end of the line"
	case Comment:
		return "a comment"
	case Raw:
		return "the text block"
	}
	v := t.Value
	if n := []rune(v); len(n) > 40 {
		v = string(n[:40]) + "…"
	}
	return v
}
