package amsx

import (
	"slices"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
)

// Fixed is what [Script.Fix] has made of a script.
type Fixed struct {
	Script          *Script  // with the new text; the same one where nothing was mended
	Mended          Findings // that are gone
	Found, Silenced Findings // of the new text, as [Script.CheckAll] gives them
}

// Fix mends what can be mended without a thought: a typographic quote, a Then
// that is missing, a word with one slip in it. Nothing but the range of these
// findings is changed, a finding is mended only where a check then has it no more
// and no error in another line, and findings in scripts that this one calls are
// left alone. The file that the script was read from is not written.
func (s *Script) Fix(o CheckOptions) Fixed {
	at, c := s, s.compile(o)
	fixed := Fixed{}
	tried := map[lexer.Edit]bool{}
	for {
		next, after, d := at.mendOne(c.found, tried, o)
		if next == nil {
			fixed.Script, fixed.Found, fixed.Silenced = at, c.found, c.silenced
			return fixed
		}
		fixed.Mended = append(fixed.Mended, d)
		at, c = next, after
	}
}

// mendOne mends the first finding that can be; nil: there is none.
func (s *Script) mendOne(found Findings, tried map[lexer.Edit]bool, o CheckOptions) (*Script, compiled, *Finding) {
	for _, d := range found {
		if len(d.Edits) == 0 || tried[d.Edits[0]] || d.Pos.Filename != s.name {
			continue
		}
		tried[d.Edits[0]] = true
		text, ok := lexer.NewSource(s.name, string(s.source)).Apply(d.Edits)
		if !ok {
			continue
		}
		next := &Script{name: s.name, source: []byte(text), folder: s.folder}
		next.tree, next.found = parser.ParseTransformation(next.name, next.source)
		if c := next.compile(o); better(d, found, c.found) {
			return next, c, d
		}
	}
	return nil, compiled{}, nil
}

// better reports whether a finding is gone, and no error has come up in a line
// that had none. In its own line the next mistake may show now, and in others
// those that can be mended themselves: the columns of a table whose name was
// misspelt.
func better(d *Finding, before, after Findings) bool {
	for _, a := range after {
		if a.Pos == d.Pos && a.Code == d.Code {
			return false
		}
		if a.Severity != lexer.Error || len(a.Edits) > 0 || a.Pos.Line == d.Pos.Line && a.Pos.Filename == d.Pos.Filename {
			continue
		}
		if !slices.ContainsFunc(before, func(b *Finding) bool {
			return b.Severity == lexer.Error && b.Pos.Line == a.Pos.Line && b.Pos.Filename == a.Pos.Filename
		}) {
			return false
		}
	}
	return true
}
