package parser

import (
	"errors"
	"strings"
	"sync"

	"github.com/alecthomas/participle/v2"
	participlelexer "github.com/alecthomas/participle/v2/lexer"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// The grammar is the list of lines. Blocks are not part of it: the builder
// nests lines, so that a bad line costs one finding and not the file.
type (
	line interface{ line() }

	// A simple line may also follow Then in a one-line If.
	simple interface {
		line
		simple()
	}

	name struct {
		Pos  ast.Position
		Text string `parser:"@Ident"`
	}
	target struct {
		Pos  ast.Position
		Text string `parser:"@( Ident | Path )"`
	}
	// A value is what may follow = and In: an expression or a command.
	value interface{ ast.Expr }
	// Arguments are expressions between commas; a slot may be empty.
	arguments interface{ list() []ast.Expr }
	argList   []ast.Expr

	commentLine struct {
		Pos  ast.Position
		Text string `parser:"@Comment EOL"`
	}
	blankLine struct {
		Pos ast.Position
		EOL string `parser:"@EOL"`
	}
	ifLine struct {
		Pos  ast.Position
		Cond ast.Expr `parser:"'If':Ident @@ 'Then':Ident"`
		Then simple   `parser:"@@?"`
		EOL  eol      `parser:"@@"`
	}
	elseIfLine struct {
		Pos  ast.Position
		Cond ast.Expr `parser:"( 'Else':Ident 'If':Ident | 'ElseIf':Ident ) @@ 'Then':Ident EOL"`
	}
	elseLine struct {
		Pos ast.Position
		EOL string `parser:"'Else':Ident @EOL"`
	}
	forLine struct {
		Pos  ast.Position
		Var  name     `parser:"'For':Ident @@ '=':Op"`
		From ast.Expr `parser:"@@ 'To':Ident"`
		To   ast.Expr `parser:"@@"`
		Step ast.Expr `parser:"( 'Step':Ident @@ )? EOL"`
	}
	nextLine struct {
		Pos ast.Position
		Var *name `parser:"'Next':Ident @@? EOL"`
	}
	forEachLine struct {
		Pos    ast.Position
		Var    name  `parser:"'ForEach':Ident @@ 'In':Ident"`
		Source value `parser:"@@ EOL"`
	}
	whileLine struct {
		Pos  ast.Position
		Cond ast.Expr `parser:"'While':Ident @@ EOL"`
	}
	tryLine struct {
		Pos ast.Position
		EOL string `parser:"'Try':Ident @EOL"`
	}
	catchLine struct {
		Pos ast.Position
		Var *name `parser:"'Catch':Ident @@? EOL"`
	}
	subLine struct {
		Pos    ast.Position
		Name   name   `parser:"'Sub':Ident @@"`
		Params []name `parser:"( @@ ( ',':Op @@ )* )? EOL"`
	}
	transactionLine struct {
		Pos ast.Position
		EOL string `parser:"'Transaction':Ident @EOL"`
	}
	closeLine struct {
		Pos  ast.Position
		Word string `parser:"( 'End':Ident @( 'If':Ident | 'While':Ident | 'Try':Ident | 'Sub':Ident | 'Transaction':Ident | 'Map':Ident | 'DataMap':Ident ) | @( 'EndIf':Ident | 'EndWhile':Ident | 'EndTry':Ident | 'EndEach':Ident | 'EndSub':Ident | 'EndTransaction':Ident | 'EndMap':Ident | 'EndDataMap':Ident ) ) EOL"`
	}
	textLine struct {
		Pos  ast.Position
		Into *target `parser:"'Text':Ident ( 'Into':Ident @@"`
		HTML string  `parser:"( ',':Op @String )? )? EOL"`
		Body raw     `parser:"@@"`
		End  endText `parser:"@@ EOL"`
	}
	raw struct {
		Pos  ast.Position
		Text string `parser:"@Raw"`
	}
	endText struct {
		Pos  ast.Position
		Word string `parser:"@'EndText':Ident | 'End':Ident @'Text':Ident"`
	}
	eol struct {
		Pos  ast.Position
		Text string `parser:"@EOL"`
	}
	simpleLine struct {
		Pos  ast.Position
		Line simple `parser:"@@ EOL"`
	}

	set struct {
		Pos    ast.Position
		Target target `parser:"'Set':Ident @@ '=':Op"`
		Value  value  `parser:"@@"`
	}
	exit struct {
		Pos  ast.Position
		Loop string `parser:"'Exit':Ident ( @( 'ForEach':Ident | 'For':Ident | 'While':Ident | 'Sub':Ident )"`
		Var  *name  `parser:"@@? )?"`
	}
	continues struct {
		Pos ast.Position
		Var *name `parser:"'Continue':Ident @@?"`
	}
	throw struct {
		Pos     ast.Position
		Message ast.Expr `parser:"'Throw':Ident @@"`
	}
	stop struct {
		Pos     ast.Position
		Message ast.Expr `parser:"'Stop':Ident @@"`
	}
	command struct {
		Pos  ast.Position
		Name name      `parser:"@@"`
		Args arguments `parser:"@@"`
	}
)

func (a argList) list() []ast.Expr { return a }

func (*commentLine) line()     {}
func (*blankLine) line()       {}
func (*ifLine) line()          {}
func (*elseIfLine) line()      {}
func (*elseLine) line()        {}
func (*forLine) line()         {}
func (*nextLine) line()        {}
func (*forEachLine) line()     {}
func (*whileLine) line()       {}
func (*tryLine) line()         {}
func (*catchLine) line()       {}
func (*closeLine) line()       {}
func (*subLine) line()         {}
func (*transactionLine) line() {}
func (*textLine) line()        {}
func (*simpleLine) line()      {}
func (*set) line()             {}
func (*exit) line()            {}
func (*continues) line()       {}
func (*throw) line()           {}
func (*stop) line()            {}
func (*command) line()         {}

func (*set) simple()       {}
func (*exit) simple()      {}
func (*continues) simple() {}
func (*throw) simple()     {}
func (*stop) simple()      {}
func (*command) simple()   {}

type script struct {
	Lines []line `parser:"@@*"`
}

// grammar is built once: participle reads the struct tags, which costs as much
// as parsing fifty lines.
var grammar = sync.OnceValue(func() *participle.Parser[script] {
	return participle.MustBuild[script](
		participle.Lexer(lexer.Definition{}),
		participle.CaseInsensitive("Ident"),
		participle.Union[line](&commentLine{}, &blankLine{}, &ifLine{}, &elseIfLine{}, &elseLine{}, &forLine{},
			&nextLine{}, &forEachLine{}, &whileLine{}, &tryLine{}, &catchLine{}, &subLine{}, &transactionLine{},
			&mapLine{}, &fieldLine{}, &dataMapLine{}, &valueLine{}, &closeLine{}, &textLine{}, &simpleLine{}),
		participle.Union[simple](&set{}, &exit{}, &continues{}, &throw{}, &stop{}, &command{}),
		participle.ParseTypeWith(byHand(parseExpr)),
		participle.ParseTypeWith(byHand(parseValue)),
		participle.ParseTypeWith(byHand(parseArguments)),
		participle.ParseTypeWith(byHand(parseMapHead)),
		participle.ParseTypeWith(byHand(parseFieldRest)),
		participle.ParseTypeWith(byHand(parseFixed)),
	)
})

// A production parses one kind of line.
type production func(*lexer.Stream) (line, error)

func productionOf[T any, P interface {
	*T
	line
}](g *participle.Parser[script]) production {
	p, err := participle.ParserForProduction[T](g)
	if err != nil { // the types above do not fit together
		panic(err)
	}
	return func(s *lexer.Stream) (line, error) {
		statement := s.Statement()
		v, err := p.ParseFromLexer(statement, participle.AllowTrailing(true))
		s.Took(statement)
		return P(v), err
	}
}

// byHand makes a production of a function that parses a part of a statement.
func byHand[T any](parse func(*lexer.Stream) (T, error)) func(*lexer.Statement) (T, error) {
	return func(p *lexer.Statement) (T, error) { return lexer.Rest(p, parse) }
}

// productions is by the line's first word: a line is tried against one
// production, which is faster, and whose message is about that statement.
var productions = sync.OnceValue(func() map[string]production {
	g := grammar()
	return map[string]production{
		"//": productionOf[commentLine](g), "\n": productionOf[blankLine](g),
		"if": productionOf[ifLine](g), "elseif": productionOf[elseIfLine](g), "else": productionOf[elseLine](g),
		"for": productionOf[forLine](g), "next": productionOf[nextLine](g), "foreach": productionOf[forEachLine](g),
		"while": productionOf[whileLine](g), "try": productionOf[tryLine](g), "catch": productionOf[catchLine](g),
		"end": productionOf[closeLine](g), "endif": productionOf[closeLine](g), "endeach": productionOf[closeLine](g),
		"endwhile": productionOf[closeLine](g), "endtry": productionOf[closeLine](g), "text": productionOf[textLine](g),
		"sub": productionOf[subLine](g), "transaction": productionOf[transactionLine](g), "map": productionOf[mapLine](g), "datamap": productionOf[dataMapLine](g),
		"endsub": productionOf[closeLine](g), "endtransaction": productionOf[closeLine](g), "endmap": productionOf[closeLine](g), "enddatamap": productionOf[closeLine](g),
		fieldKey: productionOf[fieldLine](g), valueKey: productionOf[valueLine](g),
		"set": productionOf[set](g), "exit": productionOf[exit](g), "continue": productionOf[continues](g),
		"throw": productionOf[throw](g), "stop": productionOf[stop](g), "": productionOf[command](g),
	}
})

// read parses the line at the stream's place.
func read(s *lexer.Stream) (line, error) {
	if l := plain(s); l != nil {
		return l, nil
	}
	return choose(s)(s)
}

// choose is the production of the line that begins at the stream's place.
func choose(s *lexer.Stream) production {
	key := ""
	switch t := s.Peek(); t.Type {
	case lexer.Comment:
		key = "//"
	case lexer.EOL:
		key = "\n"
	case lexer.Ident:
		key = strings.ToLower(t.Value)
	}
	if key == "else" {
		at := s.MakeCheckpoint()
		s.Next()
		if lexer.Is(s.Peek(), "If") {
			key = "elseif"
		}
		s.LoadCheckpoint(at)
	}
	if p, ok := productions()[key]; ok {
		return p
	}
	return productions()[""]
}

// unexpected is the token that no production takes, where err is about one.
func unexpected(err error) (*lexer.Token, bool) {
	var u *participle.UnexpectedTokenError
	if errors.As(err, &u) {
		return &u.Unexpected, true
	}
	return nil, false
}

// tokenPosition is the library's form of a position.
type tokenPosition = participlelexer.Position
