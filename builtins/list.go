package builtins

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/runtime"
)

func listFunctions() []*runtime.Command {
	list := required("list", runtime.AnyParam, "a List, a Table or a Json array; Null is an empty one")
	path := as(optional("path", runtime.PathParam, `the path of what is compared in each element, such as "profile.name"`), steps)
	return []*runtime.Command{
		{
			Name: "List", Group: "Lists", Summary: "Makes a list of its arguments.", Result: "a List", Function: true,
			Params: []runtime.Param{repeated("element", runtime.AnyParam, "the elements")}, Examples: []runtime.Example{shows(`Count(List("a", "b"))`, "2")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				items := make([]runtime.Value, c.Len())
				for i := range items {
					items[i] = runtime.Detach(c.Arg(i))
				}
				return runtime.List(items...), nil
			},
		},
		{
			Name: "Append", Group: "Lists", Summary: "Gives a list with one more element at its end.", Doc: "The list itself stays as it is; `Add` changes a variable.",
			Result: "a List", Function: true, Params: []runtime.Param{list, required("element", runtime.AnyParam, "the element")},
			Examples: []runtime.Example{shows(`Join(Append(List("a"), "b"), "-")`, "a-b")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				return runtime.Append(c.Arg(0), runtime.Detach(c.Arg(1))), nil
			},
		},
		{
			Name: "Count", Group: "Lists", Summary: "Counts the elements of a list.", Result: "a Number", Function: true, Public: true,
			Params: []runtime.Param{list}, Examples: []runtime.Example{shows(`Count(Split("a,b,c"))`, "3")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				if c.Arg(0).IsNull() {
					return runtime.Int(0), nil
				}
				n, ok := c.Arg(0).Len()
				if !ok {
					return runtime.Null(), noList(c.Arg(0))
				}
				return runtime.Int(int64(n)), nil
			},
		},
		{
			Name: "First", Group: "Lists", Summary: "Gives the first element of a list.", Result: "the element; Null for an empty list", Function: true,
			Params: []runtime.Param{list}, Examples: []runtime.Example{shows(`First(List("a", "b"))`, "a")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				xs, err := elements(c.Arg(0))
				if err != nil || len(xs) == 0 {
					return runtime.Null(), err
				}
				return xs[0], nil
			},
		},
		{
			Name: "Sort", Group: "Lists", Summary: "Gives a list in order.", Doc: "Numbers by size, dates by time, texts by the alphabet, case ignored. Null comes first.", Result: "a List", Function: true,
			Params: []runtime.Param{list, path, {Name: "order", Type: runtime.TextParam, Doc: "the direction", Optional: true, Default: "asc", OneOf: []string{"asc", "desc"}}},
			Errors: []string{"the elements cannot be compared with each other"}, Examples: []runtime.Example{shows(`Join(Sort(List(10, 9, 1)))`, "1, 9, 10")},
			Run: sortList,
		},
		{
			Name: "Distinct", Group: "Lists", Summary: "Gives a list without repeated elements, the first of each.", Doc: "Texts that differ in case only are the same.", Result: "a List", Function: true,
			Params: []runtime.Param{list, path}, Examples: []runtime.Example{shows(`Join(Distinct(List("a", "B", "A")))`, "a, B")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				xs, keys, err := keyed(c)
				var out []runtime.Value
				seen := map[string]bool{}
				for i, x := range xs {
					k := runtime.FoldText(keys[i].KeyText())
					if !seen[k] {
						seen[k] = true
						out = append(out, x)
					}
				}
				return runtime.List(out...), err
			},
		},
		{
			Name: "Except", Group: "Lists", Summary: "Gives the elements of a list that another list does not have.", Doc: "Case is ignored.", Result: "a List", Function: true,
			Params: []runtime.Param{list, required("without", runtime.AnyParam, "the other list")}, Examples: []runtime.Example{shows(`Join(Except(List("a", "b", "c"), List("B")))`, "a, c")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				xs, err := elements(c.Arg(0))
				if err != nil {
					return runtime.Null(), err
				}
				ys, err := elements(c.Arg(1))
				gone := map[string]bool{}
				for _, y := range ys {
					gone[runtime.FoldText(y.KeyText())] = true
				}
				var out []runtime.Value
				for _, x := range xs {
					if !gone[runtime.FoldText(x.KeyText())] {
						out = append(out, x)
					}
				}
				return runtime.List(out...), err
			},
		},
		{
			Name: "Column", Group: "Lists", Summary: "Gives one field of every element of a list.", Result: "a List", Function: true,
			Params:   []runtime.Param{list, as(required("path", runtime.PathParam, "the path of the field"), steps)},
			Examples: []runtime.Example{shows(`Join(Column(Json("[{""n"":1},{""n"":2}]"), "n"))`, "1, 2")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				_, keys, err := keyed(c)
				return runtime.List(keys...), err
			},
		},
		{
			Name: "Chunk", Group: "Lists", Summary: "Cuts a list into lists of at most some elements, for requests and statements that take only so many.", Result: "a List of Lists", Function: true,
			Params: []runtime.Param{list, required("size", runtime.NumberParam, "the most elements of each")}, Errors: []string{"the size is less than 1"},
			Examples: []runtime.Example{script("ForEach part In Chunk(List(1, 2, 3), 2)\n  Log \"info\", Join(%part%)\nEndEach\n", "1, 2\n3\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				xs, err := elements(c.Arg(0))
				if err != nil {
					return runtime.Null(), err
				}
				n, err := whole(c, 1, "size", 0)
				if err == nil && n < 1 {
					err = failf("write 100, for example", "the size of the parts must be at least 1, not %d", n)
				}
				var parts []runtime.Value
				for i := 0; err == nil && i < len(xs); i += n {
					parts = append(parts, runtime.List(xs[i:min(i+n, len(xs)):min(i+n, len(xs))]...))
				}
				return runtime.List(parts...), err
			},
		},
		{
			Name: "Split", Group: "Lists", Summary: "Splits a text into a list.", Doc: "Blanks around an element are kept; `Trim` removes them.", Result: "a List; an empty one for Null and empty text", Function: true,
			Params:   []runtime.Param{required("text", runtime.TextParam, "the text"), defaulted("separator", runtime.TextParam, ",", "what stands between the elements")},
			Examples: []runtime.Example{shows(`Join(Split("a;b", ";"), " and ")`, "a and b")},
			Run:      split,
		},
		{
			Name: "Join", Group: "Lists", Summary: "Writes the elements of a list as one text.", Result: "a text", Function: true,
			Params:   []runtime.Param{list, defaulted("separator", runtime.TextParam, ", ", "what is written between the elements")},
			Examples: []runtime.Example{shows(`Join(List("a", "b"), "/")`, "a/b")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				xs, err := elements(c.Arg(0))
				sep := ", "
				if c.Has(1) && !c.Arg(1).IsNull() {
					sep = c.Text(1)
				}
				var b []byte
				for i, x := range xs {
					if i > 0 {
						b = append(b, sep...)
					}
					b = x.AppendText(b)
				}
				return runtime.Text(string(b)), err
			},
		},
		{
			Name: "Nearest", Group: "Lists", Summary: "Finds the name that a word was probably meant to be.", Result: "a text; Null when none is near", Function: true,
			Params: []runtime.Param{required("word", runtime.TextParam, "the word"), list}, Examples: []runtime.Example{shows(`Nearest("Marketting", List("Sales", "Marketing"))`, "Marketing")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				xs, err := elements(c.Arg(1))
				var names []string
				for _, x := range xs {
					names = append(names, x.Text())
				}
				if n := lexer.Nearest(c.Text(0), names); n != "" {
					return runtime.Text(n), err
				}
				return runtime.Null(), err
			},
		},
		{
			Name: "Row", Group: "Lists", Summary: "Makes a row of names and values.", Result: "a Row", Function: true,
			Params: []runtime.Param{repeated("name, value", runtime.AnyParam, "names and values, in turns")},
			Errors: []string{"a name is without its value, or given twice"}, Examples: []runtime.Example{shows(`Join(Keys(Row("Login", "anna", "Active", True)))`, "Login, Active")},
			Run: row,
		},
		{
			Name: "Keys", Group: "Lists", Summary: "Gives the names of a Row's columns or of a Json object's members.", Result: "a List of texts", Function: true,
			Params: []runtime.Param{required("record", runtime.AnyParam, "the Row or Json object")}, Examples: []runtime.Example{shows(`Join(Keys(Json("{""a"":1,""b"":2}")))`, "a, b")},
			Run: keys,
		},
	}
}

func noList(v runtime.Value) error {
	return failf("List(…) makes one, Split(…) makes one of a text", "a %s is no list", v.Kind())
}

// elements are those of a list; none for Null.
func elements(v runtime.Value) ([]runtime.Value, error) {
	if v.IsNull() {
		return nil, nil
	}
	xs, ok, err := v.Elements()
	if err == nil && !ok {
		return nil, noList(v)
	}
	return xs, err
}

// steps reads a path that an argument names.
func steps(text string) ([]ast.Step, error) {
	p, err := parser.ParsePath(text, lexer.Position{})
	if err != nil {
		return nil, err
	}
	return p.Steps, nil
}

// keyed returns the elements of argument 0, and of each what the path of
// argument 1 reads.
func keyed(c *runtime.Call) (xs, keys []runtime.Value, err error) {
	if xs, err = elements(c.Arg(0)); err != nil {
		return nil, nil, err
	}
	path, err := runtime.Prepared[[]ast.Step](c, 1)
	if err != nil {
		return nil, nil, err
	}
	keys = xs
	if path != nil {
		keys = make([]runtime.Value, len(xs))
		for i, x := range xs {
			if keys[i], err = runtime.Get(x, path); err != nil {
				return nil, nil, err
			}
		}
	}
	return xs, keys, nil
}

func sortList(c *runtime.Call) (runtime.Value, error) {
	xs, keys, err := keyed(c)
	if err != nil {
		return runtime.Null(), err
	}
	order := make([]int, len(xs))
	for i := range order {
		order[i] = i
	}
	sign := 1
	if c.Text(2) == "desc" {
		sign = -1
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := keys[i], keys[j]
		switch {
		case a.IsNull() && b.IsNull():
			return 0
		case a.IsNull():
			return -sign
		case b.IsNull():
			return sign
		}
		n, _, e := runtime.Order(a, b, runtime.Plain, runtime.Plain)
		if e != nil && err == nil {
			err = e
		}
		return n * sign
	})
	out := make([]runtime.Value, len(xs))
	for i, j := range order {
		out[i] = xs[j]
	}
	return runtime.List(out...), err
}

func row(c *runtime.Call) (runtime.Value, error) {
	if c.Len()%2 != 0 {
		return runtime.Null(), failf(`write names and values in turns: Row("Login", %login%, "Email", %email%)`, "the last name has no value")
	}
	var names []string
	var values []runtime.Value
	seen := map[string]bool{}
	for i := 0; i < c.Len(); i += 2 {
		n := c.Text(i)
		if n == "" || seen[runtime.FoldName(n)] {
			return runtime.Null(), failf("give each name once", "the name %q is empty or given twice", n)
		}
		seen[runtime.FoldName(n)] = true
		names, values = append(names, n), append(values, runtime.Detach(c.Arg(i+1)))
	}
	return runtime.Row(runtime.NewColumns(names...), values), nil
}

func keys(c *runtime.Call) (runtime.Value, error) {
	v := c.Arg(0)
	var out []runtime.Value
	switch {
	case v.Kind() == runtime.KindRow || v.Kind() == runtime.KindTable:
		for _, n := range v.Columns().Names() {
			out = append(out, runtime.Text(n))
		}
	case v.Kind() == runtime.KindJSON && !v.IsArray():
		if err := v.EachMember(func(name string, _ runtime.Value) bool {
			out = append(out, runtime.Text(name))
			return true
		}); err != nil {
			return runtime.Null(), err
		}
	default:
		return runtime.Null(), failf("", "a %s has no names", v.Kind())
	}
	return runtime.List(out...), nil
}

func split(c *runtime.Call) (runtime.Value, error) {
	s, sep := c.Text(0), ","
	if c.Has(1) && c.Text(1) != "" {
		sep = c.Text(1)
	}
	if s == "" {
		return runtime.List(), nil
	}
	parts := strings.Split(s, sep)
	items := make([]runtime.Value, len(parts))
	for i, p := range parts {
		items[i] = runtime.Text(p)
	}
	return runtime.List(items...), nil
}
