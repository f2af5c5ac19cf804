package runtime

import (
	"maps"
	"slices"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// Options are what Compile must know besides the tree.
type Options struct {
	Table *Table // the commands
	// Script reads and parses a script that Call or CallLocal runs: name as it
	// is written, from the path of the script that calls. path is where it
	// stands in the folder of scripts. nil: there is no such folder.
	Script func(name, from string) (path string, t *ast.Transformation, list lexer.List, err error)
	SQL    SQLCompiler         // nil: a script with SQL text is an error
	Schema Schema              // nil: the site is not known, its names are not checked
	Packs  []string            // the names of the credential packs; nil: not known
	Fields []string            // source paths known from recordings and vendors' references; nil: not known
	Seen   *Seen               // names that recordings have; nil: there are none
	Values map[string][]string // by source path: every value that it may have; nil: not known
	Limits Limits
	// Silenced reports whether a comment of a file silences a finding. nil: none
	// does.
	Silenced func(*lexer.Diagnostic) bool
}

// A Program is a checked transformation, ready to run. It is immutable and
// safe for concurrent use.
type Program struct {
	name     string
	main     block
	vars     []variable
	byName   map[string]int
	params   []Parameter
	mappings []*Mapping
	columns  []ColumnSpec      // added before the first line
	pairs    map[string][]Pair // of the value tables, by folded name
	proj     *Projection       // every path that is read from a record of a pull loop
	limits   Limits
	effects  Effect
	feeds    bool // a line upserts records by a mapping
	loops    int
}

// A variable is a name of the script. Its slot is its index.
type variable struct {
	name string         // as first written
	set  lexer.Position // the first line that assigns it; zero: none
}

// RunOptions are what one run needs.
type RunOptions struct {
	Host *Host // never nil
	// Parameters by any case of their names. A Text is converted to the
	// parameter's type.
	Parameters map[string]Value
	Hook       Hook // nil: none
	// LeftOut, such as "80%" or "off", stands in the place of the documents'
	// limits of that name; see LeftOutLimit. Empty: they hold.
	LeftOut string
}

// Name is the transformation's name: %TRANSFORMATION%.
func (p *Program) Name() string { return p.name }

// Parameters are the parameters that a run takes, declared ones in their
// order, else every name that no line assigns.
func (p *Program) Parameters() []Parameter { return slices.Clone(p.params) }

// Effects are what the commands of the script may do.
func (p *Program) Effects() Effect { return p.effects }

// UsesPack reports whether the script opens credential packs.
func (p *Program) UsesPack() bool { return p.effects&ReadsPacks != 0 }

// Mapping returns a mapping by any case of its name, the first for "", or nil.
func (p *Program) Mapping(name string) *Mapping {
	for _, m := range p.mappings {
		if name == "" || FoldName(m.spec.Name) == FoldName(name) {
			return m
		}
	}
	return nil
}

// Mappings are all mappings of the document, in order.
func (p *Program) Mappings() []*Mapping { return slices.Clone(p.mappings) }

// Compile checks a transformation and makes a Program of it. The list has every
// finding, sorted; the Program is nil when one is an error.
func Compile(t *ast.Transformation, o Options) (*Program, lexer.List) {
	c := newCompiler(t, o)
	c.load()
	c.collect()
	c.tables()
	for _, f := range c.files {
		c.enter(f.main)
		c.parameters()
	}
	c.compileMappings()
	c.eachUnit(func(u *unit) { u.body = c.block(u.stmts) })
	c.enter(c.files[0].main)
	c.finish()
	if c.list.HasErrors() {
		return nil, c.list
	}
	p := c.prog
	p.main = c.files[0].main.body
	p.vars = c.vars
	for _, f := range c.files {
		if f.scope.root == f && f != c.files[0] {
			f.scope.slots = slices.Sorted(maps.Values(f.scope.names))
		}
	}
	p.byName = c.files[0].scope.names
	return p, c.list
}
