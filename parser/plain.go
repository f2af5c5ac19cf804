package parser

import (
	"strings"

	"github.com/amsx-lang/amsx/lexer"
)

// plain reads the line at the stream's place if it is of one of the few shapes
// that nearly all lines of a script have. nil: it is not plainly one of them, or
// it is wrong; then nothing is read, and the grammar decides and says what is
// wrong. What plain reads, the grammar reads in the same way (TestPlain).
//
// The library reads by reflection: it takes five times as long for such a line,
// and building the grammar takes as long as three hundred of them, which a
// script without other lines does not need.
func plain(s *lexer.Stream) line {
	at := s.MakeCheckpoint()
	if l := plainLine(s); l != nil {
		return l
	}
	s.LoadCheckpoint(at)
	return nil
}

func plainLine(s *lexer.Stream) line {
	first := s.Peek()
	pos := position(first)
	switch first.Type {
	case lexer.Comment:
		if s.Next(); ends(s) {
			return &commentLine{Pos: pos, Text: first.Value}
		}
		return nil
	case lexer.EOL:
		s.Next()
		return &blankLine{Pos: pos, EOL: first.Value}
	case lexer.Ident:
	default:
		return nil
	}
	switch strings.ToLower(first.Value) {
	case "if":
		if l := plainIf(s); l != nil { // not a nil *ifLine
			return l
		}
	case "foreach":
		if l := plainForEach(s); l != nil {
			return l
		}
	case "for":
		if l := plainFor(s); l != nil {
			return l
		}
	case "else":
		if s.Next(); s.Peek().Type == lexer.EOL {
			return &elseLine{Pos: pos, EOL: s.Next().Value}
		}
	case "next":
		if s.Next(); ends(s) {
			return &nextLine{Pos: pos}
		}
	case "end":
		s.Next()
		if word := s.Next(); endsBlock(word) && ends(s) {
			return &closeLine{Pos: pos, Word: word.Value}
		}
	case "endeach", "endif":
		if s.Next(); ends(s) {
			return &closeLine{Pos: pos, Word: first.Value}
		}
	default:
		if l := plainSimple(s); l != nil && s.Peek().Type == lexer.EOL {
			return l
		}
	}
	return nil
}

// plainIf reads If condition Then, and what may follow on its line.
func plainIf(s *lexer.Stream) *ifLine {
	l := &ifLine{Pos: position(s.Next())}
	var err error
	if l.Cond, err = parseExpr(s); err != nil || !lexer.Is(s.Peek(), "Then") {
		return nil
	}
	s.Next()
	if s.Peek().Type != lexer.EOL {
		if l.Then = plainSimple(s); l.Then == nil || s.Peek().Type != lexer.EOL {
			return nil
		}
	}
	end := s.Next()
	l.EOL = eol{Pos: position(end), Text: end.Value}
	return l
}

// plainFor reads For name = value To value.
func plainFor(s *lexer.Stream) *forLine {
	l := &forLine{Pos: position(s.Next())}
	if s.Peek().Type != lexer.Ident {
		return nil
	}
	l.Var = named(s.Next())
	if !lexer.IsOp(s.Peek(), "=") {
		return nil
	}
	s.Next()
	var err error
	if l.From, err = parseExpr(s); err != nil || !lexer.Is(s.Peek(), "To") {
		return nil
	}
	s.Next()
	if l.To, err = parseExpr(s); err != nil || !ends(s) {
		return nil
	}
	return l
}

// plainForEach reads ForEach name In value.
func plainForEach(s *lexer.Stream) *forEachLine {
	l := &forEachLine{Pos: position(s.Next())}
	if s.Peek().Type != lexer.Ident {
		return nil
	}
	l.Var = named(s.Next())
	if !lexer.Is(s.Peek(), "In") {
		return nil
	}
	s.Next()
	var err error
	if l.Source, err = parseValue(s); err != nil || !ends(s) {
		return nil
	}
	return l
}

// plainSimple reads Set, Continue alone, or a command, up to its end.
func plainSimple(s *lexer.Stream) simple {
	first := s.Peek()
	if first.Type != lexer.Ident {
		return nil
	}
	pos := position(first)
	switch word := strings.ToLower(first.Value); word {
	case "set":
		s.Next()
		to := s.Peek()
		if to.Type != lexer.Ident && to.Type != lexer.Path {
			return nil
		}
		s.Next()
		if !lexer.IsOp(s.Peek(), "=") {
			return nil
		}
		s.Next()
		v, err := parseValue(s)
		if err != nil {
			return nil
		}
		return &set{Pos: pos, Target: target{Pos: position(to), Text: to.Value}, Value: v}
	case "continue":
		if s.Next(); s.Peek().Type != lexer.EOL {
			return nil
		}
		return &continues{Pos: pos}
	default:
		if _, statement := usage[word]; statement {
			return nil
		}
		s.Next()
		args, err := parseArguments(s)
		if err != nil {
			return nil
		}
		return &command{Pos: pos, Name: named(first), Args: args}
	}
}

// ends takes the end of the line, and reports whether it is there.
func ends(s *lexer.Stream) bool {
	if s.Peek().Type != lexer.EOL {
		return false
	}
	s.Next()
	return true
}

// endsBlock reports whether End and this word close a block that is no Map.
func endsBlock(t *lexer.Token) bool {
	return lexer.Is(t, "If") || lexer.Is(t, "While") || lexer.Is(t, "Try") || lexer.Is(t, "Sub") || lexer.Is(t, "Transaction")
}

func named(t *lexer.Token) name { return name{Pos: position(t), Text: t.Value} }
