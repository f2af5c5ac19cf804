// Package format writes transformations in their canonical form: one spelling
// of every word, one blank where one belongs, two blanks a level of blocks.
//
// It works on the tokens of the script, not on its tree: each token stays where
// it is, and what stands between two of them is made what it should be. So
// whatever has no place in a tree (continued lines, parentheses, quotes, line
// ends, the seams of a CDATA section) survives by itself. The tree says what a
// word means where it stands.
package format

import (
	"bytes"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
)

// Names gives the spelling of a command or function that is named in whatever
// case, and "" for one that is not known.
type Names func(name string) string

// Source returns the canonical form of the transformation src, and what the
// parser found in it. When that holds an error, src is returned as it is. name
// is the file's, for the findings.
//
// In a document only the script is formatted; all other bytes stay. The form of
// a canonical text is itself, and its tree is that of src, but for the spelling
// of names and for blank lines.
func Source(name string, src []byte, names Names) ([]byte, lexer.List) {
	t, found := parser.ParseTransformation(name, src)
	if found.HasErrors() {
		return src, found
	}
	p := newPrinter(t, names)
	p.print()
	return p.apply(), found
}

// An edit replaces bytes at to end of the script's text.
type edit struct {
	at, end int
	text    string
}

// put wants text in place of bytes at to end of the script.
func (p *printer) put(at, end int, text string) {
	if p.text[at:end] != text {
		p.edits = append(p.edits, edit{at, end, text})
	}
}

// apply makes the edits in the file that the script stands in. What they put
// there is letters, blanks and line ends, which need no escape in a document.
func (p *printer) apply() []byte {
	file := p.frag.Source().Text()
	var b bytes.Buffer
	done := 0
	upTo := func(i int) { b.WriteString(file[done:i]) }
	for _, e := range p.edits {
		pieces := p.frag.Pieces(e.at, e.end)
		if len(pieces) == 0 {
			i := p.frag.Position(e.at).Offset
			upTo(i)
			b.WriteString(e.text)
			done = i
		}
		for i, x := range pieces {
			upTo(x.Start)
			if i == 0 {
				b.WriteString(e.text)
			}
			done = x.End
		}
	}
	upTo(len(file))
	return b.Bytes()
}
