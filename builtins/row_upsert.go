package builtins

import (
	"fmt"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/runtime"
)

// rowCommands write rows without a mapping, and tell which were refused.
func rowCommands() []*runtime.Command {
	return []*runtime.Command{
		{
			Name: "UpsertRow", Group: "Records", Summary: "Writes a row whose fields are columns of the table: updates the row that has its keys, or inserts one.",
			Doc: "It is Upsert without a mapping: the row is compared with the one that is there, what differs is written with everything else when the script ends, and the change set and the fuse count it. " +
				"A column that the row does not name stays as it is. The row's Source column gets the credential pack's name, or the transformation's, unless the row names one.",
			Result: "what became of it: inserted, updated, unchanged, rejected or repeated", Effects: runtime.ReadsDB | runtime.WritesDB, Statement: true,
			Params: []runtime.Param{required("table", runtime.TextParam, "the table"), required("keys", runtime.ListParam, "the columns by which the row is found, with commas between them: all of them together"),
				required("row", runtime.RecordParam, "the row: a Row or a Json object whose names are columns")},
			Errors: []string{"the table has no such column", "a key is not in the row"},
			Examples: []runtime.Example{script("Set o = UpsertRow \"Asset\", \"SerialNumber\", Row(\"SerialNumber\", \"C02-1\", \"AssetName\", \"mac-1\")\nLog \"info\", %o%\n"+
				"UpsertRow \"Currency\", \"CurrencyCode\", Json(\"{\"\"CurrencyCode\"\":\"\"USD\"\",\"\"Rate\"\":1.0837}\")\nLog \"info\", %MSRESULT%\n", "inserted\ninserted\n")},
			Check: checkRow, Run: upsertRow,
		},
		{
			Name: "Rejects", Group: "Records", Summary: "Gives the records that were rejected so far.",
			Doc:    "Of very many the first 1,000. A record that is refused only when everything is written, at the end or at Commit, is among them from then on.",
			Result: "a Table with Key, Reason and Line", Function: true, Effects: runtime.ReadsDB,
			Examples: []runtime.Example{script("UpsertRow \"Custodian\", \"OktaID\", Row(\"OktaID\", \"7\", \"Active\", \"perhaps\")\nForEach r In Rejects()\n  Log \"info\", \"%r.Key%: %r.Reason%\"\nEndEach\n",
				"OktaID \"7\": Active: \"perhaps\" is neither True nor False\nrejected: Active: \"perhaps\" is neither True nor False\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				if c.Host().Site == nil {
					return runtime.Null(), errNoSite
				}
				t := runtime.NewRowset(runtime.NewColumns("Key", "Reason", "Line"))
				for _, r := range c.Host().Site.Refused() {
					t.Add([]runtime.Value{runtime.Text(r.Key), runtime.Text(r.Reason), runtime.Int(int64(r.Line))})
				}
				return t.Value(), nil
			},
		},
	}
}

func upsertRow(c *runtime.Call) (runtime.Value, error) {
	site := c.Host().Site
	if site == nil {
		return runtime.Null(), errNoSite
	}
	table, columns, ok := site.Table(strings.TrimSpace(c.Text(0)))
	if !ok {
		return runtime.Null(), failf(nearHint(c.Text(0), site.Tables()), "the site has no table %s", c.Text(0))
	}
	spec := runtime.TargetSpec{Name: "UpsertRow", Table: table, Source: c.Source(), Pos: c.Pos()}
	record := runtime.Record{Pos: c.Pos()}
	row, reason := c.Arg(2), ""
	record.Raw = func() string { return string(runtime.AppendJSON(nil, row)) }
	add := func(name string, v runtime.Value) error {
		i := slices.IndexFunc(columns, func(col runtime.Column) bool { return runtime.FoldName(col.Name) == runtime.FoldName(name) })
		if i < 0 {
			return failf(nearHint(name, columnNames(columns)), "the table %s has no column %s", table, name)
		}
		x, err := columns[i].Convert(v)
		if err != nil {
			reason, x = columns[i].Name+": "+err.Error(), runtime.Null()
		}
		if columns[i].Name == "Source" && !x.IsNull() {
			spec.Source = x.Text()
		}
		spec.Columns = append(spec.Columns, runtime.TargetColumn{Name: columns[i].Name, Path: name, Pos: c.Pos()})
		record.Values = append(record.Values, x)
		return nil
	}
	if err := eachField(row, add); err != nil {
		return runtime.Null(), err
	}
	for _, k := range c.List(1) {
		name := strings.TrimSpace(k.Text())
		i := slices.IndexFunc(spec.Columns, func(col runtime.TargetColumn) bool { return runtime.FoldName(col.Name) == runtime.FoldName(name) })
		if i < 0 {
			return runtime.Null(), failf("give the row a field "+name, "the row has no field %s, by which it is found", name)
		}
		spec.Key = append(spec.Key, spec.Columns[i].Name)
	}
	if len(spec.Key) == 0 {
		return runtime.Null(), failf("name the column that identifies a row", "no key is named, so no row can be found")
	}
	target, err := site.Open(c.Context(), spec)
	if err != nil {
		return runtime.Null(), err
	}
	if reason != "" {
		return runtime.Text(runtime.Rejected.String()), target.Reject(c.Context(), record, reason)
	}
	o, err := target.Upsert(c.Context(), record)
	if err != nil {
		return runtime.Null(), err
	}
	return runtime.Text(o.String()), nil
}

// eachField calls f with the fields of a Row or a Json object.
func eachField(v runtime.Value, f func(name string, v runtime.Value) error) error {
	switch {
	case v.Kind() == runtime.KindRow:
		values := v.Values()
		for i, n := range v.Columns().Names() {
			if err := f(n, values[i]); err != nil {
				return err
			}
		}
		return nil
	case v.Kind() == runtime.KindJSON && !v.IsArray():
		var failed error
		err := v.EachMember(func(name string, v runtime.Value) bool {
			failed = f(name, v)
			return failed == nil
		})
		if failed != nil {
			return failed
		}
		return err
	}
	return fmt.Errorf("a row is wanted: a Row or a Json object, and this is a %s", v.Kind())
}

func columnNames(columns []runtime.Column) []string {
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].Name
	}
	return names
}

// checkRow finds columns that the table does not have, and keys that the row
// does not name.
func checkRow(c *runtime.CheckedCall) {
	table, columns := c.Columns(0)
	if columns == nil {
		return
	}
	var fields []string
	row, literal := c.Call.Args[2].(*ast.Call)
	if literal = literal && runtime.FoldName(row.Name) == "row"; literal {
		for i := 0; i < len(row.Args); i += 2 {
			s, ok := row.Args[i].(*ast.String)
			if !ok || len(s.Body.Parts) > 1 || len(s.Body.Parts) == 1 && s.Body.Parts[0].Ref != nil {
				literal = false
				continue
			}
			name := ""
			if len(s.Body.Parts) == 1 {
				name = s.Body.Parts[0].Text
			}
			c.Column(table, columns, name, s.Pos, true)
			fields = append(fields, name)
		}
	}
	keys, pos, ok := c.Literal(1)
	if !ok {
		return
	}
	for k := range strings.SplitSeq(keys, ",") {
		k = strings.TrimSpace(k)
		if c.Column(table, columns, k, pos, false) == nil || !literal || containsFold(fields, k) {
			continue
		}
		hint := "give the row a field " + k
		if near := lexer.Nearest(k, fields); near != "" {
			hint = "did you mean " + near + "?"
		}
		c.List.Errorf(pos, runtime.CodeKey, hint, "the row has no field %s, by which it is found", k)
	}
}
