package parser

import (
	"slices"
	"strconv"
	"strings"

	"github.com/beevik/etree"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

var destinationAttrs = []string{"table", "updatekey", "adopt", "mode", "source", "newest"}

// limits are the fuse's limits, as attributes of a destination: those of the
// site, and the share of records that the script may leave out.
var limits = []string{"deactivate", "null", "key", "update", "insert", "reject", "leftout"}

func (d *document) mapping(e *etree.Element) {
	a := d.attrs(e, true, append(append([]string{"name"}, destinationAttrs...), limits...)...)
	m := &ast.Mapping{Pos: d.at[e].pos, Name: a.get("name")}
	d.nameMapping(m)
	m.Destination = d.destinationOf(a)
	m.Destination.Pos = m.Pos
	d.noText(e)
	first := map[string]ast.Position{}
	for _, c := range d.children(e, true, "field") {
		d.addField(m, first, d.field(c))
	}
	if len(m.Fields) == 0 {
		d.errorf(m.Pos, lexer.CodeEmpty, `write <field destination="Column" source="path"/> in it`, "the mapping has no fields")
	}
	d.t.Mappings = append(d.t.Mappings, m)
}

func (d *document) nameMapping(m *ast.Mapping) {
	if m.Name.IsSet() && !isColumn(m.Name.Value) {
		d.errorf(m.Name.Pos, lexer.CodeValue, "a name is a letter, then letters, digits and _", "\"%s\" is no name of a mapping", m.Name.Value)
	}
	for _, o := range d.t.Mappings {
		if strings.EqualFold(o.Name.Value, m.Name.Value) {
			pos := m.Pos
			if m.Name.IsSet() {
				pos = m.Name.Pos
			}
			d.errorf(pos, lexer.CodeTwice, d.say(`give each mapping its own name: <mapping name="Devices" table="…" updatekey="…">`, "give each Map its own name: Map Devices To … Key …"),
				"a mapping of that name stands in line %d already", o.Pos.Line)
		}
	}
}

// addField adds a field to a mapping unless its column is mapped; first has
// where.
func (d *document) addField(m *ast.Mapping, first map[string]ast.Position, f *ast.Field) {
	key := strings.ToLower(f.Destination.Value)
	if p, twice := first[key]; twice && key != "" {
		d.errorf(f.Destination.Pos, lexer.CodeTwice, "remove one of the two lines", "the column %s is mapped in line %d, column %d already", f.Destination.Value, p.Line, p.Column)
		return
	}
	first[key] = f.Destination.Pos
	m.Fields = append(m.Fields, f)
}

func (d *document) field(e *etree.Element) *ast.Field {
	a := d.attrs(e, true, "destination", "source", "value", "lookup", "create", "onmissing", "datamap", "keep", "on", "required", "default", "track")
	d.noText(e)
	d.children(e, true)
	f := &ast.Field{
		Pos: d.at[e].pos, Destination: d.required(e, a, "destination"),
		Create: d.boolean(a, "create"), Required: d.boolean(a, "required"),
		OnMissing:  d.oneOf(a.get("onmissing"), "onmissing", "keep", "null", "reject"),
		KeepEdited: d.oneOf(a.get("keep"), "keep", "edited") != "",
		OnInsert:   d.oneOf(a.get("on"), "on", "insert") != "",
		NoTrack:    d.oneOf(a.get("track"), "track", "no", "yes") == "no",
		DataMap:    a.get("datamap"), Default: a.get("default"),
	}
	if v := f.Destination; v.Value != "" && !isColumn(v.Value) {
		d.errorf(v.Pos, lexer.CodeValue, "a column is a letter, then letters, digits and _", "\"%s\" is no column", v.Value)
	}
	d.fieldSource(e, a, f)
	if l := a.fragment("lookup"); l != nil {
		f.Lookup = d.lookup(l)
	} else {
		for _, name := range []string{"create", "onmissing"} {
			if v := a.get(name); v.IsSet() {
				d.errorf(v.Pos, lexer.CodeMissing, `write lookup="DepartmentID from Department.DepartmentName"`, "%s without lookup has no effect", name)
			}
		}
	}
	d.checkDataMap(f.DataMap)
	return f
}

// checkDataMap reports a value table that is not there.
func (d *document) checkDataMap(v ast.Attr) {
	if v.IsSet() && !d.named[strings.ToLower(v.Value)] {
		var known []string
		for _, m := range d.t.DataMaps {
			known = append(known, m.Name.Value)
		}
		form := d.say("document", "script")
		d.errorf(v.Pos, lexer.CodeReference, suggestion(v.Value, known, "the "+form+"'s datamaps: "), "there is no datamap \"%s\" in the %s", v.Value, form)
	}
}

func (d *document) fieldSource(e *etree.Element, a attributes, f *ast.Field) {
	src, value := a.get("source"), a.fragment("value")
	switch {
	case !src.IsSet() || strings.TrimSpace(src.Value) == "":
		d.errorf(f.Pos, lexer.CodeMissing, `write source="profile.email", or source="CALC" value="…" for an expression`,
			"the field %s has no source", f.Destination.Value)
	case strings.EqualFold(src.Value, "CALC"):
		if value == nil || strings.TrimSpace(value.Text()) == "" {
			d.errorf(src.Pos, lexer.CodeMissing, `write value="Trim(profile.firstName &amp; ' ' &amp; profile.lastName)"`, "CALC without a value")
			return
		}
		x, errs := ParseExpr(value)
		d.errs = append(d.errs, errs...)
		f.Calc = x
	default:
		if value != nil {
			d.errorf(value.Position(0), lexer.CodeValue, `write source="CALC" for an expression, else remove value`, "value without CALC has no effect")
		}
		f.Source = d.path(a.fragment("source"))
	}
}

// path is the path that an attribute holds.
func (d *document) path(f *lexer.Fragment) *ast.Path {
	text := f.Text()
	lead := len(text) - len(strings.TrimLeft(text, " \t\r\n"))
	text = strings.TrimSpace(text)
	if len(text) > 1 && text[0] == '%' && text[len(text)-1] == '%' {
		d.errorf(f.Position(lead), lexer.CodePath, "write "+text[1:len(text)-1]+": a source is a path in the record", "a source stands without percent signs")
		return nil
	}
	p, err := parsePath(text, func(i int) ast.Position { return f.Position(lead + i) })
	if err != nil {
		d.errs.Add(asDiagnostic(err))
		return nil
	}
	return p
}

const lookupUsage = `write lookup="Result from Table.Column, Column": CustodianID from Custodian.Login, Email`

// lookup reads "CustodianID from Custodian.Login, Email, EmployeeNumber".
func (d *document) lookup(f *lexer.Fragment) *ast.Lookup {
	words := strings.Fields(f.Text())
	l := &ast.Lookup{Pos: f.Position(0)}
	if len(words) < 3 || !strings.EqualFold(words[1], "from") {
		d.errorf(l.Pos, lexer.CodeLookup, lookupUsage, "the lookup \"%s\" cannot be read", f.Text())
		return nil
	}
	l.Result = words[0]
	rest := strings.TrimSpace(f.Text()[strings.Index(f.Text(), words[1])+len(words[1]):])
	table, columns, ok := strings.Cut(rest, ".")
	l.Table = strings.TrimSpace(table)
	if !ok || !isColumn(l.Table) || !isColumn(l.Result) {
		d.errorf(l.Pos, lexer.CodeLookup, lookupUsage, "the lookup \"%s\" names no table and column", f.Text())
		return nil
	}
	for c := range strings.SplitSeq(columns, ",") {
		c = strings.TrimSpace(c)
		if t, column, dotted := strings.Cut(c, "."); dotted && strings.EqualFold(strings.TrimSpace(t), l.Table) {
			c = strings.TrimSpace(column)
		}
		if !isColumn(c) {
			d.errorf(l.Pos, lexer.CodeLookup, lookupUsage, "the lookup has no column \"%s\"", c)
			return nil
		}
		l.Columns = append(l.Columns, c)
	}
	return l
}

func (d *document) destinationOf(a attributes) ast.Destination {
	x := ast.Destination{
		Pos: a.place.pos, Table: a.get("table"), Mode: a.get("mode"), Source: a.get("source"),
		UpdateKey: d.names(a.fragment("updatekey"), "updatekey"), Adopt: d.names(a.fragment("adopt"), "adopt"),
	}
	d.keyed[x.Pos.Offset] = a.fragment("updatekey") != nil || slices.ContainsFunc(a.place.attrs, func(b attrPlace) bool {
		return !slices.Contains(a.known, b.name) && lexer.Nearest(b.name, []string{"updatekey"}) != ""
	})
	if f := a.fragment("newest"); f != nil {
		x.Newest = d.path(f)
	}
	for _, name := range limits {
		if v := a.get(name); v.IsSet() {
			x.Limits = append(x.Limits, ast.Limit{Name: ast.Attr{Pos: v.Pos, Value: name}, Text: v})
		}
	}
	d.checkDestination(&x)
	return x
}

// checkDestination checks what a mapping says of its table.
func (d *document) checkDestination(x *ast.Destination) {
	if m := d.oneOf(x.Mode, "mode", "Insert and Update", "Update Only", "Insert Only", "Insert Guaranteed"); m != "" {
		x.Mode.Value = m
	}
	if v := x.Table; v.IsSet() && !isColumn(v.Value) {
		d.errorf(v.Pos, lexer.CodeValue, "write the name of a table, such as Custodian", "\"%s\" is no table", v.Value)
	}
	if v := x.Source; v.IsSet() && strings.TrimSpace(v.Value) == "" {
		d.errorf(v.Pos, lexer.CodeValue, "write a name for where these rows come from, or remove the "+d.say("attribute", "word Source"), "the source of the destination is empty")
	}
	for _, l := range x.Limits {
		d.limit(l.Name.Value, l.Text)
	}
}

// limit checks one of the fuse's limits: a number of rows, a share, or off.
func (d *document) limit(name string, v ast.Attr) {
	number, percent := strings.CutSuffix(strings.TrimSpace(v.Value), "%")
	as := name + "="
	if d.blocks {
		as = strings.ToUpper(name[:1]) + name[1:] + " "
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	switch {
	case strings.EqualFold(strings.TrimSpace(v.Value), "off"):
	case err != nil || n < 0 || n != n || strings.ContainsAny(number, "eExXpP_+iInN"):
		d.errorf(v.Pos, lexer.CodeValue, `write `+as+`"20%" or `+as+`"500"`, "\"%s\" is no limit", v.Value)
	case percent && n > 100:
		d.errorf(v.Pos, lexer.CodeValue, `write at most `+as+`"100%"`, "%s is more than all rows", v.Value)
	case !percent && n != float64(int64(n)):
		d.errorf(v.Pos, lexer.CodeValue, `write a whole number of rows, or a share such as `+as+`"20%"`, "\"%s\" is no number of rows", v.Value)
	}
}

// destination gives the mappings that name no table the document's
// destination.
func (d *document) destination(e *etree.Element) {
	var x ast.Destination
	if e != nil {
		a := d.attrs(e, true, append(append([]string{}, destinationAttrs...), limits...)...)
		d.noText(e)
		d.children(e, true)
		x = d.destinationOf(a)
		d.required(e, a, "table")
		if len(d.t.Mappings) == 0 {
			d.errorf(x.Pos, lexer.CodeMissing, `write <mapping> with a <field destination="…" source="…"/> for each column`, "the destination has no mapping")
		}
	}
	used := false
	for _, m := range d.t.Mappings {
		switch {
		case m.Destination.Table.IsSet():
		case e == nil:
			d.errorf(m.Pos, lexer.CodeMissing, `write <destination table="Custodian" updatekey="OktaID"/>`, "the mapping has no table to write to")
		case used:
			d.errorf(m.Pos, lexer.CodeMissing, `write <mapping name="…" table="…" updatekey="…">`, "a second mapping without a table would write to the same destination")
		default:
			used = true
			own := m.Destination
			if own.Mode.IsSet() || own.Source.IsSet() || len(own.UpdateKey)+len(own.Adopt)+len(own.Limits) > 0 || own.Newest != nil {
				d.errorf(m.Pos, lexer.CodeValue, "move them to <destination>", "the mapping has attributes of a destination but no table")
			}
			m.Destination = x
		}
	}
	if e != nil && !used && len(d.t.Mappings) > 0 {
		d.errorf(x.Pos, lexer.CodeReference, "remove the destination, or the table of a mapping", "every mapping names its own table: the destination is not used")
	}
}

// checkKeys reports key columns that the mapping does not fill: every row
// would be without key.
func (d *document) checkKeys(m *ast.Mapping) {
	x := &m.Destination
	if !x.Table.IsSet() {
		return // reported
	}
	var columns []string
	for _, f := range m.Fields {
		if f.Destination.Value != "" {
			columns = append(columns, f.Destination.Value)
		}
	}
	mapped := func(c ast.Attr) bool {
		for _, k := range columns {
			if strings.EqualFold(k, c.Value) {
				return true
			}
		}
		return false
	}
	for _, c := range x.UpdateKey {
		if !mapped(c) {
			d.errorf(c.Pos, lexer.CodeReference, suggestion(c.Value, columns, "mapped: "), "the update key %s is not mapped", c.Value)
		}
	}
	for _, c := range x.Adopt {
		if !mapped(c) {
			d.finding(false, c.Pos, lexer.CodeReference, suggestion(c.Value, columns, "mapped: "), "the column %s to adopt by is not mapped: no row is found by it", c.Value)
		}
	}
	if len(x.UpdateKey) == 0 && !d.keyed[x.Pos.Offset] && !strings.EqualFold(x.Mode.Value, "Insert Guaranteed") {
		d.errorf(x.Pos, lexer.CodeMissing, d.say(`write updatekey="OktaID": the column, or columns, that identify a row`, "write Key OktaID: the column, or columns, that identify a row"), "without %s every run would add all rows again", d.say("updatekey", "a key"))
	}
}
