package runtime

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// An argument is one compiled argument.
type argument struct {
	param   *Param
	pos     lexer.Position
	given   bool
	known   bool
	val     Value
	eval    func(in *Interp) (Value, error)
	convert func(v Value) (Value, error) // nil: as it is
	sql     *sqlPlan
	slot    int // VariableParam
	// prepared is what the parameter's Prepare made of a fixed text; nil: it is
	// made when the command runs.
	prepared any
}

// argument compiles one argument as its parameter wants it.
func (c *compiler) argument(call *ast.Call, cmd *Command, i int, a *argument) {
	e, p := call.Args[i], a.param
	switch p.Type {
	case SQLParam:
		if a.sql = c.sqlArgument(e); a.sql != nil {
			c.noteQuery(call, cmd, a.sql)
		}
		c.reads(a, cmd)
		a.known = true
		return
	case VariableParam:
		c.variable(e, cmd, a)
		return
	case BareParam, MappingParam, PathParam, PackParam:
		if word, pos, ok := wordOf(e); ok {
			c.word(cmd, a, word, pos)
			return
		}
		if p.Type == MappingParam || p.Type == PathParam {
			c.errorf(e.Start(), CodeArgument, `write it in quotes, without %variables%`, "%s of %s is a fixed %s", p.Name, cmd.Name, map[ParamType]string{MappingParam: "name", PathParam: "path"}[p.Type])
			return
		}
	}
	x := c.expr(e)
	if x.broken {
		return
	}
	conv := converter(p)
	if x.known {
		if cmd.Lazy {
			a.eval = x.eval
		}
		v, err := conv(x.val)
		if err != nil {
			hint := ""
			if len(p.OneOf) > 0 {
				hint = oneOfHint(p, x.val.Text())
			}
			c.errorf(e.Start(), CodeArgument, hint, "%s of %s: %v", p.Name, cmd.Name, err)
			return
		}
		a.known, a.val = true, v
		return
	}
	if text, ok := e.(*ast.String); ok && p.Type == RecordParam {
		hint := "write the name of the variable between percent signs, without quotes"
		if parts := text.Body.Parts; len(parts) == 1 && parts[0].Ref != nil {
			hint = "write %" + parts[0].Ref.Raw + "% without quotes"
		}
		c.errorf(e.Start(), CodeArgument, hint, "%s of %s is a record, and this is a text", p.Name, cmd.Name)
		return
	}
	a.eval = x.eval
	if p.Type != AnyParam || len(p.OneOf) > 0 {
		a.convert = conv
	}
	if len(p.OneOf) > 0 {
		c.choices(e, cmd, p, true)
	}
}

// choices checks the fixed texts that an expression chooses from, where an
// argument may only be one of some words: those of IIf and Coalesce, and what
// the only line that assigns a variable gives it.
func (c *compiler) choices(e ast.Expr, cmd *Command, p *Param, variables bool) {
	switch e := e.(type) {
	case *ast.Paren:
		c.choices(e.X, cmd, p, variables)
	case *ast.String:
		word, fixed := constant(e.Body)
		if _, err := converter(p)(Text(word)); fixed && err != nil {
			c.errorf(e.Pos, CodeArgument, oneOfHint(p, word), "%s of %s: %v", p.Name, cmd.Name, err)
		}
	case *ast.Call:
		f := c.o.Table.Lookup(e.Name)
		if f == nil || !f.Lazy {
			return
		}
		one := len(f.Params) > 0 && f.Params[0].Variadic // the first that is not empty; else by a condition
		for i, x := range e.Args {
			if one && !isEmptyText(x) || !one && i > 0 {
				c.choices(x, cmd, p, variables)
			}
		}
	case *ast.Var:
		slot, ok := c.slotOf(e.Path.Root())
		if !ok || !variables || len(e.Path.Steps) > 1 || c.isParameter(slot) {
			return
		}
		if set := c.onlySet(e.Path.Root()); set != nil {
			c.choices(set, cmd, p, false)
		}
	}
}

// prepare makes of a fixed text what the command works with.
func (c *compiler) prepare(a *argument) {
	if a.param.Prepare == nil || !a.known || a.val.Text() == "" {
		return
	}
	var err error
	if a.prepared, err = a.param.Prepare(a.val.Text()); err == nil {
		return
	}
	d := &lexer.Diagnostic{Pos: a.pos, Code: CodeFixedText, Message: err.Error()}
	var hint interface{ Hint() string }
	var inner *lexer.Diagnostic
	switch {
	case errors.As(err, &inner):
		d.Message, d.Hint = inner.Message, inner.Hint
	case errors.As(err, &hint):
		d.Hint = hint.Hint()
	}
	c.list.Add(d)
}

// word takes a fixed word as an argument.
func (c *compiler) word(cmd *Command, a *argument, word string, pos lexer.Position) {
	a.known, a.val = true, Text(word)
	switch a.param.Type {
	case PackParam:
		c.checkPack(word, pos)
		return
	case MappingParam:
		return // feed has looked it up
	}
	if _, err := converter(a.param)(a.val); err != nil {
		c.errorf(pos, CodeArgument, oneOfHint(a.param, word), "%s of %s: %v", a.param.Name, cmd.Name, err)
	}
}

func (c *compiler) checkPack(name string, pos lexer.Position) {
	if c.o.Packs == nil || slices.ContainsFunc(c.o.Packs, func(p string) bool { return FoldName(p) == FoldName(name) }) {
		return
	}
	hint := "add it: amsx credential add " + name + " --domain HOST --username TEXT"
	if near := lexer.Nearest(name, c.o.Packs); near != "" {
		hint = "did you mean " + near + "? Or " + hint
	}
	c.errorf(pos, CodeUnknownPack, hint, "there is no credential pack %s", name)
}

// variable binds the variable that a command assigns, changes or reads.
func (c *compiler) variable(e ast.Expr, cmd *Command, a *argument) {
	if v, ok := e.(*ast.Var); ok {
		c.errorf(v.Pos, CodeArgument, "write "+v.Path.Raw+" without percent signs", "%s of %s is the name of a variable, not its value", a.param.Name, cmd.Name)
		return
	}
	word, pos, ok := wordOf(e)
	if !ok {
		c.errorf(e.Start(), CodeArgument, "write the name without percent signs and quotes", "%s of %s is the name of a variable", a.param.Name, cmd.Name)
		return
	}
	slot, ok := c.slotOf(word)
	if !ok {
		if _, system := systemNames[FoldName(word)]; system && a.param.Assigns {
			return // reported when it was collected
		}
		hint := "assign it before: Set " + word + " = …"
		if near := lexer.Nearest(word, c.names()); near != "" {
			hint = "did you mean " + near + "?"
		}
		c.errorf(pos, CodeUnknownName, hint, "there is no variable %s", word)
		return
	}
	a.known, a.val, a.slot = true, Text(word), slot
}

// converter brings a value to the type of a parameter.
func converter(p *Param) func(v Value) (Value, error) {
	oneOf := func(v Value) (Value, error) { return v, nil }
	if len(p.OneOf) > 0 {
		oneOf = func(v Value) (Value, error) {
			s := v.Text()
			for _, w := range p.OneOf {
				if EqualFold(w, s) {
					return Text(w), nil
				}
			}
			if v.Taint() != 0 {
				s = mask
			}
			return Value{}, fmt.Errorf("\"%s\" is not one of %s", s, strings.Join(p.OneOf, ", "))
		}
	}
	switch p.Type {
	case NumberParam:
		return ToNumber
	case BooleanParam:
		return ToBool
	case DateParam:
		return ToDate
	case ListParam:
		return toList
	case TextParam, BareParam, PackParam:
		return func(v Value) (Value, error) {
			switch v.kind {
			case KindNull:
				return v, nil
			case KindText:
			default:
				v = Text(v.Text()).WithTaint(v.Taint())
			}
			return oneOf(v)
		}
	case RecordParam:
		return func(v Value) (Value, error) {
			switch {
			case v.kind == KindRow, v.kind == KindXML, v.kind == KindJSON && !v.IsArray():
				return v, nil
			case v.kind == KindText:
				return Value{}, fmt.Errorf("a record is wanted, and this is a text: write %%x%% without quotes for the variable x")
			}
			return Value{}, fmt.Errorf("a record is wanted, and this is %s", article(v.kind))
		}
	}
	return oneOf
}

func oneOfHint(p *Param, word string) string {
	if near := lexer.Nearest(word, p.OneOf); near != "" {
		return `did you mean "` + near + `"?`
	}
	return ""
}
