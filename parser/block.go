package parser

import (
	"fmt"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

const maxBlocks = 100

// A block is one that is open: what kind, where it began, and where its next
// statement goes.
type block struct {
	word string // If, Else, For, ForEach, While, Try, Catch, Sub, Transaction, Map, DataMap; "": the script
	pos  ast.Position
	body *[]ast.Stmt
	stmt ast.Stmt
	name string // loop variable
	bad  bool   // its first line is reported already
	// brace: its first line ends with {, so that a line } closes it.
	brace bool
	// closed: a Map or DataMap whose last line is there.
	closed bool
	// dedent is the first statement inside that is not indented: where the
	// closing line is probably missing.
	dedent ast.Position
}

// opener is the word that the block began with.
func (b *block) opener() string {
	switch b.word {
	case "Else":
		return "If"
	case "Catch":
		return "Try"
	}
	return b.word
}

// closing is the line that closes a block.
func closing(opener string) string {
	switch opener {
	case "For":
		return "Next"
	case "ForEach":
		return "EndEach"
	}
	return "End " + opener
}

// A builder nests lines into blocks.
type builder struct {
	frag  *lexer.Fragment
	stack []block
	errs  lexer.List
	// mending is set while a line that was reported is taken as what it was
	// meant to be.
	mending    bool
	opensBrace bool // with mending: the line ends with {
	full       bool // nested too deep: the rest is not read
	// lost are the blocks that were found unclosed at the end of another one.
	lost []lostBlock
}

// A lostBlock is one that was open when a block around it was closed.
type lostBlock struct {
	opener  string
	finding *lexer.Diagnostic
	closed  string       // what closed the block around it
	by      ast.Position // where
}

func (b *builder) fail(err error) { b.errs.Add(asDiagnostic(err)) }

func asDiagnostic(err error) *lexer.Diagnostic {
	if d, ok := err.(*lexer.Diagnostic); ok {
		return d
	}
	return &lexer.Diagnostic{Code: lexer.CodeSyntax, Message: err.Error()}
}

func (b *builder) top() *block { return &b.stack[len(b.stack)-1] }

func (b *builder) add(s ast.Stmt) {
	top := b.top()
	switch s.(type) {
	case *ast.Comment, *ast.Blank:
	default:
		for i := len(b.stack) - 1; i > 0 && s.Start().Column <= b.stack[i].pos.Column; i-- {
			if o := &b.stack[i]; !o.dedent.IsValid() {
				o.dedent = s.Start()
			}
		}
	}
	*top.body = append(*top.body, s)
}

func (b *builder) push(word string, pos ast.Position, body *[]ast.Stmt, s ast.Stmt) {
	if len(b.stack) > maxBlocks && !b.full {
		b.full = true
		b.errs.Errorf(pos, lexer.CodeDepth, "join conditions with And, and leave a turn of a loop early with If … Then Continue",
			"blocks are nested more than %d deep", maxBlocks)
	}
	b.stack = append(b.stack, block{word: word, pos: pos, body: body, stmt: s, bad: b.mending, brace: b.opensBrace})
}

func (b *builder) pop() { b.stack = b.stack[:len(b.stack)-1] }

func (b *builder) line(l line) {
	switch l := l.(type) {
	case *commentLine:
		b.add(&ast.Comment{Pos: l.Pos, Text: l.Text})
	case *blankLine:
		b.add(&ast.Blank{Pos: l.Pos})
	case *textLine:
		b.add(b.text(l))
	case *ifLine:
		b.ifLine(l)
	case *elseIfLine:
		if s := b.arm("Else If", l.Pos); s != nil {
			a := &ast.Arm{Pos: l.Pos, Cond: b.expr(l.Cond)}
			s.Arms = append(s.Arms, a)
			b.push("If", l.Pos, &a.Body, s)
		}
	case *elseLine:
		if s := b.arm("Else", l.Pos); s != nil {
			s.ElseAt = l.Pos
			b.push("Else", l.Pos, &s.Else, s)
		}
	case *forLine:
		s := &ast.For{Pos: l.Pos, Var: b.name(&l.Var), From: b.expr(l.From), To: b.expr(l.To), Step: b.expr(l.Step)}
		b.add(s)
		b.push("For", l.Pos, &s.Body, s)
		b.top().name = l.Var.Text
	case *forEachLine:
		s := &ast.ForEach{Pos: l.Pos, Var: b.name(&l.Var), Source: b.expr(l.Source)}
		b.add(s)
		b.push("ForEach", l.Pos, &s.Body, s)
		b.top().name = l.Var.Text
	case *whileLine:
		s := &ast.While{Pos: l.Pos, Cond: b.expr(l.Cond)}
		b.add(s)
		b.push("While", l.Pos, &s.Body, s)
	case *tryLine:
		s := &ast.Try{Pos: l.Pos}
		b.add(s)
		b.push("Try", l.Pos, &s.Body, s)
	case *catchLine:
		b.catch(l)
	case *nextLine:
		b.next(l)
	case *subLine, *transactionLine, *mapLine, *fieldLine, *dataMapLine, *valueLine:
		b.named(l)
	case *closeLine:
		word := strings.TrimPrefix(strings.ToLower(l.Word), "end")
		for _, w := range []string{"If", "While", "Try", "ForEach", "Sub", "Transaction", "Map", "DataMap"} {
			if strings.EqualFold(w, word) || w == "ForEach" && strings.EqualFold(word, "each") {
				b.close(w, l.Pos)
			}
		}
	case *simpleLine:
		b.add(b.simple(l.Line))
	case simple:
		b.add(b.simple(l))
	}
}

func (b *builder) ifLine(l *ifLine) {
	a := &ast.Arm{Pos: l.Pos, Cond: b.expr(l.Cond)}
	s := &ast.If{Pos: l.Pos, Arms: []*ast.Arm{a}}
	b.add(s)
	if l.Then == nil {
		b.push("If", l.Pos, &a.Body, s)
		return
	}
	s.Inline, s.End = true, l.EOL.Pos
	if c, ok := l.Then.(*command); ok {
		t := &lexer.Token{Type: lexer.Ident, Value: c.Name.Text, Pos: tokenPosition(c.Pos)}
		if lexer.Is(t, "Then") && len(c.Args.list()) == 0 {
			b.errs.Add(fault(t, lexer.CodeSyntax, "write Then once", "a second Then follows the first"))
			s.Inline = false
			b.push("If", l.Pos, &a.Body, s)
			return
		}
		if isBlockWord(c.Name.Text) {
			b.errs.Add(fault(t, lexer.CodeOneLineIf, operatorWords["if"], "%s cannot follow Then on the same line", c.Name.Text))
		} else if x, _ := misspelt(t, len(c.Args.list()) == 0); x != nil {
			b.errs.Add(x)
		}
	}
	a.Body = []ast.Stmt{b.simple(l.Then)}
}

// simple is the statement of a line that opens and closes nothing.
func (b *builder) simple(l simple) ast.Stmt {
	switch l := l.(type) {
	case *set:
		i := b.frag.Index(l.Target.Pos.Offset)
		return &ast.Set{Pos: l.Pos, Target: b.target(i, &l.Target), Value: b.expr(l.Value)}
	case *exit:
		s := &ast.Exit{Pos: l.Pos, Name: b.name(l.Var)}
		for _, w := range []string{"For", "ForEach", "While", "Sub"} {
			if strings.EqualFold(w, l.Loop) {
				s.Loop = w
			}
		}
		if s.Loop == "Sub" && l.Var != nil {
			b.errs.Errorf(l.Var.Pos, lexer.CodeSyntax, "write Exit Sub", "Exit Sub leaves the Sub around it and takes no name")
		}
		return s
	case *continues:
		if l.Var != nil && (strings.EqualFold(l.Var.Text, "For") || strings.EqualFold(l.Var.Text, "ForEach") || strings.EqualFold(l.Var.Text, "While")) {
			b.errs.Errorf(l.Var.Pos, lexer.CodeSyntax, "write Continue, or Continue and the loop's variable", "Continue takes no %s", l.Var.Text)
		}
		return &ast.Continue{Pos: l.Pos, Name: b.name(l.Var)}
	case *throw:
		return &ast.Throw{Pos: l.Pos, Message: b.expr(l.Message)}
	case *stop:
		return &ast.Stop{Pos: l.Pos, Message: b.expr(l.Message)}
	}
	c := l.(*command)
	call := &ast.Call{Args: c.Args.list(), Pos: c.Name.Pos, Name: c.Name.Text, Command: true, End: behind(c.Name.Pos, c.Name.Text)}
	b.expr(call)
	return &ast.Command{Pos: c.Pos, Call: call}
}

func (b *builder) text(l *textLine) ast.Stmt {
	start := b.frag.Index(l.Body.Pos.Offset)
	s := &ast.Text{Pos: l.Pos, Body: b.template(start, start+len(l.Body.Text), 0), End: l.End.Pos}
	if l.Into != nil {
		s.Into = b.target(b.frag.Index(l.Into.Pos.Offset), l.Into)
	}
	if l.HTML != "" {
		if s.HTML = strings.EqualFold(l.HTML[1:len(l.HTML)-1], "html"); !s.HTML {
			b.errs.Errorf(l.Pos, lexer.CodeSyntax, `write Text Into name, "html"`, "%s is no form of Text Into", l.HTML)
		}
	}
	return s
}

func (b *builder) name(n *name) *ast.Name {
	if n == nil {
		return nil
	}
	return &ast.Name{Pos: n.Pos, Text: n.Text}
}

func (b *builder) target(i int, t *target) *ast.Path {
	if p := b.path(i, i+len(t.Text), 0); p != nil {
		return p
	}
	return &ast.Path{Pos: t.Pos, End: t.Pos, Raw: t.Text, Steps: []ast.Step{{Pos: t.Pos, Key: t.Text}}}
}

// expr splits the strings and paths of x in place; x is new and nobody else's.
func (b *builder) expr(x ast.Expr) ast.Expr {
	if x == nil {
		return nil
	}
	ast.Inspect(x, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.String:
			i := b.frag.Index(n.Pos.Offset)
			n.Body = b.template(i+1, i+len(n.Raw)-1, n.Raw[0])
		case *ast.Var:
			i := b.frag.Index(n.Pos.Offset) + 1
			b.resolve(n.Path, i)
		case *ast.Bare:
			b.resolve(n.Path, b.frag.Index(n.Pos.Offset))
		}
		return true
	})
	return x
}

// resolve splits the path that stands at byte i of the fragment.
func (b *builder) resolve(p *ast.Path, i int) {
	if q := b.path(i, i+len(p.Raw), 0); q != nil {
		*p = *q
		return
	}
	p.Steps = []ast.Step{{Pos: p.Pos, Key: p.Raw}} // reported; nothing runs
}

func behind(p ast.Position, word string) ast.Position {
	p.Offset += len(word)
	p.Column += len([]rune(word))
	return p
}

// arm ends the open arm of an If, for the next one.
func (b *builder) arm(word string, pos ast.Position) *ast.If {
	top := b.top()
	s, ok := top.stmt.(*ast.If)
	if !ok {
		b.stray(word, "If", pos)
		return nil
	}
	if top.word == "Else" {
		b.errs.Errorf(pos, lexer.CodeStray, fmt.Sprintf("the Else in line %d is the last part of the If; is an End If missing above?", top.pos.Line),
			"%s follows an Else", word)
	}
	b.pop()
	return s
}

func (b *builder) catch(l *catchLine) {
	top := b.top()
	s, ok := top.stmt.(*ast.Try)
	if !ok {
		b.stray("Catch", "Try", l.Pos)
		return
	}
	if top.word == "Catch" {
		b.errs.Errorf(l.Pos, lexer.CodeStray, "a Try has one Catch; use If in it to tell errors apart", "a second Catch follows the one in line %d", top.pos.Line)
	}
	b.pop()
	s.CatchAt, s.Name = l.Pos, b.name(l.Var)
	b.push("Catch", l.Pos, &s.Catch, s)
}

func (b *builder) next(l *nextLine) {
	if l.Var != nil {
		if top := b.top(); top.word == "For" && !strings.EqualFold(top.name, l.Var.Text) {
			b.errs.Errorf(l.Var.Pos, lexer.CodeStray, "write Next "+top.name, "this Next closes the For %s in line %d, not %s", top.name, top.pos.Line, l.Var.Text)
		}
	}
	b.close("For", l.Pos)
}
