package builtins

import (
	"html"

	"github.com/amsx-lang/amsx/runtime"
)

func htmlFunctions() []*runtime.Command {
	return []*runtime.Command{{
		Name: "ToHtml", Group: "Data", Summary: "Writes rows as a table in HTML, for mails and pages.", Doc: "Texts are encoded: what is in a value never becomes markup.", Result: "a text", Function: true,
		Params: []runtime.Param{required("rows", runtime.AnyParam, "a Table, a List of Rows or of Json objects, or a Json array"),
			optional("columns", runtime.ListParam, `which columns, in their order; of Json also paths, such as "profile.email"; without it all that the rows have`)},
		Errors: []string{"a row has no such column"},
		Examples: []runtime.Example{shows(`ToHtml(SqlTable("SELECT DepartmentName AS Name FROM Department ORDER BY DepartmentID"))`,
			"<table>\n<tr><th>Name</th></tr>\n<tr><td>Sales</td></tr>\n<tr><td>R&amp;D</td></tr>\n</table>")},
		Run: func(c *runtime.Call) (runtime.Value, error) {
			g, err := newGrid(c.Arg(0), c.List(1))
			if err != nil {
				return runtime.Null(), err
			}
			b := []byte("<table>\n<tr>")
			for _, n := range g.names {
				b = append(b, "<th>"+html.EscapeString(n)+"</th>"...)
			}
			b = append(b, "</tr>\n"...)
			for _, row := range g.rows {
				b = append(b, "<tr>"...)
				for i := range g.names {
					v, err := g.cell(row, i)
					if err != nil {
						return runtime.Null(), err
					}
					b = append(b, "<td>"+html.EscapeString(v.Text())+"</td>"...)
				}
				if b = append(b, "</tr>\n"...); int64(len(b)) > c.MemoryLimit() {
					return runtime.Null(), tooLarge(c, "the HTML", "show fewer rows")
				}
			}
			return runtime.Text(string(append(b, "</table>"...))), nil
		},
	}}
}
