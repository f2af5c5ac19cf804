package parser

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// The lines of Map and DataMap blocks. They say what <mapping> and <datamap>
// say, in the same words; mapblock.go makes the same declarations of them.
type (
	mapLine struct {
		Pos  ast.Position
		Head mapHead `parser:"'Map':Ident @@"`
		EOL  eol     `parser:"@@"`
	}
	fieldLine struct {
		Pos    ast.Position
		Column name      `parser:"@@ '=':Op"`
		Value  ast.Expr  `parser:"@@"`
		Rest   fieldRest `parser:"@@ EOL"`
	}
	dataMapLine struct {
		Pos     ast.Position
		Name    name     `parser:"'DataMap':Ident @@"`
		Unknown *unknown `parser:"@@? EOL"`
	}
	unknown struct {
		Pos  ast.Position
		Text string `parser:"@( Ident | String )"`
	}
	valueLine struct {
		Pos  ast.Position
		From fixed `parser:"@@ '=':Op"`
		To   fixed `parser:"@@ EOL"`
	}

	// A mapHead is what stands behind the word Map, a fieldRest what stands
	// behind the expression of a field: parsed by hand, since their clauses
	// come in any order.
	mapHead   interface{ head() *mapClauses }
	fieldRest interface{ rest() []clause }
	// A fixed is a text, a number, True or False: known without a run.
	fixed interface{ ast.Expr }

	mapClauses struct {
		name  *lexer.Token // nil: none
		table *lexer.Token
		list  []clause
	}
	clauseList []clause
	// A clause is a word and what it takes.
	clause struct {
		word string // as in the table, such as Adopt
		pos  ast.Position
		args []*lexer.Token
	}
)

func (*mapLine) line()     {}
func (*fieldLine) line()   {}
func (*dataMapLine) line() {}
func (*valueLine) line()   {}

func (m *mapClauses) head() *mapClauses { return m }
func (c clauseList) rest() []clause     { return c }

// A clauseKind is what a clause takes.
type clauseKind uint8

const (
	takesNothing clauseKind = iota
	takesNames              // names with commas between them
	takesText               // a text in quotes, or a number
	takesPath               // a path in the record
	takesWord               // one of some words
	takesLookup             // Result From Table.Column, Column
	takesNamesOrText
)

// A clauseForm is how one clause is written.
type clauseForm struct {
	word  string
	kind  clauseKind
	words string // takesWord: which
	usage string
}

// mapClauseForms are those of Map. Deactivate and what follows are the fuse's
// limits; Key with a number or a text is one of them.
var mapClauseForms = []clauseForm{
	{"Key", takesNamesOrText, "", "Key OktaID"},
	{"Adopt", takesNames, "", "Adopt Login, Email"},
	{"Mode", takesText, "", `Mode "Insert and Update"`},
	{"Source", takesText, "", `Source "OKTA"`},
	{"Newest", takesPath, "", "Newest lastUpdated"},
	{"Deactivate", takesText, "", `Deactivate "20%"`},
	{"Null", takesText, "", `Null "20%"`},
	{"Update", takesText, "", `Update "20%"`},
	{"Insert", takesText, "", `Insert "500"`},
	{"Reject", takesText, "", `Reject "20%"`},
	{"LeftOut", takesText, "", `LeftOut "20%"`},
}

var fieldClauseForms = []clauseForm{
	{"Lookup", takesLookup, "", "Lookup CustodianID From Custodian.Login, Email"},
	{"Create", takesNothing, "", "Create"},
	{"OnMissing", takesWord, "keep null reject", "OnMissing keep, OnMissing null or OnMissing reject"},
	{"DataMap", takesWord, "", "DataMap OktaStatus"},
	{"Keep", takesWord, "Edited", "Keep Edited"},
	{"On", takesWord, "Insert", "On Insert"},
	{"Required", takesNothing, "", "Required"},
	{"Default", takesText, "", `Default "unknown"`},
	{"Track", takesWord, "no yes", "Track No"},
}

const mapUsage = "write Map name To Table Key Column, such as Map People To Custodian Key OktaID"

// parseMapHead parses [name] To Table and the clauses of a Map.
func parseMapHead(lex *lexer.Stream) (mapHead, error) {
	m := &mapClauses{}
	if t := lex.Peek(); t.Type == lexer.Ident && !lexer.Is(t, "To") {
		m.name = lex.Next()
	}
	if t := lex.Peek(); !lexer.Is(t, "To") {
		return m, fault(t, lexer.CodeSyntax, mapUsage, "To and a table are missing before %s", lexer.Describe(t))
	}
	lex.Next()
	if t := lex.Peek(); t.Type != lexer.Ident {
		return m, fault(t, lexer.CodeSyntax, mapUsage, "the name of a table is missing before %s", lexer.Describe(t))
	}
	m.table = lex.Next()
	var err error
	m.list, err = parseClauses(lex, mapClauseForms, "Map")
	return m, err
}

func parseFieldRest(lex *lexer.Stream) (fieldRest, error) {
	list, err := parseClauses(lex, fieldClauseForms, "a field")
	return clauseList(list), err
}

// parseFixed parses a value that needs no run.
func parseFixed(lex *lexer.Stream) (fixed, error) {
	t := lex.Peek()
	if t.Type == lexer.Ident && !lexer.Is(t, "True") && !lexer.Is(t, "False") {
		return nil, fault(t, lexer.CodeSyntax, `write "`+t.Value+`" in quotes`, "a value table translates texts, and %s is none", t.Value)
	}
	c := &climber{lex: lex}
	return c.unary(precNegate, 0)
}

// parseClauses parses clauses up to the end of the line, each at most once.
func parseClauses(lex *lexer.Stream, forms []clauseForm, of string) ([]clause, error) {
	var list []clause
	for {
		t := lex.Peek()
		if t.Type == lexer.EOL || t.Type == lexer.EOF {
			return list, nil
		}
		at := slices.IndexFunc(forms, func(f clauseForm) bool { return lexer.Is(t, f.word) })
		if at < 0 {
			return list, noClause(t, forms, of, list)
		}
		lex.Next()
		f := forms[at]
		c := clause{word: f.word, pos: position(t)}
		args, err := f.parse(lex)
		if err != nil {
			return list, err
		}
		c.args = args
		if f.kind == takesNamesOrText && args[0].Type != lexer.Ident {
			c.word = "KeyLimit"
		}
		if slices.ContainsFunc(list, func(o clause) bool { return o.word == c.word }) {
			return list, fault(t, lexer.CodeTwice, "remove one of the two", "%s stands twice in the line", f.word)
		}
		list = append(list, c)
	}
}

// noClause says what t should have been.
func noClause(t *lexer.Token, forms []clauseForm, of string, before []clause) error {
	var words []string
	for _, f := range forms {
		words = append(words, f.word)
	}
	if t.Type == lexer.Ident {
		if near := lexer.Nearest(t.Value, words); near != "" {
			at := slices.IndexFunc(forms, func(f clauseForm) bool { return f.word == near })
			return fault(t, lexer.CodeSyntax, "did you mean "+near+"? Write "+forms[at].usage, "%s is no part of %s", t.Value, of)
		}
	}
	if lexer.IsOp(t, ",") {
		return fault(t, lexer.CodeSyntax, "put blanks between the parts, and commas only between columns", "a comma does not belong here")
	}
	if of != "Map" && len(before) == 0 && startsOperand(t) && t.Type != lexer.Ident {
		return fault(t, lexer.CodeSyntax, "put & between two texts", "an operator is missing before %s", lexer.Describe(t))
	}
	return fault(t, lexer.CodeSyntax, "it may have "+strings.Join(words, ", "), "%s is no part of %s", lexer.Describe(t), of)
}

// parse parses what the clause takes.
func (f clauseForm) parse(lex *lexer.Stream) ([]*lexer.Token, error) {
	hint := "write " + f.usage
	t := lex.Peek()
	missing := func(what string) error {
		return fault(t, lexer.CodeSyntax, hint, "%s is missing behind %s", what, f.word)
	}
	switch f.kind {
	case takesText:
		if t.Type != lexer.String && t.Type != lexer.Number {
			return nil, missing("a text in quotes")
		}
		return []*lexer.Token{lex.Next()}, nil
	case takesPath:
		if t.Type != lexer.Ident && t.Type != lexer.Path {
			return nil, missing("a path in the record")
		}
		return []*lexer.Token{lex.Next()}, nil
	case takesWord:
		if t.Type != lexer.Ident {
			return nil, missing("a word")
		}
		if words := strings.Fields(f.words); len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return lexer.Is(t, w) }) {
			return nil, fault(t, lexer.CodeValue, hint, "%s cannot follow %s", t.Value, f.word)
		}
		return []*lexer.Token{lex.Next()}, nil
	case takesNamesOrText:
		if t.Type == lexer.String || t.Type == lexer.Number {
			return []*lexer.Token{lex.Next()}, nil
		}
		return commaNames(lex, false, f.word, hint)
	case takesNames:
		return commaNames(lex, false, f.word, hint)
	case takesLookup:
		if t.Type != lexer.Ident {
			return nil, missing("the column that the lookup gives")
		}
		result := lex.Next()
		if t = lex.Peek(); !lexer.Is(t, "From") {
			return nil, fault(t, lexer.CodeLookup, hint, "From is missing before %s", lexer.Describe(t))
		}
		lex.Next()
		columns, err := commaNames(lex, true, "From", hint)
		return append([]*lexer.Token{result}, columns...), err
	}
	return nil, nil
}

// commaNames parses names with commas between them; dotted: they may be
// Table.Column.
func commaNames(lex *lexer.Stream, dotted bool, behind, hint string) ([]*lexer.Token, error) {
	var list []*lexer.Token
	for {
		t := lex.Peek()
		if t.Type != lexer.Ident && !(dotted && t.Type == lexer.Path) {
			return nil, fault(t, lexer.CodeSyntax, hint, "a column is missing behind %s, before %s", behind, lexer.Describe(t))
		}
		list = append(list, lex.Next())
		if !lexer.IsOp(lex.Peek(), ",") {
			return list, nil
		}
		lex.Next()
		behind = "the comma"
	}
}
