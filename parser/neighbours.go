package parser

import (
	"fmt"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
)

// This file says what a line was meant to be by words that stand side by side.

// quoteInside is the finding about a quote in a text that is not doubled, which
// ends the text too early: "say "hello" now".
func (d *diagnosis) quoteInside(line []*lexer.Token) *lexer.Diagnostic {
	for i, t := range line[:max(len(line)-1, 0)] {
		if t.Type == lexer.Illegal {
			return nil
		}
		next := line[i+1]
		if t.Type != lexer.String || next.Pos.Offset != t.Pos.Offset+len(t.Value) {
			continue
		}
		q := t.Value[:1]
		hint := "a quote inside a text is written twice: " + q + q
		if verb, _, _ := strings.Cut(t.Value[1:], " "); isSQLVerb(verb) && q == `"` {
			hint = "in SQL a text stands in single quotes: 'text', '%name%'"
		}
		switch next.Type {
		case lexer.Illegal:
			if !strings.HasPrefix(next.Value, `\`) && !strings.HasPrefix(next.Value, "{") && !strings.HasPrefix(next.Value, ":") {
				return nil
			}
			if strings.HasSuffix(t.Value, `\`+q) {
				hint += `, not \` + q
			}
		case lexer.Ident, lexer.Path, lexer.Number, lexer.Var:
			if isOperator(next) || lexer.Is(next, "Then") {
				continue
			}
			if next.Value == "_" || strings.HasSuffix(t.Value, `\`+q) {
				if next.Value == "_" {
					return nil
				}
				hint += `, not \` + q
			}
		default:
			continue
		}
		return fault(next, lexer.CodeUnclosedText, hint, "the text ends before %s", lexer.Describe(next))
	}
	return nil
}

// foreignLoop is the finding about a loop as other languages write it.
func (d *diagnosis) foreignLoop(line []*lexer.Token, as string) (*lexer.Diagnostic, string) {
	if len(line) < 3 || as != "for" && as != "foreach" {
		return nil, ""
	}
	switch {
	case lexer.Is(d.first, "For") && lexer.Is(line[1], "Each"):
		x := fault(line[1], lexer.CodeWord, "write ForEach x In source … EndEach", "For Each is one word in AMSX")
		mendWords(x, d.first, line[1], "ForEach")
		return x, "foreach"
	case lexer.Is(d.first, "For") && lexer.Is(line[2], "In"):
		return fault(d.first, lexer.CodeWord, "write ForEach "+line[1].Value+" In source … EndEach", "For counts from a number to a number"), "foreach"
	case lexer.IsOp(line[1], "("):
		return fault(line[1], lexer.CodeSyntax, "write "+usage[as], "a loop is written without parentheses"), as
	}
	return nil, ""
}

// bracesHint says what to write for the { of a block.
func bracesHint(x *lexer.Diagnostic, as string) *lexer.Diagnostic {
	if strings.HasPrefix(x.Message, "{ ") {
		switch as {
		case "if", "elseif":
			x.Hint = "write Then instead, and End If below"
		case "for", "foreach", "while", "try":
			x.Hint = "remove it; the block ends with " + closing(map[string]string{"for": "For", "foreach": "ForEach", "while": "While", "try": "Try"}[as])
		}
	}
	return x
}

// between is the hint about the token number i, by its neighbours.
func (d *diagnosis) between(line []*lexer.Token, i int) string {
	t, before := line[i], line[i-1]
	adjacent := before.Pos.Offset+len(before.Value) == t.Pos.Offset
	switch {
	case t.Value == "_":
		return brokenLine
	case lexer.IsOp(t, ",") && before.Type == lexer.Number && i+1 < len(line) && line[i+1].Type == lexer.Number && adjacent && lexer.Is(line[0], "Set"):
		return "write the decimal point as a point: " + strings.ReplaceAll(before.Value, ".", "") + "." + line[i+1].Value
	case t.Type == lexer.Number && before.Type == lexer.Number:
		return "a number has no blanks inside"
	case lexer.IsOp(t, ",") && i > 1 && lexer.Is(line[i-2], "In") && !lexer.Is(line[0], "ForEach"):
		return `write the list in parentheses: In ("a", "b")`
	case before.Type == lexer.Ident && isSQLVerb(before.Value) && (i == 2 || i > 2 && (lexer.IsOp(line[i-3], "=") || lexer.Is(line[i-3], "In"))):
		return fmt.Sprintf("SQL stands in quotes: %s \"%s %s …\"", line[i-2].Value, before.Value, t.Value)
	case lexer.Is(t, "Nothing") && lexer.Is(before, "Is"):
		return "write Is Null"
	case lexer.Is(before, "Is"), lexer.Is(before, "Not") && i > 1 && lexer.Is(line[i-2], "Is"):
		if t.Type == lexer.String || t.Type == lexer.Number || t.Type == lexer.Var {
			if lexer.Is(before, "Not") {
				return "write <> " + t.Value
			}
			return "write = " + t.Value
		}
	case lexer.IsOp(t, ")"):
		return "remove it, or write the ( that it closes"
	case lexer.Is(before, "Else") && i == 1:
		return "Else stands alone on its line"
	case t.Type == lexer.Op && before.Type == lexer.Op:
		switch both := before.Value + t.Value; both {
		case ">=", "<=", "<>":
			return "write " + both + ", without a blank"
		case "=>", "=<", "<>=":
			return "write " + map[string]string{"=>": ">=", "=<": "<=", "<>=": "<>"}[both]
		}
	}
	return ""
}

func isSQLVerb(w string) bool {
	f, ok := foreign[strings.ToLower(w)]
	return ok && f.as == "sql"
}
