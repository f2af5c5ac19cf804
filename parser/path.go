package parser

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// maxSteps bounds a path.
const maxSteps = 100

// ParsePath parses a path such as profile.firstName, items[0].id,
// organizations[primary=True].department or r.[First Name]. Its error is a
// *lexer.Diagnostic. Positions count on from pos; a zero pos gives columns
// within the text.
func ParsePath(text string, pos lexer.Position) (*ast.Path, error) {
	locate := func(i int) ast.Position {
		p := pos
		if !p.IsValid() {
			p.Line, p.Column = 1, 1
		}
		p.Offset += i
		p.Column += utf8.RuneCountInString(text[:i])
		return p
	}
	return parsePath(text, locate)
}

// parsePath parses text, whose byte i stands at locate(i) in the file.
func parsePath(text string, locate func(int) ast.Position) (*ast.Path, error) {
	p := pathParser{text: text, locate: locate}
	path := &ast.Path{Pos: locate(0), End: locate(len(text)), Raw: text, Steps: make([]ast.Step, 0, min(1+strings.Count(text, ".")+strings.Count(text, "["), maxSteps))}
	for first := true; first || p.at < len(text); first = false {
		if len(path.Steps) == maxSteps {
			return nil, p.fault(p.at, "shorten the path", "the path has more than %d steps", maxSteps)
		}
		step, err := p.step(first)
		if err != nil {
			return nil, err
		}
		path.Steps = append(path.Steps, step)
	}
	return path, nil
}

type pathParser struct {
	text   string
	at     int
	locate func(int) ast.Position
}

func (p *pathParser) fault(at int, hint, format string, args ...any) error {
	return &lexer.Diagnostic{
		Pos: p.locate(at), End: p.locate(len(p.text)), Code: lexer.CodePath, Hint: hint, Message: fmt.Sprintf(format, args...),
	}
}

func (p *pathParser) step(first bool) (ast.Step, error) {
	start := p.at
	if p.at == len(p.text) {
		return ast.Step{}, p.fault(start, "write a path as profile.email", "the path is empty")
	}
	dotted := false
	if !first && p.text[p.at] == '.' {
		dotted = true
		p.at++
		start++
	}
	switch {
	case p.at == len(p.text):
		return ast.Step{}, p.fault(p.at, "remove the dot, or write the name behind it", "the path ends with a dot")
	case p.text[p.at] == '[':
		return p.bracket(first || dotted)
	case !first && !dotted:
		r, _ := utf8.DecodeRuneInString(p.text[p.at:])
		return ast.Step{}, p.fault(p.at, quoteHint(p.text), "%s cannot follow in a path", show(r))
	}
	if c := p.text[p.at]; c == '@' || c == '#' {
		p.at++
	}
	name := p.at
	for p.at < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			break
		}
		p.at += n
	}
	if p.at == name {
		r, _ := utf8.DecodeRuneInString(p.text[name:])
		if name == len(p.text) || r == '.' {
			return ast.Step{}, p.fault(name, "write a path as profile.email", "a name is missing in the path")
		}
		return ast.Step{}, p.fault(name, quoteHint(p.text), "%s cannot stand in a name", show(r))
	}
	return ast.Step{Pos: p.locate(start), Kind: ast.StepKey, Key: p.text[start:p.at]}, nil
}

// bracket parses [any name], [0] or [path=value]. Behind a dot, and at the
// beginning, it is a name even when it is a number.
func (p *pathParser) bracket(isName bool) (ast.Step, error) {
	start := p.at
	end := p.bracketEnd()
	if end < 0 {
		return ast.Step{}, p.fault(start, "write ] behind it", "the [ is not closed with ]")
	}
	body := p.text[start+1 : end]
	p.at = end + 1
	step := ast.Step{Pos: p.locate(start)}
	trimmed := strings.TrimSpace(body)
	if trimmed == "" {
		return step, p.fault(start, "write [0], [First Name] or [type=work]", "the brackets are empty")
	}
	if key, ok := unquote(trimmed); ok {
		step.Key, step.Quoted = key, true
		return step, nil
	}
	if left, right, found := strings.Cut(body, "="); found && !isName {
		offset := start + 1
		lead := len(left) - len(strings.TrimLeft(left, " \t"))
		where, err := parsePath(strings.TrimSpace(left), func(i int) ast.Position { return p.locate(offset + lead + i) })
		if err != nil {
			return step, err
		}
		step.Kind, step.Where = ast.StepFilter, where
		step.Equals = strings.TrimSpace(right)
		if v, ok := unquote(step.Equals); ok {
			step.Equals = v
		}
		return step, nil
	}
	if n, err := strconv.Atoi(trimmed); err == nil && !isName && trimmed[0] != '+' {
		if n < 0 {
			return step, p.fault(start, "the first element is [0]", "an element is counted from 0")
		}
		step.Kind, step.Index = ast.StepIndex, n
		return step, nil
	}
	step.Key, step.Quoted = body, true
	return step, nil
}

// bracketEnd is the place of the ] that closes the [ at the current place, or
// -1; quotes at the beginning of the name or of the value hide one.
func (p *pathParser) bracketEnd() int {
	var quote byte
	for k := p.at + 1; k < len(p.text); k++ {
		switch c := p.text[k]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && strings.IndexByte("[=", p.text[k-1]) >= 0:
			quote = c
		case c == ']':
			return k
		}
	}
	return -1
}

func unquote(s string) (string, bool) {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1], true
	}
	return s, false
}

func quoteHint(text string) string {
	word := text
	if i := strings.LastIndexByte(word, '.'); i >= 0 && i+1 < len(word) {
		word = word[i+1:]
	}
	if strings.ContainsAny(word, "[]") || len(word) > 60 {
		return "put a name with blanks or other marks in brackets: [First Name]"
	}
	return "put a name with blanks or other marks in brackets: [" + strings.TrimSpace(word) + "]"
}

func show(r rune) string {
	switch {
	case r == ' ':
		return "a blank"
	case unicode.IsPrint(r):
		return string(r)
	}
	return fmt.Sprintf("U+%04X", r)
}
