package runtime

import (
	"fmt"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// A callUse says where a call stands.
type callUse uint8

const (
	asFunction  callUse = iota // in an expression
	asValue                    // right after Set x = or In
	asStatement                // on a line of its own
	asSource                   // what a ForEach reads
)

// A callSite is one call of the script, bound to its table entry.
type callSite struct {
	cmd     *Command
	pos     lexer.Position
	args    []argument
	given   int         // arguments, omitted ones at the end not counted
	mapping *Mapping    // UpsertRole, RejectRole: what the record goes to
	again   bool        // an Upsert whose pull loop stands in another loop: a record may come several times
	buffer  bool        // the result goes to the result buffer
	script  *scriptCall // CallRole, CallLocalRole
	refuses bool        // secrets are refused where the parameter does not take them
}

// find looks a command up and says what is wrong with the name.
func (c *compiler) find(call *ast.Call, use callUse) *Command {
	cmd := c.o.Table.Lookup(call.Name)
	if cmd == nil {
		what := "command"
		if use == asFunction {
			what = "function"
		}
		if instead, ok := c.o.Table.Elsewhere(call.Name); ok {
			c.errorf(call.Pos, CodeNotInEdition, instead, "%s is a documented xAssets command, not in this edition", call.Name)
			return nil
		}
		if u := c.unit.file.subs[FoldName(call.Name)]; u != nil {
			c.noValue(u, call.Pos)
			return nil
		}
		if use == asValue && len(call.Args) == 0 {
			c.bareWord(call.Name, call.Name, call.Pos)
			return nil
		}
		hint, write := c.unknownHint(call.Name, use)
		c.errorf(call.Pos, CodeUnknownCommand, hint, "there is no %s %s", what, call.Name)
		c.list.MendLast(call.Pos, call.Name, write)
		return nil
	}
	switch {
	case use == asFunction && !cmd.Function:
		c.errorf(call.Pos, CodeCommandPlace, "put it on a line of its own, or right after Set name =, without parentheses around its arguments", "%s is a command, not a function", cmd.Name)
		return nil
	case use == asStatement && !cmd.Statement:
		c.errorf(call.Pos, CodeCommandPlace, "assign its result: Set name = "+cmd.Name+"(…)", "%s alone on a line does nothing", cmd.Name)
		return nil
	}
	return cmd
}

// call compiles a call as a value.
func (c *compiler) call(e *ast.Call, use callUse) compiled {
	site := c.callSite(e, use)
	if site == nil {
		return bad()
	}
	x := value(func(in *Interp) (Value, error) { return in.call(site) })
	x.list = isList(site.cmd)
	return x
}

// callSite binds a call to its table entry and checks its arguments. nil: it
// was reported.
func (c *compiler) callSite(e *ast.Call, use callUse) *callSite {
	cmd := c.find(e, use)
	if cmd == nil {
		for _, a := range e.Args { // what is wrong inside is said too
			switch a := a.(type) {
			case *ast.Bare, *ast.Omitted:
			case *ast.Binary:
				if _, bare := a.X.(*ast.Bare); !bare { // Stet x = 1
					c.expr(a)
				}
			default:
				c.expr(a)
			}
		}
		return nil
	}
	c.prog.effects |= cmd.Effects
	site := &callSite{cmd: cmd, pos: e.Pos, buffer: use != asFunction && cmd.Result != "", refuses: !cmd.Function || cmd.Effects != 0}
	before := len(c.list)
	c.count(e, cmd)
	switch cmd.Role {
	case UpsertRole, RejectRole:
		c.feed(e, site)
	case CallRole, CallLocalRole:
		site.script = c.scriptCall(e, cmd)
		if c.list[before:].HasErrors() {
			return nil
		}
		return site
	}
	n := max(len(e.Args), len(cmd.Params))
	site.args = make([]argument, 0, n)
	for i := range n {
		p := paramAt(cmd, i)
		if p == nil {
			break
		}
		a := argument{param: p, pos: e.Pos, slot: -1}
		if i < len(e.Args) {
			a.pos = e.Args[i].Start()
			if _, omitted := e.Args[i].(*ast.Omitted); !omitted {
				a.given = true
				c.argument(e, cmd, i, &a)
			}
		}
		if i >= len(e.Args) && p.Variadic {
			break
		}
		if !a.given {
			a.known = true
			if p.Default != "" {
				v, err := converter(p)(Text(p.Default))
				if err != nil {
					panic("runtime: the default of " + cmd.Name + "'s " + p.Name + ": " + err.Error())
				}
				a.val = v
			}
		}
		c.prepare(&a)
		site.args = append(site.args, a)
		if a.given {
			site.given = len(site.args)
		}
	}
	if cmd.Check != nil && len(c.list) == before {
		cmd.Check(&CheckedCall{in: c, Call: e, Schema: c.o.Schema, List: &c.list, Mapping: site.mapping,
			InPull: c.inPull(), InTransaction: c.transactions > 0 || c.unit.inTx})
	}
	if c.list[before:].HasErrors() {
		return nil
	}
	return site
}

func paramAt(cmd *Command, i int) *Param {
	if i < len(cmd.Params) {
		return &cmd.Params[i]
	}
	if n := len(cmd.Params); n > 0 && cmd.Params[n-1].Variadic {
		return &cmd.Params[n-1]
	}
	return nil
}

// count checks the number of arguments.
func (c *compiler) count(e *ast.Call, cmd *Command) {
	for i, p := range cmd.Params {
		missing := i >= len(e.Args)
		if !missing {
			_, missing = e.Args[i].(*ast.Omitted)
		}
		if missing && !p.Optional && !p.Variadic {
			c.errorf(e.Pos, CodeArguments, "write "+usage(cmd), "%s wants %s", cmd.Name, p.Name)
			return
		}
	}
	if n := len(cmd.Params); len(e.Args) > n && (n == 0 || !cmd.Params[n-1].Variadic) {
		c.errorf(e.Args[n].Start(), CodeArguments, "write "+usage(cmd), "%s takes %s, and here are %d", cmd.Name, plural(n, "argument"), len(e.Args))
	}
}

// usage shows how a command is written.
func usage(cmd *Command) string {
	var b strings.Builder
	b.WriteString(cmd.Name)
	open, end := " ", ""
	if !cmd.Statement && cmd.Iterate == nil {
		open, end = "(", ")"
	}
	b.WriteString(open)
	for i, p := range cmd.Params {
		name := p.Name
		if i > 0 {
			name = ", " + name
		}
		if p.Variadic {
			name += ", …"
		}
		if p.Optional || p.Variadic {
			name = "[" + name + "]"
		}
		b.WriteString(name)
	}
	return strings.TrimSpace(b.String() + end)
}

func plural(n int, s string) string {
	switch n {
	case 0:
		return "no " + s
	case 1:
		return "1 " + s
	}
	return fmt.Sprintf("%d %ss", n, s)
}

// mappingName is the name of a mapping that a call gives, or empty, and where.
func mappingName(e *ast.Call, cmd *Command) (name string, pos lexer.Position) {
	for i, p := range cmd.Params {
		if p.Type == MappingParam && i < len(e.Args) {
			if word, at, ok := wordOf(e.Args[i]); ok {
				return word, at
			}
		}
	}
	return "", e.Pos
}

// feed finds the mapping that a record goes to, and the loop that feeds it.
func (c *compiler) feed(e *ast.Call, site *callSite) {
	name, pos := mappingName(e, site.cmd)
	feeders, again := c.feeders(e)
	site.mapping = c.mapping(name)
	if site.cmd.Role == RejectRole && name == "" {
		c.after = append(c.after, func() { // the Upsert of the loop may stand below, or in a Sub
			for _, pull := range feeders {
				if len(pull.mappings) > 0 {
					site.mapping = pull.mappings[0]
					return
				}
			}
		})
	}
	if site.mapping == nil {
		var names []string
		for _, m := range c.mappings() {
			names = append(names, m.spec.Name)
		}
		switch near := lexer.Nearest(name, names); {
		case len(c.mappings()) == 0 && len(c.tree.Mappings) > 0: // reported
		case len(names) == 0:
			c.errorf(pos, CodeUnknownMapping, "add a mapping: which column gets which field, and the table"+c.callerHint(), "%s writes by a mapping, and there is none", site.cmd.Name)
		case near != "":
			c.errorf(pos, CodeUnknownMapping, "did you mean "+near+"?", "there is no mapping %s", name)
		default:
			c.errorf(pos, CodeUnknownMapping, "it has "+strings.Join(names, ", "), "there is no mapping %s", name)
		}
		return
	}
	site.again = again
	if site.cmd.Role == UpsertRole && c.unit.reach {
		c.used[site.mapping] = true
		c.checkNamed(site, name, pos)
	}
	for _, pull := range feeders {
		if !slices.Contains(pull.mappings, site.mapping) && site.cmd.Role == UpsertRole {
			pull.mappings = append(pull.mappings, site.mapping)
		}
	}
}
