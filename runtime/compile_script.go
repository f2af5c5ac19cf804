package runtime

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// A scriptCall is one Call or CallLocal.
type scriptCall struct {
	to     *unit
	pos    lexer.Position
	shared bool // CallLocal
	given  []scriptParam
	name   string // of the command
	from   *unit
}

// A scriptParam is one value that the called script is given.
type scriptParam struct {
	name  string
	pos   lexer.Position
	value compiled
	slot  int
	param *Parameter // how it is converted; nil: text
}

// fileOf is the file that a call runs, loaded when it is met for the first
// time; nil: it runs none, or what is wrong was reported.
func (c *compiler) fileOf(call *ast.Call) *unit {
	cmd := c.o.Table.Lookup(call.Name)
	if cmd == nil || cmd.Role != CallRole && cmd.Role != CallLocalRole || len(call.Args) == 0 {
		return nil
	}
	if u, ok := c.callees[call]; ok {
		return u
	}
	u := c.loadFile(call, cmd)
	c.callees[call] = u
	return u
}

func (c *compiler) loadFile(call *ast.Call, cmd *Command) *unit {
	name, pos, ok := wordOf(call.Args[0])
	low := strings.ToLower(name)
	switch {
	case !ok:
		c.errorf(call.Args[0].Start(), CodeScript, "write the name of the file in quotes; choose between several with If", "the file of %s is a fixed text: what it does is checked before anything runs", cmd.Name)
		return nil
	case strings.HasSuffix(low, ".xxs") || strings.HasSuffix(low, ".xts"):
		c.errorf(pos, CodeNotInEdition, "save its script as a .amsx file, and call that", "%s is a documented kind of xAssets script that is not in this edition", name[len(name)-4:])
		return nil
	case c.o.Script == nil:
		c.errorf(pos, CodeScript, "run the transformation from a file of its own", "this script stands in no folder, so %s cannot be found", name)
		return nil
	case len(c.files) >= maxFiles:
		c.errorf(pos, CodeScript, "put what they do into Subs", "more than %d scripts call each other", maxFiles)
		return nil
	}
	path, tree, list, err := c.o.Script(name, c.unit.file.path)
	if err != nil {
		hint := ""
		var h hinter
		if errors.As(err, &h) {
			hint = h.Hint()
		}
		c.errorf(pos, CodeScript, hint, "%v", err)
		return nil
	}
	owner := c.unit.file
	for len(owner.tree.Mappings) == 0 && owner.caller != nil {
		owner = owner.caller
	}
	key := fmt.Sprintf("%s %p", path, owner)
	if cmd.Role == CallLocalRole { // else it has variables of its own, which are put aside when it runs inside itself
		key += fmt.Sprintf(" %p", c.unit.file.scope)
	}
	if f := c.loaded[key]; f != nil {
		return f.main
	}
	c.list = append(c.list, list...)
	if tree == nil || tree.Script == nil || tree.Broken {
		return nil
	}
	f := &file{tree: tree, path: path, caller: c.unit.file, scope: c.unit.file.scope}
	if cmd.Role == CallRole {
		f.scope = &scope{names: map[string]int{}, root: f}
	}
	c.loaded[key] = f
	at := c.unit
	c.addFile(f)
	c.enter(at)
	return f.main
}

// scriptCall compiles what a Call or CallLocal gives to the script.
func (c *compiler) scriptCall(e *ast.Call, cmd *Command) *scriptCall {
	to, before := c.fileOf(e), len(c.list)
	s := &scriptCall{to: to, pos: e.Pos, shared: cmd.Role == CallLocalRole, name: cmd.Name, from: c.unit}
	given := func(i int) ast.Expr {
		if i < len(e.Args) {
			if _, omitted := e.Args[i].(*ast.Omitted); !omitted && !isEmptyText(e.Args[i]) {
				return e.Args[i]
			}
		}
		return nil
	}
	next := 1
	if !s.shared {
		if a := given(next); a != nil {
			s.xmlParameters(c, a)
		}
		next++
	}
	if a := given(next); a != nil {
		c.errorf(a.Start(), CodeNotInEdition, "leave it out: two commas with nothing in between", "the parent transform name of %s is not in this edition", cmd.Name)
	}
	if a := given(next + 1); a != nil {
		s.queryParameters(c, a)
	}
	if a := given(next + 2); a != nil {
		word, _, _ := wordOf(a)
		if b, ok := a.(*ast.Bool); ok {
			word = map[bool]string{true: "true", false: "false"}[b.Value]
		}
		if !EqualFold(word, "true") {
			c.errorf(a.Start(), CodeNotInEdition, `write "true", or leave it out`, "in this edition what a script is given always becomes variables of it")
		}
	}
	if a := given(next + 3); a != nil {
		c.errorf(a.Start(), CodeNotInEdition, "leave it out", "the UniqueID of %s is not in this edition", cmd.Name)
	}
	if to == nil || c.list[before:].HasErrors() {
		return nil
	}
	c.scripts = append(c.scripts, s)
	return s
}

func isEmptyText(e ast.Expr) bool {
	w, _, ok := wordOf(e)
	_, text := e.(*ast.String)
	return ok && text && w == ""
}

// fixedParts are the parts of a text, or of several joined by &. Names stand
// in the text itself, so that no value can add one.
func (c *compiler) fixedParts(e ast.Expr, usage string) ([]ast.Part, bool) {
	switch e := e.(type) {
	case *ast.String:
		return e.Body.Parts, true
	case *ast.Paren:
		return c.fixedParts(e.X, usage)
	case *ast.Binary:
		if e.Op == "&" {
			x, a := c.fixedParts(e.X, usage)
			y, b := c.fixedParts(e.Y, usage)
			return append(slices.Clone(x), y...), a && b
		}
	}
	c.errorf(e.Start(), CodeScriptParameter, usage, "the names of what a script is given stand in a text, so that no value can add one")
	return nil, false
}

const (
	queryUsage = `write "Name=value&Other=%x%"`
	xmlUsage   = `write "<p><Name>value</Name><Other>%x%</Other></p>"`
)

// queryParameters reads Name=value&Other=%x%. What a variable holds is a
// value, whatever characters are in it.
func (s *scriptCall) queryParameters(c *compiler, e ast.Expr) {
	parts, ok := c.fixedParts(e, queryUsage)
	if !ok {
		return
	}
	var name strings.Builder
	var value []ast.Part
	inValue, good := false, true
	pos := e.Start()
	end := func() {
		if good && (inValue || name.Len() > 0) {
			n, err := url.QueryUnescape(name.String())
			if !inValue || err != nil || n == "" {
				c.errorf(pos, CodeScriptParameter, queryUsage, "%q is no name with a value", name.String())
			} else {
				s.give(c, strings.TrimPrefix(n, "?"), pos, value)
			}
		}
		name.Reset()
		value, inValue, good = nil, false, true
	}
	for _, p := range parts {
		if p.Ref != nil {
			if !inValue {
				good = false
				c.errorf(p.Pos, CodeScriptParameter, queryUsage, "a name stands in the text itself, and this is a variable")
				continue
			}
			value = append(value, p)
			continue
		}
		for i, pair := range strings.Split(p.Text, "&") {
			if i > 0 {
				end()
			}
			if !inValue {
				n, v, has := strings.Cut(pair, "=")
				name.WriteString(n)
				if !has {
					continue
				}
				inValue, pair = true, v
			}
			if v, err := url.QueryUnescape(pair); err == nil {
				pair = v
			}
			if pair != "" {
				value = append(value, ast.Part{Pos: p.Pos, Text: pair})
			}
		}
	}
	end()
}

// xmlParameters reads <p><Name>value</Name></p>: one element a parameter.
func (s *scriptCall) xmlParameters(c *compiler, e ast.Expr) {
	parts, ok := c.fixedParts(e, xmlUsage)
	if !ok {
		return
	}
	// A variable is a character that no text has while the XML is read.
	const mark = '\uF000'
	var b strings.Builder
	var refs []ast.Part
	for _, p := range parts {
		if p.Ref != nil {
			b.WriteRune(mark + rune(len(refs)))
			refs = append(refs, p)
		} else {
			b.WriteString(p.Text)
		}
	}
	split := func(text string) (out []ast.Part) {
		for {
			i := strings.IndexFunc(text, func(r rune) bool { return r >= mark && r < mark+rune(len(refs)) })
			if i < 0 {
				break
			}
			if i > 0 {
				out = append(out, ast.Part{Pos: e.Start(), Text: text[:i]})
			}
			r := []rune(text[i:])[0]
			out = append(out, refs[r-mark])
			text = text[i+len(string(r)):]
		}
		if text != "" {
			out = append(out, ast.Part{Pos: e.Start(), Text: text})
		}
		return out
	}
	bad := func(what string) { c.errorf(e.Start(), CodeScriptParameter, xmlUsage, "%s", what) }
	if len(refs) > 1000 {
		bad("there are more than 1000 variables in it")
		return
	}
	dec := xml.NewDecoder(strings.NewReader(b.String()))
	depth, name, text := 0, "", ""
	for {
		t, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			bad("these parameters cannot be read as XML")
			return
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth++; depth == 2 {
				name, text = t.Name.Local, ""
			}
			if depth > 2 || len(t.Attr) > 0 {
				bad("a parameter is one element with a text, without attributes and elements in it")
				return
			}
		case xml.EndElement:
			if depth == 2 {
				s.give(c, name, e.Start(), split(text))
			}
			depth--
		case xml.CharData:
			if depth == 2 {
				text += string(t)
			} else if strings.TrimSpace(string(t)) != "" {
				bad("a text stands outside of every parameter")
				return
			}
		}
	}
}

// give adds one value.
func (s *scriptCall) give(c *compiler, name string, pos lexer.Position, parts []ast.Part) {
	for _, p := range s.given {
		if FoldName(p.name) == FoldName(name) {
			c.errorf(pos, CodeScriptParameter, "remove one of the two", "%s is given twice", name)
			return
		}
	}
	x := known(Text(""))
	if len(parts) > 0 {
		list, ok := c.parts(&ast.Template{Pos: pos, Parts: parts}, inText, nil)
		if !ok {
			return
		}
		x = joinParts(list)
	}
	s.given = append(s.given, scriptParam{name: name, pos: pos, value: x})
}

// bindScripts finds the variables that take what scripts are given, when all
// are known.
func (c *compiler) bindScripts() {
	for _, s := range c.scripts {
		f := s.to.file
		params := f.scope.params
		if s.shared {
			params = nil
			for _, p := range f.shared {
				params = append(params, *p)
			}
		}
		var names []string
		for _, p := range params {
			names = append(names, p.Name)
		}
		for i := range s.given {
			g := &s.given[i]
			at := slices.IndexFunc(params, func(p Parameter) bool { return FoldName(p.Name) == FoldName(g.name) })
			if at >= 0 {
				g.slot, g.param = params[at].slot, &params[at]
				continue
			}
			slot, ok := f.scope.names[FoldName(g.name)]
			if s.shared && ok {
				g.slot = slot
				continue
			}
			hint := f.path + " takes no parameters"
			if near := lexer.Nearest(g.name, names); near != "" {
				hint = "did you mean " + near + "?"
			} else if len(names) > 0 {
				hint = f.path + " takes " + strings.Join(names, ", ")
			}
			c.errorf(g.pos, CodeScriptParameter, hint, "%s reads no %s", f.path, g.name)
		}
		if s.shared {
			continue
		}
		for _, p := range params {
			if !p.HasDefault && !slices.ContainsFunc(s.given, func(g scriptParam) bool { return FoldName(g.name) == FoldName(p.Name) }) {
				c.errorf(s.pos, CodeScriptParameter, fmt.Sprintf(`give it: Call "%s", "<p><%s>value</%s></p>"`, f.path, p.Name, p.Name), "%s wants %s, which this call does not give", f.path, p.Name)
			}
		}
	}
}
