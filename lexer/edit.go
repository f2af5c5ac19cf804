package lexer

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// An Edit is a part of the mechanical mending of a finding: text of the file
// that is replaced. Whoever makes it looks first whether Old still stands there.
type Edit struct {
	Pos Position // where Old begins
	Old string   // as it stands in the file; empty: New is put in
	New string
}

// End is the offset behind the text that is replaced.
func (e *Edit) End() int { return e.Pos.Offset + len(e.Old) }

// Mend gives a finding the edit that mends it, and returns the finding.
func (d *Diagnostic) Mend(pos Position, old, write string) *Diagnostic {
	d.Edits = append(d.Edits, Edit{pos, old, write})
	return d
}

// MendLast gives the last finding of the list an edit, unless write is empty:
// nobody knows then what was meant.
func (l List) MendLast(pos Position, old, write string) {
	if write != "" && len(l) > 0 {
		l[len(l)-1].Mend(pos, old, write)
	}
}

// OnlyNear is the candidate that word was meant to be where no other is near:
// what a program may write in its place without asking. "" else. Candidates
// that differ in case are one. Unlike for [Nearest] the beginning of a word is
// not near to it.
func OnlyNear(word string, candidates []string) string {
	w := strings.ToLower(word)
	limit := mistakes(utf8.RuneCountInString(w))
	only := ""
	for _, c := range candidates {
		l := strings.ToLower(c)
		switch {
		case l == w:
			return ""
		case distance(w, l) > limit || strings.EqualFold(c, only):
		case only != "":
			return ""
		default:
			only = c
		}
	}
	return only
}

// Apply makes the edits of a finding in the text of its file. ok is false where
// the text is another one. In a document what is written outside of CDATA is
// escaped.
func (s *Source) Apply(edits []Edit) (text string, ok bool) {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b Edit) int { return a.Pos.Offset - b.Pos.Offset })
	document := strings.HasPrefix(strings.TrimLeft(strings.TrimPrefix(s.text, bom), " \t\r\n"), "<")
	var b strings.Builder
	at := 0
	for _, e := range edits {
		from, to := e.Pos.Offset, e.End()
		if e.Pos.Filename != s.name || from < at || to > len(s.text) || s.text[from:to] != e.Old {
			return "", false
		}
		write := e.New
		if document && !s.inCDATA(from) {
			write = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(write)
		}
		b.WriteString(s.text[at:from])
		b.WriteString(write)
		at = to
	}
	b.WriteString(s.text[at:])
	return b.String(), len(edits) > 0
}

// inCDATA reports whether the byte at offset stands in a CDATA section.
func (s *Source) inCDATA(offset int) bool {
	open := strings.LastIndex(s.text[:offset], "<![CDATA[")
	return open >= 0 && !strings.Contains(s.text[open:offset], "]]>")
}
