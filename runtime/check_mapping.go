package runtime

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// checkMapping finds what would write the wrong thing into the right table.
func (c *compiler) checkMapping(m *ast.Mapping, out *Mapping, columns []Column) {
	c.checkColumnsOnce(m)
	c.checkKeys(m, out, columns)
	c.checkSwapped(m)
	c.checkBorrowed(m)
	for _, l := range m.Destination.Limits {
		if t := strings.TrimSpace(l.Text.Value); strings.EqualFold(t, "off") || t == "100%" {
			c.warnf(l.Text.Pos, CodeKey, "write a share or a number; to allow a change once: amsx run --allow-once "+l.Name.Value, "the limit %s is off: nothing stops a run that goes wrong there, in this run and every later one", l.Name.Value)
		}
	}
	c.checkActive(m, columns)
	for _, f := range m.Fields {
		if f.Source != nil {
			c.checkSource(f.Source)
		} else {
			c.checkCalc(f)
		}
		c.checkStatus(f)
		c.checkValues(f)
	}
	if out.spec.Mode == InsertGuaranteed && len(out.spec.Key) > 0 {
		c.errorf(m.Destination.Mode.Pos, CodeMode, `use "Insert and Update"`, "Insert Guaranteed adds every record again on every run, and %s is found by %s", out.spec.Table, strings.Join(out.spec.Key, ", "))
	}
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

// Fields that several people may have in common, or that change: no key. An
// address may still find one row to adopt, once, where it is the only one.
var (
	mailNames   = []string{"email", "emailaddress", "mail", "secondemail"}
	sharedNames = []string{"fullname", "displayname", "name", "firstname", "lastname", "givenname", "familyname", "surname", "department", "division", "organization", "company", "costcentre", "costcenter",
		"title", "jobtitle", "phone", "mobile", "mobilephone", "telephone", "location", "city", "country", "countrycode", "manager", "managerid", "status", "active", "usertype"}
)

func shared(name string) bool {
	return slices.Contains(sharedNames, squash(name)) || slices.Contains(mailNames, squash(name))
}

// squash leaves the letters and digits of a name, folded.
func squash(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' {
			return -1
		}
		return r
	}, FoldName(s))
}

// lastName is the last name of a path: email of profile.email.
func lastName(p *ast.Path) string {
	for i := len(p.Steps) - 1; i >= 0; i-- {
		if p.Steps[i].Kind == ast.StepKey {
			return p.Steps[i].Key
		}
	}
	return ""
}

// checkKeys checks the columns by which rows are found.
func (c *compiler) checkKeys(m *ast.Mapping, out *Mapping, columns []Column) {
	d := &m.Destination
	report := c.warnf
	if c.hasLeavers() {
		report = c.errorf
	}
	if len(d.UpdateKey) == 0 && out.spec.Mode != InsertGuaranteed && !c.tree.Document { // the parser reports it for documents
		c.errorf(d.Pos, CodeKey, "name the column that never changes: Key OktaID", "the mapping says not by which column a row of %s is found", out.spec.Table)
	}
	for _, k := range d.UpdateKey {
		var field *ast.Field
		for _, f := range m.Fields {
			if FoldName(f.Destination.Value) == FoldName(k.Value) {
				field = f
			}
		}
		switch {
		case field == nil:
			if columns == nil || c.column(columns, out.spec.Table, k.Value, k.Pos) != nil {
				c.errorf(k.Pos, CodeKey, "add a field for "+k.Value, "rows are found by %s, which no field fills", k.Value)
			}
		case len(d.UpdateKey) > 1 && field.Source != nil && field.Source.Raw == "id":
			report(k.Pos, CodeKey, c.say("write "+k.Value+" alone into updatekey", "write Key "+k.Value), "%s alone is the key: with another column beside it, a person in whom that column changes is not found any more", k.Value)
		case len(d.UpdateKey) > 1 && !slices.ContainsFunc(d.UpdateKey, func(a ast.Attr) bool { return !shared(a.Value) }):
			report(k.Pos, CodeKey, "use the record's id, which never changes", "%s is no key, also not together with the others: all of them change, and two people may share them", k.Value)
		case len(d.UpdateKey) > 1:
		case shared(k.Value):
			report(k.Pos, CodeKey, "use the record's id, which never changes; write "+k.Value+c.say(" into adopt", " behind Adopt")+" to find existing rows once", "%s is no key: two people may share one, and it changes, so one person overwrites another or is added twice", k.Value)
		case field.Source != nil && shared(lastName(field.Source)):
			report(field.Source.Pos, CodeKey, "map the record's id, which never changes", "the key %s is filled from %s, which two people may share and which changes", k.Value, field.Source.Raw)
		}
		if field != nil && field.Source != nil && len(d.UpdateKey) == 1 && !shared(k.Value) && field.Source.Raw != "id" && slices.Contains(c.o.Fields, "id") {
			for _, f := range m.Fields {
				if f.Source != nil && f.Source.Raw == "id" {
					c.warnf(k.Pos, CodeKey, c.say("write "+f.Destination.Value+" into updatekey, and "+k.Value+" into adopt", "write "+f.Destination.Value+" behind Key, and "+k.Value+" behind Adopt"), "%s may change, and then the person is not found: %s is the record's id, which never changes", k.Value, f.Destination.Value)
				}
			}
		}
		if field != nil && field.OnInsert {
			c.errorf(field.Pos, CodeKey, c.say(`remove on="insert"`, "remove On Insert"), "the key %s is needed for every record, not only for new ones", k.Value)
		}
	}
	for _, a := range d.Adopt {
		switch {
		case columns != nil && c.column(columns, out.spec.Table, a.Value, a.Pos) == nil:
		case slices.Contains(sharedNames, squash(a.Value)):
			c.errorf(a.Pos, CodeKey, c.say(`adopt by what one person has alone: adopt="Login, Email"`, "adopt by what one person has alone: Adopt Login, Email"), "two people may share %s, and one would take over the row of the other", a.Value)
		case !slices.ContainsFunc(m.Fields, func(f *ast.Field) bool { return FoldName(f.Destination.Value) == FoldName(a.Value) }):
			c.errorf(a.Pos, CodeKey, "add a field for "+a.Value+", or leave it out of adopt", "rows are adopted by %s, which no field fills", a.Value)
		}
	}
}

// hasLeavers reports whether the script marks leavers.
func (c *compiler) hasLeavers() bool {
	found := false
	c.eachStatement(func(s ast.Stmt) {
		if cmd := c.commandOf(s); cmd != nil && cmd.Role == LeaversRole {
			found = true
		}
	})
	return found
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

// checkSwapped finds two fields that each fill the other's column.
func (c *compiler) checkSwapped(m *ast.Mapping) {
	for i, f := range m.Fields {
		for _, g := range m.Fields[i+1:] {
			if f.Source == nil || g.Source == nil {
				continue
			}
			a, b := squash(f.Destination.Value), squash(g.Destination.Value)
			x, y := squash(lastName(f.Source)), squash(lastName(g.Source))
			if a == b || a == x || b == y || a != y || b != x {
				continue
			}
			c.errorf(g.Source.Pos, CodeSwapped, "write "+g.Source.Raw+" for "+f.Destination.Value+" and "+f.Source.Raw+" for "+g.Destination.Value,
				"%s is filled from %s, and %s (line %d) from %s: they are swapped", g.Destination.Value, g.Source.Raw, f.Destination.Value, f.Pos.Line, f.Source.Raw)
		}
	}
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

// checkCalc finds the constant that lacks its inner quotes.
func (c *compiler) checkCalc(f *ast.Field) {
	e := f.Calc
	for {
		p, ok := e.(*ast.Paren)
		if !ok {
			break
		}
		e = p.X
	}
	if b, ok := e.(*ast.Bare); ok && len(b.Path.Steps) == 1 {
		report := c.errorf
		if c.o.Fields == nil {
			report = c.warnf
		}
		if slices.ContainsFunc(c.o.Fields, func(k string) bool { return k == b.Path.Raw || strings.HasPrefix(k, b.Path.Raw+".") }) {
			return
		}
		report(b.Pos, CodeCalc, "write '"+b.Path.Raw+"' in inner quotes for the text; for the field write "+c.say(`source="`+b.Path.Raw+`"`, "the path that it has in the record"), "%s without quotes reads the field %s of the record", b.Path.Raw, b.Path.Raw)
		return
	}
	fields(e, c.checkSource)
}
