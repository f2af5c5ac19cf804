package parser

import (
	"slices"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// Parse parses script text. It always returns a tree, of all lines that are
// good, along with every finding of the file; nothing may run when the list
// has errors.
func Parse(name string, src []byte) (*ast.File, lexer.List) {
	text, errs := lexer.Decode(name, src)
	if errs.HasErrors() {
		return &ast.File{Name: name}, errs
	}
	f, more := parseFragment(lexer.NewSource(name, text).Whole())
	return f, tidy(append(errs, more...))
}

// parseFragment parses the script that frag holds.
func parseFragment(frag *lexer.Fragment) (*ast.File, lexer.List) {
	scan := lexer.NewScanner(frag)
	f := &ast.File{Name: frag.Source().Name()}
	b := &builder{frag: frag}
	b.push("", ast.Position{}, &f.Stmts, nil)
	lex := scan.Stream()
	for lex.Peek().Type != lexer.EOF && !b.full {
		start, first := lex.MakeCheckpoint(), lex.Peek()
		parse := b.inMap(lex)
		mapped := parse != nil
		if !mapped {
			parse = read
		}
		l, err := parse(lex)
		d := diagnosis{scan: scan, lex: lex, start: start, first: first}
		if err == nil {
			if l, err = endLine(lex, l); err == nil {
				if as := b.checked(&d, l); as != "" {
					d.skipBelow(as, nil)
				}
				continue
			}
		}
		if mapped {
			b.errs.Add(b.mapFault(lex, &d, err))
			d.skip()
			continue
		}
		x, as := d.of(err)
		b.errs.Add(x)
		as = b.brace(&d, x, as)
		d.skip()
		b.recover(as, position(d.first))
		d.skipBelow(as, x)
	}
	b.errs = append(b.errs, scan.Notes()...)
	if !b.full {
		for _, o := range slices.Backward(b.stack[1:]) {
			b.unclosed(&o, ast.Position{})
		}
	}
	f.End = frag.Position(len(frag.Text()))
	return f, b.errs
}

// ParseExpr parses one expression, such as the value of a CALC field, in which
// bare names are source paths. Positions are those of the fragment's file; for
// text of its own take lexer.NewSource(name, text).Whole(). The expression is
// nil when the list has errors.
func ParseExpr(frag *lexer.Fragment) (ast.Expr, lexer.List) {
	scan := lexer.NewExprScanner(frag)
	b := &builder{frag: frag}
	lex := scan.Stream()
	d := diagnosis{scan: scan, lex: lex, start: lex.MakeCheckpoint(), inline: true}
	x, err := parseExpr(lex)
	if t := lex.Peek(); err == nil && t.Type != lexer.EOL && t.Type != lexer.EOF {
		err = &unexpectedError{t}
	}
	if err != nil {
		x, _ := d.of(err)
		b.errs.Add(x)
		return nil, bounded(append(b.errs, scan.Notes()...))
	}
	b.errs = append(b.errs, scan.Notes()...)
	x = b.expr(x)
	if b.errs.HasErrors() {
		return nil, b.errs
	}
	return x, b.errs
}

// endLine takes the end of the line behind a simple statement.
func endLine(lex *lexer.Stream, l line) (line, error) {
	if _, ok := l.(simple); !ok {
		return l, nil
	}
	if t := lex.Peek(); t.Type != lexer.EOL {
		return l, &unexpectedError{t}
	}
	lex.Next()
	return l, nil
}

// tidy sorts the findings and keeps the first error of each line.
func tidy(l lexer.List) lexer.List {
	l = bounded(l)
	return slices.CompactFunc(l, func(a, b *lexer.Diagnostic) bool {
		return a.Pos.Line == b.Pos.Line && a.Pos.Filename == b.Pos.Filename && a.Severity == lexer.Error && b.Severity == lexer.Error
	})
}

// bounded sorts the findings and shortens those that quote a long text.
func bounded(l lexer.List) lexer.List {
	l.Sort()
	for _, d := range l {
		d.Message, d.Hint = cut(d.Message), cut(d.Hint)
	}
	return l
}

func cut(s string) string {
	const most = 300
	if len(s) <= most {
		return s
	}
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most*2/3]) + " … " + string(r[len(r)-most/4:])
}
