package runtime

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// A compiler makes one Program.
type compiler struct {
	tree *ast.Transformation
	o    Options
	list lexer.List
	prog *Program

	vars   []variable
	byName map[string]int // folded name to slot, of the scope at hand
	locals map[string]int // the same, of the parameters of the Sub at hand

	files   []*file
	unit    *unit               // at hand
	callees map[*ast.Call]*unit // the files that calls run
	loaded  map[string]*file    // by path and scope
	scripts []*scriptCall
	pullsOf map[*ast.ForEach]*pullLoop
	used    map[*Mapping]bool // by an Upsert that may run
	queries []pullQuery
	texts   []sqlText          // all SQL, in the order in which it is compiled
	waiting map[*ast.Text]bool // SQL that no line executes
	after   []func()           // what is decided when everything is compiled

	loops        []*loop // around the place at hand, the innermost last
	catches      int     // Catch blocks around the place
	transactions int     // Transactions around the place, in the unit at hand
	calc         bool    // a CALC expression: bare names are source paths
	proj         *Projection
	pulled       map[int]bool // slots that a pull loop assigns
	pullLoops    []*pullLoop
	foreign      map[*Mapping]bool   // for records of other fields than the known ones
	sqlNames     map[string]ast.Expr // the SQL that lines name
	given        map[int]*giving     // of givings, when all scripts are bound; nil: not yet
	lists        map[int]bool        // slots that only ever hold a List; false: or something else
}

func newCompiler(t *ast.Transformation, o Options) *compiler {
	c := &compiler{tree: t, o: o, byName: map[string]int{}, pulled: map[int]bool{}, lists: map[int]bool{},
		callees: map[*ast.Call]*unit{}, loaded: map[string]*file{}, pullsOf: map[*ast.ForEach]*pullLoop{}, used: map[*Mapping]bool{}, foreign: map[*Mapping]bool{}}
	if t.Script == nil {
		t2 := *t
		t2.Script = &ast.File{Name: t.Filename}
		c.tree = &t2
	}
	if o.Table == nil {
		c.o.Table = NewTable(nil, nil)
	}
	name := t.Name.Value
	if name == "" {
		name = strings.TrimSuffix(path.Base(strings.ReplaceAll(t.Filename, `\`, "/")), ".amsx")
	}
	c.prog = &Program{name: name, limits: o.Limits.withDefaults()}
	c.begin()
	return c
}

func (c *compiler) errorf(pos lexer.Position, code, hint, format string, args ...any) {
	c.list.Errorf(pos, code, hint, format, args...)
}

func (c *compiler) warnf(pos lexer.Position, code, hint, format string, args ...any) {
	c.list.Add(&lexer.Diagnostic{Pos: pos, Severity: lexer.Warning, Code: code, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// declare gives a name its slot.
func (c *compiler) declare(name string, set lexer.Position) int {
	k := FoldName(name)
	if i, ok := c.slotOf(name); ok {
		if !c.vars[i].set.IsValid() {
			c.vars[i].set = set
		}
		return i
	}
	c.byName[k] = len(c.vars)
	c.vars = append(c.vars, variable{name: name, set: set})
	return len(c.vars) - 1
}

// assign gives the name that a line assigns its slot, unless it is read-only.
func (c *compiler) assign(name string, pos lexer.Position) {
	if _, ok := systemNames[FoldName(name)]; ok {
		c.errorf(pos, CodeReadOnly, "take another name", "%s is read-only: the run gives it its value", strings.ToUpper(name))
		return
	}
	c.lists[c.declare(name, pos)] = false
}

// collect finds every name that a line assigns, and every path that is read
// from the records of pull loops, before anything is compiled.
func (c *compiler) collect() {
	var paths [][]ast.Step
	c.eachStatement(func(s ast.Stmt) {
		switch s := s.(type) {
		case *ast.Set:
			c.assignSet(s)
			c.collectCalls(s.Value)
		case *ast.For:
			c.assign(s.Var.Text, s.Var.Pos)
		case *ast.ForEach:
			c.assign(s.Var.Text, s.Var.Pos)
			if cmd := c.sourceCommand(s.Source); cmd != nil && cmd.Role == PullRole {
				if i, ok := c.slotOf(s.Var.Text); ok {
					c.pulled[i] = true
				}
			}
		case *ast.Text:
			if s.Into != nil {
				c.assign(s.Into.Root(), s.Into.Pos)
			}
		case *ast.Try:
			if s.Name != nil {
				c.assign(s.Name.Text, s.Name.Pos)
			}
		case *ast.Command:
			c.collectCalls(s.Call)
		}
	})
	c.pulledParameters()
	c.eachReference(func(p *ast.Path) {
		if i, ok := c.slotOf(p.Root()); ok && len(p.Steps) > 1 && c.pulled[i] {
			paths = append(paths, p.Steps[1:])
		}
	})
	for _, file := range c.files {
		for _, m := range file.tree.Mappings {
			for _, f := range m.Fields {
				if f.Source != nil {
					paths = append(paths, f.Source.Steps)
				}
				fields(f.Calc, func(p *ast.Path) { paths = append(paths, p.Steps) })
			}
			if m.Destination.Newest != nil {
				paths = append(paths, m.Destination.Newest.Steps)
			}
		}
	}
	c.proj = NewProjection(paths...)
	c.prog.proj = c.proj
}

// pulledParameters finds the parameters of Subs that take records of pull
// loops.
func (c *compiler) pulledParameters() {
	for changed := true; changed; {
		changed = false
		for _, u := range c.units() {
			for _, call := range u.calls {
				c.enter(call.from)
				for i, slot := range u.params {
					if i >= len(call.call.Args) || c.pulled[slot] {
						continue
					}
					if v, ok := call.call.Args[i].(*ast.Var); ok && len(v.Path.Steps) == 1 {
						if from, ok := c.slotOf(v.Path.Root()); ok && c.pulled[from] {
							c.pulled[slot], changed = true, true
						}
					}
				}
			}
		}
	}
	c.enter(c.files[0].main)
}

// collectCalls finds the variables that commands of an expression assign.
func (c *compiler) collectCalls(e ast.Expr) {
	call, ok := e.(*ast.Call)
	if !ok || !call.Command {
		return
	}
	cmd := c.o.Table.Lookup(call.Name)
	if cmd == nil {
		return
	}
	for i, p := range cmd.Params {
		if p.Type == VariableParam && p.Assigns && i < len(call.Args) {
			if name, pos, ok := wordOf(call.Args[i]); ok {
				c.assign(name, pos)
			}
		}
	}
}

// sourceCommand is the command that a ForEach reads from, or nil.
func (c *compiler) sourceCommand(e ast.Expr) *Command {
	call, ok := e.(*ast.Call)
	if !ok {
		return nil
	}
	cmd := c.o.Table.Lookup(call.Name)
	if cmd == nil || cmd.Iterate == nil {
		return nil
	}
	return cmd
}

// wordOf is the word that an argument is: a bare name, or a text without
// references.
func wordOf(e ast.Expr) (word string, pos lexer.Position, ok bool) {
	switch e := e.(type) {
	case *ast.Bare:
		return e.Path.Raw, e.Pos, true
	case *ast.String:
		if s, ok := constant(e.Body); ok {
			return s, e.Pos, true
		}
	}
	return "", lexer.Position{}, false
}

// FixedText is the text of an expression that is nothing but a text in quotes.
func FixedText(e ast.Expr) (string, bool) {
	s, ok := e.(*ast.String)
	if !ok {
		return "", false
	}
	return constant(s.Body)
}

// constant is the text of a template without references.
func constant(t *ast.Template) (string, bool) {
	var b strings.Builder
	for _, p := range t.Parts {
		if p.Ref != nil {
			return "", false
		}
		b.WriteString(p.Text)
	}
	return b.String(), true
}

// names are all names that may be read, for near matches.
func (c *compiler) names() []string {
	names := make([]string, 0, len(c.vars)+len(systemNames))
	for _, scope := range []map[string]int{c.byName, c.locals} {
		for _, slot := range scope {
			names = append(names, c.vars[slot].name)
		}
	}
	for _, n := range systemNames {
		names = append(names, n.name)
	}
	slices.Sort(names)
	return names
}

// assignSet is assign for a Set, which may give its variable a List.
func (c *compiler) assignSet(s *ast.Set) {
	slot, old := c.slotOf(s.Target.Root())
	list := !old || c.lists[slot]
	if call, ok := s.Value.(*ast.Call); !ok || len(s.Target.Steps) > 1 {
		list = false
	} else if cmd := c.o.Table.Lookup(call.Name); cmd == nil || !isList(cmd) {
		list = false
	}
	c.assign(s.Target.Root(), s.Target.Pos)
	if slot, ok := c.slotOf(s.Target.Root()); ok {
		c.lists[slot] = list
	}
}

// isList reports whether a command's result is always a List: its entry says
// "List" or "a List …".
func isList(cmd *Command) bool { return gives(cmd, "List") }

// gives reports whether a command's entry says that its result is of a kind.
func gives(cmd *Command, kind string) bool {
	word, _, _ := strings.Cut(strings.TrimPrefix(cmd.Result, "a "), " ")
	return strings.TrimRight(word, ",;:") == kind
}
