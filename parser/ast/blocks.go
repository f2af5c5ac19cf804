package ast

type (
	// A Sub is lines that a script runs by name. Its parameters are its own,
	// every other name is the script's.
	//
	//	Sub Name [a, b] … End Sub
	Sub struct {
		Pos    Position
		Name   *Name
		Params []*Name
		Body   []Stmt
		End    Position
	}

	// A Transaction commits at its end; an error in it rolls back to its start.
	//
	//	Transaction … End Transaction
	Transaction struct {
		Pos  Position
		Body []Stmt
		End  Position
	}

	// A MapBlock is a mapping in script form. Its body is FieldLines, comments
	// and blank lines.
	//
	//	Map [name] To Table Key a[, b] … End Map
	MapBlock struct {
		Pos     Position
		Mapping *Mapping
		Body    []Stmt
		End     Position
	}

	// A FieldLine is one line of a MapBlock.
	//
	//	Column = expression [Lookup R From T.C, …] [Create] …
	FieldLine struct {
		Pos   Position
		Field *Field
	}

	// A DataMapBlock is a value table in script form. Its body is ValueLines,
	// comments and blank lines.
	//
	//	DataMap name [unknown] … End DataMap
	DataMapBlock struct {
		Pos     Position
		DataMap *DataMap
		Body    []Stmt
		End     Position
	}

	// A ValueLine is one line of a DataMapBlock.
	//
	//	"from" = "to"
	ValueLine struct {
		Pos   Position
		Value *DataMapValue
	}
)

func (s *Sub) Start() Position          { return s.Pos }
func (s *Transaction) Start() Position  { return s.Pos }
func (s *MapBlock) Start() Position     { return s.Pos }
func (s *FieldLine) Start() Position    { return s.Pos }
func (s *DataMapBlock) Start() Position { return s.Pos }
func (s *ValueLine) Start() Position    { return s.Pos }

func (*Sub) stmt()          {}
func (*Transaction) stmt()  {}
func (*MapBlock) stmt()     {}
func (*FieldLine) stmt()    {}
func (*DataMapBlock) stmt() {}
func (*ValueLine) stmt()    {}

// inspectBlock is inspectStmt for the statements of this file. What a mapping
// reads of a record are bare names; they are no variables.
func inspectBlock(s Stmt, f func(Node) bool) {
	switch s := s.(type) {
	case *Sub:
		inspectName(s.Name, f)
		for _, p := range s.Params {
			inspectName(p, f)
		}
		inspectStmts(s.Body, f)
	case *Transaction:
		inspectStmts(s.Body, f)
	case *MapBlock:
		inspectPath(s.Mapping.Destination.Newest, f)
		inspectStmts(s.Body, f)
	case *FieldLine:
		inspectPath(s.Field.Source, f)
		inspectExpr(s.Field.Calc, f)
	case *DataMapBlock:
		inspectStmts(s.Body, f)
	}
}

// blockStmt is stmt for the statements of this file.
func (d *dumper) blockStmt(s Stmt, depth int) {
	switch s := s.(type) {
	case *Sub:
		d.name(s.Name)
		for i, p := range s.Params {
			if i > 0 {
				d.WriteByte(',')
			}
			d.name(p)
		}
		d.block(s.Body, depth, "End Sub", s.End)
	case *Transaction:
		d.block(s.Body, depth, "End Transaction", s.End)
	case *MapBlock:
		d.destination(s.Mapping)
		d.block(s.Body, depth, "End Map", s.End)
	case *FieldLine:
		d.WriteByte(' ')
		d.fieldText(s.Field)
	case *DataMapBlock:
		d.word(s.DataMap.Name.Value)
		d.option("unknown", s.DataMap.Unknown)
		d.block(s.Body, depth, "End DataMap", s.End)
	case *ValueLine:
		d.printf(" %q -> %q", s.Value.From.Value, s.Value.To.Value)
	}
}
