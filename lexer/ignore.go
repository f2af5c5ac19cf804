package lexer

import (
	"slices"
	"strings"
)

// An Ignore is a comment that silences a finding of the line below it:
//
//	// amsx: ignore AMSX4035 service accounts have no person
//	If %user.profile.userType% = "Service" Then Continue
type Ignore struct {
	Pos         Position // of the comment
	Code        Position // of the code in it
	Name        string   // the code as it is written; empty: none
	Reason      string
	First, Last int // the lines that it is about; 0: there is none below
}

// ignoreMark begins such a comment.
const ignoreMark = "amsx:"

// Ignores are the comments of a source that silence findings, in their order.
// comments are the ranges of its comments, marks included.
func Ignores(src *Source, comments []Piece) []Ignore {
	var out []Ignore
	for _, c := range comments {
		text := src.text[c.Start:c.End]
		at := c.Start + len(text)
		xml := strings.HasPrefix(text, "<!--")
		if xml {
			text = strings.TrimSuffix(strings.TrimPrefix(text, "<!--"), "-->")
			at = c.Start + len("<!--")
		} else {
			text = strings.TrimLeft(text, "/")
			at -= len(text)
		}
		trim := func() {
			n := len(text)
			text = strings.TrimLeft(text, " \t\r\n")
			at += n - len(text)
		}
		trim()
		if len(text) < len(ignoreMark) || !strings.EqualFold(text[:len(ignoreMark)], ignoreMark) {
			continue
		}
		text, at = text[len(ignoreMark):], at+len(ignoreMark)
		trim()
		g := Ignore{Pos: src.Position(c.Start), Code: src.Position(at)}
		verb, rest := firstField(text)
		if strings.EqualFold(verb, "ignore") {
			at += len(text) - len(rest)
			text = rest
			trim()
			g.Code = src.Position(at)
			g.Name, g.Reason = firstField(text)
			g.Reason = strings.Join(strings.Fields(g.Reason), " ")
		}
		if xml {
			g.First, g.Last = src.tagBelow(c.End)
		} else {
			g.First, g.Last = src.lineBelow(g.Pos.Line)
		}
		out = append(out, g)
	}
	return out
}

// firstField is the first word of a text, and what stands behind it.
func firstField(s string) (word, rest string) {
	if i := strings.IndexAny(s, " \t\r\n"); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// Silences reports whether the comment is about a finding of this code there.
func (g *Ignore) Silences(d *Diagnostic) bool {
	return g.Name != "" && strings.EqualFold(g.Name, d.Code) && g.Pos.Filename == d.Pos.Filename && g.First <= d.Pos.Line && d.Pos.Line <= g.Last
}

// lineBelow is the first line behind line n that is neither empty nor a
// comment, with the lines in which it goes on.
func (s *Source) lineBelow(n int) (first, last int) {
	for n++; n <= s.Lines(); n++ {
		line := strings.TrimSpace(s.Line(n))
		if line == "" || strings.HasPrefix(line, "//") {
			continue
		}
		first = n
		for n < s.Lines() && strings.HasSuffix(strings.TrimRight(s.Line(n), " \t"), " _") {
			n++
		}
		return first, n
	}
	return 0, 0
}

// tagBelow is the lines of the first tag behind the offset.
func (s *Source) tagBelow(offset int) (first, last int) {
	for {
		rest := s.text[offset:]
		trimmed := strings.TrimLeft(rest, " \t\r\n")
		offset += len(rest) - len(trimmed)
		if !strings.HasPrefix(trimmed, "<") {
			return 0, 0
		}
		if strings.HasPrefix(trimmed, "<!--") {
			end := strings.Index(trimmed, "-->")
			if end < 0 {
				return 0, 0
			}
			offset += end + len("-->")
			continue
		}
		quote := byte(0)
		for i := range len(trimmed) {
			switch c := trimmed[i]; {
			case quote != 0 && c == quote:
				quote = 0
			case quote != 0:
			case c == '"' || c == '\'':
				quote = c
			case c == '>':
				return s.Position(offset).Line, s.Position(offset + i).Line
			}
		}
		return 0, 0
	}
}

// XMLComments are the ranges of the comments of a document, outside of CDATA.
func (s *Source) XMLComments() []Piece {
	var out []Piece
	for i := 0; i < len(s.text); {
		n := strings.Index(s.text[i:], "<!")
		if n < 0 {
			break
		}
		i += n
		open, end := "<!--", "-->"
		if strings.HasPrefix(s.text[i:], "<![CDATA[") {
			open, end = "<![CDATA[", "]]>"
		} else if !strings.HasPrefix(s.text[i:], open) {
			i += len("<!")
			continue
		}
		n = strings.Index(s.text[i+len(open):], end)
		if n < 0 {
			break
		}
		stop := i + len(open) + n + len(end)
		if open == "<!--" {
			out = append(out, Piece{Start: i, End: stop})
		}
		i = stop
	}
	return slices.Clip(out)
}
