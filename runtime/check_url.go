package runtime

import (
	"net/url"
	"strings"

	"github.com/amsx-lang/amsx/parser/ast"
)

// A scriptURL is what a script says of an address before it runs.
type scriptURL struct {
	address string // without query; references as %name%
	query   map[string]string
	open    map[string]bool // parameters whose value is not fixed
}

func (u scriptURL) has(name string) bool   { _, ok := u.query[name]; return ok }
func (u scriptURL) known(name string) bool { return u.has(name) && !u.open[name] }

// hasPages reports whether the address is that of a list that comes in pages.
func (u scriptURL) hasPages() bool {
	last := u.address[strings.LastIndexByte(u.address, '/')+1:]
	return u.has("limit") || u.has("after") || u.has("search") || last == "users" || last == "groups"
}

// urlOf reads the first argument of a call: a text, texts joined by &, or a
// function of an address, names and values, such as BuildUrl; also through a
// variable that one line assigns.
func (c *compiler) urlOf(call *ast.Call) scriptURL {
	if len(call.Args) == 0 {
		return scriptURL{query: map[string]string{}, open: map[string]bool{}}
	}
	return c.urlIn(call.Args[0])
}

// urlIn is urlOf for the expression of an address.
func (c *compiler) urlIn(e ast.Expr) scriptURL {
	u := scriptURL{query: map[string]string{}, open: map[string]bool{}}
	if v, ok := e.(*ast.Var); ok && len(v.Path.Steps) == 1 {
		if set := c.onlySet(v.Path.Root()); set != nil {
			e = set
		}
	}
	var pairs []ast.Expr
	if f, ok := e.(*ast.Call); ok && len(f.Args) > 0 {
		e, pairs = f.Args[0], f.Args[1:]
	}
	text, _ := fixedText(e)
	var raw string
	u.address, raw, _ = strings.Cut(text, "?")
	u.address = strings.TrimRight(u.address, "/")
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		k, v, _ := strings.Cut(pair, "=")
		if x, err := url.QueryUnescape(v); err == nil {
			v = x
		}
		u.query[k], u.open[k] = v, strings.Contains(v, "%")
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		k, _ := fixedText(pairs[i])
		value := pairs[i+1]
		if x, ok := value.(*ast.Var); ok && len(x.Path.Steps) == 1 {
			if set := c.onlySet(x.Path.Root()); set != nil {
				value = set
			}
		}
		v, fixed := fixedText(value)
		u.query[k], u.open[k] = v, !fixed
	}
	return u
}

// onlySet is what the only line that gives a variable a value assigns; nil: no
// line does, or several do, or something else than Set.
func (c *compiler) onlySet(name string) ast.Expr {
	slot, ok := c.slotOf(name)
	if !ok {
		return nil
	}
	given := c.given
	if given == nil {
		given = c.givings()
	}
	g := given[slot]
	if g == nil || g.other || len(g.sets) != 1 || len(g.texts)+len(g.packs) > 0 {
		return nil
	}
	return g.sets[0]
}

// fixedText is the text of an expression as far as the script says it; fixed:
// all of it.
func fixedText(e ast.Expr) (text string, fixed bool) {
	switch e := e.(type) {
	case *ast.String:
		var b strings.Builder
		fixed = true
		for _, p := range e.Body.Parts {
			if p.Ref != nil {
				b.WriteString("%" + p.Ref.Raw + "%")
				fixed = false
			} else {
				b.WriteString(p.Text)
			}
		}
		return b.String(), fixed
	case *ast.Number:
		return e.Raw, true
	case *ast.Var:
		return "%" + e.Path.Raw + "%", false
	case *ast.Paren:
		return fixedText(e.X)
	case *ast.Binary:
		if e.Op == "&" {
			x, a := fixedText(e.X)
			y, b := fixedText(e.Y)
			return x + y, a && b
		}
	}
	return "", false
}
