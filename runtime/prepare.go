package runtime

import "github.com/amsx-lang/amsx/lexer"

// A Preparer is a Schema whose site can say, before anything runs, what its
// database would refuse.
type Preparer interface {
	Schema
	// Trial makes an empty copy of the site's tables. The caller closes it.
	Trial() (SQLTrial, error)
}

// A SQLTrial prepares statements of a script against empty tables. It runs
// none of them. It is used by one goroutine.
type SQLTrial interface {
	// Try prepares a statement; nil: the database would take it.
	Try(sql string) *SQLFault
	// Make adds the temporary table that a statement makes, without running
	// it. query is where the SELECT begins whose columns the table gets; 0:
	// the statement itself says its columns. Without a fault and not made: its
	// columns are not known before it runs.
	Make(sql string, query int) (made bool, f *SQLFault)
	// Add adds a column to a table of the site.
	Add(table, column string) error
	Close() error
}

// A SQLFault is what the database has against a statement.
type SQLFault struct {
	Kind    SQLFaultKind
	Name    string // the table, the column, or the word that is not understood
	Message string // in the words of the database, or of the site where it refuses
	Offset  int    // of the word in the statement; -1: not known
}

// A SQLFaultKind is what kind of fault one is.
type SQLFaultKind uint8

// The kinds of faults.
const (
	OtherFault   SQLFaultKind = iota
	NoColumn                  // Name is no column
	NoTable                   // Name is no table
	SyntaxFault               // Name is the word that is not understood; empty: the text ends too early
	RefusedFault              // the site lets no script do it
)

// A SQLProbe is one statement of a template, as the database would be asked to
// prepare it.
type SQLProbe struct {
	SQL     string
	Places  []SQLPlace // in the order of their offsets; the first is the statement's
	Names   []string   // every name in it, folded: of tables, columns and others
	Tables  []SQLName  // that it reads or writes
	Schema  Schema     // that it was compiled with: of the site and the temporary tables; nil: not known
	Partial bool       // a name in it comes from a variable, so that it cannot be prepared
	Makes   string     // the temporary table that it makes; empty: none
	Query   int        // where the SELECT begins that fills the table; 0: there is none
	Gives   []string   // the columns of the rows that it gives; nil: not known
	Alters  []string   // the tables to which it gives other columns, or another name
	// Careless is what is wrong with a statement that the database would take:
	// it is about every row of a table of the site. nil: nothing.
	Careless *lexer.Diagnostic
}

// A SQLPlace is where a word of a statement stands in the script.
type SQLPlace struct {
	Offset int
	Pos    lexer.Position
}

// A SQLName is a table that a statement names.
type SQLName struct {
	Name string
	Pos  lexer.Position
}

// at is the place in the script of an offset in the statement.
func (p *SQLProbe) at(offset int) lexer.Position {
	pos := p.Places[0].Pos
	for _, x := range p.Places {
		if x.Offset > offset {
			break
		}
		pos = x.Pos
	}
	return pos
}
