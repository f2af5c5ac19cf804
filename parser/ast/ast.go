// Package ast declares the syntax tree of AMSX: statements, expressions,
// templates, and the transformation that a document holds.
//
// A tree is immutable once the parser has returned it, and may be shared by
// goroutines. Comments and blank lines are statements, so a formatter needs no
// other record of them.
package ast

import "github.com/amsx-lang/amsx/lexer"

// A Position is a place in a source file.
type Position = lexer.Position

// A File is one script: the lines of a .amsx file in script form, or the
// CDATA section of a document.
type File struct {
	Name  string
	Stmts []Stmt
	End   Position // just behind the last line
}

// A Stmt is one line or block of a script.
type Stmt interface {
	// Start is the place of the statement's first character.
	Start() Position
	stmt()
}

// An Expr is a value or a condition.
type Expr interface {
	Start() Position
	expr()
}

type (
	// A Comment is a line that begins with //.
	Comment struct {
		Pos  Position
		Text string // with the slashes, trailing blanks removed
	}

	// A Blank is one empty line.
	Blank struct{ Pos Position }

	// A Set assigns a variable, or a field of a Row or Json variable.
	//
	//	Set name = value        Set r.Field = value
	Set struct {
		Pos    Position
		Target *Path
		Value  Expr // a *Call with Command set: the command's result
	}

	// An If is a conditional block.
	//
	//	If c Then … Else If c Then … Else … End If      If c Then command
	If struct {
		Pos    Position
		Arms   []*Arm // If, then every Else If
		Else   []Stmt
		ElseAt Position // zero: no Else
		End    Position
		Inline bool // If c Then command, on one line
	}

	// An Arm is a condition of an If and what it guards.
	Arm struct {
		Pos  Position
		Cond Expr
		Body []Stmt
	}

	// A For counts.
	//
	//	For i = a To b [Step n] … Next [i]
	For struct {
		Pos      Position
		Var      *Name
		From, To Expr
		Step     Expr // nil: 1
		Body     []Stmt
		End      Position
	}

	// A ForEach runs its body for each element of Source.
	//
	//	ForEach x In source … EndEach
	ForEach struct {
		Pos    Position
		Var    *Name
		Source Expr // a *Call with Command set, or any expression
		Body   []Stmt
		End    Position
	}

	// A While runs its body as long as Cond holds.
	//
	//	While c … End While
	While struct {
		Pos  Position
		Cond Expr
		Body []Stmt
		End  Position
	}

	// An Exit leaves a loop, or ends the script successfully.
	//
	//	Exit      Exit For|ForEach|While [name]      Exit Sub
	Exit struct {
		Pos  Position
		Loop string // "", "For", "ForEach", "While", "Sub"
		Name *Name  // the loop variable of the loop that is meant; nil: the innermost
	}

	// A Continue begins the next turn of a loop.
	//
	//	Continue [name]
	Continue struct {
		Pos  Position
		Name *Name
	}

	// A Text collects its lines as pending SQL, or assigns them.
	//
	//	Text … EndText      Text Into name[, "html"] … EndText
	Text struct {
		Pos  Position
		Into *Path // nil: pending SQL text
		HTML bool
		Body *Template // the raw lines, with their line ends
		End  Position
	}

	// A Try runs Body; an error in it runs Catch instead.
	//
	//	Try … Catch [name] … End Try
	Try struct {
		Pos     Position
		Body    []Stmt
		CatchAt Position
		Name    *Name // receives the message; nil: only %ERROR%
		Catch   []Stmt
		End     Position
	}

	// A Throw raises an error that Try may catch.
	Throw struct {
		Pos     Position
		Message Expr
	}

	// A Stop ends the run as failed; nothing catches it.
	Stop struct {
		Pos     Position
		Message Expr
	}

	// A Command is one call of a built-in. There is one node for all of them:
	// the table of built-ins, not the grammar, knows their names.
	Command struct {
		Pos  Position
		Call *Call
	}
)

func (s *Comment) Start() Position  { return s.Pos }
func (s *Blank) Start() Position    { return s.Pos }
func (s *Set) Start() Position      { return s.Pos }
func (s *If) Start() Position       { return s.Pos }
func (s *For) Start() Position      { return s.Pos }
func (s *ForEach) Start() Position  { return s.Pos }
func (s *While) Start() Position    { return s.Pos }
func (s *Exit) Start() Position     { return s.Pos }
func (s *Continue) Start() Position { return s.Pos }
func (s *Text) Start() Position     { return s.Pos }
func (s *Try) Start() Position      { return s.Pos }
func (s *Throw) Start() Position    { return s.Pos }
func (s *Stop) Start() Position     { return s.Pos }
func (s *Command) Start() Position  { return s.Pos }

func (*Comment) stmt()  {}
func (*Blank) stmt()    {}
func (*Set) stmt()      {}
func (*If) stmt()       {}
func (*For) stmt()      {}
func (*ForEach) stmt()  {}
func (*While) stmt()    {}
func (*Exit) stmt()     {}
func (*Continue) stmt() {}
func (*Text) stmt()     {}
func (*Try) stmt()      {}
func (*Throw) stmt()    {}
func (*Stop) stmt()     {}
func (*Command) stmt()  {}
