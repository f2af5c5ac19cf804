package site

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/amsx-lang/amsx/runtime"
)

// A definition is the statement that made a table, view or unique index.
type definition struct{ name, sql string }

// loadDefinitions reads what the site's tables were made with. Indexes that
// only make queries fast and triggers change nothing about what can be
// prepared.
func loadDefinitions(c *sqlite.Conn) ([]definition, error) {
	var out []definition
	err := sqlitex.ExecuteTransient(c, `SELECT name, sql FROM main.sqlite_master
		WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND (type IN ('table', 'view') OR type = 'index' AND sql LIKE 'CREATE UNIQUE%')
		ORDER BY rowid`, &sqlitex.ExecOptions{
		ResultFunc: func(s *sqlite.Stmt) error {
			out = append(out, definition{s.ColumnText(0), s.ColumnText(1)})
			return nil
		},
	})
	return out, err
}

// A trial is an empty copy of the site's tables in memory, on which statements
// of scripts are prepared as on the site itself, with the same functions and
// under the same authorizer. It implements runtime.SQLTrial.
type trial struct {
	c       *sqlite.Conn
	calls   calls
	judging bool   // a statement of the script is being prepared
	refusal string // why it may not run
	unknown map[string]bool
}

// Trial makes an empty copy of the site's tables, to prepare SQL on.
func (s *Session) Trial() (runtime.SQLTrial, error) {
	definitions := s.definitions
	if s.c != nil {
		var err error
		if definitions, err = loadDefinitions(s.c); err != nil {
			return nil, s.explain("read the schema", err)
		}
	}
	c, err := openConn(":memory:", sqlite.OpenReadWrite|sqlite.OpenCreate|sqlite.OpenMemory)
	if err != nil {
		return nil, fmt.Errorf("prepare SQL: %w", err)
	}
	t := &trial{c: c, unknown: map[string]bool{}}
	if err := t.fill(definitions); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare SQL: %w", err), t.Close())
	}
	return t, nil
}

func (t *trial) fill(definitions []definition) error {
	if err := errors.Join(t.c.SetCollation(decimalCollation, compareDecimals), addFunctions(t.c, &t.calls)); err != nil {
		return err
	}
	for _, d := range definitions {
		if sqlitex.ExecuteTransient(t.c, d.sql, nil) != nil {
			// A table of a module that only the site's owner has, say: nothing is
			// said about it.
			t.unknown[runtime.FoldName(d.name)] = true
		}
	}
	return t.c.SetAuthorizer(sqlite.AuthorizeFunc(func(a sqlite.Action) sqlite.AuthResult {
		if !t.judging {
			return sqlite.AuthResultOK
		}
		why := refuse(a)
		if why == "" {
			return sqlite.AuthResultOK
		}
		if t.refusal == "" {
			t.refusal = why
		}
		return sqlite.AuthResultDeny
	}))
}

// Try prepares a statement of the script.
func (t *trial) Try(sql string) *runtime.SQLFault {
	if isVacuum(sql) {
		return &runtime.SQLFault{Kind: runtime.RefusedFault, Message: noVacuum, Offset: -1}
	}
	stmt, err := t.prepare(sql)
	if err != nil {
		return t.fault(err)
	}
	return fault(stmt.Finalize())
}

func (t *trial) prepare(sql string) (*sqlite.Stmt, error) {
	t.judging, t.refusal = true, ""
	stmt, _, err := t.c.PrepareTransient(sql)
	t.judging = false
	if err == nil && stmt == nil {
		err = errors.New("the SQL text is empty")
	}
	return stmt, err
}

// Make adds the temporary table that a statement makes.
func (t *trial) Make(sql string, query int) (made bool, f *runtime.SQLFault) {
	if f := t.Try(sql); f != nil {
		return false, f
	}
	if query > 0 {
		// The query itself is not run: a script's may take long, with no row in
		// any table. Its columns are enough.
		stmt, err := t.prepare(sql[query:])
		if err != nil {
			return false, t.fault(err)
		}
		columns := make([]string, stmt.ColumnCount())
		for i := range columns {
			columns[i] = stmt.ColumnName(i)
		}
		if err := stmt.Finalize(); err != nil {
			return false, fault(err)
		}
		if slices.Contains(columns, "") {
			return false, nil // two have one name, and the library knows one of them only
		}
		for i := range columns {
			columns[i] = quote(columns[i])
		}
		head := strings.TrimSpace(sql[:query])
		sql = head[:len(head)-len("AS")] + "(" + strings.Join(columns, ", ") + ")"
	}
	err := sqlitex.ExecuteTransient(t.c, sql, nil)
	return err == nil, fault(err)
}

// Add adds a column to a table of the site.
func (t *trial) Add(table, column string) error {
	return sqlitex.ExecuteTransient(t.c, "ALTER TABLE main."+quote(table)+" ADD COLUMN "+quote(column), nil)
}

// Close frees the copy.
func (t *trial) Close() error { return closeConn(t.c) }

// fault says what the engine has against a statement; nil: nothing, or
// something that is no fault of the script.
func (t *trial) fault(err error) *runtime.SQLFault {
	if t.refusal != "" {
		return &runtime.SQLFault{Kind: runtime.RefusedFault, Message: t.refusal, Offset: -1}
	}
	f := fault(err)
	if f != nil && f.Kind == runtime.NoTable && (t.unknown[runtime.FoldName(f.Name)] || reserved(f.Name)) {
		return nil // of a module, or one that a run makes for itself
	}
	return f
}

// fault reads what the engine says.
func fault(err error) *runtime.SQLFault {
	if err == nil {
		return nil
	}
	text := sqlMessage(err.Error())
	f := &runtime.SQLFault{Message: text, Offset: -1}
	if at, ok := sqlite.ErrorOffset(err); ok {
		f.Offset = at
	}
	if name, ok := strings.CutPrefix(text, "no such table: "); ok {
		f.Kind, f.Name = runtime.NoTable, unqualified(name)
	} else if name, ok := strings.CutPrefix(text, "no such column: "); ok {
		f.Kind, f.Name = runtime.NoColumn, strings.Trim(name, "`\"")
	} else if _, name, ok := strings.Cut(text, " has no column named "); ok {
		f.Kind, f.Name = runtime.NoColumn, name
	} else if word, ok := strings.CutPrefix(text, `near "`); ok {
		f.Kind, f.Name = runtime.SyntaxFault, strings.TrimSuffix(word, `": syntax error`)
	} else if text == "incomplete input" {
		f.Kind = runtime.SyntaxFault
	}
	return f
}

// unqualified takes main. or temp. off a table's name.
func unqualified(name string) string {
	for _, of := range []string{"main.", "temp."} {
		name = strings.TrimPrefix(name, of)
	}
	return name
}
