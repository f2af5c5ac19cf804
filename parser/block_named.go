package parser

import (
	"strconv"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// named takes the lines of Sub, Transaction, Map and DataMap.
func (b *builder) named(l line) {
	switch l := l.(type) {
	case *subLine:
		b.topLevel("Sub", l.Pos)
		s := &ast.Sub{Pos: l.Pos, Name: b.name(&l.Name)}
		for i := range l.Params {
			p := &l.Params[i]
			for _, q := range s.Params {
				if strings.EqualFold(q.Text, p.Text) {
					b.errs.Errorf(p.Pos, lexer.CodeTwice, "give each parameter its own name", "the Sub has the parameter %s twice", p.Text)
				}
			}
			s.Params = append(s.Params, b.name(p))
		}
		b.add(s)
		b.push("Sub", l.Pos, &s.Body, s)
	case *transactionLine:
		s := &ast.Transaction{Pos: l.Pos}
		b.add(s)
		b.push("Transaction", l.Pos, &s.Body, s)
	case *mapLine:
		b.topLevel("Map", l.Pos)
		s := b.mapStmt(l)
		b.add(s)
		b.push("Map", l.Pos, &s.Body, s)
		b.top().closed = b.closesAhead(b.behindLine(l.Pos), "Map")
	case *dataMapLine:
		b.topLevel("DataMap", l.Pos)
		s := b.dataMapStmt(l)
		b.add(s)
		b.push("DataMap", l.Pos, &s.Body, s)
		b.top().closed = b.closesAhead(b.behindLine(l.Pos), "DataMap")
	case *fieldLine:
		b.add(b.fieldStmt(l))
	case *valueLine:
		b.add(b.valueStmt(l))
	}
}

// behindLine is the byte of the fragment behind the line at pos.
func (b *builder) behindLine(pos ast.Position) int {
	i := b.frag.Index(pos.Offset)
	text := b.frag.Text()
	if n := strings.IndexByte(text[i:], '\n'); n >= 0 {
		return i + n + 1
	}
	return len(text)
}

// topLevel reports a declaration inside a block, unless the block's own last
// line is what is missing.
func (b *builder) topLevel(word string, pos ast.Position) {
	top := b.top()
	if top.word == "" {
		return
	}
	if (top.word == "Sub" || top.word == "Transaction") && !b.mending && pos.Column <= top.pos.Column {
		b.unclosed(top, pos)
		b.pop()
		b.topLevel(word, pos)
		return
	}
	b.errs.Errorf(pos, lexer.CodeMapPlace, "move it out of the "+top.opener()+" in line "+strconv.Itoa(top.stmt.Start().Line)+", or write "+closing(top.opener())+" above it",
		"a %s stands for itself, not inside of other blocks", word)
}
