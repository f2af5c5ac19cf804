package ast

// A Node is a File, a Stmt, an Arm, an Expr, a Template or a Path.
type Node interface{ Start() Position }

// Start is the first line's place.
func (f *File) Start() Position { return Position{Filename: f.Name, Line: 1, Column: 1} }

// Start is the place of If or Else If.
func (a *Arm) Start() Position { return a.Pos }

// Start is the place of the first character.
func (t *Template) Start() Position { return t.Pos }

// Start is the place of the first character.
func (p *Path) Start() Position { return p.Pos }

// Start is the place of the first character.
func (n *Name) Start() Position { return n.Pos }

// Inspect calls f for n and, as long as f returns true, for what n holds, in
// the order of the source: statements, arms, expressions, templates, names and
// paths.
func Inspect(n Node, f func(Node) bool) {
	if n == nil || !f(n) {
		return
	}
	switch n := n.(type) {
	case *File:
		inspectStmts(n.Stmts, f)
	case *Arm:
		inspectArm(n, f)
	case *Template:
		inspectRefs(n, f)
	case *Path, *Name: // they hold nothing
	case Stmt:
		inspectStmt(n, f)
	case Expr:
		inspectParts(n, f)
	}
}

// The functions below know what kind of node they have: to ask each node again
// for its kind took half the time of a walk.

func inspectArm(a *Arm, f func(Node) bool) {
	inspectExpr(a.Cond, f)
	inspectStmts(a.Body, f)
}

func inspectRefs(t *Template, f func(Node) bool) {
	for i := range t.Parts {
		inspectPath(t.Parts[i].Ref, f)
	}
}

func inspectStmt(s Stmt, f func(Node) bool) {
	switch s := s.(type) {
	case *Set:
		inspectPath(s.Target, f)
		inspectExpr(s.Value, f)
	case *If:
		for _, a := range s.Arms {
			if f(a) {
				inspectArm(a, f)
			}
		}
		inspectStmts(s.Else, f)
	case *For:
		inspectName(s.Var, f)
		inspectExpr(s.From, f)
		inspectExpr(s.To, f)
		inspectExpr(s.Step, f)
		inspectStmts(s.Body, f)
	case *ForEach:
		inspectName(s.Var, f)
		inspectExpr(s.Source, f)
		inspectStmts(s.Body, f)
	case *While:
		inspectExpr(s.Cond, f)
		inspectStmts(s.Body, f)
	case *Exit:
		inspectName(s.Name, f)
	case *Continue:
		inspectName(s.Name, f)
	case *Text:
		inspectPath(s.Into, f)
		if s.Body != nil && f(s.Body) {
			inspectRefs(s.Body, f)
		}
	case *Try:
		inspectStmts(s.Body, f)
		inspectName(s.Name, f)
		inspectStmts(s.Catch, f)
	case *Throw:
		inspectExpr(s.Message, f)
	case *Stop:
		inspectExpr(s.Message, f)
	case *Command:
		inspectExpr(s.Call, f)
	default:
		inspectBlock(s, f)
	}
}

func inspectParts(e Expr, f func(Node) bool) {
	switch e := e.(type) {
	case *String:
		if e.Body != nil && f(e.Body) {
			inspectRefs(e.Body, f)
		}
	case *Var:
		inspectPath(e.Path, f)
	case *Bare:
		inspectPath(e.Path, f)
	case *Call:
		for _, a := range e.Args {
			inspectExpr(a, f)
		}
	case *Unary:
		inspectExpr(e.X, f)
	case *Binary:
		inspectExpr(e.X, f)
		inspectExpr(e.Y, f)
	case *In:
		inspectExpr(e.X, f)
		for _, x := range e.List {
			inspectExpr(x, f)
		}
	case *Is:
		inspectExpr(e.X, f)
	case *Paren:
		inspectExpr(e.X, f)
	}
}

func inspectStmts(list []Stmt, f func(Node) bool) {
	for _, s := range list {
		if f(s) {
			inspectStmt(s, f)
		}
	}
}

func inspectExpr(e Expr, f func(Node) bool) {
	if e != nil && f(e) {
		inspectParts(e, f)
	}
}

func inspectPath(p *Path, f func(Node) bool) {
	if p != nil {
		f(p)
	}
}

func inspectName(n *Name, f func(Node) bool) {
	if n != nil {
		f(n)
	}
}
