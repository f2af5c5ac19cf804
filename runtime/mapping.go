package runtime

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// A Mapping is the plan by which a record becomes a row: one field a column of
// its TargetSpec. It is immutable.
type Mapping struct {
	spec   TargetSpec
	index  int // in the program
	fields []field
	newest int // slot of the Projection; -1: none
	proj   *Projection
}

// Spec is what the mapping asks of the site. Source is empty where the document
// names none: a run then writes the name of the first credential pack that it
// opened.
func (m *Mapping) Spec() TargetSpec {
	s := m.spec
	s.Columns = slices.Clone(s.Columns)
	return s
}

// A field is the plan of one column.
type field struct {
	name     string // of the column
	read     func(in *Interp) (Value, error)
	steps    []ast.Step // of a plain source; nil: CALC
	slot     int        // of a plain source in the Projection
	dataMap  *dataMap
	def      Value // empty: none
	required bool
	key      bool
	convert  func(v Value) (Value, error) // nil: the site decides
	paths    []int                        // every slot that it reads, for Raw
}

// A dataMap translates values; its keys are folded.
type dataMap struct {
	name    string
	values  map[string]Value
	unknown unknownMode
	other   Value // unknownDefault
}

type unknownMode uint8

const (
	unknownKeep unknownMode = iota
	unknownNull
	unknownReject
	unknownWarn
	unknownDefault
)

var modes = []string{"Insert and Update", "Update Only", "Insert Only", "Insert Guaranteed"}

// compileMappings compiles the mappings of the document.
func (c *compiler) compileMappings() {
	for _, f := range c.files {
		c.enter(f.main)
		for _, m := range f.tree.Mappings {
			x := c.compileMapping(len(c.prog.mappings), m)
			f.mappings = append(f.mappings, x)
			c.prog.mappings = append(c.prog.mappings, x)
		}
	}
}

func (c *compiler) compileMapping(index int, m *ast.Mapping) *Mapping {
	d := &m.Destination
	out := &Mapping{index: index, newest: -1, proj: c.proj, spec: TargetSpec{
		Name: m.Name.Value, Table: d.Table.Value, Source: d.Source.Value, Pos: d.Pos, Key: attrTexts(d.UpdateKey), Adopt: attrTexts(d.Adopt),
	}}
	s := &out.spec
	if d.Mode.IsSet() && d.Mode.Value != "" {
		i := slices.IndexFunc(modes, func(w string) bool { return strings.EqualFold(w, strings.TrimSpace(d.Mode.Value)) })
		s.Mode = Mode(max(i, 0)) // the parser reports any other word
	}
	for _, l := range d.Limits {
		if s.Limits == nil {
			s.Limits = map[string]string{}
		}
		s.Limits[l.Name.Value] = l.Text.Value
	}
	if d.Newest != nil {
		out.newest, s.HasNewest = c.proj.Slot(d.Newest.Steps), true
	}
	columns := c.table(out, d)
	for _, f := range m.Fields {
		c.compileField(out, f, columns)
	}
	c.checkMapping(m, out, columns)
	return out
}

// table finds the columns of the mapping's table; nil: they are not known.
func (c *compiler) table(m *Mapping, d *ast.Destination) []Column {
	if d.Table.Value == "" {
		c.errorf(d.Pos, CodeUnknownColumn, c.say(`name it: <destination table="Custodian" …/>`, "name it: Map … To Custodian"), "the mapping names no table")
		return nil
	}
	if c.o.Schema == nil {
		return nil
	}
	name, columns, ok := c.o.Schema.Table(d.Table.Value)
	if !ok {
		c.unknownTable(d.Table.Pos, d.Table.Value)
		return nil
	}
	m.spec.Table = name
	return columns
}

func (c *compiler) unknownTable(pos lexer.Position, name string) {
	hint := "the site has " + strings.Join(c.o.Schema.Tables(), ", ")
	if near := lexer.Nearest(name, c.o.Schema.Tables()); near != "" {
		hint = "did you mean " + near + "?"
	}
	c.errorf(pos, CodeUnknownColumn, hint, "the site has no table %s", name)
	c.list.MendLast(pos, name, lexer.OnlyNear(name, c.o.Schema.Tables()))
}

// column finds a column by any case of its name, and says when there is none.
func (c *compiler) column(columns []Column, table, name string, pos lexer.Position) *Column {
	for i := range columns {
		if EqualFold(columns[i].Name, name) {
			return &columns[i]
		}
	}
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].Name
	}
	hint := "add it to the table first: AddCustomField \"" + table + "\", \"" + name + "\", \"Text\""
	if near := lexer.Nearest(name, names); near != "" {
		hint = "did you mean " + near + "?"
	}
	c.errorf(pos, CodeUnknownColumn, hint, "the table %s has no column %s", table, name)
	c.list.MendLast(pos, name, lexer.OnlyNear(name, names))
	return nil
}

func (c *compiler) compileField(m *Mapping, f *ast.Field, columns []Column) {
	name := f.Destination.Value
	out := field{name: name, slot: -1, required: f.Required}
	spec := TargetColumn{Name: name, KeepEdited: f.KeepEdited, OnInsert: f.OnInsert, Required: f.Required, NoTrack: f.NoTrack, Pos: f.Pos}
	var column *Column
	if columns != nil {
		if column = c.column(columns, m.spec.Table, name, f.Destination.Pos); column != nil {
			out.name, spec.Name = column.Name, column.Name
			if column.ReadOnly {
				c.errorf(f.Destination.Pos, CodeUnknownColumn, "map another column", "%s.%s is kept by amsx and cannot be mapped", m.spec.Table, column.Name)
			}
		}
	}
	out.key = slices.ContainsFunc(m.spec.Key, func(k string) bool { return FoldName(k) == FoldName(name) })
	if f.Source != nil {
		spec.Path = f.Source.Raw
		x := c.recordPath(f.Source)
		out.read, out.steps, out.slot = x.eval, f.Source.Steps, c.proj.Slot(f.Source.Steps)
		out.paths = []int{out.slot}
	} else {
		c.calc = true
		x := c.expr(f.Calc)
		c.calc = false
		out.read = x.eval
		fields(f.Calc, func(p *ast.Path) {
			out.paths = append(out.paths, c.proj.Slot(p.Steps))
			if spec.Path != "" {
				spec.Path += ", "
			}
			spec.Path += p.Raw
		})
		spec.Path = "CALC " + spec.Path
	}
	if f.Lookup != nil {
		spec.Lookup = c.lookup(f)
	} else if column != nil {
		out.convert = columnConverter(column)
	}
	if f.DataMap.IsSet() && f.DataMap.Value != "" {
		out.dataMap = c.dataMap(f, m, column)
	}
	if f.Default.IsSet() && f.Default.Value != "" {
		out.def = Text(f.Default.Value)
		if out.convert != nil {
			if _, err := out.convert(out.def); err != nil {
				c.errorf(f.Default.Pos, CodeDataMap, "", "the default of %s: %v", name, err)
			}
		}
	}
	m.fields = append(m.fields, out)
	m.spec.Columns = append(m.spec.Columns, spec)
}

// recordPath reads a path of the record that is mapped.
func (c *compiler) recordPath(p *ast.Path) compiled {
	k, proj := c.proj.Slot(p.Steps), c.proj
	pos := p.Pos
	if k < 0 {
		panic("runtime: a path of a mapping was not collected: " + p.Raw)
	}
	return value(func(in *Interp) (Value, error) {
		v, err := proj.Get(in.rec, k)
		if err != nil {
			return Value{}, in.errorAt(pos, err)
		}
		return v, nil
	})
}

func (c *compiler) lookup(f *ast.Field) *LookupSpec {
	l := f.Lookup
	out := &LookupSpec{Result: l.Result, Table: l.Table, Columns: l.Columns, Create: f.Create, OnMissing: f.OnMissing}
	if out.OnMissing == "" {
		out.OnMissing = "keep"
	}
	if c.o.Schema == nil {
		return out
	}
	table, columns, ok := c.o.Schema.Table(l.Table)
	if !ok {
		c.unknownTable(l.Pos, l.Table)
		return out
	}
	out.Table = table
	for _, name := range append([]string{l.Result}, l.Columns...) {
		c.column(columns, table, name, l.Pos)
	}
	return out
}

// dataMapOf is the value table that a field names; nil: it names none, or one
// that is not there.
func (c *compiler) dataMapOf(f *ast.Field) *ast.DataMap {
	for _, d := range c.tree.DataMaps {
		if f.DataMap.IsSet() && FoldName(d.Name.Value) == FoldName(f.DataMap.Value) {
			return d
		}
	}
	return nil
}

// dataMap compiles the value table of a field. Its values are converted to the
// column's type once.
func (c *compiler) dataMap(f *ast.Field, m *Mapping, column *Column) *dataMap {
	d := c.dataMapOf(f)
	if d == nil {
		var names []string
		for _, d := range c.tree.DataMaps {
			names = append(names, d.Name.Value)
		}
		hint := "add a datamap of that name"
		if near := lexer.Nearest(f.DataMap.Value, names); near != "" {
			hint = "did you mean " + near + "?"
		}
		c.errorf(f.DataMap.Pos, CodeDataMap, hint, "there is no datamap %s", f.DataMap.Value)
		return nil
	}
	out := &dataMap{name: d.Name.Value, values: make(map[string]Value, len(d.Values))}
	convert := func(v Value) (Value, error) { return v, nil }
	if column != nil && f.Lookup == nil {
		convert = columnConverter(column)
	}
	for _, v := range d.Values {
		x, err := convert(Text(v.To.Value))
		if err != nil {
			c.errorf(v.To.Pos, CodeDataMap, columnHint(column), "%s.%s cannot hold \"%s\": %v", m.spec.Table, column.Name, v.To.Value, err)
			continue
		}
		k := FoldText(v.From.Value)
		if _, twice := out.values[k]; twice {
			c.errorf(v.From.Pos, CodeDataMap, "remove one of the two", "the datamap %s has \"%s\" twice", d.Name.Value, v.From.Value)
		}
		out.values[k] = x
	}
	mode := strings.TrimSpace(d.Unknown.Value)
	switch word, rest, colon := strings.Cut(mode, ":"); {
	case mode == "" || strings.EqualFold(mode, "keep"):
	case strings.EqualFold(mode, "null"):
		out.unknown = unknownNull
	case strings.EqualFold(mode, "reject"):
		out.unknown = unknownReject
	case strings.EqualFold(mode, "warn"):
		out.unknown = unknownWarn
	case colon && strings.EqualFold(strings.TrimSpace(word), "default"):
		x, err := convert(Text(strings.TrimSpace(rest)))
		if err != nil {
			c.errorf(d.Unknown.Pos, CodeDataMap, columnHint(column), "%s.%s cannot hold \"%s\": %v", m.spec.Table, column.Name, rest, err)
		}
		out.unknown, out.other = unknownDefault, x
	} // the parser reports any other word
	return out
}

func attrTexts(attrs []ast.Attr) []string {
	var out []string
	for _, a := range attrs {
		out = append(out, a.Value)
	}
	return out
}

// columnHint says what a column takes.
func columnHint(col *Column) string {
	if col == nil {
		return ""
	}
	switch col.Type {
	case ColumnBoolean:
		return "write True or False"
	case ColumnInteger, ColumnNumber:
		return "write a number"
	case ColumnDate, ColumnDateTime:
		return "write a date as 2026-01-31"
	}
	return ""
}

// columnConverter brings a value to what a column holds. Empty text is Null.
func columnConverter(col *Column) func(v Value) (Value, error) {
	switch col.Type {
	case ColumnInteger:
		return func(v Value) (Value, error) {
			n, err := ToNumber(v)
			if err != nil || n.IsNull() {
				return n, err
			}
			if _, ok := n.Int64(); !ok {
				return Value{}, fmt.Errorf("%s is not a whole number", shown(v))
			}
			return n, nil
		}
	case ColumnNumber:
		return ToNumber
	case ColumnBoolean:
		return ToBool
	case ColumnDate:
		return func(v Value) (Value, error) {
			d, err := ToDate(v)
			if err == nil && d.kind == KindDateTime {
				d = Date(d.Time())
			}
			return d, err
		}
	case ColumnDateTime:
		return func(v Value) (Value, error) {
			d, err := ToDate(v)
			if err == nil && d.kind == KindDate {
				d = DateTime(d.Time())
			}
			return d, err
		}
	}
	size := col.Size
	return func(v Value) (Value, error) {
		switch v.kind {
		case KindNull:
			return v, nil
		case KindText:
		case KindJSON:
			items, ok, err := v.Elements()
			if err != nil {
				return Value{}, err
			}
			if !ok {
				return Value{}, fmt.Errorf("it is an object, %s, and no text; map one of its fields", shown(v))
			}
			v = List(items...).WithTaint(v.taint)
			fallthrough
		default:
			v = Text(v.Text()).WithTaint(v.taint)
		}
		if v.num == 0 {
			return Value{}, nil
		}
		if size > 0 && int(v.num) > size {
			if n := utf8.RuneCountInString(v.raw()); n > size {
				return Value{}, fmt.Errorf("the text has %d characters, the column holds %d", n, size)
			}
		}
		return v, nil
	}
}
