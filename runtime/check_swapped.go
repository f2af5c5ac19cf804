package runtime

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/parser/ast"
)

// canonical is a name as it is compared with others: the family name has many.
func canonical(name string) string {
	switch s := squash(name); s {
	case "givenname", "forename":
		return "firstname"
	case "surname", "familyname", "sn":
		return "lastname"
	default:
		return s
	}
}

// checkSwapped finds two fields that each fill the other's column.
func (c *compiler) checkSwapped(m *ast.Mapping) {
	for i, f := range m.Fields {
		for _, g := range m.Fields[i+1:] {
			if f.Source == nil || g.Source == nil {
				continue
			}
			a, b := canonical(f.Destination.Value), canonical(g.Destination.Value)
			x, y := canonical(lastName(f.Source)), canonical(lastName(g.Source))
			if a == b || a == x || b == y || !(a == y && b == x || closer(x, b, y, a) || closer(y, a, x, b)) {
				continue
			}
			c.errorf(g.Source.Pos, CodeSwapped, "write "+g.Source.Raw+" for "+f.Destination.Value+" and "+f.Source.Raw+" for "+g.Destination.Value+c.meant(CodeSwapped),
				"%s is filled from %s, and %s (line %d) from %s: they are swapped", g.Destination.Value, g.Source.Raw, f.Destination.Value, f.Pos.Line, f.Source.Raw)
		}
	}
}

// closer reports whether two names each hold the other's column, and the second
// not its own: mobilePhone in Phone and primaryPhone in Mobile.
func closer(x, b, y, a string) bool {
	return len(a) > 3 && len(b) > 3 && strings.Contains(x, b) && strings.Contains(y, a) && !strings.Contains(y, b)
}

// checkBorrowed finds a column that is filled from the field of another
// column, while the record has a field of its name: Login from profile.email.
func (c *compiler) checkBorrowed(m *ast.Mapping) {
	for _, f := range m.Fields {
		if f.Source == nil {
			continue
		}
		own, name := canonical(f.Destination.Value), canonical(lastName(f.Source))
		if f.Lookup != nil {
			own = strings.TrimSuffix(own, "id") // DepartmentID
		}
		if own == name {
			continue
		}
		for _, g := range m.Fields {
			if g == f || g.Source == nil || g.Source.Raw != f.Source.Raw || canonical(g.Destination.Value) != name && !strings.HasSuffix(canonical(g.Destination.Value), name) {
				continue
			}
			at := slices.IndexFunc(c.o.Fields, func(known string) bool {
				return canonical(known[strings.LastIndexByte(known, '.')+1:]) == own
			})
			if at < 0 {
				continue
			}
			report, hint := c.errorf, "write "+c.o.Fields[at]+c.meant(CodeSwapped)
			if mayBeOne(own, name) {
				report, hint = c.warnf, "write "+c.o.Fields[at]+", unless "+f.Destination.Value+" is meant to be the same as "+g.Destination.Value
			}
			report(f.Source.Pos, CodeSwapped, hint,
				"%s is filled from %s, which fills %s (line %d) too", f.Destination.Value, f.Source.Raw, g.Destination.Value, g.Pos.Line)
		}
	}
}

// mayBeOne reports whether two columns often hold the same on purpose: many sign
// in with their address, and where there are no organisations the departments
// stand in for them.
func mayBeOne(a, b string) bool {
	for _, alike := range [][]string{
		slices.Concat(mailNames, []string{"login", "username", "userprincipalname", "primaryemail"}),
		{"department", "division", "organization", "company"},
		{"location", "office", "officelocation", "site", "city"},
	} {
		if slices.Contains(alike, a) && slices.Contains(alike, b) {
			return true
		}
	}
	return false
}
