package ast

import (
	"fmt"
	"strings"
)

// DumpTransformation is what a document declares as text, a line for each
// parameter, field and value; the script is left to Dump.
func DumpTransformation(t *Transformation) string {
	d := dumper{}
	d.attr("transformation", t.Name)
	d.attr("layer", t.Layer)
	d.attr("description", t.Description)
	d.attr("menu", t.Menu)
	for _, p := range t.Parameters {
		d.head(p.Pos, 0, "parameter "+p.Name.Value)
		d.option("type", p.Type)
		d.option("default", p.Default)
		d.flag("required", p.Required)
		d.printf(" %q\n", p.Description)
	}
	for _, m := range t.Mappings {
		d.mapping(m)
	}
	for _, m := range t.DataMaps {
		d.head(m.Pos, 0, "datamap "+m.Name.Value)
		d.option("unknown", m.Unknown)
		d.WriteByte('\n')
		for _, v := range m.Values {
			d.head(v.Pos, 1, fmt.Sprintf("%q -> %q\n", v.From.Value, v.To.Value))
		}
	}
	if s := t.Schedule; s != nil {
		d.head(s.Pos, 0, "schedule")
		d.flag("enabled", s.Enabled)
		for _, w := range []string{s.Frequency, s.Time, s.Weekday, s.Day, s.Cron, s.Timezone, s.Missed} {
			d.word(w)
		}
		d.WriteByte('\n')
	}
	return d.String()
}

func (d *dumper) mapping(m *Mapping) {
	d.head(m.Pos, 0, "mapping")
	d.destination(m)
	d.WriteByte('\n')
	for _, f := range m.Fields {
		d.field(f)
	}
}

// destination is what a mapping says of its table.
func (d *dumper) destination(m *Mapping) {
	d.word(m.Name.Value)
	x := &m.Destination
	d.printf(" to %s@%d:%d key %s", x.Table.Value, x.Table.Pos.Line, x.Table.Pos.Column, names(x.UpdateKey))
	if len(x.Adopt) > 0 {
		d.printf(" adopt %s", names(x.Adopt))
	}
	d.option("mode", x.Mode)
	d.option("source", x.Source)
	if x.Newest != nil {
		d.WriteString(" newest=")
		d.path(x.Newest)
	}
	for _, l := range x.Limits {
		d.option(l.Name.Value, l.Text)
	}
}

func (d *dumper) field(f *Field) {
	d.head(f.Pos, 1, "")
	d.fieldText(f)
	d.WriteByte('\n')
}

func (d *dumper) fieldText(f *Field) {
	d.WriteString(f.Destination.Value + " <- ")
	if f.Calc != nil {
		d.expr(f.Calc)
	} else {
		d.path(f.Source)
	}
	if l := f.Lookup; l != nil {
		d.printf(" lookup %s from %s by %s", l.Result, l.Table, strings.Join(l.Columns, ", "))
	}
	d.flag("create", f.Create)
	d.word(f.OnMissing)
	d.option("datamap", f.DataMap)
	d.flag("keep", f.KeepEdited)
	d.flag("on-insert", f.OnInsert)
	d.flag("required", f.Required)
	d.option("default", f.Default)
	d.flag("no-track", f.NoTrack)
}

// attr is a line of its own.
func (d *dumper) attr(name string, a Attr) {
	if a.IsSet() {
		d.head(a.Pos, 0, fmt.Sprintf("%s %q\n", name, a.Value))
	}
}

// option goes on the line, when it is given.
func (d *dumper) option(name string, a Attr) {
	if a.IsSet() {
		d.printf(" %s=%q", name, a.Value)
	}
}

func (d *dumper) flag(name string, set bool) {
	if set {
		d.word(name)
	}
}

func names(list []Attr) string {
	var out []string
	for _, a := range list {
		out = append(out, fmt.Sprintf("%s@%d:%d", a.Value, a.Pos.Line, a.Pos.Column))
	}
	return strings.Join(out, ", ")
}
