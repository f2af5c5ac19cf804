package parser

import (
	"fmt"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// The precedences, loosest first.
const (
	precOr = 1 + iota
	precAnd
	precNot
	precCompare
	precJoin
	precSum
	precProduct
	precNegate
)

// Bounds of one expression: deeper ones would need a stack that grows with the
// input wherever a tree is walked.
const (
	maxNesting   = 200
	maxOperators = 1000
)

type operator struct {
	prec int
	op   string
}

var operators = map[string]operator{
	"or": {precOr, "Or"}, "and": {precAnd, "And"},
	"=": {precCompare, "="}, "<>": {precCompare, "<>"}, "<": {precCompare, "<"}, "<=": {precCompare, "<="},
	">": {precCompare, ">"}, ">=": {precCompare, ">="}, "==": {precCompare, "=="},
	"like": {precCompare, "Like"}, "contains": {precCompare, "Contains"}, "in": {precCompare, "In"}, "is": {precCompare, "Is"},
	"startswith": {precCompare, "StartsWith"}, "endswith": {precCompare, "EndsWith"},
	"&": {precJoin, "&"}, "+": {precSum, "+"}, "-": {precSum, "-"},
	"*": {precProduct, "*"}, "/": {precProduct, "/"}, "mod": {precProduct, "Mod"},
}

// longestOperator is the length of startswith. Every word of an expression is
// looked up, so it is done without a copy in small letters.
const longestOperator = 10

// A climber parses one expression by precedence climbing. It leaves strings
// and paths whole: they are split when the line is known to be good.
type climber struct {
	lex       *lexer.Stream
	operators int
}

func parseExpr(lex *lexer.Stream) (ast.Expr, error) {
	c := &climber{lex: lex}
	return c.binary(precOr, 0)
}

// parseValue parses what may follow = and In.
func parseValue(lex *lexer.Stream) (value, error) {
	c := &climber{lex: lex}
	if call, err := c.commandForm(); call != nil || err != nil {
		return call, err
	}
	return c.binary(precOr, 0)
}

// commandForm is the command at the current place, or nil when an expression
// begins there. A lone word is a command too, the constants excepted.
func (c *climber) commandForm() (ast.Expr, error) {
	t := c.lex.Peek()
	if t.Type != lexer.Ident || isOperator(t) || isLiteral(t) {
		return nil, nil
	}
	at := c.lex.MakeCheckpoint()
	c.lex.Next()
	next := c.lex.Peek()
	if next.Type == lexer.EOL && !isConstant(t) || startsOperand(next) && !lexer.IsOp(next, "(") && !lexer.IsOp(next, "-") {
		call := &ast.Call{Pos: position(t), Name: t.Value, Command: true, End: end(t)}
		args, err := c.arguments(0)
		call.Args = args
		if len(args) > 0 {
			call.End = position(c.lex.Peek())
		}
		return call, err
	}
	c.lex.LoadCheckpoint(at)
	return nil, nil
}

// parseArguments parses the arguments of a command line.
func parseArguments(lex *lexer.Stream) (arguments, error) {
	if t := lex.Peek(); !startsOperand(t) && !lexer.IsOp(t, ",") {
		return argList(nil), nil
	}
	c := &climber{lex: lex}
	args, err := c.arguments(0)
	return argList(args), err
}

// arguments parses expressions between commas, up to the ) of a call or the
// end of a command.
func (c *climber) arguments(depth int) ([]ast.Expr, error) {
	var args []ast.Expr
	for {
		t := c.lex.Peek()
		if lexer.IsOp(t, ",") || lexer.IsOp(t, ")") || t.Type == lexer.EOL {
			if len(args) == 0 && !lexer.IsOp(t, ",") {
				return nil, nil
			}
			if !lexer.IsOp(t, ",") {
				return args, fault(t, lexer.CodeSyntax, "remove the comma, or end the line with a blank and _ to go on in the next one",
					"a value is missing behind the last comma")
			}
			args = append(args, &ast.Omitted{Pos: position(t)})
		} else {
			x, err := c.binary(precOr, depth)
			if err != nil {
				return args, err
			}
			args = append(args, x)
		}
		if !lexer.IsOp(c.lex.Peek(), ",") {
			return args, nil
		}
		c.lex.Next()
	}
}

func (c *climber) binary(minimum, depth int) (ast.Expr, error) {
	x, err := c.unary(minimum, depth)
	if err != nil {
		return nil, err
	}
	compared := false
	for {
		t := c.lex.Peek()
		o := operatorOf(t)
		if o.prec == 0 || o.prec < minimum {
			return x, nil
		}
		if c.operators++; c.operators > maxOperators {
			return nil, fault(t, lexer.CodeDepth, "compute it in several steps with Set", "the expression has more than %d operators", maxOperators)
		}
		if o.prec == precCompare {
			if compared {
				return nil, fault(t, lexer.CodeSyntax, "write And or Or between two comparisons, or put one in parentheses", "a second comparison follows the first")
			}
			compared = true
		}
		c.lex.Next()
		switch o.op {
		case "In":
			x, err = c.in(x, t, depth)
		case "Is":
			x, err = c.is(x, t)
		default:
			var y ast.Expr
			y, err = c.binary(o.prec+1, depth)
			x = &ast.Binary{Pos: position(t), Op: o.op, X: x, Y: y}
		}
		if err != nil {
			return nil, err
		}
	}
}

func (c *climber) in(x ast.Expr, in *lexer.Token, depth int) (ast.Expr, error) {
	open := c.lex.Peek()
	if !lexer.IsOp(open, "(") {
		y, err := c.binary(precCompare+1, depth)
		return &ast.Binary{Pos: position(in), Op: "In", X: x, Y: y}, err
	}
	list, _, err := c.parenthesised(depth)
	if err == nil && len(list) == 0 {
		err = fault(open, lexer.CodeSyntax, `write In ("a", "b")`, "In () compares with nothing")
	}
	return &ast.In{Pos: position(in), X: x, List: list}, err
}

func (c *climber) is(x ast.Expr, is *lexer.Token) (ast.Expr, error) {
	n := &ast.Is{Pos: position(is), X: x}
	if lexer.Is(c.lex.Peek(), "Not") {
		c.lex.Next()
		n.Not = true
	}
	switch t := c.lex.Peek(); {
	case lexer.Is(t, "Null"):
	case lexer.Is(t, "Empty"):
		n.Empty = true
	default:
		return nil, fault(t, lexer.CodeSyntax, "write Is Null, Is Not Null, Is Empty or Is Not Empty; compare with = otherwise",
			"%s cannot follow Is", lexer.Describe(t))
	}
	c.lex.Next()
	return n, nil
}

// parenthesised is the ( … ) at the current place, and its end.
func (c *climber) parenthesised(depth int) ([]ast.Expr, ast.Position, error) {
	open := c.lex.Next()
	if depth >= maxNesting {
		return nil, ast.Position{}, tooDeep(open)
	}
	args, err := c.arguments(depth + 1)
	if err != nil {
		return args, ast.Position{}, err
	}
	t := c.lex.Peek()
	if !lexer.IsOp(t, ")") {
		return args, ast.Position{}, c.notClosed(open, t)
	}
	c.lex.Next()
	return args, end(t), nil
}

func (c *climber) notClosed(open, t *lexer.Token) error {
	if startsOperand(t) {
		return fault(t, lexer.CodeSyntax, "put a comma between two arguments, & between two texts", "a comma or an operator is missing before %s", lexer.Describe(t))
	}
	return fault(t, lexer.CodeSyntax, "write ) to close it", "the ( in column %d is not closed before %s", open.Pos.Column, lexer.Describe(t))
}

func (c *climber) unary(minimum, depth int) (ast.Expr, error) {
	t := c.lex.Peek()
	prec := 0
	switch {
	case lexer.Is(t, "Not"):
		// Also behind an operator that binds tighter, where nothing else could be meant.
		prec = precNot
		if minimum > precNot {
			prec = minimum
		}
	case lexer.IsOp(t, "-"):
		prec = precNegate
	default:
		return c.operand(depth)
	}
	if depth >= maxNesting {
		return nil, tooDeep(t)
	}
	c.lex.Next()
	x, err := c.binary(prec, depth+1)
	if err != nil {
		return nil, err
	}
	op := "-"
	if t.Type == lexer.Ident {
		op = "Not"
	}
	return &ast.Unary{Pos: position(t), Op: op, X: x}, nil
}

func (c *climber) operand(depth int) (ast.Expr, error) {
	t := c.lex.Peek()
	switch t.Type {
	case lexer.String:
		c.lex.Next()
		return &ast.String{Pos: position(t), Raw: t.Value}, nil
	case lexer.Number:
		c.lex.Next()
		return &ast.Number{Pos: position(t), Raw: t.Value}, nil
	case lexer.Var:
		c.lex.Next()
		p := position(t)
		return &ast.Var{Pos: p, Path: &ast.Path{Pos: p, Raw: t.Value[1 : len(t.Value)-1]}}, nil
	case lexer.Path:
		c.lex.Next()
		return c.bare(t), nil
	case lexer.Ident:
		return c.named(t, depth)
	case lexer.Op:
		if t.Value != "(" {
			break
		}
		list, _, err := c.parenthesised(depth)
		if err != nil {
			return nil, err
		}
		if len(list) == 1 {
			if _, omitted := list[0].(*ast.Omitted); !omitted {
				return &ast.Paren{Pos: position(t), X: list[0]}, nil
			}
		}
		return nil, fault(t, lexer.CodeSyntax, `a list is List("a", "b"); a command's arguments stand without parentheses: Command "a", "b"`,
			"these parentheses hold no single value")
	}
	return nil, c.noValue(t)
}

// named is a literal, a call or a bare word.
func (c *climber) named(t *lexer.Token, depth int) (ast.Expr, error) {
	if isOperator(t) || lexer.Is(t, "Then") || lexer.Is(t, "Else") {
		return nil, c.noValue(t)
	}
	c.lex.Next()
	next := c.lex.Peek()
	if lexer.IsOp(next, "(") {
		args, stop, err := c.parenthesised(depth)
		return &ast.Call{Pos: position(t), Name: t.Value, Args: args, End: stop}, err
	}
	switch {
	case lexer.Is(t, "True"), lexer.Is(t, "False"):
		return &ast.Bool{Pos: position(t), Value: lexer.Is(t, "True")}, nil
	case lexer.Is(t, "Null"):
		return &ast.Null{Pos: position(t)}, nil
	case next.Type == lexer.String || next.Type == lexer.Var || next.Type == lexer.Number:
		return nil, fault(t, lexer.CodeCommandForm,
			fmt.Sprintf("put a comma behind %s if it is an argument, else write it as a function: %s(%s, …)", t.Value, t.Value, lexer.Describe(next)),
			"a command with its arguments is a value only right after = and In")
	}
	return c.bare(t), nil
}

func (c *climber) bare(t *lexer.Token) ast.Expr {
	p := position(t)
	return &ast.Bare{Pos: p, Path: &ast.Path{Pos: p, Raw: t.Value}}
}

func (c *climber) noValue(t *lexer.Token) error {
	hint := ""
	if t.Type != lexer.EOL {
		hint = "a value is text in quotes, a number, %name%, or a function"
	}
	return fault(t, lexer.CodeSyntax, hint, "a value is missing before %s", lexer.Describe(t))
}

func tooDeep(t *lexer.Token) error {
	return fault(t, lexer.CodeDepth, "compute it in several steps with Set", "the expression is nested more than %d deep", maxNesting)
}

// fault is an error at a token.
func fault(t *lexer.Token, code, hint, format string, args ...any) *lexer.Diagnostic {
	return &lexer.Diagnostic{Pos: position(t), End: end(t), Code: code, Hint: hint, Message: fmt.Sprintf(format, args...)}
}

func position(t *lexer.Token) ast.Position { return ast.Position(t.Pos) }

// end is behind a token that stands on one line, as all do that findings name.
func end(t *lexer.Token) ast.Position {
	p := position(t)
	if t.Type == lexer.EOL || t.Type == lexer.Raw {
		return p
	}
	p.Offset += len(t.Value)
	p.Column += len([]rune(t.Value))
	return p
}

func operatorOf(t *lexer.Token) operator {
	if t.Type != lexer.Op && t.Type != lexer.Ident {
		return operator{}
	}
	var word [longestOperator]byte
	if len(t.Value) > len(word) {
		return operator{}
	}
	for i := range len(t.Value) {
		c := t.Value[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		word[i] = c
	}
	return operators[string(word[:len(t.Value)])]
}

func isOperator(t *lexer.Token) bool { return operatorOf(t).prec > 0 }

func isLiteral(t *lexer.Token) bool {
	return lexer.Is(t, "True") || lexer.Is(t, "False") || lexer.Is(t, "Null") || lexer.Is(t, "Not")
}

func isConstant(t *lexer.Token) bool { return lexer.Is(t, "NewLine") || lexer.Is(t, "Tab") }

// startsOperand reports whether a value can begin with t.
func startsOperand(t *lexer.Token) bool {
	switch t.Type {
	case lexer.String, lexer.Number, lexer.Var, lexer.Path, lexer.Illegal:
		return true
	case lexer.Ident:
		return !isOperator(t) && !lexer.Is(t, "Then") && !lexer.Is(t, "Else")
	case lexer.Op:
		return t.Value == "(" || t.Value == "-"
	}
	return false
}
