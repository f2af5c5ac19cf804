package runtime

import (
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// A flowAsk is a DeactivateMissing.
type flowAsk struct {
	pos     lexer.Position
	arms    []arm
	around  []ast.Stmt
	pulls   []*flowPull // that stand before it
	fetches []flowFetch
	via     string // the call that runs it, where it stands in a Sub or another script
}

// ask checks one DeactivateMissing.
func (w *flowWalk) ask(l flowAsk) {
	c := w.c
	for _, s := range l.around {
		switch s := s.(type) {
		case *ast.For, *ast.ForEach, *ast.While:
			c.errorf(l.pos, CodeLeaversInLoop, "move the line behind the end of the loop", "inside a loop nobody knows yet who is missing: everyone who comes later would turn inactive%s", l.via)
			return
		case *ast.Try:
			if goesOn(s) {
				c.errorf(l.pos, CodeLeaversTry, "move the line out of the Try", "an error before this line is caught, so the list may be incomplete here%s", l.via)
				return
			}
		}
	}
	written := 0
	read := map[*ast.ForEach]bool{}
	for _, p := range l.pulls {
		if !before(p.arms, l.arms) {
			continue
		}
		if read[p.s] && p.upserts {
			c.errorf(l.pos, CodeLeaversPartial, "remove DeactivateMissing, or read everyone in one loop", "the list in line %d is read several times, each time a part of the people: everyone else would turn inactive%s", p.s.Pos.Line, l.via)
			return
		}
		read[p.s] = true
		for _, at := range p.exits {
			c.errorf(at, CodeLeaversExit, "let the loop come to its end; skip a record with Continue", "this leaves the loop before its end, and line %d takes everyone who was not read for a leaver", l.pos.Line)
		}
		if !p.upserts {
			continue
		}
		written++
		w.wholeList(p, l.pos)
	}
	if written > 0 {
		return
	}
	for _, f := range l.fetches {
		if f.url.hasPages() {
			c.errorf(f.pos, CodeOnePage, "read every page: ForEach user In JsonPages …", "one request reads only the first page of a list, and line %d takes everyone else for a leaver", l.pos.Line)
			return
		}
	}
	c.errorf(l.pos, CodeLeaversNoPull, "read everyone first: ForEach user In JsonPages …, with an Upsert in the loop", "nothing before this line reads a whole list and upserts its records, so everyone would turn inactive%s", l.via)
}

// wholeList checks that the list in front of a DeactivateMissing is everyone.
func (w *flowWalk) wholeList(p *flowPull, at lexer.Position) {
	c, u := w.c, p.url
	const hint = "remove DeactivateMissing here, or read everyone"
	switch {
	case p.outer != nil:
		c.errorf(at, CodeLeaversPartial, hint, "the list in line %d is read once for each %s, so it is a part of the people: everyone else would turn inactive", p.s.Pos.Line, p.outer.Var.Text)
	case strings.Contains(u.address, "/groups/") && strings.Contains(u.address, "/users"):
		c.errorf(at, CodeLeaversPartial, hint, "the list in line %d is the members of one group: everyone else would turn inactive", p.s.Pos.Line)
	case !strings.HasSuffix(u.address, "/api/v1/users"):
	case u.has("filter") || u.has("q"):
		c.errorf(at, CodeLeaversPartial, `use "search", "status pr"`, "the list in line %d is filtered: everyone whom the filter leaves out would turn inactive", p.s.Pos.Line)
	case !u.has("search"):
		c.errorf(p.call.Pos, CodeLeaversPartial, `write BuildUrl(…, "search", "status pr", "limit", "200")`, "without a search OKTA leaves deactivated people out of the list, so nobody sees what became of them")
	case !u.known("search") || strings.Join(strings.Fields(u.query["search"]), " ") != "status pr":
		c.errorf(at, CodeLeaversPartial, `search for "status pr", which is everyone, or remove DeactivateMissing`, "the list in line %d is a search for some people: everyone else would turn inactive", p.s.Pos.Line)
	}
}
