package runtime

import (
	"slices"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// Words of status tables whose meaning is beyond doubt.
var (
	workingWords = []string{"active"}
	stillWords   = []string{"passwordexpired", "recovery", "lockedout"} // they cannot sign in today, and work here
	leftWords    = []string{"deprovisioned", "terminated", "deleted", "inactive", "disabled"}
	yesWords     = []string{"true", "1", "yes", "active"}
	noWords      = []string{"false", "0", "no", "inactive"}
)

// checkStatus finds a status table that is turned round.
func (c *compiler) checkStatus(f *ast.Field) {
	column := squash(f.Destination.Value)
	if !f.DataMap.IsSet() || !slices.Contains([]string{"active", "isactive", "enabled", "isenabled", "status"}, column) {
		return
	}
	for _, d := range c.tree.DataMaps {
		if FoldName(d.Name.Value) != FoldName(f.DataMap.Value) {
			continue
		}
		for _, v := range d.Values {
			from, to := squash(v.From.Value), squash(v.To.Value)
			switch {
			case slices.Contains(workingWords, from) && slices.Contains(noWords, to):
				c.errorf(v.To.Pos, CodeStatusInverted, "write True for people who work here", "the table %s is turned round: %s becomes %s, so everyone who works here turns inactive", d.Name.Value, v.From.Value, v.To.Value)
			case slices.Contains(stillWords, from) && slices.Contains(noWords, to):
				c.warnf(v.To.Pos, CodeStatusInverted, "write True, unless they should count as people who left", "%s makes people inactive who work here and only cannot sign in at the moment", v.From.Value)
			case slices.Contains(leftWords, from) && slices.Contains(yesWords, to):
				c.errorf(v.To.Pos, CodeStatusInverted, "write False for people who left", "the table %s is turned round: %s becomes %s, so everyone who left turns active", d.Name.Value, v.From.Value, v.To.Value)
			}
		}
	}
}

// checkValues compares a value table with the values that its source is known
// to have: a value that the source never has is a slip, and one that the table
// lacks is not translated.
func (c *compiler) checkValues(f *ast.Field) {
	if f.Source == nil || !f.DataMap.IsSet() {
		return
	}
	known := c.o.Values[f.Source.Raw]
	if len(known) == 0 {
		return
	}
	for _, d := range c.tree.DataMaps {
		if FoldName(d.Name.Value) != FoldName(f.DataMap.Value) {
			continue
		}
		missing := slices.Clone(known)
		for _, v := range d.Values {
			at := slices.IndexFunc(missing, func(k string) bool { return FoldText(k) == FoldText(v.From.Value) })
			if at >= 0 {
				missing = slices.Delete(missing, at, at+1)
			} else if near := lexer.Nearest(v.From.Value, known); near != "" && !slices.ContainsFunc(known, func(k string) bool { return FoldText(k) == FoldText(v.From.Value) }) {
				c.errorf(v.From.Pos, CodeDataMap, "did you mean "+near+"? Type it anew: letters that look alike may be others", "%s is never \"%s\"", f.Source.Raw, v.From.Value)
			}
		}
		for _, k := range missing {
			c.warnf(d.Name.Pos, CodeDataMap, c.say(`add a line: <value from="`+k+`" to="…"/>`, `add a line: "`+k+`" = "…"`), "the datamap %s does not say what %s means for %s", d.Name.Value, k, f.Destination.Value)
		}
	}
}

// checkActive finds a mapping after which people who are marked as left in the
// source stay active. Only where the source is known to say so.
func (c *compiler) checkActive(m *ast.Mapping, columns []Column) {
	if !slices.Contains(c.o.Fields, "status") || !c.hasLeavers() || !slices.ContainsFunc(columns, func(col Column) bool { return FoldName(col.Name) == "active" }) {
		return
	}
	for _, f := range m.Fields {
		if FoldName(f.Destination.Value) != "active" {
			continue
		}
		reads, any := false, false
		if f.Source != nil {
			reads, any = f.Source.Raw == "status", true
		} else {
			fields(f.Calc, func(p *ast.Path) { reads, any = reads || p.Raw == "status", true })
		}
		hint := "write " + c.activeField()
		switch {
		case !any:
			c.errorf(f.Pos, CodeStatusInverted, hint, "%s is the same for everyone, also for people who left: they are in the list with the status DEPROVISIONED", f.Destination.Value)
		case !reads:
			c.warnf(f.Pos, CodeStatusInverted, hint, "%s is not filled from status, which says who left", f.Destination.Value)
		}
		return
	}
	c.errorf(m.Destination.Pos, CodeStatusInverted, "add "+c.activeField(), "no field fills Active, so people who left stay active: they are in the list with the status DEPROVISIONED")
}

// activeField is the line that fills Active, as the form at hand has it.
func (c *compiler) activeField() string {
	return c.say(`<field destination="Active" source="status" datamap="OktaStatus"/>`, "Active = status DataMap OktaStatus")
}

// say is how something is written: in a document, or in a script.
func (c *compiler) say(document, script string) string {
	if c.tree.Document {
		return document
	}
	return script
}
