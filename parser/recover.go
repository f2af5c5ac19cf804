package parser

import (
	"fmt"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// This file goes on behind a bad line in such a way that the lines which
// belong to it raise no finding of their own.

// checked takes a good line, unless it is a command by a name that only a
// misspelt statement has; then it returns the word that it stands for.
func (b *builder) checked(d *diagnosis, l line) string {
	if s, ok := l.(*set); ok {
		if c, ok := s.Value.(*ast.Call); ok && c.Command && len(c.Args) == 0 && strings.EqualFold(c.Name, "Text") {
			b.errs.Add(&lexer.Diagnostic{
				Pos: c.Pos, End: c.End, Code: lexer.CodeSyntax, Message: "Text is no value",
				Hint: "write Text Into " + s.Target.Text + ", the lines, and EndText",
			})
			return "text"
		}
	}
	c, ok := l.(*command)
	if !ok {
		b.line(l)
		return ""
	}
	first := &lexer.Token{Type: lexer.Ident, Value: c.Name.Text, Pos: tokenPosition(c.Pos)}
	args := c.Args.list()
	x, as := misspelt(first, len(args) == 0)
	if x == nil && len(args) == 1 {
		x, as = misspeltEnd(first, args[0])
	}
	if x != nil {
		b.errs.Add(x)
		b.recover(as, c.Pos)
		return as
	}
	if lexer.Is(first, "EndText") {
		b.stray("EndText", "Text", c.Pos)
		return ""
	}
	if len(args) == 0 && lexer.Nearest(first.Value, []string{"Text"}) != "" && d.skipText() {
		b.errs.Add(fault(first, lexer.CodeWord, "write "+usage["text"], "%s is not a statement; did you mean Text?", first.Value))
		return ""
	}
	b.line(l)
	return ""
}

// misspeltEnd is the finding about a line such as Edn If.
func misspeltEnd(first *lexer.Token, arg ast.Expr) (*lexer.Diagnostic, string) {
	w, ok := arg.(*ast.Bare)
	if !ok || lexer.Nearest(first.Value, []string{"End"}) == "" || len(first.Value) > 4 {
		return nil, ""
	}
	switch word := strings.ToLower(w.Path.Raw); word {
	case "if", "while", "try", "text", "each", "foreach", "sub", "transaction", "map", "datamap":
		hint, as := wrongEnd(word)
		if word == "text" {
			hint = "write EndText"
		}
		x := fault(first, lexer.CodeWord, hint, "%s is not a statement; did you mean End?", first.Value)
		if strings.HasPrefix(hint, "write End ") {
			x.Mend(position(first), first.Value, "End")
		}
		return x, as
	}
	return nil, ""
}

// brace reads the { and } of other languages as the lines that they stand for.
func (b *builder) brace(d *diagnosis, x *lexer.Diagnostic, as string) string {
	line := d.tokens()
	if len(line) == 0 {
		return as
	}
	top := b.top()
	if d.first.Type == lexer.Illegal && d.first.Value == "}" && top.brace {
		opener := top.opener()
		if len(line) > 1 && lexer.Is(line[1], "Else") && opener == "If" {
			x.Hint, as = "write Else alone on the line", "else"
			if len(line) > 2 && lexer.Is(line[2], "If") {
				x.Hint, as = "write Else If condition Then", "elseif"
			}
		} else {
			x.Hint = fmt.Sprintf("write %s: it closes the %s in line %d", closing(opener), opener, top.stmt.Start().Line)
			as = strings.ToLower(strings.ReplaceAll(closing(opener), " ", ""))
		}
	}
	b.opensBrace = line[len(line)-1].Value == "{"
	return as
}

// recover opens or closes the block of a bad line, by the word that it stands
// for, so that the lines that belong to it raise no second finding.
func (b *builder) recover(as string, pos ast.Position) {
	b.mending = true
	defer func() { b.mending, b.opensBrace = false, false }()
	nothing := &ast.Omitted{Pos: pos}
	unknown := name{Pos: pos, Text: "?"}
	top := b.top().opener()
	switch as {
	case "if":
		b.line(&ifLine{Pos: pos, Cond: nothing})
	case "for":
		b.line(&forLine{Pos: pos, Var: unknown, From: nothing, To: nothing})
	case "foreach":
		b.line(&forEachLine{Pos: pos, Var: unknown, Source: nothing})
	case "while":
		b.line(&whileLine{Pos: pos, Cond: nothing})
	case "try":
		b.line(&tryLine{Pos: pos})
	case "sub":
		b.line(&subLine{Pos: pos, Name: unknown})
	case "transaction":
		b.line(&transactionLine{Pos: pos})
	case "map":
		b.line(&mapLine{Pos: pos})
	case "datamap":
		b.line(&dataMapLine{Pos: pos, Name: unknown})
	case "elseif", "else":
		if top == "If" {
			b.line(&elseIfLine{Pos: pos, Cond: nothing})
		}
	case "catch":
		if top == "Try" {
			b.line(&catchLine{Pos: pos})
		}
	case "endif", "endeach", "endwhile", "endtry", "next", "endfor", "endsub", "endtransaction", "endmap", "enddatamap":
		opener := map[string]string{"endsub": "Sub", "endtransaction": "Transaction", "endmap": "Map", "enddatamap": "DataMap", "endif": "If", "endeach": "ForEach", "endwhile": "While", "endtry": "Try", "next": "For", "endfor": "For"}[as]
		if as == "endfor" && top == "ForEach" {
			opener = top
		}
		if slices.ContainsFunc(b.stack, func(o block) bool { return o.opener() == opener }) {
			b.close(opener, pos)
		}
	}
}

// skipBelow passes over the lines that belong to the bad one above them: the
// rest of a statement that was broken into lines, of SQL, of a Text.
func (d *diagnosis) skipBelow(as string, x *lexer.Diagnostic) {
	switch {
	case as == "text" && !lexer.Is(d.first, "Text"):
		d.skipText()
	case as == "sql":
		for set := lexer.Is(d.first, "UPDATE"); d.isSQL(set); set = false {
			d.skipLine()
		}
	case x != nil && x.Hint == brokenLine:
		for d.goesOn() {
			d.skipLine()
		}
	}
}

// skipText passes over everything up to the EndText that comes next, and
// reports whether one does.
func (d *diagnosis) skipText() bool {
	at := d.lex.MakeCheckpoint()
	for d.lex.Peek().Type != lexer.EOF {
		t := d.lex.Peek()
		if d.endsText() {
			d.skipLine()
			return true
		}
		if lexer.Is(t, "Text") {
			break
		}
		d.skipLine()
	}
	d.lex.LoadCheckpoint(at)
	return false
}

// isSQL reports whether the next line goes on with SQL; with set, Set is a word
// of it.
func (d *diagnosis) isSQL(set bool) bool {
	t := d.lex.Peek()
	switch t.Type {
	case lexer.EOL, lexer.EOF, lexer.Comment:
		return false
	case lexer.Ident:
		w := strings.ToLower(t.Value)
		return slices.Contains(sqlWords, w) || set && w == "set"
	}
	return t.Type != lexer.Illegal
}

// goesOn reports whether the next line begins with what no statement begins
// with, or stands deeper and begins with no statement.
func (d *diagnosis) goesOn() bool {
	t := d.lex.Peek()
	switch t.Type {
	case lexer.EOL, lexer.EOF, lexer.Comment, lexer.Illegal:
		return false
	case lexer.Ident:
		at := d.lex.MakeCheckpoint()
		d.lex.Next()
		call := lexer.IsOp(d.lex.Peek(), "(")
		d.lex.LoadCheckpoint(at)
		return call && t.Pos.Column > d.first.Pos.Column && !isStatement(t.Value)
	}
	return true
}
