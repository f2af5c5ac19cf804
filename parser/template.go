package parser

import (
	"strings"
	"unicode"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// template splits bytes start to end of the fragment into text and
// references. A doubled quote is one quote; quote 0 is for raw text.
func (b *builder) template(start, end int, quote byte) *ast.Template {
	text := b.frag.Text()[:end]
	t := &ast.Template{Pos: b.frag.Position(start)}
	var lit literalText
	at := start // of the literal text that is being collected
	warned := false
	if n := strings.Count(text[start:], "%"); n > 0 {
		t.Parts = make([]ast.Part, 0, min(n+1, 16)) // a reference has two
	}
	flush := func(next int) {
		if lit.text != "" {
			t.Parts = append(t.Parts, ast.Part{Pos: b.frag.Position(at), Text: lit.take()})
		}
		at = next
	}
	for i := start; i < end; {
		n := i // one pass for both marks: searching for each would be quadratic
		for n < end && text[n] != '%' && (quote == 0 || text[n] != quote) {
			n++
		}
		lit.add(text[i:n])
		if i = n; i == end {
			break
		}
		if text[i] != '%' || i+1 < end && text[i+1] == '%' { // a doubled quote, %%
			lit.add(text[i : i+1])
			i += 2
			continue
		}
		stop := lexer.Reference(text, i)
		if stop == 0 {
			warned = b.nearReference(text, i, warned)
			lit.add("%")
			i++
			continue
		}
		path := b.path(i+1, stop-1, quote)
		if path == nil { // reported
			i = stop
			continue
		}
		flush(stop)
		t.Parts = append(t.Parts, ast.Part{Pos: b.frag.Position(i), Ref: path})
		i = stop
	}
	flush(end)
	return t
}

// A literalText collects text. Most is one piece of the script, and is not copied.
type literalText struct {
	text   string // the first piece, while joined is empty
	joined strings.Builder
}

func (l *literalText) add(piece string) {
	switch {
	case piece == "":
	case l.text == "":
		l.text = piece
	default:
		if l.joined.Len() == 0 {
			l.joined.WriteString(l.text)
		}
		l.joined.WriteString(piece)
	}
}

// take is the text that was collected; the next begins empty.
func (l *literalText) take() string {
	text := l.text
	if l.joined.Len() > 0 {
		text = l.joined.String()
	}
	l.text = ""
	l.joined.Reset()
	return text
}

// nearReference reports a percent sign that stays as it is, where it was
// probably to begin a reference: %x..y%, or a name with a character inside that
// cannot be seen. It reports whether the text has been warned about: once is
// enough.
func (b *builder) nearReference(text string, i int, warned bool) bool {
	const longest = 80
	n := strings.IndexByte(text[i+1:min(len(text), i+1+longest)], '%')
	if n < 1 || warned {
		return warned
	}
	name := text[i+1 : i+1+n]
	var clean strings.Builder
	for k, r := range name {
		switch {
		case unicode.IsLetter(r), r == '_', k > 0 && (unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune(".[]@#", r)):
			clean.WriteRune(r)
		case k > 0 && (unicode.Is(unicode.Cf, r) || r == '\u00a0'):
		default:
			return false
		}
	}
	switch full := "%" + clean.String() + "%"; {
	case clean.Len() < n && lexer.Reference(full, 0) == len(full):
		b.errs.Errorf(b.frag.Position(i), lexer.CodeCharacter, "type it anew: "+full, "there is an invisible character in this %%name%%, which is not read because of it")
	case clean.Len() == n && strings.Contains(name, "."):
		b.errs.Add(&lexer.Diagnostic{
			Pos: b.frag.Position(i), End: b.frag.Position(i + n + 2), Severity: lexer.Warning, Code: lexer.CodePath,
			Message: full + " is no variable: it stays in the text as it is", Hint: "write %name% or %name.field%; %% is a percent sign",
		})
	default:
		return false
	}
	return true
}

// path parses bytes start to end of the fragment; nil: it is reported.
func (b *builder) path(start, end int, quote byte) *ast.Path {
	text := b.frag.Text()[start:end]
	locate := func(i int) ast.Position { return b.frag.Position(start + i) }
	if q := strings.Repeat(string(quote), 2); quote != 0 && strings.Contains(text, q) {
		full := text
		text = strings.ReplaceAll(full, q, q[:1])
		locate = func(i int) ast.Position {
			k := 0
			for range i { // a quote of the path takes two bytes of the string
				if strings.HasPrefix(full[k:], q) {
					k++
				}
				k++
			}
			return b.frag.Position(start + k)
		}
	}
	p, err := parsePath(text, locate)
	if err != nil {
		b.fail(err)
		return nil
	}
	return p
}
