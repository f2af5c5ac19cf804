package runtime

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/parser/ast"
)

// hasLeavers reports whether the script marks leavers.
func (c *compiler) hasLeavers() bool {
	found := false
	c.eachStatement(func(s ast.Stmt) {
		if cmd := c.commandOf(s); cmd != nil && cmd.Role == LeaversRole {
			found = true
		}
	})
	return found
}

// marksLeavers reports whether a line of the script may mark leavers among the
// rows that an Upsert writes: it names their source, or none.
func (w *flowWalk) marksLeavers(upsert *ast.Call) bool {
	if !w.leavers {
		return false
	}
	c, source := w.c, ""
	name, _ := mappingName(upsert, c.o.Table.Lookup(upsert.Name))
	if m := c.mapping(name); m != nil {
		source = m.spec.Source
	}
	found := false
	c.eachStatement(func(s ast.Stmt) {
		cmd := c.commandOf(s)
		if found || cmd == nil || cmd.Role != LeaversRole {
			return
		}
		args := callOf(s).Args
		found = len(args) == 0
		if !found {
			word, _, ok := wordOf(args[0])
			found = !ok || source == "" || FoldName(word) == FoldName(source)
		}
	})
	return found
}

// checkLeaversSource finds a DeactivateMissing of a source that nothing writes:
// everybody of it would count as missing.
func (c *compiler) checkLeaversSource() {
	var written []string
	for _, m := range c.prog.mappings {
		sources := []string{m.spec.Source}
		if m.spec.Source == "" {
			if sources = c.packs(); slices.Contains(sources, "") || len(sources) == 0 {
				return // the run gives it
			}
		}
		for _, s := range sources {
			if !slices.Contains(written, s) {
				written = append(written, s)
			}
		}
	}
	if len(written) == 0 {
		return
	}
	c.eachStatement(func(s ast.Stmt) {
		cmd := c.commandOf(s)
		if cmd == nil || cmd.Role != LeaversRole || len(callOf(s).Args) == 0 {
			return
		}
		source, pos, ok := wordOf(callOf(s).Args[0])
		if !ok || slices.ContainsFunc(written, func(w string) bool { return FoldName(w) == FoldName(source) }) {
			return
		}
		c.errorf(pos, CodeLeaversSource, "leave the name out: "+cmd.Name, "no mapping writes the source %s, so everyone of it would count as missing; the script writes %s", source, strings.Join(written, ", "))
	})
}

// packs are the names of the credential packs that the program opens; empty for
// one that only the run knows.
func (c *compiler) packs() []string {
	var names []string
	c.eachStatement(func(s ast.Stmt) {
		ownCalls(s, func(call *ast.Call) {
			cmd := c.o.Table.Lookup(call.Name)
			if cmd == nil {
				return
			}
			for i, p := range cmd.Params {
				if p.Type == PackParam && i < len(call.Args) {
					names = append(names, c.packName(call.Args[i]))
				}
			}
		})
	})
	return names
}

// packName is the name of a pack as an argument gives it, or as the parameter
// does that it reads when nothing else is said.
func (c *compiler) packName(e ast.Expr) string {
	if word, _, ok := wordOf(e); ok {
		return word
	}
	var path *ast.Path
	switch e := e.(type) {
	case *ast.Var:
		path = e.Path
	case *ast.String:
		if len(e.Body.Parts) == 1 {
			path = e.Body.Parts[0].Ref
		}
	}
	if path == nil || len(path.Steps) != 1 {
		return ""
	}
	for _, p := range c.prog.params {
		if FoldName(p.Name) == FoldName(path.Root()) {
			return p.Default
		}
	}
	return ""
}
