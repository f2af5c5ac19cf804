package runtime

import (
	"fmt"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
)

// A ParameterType is what the value of a parameter must be.
type ParameterType uint8

// The types of parameters. Every other type that a document names, such as
// Custodian, is a key or a name: text.
const (
	TextParameter ParameterType = iota
	NumberParameter
	BooleanParameter
	DateParameter
	ListParameter
	PackParameter
)

var parameterTypes = []string{"Text", "Number", "Boolean", "Date", "List", "CredentialPack"}

// String is the type's name in a document.
func (t ParameterType) String() string { return parameterTypes[t] }

// A Parameter is what a run must be given.
type Parameter struct {
	Name        string
	Type        ParameterType
	TypeName    string // as written: Custodian, Text…
	Default     string
	HasDefault  bool
	Required    bool // may not be blank
	Description string
	Pos         lexer.Position

	slot int
}

// isParameter reports whether the run, or who calls the script, gives the
// variable a value.
func (c *compiler) isParameter(slot int) bool {
	is := func(p Parameter) bool { return p.slot == slot }
	return slices.ContainsFunc(c.prog.params, is) || slices.ContainsFunc(c.files, func(f *file) bool {
		return slices.ContainsFunc(f.scope.params, is) || slices.ContainsFunc(f.shared, func(p *Parameter) bool { return is(*p) }) ||
			slices.ContainsFunc(f.order, func(u *unit) bool { return slices.Contains(u.params, slot) })
	})
}

// parameters gives declared parameters their slots.
func (c *compiler) parameters() {
	for _, p := range c.tree.Parameters {
		x := Parameter{Name: p.Name.Value, TypeName: p.Type.Value, Default: p.Default.Value, HasDefault: p.Default.IsSet(), Required: p.Required, Description: p.Description, Pos: p.Name.Pos}
		if x.TypeName == "" {
			x.TypeName = "Text"
		}
		if i := slices.IndexFunc(parameterTypes, func(n string) bool { return strings.EqualFold(n, x.TypeName) }); i >= 0 {
			x.Type = ParameterType(i)
		} else if !c.isTable(x.TypeName) {
			if c.o.Schema != nil { // the parser reports one that is mistyped
				c.errorf(p.Type.Pos, CodeParameterType, "use one of "+strings.Join(parameterTypes, ", ")+", or the name of a table", "there is no parameter type %s", x.TypeName)
			}
		}
		if _, ok := systemNames[FoldName(x.Name)]; ok {
			c.errorf(p.Name.Pos, CodeReadOnly, "take another name", "%s is read-only: the run gives it its value", strings.ToUpper(x.Name))
			continue
		}
		if x.HasDefault {
			if v, err := x.convert(Text(x.Default)); err != nil {
				c.errorf(p.Default.Pos, CodeParameterType, "", "the default of %s: %v", x.Name, err)
			} else if x.Type == PackParameter && c.o.Packs != nil && x.Default != "" {
				c.checkPack(v.Text(), p.Default.Pos)
			}
		}
		x.slot = c.declare(x.Name, lexer.Position{})
		if _, assigned := c.lists[x.slot]; !assigned {
			c.lists[x.slot] = x.Type == ListParameter
		}
		if f := c.unit.file; f.scope.root != f {
			f.shared = append(f.shared, &x)
			continue
		}
		c.addParameter(x)
	}
}

func (c *compiler) isTable(name string) bool {
	if c.o.Schema == nil {
		return false
	}
	_, _, ok := c.o.Schema.Table(name)
	return ok
}

// convert makes a value of the parameter's type.
func (p *Parameter) convert(v Value) (Value, error) {
	switch p.Type {
	case NumberParameter:
		return ToNumber(v)
	case BooleanParameter:
		return ToBool(v)
	case DateParameter:
		return ToDate(v)
	case ListParameter:
		list, err := toList(v)
		if err == nil && v.kind == KindText && IsEmpty(list) && strings.TrimSpace(v.raw()) != "" {
			err = fmt.Errorf("\"%s\" names nothing; write names with commas between them, or leave it blank", v.raw())
		}
		return list, err
	}
	if v.IsNull() {
		return Text(""), nil
	}
	return v, nil
}

// example is a value as one may type it.
func (p *Parameter) example() string {
	switch p.Type {
	case NumberParameter:
		return "10"
	case BooleanParameter:
		return "True"
	case DateParameter:
		return "2026-01-31"
	case ListParameter:
		return `"Sales, EMEA"`
	}
	return "VALUE"
}

// parameters assigns the values of a run, or says how to give them. Nothing
// has run yet.
func (in *Interp) parameters(given map[string]Value) error {
	values := make(map[string]Value, len(given))
	var names []string
	for i := range in.prog.params {
		names = append(names, in.prog.params[i].Name)
	}
	for name, v := range given {
		k := FoldName(name)
		if !slices.ContainsFunc(names, func(n string) bool { return FoldName(n) == k }) {
			hint := "it takes no parameters"
			if near := lexer.Nearest(name, names); near != "" {
				hint = "did you mean " + near + "?"
			} else if len(names) > 0 {
				hint = "it takes " + strings.Join(names, ", ")
			}
			return &Error{Kind: UsageError, Code: CodeUsage, Message: fmt.Sprintf("%s has no parameter %s", in.prog.name, name), Hint: hint}
		}
		values[k] = v
	}
	for i := range in.prog.params {
		p := &in.prog.params[i]
		v, ok := values[FoldName(p.Name)]
		if !ok {
			if !p.HasDefault {
				return p.usage("the parameter %s has no value", p.Name)
			}
			v = Text(p.Default)
		}
		x, err := p.convert(v)
		if err != nil {
			return p.usage("the parameter %s: %v", p.Name, err)
		}
		if p.Required && IsEmpty(x) {
			return p.usage("the parameter %s may not be blank", p.Name)
		}
		in.slots[p.slot] = x
	}
	return nil
}

func (p *Parameter) usage(format string, args ...any) error {
	hint := fmt.Sprintf("give it with --param %s=%s", p.Name, p.example())
	if p.Description != "" {
		hint += " (" + p.Description + ")"
	}
	return &Error{Kind: UsageError, Code: CodeUsage, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// toList makes a List: text is split as a List parameter is.
func toList(v Value) (Value, error) {
	switch v.kind {
	case KindList:
		return v, nil
	case KindNull:
		return List().WithTaint(v.taint), nil
	case KindText:
		return ParseList(v.raw()).WithTaint(v.taint), nil
	case KindTable, KindJSON:
		items, ok, err := v.Elements()
		if err != nil {
			return Value{}, err
		}
		if ok {
			return List(items...).WithTaint(v.taint), nil
		}
	case KindNumber, KindBoolean, KindDate, KindDateTime:
		return List(v), nil
	}
	return Value{}, fmt.Errorf("a %s is not a List", v.kind)
}
