package runtime

import (
	"fmt"
	"slices"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// A flowWrite is a line that writes to the database directly, not by an Upsert:
// it locks the database until the next Commit.
type flowWrite struct {
	pos  lexer.Position
	arms []arm
}

// locks finds a wait for the network while direct writes lock the database.
func (w *flowWalk) locks(call *ast.Call, cmd *Command) {
	switch {
	case cmd.Role == CommitRole:
		w.writes = nil
	case w.inTransaction() != nil: // see waits
	case cmd.Columns != nil: // adds its columns before the run, or in a moment of its own
	case slices.ContainsFunc(cmd.Params, func(p Param) bool { return p.Type == RecordParam }): // a record is staged
	case cmd.Role == NoRole && cmd.Effects&WritesDB != 0 && len(cmd.Params) > 0:
		w.writes = append(w.writes, flowWrite{call.Pos, clone(w.arms)})
	case cmd.Effects&(ReadsWeb|WritesWeb) != 0 && cmd.Role != CallRole && cmd.Role != CallLocalRole:
		for i, f := range w.writes {
			if before(f.arms, w.arms) {
				w.c.warnf(call.Pos, CodeWaitAfterWrite, fmt.Sprintf("write Commit above this line, or move what line %d does behind it", f.pos.Line),
					"%s waits for the network, and since line %d the run locks the database: nobody else can write to it meanwhile%s", cmd.Name, f.pos.Line, w.via())
				w.writes = w.writes[i+1:]
				return
			}
		}
	}
}

// A pullQuery is a command in a loop over pages that reads tables with SQL.
type pullQuery struct {
	pos    lexer.Position
	name   string
	pulls  []*pullLoop // around it; none: it stands in a Sub that such a loop runs
	tables []string
}

// noteQuery keeps a query in a loop over pages, until it is known what the loop
// upserts.
func (c *compiler) noteQuery(call *ast.Call, cmd *Command, q *sqlPlan) {
	t, ok := q.template.(interface{ Tables() []string })
	if !ok || !c.inPull() || cmd.Effects&WritesDB != 0 || cmd.Role == NamesSQLRole {
		return
	}
	x := pullQuery{pos: call.Pos, name: cmd.Name, tables: t.Tables()}
	for _, l := range c.loops {
		if l.pull != nil {
			x.pulls = append(x.pulls, l.pull)
		}
	}
	c.queries = append(c.queries, x)
}

// checkQueries finds SQL that reads a table which the loop around it upserts:
// it sees the rows as they were before the loop.
func (c *compiler) checkQueries() {
	for _, q := range c.queries {
		var mappings []*Mapping
		for _, p := range q.pulls {
			mappings = append(mappings, p.mappings...)
		}
		if len(q.pulls) == 0 {
			for _, m := range c.prog.mappings {
				if c.used[m] {
					mappings = append(mappings, m)
				}
			}
		}
		for _, m := range mappings {
			if slices.ContainsFunc(q.tables, func(t string) bool { return EqualFold(t, m.spec.Table) }) {
				c.warnf(q.pos, CodeSQLInPull, fmt.Sprintf(`write Lookup("%s", "column", %%value%%), which sees them; or move the line behind EndEach, where SQL sees them too`, m.spec.Table),
					"%s does not see the rows of %s that this loop has upserted: they are merged when the loop has ended", q.name, m.spec.Table)
				break
			}
		}
	}
}
