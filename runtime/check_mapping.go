package runtime

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// checkMapping finds what would write the wrong thing into the right table.
func (c *compiler) checkMapping(m *ast.Mapping, out *Mapping, columns []Column) {
	if known, values := c.o.Fields, c.o.Values; known != nil && !c.ofKnownRecords(m) {
		c.o.Fields, c.o.Values, c.foreign[out] = nil, nil, true
		defer func() { c.o.Fields, c.o.Values = known, values }()
	}
	c.checkColumnsOnce(m)
	c.checkKeys(m, out, columns)
	c.checkSwapped(m)
	c.checkBorrowed(m)
	c.checkLimits(m)
	c.checkActive(m, out, columns)
	for _, f := range m.Fields {
		if f.Source != nil {
			c.checkSource(f.Source)
		} else {
			c.checkCalc(f, columns)
		}
		c.checkLookup(f, columns)
		c.checkEmptied(f, out, columns)
		c.checkStatus(f)
		c.checkValues(f, columns)
	}
	c.checkUnfilled(m, out, columns)
	c.checkSourceColumn(m, columns)
	if out.spec.Mode == InsertGuaranteed && len(out.spec.Key) > 0 {
		c.errorf(m.Destination.Mode.Pos, CodeMode, `use "Insert and Update"`, "Insert Guaranteed adds every record again on every run, and %s is found by %s", out.spec.Table, strings.Join(out.spec.Key, ", "))
	}
}

// ofKnownRecords reports whether a mapping may be for records of the API whose
// fields are known: it reads one of them, or nothing, and the records of a file
// are not all that it writes. A script may read a file besides, and map its
// columns.
func (c *compiler) ofKnownRecords(m *ast.Mapping) bool {
	if c.onlyOfFiles(m) {
		return false
	}
	reads, known := false, false
	look := func(p *ast.Path) {
		reads = true
		top := p.Steps[0].Key // profile, of a custom attribute in it
		known = known || slices.ContainsFunc(c.o.Fields, func(f string) bool { return f == top || strings.HasPrefix(f, top+".") })
	}
	for _, f := range m.Fields {
		if f.Source != nil {
			look(f.Source)
		} else {
			fields(f.Calc, look)
		}
	}
	return known || !reads
}

// onlyOfFiles reports whether every Upsert that names a mapping stands in a loop
// over a file.
func (c *compiler) onlyOfFiles(m *ast.Mapping) bool {
	if m.Name.Value == "" || c.tree.Script == nil {
		return false
	}
	named := func(stmts []ast.Stmt, f func(*ast.Call)) {
		statements(stmts, func(s ast.Stmt) {
			ownCalls(s, func(call *ast.Call) {
				cmd := c.o.Table.Lookup(call.Name)
				if cmd == nil || cmd.Role != UpsertRole {
					return
				}
				for i, a := range call.Args {
					if p := paramAt(cmd, i); p == nil || p.Type != MappingParam {
						continue
					}
					if word, _, ok := wordOf(a); ok && FoldName(word) == FoldName(m.Name.Value) {
						f(call)
					}
				}
			})
		})
	}
	inFiles := map[*ast.Call]bool{}
	statements(c.tree.Script.Stmts, func(s ast.Stmt) {
		if loop, ok := s.(*ast.ForEach); ok {
			if cmd := c.sourceCommand(loop.Source); cmd != nil && cmd.Role == PullRole && cmd.Effects&(ReadsWeb|WritesWeb) == 0 {
				named(loop.Body, func(call *ast.Call) { inFiles[call] = true })
			}
		}
	})
	only := len(inFiles) > 0
	named(c.tree.Script.Stmts, func(call *ast.Call) { only = only && inFiles[call] })
	return only
}

func (c *compiler) checkColumnsOnce(m *ast.Mapping) {
	first := map[string]*ast.Field{}
	for _, f := range m.Fields {
		k := FoldName(f.Destination.Value)
		if g := first[k]; g != nil {
			c.errorf(f.Destination.Pos, CodeDuplicateColumn, "remove one of the two", "%s is mapped in line %d already", f.Destination.Value, g.Destination.Pos.Line)
			continue
		}
		first[k] = f
	}
}

// unlimited says what each limit of the fuse, switched off, lets through.
var unlimited = map[string]string{
	"deactivate": "everybody may turn inactive or be deleted in one run",
	"null":       "a column may be emptied in every row",
	"key":        "every row may get another key, and be nobody's any more",
	"update":     "a column may change in every row",
	"insert":     "every row may be added a second time",
	"reject":     "every record may be refused, and nothing be written",
	"leftout":    "the script may leave out everybody, and nothing be written",
}

// checkLimits finds limits of the fuse that are switched off.
func (c *compiler) checkLimits(m *ast.Mapping) {
	for _, l := range m.Destination.Limits {
		if t := strings.ReplaceAll(l.Text.Value, " ", ""); strings.EqualFold(t, "off") || t == "100%" {
			name := strings.ToLower(l.Name.Value)
			c.warnf(l.Text.Pos, CodeLimitOff, "write a share or a number; to allow a change once: amsx run --allow-once "+name, "the limit %s is off: %s, in this run and every later one, and nothing stops it", name, unlimited[name])
		}
	}
}

// checkEmptied finds a field that writes nothing into a column that may not be
// empty.
func (c *compiler) checkEmptied(f *ast.Field, out *Mapping, columns []Column) {
	col := columnOf(columns, f.Destination.Value)
	if col == nil || !col.NotNull || f.Default.IsSet() && f.Default.Value != "" {
		return
	}
	if f.Lookup != nil && f.OnMissing == "null" {
		c.errorf(f.Lookup.Pos, CodeNotEmpty, c.say(`write onmissing="keep" or onmissing="reject"`, "write OnMissing keep or OnMissing reject"), "%s.%s may not be empty", out.spec.Table, col.Name)
	}
	if d := c.dataMapOf(f); d != nil && strings.EqualFold(strings.TrimSpace(d.Unknown.Value), "null") {
		c.errorf(d.Unknown.Pos, CodeNotEmpty, c.say(`write unknown="warn", which keeps what is there and says so, or unknown="reject"`, "write warn, which keeps what is there and says so, or reject"), "%s.%s may not be empty: every record with a value that %s does not have is refused", out.spec.Table, col.Name, d.Name.Value)
	}
}

// checkUnfilled finds columns that may not be empty and that no field fills.
func (c *compiler) checkUnfilled(m *ast.Mapping, out *Mapping, columns []Column) {
	if out.spec.Mode == UpdateOnly {
		return
	}
	for _, col := range columns {
		if col.NotNull && !col.Default && !col.ReadOnly && fieldOf(m, col.Name) == nil {
			c.errorf(m.Destination.Pos, CodeNotEmpty, c.say(`add <field destination="`+col.Name+`" source="…"/>`, "add "+col.Name+" = …"), "%s.%s may not be empty, and no field fills it", out.spec.Table, col.Name)
		}
	}
}

// checkSourceColumn finds a field for the column Source, which tells whose the
// row is: the mapping's source fills it.
func (c *compiler) checkSourceColumn(m *ast.Mapping, columns []Column) {
	f := fieldOf(m, "Source")
	if col := columnOf(columns, "Source"); f == nil || col == nil || col.Type != ColumnText {
		return
	}
	word, fixed := "", false
	if s, ok := unwrap(f.Calc).(*ast.String); ok {
		word, fixed = constant(s.Body)
	}
	switch source := m.Destination.Source.Value; {
	case source != "":
		c.errorf(f.Destination.Pos, CodeSourceColumn, "remove the field", "Source says whose a row is, and the mapping fills it already, with %s: a row with another source is taken over anew in every run", source)
	case fixed:
		c.errorf(f.Destination.Pos, CodeSourceColumn, c.say(`remove the field and write source="`+word+`" into the destination`, `remove the line and write Source "`+word+`" behind Map`), "Source says whose a row is, and is no field of a record: leavers and limits are counted by it")
	case len(c.packs()) > 0:
		c.errorf(f.Destination.Pos, CodeSourceColumn, "remove the field", "Source says whose a row is, and the name of the credential pack fills it: a row with another source is taken over anew in every run")
	}
}

// commandOf is the command that a statement calls, on a line of its own or to
// assign its result; nil: none.
func (c *compiler) commandOf(s ast.Stmt) *Command {
	if call := callOf(s); call != nil {
		return c.o.Table.Lookup(call.Name)
	}
	return nil
}

func callOf(s ast.Stmt) *ast.Call {
	switch s := s.(type) {
	case *ast.Command:
		return s.Call
	case *ast.Set:
		if call, ok := s.Value.(*ast.Call); ok {
			return call
		}
	}
	return nil
}

// checkSource compares a source path with the ones that records have been seen
// to have. A custom attribute with a name like a known one is written in
// brackets.
func (c *compiler) checkSource(p *ast.Path) {
	if c.o.Fields == nil {
		return
	}
	for i := range p.Steps {
		if p.Steps[i].Kind != ast.StepKey || p.Steps[i].Quoted {
			return
		}
	}
	for _, known := range c.o.Fields {
		if known == p.Raw || strings.HasPrefix(known, p.Raw+".") || strings.HasPrefix(p.Raw, known+".") {
			return
		}
	}
	parent, name := "", p.Raw
	if i := strings.LastIndexByte(p.Raw, '.'); i >= 0 {
		parent, name = p.Raw[:i+1], p.Raw[i+1:]
	}
	var siblings []string
	for _, known := range c.o.Fields {
		if rest, ok := strings.CutPrefix(known, parent); ok && !strings.Contains(rest, ".") {
			siblings = append(siblings, rest)
		}
	}
	near := lexer.Nearest(name, siblings)
	if d := len(near) - len(name); near != "" && d >= -2 && d <= 2 {
		c.errorf(p.Pos, CodeSourcePath, "did you mean "+parent+near+"? If the field is really called "+name+", write "+parent+"["+name+"]", "no record has the field %s", p.Raw)
		return
	}
	if elsewhere := sameName(name, c.o.Fields); elsewhere != "" && len(siblings) > 0 {
		c.errorf(p.Pos, CodeSourcePath, "did you mean "+elsewhere+"? If there is such a field, write "+parent+"["+name+"]", "no record has the field %s", p.Raw)
		return
	}
	if near := lexer.Nearest(p.Raw, c.o.Fields); near != "" && parent == "" {
		c.errorf(p.Pos, CodeSourcePath, "did you mean "+near+"?", "no record has the field %s", p.Raw)
		return
	}
	for _, known := range c.o.Fields { // email for profile.email
		if strings.HasSuffix(known, "."+p.Raw) {
			c.errorf(p.Pos, CodeSourcePath, "did you mean "+known+"?", "no record has the field %s", p.Raw)
			return
		}
	}
	c.warnf(p.Pos, CodeSourcePath, "run with --limit 10 --test and look whether it is filled", "the field %s was never seen in a recording: where a record lacks it, the column is emptied", p.Raw)
}

// sameName is the one path that ends in a name; empty: none does, or several do,
// or any object may have a field of that name.
func sameName(name string, paths []string) string {
	if slices.Contains([]string{"id", "name", "type", "value", "status", "state"}, squash(name)) {
		return ""
	}
	found := ""
	for _, p := range paths {
		if strings.HasSuffix(p, "."+name) {
			if found != "" {
				return ""
			}
			found = p
		}
	}
	return found
}
