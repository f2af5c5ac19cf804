package runtime

import (
	"slices"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// block looks at what statements read. loops are the ForEach around them.
func (w *rowWalk) block(stmts []ast.Stmt, loops []*ast.ForEach) {
	for _, s := range stmts {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Var:
				w.read(n.Path, loops)
			case *ast.Template:
				for _, p := range n.Parts {
					if p.Ref != nil {
						w.read(p.Ref, loops)
					}
				}
			case *ast.Call:
				w.upsert(n, loops)
			case ast.Stmt:
				return n == s
			}
			return true
		})
		switch s := s.(type) {
		case *ast.If:
			for _, a := range s.Arms {
				w.block(a.Body, loops)
			}
			w.block(s.Else, loops)
		case *ast.ForEach:
			w.block(s.Body, append(slices.Clone(loops), s))
		case *ast.For, *ast.While:
			w.block(bodyOf(s).Stmts, loops)
		case *ast.Try:
			w.block(s.Body, loops)
			w.block(s.Catch, loops)
		case *ast.Transaction:
			w.block(s.Body, loops)
		}
	}
}

// held are the SELECTs whose rows a variable may hold in the lines of loops: of
// the variable of a loop that nothing else assigns there, that of the loop.
func (w *rowWalk) held(slot int, loops []*ast.ForEach) (all []*selected, open bool) {
	for _, l := range slices.Backward(loops) {
		if own, ok := w.c.slotOf(l.Var.Text); !ok || own != slot {
			continue
		}
		b := &bodyWalk{c: w.c, changes: map[int]bool{}, seen: map[*unit]bool{}}
		b.block(l.Body)
		if !b.changes[slot] && (!b.open || len(w.c.files) == 1) {
			return w.from(w.source(l.Source, true), false, 0)
		}
		break
	}
	return w.selects(slot, false, 0)
}

// read checks one path.
func (w *rowWalk) read(p *ast.Path, loops []*ast.ForEach) {
	if len(p.Steps) < 2 || p.Steps[1].Kind != ast.StepKey {
		return
	}
	slot, ok := w.c.slotOf(p.Root())
	if !ok || w.of[slot] == nil {
		return
	}
	all, open := w.held(slot, loops)
	name := p.Steps[1].Key
	if len(all) == 0 || slices.Contains(w.of[slot].fields, FoldName(name)) || oneGives(all, p.Steps[1:]) {
		return
	}
	key := itoa(slot) + " " + FoldName(name)
	if w.said[key] {
		return
	}
	w.said[key] = true
	if open {
		w.c.warnf(p.Steps[1].Pos, CodeSourcePath, columnsHint(all, name), "%s: where %s is a row of it, %s is Null", lacks(all, name), p.Root(), name)
		return
	}
	w.c.errorf(p.Steps[1].Pos, CodeSourcePath, columnsHint(all, name), "%s", lacks(all, name))
}

// oneGives reports whether one of the SELECTs gives the column that a path begins
// with: steps with dots in between may be one name.
func oneGives(all []*selected, steps []ast.Step) bool {
	for n := joinable(steps); n > 0; n-- {
		name := joined(steps[:n])
		for _, s := range all {
			if slices.ContainsFunc(s.columns, func(col string) bool { return EqualFold(col, name) }) {
				return true
			}
		}
	}
	return false
}

// lacks says that no SELECT gives a column.
func lacks(all []*selected, name string) string {
	line := itoa(all[0].pos.Line)
	if len(all) > 1 {
		return "none of " + itoa(len(all)) + " SELECTs, the first in line " + line + ", gives a column " + name
	}
	return "the SELECT in line " + line + " gives no column " + name
}

func columnsHint(all []*selected, name string) string {
	var columns []string
	for _, s := range all {
		for _, col := range s.columns {
			if !slices.Contains(columns, col) {
				columns = append(columns, col)
			}
		}
	}
	if near := lexer.Nearest(name, columns); near != "" {
		return "did you mean " + near + "?"
	}
	return "add it to the SELECT; it gives " + few(columns)
}

// upsert notes the rows that a call writes by a mapping.
func (w *rowWalk) upsert(call *ast.Call, loops []*ast.ForEach) {
	cmd := w.c.o.Table.Lookup(call.Name)
	if cmd == nil || cmd.Role != UpsertRole || len(call.Args) == 0 {
		return
	}
	name, _ := mappingName(call, cmd)
	m := w.c.mapping(name)
	if m == nil {
		return
	}
	if w.fed[m] == nil {
		w.fed[m] = &rowFeed{}
	}
	feed := w.fed[m]
	v, ok := unwrap(call.Args[0]).(*ast.Var)
	if !ok || len(v.Path.Steps) != 1 {
		feed.open = true
		return
	}
	slot, ok := w.c.slotOf(v.Path.Root())
	if !ok || w.of[slot] == nil || len(w.of[slot].fields) > 0 {
		feed.open = true
		return
	}
	all, open := w.held(slot, loops)
	feed.selects, feed.open = append(feed.selects, all...), feed.open || open
}

// mapped checks the sources of mappings that write nothing but rows of SQL.
func (w *rowWalk) mapped() {
	for _, f := range w.c.files {
		for i, m := range f.mappings {
			feed := w.fed[m]
			if feed == nil || feed.open || len(feed.selects) == 0 || i >= len(f.tree.Mappings) {
				continue
			}
			check := func(p *ast.Path) {
				if len(p.Steps) > 0 && p.Steps[0].Kind == ast.StepKey && !oneGives(feed.selects, p.Steps) {
					name := p.Steps[0].Key
					w.c.errorf(p.Pos, CodeSourcePath, columnsHint(feed.selects, name), "%s: the column that it fills would be emptied in every row", lacks(feed.selects, name))
				}
			}
			for _, field := range f.tree.Mappings[i].Fields {
				if field.Source != nil {
					check(field.Source)
				} else {
					fields(field.Calc, check)
				}
			}
		}
	}
}
