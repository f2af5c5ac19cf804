package format

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// meanings are what the tree knows of words and marks, by their offset in the
// file: the same word is an operator here and the name of a variable there.
type meanings struct {
	spelling  map[int]string
	constants map[int]string // NewLine and Tab
	function  map[int]bool   // names of calls with parentheses
	command   map[int]bool   // names of calls without
	minus     map[int]bool   // minus signs of one operand
	is        map[int]bool   // the word Is, which more words follow
}

func meaningsOf(t *ast.Transformation, names Names) *meanings {
	m := &meanings{map[int]string{}, map[int]string{}, map[int]bool{}, map[int]bool{}, map[int]bool{}, map[int]bool{}}
	bare := map[ast.Expr]bool{} // words that a command takes as they are
	learn := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			at := n.Pos.Offset
			if s := names(n.Name); s != "" {
				m.spelling[at] = s
			}
			if !n.Command {
				m.function[at] = true
				break
			}
			m.command[at] = true
			for _, a := range n.Args {
				bare[a] = true
			}
		case *ast.Unary:
			m.spelling[n.Pos.Offset] = n.Op
			m.minus[n.Pos.Offset] = n.Op == "-"
		case *ast.Binary:
			m.spelling[n.Pos.Offset] = n.Op
		case *ast.In:
			m.spelling[n.Pos.Offset] = "In"
		case *ast.Is:
			m.spelling[n.Pos.Offset] = "Is"
			m.is[n.Pos.Offset] = true
		case *ast.Null:
			m.spelling[n.Pos.Offset] = "Null"
		case *ast.Bool:
			m.spelling[n.Pos.Offset] = map[bool]string{true: "True", false: "False"}[n.Value]
		case *ast.Bare:
			if s := oneOf(n.Path.Raw, "NewLine", "Tab"); s != "" && !bare[n] {
				m.constants[n.Pos.Offset] = s
			}
		}
		return true
	}
	ast.Inspect(t.Script, learn)
	return m
}

// oneOf is the spelling of w among words; "": it is none of them.
func oneOf(w string, words ...string) string {
	for _, s := range words {
		if len(s) == len(w) && strings.EqualFold(s, w) { // of one length: ſ and K are other letters in a keyword
			return s
		}
	}
	return ""
}

// spell gives the tokens of a line their spelling.
func (p *printer) spell(line []token, top *block) {
	for i := range line {
		t := &line[i]
		at := t.Pos.Offset
		if s, ok := p.means.spelling[at]; ok {
			t.text = s
		} else if s, ok := p.means.constants[at]; ok && (top == nil || !top.data) {
			t.text = s
		}
		if p.means.is[at] {
			for k := i + 1; k < min(i+3, len(line)); k++ {
				if s := oneOf(line[k].Value, "Not", "Null", "Empty"); s != "" {
					line[k].text = s
				}
			}
		}
	}
	switch {
	case top == nil || !top.data:
		p.statement(line)
	case top.fixed:
		p.spellFixed(line)
	default:
		spellClauses(line, top.body)
	}
}

// statement spells the words that belong to the statement which a line holds.
func (p *printer) statement(line []token) {
	if len(line) == 0 || line[0].Type != lexer.Ident || p.means.command[line[0].Pos.Offset] {
		return
	}
	first := &line[0]
	for _, b := range blocks {
		if w := oneOf(first.Value, b.arms...); w != "" {
			first.text = w
		} else if lexer.Is(&first.Token, b.open) {
			first.text = b.open
			spellClauses(line[1:], b.head)
		}
	}
	if w := oneOf(first.Value, oneLine...); w != "" {
		first.text = w
	}
	second := ""
	if len(line) > 1 && line[1].Type == lexer.Ident {
		second = line[1].Value
	}
	switch first.text {
	case "ElseIf":
		first.text = "Else If"
		p.spellThen(line)
	case "Else":
		if oneOf(second, "If") != "" {
			line[1].text = "If"
			p.spellThen(line)
		}
	case "If":
		p.spellThen(line)
	case "ForEach":
		if len(line) > 2 && oneOf(line[2].Value, "In") != "" {
			line[2].text = "In"
		}
	case "Exit":
		if w := oneOf(second, "For", "ForEach", "While", "Sub"); w != "" {
			line[1].text = w
		}
	case "Text":
		if oneOf(second, "Into") != "" {
			line[1].text = "Into"
		}
	}
}

// then is the place of the word Then in the line of an If, or -1. No value has
// that name, so the first is it.
func then(line []token) int {
	for i := range line {
		if lexer.Is(&line[i].Token, "Then") {
			return i
		}
	}
	return -1
}

func (p *printer) spellThen(line []token) {
	if i := then(line); i >= 0 {
		line[i].text = "Then"
		p.statement(line[i+1:])
	}
}

// spellClauses spells the clauses of a line: a word is one where the value
// before it is complete, so that For i = to To 3 has one To.
func spellClauses(line []token, clauses []clause) {
	complete := false
	for i := 0; i < len(line); i++ {
		t := &line[i]
		n := slices.IndexFunc(clauses, func(c clause) bool { return lexer.Is(&t.Token, c.word) && (complete || i == 0 && c.first) })
		if n < 0 {
			complete = isComplete(t)
			continue
		}
		c := clauses[n]
		t.text, complete = c.word, c.flag
		if i+1 < len(line) {
			if w := oneOf(line[i+1].Value, c.values...); w != "" {
				i++
				line[i].text, complete = w, true
			}
		}
	}
}

// spellFixed spells a line whose values are texts, numbers, True and False.
func (p *printer) spellFixed(line []token) {
	for i := range line {
		if w := oneOf(line[i].Value, "True", "False"); w != "" {
			line[i].text = w
		}
		p.means.minus[line[i].Pos.Offset] = lexer.IsOp(&line[i].Token, "-")
	}
}

// isComplete reports whether a value may end with t.
func isComplete(t *token) bool {
	if t.Type == lexer.Op {
		return t.Value == ")"
	}
	return t.Type != lexer.Ident || oneOf(t.Value, "And", "Or", "Not", "Mod", "Like", "Contains", "In", "Is", "StartsWith", "EndsWith") == ""
}
