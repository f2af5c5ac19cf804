package runtime

import (
	"fmt"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// checkSeen compares the paths that are read from records with the names that
// recordings have. An API may have got a field since, so that is never more
// than a warning; and recordings in which none of the paths is found are of
// something else, so they say nothing.
func (c *compiler) checkSeen() {
	if c.o.Seen == nil || len(c.o.Seen.names)+len(c.o.Seen.columns) == 0 {
		return
	}
	made, known := c.madeNames()
	if !known {
		return
	}
	var missed []func()
	found := false
	for _, p := range c.recordPaths() {
		at, above, ok := c.follow(p.Steps, made)
		if ok {
			found = true
			continue
		}
		missed = append(missed, func() { c.unseen(p, at, above) })
	}
	if !found {
		return
	}
	for _, say := range missed {
		say()
	}
}

// recordPaths are the sources of the mappings, and what the script reads from
// the records of lists. What is known of the API is not asked of recordings.
func (c *compiler) recordPaths() []*ast.Path {
	var out []*ast.Path
	add := func(p *ast.Path) {
		if !c.ofTheAPI(p) {
			out = append(out, p)
		}
	}
	for _, f := range c.files {
		for _, m := range f.tree.Mappings {
			for _, field := range m.Fields {
				if field.Source != nil {
					add(field.Source)
				} else {
					fields(field.Calc, add)
				}
			}
			if m.Destination.Newest != nil {
				add(m.Destination.Newest)
			}
		}
	}
	c.eachReference(func(p *ast.Path) {
		if i, ok := c.slotOf(p.Root()); ok && len(p.Steps) > 1 && c.pulled[i] {
			add(&ast.Path{Pos: p.Steps[1].Pos, End: p.End, Raw: pathText(p.Steps[1:]), Steps: p.Steps[1:]})
		}
	})
	return out
}

// ofTheAPI reports whether the fields of the API decide about a path; see
// checkSource.
func (c *compiler) ofTheAPI(p *ast.Path) bool {
	return c.o.Fields != nil && !slices.ContainsFunc(p.Steps, func(s ast.Step) bool { return s.Kind != ast.StepKey || s.Quoted })
}

// follow goes down a path through the names that were seen. not ok: the step
// at, below the name above, was not.
func (c *compiler) follow(steps []ast.Step, made map[string]bool) (at int, above string, ok bool) {
	seen := c.o.Seen
	var down func(i int, above string) bool
	down = func(i int, name string) bool {
		for i < len(steps) && steps[i].Kind != ast.StepKey {
			i++
		}
		if i == len(steps) || i > 0 && !seen.filled[name] { // always empty: nobody knows what it may hold
			return true
		}
		if i >= at {
			at, above = i, name
		}
		known := false
		for n := joinable(steps[i:]); n > 0; n-- {
			key := joined(steps[i : i+n])
			if !seen.has(name, key, i == 0) {
				continue
			}
			if known = true; down(i+n, key) {
				return true
			}
		}
		return !known && made[FoldName(steps[i].Key)]
	}
	ok = down(0, "")
	return at, above, ok
}

// unseen reports a path.
func (c *compiler) unseen(p *ast.Path, at int, above string) {
	name := p.Steps[at].Key
	var before []string
	for _, s := range p.Steps[:at] {
		if s.Kind == ast.StepKey {
			before = append(before, s.Key)
		}
	}
	where := ""
	if len(before) > 0 {
		where = " in " + strings.Join(before, ".")
	}
	hint := "look whether the API has it; if it is new or rare, record a case that has it"
	names := c.o.Seen.near(above, at == 0)
	slices.Sort(names)
	near := lexer.Nearest(name, names)
	for _, n := range names { // its case is the likeliest slip, and it counts
		if EqualFold(n, name) {
			near = n
		}
	}
	if near != "" {
		hint = fmt.Sprintf("%s is recorded: write that if it is meant; if %s is new or rare, record a case that has it", near, name)
	}
	c.warnf(p.Steps[at].Pos, CodeNotRecorded, hint, "no recording has the field %s%s: where a record lacks it, its value is Null", name, where)
}

// madeNames are the names that the script gives to fields itself: with Row and
// Set, as the columns of a file, as columns of SQL, and whatever else is a word
// of a fixed text. not known: SQL may give any.
func (c *compiler) madeNames() (made map[string]bool, known bool) {
	made, known = map[string]bool{}, true
	words := func(text string) {
		for w := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;:.()[]=<>'\"/?&%$+-|", r) }) {
			made[FoldName(w)] = true
		}
		made[FoldName(strings.TrimSpace(text))] = true
	}
	visit := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.String:
			for _, p := range n.Body.Parts {
				words(p.Text)
			}
		case *ast.Text:
			for _, p := range n.Body.Parts {
				words(p.Text)
			}
		case *ast.Set:
			for _, s := range n.Target.Steps[1:] {
				made[FoldName(s.Key)] = true
			}
		case *ast.Call:
			if cmd := c.o.Table.Lookup(n.Name); cmd != nil && len(n.Args) > 0 && len(cmd.Params) > 0 && cmd.Params[0].Type == SQLParam && strings.Contains(strings.ReplaceAll(literalText(n.Args[0]), "(*)", ""), "*") {
				known = c.allColumns(made) && known
			}
		}
		return true
	}
	for _, f := range c.files {
		ast.Inspect(f.tree.Script, visit)
	}
	return made, known
}

// allColumns adds every column of the site, which SELECT * may give.
func (c *compiler) allColumns(to map[string]bool) bool {
	if c.o.Schema == nil {
		return false
	}
	for _, t := range c.o.Schema.Tables() {
		_, columns, _ := c.o.Schema.Table(t)
		for _, col := range columns {
			to[FoldName(col.Name)] = true
		}
	}
	return true
}

// literalText is the fixed text of an argument.
func literalText(e ast.Expr) string {
	s, ok := e.(*ast.String)
	if !ok {
		return ""
	}
	var b strings.Builder
	for _, p := range s.Body.Parts {
		b.WriteString(p.Text)
	}
	return b.String()
}
