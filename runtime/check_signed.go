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
	file *file
	pack string // what Credential opens, as a key; empty: any
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

// packOf is the key of the pack that a variable holds; ok: it holds one and
// the same in any case.
func (w *flowWalk) packOf(variable string) (key string, ok bool) {
	slot, found := w.c.slotOf(variable)
	g := w.given[slot]
	if !found || g == nil || g.other || len(g.sets)+len(g.texts) > 0 || len(g.packs) != 1 || len(g.packs[0].Args) < 2 {
		return "", false
	}
	return exprKey(g.packs[0].Args[1]), true
}

// signs notes what a statement itself, not those in its blocks, does to sign
// requests.
func (w *flowWalk) signs(s ast.Stmt) {
	sign := func(variable string) {
		key, _ := w.packOf(variable) // of one that is no pack, or several: any
		w.signed = append(w.signed, flowSign{w.c.unit.file, key})
	}
	read := func(p *ast.Path) {
		slot, ok := w.c.slotOf(p.Root())
		if g := w.given[slot]; ok && g != nil && len(g.packs) > 0 && (len(p.Steps) < 2 || !publicFields[FoldName(p.Steps[1].Key)]) {
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
				w.signed = append(w.signed, flowSign{w.c.unit.file, ""})
			}
			if cmd != nil && cmd.Effects&ReadsPacks != 0 && slices.ContainsFunc(cmd.Params, func(p Param) bool { return p.Type == VariableParam && !p.Assigns }) {
				before := len(w.signed)
				w.c.eachVariable(n, func(_ *Param, name string) { sign(name) })
				if len(w.signed) == before { // its arguments cannot be read
					w.signed = append(w.signed, flowSign{w.c.unit.file, ""})
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
		key, ok := w.packOf(variable)
		if !ok {
			return
		}
		r := flowRequest{pos: call.Pos, name: cmd.Name, variable: variable, sign: flowSign{w.c.unit.file, key}}
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

// unsigned reports the requests that nothing has signed: an error where nothing
// in the whole script could have.
func (w *flowWalk) unsigned() {
	for _, r := range w.sent {
		later := false
		for _, s := range w.signed {
			later = later || s.may(r.sign)
		}
		hint := fmt.Sprintf(`write Authorize %s, "SSWS" above it; in place of SSWS, which is OKTA's, Bearer or Basic for other services`, r.variable)
		switch {
		case !later:
			w.c.errorf(r.pos, CodeUnsigned, hint, "nothing signs this request: %s asks the host of the credential pack in %s, and no line uses its user or password", r.name, r.variable)
		case !r.repeated:
			w.c.warnf(r.pos, CodeUnsigned, hint, "nothing has signed this request yet: the line that uses the credential pack in %s comes later", r.variable)
		}
	}
}
