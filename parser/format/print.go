package format

import (
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

const (
	level  = "  "   // of a block
	deeper = "    " // a line that goes on stands so much deeper than it began, to be told from a block's body
	// mostBlank is how many blank lines may follow each other.
	mostBlank = 2
)

// A token is one of the script, at bytes at to end of its text.
type token struct {
	lexer.Token
	at, end int
	text    string // as it should be written
}

// A blankLine is one without tokens: its blanks, and where the next begins.
type blankLine struct{ start, eol, next int }

// A printer finds the edits that make a script canonical, line by line.
type printer struct {
	frag     *lexer.Fragment
	text     string
	document bool
	means    *meanings
	edits    []edit

	open  []*block
	begun bool        // a line with tokens has come
	blank []blankLine // since then
}

func newPrinter(t *ast.Transformation, names Names) *printer {
	return &printer{frag: t.Text, text: t.Text.Text(), document: t.Document, means: meaningsOf(t, names)}
}

// print goes through the script's lines.
func (p *printer) print() {
	scan := lexer.NewScanner(p.frag)
	var line []token
	start := 0
	for {
		t := p.next(scan)
		switch t.Type {
		case lexer.EOF:
			p.finish(start)
			return
		case lexer.Raw:
			start = t.end
		case lexer.EOL:
			switch {
			case len(line) > 0:
				p.line(start, line, t)
			case start > 0 || !p.document: // what stands behind <![CDATA[ is layout of the document
				p.blank = append(p.blank, blankLine{start, t.at, t.end})
			}
			line, start = line[:0], t.end
		default:
			line = append(line, t)
		}
	}
}

func (p *printer) next(scan *lexer.Scanner) token {
	next, _ := scan.Next() // its error is always nil
	t := token{Token: next, at: p.frag.Index(next.Pos.Offset), text: next.Value}
	if next.Value == "" && next.Type != lexer.Raw { // the end of the script
		t.at = len(p.text)
	}
	t.end = t.at + len(t.Value)
	return t
}

// blanks settles the blank lines since the last line with tokens; at the
// beginning and at the end of the script there are none.
func (p *printer) blanks(keep int) {
	for i, b := range p.blank {
		if i < keep {
			p.put(b.start, b.eol, "")
		} else {
			p.put(b.start, b.next, "")
		}
	}
	p.blank = p.blank[:0]
}

func (p *printer) top() *block {
	if len(p.open) == 0 {
		return nil
	}
	return p.open[len(p.open)-1]
}

// line settles one line with tokens, which begins at start and ends with eol.
func (p *printer) line(start int, line []token, eol token) {
	if p.begun {
		p.blanks(mostBlank)
	}
	p.blanks(0)
	p.begun = true

	top, depth := p.top(), len(p.open)
	words, n := closer(line, top)
	switch {
	case n > 0:
		line = append([]token{{Token: line[0].Token, at: line[0].at, end: line[n-1].end, text: words}}, line[n:]...)
		if top != nil && words == top.close {
			p.open = p.open[:depth-1]
			depth--
		}
	case line[0].Type == lexer.Comment:
	default:
		p.spell(line, top)
		if top != nil && top.data {
			break
		}
		if isArm(line, top) {
			depth--
		} else if b := opener(line); b != nil && !p.means.command[line[0].Pos.Offset] {
			p.open = append(p.open, b)
		}
	}
	indent := strings.Repeat(level, depth)
	p.put(start, line[0].at, indent)
	for i := range line {
		t := &line[i]
		if i > 0 {
			p.gap(&line[i-1], t, indent+deeper)
		}
		p.put(t.at, t.end, t.text)
	}
	p.end(line[len(line)-1], eol)
}

// gap settles what stands between two tokens of a line. Where the line goes on
// in the next, that one begins at indent.
func (p *printer) gap(t, u *token, indent string) {
	at := t.end
	blank := p.space(t, u)
	for {
		i := strings.IndexByte(p.text[at:u.at], '_')
		if i < 0 {
			break
		}
		p.put(at, at+i, " ")
		at += i + 1
		brk := at + strings.IndexAny(p.text[at:u.at], "\r\n")
		p.put(at, brk, "")
		at = brk + 1
		if strings.HasPrefix(p.text[brk:], "\r\n") {
			at++
		}
		blank = indent
	}
	if u.Value == "_" && at == u.at {
		return // the name _: with a blank before it, it might continue the line
	}
	p.put(at, u.at, blank)
}

// space is what stands between two tokens that follow each other on a line.
func (p *printer) space(t, u *token) string {
	switch {
	case lexer.IsOp(&t.Token, "("), lexer.IsOp(&u.Token, ")"), p.means.minus[t.Pos.Offset]:
		return ""
	case lexer.IsOp(&u.Token, ","):
		if lexer.IsOp(&t.Token, ",") || p.means.command[t.Pos.Offset] { // the value before it is left out
			return " "
		}
		return ""
	case lexer.IsOp(&u.Token, "(") && p.means.function[t.Pos.Offset]:
		return ""
	}
	return " "
}

// end settles what stands behind the last token of a line: nothing. A line that
// goes on in an empty one ends here.
func (p *printer) end(last, eol token) {
	switch {
	case last.Value == "_": // a name; behind a blank at the end of a line it would continue it
	case eol.Value != "":
		p.put(last.end, eol.at, "")
	case !p.document:
		p.put(last.end, len(p.text), p.lineEnd())
	default:
		// ]]> stays on the line where it stands.
		stop := len(p.text)
		if i := strings.LastIndexByte(p.text[last.end:], '_'); i >= 0 {
			stop = last.end + i
			stop += strings.IndexAny(p.text[stop:], "\r\n")
		}
		p.put(last.end, stop, "")
	}
}

// lineEnd is how the script ends its lines.
func (p *printer) lineEnd() string {
	i := strings.IndexAny(p.text, "\r\n")
	switch {
	case i < 0:
		return "\n"
	case strings.HasPrefix(p.text[i:], "\r\n"):
		return "\r\n"
	}
	return p.text[i : i+1]
}

// finish settles the end of the script, behind the last line end. The blanks
// before ]]> are layout of the document.
func (p *printer) finish(start int) {
	p.blanks(0)
	if !p.document {
		p.put(start, len(p.text), "")
	}
}
