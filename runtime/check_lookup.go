package runtime

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/parser/ast"
)

// checkLookup holds a look-up against the column that it fills and the ones that
// it searches, as the site's schema has them.
func (c *compiler) checkLookup(f *ast.Field, columns []Column) {
	col := columnOf(columns, f.Destination.Value)
	if col == nil {
		return
	}
	l := f.Lookup
	if l == nil {
		if col.Refers != "" && f.Source != nil && !f.DataMap.IsSet() {
			c.errorf(f.Source.Pos, CodeLookup, "add "+c.lookupOf(col.Refers)+c.meant(CodeLookup), "%s is the number of a row, a %s of this site, and no record of another system has that: %s must be looked up", col.Name, col.Refers, f.Source.Raw)
		}
		return
	}
	table, searched, ok := c.o.Schema.Table(l.Table)
	if !ok {
		return
	}
	result := columnOf(searched, l.Result)
	switch {
	case result == nil:
	case col.Refers != "" && FoldName(table+"."+result.Name) != FoldName(col.Refers):
		c.errorf(l.Pos, CodeLookup, "write "+c.lookupOf(col.Refers)+c.meant(CodeLookup), "%s holds a %s, and the look-up gives %s.%s", col.Name, col.Refers, table, result.Name)
	case !takes(col.Type, result.Type):
		c.errorf(l.Pos, CodeLookup, "look up a column that fits; "+columnHint(col), "%s cannot hold what the look-up gives, %s.%s", col.Name, table, result.Name)
	}
	for i, name := range l.Columns {
		if f.Create && i == 0 {
			continue // what is not there is made, so that it is there once
		}
		hint, many := manyAlike(searched, name)
		switch {
		case !many:
		case f.OnMissing == "null":
			c.errorf(l.Pos, CodeLookupShared, hint+c.say(`, or leave onmissing="null" out`, ", or leave OnMissing null out")+c.meant(CodeLookupShared), "several rows of %s may have the same %s: then none is taken, and %s is emptied", table, name, col.Name)
		case idPath(f) != nil && slices.Contains(sharedNames, squash(name)) && !isIDName(name):
			c.errorf(l.Pos, CodeLookupShared, hint+c.meant(CodeLookupShared), "%s is an id, and %s.%s is none: nothing is found by it", idPath(f).Raw, table, name)
		default:
			c.warnf(l.Pos, CodeLookupShared, hint, "several rows of %s may have the same %s: then none is taken, and where only one of them is there, it may be the wrong one", table, name)
		}
	}
	if f.Create {
		for _, x := range searched {
			if x.NotNull && !x.Default && !x.ReadOnly && FoldName(x.Name) != FoldName(l.Columns[0]) {
				c.errorf(l.Pos, CodeLookup, c.say(`remove create="true"`, "remove Create"), "the look-up cannot add a row to %s: its column %s may not be empty", table, x.Name)
			}
		}
	}
}

// idPath is the id that a field looks up: its source, or all that its
// calculation reads. nil: it looks up something else.
func idPath(f *ast.Field) *ast.Path {
	path, only := f.Source, true
	if path == nil && f.Calc != nil {
		fields(f.Calc, func(p *ast.Path) {
			only = only && (path == nil || path.Raw == p.Raw)
			path = p
		})
	}
	if path == nil || !only || !isIDName(lastName(path)) {
		return nil
	}
	return path
}

// isIDName reports whether a name says that it is an id: managerId, user_id.
func isIDName(name string) bool {
	return name == "id" || strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "ID") || strings.HasSuffix(strings.ToLower(name), "_id")
}

// takes reports whether a column takes all values of another.
func takes(to, from ColumnType) bool {
	switch to {
	case from, ColumnText:
		return true
	case ColumnNumber:
		return from == ColumnInteger
	case ColumnDateTime:
		return from == ColumnDate
	}
	return false
}

// lookupOf is the look-up that gives a column, such as Custodian.CustodianID, by
// the columns that tell its rows apart.
func (c *compiler) lookupOf(refers string) string {
	table, result, _ := strings.Cut(refers, ".")
	var by []string
	if _, columns, ok := c.o.Schema.Table(table); ok {
		for _, x := range columns {
			if (x.Unique || x.Indexed) && !x.ReadOnly && x.Refers == "" && FoldName(x.Name) != "source" {
				by = append(by, x.Name)
			}
		}
	}
	if len(by) == 0 {
		by = []string{"…"}
	}
	what, where := result, table+"."+strings.Join(by, ", ")
	return c.say(`lookup="`+what+" from "+where+`"`, "Lookup "+what+" From "+where)
}
