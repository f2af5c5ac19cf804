package site

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// A RunInfo says which run a session belongs to and what it may do.
type RunInfo struct {
	RunID          int64
	Transformation string
	// Fence is the token of the run's lease. A run with a lower one than has
	// begun since may write nothing more. 0: the run has no lease.
	Fence int64
	// Testing: everything is computed, nothing is written.
	Testing bool
	// Planning: a test whose change set may be applied later.
	Planning bool
	// Limit: only the first records were read (--limit), so no one is a leaver.
	Limit int64
	// Limits overrides the limits of the fuse for this run, by the names of
	// FuseNames, as "20%", "5000" or "off".
	Limits map[string]string
	// AllowOnce names the limits of the fuse that do not hold for this run, or
	// "all".
	AllowOnce []string
}

// A Session is one run's use of the site database, over one connection. It is
// used from one goroutine. Nothing that it does is seen by others before
// Finish (or Commit).
type Session struct {
	db   *Database
	c    *sqlite.Conn
	ctx  context.Context
	info RunInfo

	tables      map[string]*table
	names       []string
	definitions []definition // of a schema without a connection; see Trial

	began     time.Time
	unitBegan time.Time // the run, or its last commit
	altered   []string  // statements that changed the schema
	copied    string    // the folder of the copy that a test works on
	state     txState
	arrivals  int
	seen      int64 // the site's version when the unit's first record arrived, see noteVersion
	last      bool  // the unit being merged is the last
	over      bool  // finished or aborted
	scripting bool  // the authorizer judges a statement of the script
	refusal   string
	// What the statement being prepared does, as the authorizer sees it.
	does      does
	stepping  *cached // the statement of the script that runs
	calls     calls
	cursors   map[*cursor]bool
	statement map[string]*cached

	savepoints    []savepoint
	publication   *publication // what goes to the server with the write transaction
	published     int          // statements of altered that the server has
	holding       bool         // what is staged is merged without a commit
	targets       []*target
	lastBefore    map[string]int64 // of each table with a target: the highest row id when it was opened
	leavers       []leaver
	limits        limits
	captured      map[string]bool             // tables with capture triggers
	direct        map[string]bool             // tables that SQL of the script changed
	options       map[int64]bool              // rows of SpecialOption that SaveOption changed
	basis, former map[tableSource]int64       // active rows before the run; what the last complete run left
	ran           map[tableSource]bool        // a former run left rows
	excess        []string                    // limits of the fuse that the run is over, and that AllowOnce names
	added         map[string]bool             // tables in which direct SQL has made rows
	schema        map[string]string           // of a planning test: the tables when it began
	actions       map[string]map[Action]int64 // of each table that the run changed, counted by judge
	undoes        int64                       // the run that this one takes back; 0: it runs a script
	lock          time.Duration
	locked        time.Time // since when the lock is held, as far as lock does not count it
	merged        bool
	before        mark // when the lock was taken for the merge
	unitKept      bool // of a test: there is a Commit to roll back to
	alteredKept   int  // of altered, those before it
	committed     bool // a unit is in the tables to stay

	absent      int64            // see Counts.Absent
	adoptedBy   map[string]int64 // see Result.AdoptedBy
	unitCreated int64
	unit        Counts // of the run with the unit that is being merged
	overflow    int64  // warnings that were only counted
	done        Counts
	warnings    []Warning
	warned      map[string]int
	rejects     []Reject
	rejected    int64
}

// A txState says which transaction is open.
type txState uint8

const (
	txNone  txState = iota
	txRead          // the short read transaction of arriving records
	txWrite         // direct SQL has opened the write transaction
)

// Begin opens the site database for one run. The session ends with Finish or
// Abort; cancelling ctx ends it too, within 200 ms.
func (d *Database) Begin(ctx context.Context, info RunInfo) (*Session, error) {
	c, err := d.connect(ctx)
	if err != nil {
		return nil, err
	}
	s := &Session{
		db: d, c: c, ctx: ctx, info: info, began: d.now(), unitBegan: d.now(),
		lastBefore: make(map[string]int64), statement: make(map[string]*cached), captured: make(map[string]bool), direct: make(map[string]bool),
		actions: make(map[string]map[Action]int64), warned: make(map[string]int), cursors: make(map[*cursor]bool), added: make(map[string]bool),
	}
	if err := s.open(); err != nil {
		s.publication.close()
		_ = closeConn(c)
		return nil, err
	}
	return s, nil
}

func (s *Session) open() error {
	var err error
	if s.limits, err = parseLimits(s.info.Limits, lexer.Position{}); err != nil {
		return err
	}
	if err := checkAllowed(s.info.AllowOnce); err != nil {
		return err
	}
	s.c.SetInterrupt(s.ctx.Done())
	if _, err := s.db.follow(s.ctx, s.c); err != nil {
		return err
	}
	if s.tables, s.names, err = loadTables(s.c); err != nil {
		return s.explain("read the schema", err)
	}
	if err := s.guard(); err != nil {
		return err
	}
	if err := s.fillKeys(); err != nil {
		return errors.Join(err, s.rollback())
	}
	if s.info.Planning {
		if s.schema, err = schemaOf(s.c); err != nil {
			return s.explain("read the schema", err)
		}
	}
	if s.info.Fence > 0 && !s.info.Testing {
		return s.raiseFence()
	}
	return nil
}

// guard prepares a connection for the script.
func (s *Session) guard() error {
	if err := addFunctions(s.c, &s.calls); err != nil {
		return s.explain("add the SQL functions", err)
	}
	if err := s.c.SetAuthorizer(sqlite.AuthorizeFunc(s.authorize)); err != nil {
		return s.explain("guard the connection", err)
	}
	s.c.SetInterrupt(s.ctx.Done())
	return nil
}

// raiseFence makes this run the newest of its transformation, or fails when it
// no longer is.
func (s *Session) raiseFence() error {
	if err := s.beginWrite(); err != nil {
		return err
	}
	if err := s.checkFence(); err != nil {
		return errors.Join(err, s.rollback())
	}
	if err := s.run("INSERT INTO amsx_fence(Transformation, Fence) VALUES (?1, ?2) ON CONFLICT(Transformation) DO UPDATE SET Fence=excluded.Fence", s.info.Transformation, s.info.Fence); err != nil {
		return errors.Join(s.explain("take the lease", err), s.rollback())
	}
	return s.commit()
}

// ErrFenced is the error of a run that lost its lease to a newer run of the
// same transformation.
var ErrFenced = errors.New("this run lost its lease")

func (s *Session) checkFence() error {
	if s.info.Fence == 0 {
		return nil
	}
	f, err := scalar(s.c, "SELECT Fence FROM amsx_fence WHERE Transformation=?1", s.info.Transformation)
	if err != nil {
		return s.explain("check the lease", err)
	}
	if f > s.info.Fence {
		return fmt.Errorf("%w: a newer run of %q has begun since (token %d, this run has %d); nothing was written", ErrFenced, s.info.Transformation, f, s.info.Fence)
	}
	return nil
}

// usable fails when the session is over or its run is cancelled.
func (s *Session) usable(ctx context.Context) error {
	if s.over {
		return errors.New("the run's use of the site database has ended")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.ctx.Err()
}

// run executes a statement of this package. The values are int64, int, string
// or nil.
func (s *Session) run(q string, args ...any) error {
	if len(args) == 0 && !strings.HasPrefix(q, "INSERT") && !strings.HasPrefix(q, "DELETE") {
		return sqlitex.ExecuteTransient(s.c, q, nil)
	}
	return sqlitex.Execute(s.c, q, &sqlitex.ExecOptions{Args: args})
}

// rows runs a query of this package and calls f for each row.
func (s *Session) rows(q string, f func(*sqlite.Stmt) error, args ...any) error {
	return sqlitex.ExecuteTransient(s.c, q, &sqlitex.ExecOptions{Args: args, ResultFunc: f})
}

// explain says what an error means; a cancelled run says that it is cancelled.
func (s *Session) explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	if sqlite.ErrCode(err) == sqlite.ResultInterrupt {
		if cerr := s.ctx.Err(); cerr != nil {
			return fmt.Errorf("site database: %s: %w", doing, cerr)
		}
	}
	return s.db.explain(doing, err)
}

// Abort ends the session; whatever was not committed leaves no trace. It may
// be called after Finish, when it does nothing.
func (s *Session) Abort() error {
	if s.over {
		return nil
	}
	s.over = true
	err := s.rollback()
	return errors.Join(err, s.close())
}

func (s *Session) close() error {
	for _, st := range s.statement {
		st.stmt.Finalize()
	}
	s.statement = nil
	s.c.SetInterrupt(nil)
	if err := closeConn(s.c); err != nil {
		return s.db.explain("close", err)
	}
	if s.copied != "" {
		return os.RemoveAll(s.copied)
	}
	return nil
}

// warn counts a warning; equal ones are counted together.
func (s *Session) warn(code, text string, pos lexer.Position) {
	k := code + "\x00" + text
	if i, ok := s.warned[k]; ok {
		s.warnings[i].Count++
		return
	}
	if len(s.warnings) >= maxKept {
		s.overflow++
		return
	}
	s.warned[k] = len(s.warnings)
	s.warnings = append(s.warnings, Warning{Code: code, Text: text, Pos: pos, Count: 1})
}

// warnN counts a warning n times.
func (s *Session) warnN(code, text string, pos lexer.Position, n int64) {
	s.warn(code, text, pos)
	if i, ok := s.warned[code+"\x00"+text]; ok {
		s.warnings[i].Count += n - 1
	}
}

// reject counts a refused record. raw may be nil.
func (s *Session) reject(t *target, pos lexer.Position, key, reason string, raw func() string) {
	s.rejected++
	if len(s.rejects) >= maxKept {
		return
	}
	r := Reject{Mapping: t.spec.Name, Table: t.table.name, Key: key, Reason: reason, Pos: pos}
	if raw != nil {
		r.JSON = raw()
	}
	s.rejects = append(s.rejects, r)
}

var _ runtime.Site = (*Session)(nil)
