package runtime

import (
	"context"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// An Effect is what a command does to the world outside the script. Dry runs,
// plans, the checker and the fixture runner derive from it.
type Effect uint16

// The effects.
const (
	ReadsDB Effect = 1 << iota
	WritesDB
	ReadsWeb
	WritesWeb
	ReadsFiles
	WritesFiles
	SendsMail
	ReadsPacks
)

// A Provenance says where a command's definition comes from.
type Provenance uint8

// The provenances.
const (
	Ours       Provenance = iota // of this edition
	Documented                   // documented AMSX
)

// A Command is one entry of the table of built-ins: code, parameters, docs,
// effects and examples in one place. The checker, completion, `amsx doc` and
// the reference pages read nothing else.
type Command struct {
	Name       string
	Group      string
	Summary    string // one sentence
	Doc        string // the rest, Markdown; may be empty
	Params     []Param
	Result     string // what it gives, in words; empty: nothing
	Effects    Effect
	Errors     []string // what can go wrong, in words
	Provenance Provenance
	Examples   []Example

	// Function: may be called as f(a, b) in an expression.
	Function bool
	// Statement: may stand alone on a line or after Set x =.
	Statement bool
	// Lazy arguments are not evaluated before Run; Run asks for each with
	// Call.Eval (IIf, Coalesce).
	Lazy bool
	// Public: the result says nothing of a secret argument (Len, IsEmpty).
	// Every other function's result is tainted with its arguments.
	Public bool
	// RawSQL: its text becomes SQL, so that nobody knows before the run which
	// temporary tables it makes.
	RawSQL bool
	// Role is what the checker and the engine must know of the command.
	Role Role

	// Run does it. The result is Null where there is none.
	Run func(c *Call) (Value, error)
	// Iterate makes it a source of ForEach. nil: its result is iterated.
	Iterate func(c *Call) (Iterator, error)
	// Columns are the columns that a call adds to tables, from its arguments as
	// fixed texts; nil for a command that adds none. The checks know them, and
	// those on the script's own level are added before its first line.
	Columns func(words []string) ([]ColumnSpec, error)
	// Check adds findings about one call that the table cannot express.
	Check func(c *CheckedCall)
}

// A Role is what the engine must know of a command beyond its table entry,
// because the safety of leavers depends on it.
type Role uint8

// The roles.
const (
	NoRole        Role = iota
	PullRole           // Iterate reads a whole list from outside, part by part: JsonPages, Csv
	UpsertRole         // writes a record by a mapping: Upsert, UpsertCustodian; argument 0 is the record
	RejectRole         // refuses a record: RejectRecord; argument 0 is the record
	LeaversRole        // DeactivateMissing
	FetchRole          // one GET request; argument 0 is the URL: HttpGet
	CallRole           // runs another script with variables of its own; argument 0 is the file: Call
	CallLocalRole      // runs another script with the variables of this one: CallLocal
	NamesSQLRole       // gives SQL a name: AddSqlTemplate; arguments: the name, the SQL
	NamedSQLRole       // stands for such SQL where SQL is wanted: SqlTemplate; argument: the name
	HeaderRole         // sets a header of the requests that follow: Header
	CommitRole         // ends what the run holds in the database: Commit, Rollback
)

// A Param is one parameter of a command.
type Param struct {
	Name     string
	Doc      string
	Type     ParamType
	Optional bool
	Variadic bool // the last one, repeated
	Default  string
	OneOf    []string // the words that it may be, when given as a literal
	// Assigns: the variable of a VariableParam need not have a value before;
	// the command gives it one (Credential). Otherwise the command changes or
	// reads the value that it has (Add, Authorize).
	Assigns bool
	// Fields are those of the row that a command gives a VariableParam.
	Fields []string
	// Reads: SQL that changes something is refused.
	Reads bool
	// Secret: a value made from a secret may be given; the command guards it
	// with Call.CheckTaint. A function without effects takes secrets anyway,
	// and its result is one.
	Secret bool
	// Address: the value is the address of a request.
	Address bool
	// File is what the command does with the file of the run's folder that the
	// value names.
	File FileUse
	// Prepare makes of the argument's text what the command works with: a
	// pattern, a format, a path. Of a fixed text that is done once, when the
	// program is compiled, and its error is a finding (a date format made anew
	// for each record was a third of the time of mapping it). What it gives is
	// shared by concurrent runs; the command asks for it with [Prepared].
	Prepare func(text string) (any, error)
}

// A FileUse is what a command does with a file.
type FileUse uint8

// The uses of files.
const (
	NoFile    FileUse = iota
	ReadsFile         // it must be there
	TakesFile         // it must be there, and is not any more
	MakesFile         // it is there from then on
)

// A ParamType is what an argument must be.
type ParamType uint8

// The types of parameters.
const (
	AnyParam      ParamType = iota
	TextParam               // converted to text
	NumberParam             //
	BooleanParam            //
	DateParam               //
	ListParam               // a List; text is split as a List parameter is
	RecordParam             // Json or Row
	SQLParam                // SQL text: a literal or a Text block, bound, never spliced
	VariableParam           // a bare word: the name of a variable that the command assigns, changes or reads; see Call.Variable
	BareParam               // a bare word or a text
	PathParam               // a literal path, such as "value[0].items"
	MappingParam            // the name of a mapping of the document
	PackParam               // the name of a credential pack
)

// An Example of a command: Script runs, and Output is what its Log lines and
// results print. Examples are tests.
type Example struct {
	Script string
	Output string
}

// An Iterator yields the elements of a ForEach. It is used from one goroutine.
type Iterator interface {
	// Next returns the next element, or io.EOF. The element may be valid only
	// until the next call, unless the script keeps it (then it is copied).
	Next(ctx context.Context) (Value, error)
	Close() error
}

// A BadElement is the error of an Iterator for an element that cannot be read,
// and behind which others can. The loop goes on; the element is rejected by
// the mappings that the loop feeds, or is a warning where it feeds none. Nobody
// knows whom it stands for, so no leavers are known.
type BadElement struct {
	Reason string
}

func (b *BadElement) Error() string { return b.Reason }

// A Table is the commands that a program may use. It is immutable after
// NewTable and safe for concurrent use.
type Table struct {
	commands  []*Command
	byName    map[string]*Command
	elsewhere map[string]string // what to write instead, by folded name
}

// NewTable makes a table. elsewhere has the documented commands that this
// edition does not have, each with what to write instead, so that a message can
// say so. It panics when two
// commands share a name: a mistake of the programmer.
func NewTable(commands []*Command, elsewhere map[string]string) *Table {
	t := &Table{commands: commands, byName: make(map[string]*Command, len(commands)), elsewhere: make(map[string]string, len(elsewhere))}
	for _, c := range commands {
		k := FoldName(c.Name)
		if t.byName[k] != nil {
			panic("runtime: two commands named " + c.Name)
		}
		t.byName[k] = c
	}
	for n, instead := range elsewhere {
		t.elsewhere[FoldName(n)] = instead
	}
	return t
}

// Lookup returns the command of a name in any case, or nil.
func (t *Table) Lookup(name string) *Command {
	var folded [64]byte
	if key, ok := foldASCII(folded[:0], name); ok {
		return t.byName[string(key)] // without a copy: each call of a script is looked up a few times
	}
	return t.byName[FoldName(name)]
}

// Elsewhere reports whether name is a documented command that this edition
// does not have, and what to write instead.
func (t *Table) Elsewhere(name string) (instead string, ok bool) {
	instead, ok = t.elsewhere[FoldName(name)]
	return instead, ok
}

// All returns the commands in the order of the table. It must not be changed.
func (t *Table) All() []*Command { return t.commands }

// A SQLTemplate is SQL text of a script, ready to be filled: made once when
// the program is compiled, used by many runs.
type SQLTemplate interface {
	// Refs returns the references whose values Render wants, in that order.
	Refs() []*ast.Path
	// Pattern reports whether reference i stands in a text that LIKE compares
	// with, where a percent sign is more often meant as one.
	Pattern(i int) bool
	// Writes is the first word of the first statement that does not only read,
	// and where it stands; empty: they all do.
	Writes() (word string, pos lexer.Position)
	// Render returns the statements with their bound values.
	Render(values []Value) ([]Query, error)
}

// A SQLCompiler prepares SQL text for a site's dialect and schema. schema may
// be nil: then names cannot be checked.
type SQLCompiler func(parts []ast.Part, schema Schema) (SQLTemplate, lexer.List)
