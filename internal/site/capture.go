package site

import (
	"fmt"
	"strings"

	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
)

// capture has temporary triggers note the rows that direct SQL touches, each
// with the values it had before the run touched it. They live on this
// connection only, from the first direct write to the merge.
//
// The triggers insert under NOT EXISTS and not OR IGNORE, because an outer
// INSERT OR REPLACE would override the conflict clause inside a trigger.
func (s *Session) capture() error {
	if err := s.run("CREATE TEMP TABLE IF NOT EXISTS amsx_capture(tbl TEXT, rid INTEGER, old TEXT, line INTEGER, PRIMARY KEY (tbl, rid)) WITHOUT ROWID"); err != nil {
		return err
	}
	// REPLACE deletes rows without firing triggers unless this is on.
	if err := s.run("PRAGMA recursive_triggers = ON"); err != nil {
		return err
	}
	for _, name := range s.names {
		t := s.table(name)
		note := func(row, old string) string {
			return fmt.Sprintf("INSERT INTO amsx_capture(tbl, rid, old, line) SELECT %s, %s.%s, %s, amsx_line() WHERE NOT EXISTS (SELECT 1 FROM amsx_capture WHERE tbl=%s AND rid=%s.%s);",
				literal(t.name), row, t.rowid, old, literal(t.name), row, t.rowid)
		}
		old := t.oldJSON("OLD")
		for op, body := range map[string]string{
			"INSERT": note("NEW", "NULL"),
			"DELETE": note("OLD", old),
			"UPDATE": note("OLD", old) + note("NEW", "NULL"),
		} {
			q := fmt.Sprintf("CREATE TEMP TRIGGER %s AFTER %s ON main.%s BEGIN %s END", quote("amsx_capture_"+op+"_"+t.name), op, quote(t.name), body)
			if err := s.run(q); err != nil {
				return err
			}
		}
		s.captured[name] = true
	}
	return nil
}

// markCaptured counts every table that the triggers saw a write of as changed
// by direct SQL, so that the change set and the fuse hang on what happened and
// not on what a statement looked like.
func (s *Session) markCaptured() error {
	if len(s.captured) == 0 {
		return nil
	}
	return s.rows("SELECT DISTINCT tbl FROM temp.amsx_capture", func(st *sqlite.Stmt) error {
		s.direct[runtime.FoldName(st.ColumnText(0))] = true
		return nil
	})
}

// endCapture removes the triggers, so that the merge's own writes do not pass
// through them.
func (s *Session) endCapture() error {
	if len(s.captured) == 0 {
		return nil
	}
	for name := range s.captured {
		for _, op := range []string{"INSERT", "DELETE", "UPDATE"} {
			if err := s.run("DROP TRIGGER IF EXISTS temp." + quote("amsx_capture_"+op+"_"+name)); err != nil {
				return err
			}
		}
	}
	clear(s.captured)
	return s.run("PRAGMA recursive_triggers = OFF")
}

// oldJSON is the SQL of a row's values as a JSON object, Nulls included. It is
// joined from pieces, because json_object takes a limited number of arguments.
func (t *table) oldJSON(row string) string {
	var b strings.Builder
	b.WriteString("'{'")
	sep := ""
	for i := range t.columns {
		if !t.tracked(i) {
			continue
		}
		fmt.Fprintf(&b, "||'%s%s:'||json_quote(%s.%s)", sep, strings.ReplaceAll(jsonName(t.columns[i].name), "'", "''"), row, quote(t.columns[i].name))
		sep = ","
	}
	b.WriteString("||'}'")
	return b.String()
}

// tracked reports whether changes of a column are in the change set: not the
// row id and not the key forms, which follow from their columns.
func (t *table) tracked(i int) bool {
	return t.columns[i].name != t.rowid && t.columns[i].keyOf < 0
}

// literal is an SQL text literal.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// isDirect reports whether direct SQL changed a table in this run.
func (s *Session) isDirect(t *table) bool { return s.direct[runtime.FoldName(t.name)] }
