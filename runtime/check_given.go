package runtime

import "github.com/amsx-lang/amsx/parser/ast"

// A giving is everything that gives one variable its values, wherever it
// stands.
type giving struct {
	sets  []ast.Expr      // Set name = …
	texts []*ast.Template // Text Into name
	packs []*ast.Call     // Credential name, …
	other bool            // anything else: loops, commands, who calls the Sub or script
}

// givings finds what gives each variable its values.
func (c *compiler) givings() map[int]*giving {
	all := map[int]*giving{}
	of := func(name string) *giving {
		slot, ok := c.slotOf(name)
		if !ok {
			return &giving{}
		}
		return givingOf(all, slot)
	}
	c.eachStatement(func(s ast.Stmt) {
		switch s := s.(type) {
		case *ast.Set:
			g := of(s.Target.Root())
			if len(s.Target.Steps) > 1 {
				g.other = true
			}
			g.sets = append(g.sets, s.Value)
		case *ast.For:
			of(s.Var.Text).other = true
		case *ast.ForEach:
			of(s.Var.Text).other = true
		case *ast.Text:
			if s.Into != nil {
				g := of(s.Into.Root())
				g.other = g.other || len(s.Into.Steps) > 1
				g.texts = append(g.texts, s.Body)
			}
		case *ast.Try:
			if s.Name != nil {
				of(s.Name.Text).other = true
			}
		}
		ownCalls(s, func(call *ast.Call) {
			c.eachVariable(call, func(p *Param, name string) {
				switch g, cmd := of(name), c.o.Table.Lookup(call.Name); {
				case cmd.Effects&ReadsPacks == 0:
					g.other = true
				case p.Assigns:
					g.packs = append(g.packs, call)
				}
			})
		})
	})
	for _, p := range c.prog.params {
		givingOf(all, p.slot).other = true
	}
	for _, f := range c.files {
		for _, p := range f.scope.params {
			givingOf(all, p.slot).other = true
		}
		for _, p := range f.shared {
			givingOf(all, p.slot).other = true
		}
	}
	for _, u := range c.units() {
		for _, slot := range u.params {
			givingOf(all, slot).other = true
		}
	}
	for _, s := range c.scripts {
		for _, p := range s.given {
			givingOf(all, p.slot).other = true
		}
	}
	return all
}

func givingOf(all map[int]*giving, slot int) *giving {
	if all[slot] == nil {
		all[slot] = &giving{}
	}
	return all[slot]
}

// eachVariable calls f with every variable that a command is given by name.
func (c *compiler) eachVariable(call *ast.Call, f func(p *Param, name string)) {
	cmd := c.o.Table.Lookup(call.Name)
	if cmd == nil || c.callee(call) != nil {
		return
	}
	for i := range call.Args {
		if p := paramAt(cmd, i); p != nil && p.Type == VariableParam {
			if name, _, ok := wordOf(call.Args[i]); ok {
				f(p, name)
			}
		}
	}
}
