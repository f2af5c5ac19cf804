package amsx

import (
	"slices"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
)

// Fix mends what can be mended without a thought: a typographic quote, a Then
// that is missing, a word with one slip in it. It returns the new text of the
// file and what was mended. Nothing but the range of these findings is changed,
// a finding is mended only where a check then has it no more and no error in
// another line, and findings in scripts that this one calls are left alone.
func (s *Script) Fix(o CheckOptions) (source []byte, mended Findings) {
	at := s
	found := at.Check(o)
	tried := map[lexer.Edit]bool{}
	for {
		next, d := at.mendOne(found, tried, o)
		if next == nil {
			return at.source, mended
		}
		mended = append(mended, d)
		at, found = next, next.Check(o)
	}
}

// mendOne mends the first finding that can be; nil: there is none.
func (s *Script) mendOne(found Findings, tried map[lexer.Edit]bool, o CheckOptions) (*Script, *Finding) {
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
		if better(d, found, next.Check(o)) {
			return next, d
		}
	}
	return nil, nil
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
