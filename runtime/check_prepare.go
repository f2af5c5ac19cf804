package runtime

import (
	"slices"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// A sqlText is one SQL text of the program.
type sqlText struct {
	at       lexer.Position // of the argument or the block
	template SQLTemplate    // nil: it was not understood
	block    *ast.Text      // nil: it is an argument
	wrong    bool           // it has errors of its own
	misused  bool           // it writes where SQL that reads is wanted, which was reported
	asked    []SQLProbe     // of the template, once probes was called
}

// checkSQL finds statements about every row of a table, and has the site prepare
// every statement, so that what it would refuse is said before anything runs.
// Temporary tables are made as the script makes them, whatever the order of its
// lines; about one that it may make in two ways nothing is said.
func (c *compiler) checkSQL() {
	for i := range c.texts {
		if t := &c.texts[i]; !t.misused { // also where it has other errors: all are said at once
			for _, q := range t.probes() {
				if q.Careless != nil {
					c.list.Add(q.Careless)
				}
			}
		}
	}
	site, added := c.o.Schema, widened{}
	if w, ok := site.(widened); ok {
		site, added = w.Schema, w
	}
	preparer, ok := site.(Preparer)
	if !ok || len(c.texts) == 0 {
		return
	}
	trial, err := preparer.Trial()
	if err != nil {
		c.errorf(c.texts[0].pos(), CodeSQLPrepare, "", "%v", err)
		return
	}
	defer trial.Close()
	p := &preparation{c: c, trial: trial, open: added.open, unknown: map[string]bool{}, raw: c.rawSQL()}
	for table, columns := range added.columns {
		for _, col := range columns {
			if trial.Add(table, col.Name) != nil {
				p.unknown[table] = true
			}
		}
	}
	p.collect()
	p.makeTables()
	for i := range p.probes {
		if q := &p.probes[i]; q.Makes == "" && p.known(q) {
			p.report(q, trial.Try(q.SQL))
		}
	}
}

// pos is where the text stands, as far as it was understood.
func (t *sqlText) pos() lexer.Position {
	if q := t.probes(); len(q) > 0 {
		return q[0].Places[0].Pos
	}
	return lexer.Position{}
}

func (t *sqlText) probes() []SQLProbe {
	if p, ok := t.template.(interface{ Probes() []SQLProbe }); ok && t.asked == nil {
		t.asked = p.Probes()
	}
	return t.asked
}

// rawSQL reports whether the program runs text as SQL that it puts together.
func (c *compiler) rawSQL() (found bool) {
	c.eachStatement(func(s ast.Stmt) {
		ownCalls(s, func(call *ast.Call) {
			cmd := c.o.Table.Lookup(call.Name)
			found = found || cmd != nil && cmd.RawSQL
		})
	})
	return found
}

// A preparation is the state of checkSQL.
type preparation struct {
	c       *compiler
	trial   SQLTrial
	probes  []probe
	makes   []string                  // the temporary tables that the script makes
	unknown map[string]bool           // tables about which nothing is said, by folded name
	late    map[string]lexer.Position // temporary tables that are made at the end of the script, and where
	raw     bool                      // there may be temporary tables that nobody knows before the run
	open    bool                      // the same of columns
}

type probe struct {
	SQLProbe
	block *ast.Text
}

// collect takes the statements of the program, and finds the tables about which
// nothing can be said.
func (p *preparation) collect() {
	sql := map[string]string{} // of the statement that makes a temporary table
	for i := range p.c.texts {
		t := &p.c.texts[i]
		if t.wrong {
			p.raw = true // it may be the one that makes a table
			continue
		}
		for _, q := range t.probes() {
			for _, n := range q.Alters {
				if _, _, ok := p.c.o.Schema.Table(n); !ok {
					p.unknown[FoldName(n)] = true
				}
			}
			p.probes = append(p.probes, probe{q, t.block})
			if q.Makes == "" {
				continue
			}
			p.makes = append(p.makes, q.Makes)
			k := FoldName(q.Makes)
			if was, ok := sql[k]; ok && was != q.SQL {
				p.unknown[k] = true
			}
			if _, _, ok := p.c.o.Schema.Table(q.Makes); ok {
				p.unknown[k] = true // it hides a table of the site, from some line on
			}
			sql[k] = q.SQL
		}
	}
}

// known reports whether something can be said about a statement.
func (p *preparation) known(q *probe) bool {
	return !q.Partial && !slices.ContainsFunc(q.Names, func(n string) bool { return p.unknown[n] })
}

// makeTables makes the temporary tables, those that are filled from others
// after these.
func (p *preparation) makeTables() {
	var todo []*probe
	made := map[string]bool{}
	p.late = map[string]lexer.Position{}
	for i := range p.probes {
		q := &p.probes[i]
		if q.Makes != "" && p.c.waiting[q.block] {
			p.late[FoldName(q.Makes)] = q.block.Pos
		}
	}
	for i := range p.probes {
		q := &p.probes[i]
		k := FoldName(q.Makes)
		switch {
		case q.Makes == "" || made[k]:
		case !p.known(q):
			p.unknown[k] = true
		case p.c.waiting[q.block]:
			p.report(q, p.trial.Try(q.SQL))
		default:
			made[k] = true
			delete(p.late, k)
			todo = append(todo, q)
		}
	}
	for progress := true; progress; {
		progress = false
		var left []*probe
		for _, q := range todo {
			made, f := p.trial.Make(q.SQL, q.Query)
			if f != nil {
				left = append(left, q)
				continue
			}
			progress = true
			if !made {
				p.unknown[FoldName(q.Makes)] = true
			}
		}
		todo = left
	}
	for _, q := range todo {
		p.unknown[FoldName(q.Makes)] = true
	}
	for _, q := range todo {
		if f := p.trial.Try(q.SQL); f == nil || f.Kind != NoTable || !p.unknown[FoldName(f.Name)] {
			p.report(q, f)
		}
	}
}
