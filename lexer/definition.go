package lexer

import (
	"io"

	"github.com/alecthomas/participle/v2/lexer"
)

// This file and parser/grammar.go are the only ones that know participle.

type (
	// A Token is a participle token; its Pos is that of the file.
	Token = lexer.Token

	// A TokenType tells tokens apart.
	TokenType = lexer.TokenType

	// A Statement is the tokens of one statement as participle takes them.
	Statement = lexer.PeekingLexer

	tokenPosition = lexer.Position
)

// Definition is the participle lexer definition of AMSX.
type Definition struct{}

// Symbols names the token types for the grammar.
func (Definition) Symbols() map[string]lexer.TokenType {
	return map[string]lexer.TokenType{
		"EOF": EOF, "EOL": EOL, "Comment": Comment, "Ident": Ident, "Path": Path, "String": String,
		"Number": Number, "Var": Var, "Op": Op, "Raw": Raw, "Illegal": Illegal,
	}
}

// Lex scans a whole file.
func (Definition) Lex(name string, r io.Reader) (lexer.Lexer, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return NewScanner(NewSource(name, string(b)).Whole()), nil
}

// Next implements participle's lexer.Lexer; its error is always nil.
func (s *Scanner) Next() (Token, error) { return s.next(), nil }

// Statement is the statement at the stream's place. Participle copies the
// tokens that it is given into a slice that grows from nothing, so it gets them
// a statement at a time, and only those that it reads.
func (s *Stream) Statement() *Statement {
	r := replay{tokens: s.statement()}
	r.last = s.tokens[s.at+len(r.tokens)]
	r.last.Type, r.last.Value = EOF, ""
	p, err := lexer.Upgrade(&r)
	if err != nil { // replay returns none
		panic(err)
	}
	return p
}

// Took goes on behind what participle took of the statement at the stream's
// place.
func (s *Stream) Took(p *Statement) { s.at += int(p.RawCursor()) }

// A replay gives tokens again, and then last for ever.
type replay struct {
	tokens []Token
	last   Token
}

// Next implements participle's lexer.Lexer.
func (r *replay) Next() (Token, error) {
	if len(r.tokens) == 0 {
		return r.last, nil
	}
	t := r.tokens[0]
	r.tokens = r.tokens[1:]
	return t, nil
}

// Rest is a stream of what participle has not taken of a statement, for the
// parts that are parsed by hand; parse reads it, and what it took participle
// takes too.
func Rest[T any](p *Statement, parse func(*Stream) (T, error)) (T, error) {
	from := p.RawCursor()
	to := from + 1
	for p.Range(to-1, to)[0].Type != EOF {
		to++
	}
	s := &Stream{tokens: p.Range(from, to)}
	v, err := parse(s)
	if s.at > 0 {
		p.FastForward(from + lexer.RawCursor(s.at) - 1)
	}
	return v, err
}
