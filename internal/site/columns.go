package site

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
)

// A ColumnError says why a column cannot be added.
type ColumnError struct {
	Pos  lexer.Position
	Text string
	hint string
}

func (e *ColumnError) Error() string { return e.Text }

// Position is the place of the command that wants the column.
func (e *ColumnError) Position() lexer.Position { return e.Pos }

// Hint is what to write instead.
func (e *ColumnError) Hint() string { return e.hint }

// AddColumns adds the columns that are not there. It has a short transaction of
// its own, which stays whatever becomes of the run: a mapping that names a
// column needs it before the first record comes, and no lock may be held until
// the last one has. A test works on a copy of the database from there on.
func (s *Session) AddColumns(ctx context.Context, columns []runtime.ColumnSpec) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	statements, err := s.planColumns(columns)
	if err != nil || len(statements) == 0 {
		return err
	}
	if s.state == txWrite && !s.info.Testing {
		return &ColumnError{Pos: columns[0].Pos, hint: "write it above the lines that change rows and above the Transaction, or Commit before it",
			Text: "a column cannot be added while changes of rows wait for their commit"}
	}
	if s.info.Testing && s.state != txWrite && len(s.targets) == 0 && len(s.cursors) == 0 {
		if err := s.copyDatabase(); err != nil {
			return err
		}
	}
	if err := s.detachCursors(); err != nil {
		return err
	}
	inside := s.state == txWrite
	if err := s.beginWrite(); err != nil {
		return err
	}
	err = s.alter(columns, inside)
	switch {
	case err != nil && !inside:
		return errors.Join(err, s.rollback(), s.reloadTables())
	case err != nil:
		return err
	case inside || s.info.Testing && s.copied == "":
		return nil // of a test that holds the lock anyway: it is rolled back at its end
	}
	if err := s.commit(); err != nil {
		s.altered = s.altered[:s.published]
		return errors.Join(err, s.reloadTables())
	}
	return nil
}

// Altered are the statements that changed the schema, or would have when the
// run is a test. They are in no change set and stay when the run fails.
func (s *Session) Altered() []string { return s.altered }

// alter makes the columns under the lock. What another program has added since
// the plan was made is not added twice.
func (s *Session) alter(columns []runtime.ColumnSpec, inside bool) error {
	if err := s.checkFence(); err != nil {
		return err
	}
	if err := s.reloadTables(); err != nil {
		return err
	}
	statements, err := s.planColumns(columns)
	if err != nil {
		return err
	}
	watched := inside && len(s.captured) > 0
	if watched {
		// The triggers name the columns that they know.
		if err := s.endCapture(); err != nil {
			return s.explain("end the watch of the tables", err)
		}
	}
	for _, q := range statements {
		if err := s.run(q); err != nil {
			return s.explain("add a column", err)
		}
	}
	for sql, st := range s.statement {
		if !st.inUse {
			st.stmt.Finalize()
			delete(s.statement, sql)
		}
	}
	if err := s.reloadTables(); err != nil {
		return err
	}
	s.altered = append(s.altered, statements...)
	if watched {
		return s.explain("watch the tables", s.capture())
	}
	return nil
}

// reloadTables reads the schema anew, into the tables that targets and others
// hold on to.
func (s *Session) reloadTables() error {
	tables, names, err := loadTables(s.c)
	if err != nil {
		return s.explain("read the schema", err)
	}
	for k, t := range tables {
		if old := s.tables[k]; old != nil {
			*old = *t
			tables[k] = old
		}
	}
	s.tables, s.names = tables, names
	return nil
}

// copyDatabase gives a test that changes the schema a copy to work on: the
// schema cannot be changed for one connection alone, and a transaction held
// until the test's end would stop every other program from writing.
func (s *Session) copyDatabase() error {
	if err := s.endArrivals(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "amsx-test-")
	if err != nil {
		return fmt.Errorf("copy the site database for the test: %w", err)
	}
	s.copied = dir
	file := filepath.Join(dir, "amsx.db")
	if err := s.run("VACUUM main INTO " + literal(file)); err != nil {
		return s.explain("copy the site database for the test", err)
	}
	db := &Database{path: file, now: s.db.now, wait: s.db.wait}
	c, err := db.connect(s.ctx)
	if err != nil {
		return err
	}
	for _, st := range s.statement {
		st.stmt.Finalize()
	}
	clear(s.statement)
	old := s.c
	s.c, s.db = c, db
	old.SetInterrupt(nil)
	if err := closeConn(old); err != nil {
		return s.explain("close", err)
	}
	return s.guard()
}

// planColumns gives the statements that add what is not there.
func (s *Session) planColumns(columns []runtime.ColumnSpec) ([]string, error) {
	var out []string
	planned := make(map[string]runtime.ColumnSpec)
	for _, c := range columns {
		refuse := func(hint, format string, args ...any) ([]string, error) {
			return nil, &ColumnError{Pos: c.Pos, Text: fmt.Sprintf(format, args...), hint: hint}
		}
		t := s.table(c.Table)
		if t == nil {
			hint := "the site has " + strings.Join(s.names, ", ")
			if near := lexer.Nearest(c.Table, s.names); near != "" {
				hint = "did you mean " + near + "?"
			}
			return refuse(hint, "the site has no table %s", c.Table)
		}
		var to *table
		if c.Lookup != "" {
			if to = s.table(c.Lookup); to == nil || to.rowid == "rowid" {
				return refuse("the site has "+strings.Join(s.names, ", "), "%s cannot look into %s: the site has no such table", c.Name, c.Lookup)
			}
			c.Lookup = to.name
		}
		if at := t.column(c.Name); at >= 0 {
			if err := s.sameColumn(t, at, c); err != nil {
				return nil, err
			}
			continue
		}
		key := runtime.FoldName(t.name + "." + c.Name)
		if p, twice := planned[key]; twice {
			p.Pos, p.Table, p.Name = c.Pos, c.Table, c.Name
			if p != c {
				return refuse("keep one of the two lines", "%s.%s is wanted twice, in two forms", t.name, c.Name)
			}
			continue
		}
		if base, isKey := strings.CutSuffix(runtime.FoldName(c.Name), "key"); t.column(c.Name+"Key") >= 0 || isKey && t.column(base) >= 0 {
			return refuse("take another name", "%s cannot be added to %s: a column and one with Key behind its name belong together, and amsx fills the second", c.Name, t.name)
		}
		planned[key] = c
		decl := map[string]string{"Text": "TEXT", "Number": "DECIMAL_TEXT COLLATE " + decimalCollation, "Money": "MONEY_TEXT COLLATE " + decimalCollation,
			"Date": "DATE", "DateTime": "DATETIME", "Boolean": "BOOLEAN CHECK (" + quote(c.Name) + " IN (0, 1))"}[c.Type]
		if c.Size > 0 {
			decl += fmt.Sprintf("(%d)", c.Size)
		}
		if to != nil {
			decl = "INTEGER REFERENCES " + quote(to.name) + " (" + quote(to.rowid) + ")"
		}
		out = append(out, "ALTER TABLE "+quote(t.name)+" ADD COLUMN "+quote(c.Name)+" "+decl)
		if c.Unique {
			// By its bytes: other programs, which may lack the collation of
			// numbers, can then write the table.
			out = append(out, "CREATE UNIQUE INDEX "+quote(t.name+"_"+c.Name)+" ON "+quote(t.name)+" ("+quote(c.Name)+" COLLATE BINARY)")
		}
	}
	return out, nil
}

// sameColumn is an error when a column that is there is not the one that is
// wanted.
func (s *Session) sameColumn(t *table, at int, c runtime.ColumnSpec) error {
	col := &t.columns[at]
	is := col.kind()
	if col.typ == runtime.ColumnInteger {
		err := s.rows("SELECT \"table\" FROM pragma_foreign_key_list(?1) WHERE \"from\"=?2 COLLATE NOCASE", func(st *sqlite.Stmt) error {
			is = "Lookup into " + st.ColumnText(0)
			return nil
		}, t.name, col.name)
		if err != nil {
			return s.explain("read the schema", err)
		}
	}
	want := c.Type
	switch {
	case c.Lookup != "":
		want = "Lookup into " + c.Lookup
	case c.Size > 0:
		want = fmt.Sprintf("Text of %d characters", c.Size)
	case c.Type == "Text" && col.size > 0:
		want = is // no size was asked for
	}
	if !strings.EqualFold(is, want) {
		return &ColumnError{Pos: c.Pos, Text: fmt.Sprintf("%s.%s is there already, as %s and not as %s", t.name, col.name, is, want), hint: "take another name, or write the type that it has"}
	}
	if !c.Unique {
		return nil
	}
	for _, u := range t.unique {
		if len(u) == 1 && u[0] == at {
			return nil
		}
	}
	return &ColumnError{Pos: c.Pos, Text: fmt.Sprintf("%s.%s is there already, and not unique", t.name, col.name), hint: `leave "unique" out, or take another name`}
}

// kind is the type of a column in the words of AddCustomField.
func (c *tableColumn) kind() string {
	switch c.typ {
	case runtime.ColumnInteger:
		return "a whole number"
	case runtime.ColumnBoolean:
		return "Boolean"
	case runtime.ColumnDate:
		return "Date"
	case runtime.ColumnDateTime:
		return "DateTime"
	case runtime.ColumnNumber:
		if strings.HasPrefix(strings.ToUpper(c.decl), "MONEY") {
			return "Money"
		}
		return "Number"
	}
	if c.size > 0 {
		return fmt.Sprintf("Text of %d characters", c.size)
	}
	return "Text"
}
