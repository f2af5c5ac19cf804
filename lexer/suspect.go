package lexer

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file names what people type, paste or bring along from other languages
// that is not AMSX, and says what to type instead.

// replacements are marks of other languages and of word processors. Where write
// is set, nothing else can have been meant.
var replacements = []struct{ mark, message, hint, write string }{
	{"===", "=== is not an operator", "write ==, or = where upper and lower case are the same", ""},
	{"!==", "!== is not an operator", "write <>", "<>"},
	{"~=", "~= is not an operator", "write <>", "<>"},
	{"><", ">< is not an operator", "write <>", "<>"},
	{"??", "?? is not an operator", "write Coalesce(%a%, %b%)", ""},
	{"?", "? is not an operator", "write IIf(condition, value, other value)", ""},
	{"、", "、 is not a comma", "type the comma ,", ","},
	{"!=", "!= is not an operator", "write <>", "<>"},
	{"=>", "=> is not an operator", "write >=", ">="},
	{"=<", "=< is not an operator", "write <=", "<="},
	{"&&", "&& is not an operator", "write And", "And"},
	{"||", "|| is not an operator", "write Or", ""},
	{"+=", "+= is not an operator", "write Set x = %x% + …", ""},
	{"-=", "-= is not an operator", "write Set x = %x% - …", ""},
	{"++", "++ is not an operator", "write Set x = %x% + 1", ""},
	{":=", ":= is not an operator", "write Set x = …", ""},
	{"**", "** is not an operator", "multiply with *", ""},
	{"!", "! is not an operator", "write Not", ""},
	{"|", "| is not an operator", "write Or, or & to join text", ""},
	{"^", "^ is not an operator", "multiply with *", ""},
	{"\\", `\ is not an operator`, "divide with /; whole numbers with Int(a / b)", ""},
	{"{", "{ does not belong to AMSX", "a block begins with If, For, ForEach, While or Try and ends with its own line, such as End If", ""},
	{"}", "} does not belong to AMSX", "a block ends with its own line, such as End If or EndEach", ""},
	{"`", "the back quote ` does not belong to AMSX", `write text in straight quotes: "text"`, ""},
	{"´", "the accent ´ is not a quotation mark", "type the straight quote '", ""},
	{"…", "the character … is not part of a script", "remove it", ""},
	{"×", "× is not an operator", "write *", "*"},
	{"÷", "÷ is not an operator", "write /", "/"},
	{"≠", "≠ is not an operator", "write <>", "<>"},
	{"≤", "≤ is not an operator", "write <=", "<="},
	{"≥", "≥ is not an operator", "write >=", ">="},
}

const typographicQuotes = "“”„‟«»‘’‚‛‹›"

var entity = regexp.MustCompile(`^&(#[0-9]{1,6}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});`)

// suspect is the Illegal token for something that is known not to be AMSX.
func (s *Scanner) suspect(first bool) (Token, bool) {
	rest := s.src[s.off:]
	line := s.lineEnd(s.off)
	if first {
		if t, ok := s.foreignLine(rest, line); ok {
			return t, true
		}
	}
	r, n := utf8.DecodeRuneInString(rest)
	switch {
	case strings.HasPrefix(rest, "//"), strings.HasPrefix(rest, "/*"), s.endsInComment(rest):
		return s.illegal(line, CodeComment, "put the comment on a line of its own, beginning with //",
			"a comment cannot follow on the same line"), true
	case strings.HasPrefix(rest, "=3D"), strings.HasPrefix(rest, "=20") && s.off+3 == line && !s.afterBlank():
		return s.illegal(s.off+3, CodePasted, "open the mail and save its attachment, or copy the text again from the mail's normal view",
			rest[:3]+" comes from the encoding of a mail (quoted-printable)"), true
	case r == '&':
		if m := entity.FindString(rest[:min(len(rest), 12)]); m != "" {
			return s.illegal(s.off+len(m), CodePasted, "write "+entityText(m)+"; in the script of a document nothing is encoded",
				m+" is encoded as in HTML"), true
		}
	case strings.ContainsRune(typographicQuotes, r):
		return s.typographic(r, n, line), true
	case r == ';':
		if line-s.off < 80 && strings.Trim(s.src[s.off:line], "; \t") == "" {
			return s.illegal(s.off+1, CodeCharacter, "remove the ; — a command ends with its line", "; does not end a line"), true
		}
		return s.illegal(s.off+1, CodeCharacter, "separate arguments with a comma; put every command on a line of its own", "; does not separate anything in AMSX"), true
	case r == '$':
		name := "name"
		if end, ok := scanPath(s.src, s.off+1); ok && startsName(rest[1:]) {
			name = s.src[s.off+1 : end]
		}
		hint := "write a variable as %" + name + "%"
		if first {
			hint = "write Set " + name + " = value"
		}
		return s.illegal(s.off+n, CodeCharacter, hint, "$ does not belong to AMSX"), true
	case unicode.Is(unicode.Pd, r) && r != '-', r == '−':
		return s.mends(s.illegal(s.off+n, CodeCharacter, "type the minus sign - of the keyboard", fmt.Sprintf("%c is a typographic dash", r)), "-"), true
	case r == '\u2028', r == '\u2029':
		return s.illegal(s.off+n, CodeCharacter, "delete it and press Enter", fmt.Sprintf("there is an invisible line separator here (U+%04X)", r)), true
	case r >= '\uff01' && r <= '\uff5e':
		return s.illegal(s.off+n, CodeCharacter, fmt.Sprintf("type the half-width %c", r-0xFEE0), fmt.Sprintf("%c is a full-width character", r)), true
	}
	for _, m := range replacements {
		if strings.HasPrefix(rest, m.mark) {
			write := m.write
			if write == "And" { // it is a word: a&&b
				if !s.afterBlank() {
					write = " " + write
				}
				if behind := rest[len(m.mark):]; behind != "" && behind[0] != ' ' && behind[0] != '\t' {
					write += " "
				}
			}
			return s.mends(s.illegal(s.off+len(m.mark), CodeOperator, m.hint, m.message), write), true
		}
	}
	return Token{}, false
}

// foreignLine names a line's beginning that no statement has.
func (s *Scanner) foreignLine(rest string, line int) (Token, bool) {
	for _, mark := range []string{"#", "--", "/*", "*/", "<!--"} {
		if strings.HasPrefix(rest, mark) {
			return s.illegal(line, CodeComment, "write // at the beginning of the line", "a comment does not begin with "+mark), true
		}
	}
	if strings.HasPrefix(rest, "```") {
		return s.illegal(line, CodePasted, "remove the line", "the line begins with ```, as code does in a chat or on a web page"), true
	}
	switch rest[0] {
	case '*', '-', '+':
		if len(rest) > 1 && rest[1] == ' ' {
			return s.illegal(s.off+1, CodePasted, "remove it", "the line begins with a list mark "+rest[:1]), true
		}
	}
	if strings.HasPrefix(rest, "•") {
		return s.illegal(s.off+len("•"), CodePasted, "remove it", "the line begins with a list mark •"), true
	}
	return Token{}, false
}

// endsInComment reports whether a comment of another language stands behind
// a statement.
func (s *Scanner) endsInComment(rest string) bool {
	switch {
	case strings.HasPrefix(rest, "--"):
		return s.last != Op && s.last != EOL && (len(rest) == 2 || !isDigit(rest[2]) && strings.IndexByte("-%(", rest[2]) < 0)
	case rest[0] == '#':
		return s.last != EOL && s.afterBlank() && len(rest) > 1 && rest[1] == ' '
	}
	return false
}

func (s *Scanner) afterBlank() bool {
	return s.off > 0 && (s.src[s.off-1] == ' ' || s.src[s.off-1] == '\t')
}

// typographic covers the whole quoted text where its end is on the line, so
// that the message shows it.
func (s *Scanner) typographic(r rune, n, line int) Token {
	end := s.off + n
	straight, closing := `"`, `“”„‟«»"`
	if strings.ContainsRune("‘’‚‛‹›", r) {
		straight, closing = "'", "‘’‚‛‹›'"
	}
	hint, write := "type the straight quote "+straight, ""
	if i := strings.IndexAny(s.src[end:line], closing); i >= 0 {
		body := s.src[end : end+i]
		_, size := utf8.DecodeRuneInString(s.src[end+i:])
		end += i + size
		if len(body) <= 40 && !strings.Contains(body, straight) {
			hint += ": " + straight + body + straight
		}
		if !strings.ContainsAny(body, straight+typographicQuotes) {
			write = straight + body + straight
		}
	}
	return s.mends(s.illegal(end, CodeQuote, hint, fmt.Sprintf("%c is a typographic quotation mark", r)), write)
}

// apostropheComment is a comment as VB writes it: ' at the beginning of a
// line, or behind a complete statement with nothing that closes it.
func (s *Scanner) apostropheComment(q byte) (Token, bool) {
	if q != '\'' || s.last != EOL {
		return Token{}, false
	}
	body := s.src[s.off+1 : s.lineEnd(s.off)]
	if i := strings.LastIndexByte(body, '\''); i >= 0 && strings.HasPrefix(strings.TrimLeft(body[i+1:], " \t"), "=") {
		return Token{}, false // a line of a DataMap: 'ACTIVE' = "True"
	}
	return s.illegal(s.lineEnd(s.off), CodeComment, "write // at the beginning of the line", "a comment does not begin with '"), true
}

func (s *Scanner) unclosed(q byte, end int) Token {
	body := s.src[s.off+1 : end]
	hint := fmt.Sprintf("a text ends on its own line with the quote it began with; a quote inside it is written twice: %c%c", q, q)
	switch i := strings.IndexAny(body, typographicQuotes); {
	case body == "" && s.off > 0 && strings.IndexByte(" \t,(=", s.src[s.off-1]) < 0:
		hint = "it is the end of a text whose beginning has no quote: write one there"
	case i >= 0:
		r, _ := utf8.DecodeRuneInString(body[i:])
		hint = fmt.Sprintf("it seems to end with the typographic mark %c; type the straight quote %c", r, q)
	case q == '\'' && strings.HasPrefix(body, " "):
		hint = "if this is a comment, put it on a line of its own, beginning with //"
	case strings.HasSuffix(strings.TrimRight(body, " \t"), "="):
		hint += "; a = at the end of a line comes from the encoding of a mail"
	}
	return s.illegal(end, CodeUnclosedText, hint, fmt.Sprintf("the text is not closed with %c", q))
}

// percent is a % outside a string that begins no reference.
func (s *Scanner) percent() Token {
	end := s.off + 1
	if stop, ok := scanPath(s.src, end); ok && startsName(s.src[end:]) {
		name := s.src[end:stop]
		return s.illegal(stop, CodePercent, "write %"+name+"%", "%"+name+" is not closed with %")
	}
	return s.illegal(end, CodePercent, "a variable is %name%; the remainder of a division is a Mod b; a percent sign in text stands in quotes",
		"% begins no %name%")
}

func (s *Scanner) unknown() Token {
	r, n := utf8.DecodeRuneInString(s.src[s.off:])
	switch {
	case r == utf8.RuneError && n == 1:
		return s.illegal(s.off+1, CodeEncoding, encodingHint, fmt.Sprintf("byte 0x%02X is not UTF-8", s.src[s.off]))
	case unicode.IsControl(r):
		return s.illegal(s.off+n, CodeCharacter, "delete it", fmt.Sprintf("there is a control character here (U+%04X)", r))
	case r == '[' || r == ']':
		return s.illegal(s.off+n, CodeCharacter, "a field is %row.[First Name]%, an element is %items[0]%; lists are made with List(…)",
			fmt.Sprintf("%c does not stand alone", r))
	case r == '.':
		return s.illegal(s.off+n, CodeCharacter, "join text with &; write a number as 0.5, a field as %row.Field%", "a . does not stand alone")
	case r == ':':
		return s.illegal(s.off+n, CodeCharacter, "put every command on a line of its own; text stands in quotes", ": does not belong here")
	}
	return s.illegal(s.off+n, CodeCharacter, "put text in quotes, or remove it", fmt.Sprintf("%c does not belong to a script", r))
}

func blankName(r rune) string {
	if r == '\u00a0' {
		return "a no-break space"
	}
	return "a typographic space"
}

func entityText(e string) string {
	switch e {
	case "&quot;":
		return `"`
	case "&amp;":
		return "&"
	case "&lt;":
		return "<"
	case "&gt;":
		return ">"
	case "&apos;", "&#39;":
		return "'"
	case "&nbsp;":
		return "a blank"
	}
	return "the character itself"
}
