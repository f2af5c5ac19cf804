package runtime

import (
	"maps"
	"slices"
	"strings"

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

// Names of fields that say yes or no of a person: gone, or here.
var (
	goneNames = []string{"suspended", "disabled", "archived", "deleted", "terminated", "deprovisioned", "blocked", "inactive"}
	hereNames = []string{"active", "enabled", "employed"}
)

// gone reports whether a field is True of people who left, and whether its name
// says anything of the kind.
func gone(p *ast.Path) (gone, says bool) {
	if p == nil {
		return false, false
	}
	name := strings.TrimPrefix(strings.TrimPrefix(squash(lastName(p)), "account"), "is")
	gone = slices.Contains(goneNames, name)
	return gone, gone || slices.Contains(hereNames, name)
}

// isActiveColumn reports whether a column says who works here.
func isActiveColumn(name string) bool {
	return slices.Contains([]string{"active", "isactive", "enabled", "isenabled"}, squash(name))
}

// checkStatus finds a status table that is turned round.
func (c *compiler) checkStatus(f *ast.Field) {
	if !f.DataMap.IsSet() {
		c.checkActiveValue(f)
		return
	}
	active := isActiveColumn(f.Destination.Value)
	if !active && squash(f.Destination.Value) != "status" {
		return
	}
	left, says := gone(f.Source)
	d := c.dataMapOf(f)
	if d == nil {
		return
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
		case active && says && isBoolean(from) && isBoolean(to) && (slices.Contains(yesWords, from) != left) != slices.Contains(yesWords, to):
			c.errorf(v.To.Pos, CodeStatusInverted, "write "+boolText(!slices.Contains(yesWords, to)), "the table %s is turned round: whoever has %s %s in %s becomes %s", d.Name.Value, f.Source.Raw, v.From.Value, f.Destination.Value, v.To.Value)
		}
	}
	if word, rest, _ := strings.Cut(d.Unknown.Value, ":"); active && strings.EqualFold(strings.TrimSpace(word), "default") && slices.Contains(noWords, squash(strings.TrimSpace(rest))) {
		c.errorf(d.Unknown.Pos, CodeUnknownInactive, c.say(`write unknown="warn", which keeps what is there and says so, or unknown="reject"`, "write warn, which keeps what is there and says so, or reject")+"; a value of people who left gets a line of its own"+c.meant(CodeUnknownInactive),
			"whoever has a value that the table %s does not have turns inactive: a new or misspelt one makes people leavers", d.Name.Value)
	}
}

func isBoolean(word string) bool {
	return slices.Contains(yesWords, word) || slices.Contains(noWords, word)
}

func boolText(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

// checkActiveValue finds a source or calculation of Active that is the wrong way
// round: it is tried with the values of which is known what they mean.
func (c *compiler) checkActiveValue(f *ast.Field) {
	if !isActiveColumn(f.Destination.Value) || f.Lookup != nil {
		return
	}
	if left, _ := gone(f.Source); left {
		c.errorf(f.Source.Pos, CodeStatusInverted, c.say(`write source="CALC" value="Not `+f.Source.Raw+`"`, "write "+f.Destination.Value+" = Not "+f.Source.Raw), "%s is True of people who left, and %s of people who work here", f.Source.Raw, f.Destination.Value)
	}
	if f.Calc == nil {
		return
	}
	seen := map[string]bool{}
	fields(f.Calc, func(p *ast.Path) {
		if seen[p.Raw] {
			return
		}
		seen[p.Raw] = true
		values := c.o.Values[p.Raw]
		left, says := gone(p)
		if len(values) == 0 && says {
			values = []string{"True", "False"}
		}
		for _, v := range values {
			got, ok := tried(f.Calc, p.Raw, v)
			if !ok || !isBoolean(squash(got)) {
				continue
			}
			active, word := slices.Contains(yesWords, squash(got)), squash(v)
			works := slices.Contains(workingWords, word) || says && (word == "true") != left
			goes := slices.Contains(leftWords, word) || says && (word == "true") == left
			switch {
			case works && !active:
				c.errorf(f.Calc.Start(), CodeStatusInverted, "turn the condition round", "%s is False where %s is %s, so everyone who works here turns inactive", f.Destination.Value, p.Raw, v)
				return
			case goes && active:
				c.errorf(f.Calc.Start(), CodeStatusInverted, "turn the condition round", "%s is True where %s is %s, so everyone who left turns active", f.Destination.Value, p.Raw, v)
				return
			case slices.Contains(stillWords, word) && !active:
				c.warnf(f.Calc.Start(), CodeStatusInverted, "write "+c.activeField()+", with a line for each status", "%s is False where %s is %s: those people work here and only cannot sign in at the moment", f.Destination.Value, p.Raw, v)
				return
			}
		}
	})
}

// tried is what a calculation gives where a path of the record has a value. What
// depends on more than that is not known.
func tried(e ast.Expr, path, value string) (result string, known bool) {
	try := func(e ast.Expr) (string, bool) { return tried(e, path, value) }
	truth := func(e ast.Expr) (is, known bool) {
		s, ok := try(e)
		return strings.EqualFold(s, "True"), ok && (strings.EqualFold(s, "True") || strings.EqualFold(s, "False"))
	}
	switch e := e.(type) {
	case *ast.Paren:
		return try(e.X)
	case *ast.Bare:
		return value, e.Path.Raw == path
	case *ast.Bool:
		return boolText(e.Value), true
	case *ast.String:
		return constant(e.Body)
	case *ast.Unary:
		if is, ok := truth(e.X); ok && e.Op == "Not" {
			return boolText(!is), true
		}
	case *ast.In:
		x, ok := try(e.X)
		for _, item := range e.List {
			y, fixed := try(item)
			if ok = ok && fixed; ok && FoldText(x) == FoldText(y) {
				return "True", true
			}
		}
		return "False", ok
	case *ast.Binary:
		switch e.Op {
		case "=", "<>":
			x, isX := try(e.X)
			y, isY := try(e.Y)
			return boolText((FoldText(x) == FoldText(y)) == (e.Op == "=")), isX && isY
		case "And", "Or":
			x, isX := truth(e.X)
			y, isY := truth(e.Y)
			decides := e.Op == "Or" // True decides an Or, False an And
			if isX && x == decides || isY && y == decides {
				return boolText(decides), true
			}
			return boolText(!decides), isX && isY
		}
	case *ast.Call:
		if strings.EqualFold(e.Name, "IIf") && len(e.Args) == 3 {
			if is, ok := truth(e.Args[0]); ok {
				if is {
					return try(e.Args[1])
				}
				return try(e.Args[2])
			}
		}
	}
	return "", false
}

// checkValues compares a value table with the values that its source is known
// to have: a value that the source never has is a slip, and one that the table
// lacks is not translated.
func (c *compiler) checkValues(f *ast.Field, columns []Column) {
	if f.Source == nil {
		return
	}
	known := c.o.Values[f.Source.Raw]
	switch {
	case !f.DataMap.IsSet():
		c.checkUntranslated(f, known, columns)
		return
	case len(known) == 0:
		c.checkOthersTable(f)
		return
	}
	d := c.dataMapOf(f)
	if d == nil {
		return
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
	if len(missing) > 0 {
		hint := c.say(`add a line: <value from="`+missing[0]+`" to="…"/>`, `add a line: "`+missing[0]+`" = "…"`)
		if len(missing) > 1 {
			hint = c.say(`add a line for each: <value from="…" to="…"/>`, `add a line for each: "…" = "…"`)
		}
		c.warnf(d.Name.Pos, CodeDataMap, hint, "the datamap %s does not say what %s means for %s", d.Name.Value, strings.Join(missing, ", "), f.Destination.Value)
	}
}

// checkUntranslated finds a field whose values are known and which its column
// cannot hold as they are.
func (c *compiler) checkUntranslated(f *ast.Field, known []string, columns []Column) {
	col := columnOf(columns, f.Destination.Value)
	if col == nil || col.Type == ColumnText || f.Lookup != nil {
		return
	}
	convert := columnConverter(col)
	for _, v := range known {
		if _, err := convert(Text(v)); err != nil {
			c.errorf(f.Source.Pos, CodeDataMap, c.say(`add a datamap that translates it: datamap="…"`, "add a DataMap that translates it")+"; "+columnHint(col), "%s cannot hold %s, which %s may be", f.Destination.Value, v, f.Source.Raw)
			return
		}
	}
}

// checkOthersTable finds a value table for another field than the one that is
// read.
func (c *compiler) checkOthersTable(f *ast.Field) {
	if !slices.Contains(c.o.Fields, f.Source.Raw) {
		return
	}
	d := c.dataMapOf(f)
	if d == nil || len(d.Values) < 2 {
		return
	}
	for _, path := range slices.Sorted(maps.Keys(c.o.Values)) {
		if !slices.ContainsFunc(d.Values, func(v ast.DataMapValue) bool {
			return !slices.ContainsFunc(c.o.Values[path], func(k string) bool { return FoldText(k) == FoldText(v.From.Value) })
		}) {
			c.errorf(f.Source.Pos, CodeDataMap, "write "+path, "the table %s translates the values of %s, and %s has others: none of them is translated", d.Name.Value, path, f.Source.Raw)
			return
		}
	}
}

// checkActive finds a mapping after which people who are marked as left in the
// source stay active. Only where the source is known to say so.
func (c *compiler) checkActive(m *ast.Mapping, out *Mapping, columns []Column) {
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
		case out.spec.Mode == InsertOnly || f.OnInsert:
			at, hint := m.Destination.Mode.Pos, c.say(`write mode="Insert and Update"`, `write Mode "Insert and Update"`)
			if f.OnInsert {
				at, hint = f.Pos, c.say(`remove on="insert"`, "remove On Insert")
			}
			c.errorf(at, CodeMode, hint, "%s is written for new people only, so people who leave stay active: they are in the list with the status DEPROVISIONED", f.Destination.Value)
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

// checkCompared finds a field of a mapped record that is compared with a word
// which is a slip for one of the values that the field may have.
func (c *compiler) checkCompared(fed map[string]bool, x ast.Expr, words ...ast.Expr) {
	v, ok := x.(*ast.Var)
	if !ok || len(v.Path.Steps) < 2 || !fed[FoldName(v.Path.Root())] {
		return
	}
	path := pathText(v.Path.Steps[1:])
	known := c.o.Values[path]
	for _, w := range words {
		word, pos, ok := wordOf(w)
		if !ok || slices.ContainsFunc(known, func(k string) bool { return FoldText(k) == FoldText(word) }) {
			continue
		}
		if near := lexer.Nearest(word, known); near != "" {
			c.errorf(pos, CodeNeverValue, `did you mean "`+near+`"?`, "%s is never \"%s\"", path, word)
		}
	}
}
