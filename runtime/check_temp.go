package runtime

import (
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// checkTempOrder finds a temporary table that is used before a line has made
// it. checkSQL has the site make them whatever the order of their lines; here
// the lines are followed as they run, through Subs and called scripts. Of a
// table that a line before may have made nothing is said.
func (c *compiler) checkTempOrder() {
	w := &tempWalk{c: c, texts: map[lexer.Position]*sqlText{}, makes: map[string]bool{}, made: map[string]bool{}, first: map[string]lexer.Position{}, uses: map[tempUse]*tempState{}}
	if !w.collect() || c.rawSQL() {
		return
	}
	w.block(c.files[0].main.stmts)
	w.execute(func(*ast.Text) bool { return true })
	for _, u := range w.order {
		s, at := w.uses[u], w.first[FoldName(u.name)]
		if !at.IsValid() || s.there && !s.sure {
			continue
		}
		maker := "line " + itoa(at.Line)
		if at.Filename != u.pos.Filename {
			maker += " of " + at.Filename
		}
		c.errorf(u.pos, CodeNoTempTable, "move line "+itoa(u.pos.Line)+" below "+maker+", or what makes the table above it"+meantInScript(CodeNoTempTable),
			"line %d uses the temporary table %s before %s makes it", u.pos.Line, u.name, maker)
	}
}

// A tempWalk is the state of checkTempOrder.
type tempWalk struct {
	c       *compiler
	texts   map[lexer.Position]*sqlText
	makes   map[string]bool           // temporary tables that the program makes, by folded name
	made    map[string]bool           // those that a line so far may have made
	first   map[string]lexer.Position // where the first line makes it
	pending []*ast.Text               // that nothing has executed yet
	uses    map[tempUse]*tempState
	order   []tempUse // of uses
	running []*unit
	entered int
	maybe   int  // conditions around the place
	caught  int  // Try blocks around it whose errors are no end
	again   bool // the lines of a loop, in another turn
}

// A tempUse is one place that uses a temporary table.
type tempUse struct {
	pos  lexer.Position
	name string
}

// A tempState is what is known of it, of all the times that it runs.
type tempState struct {
	sure  bool // the table is not there, and no condition keeps the line from running
	there bool // it may be there
}

// collect takes the SQL texts; false: nothing can be said.
func (w *tempWalk) collect() bool {
	var renamed []string
	for i := range w.c.texts {
		t := &w.c.texts[i]
		if t.wrong {
			return false // it may be the one that makes a table
		}
		w.texts[t.at] = t
		for _, q := range t.probes() {
			if q.Makes != "" && w.hidesNone(q.Makes) {
				w.makes[FoldName(q.Makes)] = true
			}
			renamed = append(renamed, q.Alters...)
		}
	}
	for _, n := range renamed {
		delete(w.makes, FoldName(n))
	}
	return len(w.makes) > 0
}

// hidesNone reports whether no table of the site has the name.
func (w *tempWalk) hidesNone(name string) bool {
	if w.c.o.Schema == nil {
		return strings.HasPrefix(name, "#")
	}
	_, _, there := w.c.o.Schema.Table(name)
	return !there
}

func (w *tempWalk) block(stmts []ast.Stmt) {
	for _, s := range stmts {
		w.stmt(s)
	}
}

func (w *tempWalk) stmt(s ast.Stmt) {
	ownCalls(s, w.call)
	switch s := s.(type) {
	case *ast.Text:
		if s.Into == nil {
			w.pending = append(w.pending, s)
		}
	case *ast.If:
		w.maybe++
		for _, a := range s.Arms {
			w.block(a.Body)
		}
		w.block(s.Else)
		w.maybe--
	case *ast.For, *ast.ForEach, *ast.While:
		w.loop(bodyOf(s).Stmts)
	case *ast.Try:
		goesOn := goesOn(s)
		if goesOn {
			w.caught++
		}
		w.block(s.Body)
		if goesOn {
			w.caught--
		}
		w.maybe++
		w.block(s.Catch)
		w.maybe--
	case *ast.Transaction:
		w.block(s.Body)
	}
}

// loop walks the lines of a loop twice: what one turn makes is there in the
// next.
func (w *tempWalk) loop(body []ast.Stmt) {
	w.block(body)
	if !w.again { // once is enough for the loops in it
		w.again = true
		w.block(body)
		w.again = false
	}
}

func (w *tempWalk) call(call *ast.Call) {
	if u := w.c.callee(call); u != nil {
		w.run(u)
		return
	}
	cmd := w.c.o.Table.Lookup(call.Name)
	if cmd == nil || cmd.Role == NamesSQLRole {
		return
	}
	switch ends := endsPending(call, cmd); {
	case ends && len(cmd.Params) == 0:
		if w.maybe == 0 {
			w.pending = nil
		}
	case ends:
		w.execute(func(*ast.Text) bool { return true })
	default:
		for i, a := range call.Args {
			if p := paramAt(cmd, i); p != nil && p.Type == SQLParam {
				w.text(w.texts[a.Start()])
			}
		}
	}
}

func (w *tempWalk) run(u *unit) {
	if w.entered++; w.entered > maxEntered || slices.Contains(w.running, u) {
		return
	}
	from := w.c.unit
	w.running = append(w.running, u)
	w.c.enter(u)
	w.block(u.stmts)
	if u.sub == nil { // what a script leaves runs at its end
		w.execute(func(t *ast.Text) bool { return t.Pos.Filename == u.file.tree.Filename })
	}
	w.c.enter(from)
	w.running = w.running[:len(w.running)-1]
}

// execute runs the blocks that wait.
func (w *tempWalk) execute(which func(*ast.Text) bool) {
	var left []*ast.Text
	for _, t := range w.pending {
		if which(t) {
			w.text(w.texts[t.Pos])
		} else {
			left = append(left, t)
		}
	}
	w.pending = left
}

// text notes what one SQL text uses and makes.
func (w *tempWalk) text(t *sqlText) {
	if t == nil {
		return
	}
	for _, q := range t.probes() {
		if words := strings.Fields(q.SQL); len(words) > 2 && strings.EqualFold(strings.Join(words[:3], " "), "DROP TABLE IF") {
			continue
		}
		for _, n := range q.Tables {
			if k := FoldName(n.Name); w.makes[k] && k != FoldName(q.Makes) {
				w.use(tempUse{n.Pos, n.Name}, w.made[k])
			}
		}
		if k := FoldName(q.Makes); w.makes[k] {
			if w.made[k] = true; !w.first[k].IsValid() {
				w.first[k] = q.Places[0].Pos
			}
		}
	}
}

func (w *tempWalk) use(u tempUse, there bool) {
	if w.caught > 0 {
		return
	}
	s := w.uses[u]
	if s == nil {
		s = &tempState{}
		w.uses[u], w.order = s, append(w.order, u)
	}
	s.there = s.there || there
	s.sure = s.sure || !there && w.maybe == 0
}
