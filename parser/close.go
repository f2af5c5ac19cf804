package parser

import (
	"fmt"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// close closes the innermost block, which should have been opened by opener.
// When an outer block was, those inside it are reported where they began.
func (b *builder) close(opener string, pos ast.Position) {
	for i := len(b.stack) - 1; i > 0; i-- {
		if b.stack[i].opener() != opener {
			continue
		}
		for len(b.stack)-1 > i {
			if x := b.unclosed(b.top(), pos); x != nil {
				b.lost = append(b.lost, lostBlock{b.top().opener(), x, closing(opener), pos})
			}
			b.pop()
		}
		b.end(pos)
		return
	}
	if b.crossed(opener, pos) {
		return
	}
	before := len(b.errs)
	b.stray(closing(opener), opener, pos)
	if len(b.stack) > 1 && b.errs[before].Pos == pos { // the wrong word for the open block: it is meant to end here
		b.end(pos)
	}
}

// crossed reports whether the line that closes nothing is the end of a block
// that was found unclosed: then two lines stand in the wrong order, which is
// said once.
func (b *builder) crossed(opener string, pos ast.Position) bool {
	for i, l := range slices.Backward(b.lost) {
		if l.opener != opener {
			continue
		}
		l.finding.Hint = fmt.Sprintf("its %s stands in line %d, behind the %s in line %d: put it before that line",
			closing(opener), pos.Line, l.closed, l.by.Line)
		b.lost = slices.Delete(b.lost, i, i+1)
		return true
	}
	return false
}

func (b *builder) end(pos ast.Position) {
	switch s := b.top().stmt.(type) {
	case *ast.If:
		s.End = pos
	case *ast.For:
		s.End = pos
	case *ast.ForEach:
		s.End = pos
	case *ast.While:
		s.End = pos
	case *ast.Sub:
		s.End = pos
	case *ast.Transaction:
		s.End = pos
	case *ast.MapBlock:
		s.End = pos
	case *ast.DataMapBlock:
		s.End = pos
	case *ast.Try:
		s.End = pos
		if !s.CatchAt.IsValid() {
			b.errs.Errorf(s.Pos, lexer.CodeUnclosed, "write Catch and what to do then before End Try", "this Try has no Catch")
		}
	}
	b.pop()
}

// stray reports a line that belongs to a block that is not open.
func (b *builder) stray(word, opener string, pos ast.Position) {
	top := b.top()
	if b.misspeltOpener(opener) {
		return
	}
	if top.word == "" {
		b.errs.Errorf(pos, lexer.CodeStray, fmt.Sprintf("remove it, or write the %s that it belongs to", opener), "%s without %s", word, opener)
		return
	}
	b.errs.Errorf(pos, lexer.CodeStray, fmt.Sprintf("the %s in line %d is still open; %s closes it", top.opener(), top.stmt.Start().Line, closing(top.opener())),
		"%s without %s", word, opener)
}

// misspeltOpener reports a command of the open block that was probably to open
// the block which a stray line closes: Whle.
func (b *builder) misspeltOpener(opener string) bool {
	body := *b.top().body
	const far = 500 // statements: each stray line looks back
	for _, s := range slices.Backward(body[max(0, len(body)-far):]) {
		c, ok := s.(*ast.Command)
		if !ok || isStatement(c.Call.Name) || lexer.Nearest(c.Call.Name, []string{opener}) == "" {
			continue
		}
		x := &lexer.Diagnostic{
			Pos: c.Pos, End: behind(c.Pos, c.Call.Name), Code: lexer.CodeWord, Hint: "write " + usage[strings.ToLower(opener)],
			Message: c.Call.Name + " is not a statement; did you mean " + opener + "?",
		}
		if lexer.OnlyNear(c.Call.Name, statements) == opener {
			x.Mend(c.Pos, c.Call.Name, opener)
		}
		b.errs.Add(x)
		return true
	}
	return false
}

// unclosed reports an open block where it began; nil: its line is reported
// already.
func (b *builder) unclosed(o *block, before ast.Position) *lexer.Diagnostic {
	if o.bad {
		return nil
	}
	hint := fmt.Sprintf("write %s behind its last line", closing(o.opener()))
	switch {
	case o.dedent.IsValid():
		hint += fmt.Sprintf(", probably before line %d", o.dedent.Line)
	case before.IsValid():
		hint += fmt.Sprintf(", before line %d", before.Line)
	}
	pos := o.stmt.Start()
	x := &lexer.Diagnostic{
		Pos: pos, End: behind(pos, o.opener()), Code: lexer.CodeUnclosed, Hint: hint,
		Message: fmt.Sprintf("this %s is not closed with %s", o.opener(), closing(o.opener())),
	}
	b.errs.Add(x)
	return x
}
