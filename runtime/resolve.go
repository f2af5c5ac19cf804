package runtime

import (
	"fmt"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// A systemName is a read-only name that every run has.
type systemName struct {
	name  string
	catch bool // only inside Catch
	get   func(in *Interp) Value
}

var systemNames = map[string]systemName{
	"msresult":       {"MSRESULT", false, func(in *Interp) Value { return in.result }},
	"mdoc":           {"MDOC", false, func(in *Interp) Value { return in.document }},
	"username":       {"USERNAME", false, func(in *Interp) Value { return Text(in.host.User) }},
	"today":          {"TODAY", false, func(in *Interp) Value { return Date(in.host.Now()) }},
	"now":            {"NOW", false, func(in *Interp) Value { return DateTime(in.host.Now()) }},
	"transformation": {"TRANSFORMATION", false, func(in *Interp) Value { return Text(in.prog.name) }},
	"runid":          {"RUNID", false, func(in *Interp) Value { return Int(in.host.RunID) }},
	"lastgoodrun": {"LASTGOODRUN", false, func(in *Interp) Value {
		if in.host.LastRun.IsZero() {
			return Value{}
		}
		return DateTime(in.host.LastRun)
	}},
	"testing":    {"TESTING", false, func(in *Interp) Value { return Bool(in.host.Testing) }},
	"httpstatus": {"HTTPSTATUS", false, func(in *Interp) Value { return Int(in.status) }},
	"rowcount":   {"ROWCOUNT", false, func(in *Interp) Value { return Int(in.rows) }},
	"newline":    {"NEWLINE", false, func(*Interp) Value { return Text("\r\n") }},
	"error": {"ERROR", true, func(in *Interp) Value {
		if in.caught == nil {
			return Value{}
		}
		return Text(in.caught.Message)
	}},
	"errorcode": {"ERRORCODE", true, func(in *Interp) Value {
		if in.caught == nil {
			return Value{}
		}
		return Text(in.caught.Code)
	}},
	"errorline": {"ERRORLINE", true, func(in *Interp) Value {
		if in.caught == nil || !in.caught.Pos.IsValid() {
			return Value{}
		}
		return Int(int64(in.caught.Pos.Line))
	}},
}

// A place is where a reference reads: a variable's slot, or a system name.
type place struct {
	slot int
	sys  func(in *Interp) Value
}

// A textKind says where a reference stands, which decides the hint when there
// is no such name.
type textKind uint8

const (
	inExpr textKind = iota
	inText
	inSQL
	inPattern // of LIKE in SQL
)

// resolve finds what a reference reads. It reports an unknown name, and takes
// it for a parameter where the script declares none.
func (c *compiler) resolve(p *ast.Path, where textKind) (place, bool) {
	root := p.Root()
	k := FoldName(root)
	if i, ok := c.slotOf(root); ok {
		return place{slot: i}, true
	}
	if s, ok := systemNames[k]; ok {
		if s.catch && c.catches == 0 {
			c.errorf(p.Pos, CodeUnknownName, "read it between Catch and End Try", "%s is known only inside Catch", s.name)
			return place{}, false
		}
		return place{slot: -1, sys: s.get}, true
	}
	near := lexer.Nearest(root, c.names())
	if !c.declared() && len(p.Steps) == 1 && c.isImplicit(near) {
		near = "" // Server1 and Server2 are two parameters
	}
	switch {
	case where == inText && isHexByte(root):
		c.errorf(p.Pos, CodeUnknownName, fmt.Sprintf("write UrlEncode(…) around the text, or double the percent signs: %%%%%s%%%%", root), "%%%s%% reads a variable %s, which nothing assigns; it looks like a part of an encoded address", root, root)
	case where == inPattern:
		hint := fmt.Sprintf("write %%%%%s%%%% for literal percent signs", p.Raw)
		if near != "" {
			hint = fmt.Sprintf("did you mean %%%s%%? Or %s", near, hint)
		}
		c.errorf(p.Pos, CodeUnknownName, hint, "there is no variable %s", root)
		if near == "" { // the reference stands between percent signs
			at := p.Pos
			at.Offset, at.Column = at.Offset-1, at.Column-1
			c.list.MendLast(at, "%"+p.Raw+"%", "%%"+p.Raw+"%%")
		}
	case c.declared() || len(p.Steps) > 1 || near != "":
		hint := "assign it before: Set " + root + " = …"
		if c.declared() {
			hint = "declare it as a parameter, or assign it before: Set " + root + " = …"
		}
		if near != "" {
			hint = "did you mean %" + near + "%?"
			if !c.declared() && len(p.Steps) == 1 {
				hint += " If it is a parameter, declare it at the top: Parameter " + root + `, "Text"`
			}
		}
		what := "variable"
		if c.declared() {
			what = "variable or parameter"
		}
		if near == "" {
			hint += c.callerHint()
		}
		c.errorf(p.Pos, CodeUnknownName, hint, "there is no %s %s", what, root)
		c.list.MendLast(p.Pos, root, lexer.OnlyNear(root, c.names()))
	default:
		i := c.declare(root, lexer.Position{})
		c.addParameter(Parameter{Name: root, Type: TextParameter, Pos: p.Pos, slot: i})
		return place{slot: i}, true
	}
	return place{}, false
}

// isImplicit reports whether a name is a parameter that no line declares.
func (c *compiler) isImplicit(name string) bool {
	for _, p := range c.scopeParameters() {
		if p.Name == name {
			return true
		}
	}
	return false
}

// isHexByte tells the references that a percent-encoded address makes by
// accident: %C3%A9.
func isHexByte(s string) bool {
	if len(s) != 2 {
		return false
	}
	return strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// reader compiles the reading of a variable or of a path in it.
func (c *compiler) reader(p *ast.Path, where textKind) (compiled, bool) {
	at, ok := c.resolve(p, where)
	if !ok {
		return compiled{}, false
	}
	pos, steps := p.Pos, p.Steps[1:]
	if at.sys != nil {
		get := at.sys
		if len(steps) == 0 {
			return compiled{slot: -1, eval: func(in *Interp) (Value, error) { return get(in), nil }}, true
		}
		return compiled{slot: -1, eval: func(in *Interp) (Value, error) {
			v, err := Get(get(in), steps)
			if err != nil {
				return Value{}, in.errorAt(pos, err)
			}
			return v, nil
		}}, true
	}
	slot := at.slot
	if len(steps) == 0 {
		return compiled{slot: slot, list: c.lists[slot], eval: func(in *Interp) (Value, error) {
			v := in.slots[slot]
			if v.kind == KindKeep {
				return Value{}, in.unset(slot, pos)
			}
			return v, nil
		}}, true
	}
	if k := c.proj.Slot(steps); k >= 0 && c.pulled[slot] {
		proj := c.proj
		return compiled{slot: -1, eval: func(in *Interp) (Value, error) {
			v := in.slots[slot]
			if v.kind == KindKeep {
				return Value{}, in.unset(slot, pos)
			}
			x, err := proj.Get(v, k)
			if err != nil {
				return Value{}, in.errorAt(pos, err)
			}
			return x, nil
		}}, true
	}
	return compiled{slot: -1, eval: func(in *Interp) (Value, error) {
		v := in.slots[slot]
		if v.kind == KindKeep {
			return Value{}, in.unset(slot, pos)
		}
		x, err := Get(v, steps)
		if err != nil {
			return Value{}, in.errorAt(pos, err)
		}
		return x, nil
	}}, true
}

// callerHint is the end of a hint about something that is not there and that a
// script which calls this one may have: a script alone may be a part of others.
func (c *compiler) callerHint() string {
	f := c.files[0]
	if f.tree.Document || c.unit.file.scope != f.scope || c.o.Script == nil {
		return ""
	}
	return "; where only other scripts call this one, check it with them: amsx check CALLER.amsx " + f.tree.Filename
}
