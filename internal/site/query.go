package site

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
)

// A cached statement of the script. The same text may run inside its own loop;
// then the inner one is prepared for itself.
type cached struct {
	stmt  *sqlite.Stmt
	inUse bool
	does
}

// does is what a statement of the script does beside reading.
type does struct {
	writes  []string // the site's tables that it writes
	temp    bool     // it writes temporary tables, or creates or drops them
	defines bool     // it creates, alters or drops temporary tables or their indexes
}

// maxStatements bounds the prepared statements that are kept for scripts.
const maxStatements = 64

// prepare compiles a statement of the script under the authorizer.
func (s *Session) prepare(q runtime.Query) (*cached, error) {
	if st := s.statement[q.SQL]; st != nil && !st.inUse {
		st.inUse = true
		return st, nil
	}
	if isVacuum(q.SQL) {
		// The engine asks the authorizer only when it runs; see refuse.
		return nil, errors.New(noVacuum)
	}
	s.scripting, s.refusal, s.does = true, "", does{}
	stmt, rest, err := s.c.PrepareTransient(q.SQL)
	s.scripting = false
	if err != nil {
		return nil, s.sqlError(err)
	}
	if stmt == nil || stmt.ColumnCount() == 0 && strings.TrimSpace(q.SQL) == "" {
		return nil, errors.New("the SQL text is empty")
	}
	if rest > 0 && strings.Trim(q.SQL[len(q.SQL)-rest:], "; \t\r\n") != "" {
		stmt.Finalize()
		return nil, errors.New("the SQL text holds more than one statement; run one after the other")
	}
	st := &cached{stmt: stmt, inUse: true, does: s.does}
	if s.statement[q.SQL] == nil && len(s.statement) < maxStatements {
		s.statement[q.SQL] = st
	}
	return st, nil
}

// isVacuum reports whether SQL text begins with VACUUM, comments left out.
func isVacuum(sql string) bool {
	for {
		sql = strings.TrimLeft(sql, " \t\r\n;")
		var ok bool
		switch {
		case strings.HasPrefix(sql, "--"):
			_, sql, ok = strings.Cut(sql, "\n")
		case strings.HasPrefix(sql, "/*"):
			_, sql, ok = strings.Cut(sql, "*/")
		default:
			return len(sql) >= 6 && strings.EqualFold(sql[:6], "VACUUM")
		}
		if !ok {
			return false
		}
	}
}

// release gives a statement back.
func (s *Session) release(sql string, st *cached) {
	st.inUse = false
	if s.statement[sql] == st {
		st.stmt.Reset()
		return
	}
	st.stmt.Finalize()
}

// forget gives up the kept statements, because the tables that their names mean
// may be others now.
func (s *Session) forget() {
	for sql, st := range s.statement {
		if delete(s.statement, sql); !st.inUse {
			st.stmt.Finalize()
		}
	}
}

// ready makes the connection ready for what a statement does.
func (s *Session) ready(st *cached) error {
	switch {
	case len(st.writes) > 0:
		return s.writing()
	case st.temp:
		if err := s.detachCursors(); err != nil {
			return err
		}
	}
	return nil
}

// whole runs what writes so that it happens as a whole or not at all. The
// engine does that with its own errors; an error of a function of this package
// it does not see (see calls), and writes the error's text instead of a value.
func (s *Session) whole(st *cached, f func() error) error {
	if len(st.writes) == 0 && !st.temp {
		return f()
	}
	if err := s.run("SAVEPOINT amsx_statement"); err != nil {
		return s.explain("begin a statement", err)
	}
	err := f()
	if err == nil {
		return s.explain("end a statement", s.run("RELEASE amsx_statement"))
	}
	if s.ctx.Err() == nil && !s.c.AutocommitEnabled() {
		st.stmt.Reset()
		err = errors.Join(err, s.run("ROLLBACK TO amsx_statement"), s.run("RELEASE amsx_statement"))
	}
	return err
}

// sqlError says what is wrong with SQL of the script.
func (s *Session) sqlError(err error) error {
	if s.refusal != "" {
		return errors.New(s.refusal)
	}
	if sqlite.ErrCode(err) == sqlite.ResultInterrupt {
		if cerr := s.ctx.Err(); cerr != nil {
			return cerr
		}
	}
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultError, sqlite.ResultConstraint, sqlite.ResultMismatch, sqlite.ResultRange, sqlite.ResultTooBig:
		return &SQLError{Text: sqlMessage(err.Error()), err: err}
	}
	return s.explain("run SQL of the script", err)
}

// sqlMessage is what the database says, without the words of its library: the
// place is one of the text that it was sent, not of the script.
func sqlMessage(s string) string {
	for _, cut := range []string{"sqlite: step: ", "sqlite: prepare: "} {
		s = strings.TrimPrefix(s, cut)
	}
	s = placeInSQL.ReplaceAllString(s, "")
	for _, cut := range []string{"SQL logic error: ", "constraint failed: "} {
		s = strings.TrimPrefix(s, cut)
	}
	return s
}

var placeInSQL = regexp.MustCompile(`^\d+:\d+: `)

// A SQLError is what the database says against SQL of the script.
type SQLError struct {
	Text string
	err  error
}

func (e *SQLError) Error() string { return "SQL: " + e.Text }

// Unwrap gives the engine's own error.
func (e *SQLError) Unwrap() error { return e.err }

// bindValue binds a value of the language.
func bindValue(st *sqlite.Stmt, i int, v runtime.Value) error {
	if v.Taint() != 0 {
		return errors.New("a value of the SQL text cannot be used: " + secretRefused)
	}
	switch v.Kind() {
	case runtime.KindNull, runtime.KindKeep:
		st.BindNull(i)
	case runtime.KindBoolean:
		st.BindBool(i, v.Truth())
	case runtime.KindNumber:
		c, why := exactCell(v)
		if why != "" {
			return errors.New(why)
		}
		bind(st, i, c)
	case runtime.KindDateTime:
		st.BindText(i, v.Time().Format(instant))
	case runtime.KindTable, runtime.KindRow, runtime.KindXML:
		return fmt.Errorf("a %s cannot be a value in SQL; write one of its fields", v.Kind())
	default:
		st.BindText(i, v.Text())
	}
	return nil
}

func (s *Session) bindAll(st *sqlite.Stmt, q runtime.Query) error {
	st.ClearBindings()
	if n := st.BindParamCount(); n != len(q.Args) {
		return fmt.Errorf("the SQL text has %d places for values and got %d values", n, len(q.Args))
	}
	for i, a := range q.Args {
		if err := bindValue(st, i+1, a); err != nil {
			return err
		}
	}
	return nil
}

// Query runs a statement that returns rows. It sees the state before this
// run's upserts plus the run's own direct writes.
func (s *Session) Query(ctx context.Context, q runtime.Query) (runtime.Cursor, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	st, err := s.prepare(q)
	if err != nil {
		return nil, err
	}
	if err := s.ready(st); err != nil {
		s.release(q.SQL, st)
		return nil, err
	}
	if err := s.bindAll(st.stmt, q); err != nil {
		s.release(q.SQL, st)
		return nil, err
	}
	c := &cursor{s: s, sql: q.SQL, st: st, line: q.Pos.Line}
	n := st.stmt.ColumnCount()
	c.columns, c.types, c.row = make([]string, n), make([]runtime.ColumnType, n), make([]runtime.Value, n)
	for i := range c.columns {
		c.columns[i] = st.stmt.ColumnName(i)
		c.types[i] = runtime.ColumnText
		if t := s.origin(st.stmt, i); t != nil {
			if at := t.column(c.columns[i]); at >= 0 {
				c.types[i] = t.columns[at].typ
			}
		}
	}
	s.cursors[c] = true
	if len(st.writes) > 0 || st.temp {
		// What it writes is written now and is noted as Exec's is, whether or not
		// the script reads the rows that it returns.
		if err := s.whole(st, func() error { return c.drain(ctx) }); err != nil {
			return nil, errors.Join(err, c.Close())
		}
		c.leave()
		if err := s.wrote(st.writes, q.Pos.Line); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// origin is the table that a column of a query comes from, or nil.
func (s *Session) origin(st *sqlite.Stmt, i int) *table {
	name := st.ColumnTableName(i)
	if name == "" || st.ColumnDatabaseName(i) != "temp" {
		return s.table(name)
	}
	t, err := loadTable(s.c, name)
	if err != nil {
		return nil // its values come as the database has them
	}
	return t
}

// step runs a statement of the script to its next row.
func (s *Session) step(st *cached, line int) (row bool, err error) {
	s.scripting, s.refusal, s.calls.line, s.stepping = true, "", line, st
	row, err = st.stmt.Step()
	s.scripting, s.stepping = false, nil
	kept := s.calls.taken()
	if err != nil {
		return false, s.sqlError(err)
	}
	return row, kept
}

// columnValue reads a column as the type that the table gives it.
func columnValue(st *sqlite.Stmt, i int, typ runtime.ColumnType) runtime.Value {
	switch st.ColumnType(i) {
	case sqlite.TypeNull:
		return runtime.Null()
	case sqlite.TypeInteger:
		if typ == runtime.ColumnBoolean {
			return runtime.Bool(st.ColumnInt64(i) != 0)
		}
		return runtime.Int(st.ColumnInt64(i))
	}
	s := st.ColumnText(i)
	if st.ColumnType(i) == sqlite.TypeFloat {
		s = decimalText(st.ColumnFloat(i))
		typ = runtime.ColumnNumber
	}
	switch typ {
	case runtime.ColumnNumber:
		if n, err := runtime.ParseNumber(s); err == nil {
			return n
		}
	case runtime.ColumnDate:
		if t, err := time.Parse(time.DateOnly, s); err == nil {
			return runtime.Date(t)
		}
	case runtime.ColumnDateTime:
		if t, err := time.Parse(instant, s); err == nil {
			return runtime.DateTime(t)
		}
	}
	return runtime.Text(s)
}

// decimalText is a binary number of the database as the decimal number that it
// stands for. A column keeps 15 digits of one; SQL that adds 0.1 and 0.2 gives
// the same 0.3 as the script, not the 17 digits of 0.30000000000000004.
func decimalText(f float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(f, 'e', 14, 64), 64)
	if err != nil { // an infinity
		rounded = f
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// Exec runs a statement that changes rows and returns how many. A write to a
// table of the site opens the write transaction at once.
func (s *Session) Exec(ctx context.Context, q runtime.Query) (int64, error) {
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	st, err := s.prepare(q)
	if err != nil {
		return 0, err
	}
	defer func() { s.release(q.SQL, st) }()
	if len(st.writes) == 0 {
		if err := s.endArrivals(); err != nil {
			return 0, err
		}
	}
	if err := s.ready(st); err != nil {
		return 0, err
	}
	if err := s.bindAll(st.stmt, q); err != nil {
		return 0, err
	}
	before, err := scalar(s.c, "SELECT total_changes()")
	if err != nil {
		return 0, s.explain("count the rows", err)
	}
	rows := int64(0)
	err = s.whole(st, func() error {
		for {
			ok, err := s.step(st, q.Pos.Line)
			if err != nil {
				return err
			}
			if !ok {
				rows = int64(s.c.Changes())
				return nil
			}
		}
	})
	if err != nil {
		return 0, err
	}
	if st.defines {
		s.forget()
	}
	if after, err := scalar(s.c, "SELECT total_changes()"); err == nil && after == before {
		rows = 0
	}
	return rows, s.wrote(st.writes, q.Pos.Line)
}

// wrote notes that direct SQL changed tables: what is remembered of their rows
// no longer holds, and their key forms follow.
func (s *Session) wrote(tables []string, line int) error {
	for _, name := range tables {
		s.direct[runtime.FoldName(name)] = true
		for _, t := range s.targets {
			if strings.EqualFold(t.table.name, name) {
				t.empty = false
			}
			for _, l := range t.lookups {
				if strings.EqualFold(l.table.name, name) {
					clear(l.cache)
				}
			}
		}
		if t := s.table(name); t != nil {
			s.calls.line = line
			if err := s.fillKeysOf(t, "UPDATE"); err != nil {
				return s.sqlError(err)
			}
		}
	}
	return nil
}

// writing opens the write transaction for direct SQL, and has triggers note
// what it changes.
func (s *Session) writing() error {
	if err := s.detachCursors(); err != nil {
		return err
	}
	if err := s.beginWrite(); err != nil {
		return err
	}
	if len(s.captured) > 0 {
		return nil
	}
	if err := s.checkFence(); err != nil {
		return err
	}
	if err := s.readBasis(); err != nil {
		return err
	}
	return s.explain("watch the tables", s.capture())
}
