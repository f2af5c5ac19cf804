package sqltext

import (
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/runtime"
)

// A Template is SQL text ready to be filled: a runtime.SQLTemplate. It is
// immutable and safe for concurrent use.
type Template struct {
	dialect    Dialect
	refs       []*ast.Path
	patterns   map[int]bool // the references in texts behind LIKE
	statements []statement
}

// Refs returns the references whose values Render wants, in that order. One of
// them may be %NOW% where the text has GETDATE() or its like.
func (t *Template) Refs() []*ast.Path { return t.refs }

// Pattern reports whether reference i stands in a text behind LIKE.
func (t *Template) Pattern(i int) bool { return t.patterns[i] }

// Writes is the first word of the first statement that does not only read, and
// where it stands; empty: all of them read.
func (t *Template) Writes() (word string, pos lexer.Position) {
	for i := range t.statements {
		if w := t.statements[i].writes; w != "" {
			return w, t.statements[i].pos
		}
	}
	return "", lexer.Position{}
}

// Tables are the tables that the text names, as it writes them.
func (t *Template) Tables() []string {
	var out []string
	for _, s := range t.statements {
		for _, x := range s.tables {
			out = append(out, x.name)
		}
	}
	return out
}

// A statement is one SQL statement of a template.
type statement struct {
	pos      lexer.Position
	segments []segment
	tables   []table // named in the text
	writes   string  // the word by which it changes something; empty: it reads
	schema   runtime.Schema
	spots    []spot            // where its words stand in the script
	names    []string          // all plain names, folded
	makes    string            // the temporary table that it makes; empty: none
	fills    int               // the word, counted from 0, with which the SELECT begins that fills the table; -1: none
	careless *lexer.Diagnostic // what is wrong with it although it can be run; nil: nothing
	gives    []string          // the columns of the rows that it gives; nil: not known
	alters   []string          // the temporary tables to which it gives other columns, or another name
}

// A table is one that a statement names, with its other name.
type table struct {
	name, alias string
	pos         lexer.Position
}

// A segment is SQL text, or the place of something that Render puts in.
type segment struct {
	text string
	slot *slot
	mark listMark
}

// A listMark is a place of the parentheses of an IN whose elements may come
// from Lists, of which each may be empty.
type listMark uint8

const (
	noMark    listMark = iota
	listBegin          // behind (
	listComma          // between elements
	listEnd            // before )
)

// A slot is the place of one reference, or of one string with references.
type slot struct {
	pos       lexer.Position
	use       use
	ref       int     // of a bare reference or a whole '%x%'
	parts     []piece // of a string that is more than one reference
	quoted    bool    // in a string: the value is text
	as        cast
	qualifier string // of a column: what stands before the dot
}

// A use is what a slot's value may be.
type use uint8

const (
	useValue     use = iota // one bound value
	useList                 // in the parentheses of IN: values, a List expanded
	useBareList             // after IN without parentheses
	useCount                // a whole number
	useColumn               // a column of the statement's tables
	useColumns              // columns, with commas
	useOrder                // columns, each with ASC or DESC
	useDirection            // ASC or DESC
	useTable                // a table of the site
)

// A cast is what a text is turned into before it is bound, because the other
// side of the comparison or the column that is written is known.
type cast uint8

const (
	asIs cast = iota
	asBoolean
	asNumber
)
