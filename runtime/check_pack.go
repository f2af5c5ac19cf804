package runtime

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// packOfAddress is the variable at whose pack an address begins.
func packOfAddress(address string) (variable string, ok bool) {
	variable, field, _, ok := packReference(strings.TrimPrefix(address, "https://"))
	return variable, ok && (field == "url" || field == "domain")
}

// packReference takes %variable.field% from the front of an address.
func packReference(address string) (variable, field, rest string, ok bool) {
	address, ok = strings.CutPrefix(address, "%")
	if !ok {
		return "", "", "", false
	}
	path, rest, ok := strings.Cut(address, "%")
	variable, field, dotted := strings.Cut(path, ".")
	return variable, FoldName(field), rest, ok && dotted
}

// packAddress finds an address that is put together wrongly from that of a
// pack, which is https:// and the host.
func (w *flowWalk) packAddress(at lexer.Position, address string) {
	bare, twice := strings.CutPrefix(address, "https://")
	variable, field, rest, ok := packReference(bare)
	if _, pack := w.opened(variable); !ok || !pack || field != "url" {
		return
	}
	switch {
	case twice:
		w.c.errorf(at, CodePackAddress, "write %"+variable+".Url% without https:// in front of it", "the address has https:// twice: %%%s.Url%% begins with it", variable)
	case rest != "" && (rest[0] >= 'a' && rest[0] <= 'z' || rest[0] >= 'A' && rest[0] <= 'Z'):
		w.c.errorf(at, CodePackAddress, "write %"+variable+".Url%/"+rest, "a / is missing behind the host: %%%s.Url%% ends without one", variable)
	}
}

// checkPackFields finds a field that credential packs do not have.
func (c *compiler) checkPackFields() {
	c.eachReference(func(p *ast.Path) {
		slot, ok := c.slotOf(p.Root())
		g := c.given[slot]
		if !ok || g == nil || g.other || len(g.packs) == 0 || len(g.sets)+len(g.texts) > 0 || len(p.Steps) < 2 || p.Steps[1].Kind != ast.StepKey {
			return
		}
		cmd := c.o.Table.Lookup(g.packs[0].Name)
		for _, param := range cmd.Params {
			if len(param.Fields) == 0 || slices.ContainsFunc(param.Fields, func(f string) bool { return EqualFold(f, p.Steps[1].Key) }) {
				continue
			}
			hint := "it has " + strings.Join(param.Fields, ", ")
			if near := lexer.Nearest(p.Steps[1].Key, param.Fields); near != "" {
				hint = "did you mean " + p.Root() + "." + near + "?"
			}
			c.errorf(p.Pos, CodePackField, hint, "a credential pack has no field %s", p.Steps[1].Key)
		}
	})
}
