package lexer

import "strconv"

// A Position is a place in a source file, as an editor shows it. Line and
// Column count from 1; Column counts characters (code points), Offset counts
// bytes from 0. For a script inside a document (CDATA, an attribute) all three
// are those of the document's file. The zero Position is "no place".
//
// The fields are those of participle's lexer.Position, so that the parser
// library fills it in without this package importing it.
type Position struct {
	Filename string
	Offset   int
	Line     int
	Column   int
}

// IsValid reports whether p is a place in a file.
func (p Position) IsValid() bool { return p.Line > 0 }

// String is file:line:col, without the parts that are not known.
func (p Position) String() string {
	s := p.Filename
	if p.IsValid() {
		if s != "" {
			s += ":"
		}
		s += strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
	}
	if s == "" {
		return "-"
	}
	return s
}
