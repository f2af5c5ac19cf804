package runtime

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// A flowFile is a file that a line moves away or deletes.
type flowFile struct {
	name   string // as its line writes it, the variables by their slots
	slots  []int  // the variables in it
	pos    lexer.Position
	arms   []arm
	around []ast.Stmt
}

// files finds a file that is wanted after a line has moved it away. Only where
// that line has run in any case, and nothing has made another one since.
func (w *flowWalk) files(call *ast.Call, cmd *Command) {
	if cmd.Role == CommitRole {
		w.gone = nil // Rollback brings them back
	}
	for i, a := range call.Args {
		p := paramAt(cmd, i)
		if p == nil || p.File == NoFile {
			continue
		}
		f, ok := w.file(a)
		if !ok {
			continue
		}
		at := slices.IndexFunc(w.gone, func(g flowFile) bool { return g.name == f.name })
		if at >= 0 && p.File != MakesFile && w.sure(w.gone[at]) {
			text, _ := fixedText(a)
			w.c.errorf(a.Start(), CodeFileGone, "move line "+itoa(w.gone[at].pos.Line)+" below this one", "the file %s is not there any more: line %d%s has moved or deleted it%s",
				text, w.gone[at].pos.Line, inFile(w.gone[at].pos, a.Start().Filename), w.via())
		}
		if at >= 0 && p.File != ReadsFile {
			w.gone = slices.Delete(w.gone, at, at+1)
		}
		if p.File == TakesFile {
			f.pos, f.arms, f.around = call.Pos, clone(w.arms), slices.Clone(w.around)
			w.gone = append(w.gone, f)
		}
	}
}

// file reads the name of a file; not ok: nobody knows it before the run.
func (w *flowWalk) file(e ast.Expr) (f flowFile, ok bool) {
	var b strings.Builder
	var read func(e ast.Expr) bool
	ref := func(p *ast.Path) bool {
		if slot, ok := w.c.slotOf(p.Root()); ok {
			b.WriteString("%" + itoa(slot) + "." + pathText(p.Steps[1:]) + "%")
			f.slots = append(f.slots, slot)
			return true
		}
		b.WriteString("%" + FoldName(p.Raw) + "%")
		return FoldName(p.Root()) != "now" // two moments are two names
	}
	read = func(e ast.Expr) bool {
		switch e := unwrap(e).(type) {
		case *ast.Var:
			return ref(e.Path)
		case *ast.Binary:
			return e.Op == "&" && read(e.X) && read(e.Y)
		case *ast.String:
			for _, p := range e.Body.Parts {
				if p.Ref == nil {
					b.WriteString(strings.ReplaceAll(p.Text, `\`, "/"))
				} else if !ref(p.Ref) {
					return false
				}
			}
			return true
		}
		return false
	}
	ok = read(e)
	f.name = strings.TrimPrefix(b.String(), "./")
	return f, ok
}

// sure reports whether the line that moved a file away has run whenever the
// place at hand is reached, and an error here is no one's way to find out.
func (w *flowWalk) sure(g flowFile) bool {
	for _, a := range g.arms {
		if !slices.Contains(w.arms, a) {
			return false
		}
	}
	mayNot := func(s ast.Stmt) bool { // run, or come to its end
		switch s := s.(type) {
		case *ast.For, *ast.ForEach, *ast.While:
			return true
		case *ast.Try:
			return goesOn(s)
		}
		return false
	}
	for _, s := range g.around {
		if mayNot(s) && !slices.Contains(w.around, s) {
			return false
		}
	}
	return !slices.ContainsFunc(w.around, func(s ast.Stmt) bool {
		t, ok := s.(*ast.Try)
		return ok && goesOn(t) && !slices.Contains(g.around, s)
	})
}

// assigns forgets the files whose names read a variable that a statement
// itself, not those in its blocks, assigns.
func (w *flowWalk) assigns(s ast.Stmt) {
	if len(w.gone) == 0 {
		return
	}
	name := func(name string) {
		if slot, ok := w.c.slotOf(name); ok {
			w.forget(slot)
		}
	}
	switch s := s.(type) {
	case *ast.Set:
		name(s.Target.Root())
	case *ast.For:
		name(s.Var.Text)
	case *ast.ForEach:
		name(s.Var.Text)
	case *ast.Text:
		if s.Into != nil {
			name(s.Into.Root())
		}
	case *ast.Try:
		if s.Name != nil {
			name(s.Name.Text)
		}
	}
	ownCalls(s, func(call *ast.Call) { w.c.eachVariable(call, func(_ *Param, n string) { name(n) }) })
}

// forget forgets the files whose names read one of the variables.
func (w *flowWalk) forget(slots ...int) {
	w.gone = slices.DeleteFunc(w.gone, func(g flowFile) bool {
		return slices.ContainsFunc(g.slots, func(s int) bool { return slices.Contains(slots, s) })
	})
}
