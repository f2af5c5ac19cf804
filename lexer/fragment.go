package lexer

import (
	"sort"
	"strings"
)

// A Piece is a run of a file's bytes that a fragment takes over, or replaces:
// an entity is a Piece whose Text is the character it stands for.
type Piece struct {
	Start, End int    // in the file
	Replace    bool   // Text stands for the bytes
	Text       string // with Replace
}

// A Fragment is text taken out of a file along with where each of its bytes
// stands there: a whole script file, the CDATA sections of a document joined,
// the value of an attribute with its entities resolved. It is immutable.
type Fragment struct {
	src  *Source
	text string
	segs []segment
}

// A segment says where a run of the fragment's text stands in the file.
type segment struct {
	at        int // offset in the fragment
	file, end int // range in the file
	flat      bool
}

// Whole is the fragment of the whole source, without its byte order mark.
func (s *Source) Whole() *Fragment {
	n := 0
	if strings.HasPrefix(s.text, bom) {
		n = len(bom)
	}
	return s.Fragment(Piece{Start: n, End: len(s.text)})
}

// Fragment joins pieces of s, which are in the order of the file.
func (s *Source) Fragment(pieces ...Piece) *Fragment {
	f := &Fragment{src: s, segs: make([]segment, 0, len(pieces))}
	var b strings.Builder
	for _, p := range pieces {
		f.segs = append(f.segs, segment{at: b.Len(), file: p.Start, end: p.End, flat: p.Replace})
		switch {
		case p.Replace:
			b.WriteString(p.Text)
		case len(pieces) == 1: // the usual case: no copy
			f.text = s.text[p.Start:p.End]
			return f
		default:
			b.WriteString(s.text[p.Start:p.End])
		}
	}
	f.text = b.String()
	return f
}

// Text is the fragment's text.
func (f *Fragment) Text() string { return f.text }

// Source is the file that the fragment was taken from.
func (f *Fragment) Source() *Source { return f.src }

// Position is the place in the file of byte i of the fragment.
func (f *Fragment) Position(i int) Position {
	if len(f.segs) == 0 {
		return f.src.Position(0)
	}
	k := 0
	if len(f.segs) > 1 {
		k = sort.Search(len(f.segs), func(k int) bool { return f.segs[k].at > i }) - 1
	}
	s := f.segs[max(k, 0)]
	switch {
	case !s.flat:
		return f.src.Position(min(s.file+i-s.at, s.end))
	case i >= len(f.text):
		return f.src.Position(s.end)
	}
	return f.src.Position(s.file)
}

// Index is the inverse of Position: the byte of the fragment that stands at
// the file's offset.
func (f *Fragment) Index(offset int) int {
	if len(f.segs) == 0 {
		return 0
	}
	k := sort.Search(len(f.segs), func(k int) bool { return f.segs[k].file > offset }) - 1
	s := f.segs[max(k, 0)]
	if s.flat {
		return s.at
	}
	return min(s.at+max(min(offset, s.end)-s.file, 0), len(f.text))
}

// Pieces is the inverse of [Source.Fragment] for a part of the fragment: the
// runs of the file that its bytes start to end were taken from, in order. A
// replaced run is given whole.
func (f *Fragment) Pieces(start, end int) []Piece {
	var out []Piece
	k := sort.Search(len(f.segs), func(k int) bool { return f.segs[k].at > start }) - 1
	for k = max(k, 0); k < len(f.segs) && f.segs[k].at < end; k++ {
		s := f.segs[k]
		next := len(f.text)
		if k+1 < len(f.segs) {
			next = f.segs[k+1].at
		}
		from, to := max(start, s.at), min(end, next)
		switch {
		case from >= to:
		case s.flat:
			out = append(out, Piece{Start: s.file, End: s.end, Replace: true, Text: f.text[s.at:next]})
		default:
			out = append(out, Piece{Start: s.file + from - s.at, End: s.file + to - s.at})
		}
	}
	return out
}
