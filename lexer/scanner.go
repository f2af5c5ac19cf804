package lexer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Scanner splits a fragment into tokens. It never fails: what it cannot read
// becomes an Illegal token, about which Problem knows more.
type Scanner struct {
	frag      *Fragment
	src       string
	off       int
	last      TokenType // of the token before; EOL at the start of a logical line
	text      textState
	inline    bool // one expression: line ends are blanks
	noEndText bool // there is no EndText behind this place
	lineFrom  int  // lineEnd(lineFrom … lineTo) is lineTo
	lineTo    int
	problems  map[int]*Diagnostic // by offset in the file
	notes     List                // about what was read as a blank
	noted     int                 // offset of the line end behind the last note
	mail      mailMarks
	tries     int // of reading JSON, which are bounded
}

// textState follows a Text block, whose lines are not split into tokens.
type textState uint8

const (
	noText   textState = iota
	textHead           // on the line of the word Text
	textBody           // at the first raw line
)

// NewScanner returns a scanner at the start of f.
func NewScanner(f *Fragment) *Scanner {
	return &Scanner{frag: f, src: f.text, last: EOL, lineTo: -1, noted: -1, problems: map[int]*Diagnostic{}}
}

// NewExprScanner returns a scanner for a fragment that is one expression: line
// ends in it are blanks.
func NewExprScanner(f *Fragment) *Scanner {
	s := NewScanner(f)
	s.inline, s.last = true, Op
	return s
}

// Fragment is what is scanned.
func (s *Scanner) Fragment() *Fragment { return s.frag }

// Problem is the finding about an Illegal token that was returned.
func (s *Scanner) Problem(t *Token) *Diagnostic { return s.problems[t.Pos.Offset] }

// Notes are the findings about characters that were read as a blank, so that
// the rest of their lines was read too.
func (s *Scanner) Notes() List { return s.notes }

func (s *Scanner) token(typ TokenType, end int) Token {
	t := Token{Type: typ, Value: s.src[s.off:end], Pos: tokenPosition(s.frag.Position(s.off))}
	s.off, s.last = end, typ
	return t
}

// illegal is the token from the current place to end, with a finding.
func (s *Scanner) illegal(end int, code, hint, message string) Token {
	t := s.token(Illegal, end)
	s.problems[t.Pos.Offset] = &Diagnostic{
		Pos: Position(t.Pos), End: s.frag.Position(end), Code: code, Message: message, Hint: hint,
	}
	return t
}

// mends gives the finding about an illegal token the text that was meant.
func (s *Scanner) mends(t Token, write string) Token {
	if d := s.problems[t.Pos.Offset]; write != "" {
		d.Mend(d.Pos, t.Value, write)
	}
	return t
}

func (s *Scanner) next() Token {
	if s.text == textBody {
		return s.raw()
	}
	s.blanks()
	if s.off >= len(s.src) {
		if s.last != EOL { // a last line without line end
			return s.token(EOL, s.off)
		}
		return s.token(EOF, s.off)
	}
	c := s.src[s.off]
	first := s.last == EOL
	switch {
	case c == '\n' || c == '\r':
		if s.text == textHead {
			s.text = textBody
		}
		return s.token(EOL, s.lineBreak(s.off))
	case first && strings.HasPrefix(s.src[s.off:], "//"):
		end := s.lineEnd(s.off)
		return s.token(Comment, s.off+len(strings.TrimRight(s.src[s.off:end], " \t")))
	case isDigit(c):
		return s.number()
	case c == '(' || c == ')' || c == ',':
		return s.token(Op, s.off+1)
	case c == '"' || c == '\'':
		return s.str(c)
	case c == '%':
		if end := Reference(s.src, s.off); end > 0 {
			return s.token(Var, end)
		}
		return s.percent()
	}
	if t, ok := s.json(first); ok {
		return t
	}
	if end := s.word(first); end > 0 {
		return s.wordToken(end, first)
	}
	if t, ok := s.suspect(first); ok {
		return t
	}
	if n := operator(s.src[s.off:]); n > 0 {
		return s.token(Op, s.off+n)
	}
	return s.unknown()
}

// blanks skips blanks, what is noted as being none, and line ends that follow
// " _".
func (s *Scanner) blanks() {
	for s.off < len(s.src) {
		switch c := s.src[s.off]; {
		case c == ' ' || c == '\t' || s.inline && (c == '\n' || c == '\r'):
			s.off++
		case c == '>' && s.last == EOL:
			s.mailMark()
		case c >= utf8.RuneSelf:
			if n := s.strangeBlank(); n > 0 {
				s.off += n
				continue
			}
			return
		case c == '_' && s.off > 0 && (s.src[s.off-1] == ' ' || s.src[s.off-1] == '\t') && s.last != EOL:
			end := s.lineEnd(s.off)
			if strings.Trim(s.src[s.off+1:end], " \t") != "" || end == len(s.src) {
				return
			}
			s.off = s.lineBreak(end)
		default:
			return
		}
	}
}

// lineEnd is the offset of the line end at or behind i. The last answer is
// kept: a long line is searched once, not for each of its tokens.
func (s *Scanner) lineEnd(i int) int {
	if i >= s.lineFrom && i <= s.lineTo {
		return s.lineTo
	}
	s.lineFrom, s.lineTo = i, len(s.src)
	if n := strings.IndexAny(s.src[i:], "\r\n"); n >= 0 {
		s.lineTo = i + n
	}
	return s.lineTo
}

// lineBreak is the offset behind the line end at i.
func (s *Scanner) lineBreak(i int) int {
	switch {
	case i >= len(s.src):
		return i
	case strings.HasPrefix(s.src[i:], "\r\n"):
		return i + 2
	}
	return i + 1
}

func (s *Scanner) wordToken(end int, first bool) Token {
	w := s.src[s.off:end]
	if first && len(w) == len("text") && strings.EqualFold(w, "text") {
		rest := strings.TrimLeft(s.src[end:s.lineEnd(end)], " \t")
		if rest == "" || len(rest) > 4 && strings.EqualFold(rest[:4], "into") && (rest[4] == ' ' || rest[4] == '\t') || s.headOfText(rest) {
			s.text = textHead
		}
	}
	if d := s.mixed(w, end); d != nil {
		return s.illegal(end, CodeCharacter, d.Hint, d.Message)
	}
	if isName(w) {
		return s.token(Ident, end)
	}
	return s.token(Path, end)
}

// word is the end of the word or path at the current place, or 0.
func (s *Scanner) word(first bool) int {
	end, ok := scanPath(s.src, s.off)
	if !ok || first && s.src[s.off] == '[' {
		return 0
	}
	if first && !startsName(s.src[s.off:]) { // # and @ begin no statement
		return 0
	}
	return end
}

func (s *Scanner) number() Token {
	i := s.off
	digits := func() {
		for i < len(s.src) && isDigit(s.src[i]) {
			i++
		}
	}
	digits()
	if i+1 < len(s.src) && s.src[i] == '.' && isDigit(s.src[i+1]) {
		i++
		digits()
	}
	end := i
	for end < len(s.src) {
		r, n := utf8.DecodeRuneInString(s.src[end:])
		if !isNameRune(r) && r != '.' || r == utf8.RuneError && n == 1 {
			break
		}
		end += n
	}
	if end > i {
		return s.illegal(end, CodeNumber,
			"write a number as 12 or 2.50, put text in quotes, and begin a name with a letter",
			s.src[s.off:end]+" is neither a number nor a name")
	}
	return s.token(Number, i)
}

// str is the string in the quotes q. It ends on its line; a doubled quote is
// one quote.
func (s *Scanner) str(q byte) Token {
	if t, ok := s.apostropheComment(q); ok {
		return t
	}
	end := s.lineEnd(s.off)
	for i := s.off + 1; i < end; i++ {
		if s.src[i] != q {
			continue
		}
		if i+1 < end && s.src[i+1] == q {
			i++
			continue
		}
		return s.token(String, i+1)
	}
	if t, ok := s.wrapped(q, end); ok {
		return t
	}
	return s.unclosed(q, end)
}

// raw is everything up to the line that is only EndText.
func (s *Scanner) raw() Token {
	s.text = noText
	guess := -1
	for i := s.off; i < len(s.src); {
		end := s.lineEnd(i)
		w := s.bodyLine(i, end)
		if isEndText(w) || nearEndText(w) {
			return s.rawTo(i)
		}
		if guess >= 0 && strings.EqualFold(w, "text") { // the next block: this one lacks its end
			return s.rawTo(guess)
		}
		if guess < 0 && endsTextByGuess(w) {
			if guess = i; s.noEndText {
				break
			}
		}
		i = s.lineBreak(end)
	}
	s.noEndText = true
	// Not closed: the block ends where the script seems to go on, so that the
	// rest of it is still read. The parser reports the block at its opener.
	if guess >= 0 {
		return s.rawTo(guess)
	}
	return s.rawTo(len(s.src))
}

func (s *Scanner) rawTo(end int) Token {
	if s.mail.note != nil { // the marks may go on behind the block
		s.mail.last = s.frag.Position(end).Line - 1
	}
	t := s.token(Raw, end)
	s.last = EOL
	return t
}

func isEndText(w string) bool {
	w, rest, two := strings.Cut(w, " ")
	if two {
		w += strings.TrimLeft(rest, " \t")
	}
	return len(w) == len("endtext") && strings.EqualFold(w, "endtext")
}

// endsTextByGuess reports whether a line of an unclosed Text block looks like
// the script again. SQL has lines that begin with SET, IF and END: they say
// nothing.
func endsTextByGuess(line string) bool {
	w, _, _ := strings.Cut(line, " ")
	switch strings.ToLower(w) {
	case "sqlexecute", "foreach", "endeach", "batchsql", "text", "upsert", "upsertcustodian", "log", "cleartext":
		return true
	}
	return false
}

// nearEndText reports whether a line is EndText with a slip of the hand. The
// block ends there, so that the lines behind it are not taken for SQL.
func nearEndText(line string) bool {
	const longest = 20
	if len(line) > longest || len(line) < 3 || !strings.EqualFold(line[:2], "en") && !strings.EqualFold(line[:2], "ed") {
		return false
	}
	return distance(strings.ToLower(strings.Join(strings.Fields(line), "")), "endtext") <= 2
}

func operator(s string) int {
	if len(s) >= 2 {
		switch s[:2] {
		case "<>", "<=", ">=", "==":
			return 2
		}
	}
	if strings.IndexByte("+-*/&=<>(),", s[0]) >= 0 {
		return 1
	}
	return 0
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func startsName(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r == '_' || unicode.IsLetter(r)
}

func isNameRune(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

func isName(w string) bool { return !strings.ContainsAny(w, ".[@#") }
