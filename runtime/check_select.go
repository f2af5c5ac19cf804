package runtime

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// selected finds fields that a list was not asked for: an OData address names
// in $select the fields that it wants, and the answer has no others, so that a
// column filled from another one is emptied in every row.
func (w *flowWalk) selected(p *flowPull) {
	if !p.upserts || !p.url.known("$select") || len(w.c.tree.Mappings) != 1 {
		return
	}
	asked := map[string]bool{}
	var names []string
	for name := range strings.SplitSeq(p.url.query["$select"], ",") {
		name, _, _ = strings.Cut(strings.TrimSpace(name), "/")
		names, asked[name] = append(names, name), true
	}
	if asked["*"] {
		return
	}
	told := map[string]bool{}
	check := func(steps []ast.Step, at lexer.Position) {
		if len(steps) == 0 || steps[0].Kind != ast.StepKey || asked[steps[0].Key] || told[steps[0].Key] {
			return
		}
		name := steps[0].Key
		told[name] = true
		if !steps[0].Quoted && !w.c.begins(name) {
			return // reported as a field that no record has
		}
		hint := "add " + name + " to $select"
		if near := lexer.Nearest(name, names); near != "" {
			hint = "did you mean " + near + "? If not, " + hint
		}
		w.c.errorf(at, CodeSourcePath, hint, "the list in line %d asks for some fields, and %s is none of them: it is empty in every record", p.s.Pos.Line, name)
	}
	for _, f := range w.c.tree.Mappings[0].Fields {
		if f.Source != nil {
			check(f.Source.Steps, f.Source.Pos)
		} else {
			fields(f.Calc, func(path *ast.Path) { check(path.Steps, path.Pos) })
		}
	}
	ast.Inspect(p.s, func(n ast.Node) bool {
		if v, ok := n.(*ast.Var); ok && len(v.Path.Steps) > 1 && FoldName(v.Path.Root()) == FoldName(p.s.Var.Text) {
			check(v.Path.Steps[1:], v.Path.Pos)
		}
		return true
	})
}

// begins reports whether a field that is known begins with a name; any does
// where none are known.
func (c *compiler) begins(name string) bool {
	return c.o.Fields == nil || slices.ContainsFunc(c.o.Fields, func(known string) bool {
		first, _, _ := strings.Cut(known, ".")
		return first == name
	})
}
