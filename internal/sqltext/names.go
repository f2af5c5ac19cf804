package sqltext

import (
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// name writes a column or table that a value names, as the schema has it. The
// text that is written comes from the schema, never from the value.
func (r *renderer) name(s *slot, v runtime.Value) error {
	if s.use == useDirection {
		switch d := strings.ToUpper(strings.TrimSpace(v.Text())); d {
		case "ASC", "DESC":
			r.sql.WriteString(d)
			return nil
		}
		return r.refuse(s, CodeValue, "give it ASC or DESC", "after a column of ORDER BY it must be ASC or DESC")
	}
	if r.stmt.schema == nil {
		return r.refuse(s, CodeName, "run it on a site", "the columns and tables are not known here")
	}
	if s.use == useTable {
		canonical, _, ok := r.stmt.schema.Table(strings.TrimSpace(v.Text()))
		if !ok {
			return r.refuse(s, CodeName, near(v.Text(), r.stmt.schema.Tables()), "there is no such table in this site")
		}
		r.sql.WriteString(r.t.dialect.quote(canonical))
		return nil
	}
	var names []string
	switch {
	case v.Kind() == runtime.KindList || v.IsArray():
		items, _, err := v.Elements()
		if err != nil {
			return err
		}
		for _, e := range items {
			names = append(names, e.Text())
		}
	case s.use == useColumns || s.use == useOrder:
		names = strings.Split(v.Text(), ",")
		if _, ok := r.find(s, v.Text()); ok {
			names = []string{v.Text()}
		}
	default:
		names = []string{v.Text()}
	}
	if len(names) == 0 || len(names) > 1 && s.use == useColumn {
		return r.refuse(s, CodeName, "give it the name of one column", "one column is wanted here")
	}
	for i, n := range names {
		if i > 0 {
			r.sql.WriteString(", ")
		}
		if err := r.oneColumn(s, n); err != nil {
			return err
		}
	}
	return nil
}

func (r *renderer) oneColumn(s *slot, text string) error {
	text, direction := strings.TrimSpace(text), ""
	col, ok := r.find(s, text)
	if !ok && s.use == useOrder {
		if i := strings.LastIndexByte(text, ' '); i > 0 {
			switch d := strings.ToUpper(text[i+1:]); d {
			case "ASC", "DESC":
				direction = " " + d
				col, ok = r.find(s, strings.TrimSpace(text[:i]))
			}
		}
	}
	if !ok {
		return r.noColumn(s, text)
	}
	r.sql.WriteString(r.t.dialect.quote(col))
	r.sql.WriteString(direction)
	return nil
}

// tables returns the site's tables that the statement reads or writes, those
// that values name among them, by the qualifier of the slot.
func (r *renderer) tables(s *slot) (names []string, columns [][]runtime.Column) {
	list := r.stmt.tables
	for i := range r.stmt.segments {
		if x := r.stmt.segments[i].slot; x != nil && x.use == useTable {
			list = append(list[:len(list):len(list)], table{name: strings.TrimSpace(r.values[x.ref].Text())})
		}
	}
	add := func(name string) {
		if canonical, cols, ok := r.stmt.schema.Table(name); ok {
			names, columns = append(names, canonical), append(columns, cols)
		}
	}
	if s.qualifier != "" {
		for _, t := range list {
			if t.name != "" && (strings.EqualFold(t.alias, s.qualifier) || strings.EqualFold(t.name, s.qualifier)) {
				add(t.name)
			}
		}
		if len(names) > 0 {
			return names, columns
		}
	}
	for _, t := range list {
		if t.name != "" {
			add(t.name)
		}
	}
	return names, columns
}

// find returns the name of a column as the schema has it.
func (r *renderer) find(s *slot, text string) (string, bool) {
	_, columns := r.tables(s)
	for _, cols := range columns {
		if c, ok := columnNamed(cols, strings.TrimSpace(text)); ok {
			return c.Name, true
		}
	}
	return "", false
}

func (r *renderer) noColumn(s *slot, text string) error {
	tables, columns := r.tables(s)
	if len(tables) == 0 {
		return r.refuse(s, CodeName, "write the column's name itself", "it must be a column here, and no table of this statement is known")
	}
	var all []string
	for _, cols := range columns {
		for _, c := range cols {
			all = append(all, c.Name)
		}
	}
	hint := near(text, all)
	if s.use == useColumn {
		hint = strings.TrimPrefix(hint+"; a value goes on the right: Column = %x%", "; ")
	}
	return r.refuse(s, CodeName, hint, "it must be a column of "+strings.Join(tables, ", ")+" here, and there is none of that name")
}

// near is the hint that offers the nearest name.
func near(text string, names []string) string {
	if n := lexer.Nearest(strings.TrimSpace(text), names); n != "" {
		return "did you mean " + n + "?"
	}
	return ""
}
