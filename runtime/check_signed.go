package runtime

import (
	"fmt"
	"slices"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// A flowSign is a line that may sign the requests behind it: it authorizes
// them, sets a header, or reads the user or password of a pack.
type flowSign struct {
	file  *file
	pack  string // what Credential opens, as a key; empty: any
	named bool   // the key is the pack's name; otherwise only the run knows the name
}

// A flowRequest is a request to the address of a pack.
type flowRequest struct {
	pos      lexer.Position
	name     string // of the command
	variable string // that holds the pack
	sign     flowSign
	repeated bool // in a loop: what stands below it may have run before
}

// publicFields are the fields of a pack that say nothing secret.
var publicFields = map[string]bool{"url": true, "domain": true, "hosts": true, "name": true}

// signFor is a line at the place at hand that signs requests to the pack which
// a variable holds; of a variable that holds none, or several: to any.
func (w *flowWalk) signFor(variable string) (s flowSign, ok bool) {
	s.file = w.c.unit.file
	name, ok := w.opened(variable)
	if ok {
		s.pack, s.named = packKey(name)
	}
	return s, ok
}

// packKey is a key of what Credential opens: equal ones are one pack. Two that
// differ are two packs where both are names.
func packKey(e ast.Expr) (key string, named bool) {
	if word, _, ok := wordOf(e); ok {
		return FoldName(word), true
	}
	switch e := unwrap(e).(type) {
	case *ast.Var:
		return "%" + FoldName(e.Path.Raw) + "%", false
	case *ast.String:
		text, _ := fixedText(e)
		return FoldName(text), false
	}
	return exprKey(e), false
}

// opened is what Credential opens for a variable; ok: that is all that gives
// it a value.
func (w *flowWalk) opened(variable string) (name ast.Expr, ok bool) {
	slot, found := w.c.slotOf(variable)
	g := w.c.given[slot]
	if !found || g == nil || g.other || len(g.sets)+len(g.texts) > 0 || len(g.packs) != 1 || len(g.packs[0].Args) < 2 {
		return nil, false
	}
	return g.packs[0].Args[1], true
}

// signs notes what a statement itself, not those in its blocks, does to sign
// requests.
func (w *flowWalk) signs(s ast.Stmt) {
	sign := func(variable string) {
		s, _ := w.signFor(variable)
		w.signed = append(w.signed, s)
	}
	read := func(p *ast.Path) {
		slot, ok := w.c.slotOf(p.Root())
		if g := w.c.given[slot]; ok && g != nil && len(g.packs) > 0 && (len(p.Steps) < 2 || !publicFields[FoldName(p.Steps[1].Key)]) {
			sign(p.Root())
		}
	}
	ast.Inspect(s, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Var:
			read(n.Path)
		case *ast.Template:
			for _, p := range n.Parts {
				if p.Ref != nil {
					read(p.Ref)
				}
			}
		case *ast.Call:
			cmd := w.c.o.Table.Lookup(n.Name)
			if cmd != nil && cmd.Role == HeaderRole {
				w.signed = append(w.signed, flowSign{file: w.c.unit.file})
			}
			if cmd != nil && cmd.Effects&ReadsPacks != 0 && slices.ContainsFunc(cmd.Params, func(p Param) bool { return p.Type == VariableParam && !p.Assigns }) {
				before := len(w.signed)
				w.c.eachVariable(n, func(_ *Param, name string) { sign(name) })
				if len(w.signed) == before { // its arguments cannot be read
					w.signed = append(w.signed, flowSign{file: w.c.unit.file})
				}
			}
		case ast.Stmt:
			return n == s
		}
		return true
	})
}

// sends notes a request to the address of a pack that nothing has signed.
func (w *flowWalk) sends(call *ast.Call, cmd *Command) {
	if cmd.Effects&(ReadsWeb|WritesWeb) == 0 {
		return
	}
	for i, a := range call.Args {
		p := paramAt(cmd, i)
		if p == nil || !p.Address {
			continue
		}
		u, ok := w.c.addressOf(a)
		if !ok {
			return
		}
		w.packAddress(a.Start(), u.address)
		if last := cmd.Params[len(cmd.Params)-1]; last.Variadic && len(call.Args) >= len(cmd.Params) {
			return // it has headers of its own
		}
		variable, ok := packOfAddress(u.address)
		if !ok {
			return
		}
		sign, ok := w.signFor(variable)
		if !ok {
			return
		}
		r := flowRequest{pos: call.Pos, name: cmd.Name, variable: variable, sign: sign}
		for _, s := range w.signed {
			if s.may(r.sign) {
				return
			}
		}
		for _, s := range w.around {
			switch s := s.(type) {
			case *ast.For, *ast.ForEach, *ast.While:
				r.repeated = true
			case *ast.Try:
				if goesOn(s) {
					return // it may be tried whether the server wants to know who asks
				}
			}
		}
		w.sent = append(w.sent, r)
		return
	}
}

// may reports whether a line signs requests to a pack, or might: another script
// may have opened the same one by another name.
func (s flowSign) may(to flowSign) bool {
	return s.pack == "" || s.file != to.file || s.pack == to.pack
}

// same reports whether two packs may be one although the script writes them
// differently: a name, and a parameter that may be that name.
func (s flowSign) same(to flowSign) bool { return !s.named || !to.named }

// unsigned reports the requests that nothing has signed: an error where nothing
// in the whole script could have.
func (w *flowWalk) unsigned() {
	for _, r := range w.sent {
		later, same := false, false
		for _, s := range w.signed {
			later, same = later || s.may(r.sign), same || s.same(r.sign)
		}
		hint := fmt.Sprintf(`write Authorize %s, "SSWS" above it; in place of SSWS, which is OKTA's, Bearer or Basic for other services`, r.variable) + meantInScript(CodeUnsigned)
		switch {
		case !later && same:
			w.c.warnf(r.pos, CodeUnsigned, hint, "this request is signed only if another variable holds the same credential pack as %s: no line uses the user or password of %s", r.variable, r.variable)
		case !later:
			w.c.errorf(r.pos, CodeUnsigned, hint, "nothing signs this request: %s asks the host of the credential pack in %s, and no line uses its user or password", r.name, r.variable)
		case !r.repeated:
			w.c.warnf(r.pos, CodeUnsigned, hint, "nothing has signed this request yet: the line that uses the credential pack in %s comes later", r.variable)
		}
	}
}
