package runtime

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// Fields that several people may have in common, or that change: no key. An
// address may still find one row to adopt, once, where it is the only one.
var (
	mailNames   = []string{"email", "emailaddress", "mail", "secondemail"}
	sharedNames = []string{"fullname", "displayname", "name", "firstname", "lastname", "givenname", "familyname", "surname", "department", "division", "organization", "company", "costcentre", "costcenter",
		"title", "jobtitle", "phone", "mobile", "mobilephone", "telephone", "location", "city", "country", "countrycode", "manager", "managerid", "status", "active", "usertype"}
)

// labelNames are columns whose labels are made so that each is there once,
// whatever the site's schema says of them.
var labelNames = []string{"assettag", "assetnumber", "barcode", "inventorynumber"}

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

// fieldOf is the field that fills a column; nil: none does.
func fieldOf(m *ast.Mapping, column string) *ast.Field {
	for i := len(m.Fields) - 1; i >= 0; i-- {
		if FoldName(m.Fields[i].Destination.Value) == FoldName(column) {
			return m.Fields[i]
		}
	}
	return nil
}

// columnOf is the column of that name; nil: there is none, or nothing is known
// of the table.
func columnOf(columns []Column, name string) *Column {
	for i := range columns {
		if EqualFold(columns[i].Name, name) {
			return &columns[i]
		}
	}
	return nil
}

// checkKeys checks the columns by which rows are found.
func (c *compiler) checkKeys(m *ast.Mapping, out *Mapping, columns []Column) {
	d := &m.Destination
	if len(d.UpdateKey) == 0 && out.spec.Mode != InsertGuaranteed && !c.tree.Document { // the parser reports it for documents
		c.errorf(d.Pos, CodeKey, "name the column that never changes: Key OktaID", "the mapping says not by which column a row of %s is found", out.spec.Table)
	}
	for _, k := range d.UpdateKey {
		field := fieldOf(m, k.Value)
		if field == nil {
			if columns == nil || c.column(columns, out.spec.Table, k.Value, k.Pos) != nil {
				c.errorf(k.Pos, CodeKey, "add a field for "+k.Value, "rows are found by %s, which no field fills", k.Value)
			}
			continue
		}
		if len(d.UpdateKey) == 1 {
			c.checkOnlyKey(m, k, field, out.spec.Table, columns)
		} else {
			c.checkJointKey(d, k, field)
		}
		if field.OnInsert {
			c.errorf(field.Pos, CodeKey, c.say(`remove on="insert"`, "remove On Insert"), "the key %s is needed for every record, not only for new ones", k.Value)
		}
		if field.Lookup != nil {
			c.errorf(field.Lookup.Pos, CodeKey, "take a key that the record itself has, its id", "the key %s is filled by a look-up, which other rows of the site decide", k.Value)
		}
	}
	c.checkKeyVaries(m)
	c.checkAdopt(m, out, columns)
}

// reportKey is a warning where a wrong key duplicates rows, and an error where
// it makes people leavers, too.
func (c *compiler) reportKey() func(pos lexer.Position, code, hint, format string, args ...any) {
	if c.hasLeavers() {
		return c.errorf
	}
	return c.warnf
}

// checkJointKey checks one column of a key of several.
func (c *compiler) checkJointKey(d *ast.Destination, k ast.Attr, field *ast.Field) {
	report := c.reportKey()
	switch {
	case field.Source != nil && field.Source.Raw == "id":
		report(k.Pos, CodeKey, c.say("write "+k.Value+" alone into updatekey", "write Key "+k.Value), "%s alone is the key: with another column beside it, a person in whom that column changes is not found any more", k.Value)
	case !slices.ContainsFunc(d.UpdateKey, func(a ast.Attr) bool { return !shared(a.Value) }):
		report(k.Pos, CodeKey, "use the record's id, which never changes", "%s is no key, also not together with the others: all of them change, and two people may share them", k.Value)
	}
}

// checkOnlyKey checks a column that is the whole key.
func (c *compiler) checkOnlyKey(m *ast.Mapping, k ast.Attr, field *ast.Field, table string, columns []Column) {
	report := c.reportKey()
	hint, many := manyAlike(columns, k.Value)
	if many {
		report = c.errorf
	}
	col := columnOf(columns, k.Value)
	switch {
	case slices.Contains(sharedNames, squash(k.Value)) && col != nil && col.Unique: // what tells the rows of that table apart: the country of a table of countries
	case shared(k.Value):
		report(k.Pos, CodeKey, "use the record's id, which never changes; write "+k.Value+c.say(" into adopt", " behind Adopt")+" to find existing rows once", "%s is no key: two people may share one, and it changes, so one person overwrites another or is added twice", k.Value)
	case many:
		c.errorf(k.Pos, CodeKeyShared, hint+c.meant(CodeKeyShared), "rows are found by %s, which many rows of %s may have in common: all records with one %s become one row", k.Value, table, k.Value)
	case field.Source != nil && shared(lastName(field.Source)) && !strings.Contains(squash(k.Value), squash(lastName(field.Source))): // DepartmentName is what departments are found by
		c.reportKey()(field.Source.Pos, CodeKey, "map the record's id, which never changes", "the key %s is filled from %s, which two people may share and which changes", k.Value, field.Source.Raw)
	}
	if field.Default.IsSet() && field.Default.Value != "" {
		c.errorf(field.Default.Pos, CodeKey, c.say(`remove it; required="true" refuses a record without one`, "remove it; Required refuses a record without one"), "every record without %s would get the key %s, so all of them become one row", k.Value, field.Default.Value)
	}
	if field.Source == nil || field.Lookup != nil || shared(k.Value) || field.Source.Raw == "id" || !slices.Contains(c.o.Fields, "id") {
		return
	}
	name := lastName(field.Source)
	if own := columnOf(columns, name); own != nil && squash(own.Name) != squash(k.Value) && strings.HasSuffix(squash(k.Value), "id") && !strings.HasSuffix(squash(name), "id") {
		c.errorf(field.Source.Pos, CodeKey, "write id for "+k.Value, "the key %s is filled from %s, which has a column of its own, %s; the record's id is id", k.Value, field.Source.Raw, own.Name)
		return
	}
	for _, f := range m.Fields {
		if f.Source != nil && f.Source.Raw == "id" {
			c.warnf(k.Pos, CodeKey, c.say("write "+f.Destination.Value+" into updatekey, and "+k.Value+" into adopt", "write "+f.Destination.Value+" behind Key, and "+k.Value+" behind Adopt"), "%s may change, and then the person is not found: %s is the record's id, which never changes", k.Value, f.Destination.Value)
		}
	}
}

// manyAlike reports whether many rows of a table may have the same in a column,
// as the site's schema says it, and which columns to take instead. A table of
// which no column is unique says nothing.
func manyAlike(columns []Column, name string) (hint string, many bool) {
	col := columnOf(columns, name)
	if col == nil || col.Unique || slices.Contains(labelNames, squash(name)) {
		return "", false
	}
	var unique, indexed []string
	for i := range columns {
		switch x := &columns[i]; {
		case x.ReadOnly || x.Refers != "" || FoldName(x.Name) == "source":
		case x.Unique:
			unique = append(unique, x.Name)
		case x.Indexed:
			indexed = append(indexed, x.Name)
		}
	}
	if len(unique) == 0 || col.Indexed && col.Refers == "" {
		return "", false
	}
	hint = "take a column that is unique: " + strings.Join(unique, ", ")
	if len(indexed) > 0 {
		hint += "; or one that tells rows apart: " + strings.Join(indexed, ", ")
	}
	return hint, true
}

// checkKeyVaries finds a key that is the same for every record.
func (c *compiler) checkKeyVaries(m *ast.Mapping) {
	var first *ast.Field
	for _, k := range m.Destination.UpdateKey {
		f := fieldOf(m, k.Value)
		if f == nil || f.Calc == nil || !readsNothing(f.Calc) {
			return
		}
		if first == nil {
			first = f
		}
	}
	if first != nil {
		c.errorf(first.Calc.Start(), CodeKey, c.say(`write source="id", or the path of what tells the records apart`, "write the path of what tells the records apart: "+first.Destination.Value+" = id"), "the key %s reads nothing of the record, so no record can be told from another", first.Destination.Value)
	}
}

// readsNothing reports whether a calculation reads neither the record nor a
// variable.
func readsNothing(e ast.Expr) bool {
	nothing := true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Var, *ast.Bare, *ast.Omitted: // an Omitted stands for what could not be read
			nothing = false
		case *ast.Template:
			for _, p := range n.Parts {
				nothing = nothing && p.Ref == nil
			}
		}
		return nothing
	})
	return nothing
}

// checkAdopt checks the columns by which a row without a key is found once.
func (c *compiler) checkAdopt(m *ast.Mapping, out *Mapping, columns []Column) {
	for _, a := range m.Destination.Adopt {
		switch {
		case columns != nil && c.column(columns, out.spec.Table, a.Value, a.Pos) == nil:
		case slices.Contains(sharedNames, squash(a.Value)):
			c.errorf(a.Pos, CodeKey, c.say(`adopt by what one person has alone: adopt="Login, Email"`, "adopt by what one person has alone: Adopt Login, Email"), "two people may share %s, and one would take over the row of the other", a.Value)
		case fieldOf(m, a.Value) == nil:
			c.errorf(a.Pos, CodeKey, "add a field for "+a.Value+", or leave it out of adopt", "rows are adopted by %s, which no field fills", a.Value)
		}
	}
}
