package runtime

import (
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// checkRows finds columns that are read from rows of SQL and that their SELECT
// does not give: a Row has Null for them, whatever is in the table.
func (c *compiler) checkRows() {
	w := &rowWalk{c: c, texts: map[lexer.Position]*sqlText{}, of: map[int]*rowGiving{}, said: map[string]bool{}, fed: map[*Mapping]*rowFeed{}}
	for i := range c.texts {
		if !c.texts[i].wrong {
			w.texts[c.texts[i].at] = &c.texts[i]
		}
	}
	if len(w.texts) == 0 {
		return
	}
	c.eachStatement(w.collect)
	for _, s := range c.scripts {
		for _, g := range s.given {
			w.giving(g.slot).open = true
		}
	}
	c.eachUnit(func(u *unit) { w.block(u.stmts, nil) })
	w.mapped()
}

// A rowWalk is the state of checkRows.
type rowWalk struct {
	c     *compiler
	texts map[lexer.Position]*sqlText
	of    map[int]*rowGiving // by slot
	said  map[string]bool
	fed   map[*Mapping]*rowFeed
}

// A rowGiving is what gives a variable its rows.
type rowGiving struct {
	from   []rowSource
	fields []string // that lines add to it
	open   bool     // something else gives it values, too
}

// A rowSource is one thing that does.
type rowSource struct {
	sel   *selected // nil: it is no SELECT, or not all of its columns are known
	of    int       // the slot of the variable whose value, or rows, these are; -1: none
	table bool      // all rows of it
	each  bool      // one after the other, in a loop
}

// A selected is the columns of a SELECT.
type selected struct {
	columns []string
	pos     lexer.Position
}

// A rowFeed is the rows that Upserts write by one mapping.
type rowFeed struct {
	selects []*selected
	open    bool // and records of another kind
}

func (w *rowWalk) giving(slot int) *rowGiving {
	if w.of[slot] == nil {
		w.of[slot] = &rowGiving{}
	}
	return w.of[slot]
}

// collect notes what a statement gives to variables.
func (w *rowWalk) collect(s ast.Stmt) {
	of := func(name string) *rowGiving {
		if slot, ok := w.c.slotOf(name); ok {
			return w.giving(slot)
		}
		return &rowGiving{}
	}
	switch s := s.(type) {
	case *ast.Set:
		g := of(s.Target.Root())
		if len(s.Target.Steps) > 1 {
			g.fields = append(g.fields, FoldName(s.Target.Steps[1].Key))
		} else if _, null := unwrap(s.Value).(*ast.Null); !null {
			g.from = append(g.from, w.source(s.Value, false))
		}
	case *ast.ForEach:
		g := of(s.Var.Text)
		g.from = append(g.from, w.source(s.Source, true))
	case *ast.For:
		of(s.Var.Text).open = true
	case *ast.Text:
		if s.Into != nil {
			of(s.Into.Root()).open = true
		}
	case *ast.Try:
		if s.Name != nil {
			of(s.Name.Text).open = true
		}
	}
	ownCalls(s, func(call *ast.Call) {
		w.c.eachVariable(call, func(_ *Param, name string) { of(name).open = true })
	})
}

// source is what an expression gives; each: in a ForEach, element by element.
func (w *rowWalk) source(e ast.Expr, each bool) rowSource {
	none := rowSource{of: -1}
	switch e := unwrap(e).(type) {
	case *ast.Var:
		if slot, ok := w.c.slotOf(e.Path.Root()); ok && len(e.Path.Steps) == 1 {
			return rowSource{of: slot, each: each}
		}
	case *ast.Call:
		cmd := w.c.o.Table.Lookup(e.Name)
		if cmd == nil || len(e.Args) == 0 || len(cmd.Params) == 0 || cmd.Params[0].Type != SQLParam || cmd.Effects&WritesDB != 0 {
			return none
		}
		table := gives(cmd, "Table")
		if !table && !gives(cmd, "Row") && !(each && cmd.Iterate != nil) {
			return none // Sql, which gives one value
		}
		return rowSource{sel: w.selectOf(e.Args[0]), of: -1, table: table && !each}
	}
	return none
}

// selectOf is the SELECT of an argument; nil: not all of its columns are known.
func (w *rowWalk) selectOf(e ast.Expr) *selected {
	t := w.texts[e.Start()]
	if t == nil {
		return nil
	}
	probes := t.probes()
	if len(probes) != 1 || probes[0].Gives == nil {
		return nil
	}
	return &selected{probes[0].Gives, probes[0].Places[0].Pos}
}

// selects are the SELECTs whose rows a variable holds, or, with table, whose
// tables. open: it may hold something else.
func (w *rowWalk) selects(slot int, table bool, depth int) (all []*selected, open bool) {
	g := w.of[slot]
	if g == nil || g.open || depth > 5 || w.c.isParameter(slot) {
		return nil, true
	}
	for _, s := range g.from {
		more, o := w.from(s, table, depth)
		all, open = append(all, more...), open || o
	}
	return all, open
}

func (w *rowWalk) from(s rowSource, table bool, depth int) (all []*selected, open bool) {
	switch {
	case s.of >= 0 && s.each && table:
		return nil, true
	case s.of >= 0:
		return w.selects(s.of, table || s.each, depth+1)
	case s.sel == nil || s.table != table:
		return nil, true
	}
	return []*selected{s.sel}, false
}
