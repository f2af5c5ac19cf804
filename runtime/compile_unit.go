package runtime

import (
	"strings"

	"github.com/amsx-lang/amsx/parser/ast"
)

// A file is one script of a program: the one that is run, or one that Call or
// CallLocal runs. A file that is called both ways, or from two scopes, is
// compiled for each.
type file struct {
	tree     *ast.Transformation
	path     string // relative to the folder of scripts
	scope    *scope
	caller   *file // nil: it is the program itself
	main     *unit
	subs     map[string]*unit // by folded name
	order    []*unit          // main, then the Subs as they stand
	mappings []*Mapping       // its own
	shared   []*Parameter     // that it declares, where CallLocal runs it
}

// A scope is the variables of one file, and of those that CallLocal runs in it.
type scope struct {
	names  map[string]int // folded name to slot
	root   *file          // which declares its parameters
	slots  []int          // all of them; set when everything is compiled
	params []Parameter    // of a file that Call runs; see compiler.addParameter
}

// A unit is lines that run by a name: a Sub, or the lines of a file.
type unit struct {
	file   *file
	sub    *ast.Sub // nil: the lines of the file
	stmts  []ast.Stmt
	params []int          // the slots of the Sub's parameters
	locals map[string]int // the same by folded name
	body   block
	calls  []unitCall // the places that run it
	reach  bool       // something runs it
	pulled bool       // in a loop over pages, somewhere
	inTx   bool       // in a Transaction, somewhere
}

// A unitCall is one place that runs a unit.
type unitCall struct {
	from  *unit
	call  *ast.Call
	loops []ast.Stmt // around the place in from, the outermost first
	tx    bool       // a Transaction is around it
}

// name is the unit as a person would say it.
func (u *unit) name() string {
	if u.sub != nil {
		return "Sub " + u.sub.Name.Text
	}
	return u.file.path
}

// maxFiles bounds the scripts that one program calls.
const maxFiles = 200

// begin makes the units of the script itself.
func (c *compiler) begin() {
	root := &file{tree: c.tree, path: scriptPath(c.tree.Filename), scope: &scope{names: c.byName}}
	root.scope.root = root
	c.addFile(root)
}

// load finds the files that the script calls, and who calls whom.
func (c *compiler) load() {
	root := c.files[0]
	for i := 0; i < len(c.files); i++ { // files are added on the way
		for _, u := range c.files[i].order {
			c.enter(u)
			c.callsOf(u)
		}
	}
	c.enter(root.main)
	c.reach(root.main)
	for changed := true; changed; {
		changed = false
		for _, u := range c.units() {
			for _, call := range u.calls {
				pulled := call.from.pulled || slicesHas(call.loops, c.isPull)
				tx := call.from.inTx || call.tx
				if call.from.reach && (pulled && !u.pulled || tx && !u.inTx) {
					u.pulled, u.inTx, changed = u.pulled || pulled, u.inTx || tx, true
				}
			}
		}
	}
	for _, u := range c.units() {
		if u.sub != nil && !u.reach && u.file.main.reach {
			c.warnf(u.sub.Name.Pos, CodeSubUnused, "call it with "+subUsage(u.sub)+", or remove it", "nothing calls the Sub %s: its lines never run", u.sub.Name.Text)
		}
	}
}

func slicesHas(list []ast.Stmt, f func(ast.Stmt) bool) bool {
	for _, s := range list {
		if f(s) {
			return true
		}
	}
	return false
}

// scriptPath is the place of a file in the folder of scripts: the one that is
// run stands at its top.
func scriptPath(name string) string {
	name = strings.ReplaceAll(name, `\`, "/")
	return name[strings.LastIndexByte(name, '/')+1:]
}

// units are all of the program, each file's lines before its Subs.
func (c *compiler) units() []*unit {
	var all []*unit
	for _, f := range c.files {
		all = append(all, f.order...)
	}
	return all
}

// addFile makes the units of a file.
func (c *compiler) addFile(f *file) {
	f.subs = map[string]*unit{}
	f.main = &unit{file: f}
	f.order = []*unit{f.main}
	c.files = append(c.files, f)
	c.enter(f.main)
	for _, s := range f.tree.Script.Stmts {
		sub, ok := s.(*ast.Sub)
		if !ok {
			f.main.stmts = append(f.main.stmts, s)
			continue
		}
		if c.checkSub(f, sub) {
			u := &unit{file: f, sub: sub, stmts: sub.Body, locals: map[string]int{}}
			for _, p := range sub.Params {
				slot := len(c.vars)
				c.vars = append(c.vars, variable{name: p.Text, set: p.Pos})
				u.params = append(u.params, slot)
				u.locals[FoldName(p.Text)] = slot
				if _, ok := systemNames[FoldName(p.Text)]; ok {
					c.errorf(p.Pos, CodeReadOnly, "take another name", "%s is read-only: the run gives it its value", strings.ToUpper(p.Text))
				}
			}
			f.subs[FoldName(sub.Name.Text)] = u
			f.order = append(f.order, u)
		}
	}
}

// checkSub reports a name that a Sub cannot have.
func (c *compiler) checkSub(f *file, s *ast.Sub) bool {
	name := s.Name.Text
	_, elsewhere := c.o.Table.Elsewhere(name)
	switch o := f.subs[FoldName(name)]; {
	case c.o.Table.Lookup(name) != nil:
		c.errorf(s.Name.Pos, CodeSub, "give the Sub another name, such as My"+name, "%s is a command, so a Sub cannot have its name", name)
	case elsewhere:
		c.errorf(s.Name.Pos, CodeSub, "give the Sub another name, such as My"+name, "%s is a command of xAssets, so a Sub cannot have its name", name)
	case o != nil:
		c.errorf(s.Name.Pos, CodeSub, "give it another name", "a Sub %s stands in line %d already", name, o.sub.Pos.Line)
	default:
		return true
	}
	return false
}

// enter makes a unit the one that is compiled: its names, its mappings.
func (c *compiler) enter(u *unit) {
	c.unit, c.tree, c.byName, c.locals = u, u.file.tree, u.file.scope.names, u.locals
	c.loops, c.catches = nil, 0
}

// slotOf is the slot of a name: a parameter of the Sub at hand, or a variable
// of the script.
func (c *compiler) slotOf(name string) (int, bool) {
	k := FoldName(name)
	if i, ok := c.locals[k]; ok {
		return i, true
	}
	i, ok := c.byName[k]
	return i, ok
}

// callee is the Sub or the file that a call runs; nil: a command.
func (c *compiler) callee(call *ast.Call) *unit {
	if u := c.callees[call]; u != nil {
		return u
	}
	if call.Command {
		return c.unit.file.subs[FoldName(call.Name)]
	}
	return nil
}

// callsOf notes what a unit runs, and loads the files among it.
func (c *compiler) callsOf(u *unit) {
	var loops []ast.Stmt
	tx := 0
	var visit func(n ast.Node) bool
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.For, *ast.ForEach, *ast.While:
			loops = append(loops, n.(ast.Stmt))
			if each, ok := n.(*ast.ForEach); ok && each.Source != nil { // the source is read outside of the loop
				inner := loops
				loops = loops[:len(loops)-1]
				ast.Inspect(each.Source, visit)
				loops = inner
			}
			ast.Inspect(bodyOf(n), visit)
			loops = loops[:len(loops)-1]
			return false
		case *ast.Transaction:
			tx++
			ast.Inspect(&ast.File{Stmts: n.Body}, visit)
			tx--
			return false
		case *ast.Call:
			to := c.fileOf(n)
			if to == nil && n.Command {
				to = u.file.subs[FoldName(n.Name)]
			}
			if to != nil {
				to.calls = append(to.calls, unitCall{u, n, append([]ast.Stmt(nil), loops...), tx > 0})
			}
		}
		return true
	}
	ast.Inspect(&ast.File{Stmts: u.stmts}, visit)
}

// bodyOf is what a loop repeats.
func bodyOf(n ast.Node) *ast.File {
	switch n := n.(type) {
	case *ast.For:
		return &ast.File{Stmts: n.Body}
	case *ast.ForEach:
		return &ast.File{Stmts: n.Body}
	case *ast.While:
		return &ast.File{Stmts: n.Body}
	}
	return &ast.File{}
}

// reach marks what u runs.
func (c *compiler) reach(u *unit) {
	if u.reach {
		return
	}
	u.reach = true
	for _, o := range c.units() {
		for _, call := range o.calls {
			if call.from == u {
				c.reach(o)
			}
		}
	}
}

// isPull reports whether a statement is a loop over a list from outside.
func (c *compiler) isPull(s ast.Stmt) bool {
	each, ok := s.(*ast.ForEach)
	if !ok {
		return false
	}
	cmd := c.sourceCommand(each.Source)
	return cmd != nil && cmd.Role == PullRole
}

// inPull reports whether the place at hand runs in a loop over pages.
func (c *compiler) inPull() bool {
	for _, l := range c.loops {
		if l.pull != nil {
			return true
		}
	}
	return c.unit.pulled
}

// eachUnit enters every unit and calls f with it.
func (c *compiler) eachUnit(f func(u *unit)) {
	at := c.unit
	for _, u := range c.units() {
		c.enter(u)
		f(u)
	}
	if at != nil {
		c.enter(at)
	}
}

// eachStatement calls f with every statement of the program.
func (c *compiler) eachStatement(f func(ast.Stmt)) {
	loops, catches := c.loops, c.catches
	c.eachUnit(func(u *unit) { statements(u.stmts, f) })
	c.loops, c.catches = loops, catches
}

// eachReference calls f with every variable that the program reads.
func (c *compiler) eachReference(f func(*ast.Path)) {
	loops, catches := c.loops, c.catches
	c.eachUnit(func(u *unit) { references(u.stmts, f) })
	c.loops, c.catches = loops, catches
}

// addParameter notes a parameter of the scope at hand.
func (c *compiler) addParameter(p Parameter) {
	if s := c.unit.file.scope; s != c.files[0].scope {
		s.params = append(s.params, p)
		return
	}
	c.prog.params = append(c.prog.params, p)
}

// scopeParameters are those of the scope at hand.
func (c *compiler) scopeParameters() []Parameter {
	if s := c.unit.file.scope; s != c.files[0].scope {
		return s.params
	}
	return c.prog.params
}

// declared reports whether the scope at hand declares its parameters.
func (c *compiler) declared() bool { return c.unit.file.scope.root.tree.Declared }

// mapping finds a mapping by any case of its name, the first for "": one of
// the file at hand, or, where it has none, of the one that calls it.
func (c *compiler) mapping(name string) *Mapping {
	for _, m := range c.mappings() {
		if name == "" || FoldName(m.spec.Name) == FoldName(name) {
			return m
		}
	}
	return nil
}

func (c *compiler) mappings() []*Mapping {
	f := c.unit.file
	for len(f.tree.Mappings) == 0 && f.caller != nil {
		f = f.caller
	}
	return f.mappings
}

func subUsage(s *ast.Sub) string {
	var b strings.Builder
	b.WriteString(s.Name.Text)
	for i, p := range s.Params {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(" " + p.Text)
	}
	return b.String()
}

// argumentOf is the argument that a call gives for a parameter of its Sub; nil:
// none.
func (u *unit) argumentOf(call *ast.Call, name string) ast.Expr {
	if u.sub == nil {
		return nil
	}
	for i, p := range u.sub.Params {
		if FoldName(p.Text) == name && i < len(call.Args) {
			return call.Args[i]
		}
	}
	return nil
}
