package builtins

import (
	"errors"
	"io"

	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/runtime"
)

func dataFunctions() []*runtime.Command {
	return []*runtime.Command{
		{
			Name: "Json", Group: "Data", Summary: "Reads JSON text, or a part of it.", Result: "the Json value; Null for Null and empty text, and where the path is not there", Function: true, Statement: true,
			Doc: "As the source of ForEach it gives the elements of the array.",
			Params: []runtime.Param{required("text", runtime.AnyParam, "JSON text, or a Json value"),
				as(optional("path", runtime.PathParam, `what to read in it, such as "data.items"`), steps)},
			Errors:   []string{"the text is no JSON"},
			Examples: []runtime.Example{shows(`Json("{""user"":{""id"":7}}", "user.id")`, "7"), script("ForEach x In Json \"[1, 2]\"\n  Log \"info\", %x%\nEndEach\n", "1\n2\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				v := c.Arg(0)
				if v.Kind() == runtime.KindText {
					if v.Text() == "" {
						return runtime.Null(), nil
					}
					x, err := runtime.ParseJSON(v.Text())
					if err != nil {
						return runtime.Null(), err
					}
					v = x.WithTaint(v.Taint())
				}
				path, err := runtime.Prepared[[]ast.Step](c, 1)
				if err != nil || path == nil {
					return v, err
				}
				return runtime.Get(v, path)
			},
		},
		{
			Name: "ToJson", Group: "Data", Summary: "Writes a value as JSON text.", Result: "a text", Function: true,
			Params: []runtime.Param{required("value", runtime.AnyParam, "the value")}, Examples: []runtime.Example{shows(`ToJson(Row("name", "Zoë ""Z""", "ids", List(1, 2)))`, `{"name":"Zoë \"Z\"","ids":[1,2]}`)},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				return runtime.Text(string(runtime.AppendJSON(nil, c.Arg(0)))), nil
			},
		},
		{
			Name: "Lookup", Group: "Data", Summary: "Finds the one row of a table that has a value in a column.", Doc: "It sees what this run has upserted so far.",
			Result: "the value of the result column; Null when there is no such row, or several", Function: true, Effects: runtime.ReadsDB,
			Params: []runtime.Param{required("table", runtime.TextParam, "the table"), required("column", runtime.TextParam, "the column to look in"),
				required("value", runtime.AnyParam, "the value to look for"), optional("result", runtime.TextParam, "the column to give; without it the table's id, such as CustodianID")},
			Errors:   []string{"there is no such table or column"},
			Examples: []runtime.Example{shows(`Lookup("Department", "DepartmentName", "Sales", "DepartmentID")`, "1")},
			Check:    checkLookup,
			Run: func(c *runtime.Call) (runtime.Value, error) {
				site := c.Host().Site
				if site == nil {
					return runtime.Null(), errNoSite
				}
				if c.Arg(2).IsNull() {
					return runtime.Null(), nil
				}
				result := c.Text(3)
				if result == "" {
					result = c.Text(0) + "ID"
				}
				return site.Lookup(c.Context(), c.Text(0), c.Text(1), c.Arg(2), result)
			},
		},
		{
			Name: "Exists", Group: "Data", Summary: "Tells whether a SELECT finds a row.", Result: "a Boolean", Function: true, Effects: runtime.ReadsDB,
			Params:   []runtime.Param{{Name: "statement", Type: runtime.SQLParam, Doc: "a SELECT", Reads: true}},
			Errors:   []string{"the database refuses the statement"},
			Examples: []runtime.Example{shows(`Exists("SELECT 1 FROM Department WHERE DepartmentName = 'Sales'")`, "True")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				cur, err := open(c, 0)
				if err != nil {
					return runtime.Null(), err
				}
				_, err = cur.Next(c.Context())
				if errors.Is(err, io.EOF) {
					return runtime.Bool(false), cur.Close()
				}
				return runtime.Bool(err == nil), errors.Join(err, cur.Close())
			},
		},
	}
}

// checkLookup finds unknown tables and columns before a run.
func checkLookup(c *runtime.CheckedCall) {
	if c.Schema == nil {
		return
	}
	table, pos, ok := c.Literal(0)
	if !ok {
		return
	}
	canonical, columns, ok := c.Schema.Table(table)
	if !ok {
		c.List.Errorf(pos, CodeTable, nearHint(table, c.Schema.Tables()), "there is no table %s", table)
		return
	}
	var names []string
	for _, col := range columns {
		names = append(names, col.Name)
	}
	for _, i := range []int{1, 3} {
		name, pos, ok := c.Literal(i)
		if ok && name != "" && !containsFold(names, name) {
			c.List.Errorf(pos, CodeColumn, nearHint(name, names), "%s has no column %s", canonical, name)
		}
	}
}
