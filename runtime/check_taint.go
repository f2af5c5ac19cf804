package runtime

import "github.com/amsx-lang/amsx/parser/ast"

// checkTaint finds secrets of credential packs that are given to what shows or
// keeps them: the run refuses them, too. Found is what is a secret whichever
// line ran before: a variable that has a secret at one place and something else
// at another, an element of a list, the parameter of a Sub are left to the run.
func (c *compiler) checkTaint() {
	t := &taintWalk{c: c, known: map[int]string{}}
	c.eachStatement(func(s ast.Stmt) {
		switch s := s.(type) {
		case *ast.Throw:
			t.give("Throw", s.Message, s.Message.Start())
		case *ast.Stop:
			t.give("Stop", s.Message, s.Message.Start())
		case *ast.Text:
			if s.Into == nil {
				t.refuse("SQL", t.template(s.Body), s.Pos)
			}
		}
		ownCalls(s, t.call)
	})
}

// A taintWalk is the state of checkTaint.
type taintWalk struct {
	c     *compiler
	known map[int]string // by slot: the pack whose secret the variable holds; empty: none, or not always
}

// call looks at what a command is given.
func (t *taintWalk) call(call *ast.Call) {
	cmd := t.c.o.Table.Lookup(call.Name)
	if cmd == nil || t.c.callee(call) != nil || cmd.Lazy || cmd.Function && cmd.Effects == 0 {
		return
	}
	for i, a := range call.Args {
		p := paramAt(cmd, i)
		switch {
		case p == nil || p.Secret || p.Type == VariableParam:
		case p.Type == SQLParam:
			t.sql(a, a)
		default:
			t.give(cmd.Name, a, a.Start())
		}
	}
}

// sql looks at the texts of an SQL argument.
func (t *taintWalk) sql(e, whole ast.Expr) {
	switch e := e.(type) {
	case *ast.String:
		t.refuse("SQL", t.template(e.Body), whole.Start())
	case *ast.Paren:
		t.sql(e.X, whole)
	case *ast.Binary:
		t.sql(e.X, whole)
		t.sql(e.Y, whole)
	}
}

func (t *taintWalk) give(what string, e ast.Expr, at ast.Position) {
	if e != nil {
		t.refuse(what, t.pack(e), at)
	}
}

func (t *taintWalk) refuse(what, pack string, at ast.Position) {
	if pack != "" {
		t.c.errorf(at, CodeSecretGiven, "a secret goes only into requests to the hosts of its pack", "%s would be given a secret of the credential pack %s", what, pack)
	}
}

// pack names the pack whose secret an expression holds in any case.
func (t *taintWalk) pack(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.String:
		return t.template(e.Body)
	case *ast.Var:
		return t.path(e.Path)
	case *ast.Paren:
		return t.pack(e.X)
	case *ast.Binary:
		if e.Op != "&" {
			break
		}
		if pack := t.pack(e.X); pack != "" {
			return pack
		}
		return t.pack(e.Y)
	case *ast.Call:
		cmd := t.c.o.Table.Lookup(e.Name)
		if cmd == nil || !cmd.Function || cmd.Effects != 0 || cmd.Public || cmd.Lazy || cmd.Role != NoRole {
			break
		}
		for _, a := range e.Args {
			if pack := t.pack(a); pack != "" {
				return pack
			}
		}
	}
	return ""
}

func (t *taintWalk) template(b *ast.Template) string {
	if b == nil {
		return ""
	}
	for _, p := range b.Parts {
		if p.Ref == nil {
			continue
		}
		if pack := t.path(p.Ref); pack != "" {
			return pack
		}
	}
	return ""
}

// path is pack for what a path reads: of a pack its password, and the pack as a
// whole.
func (t *taintWalk) path(p *ast.Path) string {
	slot, ok := t.c.slotOf(p.Root())
	g := t.c.given[slot]
	if !ok || g == nil || g.other {
		return ""
	}
	switch {
	case len(g.packs) > 0:
		if len(g.sets)+len(g.texts) > 0 || len(p.Steps) > 2 || len(p.Steps) == 2 && FoldName(p.Steps[1].Key) != "password" {
			return ""
		}
		return t.c.heldPack(g, p.Root())
	case len(p.Steps) > 1:
		return ""
	}
	if pack, ok := t.known[slot]; ok {
		return pack
	}
	t.known[slot] = "" // while it is looked at: a variable may be made of itself
	pack := ""
	for _, e := range g.sets {
		if pack = t.pack(e); pack == "" {
			return ""
		}
	}
	for _, b := range g.texts {
		if pack = t.template(b); pack == "" {
			return ""
		}
	}
	t.known[slot] = pack
	return pack
}

// heldPack is the name of the pack that a variable holds, or, where it is not
// fixed, that of the variable.
func (c *compiler) heldPack(g *giving, variable string) string {
	if len(g.packs) == 1 && len(g.packs[0].Args) > 1 {
		if name, _, ok := wordOf(g.packs[0].Args[1]); ok && name != "" {
			return name
		}
	}
	return "in " + variable
}
