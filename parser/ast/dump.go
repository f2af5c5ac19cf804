package ast

import (
	"fmt"
	"strconv"
	"strings"
)

// Dump is the tree as text, one statement a line, indented like its blocks,
// each with its line and column: what the conformance cases compare.
func Dump(f *File) string {
	d := dumper{}
	d.stmts(f.Stmts, 0)
	return d.String()
}

type dumper struct{ strings.Builder }

func (d *dumper) printf(format string, args ...any) { fmt.Fprintf(d, format, args...) }

func (d *dumper) stmts(list []Stmt, depth int) {
	for _, s := range list {
		d.stmt(s, depth)
	}
}

// head begins the line of a statement or of a part of one.
func (d *dumper) head(p Position, depth int, word string) {
	d.printf("%s%d:%d %s", strings.Repeat("  ", depth), p.Line, p.Column, word)
}

func (d *dumper) stmt(s Stmt, depth int) {
	word := strings.TrimPrefix(fmt.Sprintf("%T", s), "*ast.")
	d.head(s.Start(), depth, word)
	switch s := s.(type) {
	case *Comment:
		d.printf(" %s", s.Text)
	case *Set:
		d.WriteByte(' ')
		d.path(s.Target)
		d.WriteString(" = ")
		d.expr(s.Value)
	case *If:
		d.ifStmt(s, depth)
	case *For:
		d.printf(" %s = ", s.Var.Text)
		d.expr(s.From)
		d.WriteString(" To ")
		d.expr(s.To)
		if s.Step != nil {
			d.WriteString(" Step ")
			d.expr(s.Step)
		}
		d.block(s.Body, depth, "Next", s.End)
	case *ForEach:
		d.printf(" %s In ", s.Var.Text)
		d.expr(s.Source)
		d.block(s.Body, depth, "EndEach", s.End)
	case *While:
		d.WriteByte(' ')
		d.expr(s.Cond)
		d.block(s.Body, depth, "End While", s.End)
	case *Exit:
		d.word(s.Loop)
		d.name(s.Name)
	case *Continue:
		d.name(s.Name)
	case *Text:
		if s.Into != nil {
			d.WriteString(" Into ")
			d.path(s.Into)
		}
		if s.HTML {
			d.WriteString(" html")
		}
		d.WriteByte(' ')
		d.template(s.Body)
		d.WriteByte('\n')
		d.head(s.End, depth, "EndText")
	case *Try:
		d.WriteByte('\n')
		d.stmts(s.Body, depth+1)
		if s.CatchAt.IsValid() {
			d.head(s.CatchAt, depth, "Catch")
			d.name(s.Name)
			d.WriteByte('\n')
			d.stmts(s.Catch, depth+1)
		}
		d.head(s.End, depth, "End Try")
	case *Throw:
		d.WriteByte(' ')
		d.expr(s.Message)
	case *Stop:
		d.WriteByte(' ')
		d.expr(s.Message)
	case *Command:
		d.WriteByte(' ')
		d.expr(s.Call)
	default:
		d.blockStmt(s, depth)
	}
	d.WriteByte('\n')
}

func (d *dumper) ifStmt(s *If, depth int) {
	for i, a := range s.Arms {
		if i > 0 {
			d.head(a.Pos, depth, "Else If")
		}
		d.WriteByte(' ')
		d.expr(a.Cond)
		if s.Inline {
			d.WriteString(" inline")
		}
		d.WriteByte('\n')
		d.stmts(a.Body, depth+1)
	}
	if s.ElseAt.IsValid() {
		d.head(s.ElseAt, depth, "Else\n")
		d.stmts(s.Else, depth+1)
	}
	d.head(s.End, depth, "End If")
}

func (d *dumper) block(body []Stmt, depth int, word string, end Position) {
	d.WriteByte('\n')
	d.stmts(body, depth+1)
	d.head(end, depth, word)
}

func (d *dumper) word(w string) {
	if w != "" {
		d.WriteString(" " + w)
	}
}

func (d *dumper) name(n *Name) {
	if n != nil {
		d.word(n.Text)
	}
}

func (d *dumper) expr(e Expr) {
	switch e := e.(type) {
	case *String:
		d.template(e.Body)
	case *Number:
		d.WriteString(e.Raw)
	case *Bool:
		d.WriteString(map[bool]string{true: "True", false: "False"}[e.Value])
	case *Null:
		d.WriteString("Null")
	case *Var:
		d.WriteByte('%')
		d.path(e.Path)
		d.WriteByte('%')
	case *Bare:
		d.path(e.Path)
	case *Call:
		d.call(e)
	case *Omitted:
		d.WriteByte('_')
	case *Unary:
		d.list(e.Op, e.X)
	case *Binary:
		d.list(e.Op, e.X, e.Y)
	case *In:
		d.list("In", append([]Expr{e.X}, e.List...)...)
	case *Is:
		op := "IsNull"
		switch {
		case e.Not && e.Empty:
			op = "IsNotEmpty"
		case e.Not:
			op = "IsNotNull"
		case e.Empty:
			op = "IsEmpty"
		}
		d.list(op, e.X)
	case *Paren:
		d.list("paren", e.X)
	}
}

// list is an operation in prefix form: (+ 1 2).
func (d *dumper) list(op string, args ...Expr) {
	d.WriteString("(" + op)
	for _, a := range args {
		d.WriteByte(' ')
		d.expr(a)
	}
	d.WriteByte(')')
}

func (d *dumper) call(c *Call) {
	open, close := "(", ")"
	if c.Command {
		open, close = "{", "}"
	}
	d.WriteString(c.Name + open)
	for i, a := range c.Args {
		if i > 0 {
			d.WriteString(", ")
		}
		d.expr(a)
	}
	d.WriteString(close)
}

// template shows text quoted and references as %path%@line:column.
func (d *dumper) template(t *Template) {
	if t == nil {
		d.WriteString("<nil>")
		return
	}
	d.WriteByte('"')
	for _, p := range t.Parts {
		if p.Ref == nil {
			q := strconv.Quote(p.Text)
			d.WriteString(strings.ReplaceAll(q[1:len(q)-1], "%", "%%"))
			continue
		}
		d.WriteByte('%')
		d.path(p.Ref)
		d.printf("%%@%d:%d", p.Pos.Line, p.Pos.Column)
	}
	d.WriteByte('"')
}

// path shows each step with what it was understood as.
func (d *dumper) path(p *Path) {
	if p == nil {
		d.WriteString("<nil>")
		return
	}
	for i, s := range p.Steps {
		switch {
		case s.Kind == StepIndex:
			d.printf("[%d]", s.Index)
		case s.Kind == StepFilter:
			d.WriteByte('[')
			d.path(s.Where)
			d.printf("=%q]", s.Equals)
		case s.Quoted:
			d.printf("[%q]", s.Key)
		default:
			if i > 0 {
				d.WriteByte('.')
			}
			d.WriteString(s.Key)
		}
	}
}
