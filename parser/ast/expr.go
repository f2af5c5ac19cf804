package ast

type (
	// A Name is a plain name as the script writes it.
	Name struct {
		Pos  Position
		Text string
	}

	// A String is a quoted text: Raw with its quotes, Body without them,
	// doubled quotes undone and split at its %references%.
	String struct {
		Pos  Position
		Raw  string
		Body *Template
	}

	// A Number is a numeric literal, as written.
	Number struct {
		Pos Position
		Raw string
	}

	// A Bool is True or False.
	Bool struct {
		Pos   Position
		Value bool
	}

	// A Null is the literal Null.
	Null struct{ Pos Position }

	// A Var is %name% or %name.path% outside a string.
	Var struct {
		Pos  Position
		Path *Path
	}

	// A Bare is a name without percent signs: a constant (NewLine, Tab), a
	// bare word that the command's table entry allows, or, in a mapping's
	// CALC expression, a source path such as profile.firstName.
	Bare struct {
		Pos  Position
		Path *Path
	}

	// A Call is a function call f(a, b), or, with Command set, a command as a
	// value or statement: Sql "…". An omitted argument is an *Omitted.
	Call struct {
		Pos     Position // of the name
		Name    string
		Args    []Expr
		Command bool
		End     Position
	}

	// An Omitted is the empty slot of an argument list: F(a, , c).
	Omitted struct{ Pos Position }

	// A Unary is -x or Not x.
	Unary struct {
		Pos Position
		Op  string // "-", "Not"
		X   Expr
	}

	// A Binary is x op y. Op is in its canonical form: + - * / Mod & = <> <
	// <= > >= == Like Contains StartsWith EndsWith And Or, and In when Y is a
	// value (x In %list%).
	Binary struct {
		Pos  Position // of the operator
		Op   string
		X, Y Expr
	}

	// An In is x In (a, b, …).
	In struct {
		Pos  Position // of the word In
		X    Expr
		List []Expr
	}

	// An Is is x Is [Not] Null or x Is [Not] Empty.
	Is struct {
		Pos   Position // of the word Is
		X     Expr
		Not   bool
		Empty bool // else Null
	}

	// A Paren is (x). It is kept, so that a formatter prints what was written.
	Paren struct {
		Pos Position
		X   Expr
	}
)

func (e *String) Start() Position  { return e.Pos }
func (e *Number) Start() Position  { return e.Pos }
func (e *Bool) Start() Position    { return e.Pos }
func (e *Null) Start() Position    { return e.Pos }
func (e *Var) Start() Position     { return e.Pos }
func (e *Bare) Start() Position    { return e.Pos }
func (e *Call) Start() Position    { return e.Pos }
func (e *Omitted) Start() Position { return e.Pos }
func (e *Unary) Start() Position   { return e.Pos }
func (e *Binary) Start() Position  { return e.X.Start() }
func (e *In) Start() Position      { return e.X.Start() }
func (e *Is) Start() Position      { return e.X.Start() }
func (e *Paren) Start() Position   { return e.Pos }

func (*String) expr()  {}
func (*Number) expr()  {}
func (*Bool) expr()    {}
func (*Null) expr()    {}
func (*Var) expr()     {}
func (*Bare) expr()    {}
func (*Call) expr()    {}
func (*Omitted) expr() {}
func (*Unary) expr()   {}
func (*Binary) expr()  {}
func (*In) expr()      {}
func (*Is) expr()      {}
func (*Paren) expr()   {}

// A Template is text with %references% in it, split once by the parser and
// never scanned again: a value that holds percent signs or quotes stays what
// it is.
type Template struct {
	Pos   Position
	Parts []Part
}

// A Part of a template is literal text (Ref nil), with %% already one percent
// sign, or a reference.
type Part struct {
	Pos  Position
	Text string
	Ref  *Path
}

// A Path reads inside a value: a variable's name (or, in a mapping source, the
// first key), then steps. The same syntax serves %x.path%, mapping sources and
// the record paths of JsonPages.
//
//	profile.firstName   items[0].id   organizations[primary=True].department   r.[First Name]
type Path struct {
	Pos   Position
	End   Position
	Raw   string // as written, without percent signs
	Steps []Step // the first is always a Key
}

// Root is the first key: the variable's name.
func (p *Path) Root() string { return p.Steps[0].Key }

// A Step goes one level down.
type Step struct {
	Pos    Position
	Kind   StepKind
	Key    string // Key: the name; @attr, #text and #line are keys with that sign
	Quoted bool   // [any name]: never joined with its neighbours by dots
	Index  int    // Index: from 0
	Where  *Path  // Filter: the element's path that is compared
	Equals string // Filter: the text it must equal
}

// A StepKind tells the forms of a Step apart.
type StepKind uint8

// The kinds of steps.
const (
	StepKey    StepKind = iota // .name or [any name]
	StepIndex                  // [0]
	StepFilter                 // [primary=True]: the first element for which it holds
)
