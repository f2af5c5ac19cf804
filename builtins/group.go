package builtins

import "github.com/amsx-lang/amsx/runtime"

func groupFunctions() []*runtime.Command {
	return []*runtime.Command{{
		Name: "GroupBy", Group: "Lists", Summary: "Gathers the elements of a list that have a field in common.",
		Doc:    "Each group is a Row: `Key` is the value that its elements share, `Items` the list of them, `Count` how many they are. Groups stand in the order in which their first element came. Texts that differ in case only are the same, and elements without the field are one group with the Key Null.",
		Result: "a List of Rows with Key, Count and Items", Function: true,
		Params: []runtime.Param{required("list", runtime.AnyParam, "the list or table"), as(required("path", runtime.PathParam, `what the elements have in common, such as "profile.department"`), steps)},
		Examples: []runtime.Example{script("Set people = Json(\"[{\"\"n\"\":\"\"Ann\"\",\"\"d\"\":\"\"Sales\"\"},{\"\"n\"\":\"\"Ben\"\",\"\"d\"\":\"\"IT\"\"},{\"\"n\"\":\"\"Cleo\"\",\"\"d\"\":\"\"Sales\"\"}]\")\n"+
			"ForEach g In GroupBy(%people%, \"d\")\n  Log \"info\", \"%g.Key% %g.Count%: \" & Join(Column(%g.Items%, \"n\"))\nEndEach\n", "Sales 2: Ann, Cleo\nIT 1: Ben\n")},
		Run: groupBy,
	}}
}

func groupBy(c *runtime.Call) (runtime.Value, error) {
	xs, keys, err := keyed(c)
	if err != nil {
		return runtime.Null(), err
	}
	type group struct {
		key   runtime.Value
		items []runtime.Value
	}
	var groups []*group
	byKey := map[string]*group{}
	for i, x := range xs {
		name := "" // of the elements without the field
		if !keys[i].IsNull() {
			name = "=" + runtime.FoldText(keys[i].KeyText())
		}
		g := byKey[name]
		if g == nil {
			g = &group{key: keys[i]}
			byKey[name] = g
			groups = append(groups, g)
		}
		g.items = append(g.items, x)
	}
	columns := runtime.NewColumns("Key", "Count", "Items")
	out := make([]runtime.Value, len(groups))
	for i, g := range groups {
		out[i] = runtime.Row(columns, []runtime.Value{g.key, runtime.Int(int64(len(g.items))), runtime.List(g.items...)})
	}
	return runtime.List(out...), nil
}
