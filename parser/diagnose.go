package parser

import (
	"errors"
	"fmt"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
)

// unexpectedError is a token behind the end of a statement.
type unexpectedError struct{ token *lexer.Token }

func (e *unexpectedError) Error() string { return "unexpected " + lexer.Describe(e.token) }

// A diagnosis turns the failure of one line into a finding. The library's own
// texts are never shown: they change between its versions.
type diagnosis struct {
	scan  *lexer.Scanner
	lex   *lexer.Stream
	start lexer.Checkpoint
	first *lexer.Token
	// inline: the text is one expression, which has no next line to go on in.
	inline bool
}

// skip goes on behind the line that failed, or behind the body of its Text.
func (d *diagnosis) skip() {
	d.lex.LoadCheckpoint(d.start)
	d.skipLine()
	if d.lex.Peek().Type == lexer.Raw {
		d.lex.Next()
		if d.endsText() {
			d.skipLine()
		}
	}
}

func (d *diagnosis) skipLine() {
	for d.lex.Peek().Type != lexer.EOF && d.lex.Next().Type != lexer.EOL {
	}
}

// endsText reports whether the next line is EndText, or was to be.
func (d *diagnosis) endsText() bool {
	t := d.lex.Peek()
	if t.Type != lexer.Ident {
		return false
	}
	word := t.Value
	if len(word) <= 4 { // End Text
		at := d.lex.MakeCheckpoint()
		d.lex.Next()
		word += d.lex.Peek().Value
		d.lex.LoadCheckpoint(at)
	}
	return len(word) > 4 && lexer.Nearest(word, []string{"EndText"}) != ""
}

// followsThen reports whether a command stands behind Then.
func followsThen(line []*lexer.Token) bool {
	for i, t := range line {
		if lexer.Is(t, "Then") {
			return i+1 < len(line) && line[i+1].Type != lexer.Illegal
		}
	}
	return false
}

// tokens are those of the line that failed, without its end.
func (d *diagnosis) tokens() []*lexer.Token {
	d.lex.LoadCheckpoint(d.start)
	var out []*lexer.Token
	for t := d.lex.Peek(); t.Type != lexer.EOL && t.Type != lexer.EOF; t = d.lex.Peek() {
		out = append(out, d.lex.Next())
	}
	return out
}

// of is the finding about the line, and the AMSX word that the line stands
// for. What the scanner could not read is named first: it is the cause of
// whatever else is wrong.
func (d *diagnosis) of(err error) (*lexer.Diagnostic, string) {
	d.lex.LoadCheckpoint(d.start)
	d.first = d.lex.Peek()
	as := ""
	if d.first.Type == lexer.Ident {
		as = strings.ToLower(d.first.Value)
	}
	line := d.tokens()
	if d.first.Type == lexer.Illegal && len(line) > 1 && line[1].Type == lexer.Ident && d.scan.Problem(d.first).Code == lexer.CodePasted {
		as = strings.ToLower(line[1].Value) // behind a list mark
	}
	if as == "if" && followsThen(line) {
		as = "" // one line: it opens no block
	}
	if x := d.quoteInside(line); x != nil {
		return x, as
	}
	if x, as := d.foreignLoop(line, as); x != nil {
		return x, as
	}
	for _, t := range line {
		if t.Type == lexer.Illegal {
			return bracesHint(d.scan.Problem(t), as), as
		}
	}
	if x, as := misspelt(d.first, false); x != nil {
		if lexer.Is(d.first, "Select") && len(line) > 1 && lexer.Is(line[1], "Case") {
			x.Message, x.Hint, as = "Select Case is no statement of AMSX", foreign["case"].hint, ""
		}
		return x, as
	}
	if n := meant(line); n != "" && d.assignment(line) == "" {
		x := fault(d.first, lexer.CodeWord, "write "+usage[strings.ToLower(n)], "%s is not a statement; did you mean %s?", d.first.Value, spelt(n))
		return mendWord(x, d.first, statements), strings.ToLower(n)
	}
	var found *lexer.Diagnostic
	if errors.As(err, &found) {
		return d.withUsage(d.better(line, found)), as
	}
	var t *lexer.Token
	var behind *unexpectedError
	if errors.As(err, &behind) {
		t = behind.token
	} else if u, ok := unexpected(err); ok {
		t = u
	} else {
		return fault(d.first, lexer.CodeSyntax, "", "this line cannot be read: %s", err), as
	}
	if as == "end" && len(line) > 1 && t.Pos.Offset == line[1].Pos.Offset {
		hint, as := wrongEnd(t.Value)
		x := d.withUsage(fault(d.first, lexer.CodeWord, hint, "End %s ends nothing", lexer.Describe(t)))
		if len(line) == 2 {
			mendEnd(x, d.first, line[1], as)
		}
		return x, as
	}
	return d.withUsage(d.better(line, d.wanted(line, t))), as
}

// brokenLine is the hint where a line ends in the middle of a statement.
const brokenLine = "to go on in the next line, end this one with a blank and _"

// better replaces a hint where the line shows what was meant.
func (d *diagnosis) better(line []*lexer.Token, x *lexer.Diagnostic) *lexer.Diagnostic {
	if x.Code != lexer.CodeSyntax || len(line) == 0 {
		return x
	}
	last := line[len(line)-1]
	if !d.inline && x.Pos.Offset >= last.Pos.Offset+len(last.Value) && (isOperator(last) && !lexer.Is(last, "In") && !lexer.Is(last, "Is") && !lexer.Is(last, "Not") || lexer.IsOp(last, ",") || lexer.IsOp(last, "(")) && !(lexer.Is(line[0], "Set") && len(line) == 3) {
		x.Hint = brokenLine
		return x
	}
	for i, t := range line {
		if t.Pos.Offset != x.Pos.Offset || i == 0 {
			continue
		}
		if h := d.between(line, i); h != "" {
			x.Hint = h
			return x
		}
		if h, ok := operatorWords[strings.ToLower(t.Value)]; ok && t.Type == lexer.Ident {
			x.Hint = h
			return x
		}
	}
	first := line[0]
	switch {
	case (lexer.Is(first, "For") || lexer.Is(first, "ForEach") || lexer.Is(first, "Continue") || lexer.Is(first, "Next")) && len(line) > 1 && line[1].Type == lexer.Var:
		x.Message, x.Hint = "the loop variable stands without percent signs", "write "+first.Value+" "+strings.Trim(line[1].Value, "%")
		x.Pos, x.End = position(line[1]), end(line[1])
	case lexer.Is(first, "Set") && len(line) > 2 && lexer.IsOp(line[2], "=="):
		x.Message = "Set takes one ="
		x.Mend(position(line[2]), "==", "=")
		x.Hint = d.assignment(line)
	case lexer.Is(first, "Set") && len(line) > 1 && (line[1].Type == lexer.Var || line[1].Type == lexer.String):
		x.Message = "the name stands without percent signs and quotes behind Set"
		if h := d.assignment(line); h != "" {
			x.Hint = h
		}
	case !isStatement(first.Value):
		if h := d.assignment(line); h != "" {
			x.Pos, x.End = position(first), end(first)
			x.Message, x.Hint = "an assignment begins with Set", h
		}
	}
	return x
}

// wanted says what should stand at t.
func (d *diagnosis) wanted(line []*lexer.Token, t *lexer.Token) *lexer.Diagnostic {
	at := len(line)
	seen := map[string]bool{}
	for i, x := range line {
		if x.Pos.Offset == t.Pos.Offset {
			at = i
			break
		}
		if i > 0 && x.Type == lexer.Ident {
			seen[strings.ToLower(x.Value)] = true
		}
	}
	is := lexer.Describe(t)
	if t.Type == lexer.Illegal { // behind the body of a Text
		return d.scan.Problem(t)
	}
	missing := func(what string) *lexer.Diagnostic {
		if t.Type == lexer.EOL || t.Type == lexer.EOF {
			return fault(t, lexer.CodeSyntax, "", "%s is missing at the end of the line", what)
		}
		return fault(t, lexer.CodeSyntax, "", "%s is missing before %s", what, is)
	}
	if what := expected(strings.ToLower(d.first.Value), at, seen); what != "" {
		for _, x := range line[at:] {
			if what == "Then" && lexer.Is(x, "Then") && t.Type != lexer.Ident {
				return fault(t, lexer.CodeSyntax, "write And or Or between two conditions", "And or Or is missing before %s", is)
			}
		}
		x := missing(what)
		if last := line[len(line)-1]; what == "Then" && at == len(line) && at > 1 && !isOperator(last) && !lexer.IsOp(last, ",") {
			x.Mend(end(last), "", " Then")
		}
		return x
	}
	if lexer.Is(d.first, "Text") && (t.Type == lexer.EOF || at == len(line)) {
		return fault(d.first, lexer.CodeUnclosed, "write EndText behind its last line"+d.textGuess(t), "this Text is not closed with EndText")
	}
	if t.Type == lexer.EOL || t.Type == lexer.EOF {
		return fault(t, lexer.CodeSyntax, "", "the line ends too early")
	}
	for i, x := range line[:at] { // If a Then If b Then
		if lexer.Is(x, "Then") && i+1 < at && isBlockWord(line[i+1].Value) {
			t, is = line[i+1], lexer.Describe(line[i+1])
		}
	}
	if seen["then"] && lexer.Is(d.first, "If") && t.Type == lexer.Ident && isStatement(t.Value) {
		return fault(t, lexer.CodeOneLineIf, operatorWords["if"], "%s cannot follow Then on the same line", is)
	}
	if startsOperand(t) && at > 1 && (!isStatement(d.first.Value) || takesValue(d.first)) {
		return fault(t, lexer.CodeSyntax, "put a comma between two arguments, & between two texts", "a comma or an operator is missing before %s", is)
	}
	return fault(t, lexer.CodeSyntax, "", "%s does not belong here", is)
}

// takesValue reports whether the line of a statement ends with a value.
func takesValue(first *lexer.Token) bool {
	for _, w := range []string{"Set", "If", "While", "ForEach", "Throw", "Stop"} {
		if lexer.Is(first, w) {
			return true
		}
	}
	return false
}

// expected is what a statement wants as its token number at, where words were
// seen before; "": nothing in particular.
func expected(first string, at int, seen map[string]bool) string {
	switch first {
	case "set":
		return [...]string{"", "the name of a variable", "=", ""}[min(at, 3)]
	case "if", "elseif", "else":
		if !seen["then"] && (first != "else" || seen["if"]) {
			return "Then"
		}
	case "foreach":
		return [...]string{"", "the name of the loop variable", "In", ""}[min(at, 3)]
	case "for":
		if at <= 2 {
			return [...]string{"", "the name of the loop variable", "="}[at]
		}
		if !seen["to"] {
			return "To"
		}
	case "throw", "stop":
		if at == 1 {
			return "the message"
		}
	case "sub":
		if at == 1 {
			return "the name of the Sub"
		}
	case "datamap":
		if at == 1 {
			return "the name of the value table"
		}
	}
	return ""
}

func (d *diagnosis) textGuess(t *lexer.Token) string {
	if t.Type == lexer.EOF {
		return ""
	}
	if lexer.Nearest(t.Value, []string{"EndText"}) != "" {
		return fmt.Sprintf(": look at line %d", t.Pos.Line)
	}
	return fmt.Sprintf(", probably before line %d", t.Pos.Line)
}

// withUsage adds how the statement is written, where nothing better is said.
func (d *diagnosis) withUsage(x *lexer.Diagnostic) *lexer.Diagnostic {
	if x.Hint != "" {
		return x
	}
	if u, ok := usage[strings.ToLower(d.first.Value)]; ok && d.first.Type == lexer.Ident {
		x.Hint = "write " + u
	} else if x.Code == lexer.CodeSyntax {
		x.Hint = "a value is text in quotes, a number, %name%, or a function"
	}
	return x
}

var usage = map[string]string{
	"set":            "Set name = value",
	"if":             "If condition Then",
	"elseif":         "Else If condition Then",
	"else":           "Else, or Else If condition Then",
	"for":            "For i = 1 To 10, or For i = 10 To 1 Step -1",
	"next":           "Next, or Next i",
	"foreach":        "ForEach x In source",
	"while":          "While condition",
	"end":            "End If, End While, End Try, End Sub, End Transaction, End Map, EndEach or EndText",
	"sub":            "Sub Name, or Sub Name a, b",
	"endsub":         "End Sub alone on the line",
	"transaction":    "Transaction alone on the line",
	"endtransaction": "End Transaction alone on the line",
	"map":            "Map name To Table Key Column",
	"endmap":         "End Map alone on the line",
	"datamap":        "DataMap name, or DataMap name warn",
	"enddatamap":     "End DataMap alone on the line",
	"endif":          "End If alone on the line",
	"endeach":        "EndEach alone on the line",
	"endwhile":       "End While alone on the line",
	"endtry":         "End Try alone on the line",
	"endtext":        "EndText alone on the line",
	"try":            "Try alone on the line",
	"catch":          "Catch, or Catch message",
	"text":           `Text, or Text Into name, or Text Into name, "html"`,
	"exit":           "Exit, Exit For, Exit ForEach, Exit While, Exit Sub, or Exit ForEach x",
	"continue":       "Continue, or Continue x",
	"throw":          `Throw "message"`,
	"stop":           `Stop "message"`,
}
