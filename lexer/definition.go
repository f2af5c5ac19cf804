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

	// A Stream is a participle token stream with lookahead.
	Stream = lexer.PeekingLexer

	// A Checkpoint is a place in a Stream to go back to.
	Checkpoint = lexer.Checkpoint

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

// Stream scans the whole fragment. Bad input never stops it.
func (s *Scanner) Stream() *Stream {
	p, err := lexer.Upgrade(s)
	if err != nil { // Next returns none
		panic(err)
	}
	return p
}

// Next implements participle's lexer.Lexer; its error is always nil.
func (s *Scanner) Next() (Token, error) { return s.next(), nil }
