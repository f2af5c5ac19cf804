package builtins

import (
	"fmt"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/internal/csvtext"
	"github.com/amsx-lang/amsx/internal/files"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/runtime"
)

func csvWrite(c *runtime.Call) (runtime.Value, error) {
	f := c.Host().Folder
	if f == nil {
		return runtime.Null(), errNoFolder
	}
	separator, err := runtime.Prepared[byte](c, 2)
	if err != nil {
		return runtime.Null(), err
	}
	if separator == 0 {
		separator = ','
	}
	g, err := newGrid(c.Arg(1), c.List(4))
	if err != nil {
		return runtime.Null(), err
	}
	fields := make([]string, len(g.names))
	for i, n := range g.names {
		fields[i] = csvtext.Harmless(n)
	}
	text := csvtext.AppendRecord(nil, separator, fields)
	for _, row := range g.rows {
		for i := range g.names {
			v, err := g.cell(row, i)
			if err != nil {
				return runtime.Null(), err
			}
			// A number is no formula, also a negative one.
			if fields[i] = v.Text(); !runtime.IsNumber(v) {
				fields[i] = csvtext.Harmless(fields[i])
			}
		}
		if text = csvtext.AppendRecord(text, separator, fields); int64(len(text)) > c.MemoryLimit() {
			return runtime.Null(), tooLarge(c, "the file "+c.Text(0), "write it in several files")
		}
	}
	content, err := files.Encode(string(text), c.Text(3))
	if err == nil {
		err = f.Write(c.Text(0), content)
	}
	if err != nil {
		return runtime.Null(), err
	}
	c.SetRowCount(int64(len(g.rows)))
	return runtime.Int(int64(len(g.rows))), nil
}

// A grid is rows of records as a table has them: with the same columns.
type grid struct {
	names []string
	paths [][]ast.Step // of the names, for Json
	rows  []runtime.Value
}

// newGrid lays out a Table or a list of records. Without columns it has all
// that the records have, in the order in which they come.
func newGrid(v runtime.Value, columns []runtime.Value) (*grid, error) {
	g := &grid{}
	if k := v.Kind(); k == runtime.KindRow || k == runtime.KindJSON && !v.IsArray() {
		v = runtime.List(v)
	}
	var err error
	if g.rows, err = elements(v); err != nil {
		return nil, err
	}
	have, err := namesOf(v, g.rows)
	if err != nil {
		return nil, err
	}
	if columns == nil {
		g.names = have
	}
	for _, col := range columns {
		name := strings.TrimSpace(col.Text())
		// What no row has is a mistake; a path goes into Json.
		if name == "" || len(g.rows) > 0 && !containsFold(have, name) && !strings.ContainsAny(name, ".[") {
			hint := "it has " + strings.Join(have, ", ")
			if near := lexer.Nearest(name, have); near != "" {
				hint = "did you mean " + near + "?"
			}
			return nil, failf(hint, "no row has a column %q", name)
		}
		g.names = append(g.names, name)
	}
	if len(g.names) == 0 {
		return nil, failf("name the columns in the last argument", "there are no rows, so the columns are not known")
	}
	for _, n := range g.names {
		path := []ast.Step{{Key: n, Quoted: true}}
		if len(columns) > 0 {
			if path, err = steps(n); err != nil {
				path = []ast.Step{{Key: n, Quoted: true}} // a name with blanks
			}
		}
		g.paths = append(g.paths, path)
	}
	return g, nil
}

// namesOf are the names of all columns.
func namesOf(v runtime.Value, rows []runtime.Value) ([]string, error) {
	if v.Kind() == runtime.KindTable {
		return v.Columns().Names(), nil
	}
	var names []string
	seen := map[string]bool{}
	add := func(n string) {
		if k := runtime.FoldName(n); !seen[k] {
			seen[k] = true
			names = append(names, n)
		}
	}
	var last *runtime.Columns
	for i, r := range rows {
		switch {
		case r.Kind() == runtime.KindRow:
			if r.Columns() != last { // of many rows read from one place
				last = r.Columns()
				for _, n := range last.Names() {
					add(n)
				}
			}
		case r.Kind() == runtime.KindJSON && !r.IsArray():
			if err := r.EachMember(func(n string, _ runtime.Value) bool { add(n); return true }); err != nil {
				return nil, err
			}
		default:
			return nil, failf("give a Table, or a List of Rows or of Json objects", "element %d is a %s, and has no columns", i+1, r.Kind())
		}
	}
	return slices.Clip(names), nil
}

// cell is one value of a row; Null where the row does not have it.
func (g *grid) cell(row runtime.Value, i int) (runtime.Value, error) {
	if row.Kind() == runtime.KindRow {
		if v, ok := row.Field(g.names[i]); ok {
			return v, nil
		}
	}
	v, err := runtime.Get(row, g.paths[i])
	if err != nil {
		return v, fmt.Errorf("%s: %w", g.names[i], err)
	}
	return v, nil
}
