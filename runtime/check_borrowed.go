package runtime

import (
	"strings"

	"github.com/amsx-lang/amsx/parser/ast"
)

// checkBorrowed finds a column that is filled from the field of another
// column, while the record has a field of its name: Login from profile.email.
func (c *compiler) checkBorrowed(m *ast.Mapping) {
	for _, f := range m.Fields {
		if f.Source == nil {
			continue
		}
		own, name := squash(f.Destination.Value), squash(lastName(f.Source))
		if own == name {
			continue
		}
		for _, g := range m.Fields {
			if g == f || g.Source == nil || g.Source.Raw != f.Source.Raw || squash(g.Destination.Value) != name {
				continue
			}
			for _, known := range c.o.Fields {
				if squash(known[strings.LastIndexByte(known, '.')+1:]) == own {
					c.warnf(f.Source.Pos, CodeSwapped, "write "+known+", unless "+f.Destination.Value+" is meant to be the same as "+g.Destination.Value,
						"%s is filled from %s, which fills %s (line %d) too", f.Destination.Value, f.Source.Raw, g.Destination.Value, g.Pos.Line)
					break
				}
			}
		}
	}
}
