package sqltext

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// mark stands for a reference in the text that the scanner reads. A NUL cannot
// occur in SQL, so no text can pass for a reference.
const mark = 0

// A scanner cuts SQL text with references into tokens.
type scanner struct {
	src   string // the parts in a row, a mark for each reference
	off   int
	paths map[int]*ast.Path // by the offset of their mark
	start []partStart
	list  *lexer.List
	refs  []*ast.Path // references outside comments, in their order
	// The place of offset at, moved forward by pos.
	at, part int
	cur      lexer.Position
}

type partStart struct {
	off int
	pos lexer.Position
}

func newScanner(parts []ast.Part, list *lexer.List) *scanner {
	s := &scanner{paths: make(map[int]*ast.Path), list: list}
	var b strings.Builder
	for _, p := range parts {
		s.start = append(s.start, partStart{b.Len(), p.Pos})
		if p.Ref != nil {
			s.paths[b.Len()] = p.Ref
			b.WriteByte(mark)
			continue
		}
		if i := strings.IndexByte(p.Text, mark); i >= 0 {
			list.Errorf(p.Pos, CodeText, "remove the character", "the SQL text holds a NUL character")
		}
		b.WriteString(strings.ReplaceAll(p.Text, "\x00", " "))
	}
	s.src = b.String()
	if len(s.start) > 0 {
		s.cur = s.start[0].pos
	}
	return s
}

// pos returns the place of an offset. Offsets must not fall: a long text is
// counted through once.
func (s *scanner) pos(off int) lexer.Position {
	for s.at < off {
		if s.part+1 < len(s.start) && s.start[s.part+1].off <= s.at {
			s.part++
			s.cur = s.start[s.part].pos
			continue
		}
		r, n := utf8.DecodeRuneInString(s.src[s.at:])
		s.at += n
		s.cur.Offset += n
		s.cur.Column++
		if r == '\n' {
			s.cur.Line++
			s.cur.Column = 1
		}
	}
	for s.part+1 < len(s.start) && s.start[s.part+1].off <= s.at {
		s.part++
		s.cur = s.start[s.part].pos
	}
	return s.cur
}

// scan returns the tokens of the text, an end token last.
func (s *scanner) scan() []token {
	const bytesPerToken = 3 // blanks are tokens too
	out := make([]token, 0, len(s.src)/bytesPerToken+2)
	glued := false
	for {
		t := s.next()
		t.glued = glued
		glued = t.kind != space
		out = append(out, t)
		if t.kind == end && t.text == "" {
			return out
		}
	}
}

func (s *scanner) peek(i int) byte {
	if s.off+i < len(s.src) {
		return s.src[s.off+i]
	}
	return ' '
}

func (s *scanner) next() token {
	if s.off >= len(s.src) {
		return token{kind: end, pos: s.pos(len(s.src))}
	}
	start, p := s.off, s.pos(s.off)
	c := s.src[s.off]
	switch {
	case s.paths[s.off] != nil:
		t := token{kind: ref, pos: p, ref: s.take()}
		return t
	case c == '-' && s.peek(1) == '-', c == '/' && s.peek(1) == '*', isSpace(c):
		return s.space(p)
	case c == '\'':
		return s.quoted(str, '\'', p)
	case c == '"' || c == '`':
		return s.quoted(name, c, p)
	case c == '[':
		return s.quoted(name, ']', p)
	case c >= '0' && c <= '9' || c == '.' && s.peek(1) >= '0' && s.peek(1) <= '9':
		return s.number(p)
	}
	if r, n := utf8.DecodeRuneInString(s.src[s.off:]); isLetter(r) {
		for isLetter(r) || unicode.IsDigit(r) || r == '$' {
			s.off += n
			r, n = utf8.DecodeRuneInString(s.src[s.off:])
		}
		w := s.src[start:s.off]
		u := strings.ToUpper(w)
		if s.peek(0) == '\'' {
			return s.prefixed(u, p)
		}
		return token{kind: word, pos: p, text: w, upper: u}
	}
	return s.operator(p)
}

// take consumes the mark of a reference.
func (s *scanner) take() int {
	s.refs = append(s.refs, s.paths[s.off])
	s.off++
	return len(s.refs) - 1
}

// space reads blanks and comments. Their line ends stay, so that a line of a
// database's message is a line of the script's text.
func (s *scanner) space(p lexer.Position) token {
	start := s.off
	for s.off < len(s.src) && s.paths[s.off] == nil {
		switch {
		case isSpace(s.peek(0)):
			s.off++
		case s.peek(0) == '-' && s.peek(1) == '-':
			for s.off < len(s.src) && s.src[s.off] != '\n' {
				s.off++
			}
		case s.peek(0) == '/' && s.peek(1) == '*':
			s.comment()
		default:
			return token{kind: space, pos: p, text: blanks(s.src[start:s.off])}
		}
	}
	return token{kind: space, pos: p, text: blanks(s.src[start:s.off])}
}

func (s *scanner) comment() {
	start := s.off
	s.off += 2
	n := strings.Index(s.src[s.off:], "*/")
	inner := strings.Index(s.src[s.off:], "/*")
	switch {
	case n < 0:
		s.list.Errorf(s.pos(start), CodeText, "close it with */", "the comment is not closed")
		s.off = len(s.src)
		return
	case inner >= 0 && inner < n:
		// SQL Server and PostgreSQL nest comments, SQLite does not: the same
		// text would end in different places.
		s.list.Errorf(s.pos(start), CodeText, "begin each line of it with --", "a comment inside a comment")
	}
	s.off += n + 2
}

// blanks is what is sent of blanks and comments.
func blanks(s string) string {
	if n := strings.Count(s, "\n"); n > 0 {
		return strings.Repeat("\n", n)
	}
	return " "
}

// quoted reads a string or quoted name up to its closing character, which
// stands for itself when doubled.
func (s *scanner) quoted(k kind, closer byte, p lexer.Position) token {
	t := token{kind: k, pos: p, text: "", twice: closer == '"'}
	var b strings.Builder
	hasRef := false
	flush := func() {
		if b.Len() > 0 {
			t.parts = append(t.parts, piece{b.String(), -1})
			b.Reset()
		}
	}
	s.off++
	for s.off < len(s.src) {
		c := s.src[s.off]
		switch {
		case s.paths[s.off] != nil:
			flush()
			hasRef = true
			t.parts = append(t.parts, piece{"", s.take()})
		case c == closer && s.peek(1) == closer && s.off+1 < len(s.src):
			b.WriteByte(c)
			s.off += 2
		case c == closer:
			s.off++
			if !hasRef {
				t.text = b.String()
				t.parts = nil
				return t
			}
			flush()
			return t
		default:
			b.WriteByte(c)
			s.off++
		}
	}
	what := "the SQL string"
	if k == name {
		what = "the quoted name"
	}
	s.list.Errorf(p, CodeText, "close it with "+string(closer)+"; inside, a doubled "+string(closer)+" is one", "%s is not closed", what)
	t.kind = invalid
	return t
}

// prefixed reads a string with letters before it: N'…', X'…'.
func (s *scanner) prefixed(prefix string, p lexer.Position) token {
	at := s.off
	t := s.quoted(str, '\'', p)
	if t.kind == invalid {
		return t
	}
	switch {
	case prefix == "N":
		return t
	case prefix == "X" && t.parts == nil:
		return token{kind: blob, pos: p, text: "X" + s.src[at:s.off]}
	case typed[prefix]:
		s.list.Errorf(p, CodePlace, "write the string alone: '…'", "a typed literal %s '…' is not the same on every database", prefix)
	default:
		s.list.Errorf(p, CodePlace, "write the string alone: '…'", "a string with %s before it", prefix)
	}
	t.kind = invalid
	return t
}

// typed are the words that make a typed literal of the string behind them.
var typed = set("DATE TIME TIMESTAMP DATETIME INTERVAL")

func (s *scanner) number(p lexer.Position) token {
	start := s.off
	for s.off < len(s.src) && s.paths[s.off] == nil {
		c := s.src[s.off]
		switch {
		case c >= '0' && c <= '9' || c == '.' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_':
		case (c == '+' || c == '-') && (s.src[s.off-1] == 'e' || s.src[s.off-1] == 'E') && s.off-1 > start:
		default:
			return token{kind: number, pos: p, text: s.src[start:s.off]}
		}
		s.off++
	}
	return token{kind: number, pos: p, text: s.src[start:s.off]}
}

// operators of two and three characters, the longest first.
var operators = []string{"->>", "<=", ">=", "<>", "!=", "==", "||", "<<", ">>", "->", "::"}

func (s *scanner) operator(p lexer.Position) token {
	rest := s.src[s.off:]
	for _, o := range operators {
		if strings.HasPrefix(rest, o) {
			s.off += len(o)
			return token{kind: op, pos: p, text: o}
		}
	}
	r, n := utf8.DecodeRuneInString(rest)
	s.off += n
	if r == ';' {
		return token{kind: end, pos: p, text: ";"}
	}
	if !strings.ContainsRune("()+-*/%=<>,.&|~", r) {
		s.list.Errorf(p, CodeText, strange(r), "%q has no meaning in SQL text", string(r))
		return token{kind: invalid, pos: p}
	}
	return token{kind: op, pos: p, text: string(r)}
}

// strange says what to write for a character that SQL does not have.
func strange(r rune) string {
	switch r {
	case '‘', '’':
		return "write the straight quote '"
	case '“', '”':
		return `write a straight quote: ' around text, " around a name`
	case '?', ':', '$':
		return "write %name% where a value goes"
	case '–', '—':
		return "write -"
	case '\\':
		return "a quote inside a string is doubled: ''"
	}
	return "remove it"
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

func isLetter(r rune) bool {
	return r == '_' || r == '@' || r == '#' || unicode.IsLetter(r) && r != utf8.RuneError
}
