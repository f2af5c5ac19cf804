package lexer

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file reads through what came along with a script out of a mail, a web
// page or a word processor, so that one slip costs one finding.

// mailMarks is the run of lines that begin with the > of a quoted mail.
type mailMarks struct {
	note *Diagnostic
	from int // line of the first
	last int // line of the last
}

// mailMark skips the marks at the beginning of a line. A run of such lines is
// one finding.
func (s *Scanner) mailMark() {
	p := s.frag.Position(s.off)
	start := s.off
	for s.off < len(s.src) && (s.src[s.off] == '>' || s.src[s.off] == ' ' || s.src[s.off] == '\t') {
		s.off++
	}
	m := &s.mail
	if m.note == nil || p.Line > m.last+1 {
		m.note = &Diagnostic{
			Pos: p, End: s.frag.Position(start + 1), Code: CodePasted,
			Message: "the line begins with >, as in a quoted mail", Hint: "remove the > at the beginning of every line",
		}
		m.from = p.Line
		s.notes.Add(m.note)
	} else {
		m.note.Message = fmt.Sprintf("the lines %d to %d begin with >, as in a quoted mail", m.from, p.Line)
	}
	m.last = p.Line
}

// bodyLine is a line of a Text block without the blanks around it, and, where
// the script is a quoted mail, without its marks.
func (s *Scanner) bodyLine(from, to int) string {
	w := strings.Trim(s.src[from:to], " \t")
	if s.mail.note != nil && strings.HasPrefix(w, ">") {
		w = strings.TrimLeft(w, "> \t")
	}
	return w
}

// strangeBlank is the length of a character at the current place that is
// reported and read as a blank, or 0.
func (s *Scanner) strangeBlank() int {
	r, n := utf8.DecodeRuneInString(s.src[s.off:])
	var message, hint string
	switch {
	case unicode.Is(unicode.Zs, r):
		message, hint = fmt.Sprintf("this is not a normal blank but %s (U+%04X)", blankName(r), r), "delete it and type a normal blank"
	case unicode.Is(unicode.Cf, r):
		message, hint = fmt.Sprintf("there is an invisible character here (U+%04X)", r), deleteHint(s.src[s.off+n:])
	default:
		return 0
	}
	if end := s.lineEnd(s.off); end != s.noted { // one in a line says it
		s.noted = end
		s.notes.Add(&Diagnostic{
			Pos: s.frag.Position(s.off), End: s.frag.Position(s.off + n), Code: CodeCharacter, Message: message, Hint: hint,
		})
	}
	return n
}

// deleteHint says how a character that cannot be seen is deleted; rest follows
// it.
func deleteHint(rest string) string {
	for _, r := range rest {
		if r == '\r' || r == '\n' {
			break
		}
		if unicode.IsGraphic(r) && !unicode.IsSpace(r) {
			return fmt.Sprintf("delete it: put the cursor before the %c that follows and press Backspace", r)
		}
	}
	return "delete it: put the cursor at the end of the line and press Backspace"
}

// wrapped is the Illegal token for a text that goes on in the next lines, as a
// mail program wraps it, or as SQL is written elsewhere.
func (s *Scanner) wrapped(q byte, end int) (Token, bool) {
	const most = 40 // lines
	if s.inline || strings.ContainsAny(s.src[s.off+1:end], typographicQuotes) {
		return Token{}, false
	}
	stop := end
	for range most {
		from := s.lineBreak(stop)
		if from >= len(s.src) {
			return Token{}, false
		}
		stop = len(s.src)
		if n := strings.IndexAny(s.src[from:], "\r\n"); n >= 0 {
			stop = from + n
		}
		line := s.src[from:stop]
		i := strings.IndexByte(line, q)
		if i < 0 {
			if beginsScript(line) {
				return Token{}, false
			}
			continue
		}
		rest := strings.TrimLeft(line[i+1:], " \t")
		if rest != "" && strings.IndexByte(",)&", rest[0]) < 0 && !strings.EqualFold(rest, "then") {
			return Token{}, false // it begins there, it does not end
		}
		if rest != "" && beginsScript(line) {
			return Token{}, false
		}
		body := strings.ToLower(strings.TrimLeft(s.src[s.off+1:end], " \t"))
		hint := fmt.Sprintf("it goes on in line %d: join the lines, or end each with %c & _", s.frag.Position(from+i).Line, q)
		for _, verb := range []string{"select ", "insert ", "update ", "delete ", "with "} {
			if strings.HasPrefix(body+" ", verb) {
				hint = "write the statement on one line; SQL over several lines stands between Text and EndText, then SqlExecute"
			}
		}
		return s.illegal(from+i+1, CodeUnclosedText, hint, fmt.Sprintf("the text is not closed with %c on its line", q)), true
	}
	return Token{}, false
}

// beginsScript reports whether a line looks like a line of a script rather
// than like a part of a text.
func beginsScript(line string) bool {
	line = strings.TrimLeft(line, " \t")
	if strings.HasPrefix(line, "//") {
		return true
	}
	w := strings.ToLower(line)
	if i := strings.IndexAny(w, " \t"); i >= 0 {
		w = w[:i]
	}
	switch w {
	case "foreach", "endeach", "endif", "endtext", "text", "log", "sql", "sqlexecute", "upsert", "upsertcustodian", "httpget", "continue", "throw", "stop":
		return true
	case "if", "while":
		return strings.Contains(line, "%")
	case "end":
		return len(strings.Fields(line)) == 2
	case "set":
		return strings.Contains(line, "=")
	}
	return false
}

// json is the Illegal token for JSON that stands in the script as it is.
func (s *Scanner) json(first bool) (Token, bool) {
	c := s.src[s.off]
	const mostTries, mostBytes = 50, 100_000
	if c != '{' && c != '[' || !first && s.last != Op && s.last != Ident || s.tries >= mostTries {
		return Token{}, false
	}
	s.tries++
	dec := json.NewDecoder(strings.NewReader(s.src[s.off:min(len(s.src), s.off+mostBytes)]))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return Token{}, false
	}
	end := s.off + int(dec.InputOffset())
	text := s.src[s.off:end]
	if m, ok := v.(map[string]any); ok && len(m) == 0 && text != "{}" {
		return Token{}, false // the braces of a block
	}
	list, isList := v.([]any)
	if isList && !first && len(list) == 0 {
		return s.illegal(end, CodeCharacter, "write List()", "a list is not written in brackets"), true
	}
	if isList && !first {
		if _, quoted := list[0].(string); quoted && len(list) == 1 {
			return Token{}, false // ["name"] is a path
		}
		hint := `a list is written List("a", "b"); JSON stands in quotes: Json "[…]"`
		if inside := strings.TrimSpace(text[1 : len(text)-1]); len(inside) <= 60 && !strings.ContainsAny(inside, "{[\r\n") {
			hint = "write List(" + inside + ")"
		}
		return s.illegal(end, CodeCharacter, hint, "a list is not written in brackets"), true
	}
	message, hint := "JSON does not stand in a script as it is", "put it between the lines Text Into body and EndText, and write %body% here"
	if first {
		hint = "put it between the lines Text Into name and EndText"
	} else if len(text) <= 60 && !strings.ContainsAny(text, "\r\n") {
		hint = `write it as a text, with its quotes doubled: "` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return s.illegal(end, CodeCharacter, hint, message), true
}

// headOfText reports whether a line that begins with the word Text and goes on
// with something that does not belong there heads a block all the same: an
// EndText follows before another Text does.
func (s *Scanner) headOfText(rest string) bool {
	if rest[0] == '=' || rest[0] == '(' || isEndText(rest[strings.LastIndexAny(rest, " \t")+1:]) || s.noEndText {
		return false
	}
	for i := s.lineBreak(s.lineEnd(s.off)); i < len(s.src); {
		end := len(s.src)
		if n := strings.IndexAny(s.src[i:], "\r\n"); n >= 0 {
			end = i + n
		}
		w := s.bodyLine(i, end)
		switch {
		case isEndText(w):
			return true
		case len(w) >= 4 && strings.EqualFold(w[:4], "text"):
			return false
		}
		i = s.lineBreak(end)
	}
	return false
}

// mixed is the finding about a word of which some letters look like Latin ones
// and are not, nil for any other.
func (s *Scanner) mixed(w string, end int) *Diagnostic {
	ascii := true
	for i := range len(w) {
		ascii = ascii && w[i] < utf8.RuneSelf
	}
	if ascii {
		return nil
	}
	for part := range strings.FieldsFuncSeq(w, func(r rune) bool { return !unicode.IsLetter(r) }) {
		latin, other := false, rune(0)
		for _, r := range part {
			switch {
			case unicode.Is(unicode.Latin, r):
				latin = true
			case unicode.In(r, unicode.Cyrillic, unicode.Greek) && other == 0:
				other = r
			}
		}
		if latin && other != 0 {
			alphabet := "Cyrillic"
			if unicode.Is(unicode.Greek, other) {
				alphabet = "Greek"
			}
			return &Diagnostic{
				Message: fmt.Sprintf("the %c in %s is a %s letter", other, part, alphabet), Hint: "type the word anew: the letter looks like one of yours and is another",
			}
		}
	}
	return nil
}
