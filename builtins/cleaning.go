package builtins

import (
	"strings"
	"unicode"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// cleaningCommands translate and clean whole columns.
func cleaningCommands() []*runtime.Command {
	return []*runtime.Command{
		translation("ApplyDataMapping", runtime.MatchWhole, "Translates the values of a column by a map.", "where it is the whole value", `  "sales" = "Sales department"`, "Sales department, R&D"),
		translation("ApplyDataMappingLike", runtime.MatchLike, "Translates the values of a column by a map of patterns.", "where the value is LIKE it: `%` stands for any characters, `_` for one", `  "%al%" = "Sales department"`, "Sales department, R&D"),
		translation("ApplyDataMappingLike2", runtime.MatchBegins, "Translates the values of a column by a map of their beginnings.", "where the value begins with it", `  "sa" = "Sales department"`, "Sales department, R&D"),
		cleanColumns(),
	}
}

func translation(name string, match runtime.Match, summary, fits, line, output string) *runtime.Command {
	return &runtime.Command{
		Name: name, Group: "Records", Summary: summary,
		Doc: "The map is a DataMap of the document, or a table of the site with the columns FromValue and ToValue. A pair counts " + fits + "; capitals and small letters are the same, and the first pair that fits wins. " +
			"What nothing fits stays as it is. A `%` in a map is never a variable. All rows are changed in one statement; they are in the change set, and the fuse weighs them.",
		Result: "a Number: the rows changed, also in %ROWCOUNT%", Statement: true, Effects: runtime.ReadsDB | runtime.WritesDB, Provenance: runtime.Documented,
		Params: []runtime.Param{required("table", runtime.TextParam, "the table"), required("column", runtime.TextParam, "the column whose values are compared"),
			required("map", runtime.TextParam, "the name of a DataMap, or of a table with FromValue and ToValue"), optional("target", runtime.TextParam, "the column that takes the new value; without it the same column")},
		Errors:   []string{"there is no such map, table or column", "the column cannot hold a value of the map", "a unique column would hold a value twice"},
		Examples: []runtime.Example{script("DataMap Names\n"+line+"\nEnd DataMap\n"+name+" \"Department\", \"DepartmentName\", \"Names\"\nLog \"info\", Join(Column(SqlTable(\"SELECT DepartmentName FROM Department ORDER BY 1 DESC\"), \"DepartmentName\"))\n", output+"\n")},
		Check:    checkTranslation,
		Run: func(c *runtime.Call) (runtime.Value, error) {
			if c.Host().Site == nil {
				return runtime.Null(), errNoSite
			}
			t := runtime.Translation{Table: c.Text(0), Column: c.Text(1), Target: c.Text(3), Match: match, Pos: c.Pos()}
			if pairs, ok := c.DataMap(c.Text(2)); ok {
				t.Pairs = pairs
			} else {
				t.From = c.Text(2)
			}
			n, err := c.Host().Site.Translate(c.Context(), t)
			if err != nil {
				return runtime.Null(), err
			}
			c.SetRowCount(n)
			return runtime.Int(n), nil
		},
	}
}

// checkTranslation finds names that are not there, and values of the map that
// the column cannot hold.
func checkTranslation(c *runtime.CheckedCall) {
	table, columns := c.Columns(0)
	if columns == nil {
		return
	}
	var target *runtime.Column
	for i, write := range map[int]bool{1: c.Given(3) == "", 3: true} {
		name, pos, ok := c.Literal(i)
		if !ok || i == 3 && c.Given(3) == "" {
			continue
		}
		if col := c.Column(table, columns, name, pos, write); write {
			target = col
		}
	}
	name, pos, ok := c.Literal(2)
	if !ok {
		return
	}
	if !c.IsDataMap(name) {
		_, from, there := c.Schema.Table(name)
		if !there {
			hint := nearHint(name, append(c.DataMaps(), c.Schema.Tables()...))
			if hint == "" {
				hint = "add a DataMap of that name"
			}
			c.List.Errorf(pos, runtime.CodeDataMap, hint, "there is no map %s: no DataMap and no table", name)
			return
		}
		for _, want := range []string{"FromValue", "ToValue"} {
			c.Column(name, from, want, pos, false)
		}
		return
	}
	if target == nil {
		return
	}
	for _, p := range c.DataMap(name) {
		if _, err := target.Convert(p.To); err != nil {
			c.List.Errorf(pos, runtime.CodeDataMap, "correct the map, or name the column that takes its values as the last argument", "%s.%s cannot hold \"%s\" of the map %s: %v", table, target.Name, p.To.Text(), name, err)
			return
		}
	}
}

// A cleaner is one step of CleanColumns.
type cleaner func(string) string

var cleanerNames = []string{"Trim", "SingleSpaces", "Upper", "Lower", "Proper", "NullIfEmpty", "Digits"}

// cleaners reads the steps of CleanColumns. What comes out empty becomes Null
// where NullIfEmpty stands, at any place.
func cleaners(text string) (func(runtime.Value) runtime.Value, error) {
	var steps []cleaner
	null := false
	for word := range strings.SplitSeq(text, ",") {
		switch word = strings.TrimSpace(word); runtime.FoldName(word) {
		case "":
		case "trim":
			steps = append(steps, strings.TrimSpace)
		case "singlespaces":
			steps = append(steps, func(s string) string { return spaces(s) })
		case "upper":
			steps = append(steps, strings.ToUpper)
		case "lower":
			steps = append(steps, strings.ToLower)
		case "proper":
			steps = append(steps, proper)
		case "digits":
			steps = append(steps, digitsOf)
		case "nullifempty":
			null = true
		default:
			hint := "the steps are " + strings.Join(cleanerNames, ", ")
			if near := lexer.Nearest(word, cleanerNames); near != "" {
				hint = "did you mean " + near + "?"
			}
			return nil, failf(hint, "there is no cleaning step %s", word)
		}
	}
	if len(steps) == 0 && !null {
		return nil, failf("the steps are "+strings.Join(cleanerNames, ", "), "no cleaning step is named")
	}
	return func(v runtime.Value) runtime.Value {
		s := v.Text()
		for _, f := range steps {
			s = f(s)
		}
		if s == "" && null {
			return runtime.Null()
		}
		return runtime.Text(s)
	}, nil
}

// spaces makes one blank of several.
func spaces(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	blank := false
	for _, r := range s {
		if unicode.IsSpace(r) {
			if !blank {
				b.WriteByte(' ')
			}
			blank = true
			continue
		}
		blank = false
		b.WriteRune(r)
	}
	return b.String()
}

// digitsOf leaves the digits 0 to 9.
func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func cleanColumns() *runtime.Command {
	return &runtime.Command{
		Name: "CleanColumns", Group: "Records", Summary: "Cleans the texts of whole columns.",
		Doc: "The steps are done in the order in which they are named: Trim (no blanks at the ends), SingleSpaces (one blank for several), Upper, Lower, Proper (capitals as in names), Digits (nothing but 0 to 9), and NullIfEmpty (what is empty in the end becomes Null). " +
			"All rows are changed in one statement; they are in the change set, and the fuse weighs them.",
		Result: "a Number: the rows changed, also in %ROWCOUNT%", Statement: true, Effects: runtime.ReadsDB | runtime.WritesDB,
		Params: []runtime.Param{required("table", runtime.TextParam, "the table"), required("columns", runtime.ListParam, "the columns, with commas between them; all of them hold text"),
			as(required("steps", runtime.TextParam, "the steps, with commas between them"), cleaners)},
		Errors: []string{"a column holds no text", "there is no such step, table or column", "a unique column would hold a value twice"},
		Examples: []runtime.Example{script("SqlExecute \"UPDATE Department SET DepartmentName = '  SALES   force ' WHERE DepartmentID = 1\"\n"+
			"Set n = CleanColumns \"Department\", \"DepartmentName\", \"Trim, SingleSpaces, Proper\"\nLog \"info\", \"%n%: \" & Sql(\"SELECT DepartmentName FROM Department WHERE DepartmentID = 1\")\n", "1: Sales Force\n")},
		Check: func(c *runtime.CheckedCall) {
			table, columns := c.Columns(0)
			list, pos, ok := c.Literal(1)
			if columns == nil || !ok {
				return
			}
			for name := range strings.SplitSeq(list, ",") {
				if col := c.Column(table, columns, name, pos, true); col != nil && col.Type != runtime.ColumnText {
					c.List.Errorf(pos, CodeColumn, "leave it out", "%s.%s holds no text, and cannot be cleaned", table, col.Name)
				}
			}
		},
		Run: func(c *runtime.Call) (runtime.Value, error) {
			if c.Host().Site == nil {
				return runtime.Null(), errNoSite
			}
			clean, err := runtime.Prepared[func(runtime.Value) runtime.Value](c, 2)
			if err != nil {
				return runtime.Null(), err
			}
			if clean == nil {
				if clean, err = cleaners(""); err != nil {
					return runtime.Null(), err
				}
			}
			var columns []string
			for _, v := range c.List(1) {
				if name := strings.TrimSpace(v.Text()); name != "" {
					columns = append(columns, name)
				}
			}
			if len(columns) == 0 {
				return runtime.Null(), failf("name them, with commas between them", "no column is named")
			}
			n, err := c.Host().Site.Rewrite(c.Context(), c.Text(0), columns, clean, c.Pos())
			if err != nil {
				return runtime.Null(), err
			}
			c.SetRowCount(n)
			return runtime.Int(n), nil
		},
	}
}
