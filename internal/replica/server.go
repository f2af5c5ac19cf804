package replica

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Options are what a Server needs from outside.
type Options struct {
	// Wait is how long a run waits for another program that keeps a table of
	// the site locked. 0: ten seconds.
	Wait time.Duration
}

// A Server is a site on a PostgreSQL server, 13 or newer. It is safe for
// concurrent use.
type Server struct {
	config *pgx.ConnConfig
	name   string
	id     string // of the site
	wait   time.Duration

	mu   sync.Mutex
	idle *pgx.Conn // kept for the next use; nil: none
	left time.Time // when it was last used
}

// keepIdle is how long a connection is kept for the next use: a run uses the
// server half a dozen times, and a new connection costs several round trips and
// the check of the password.
const keepIdle = 10 * time.Second

// Open connects to the server that a URL names and brings the schema of the site
// there up to date; on an empty database it makes it. A password comes from the
// URL, PGPASSWORD or ~/.pgpass, and is in no error.
func Open(ctx context.Context, dsn string, o Options) (*Server, error) {
	config, err := parse(dsn)
	if err != nil {
		return nil, err
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "amsx"
	}
	s := &Server{config: config, name: publicName(config), wait: o.Wait}
	if s.wait <= 0 {
		s.wait = 10 * time.Second
	}
	for k, v := range map[string]string{
		// Values are read as text, so their form must not depend on the server.
		"client_encoding": "UTF8", "datestyle": "ISO, YMD", "timezone": "UTC", "intervalstyle": "postgres", "extra_float_digits": "1", "bytea_output": "hex", "search_path": "pg_catalog",
		// Rows that the server hides from this user would be taken for gone.
		"row_security": "off",
		// No wait for a table is without end.
		"lock_timeout": strconv.FormatInt(s.wait.Milliseconds(), 10),
		// Of a machine that lost its power the server would keep the locks for hours.
		"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3",
	} {
		config.RuntimeParams[k] = v
	}
	config.DialFunc = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3}}).DialContext
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	// Each connection runs few statements; describing them first would double
	// the round trips.
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	return s, s.migrate(ctx)
}

// publicName is the URL without what is secret.
func publicName(c *pgx.ConnConfig) string {
	u := url.URL{Scheme: "postgres", Host: c.Host, Path: "/" + c.Database}
	if strings.HasPrefix(c.Host, "/") { // a socket's folder
		u.Host, u.RawQuery = "", "host="+url.QueryEscape(c.Host)
	} else if c.Port != 5432 {
		u.Host = fmt.Sprintf("%s:%d", c.Host, c.Port)
	}
	if c.User != "" {
		u.User = url.User(c.User)
	}
	return u.String()
}

// Name is the address of the server without a password.
func (s *Server) Name() string { return s.name }

// Reserve gives a number for a run that no other run of the site has, above one.
func (s *Server) Reserve(ctx context.Context, above int64) (number int64, err error) {
	c, err := s.connect(ctx)
	if err != nil {
		return 0, err
	}
	defer s.release(c)
	const next = "SELECT nextval('amsx.run_number')"
	err = c.QueryRow(ctx, next).Scan(&number)
	if err == nil && number <= above {
		// Of several that find it behind, one puts it forward.
		err = pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1::int, $2::int)", lockClass, lockNumber); err != nil {
				return err
			}
			if err := tx.QueryRow(ctx, next).Scan(&number); err != nil || number > above {
				return err
			}
			return tx.QueryRow(ctx, "SELECT setval('amsx.run_number', $1)", above+1).Scan(&number)
		})
	}
	return number, s.explain("number the run", err)
}

func (s *Server) connect(ctx context.Context) (*pgx.Conn, error) {
	s.mu.Lock()
	idle, left := s.idle, s.left
	s.idle = nil
	s.mu.Unlock()
	if idle != nil {
		if time.Since(left) < keepIdle && idle.Ping(ctx) == nil {
			return idle, nil
		}
		closeConn(idle)
	}
	c, err := pgx.ConnectConfig(ctx, s.config)
	if err != nil {
		return nil, s.explain("connect", err)
	}
	return c, nil
}

// release gives a connection back. One with an open transaction is ended, and
// the transaction undone with it.
func (s *Server) release(c *pgx.Conn) {
	if c.IsClosed() || c.PgConn().TxStatus() != 'I' {
		closeConn(c)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if _, err := c.Exec(ctx, "DISCARD ALL"); err != nil { // its locks, settings and temporary tables
		closeConn(c)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle != nil {
		closeConn(s.idle)
	}
	s.idle, s.left = c, time.Now()
}

// closeConn ends a connection; an open transaction ends with it, undone.
func closeConn(c *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.Close(ctx) // nothing is lost with it
}

// An Error is a fault of the server, or what it refuses.
type Error struct {
	Server string
	Doing  string
	Hint   string // what it means and what to do; may be empty
	Err    error
}

func (e *Error) Error() string {
	text := "site database " + e.Server + ": " + e.Doing + ": "
	if e.Hint != "" {
		return text + e.Hint
	}
	return text + e.Err.Error()
}

// Unwrap gives the fault itself.
func (e *Error) Unwrap() error { return e.Err }

// explain says what a fault of the server means and what to do about it.
func (s *Server) explain(doing string, err error) error {
	var own *Error
	if err == nil || errors.As(err, &own) {
		return err
	}
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("site database %s: %s: %w", s.name, doing, context.Canceled)
	}
	return &Error{Server: s.name, Doing: doing, Hint: s.hint(err), Err: err}
}

func (s *Server) hint(err error) string {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		var refused *pgconn.ConnectError
		if errors.As(err, &refused) {
			return "the server cannot be reached: check its address, that it runs and that this machine may connect; nothing was written (" + cause(err) + ")"
		}
		if errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err) {
			return "the server did not answer in time; nothing was written, run it again"
		}
		if lost(err) {
			return "the connection to the server ended (" + cause(err) + "); nothing was written, run it again"
		}
		return "" // of the copy, or our own
	}
	place := ""
	if pg.TableName != "" {
		place = " in the table " + pg.TableName
	}
	switch {
	case pg.Code == "28P01" || pg.Code == "28000":
		return fmt.Sprintf("the server refuses the login %s: check the user and the password (in AMSX_DATABASE, PGPASSWORD or the file .pgpass)", s.config.User)
	case pg.Code == "3D000":
		return fmt.Sprintf("the server has no database %s: make it (createdb %s), or name another", s.config.Database, s.config.Database)
	case pg.Code == "42501":
		return fmt.Sprintf("the user %s may not do that (%s): make %s the owner of the database, or of its schemas site and amsx", s.config.User, pg.Message, s.config.User)
	case pg.Code == "55P03":
		return fmt.Sprintf("another program keeps a table of the site locked and did not let go within %s: end its transaction, then run again; nothing was written", s.wait)
	case pg.Code == "40P01":
		return "another program and this run waited for each other's tables; nothing was written, run it again"
	case pg.Code == "23503":
		return fmt.Sprintf("the server refuses a row%s, because of a foreign key that somebody made there: %s; nothing was written. One that is DEFERRABLE is checked when the run is complete", place, strings.Join(nonEmpty(pg.Message, pg.Detail), ": "))
	case pg.Code == "53100":
		return "the disk of the server is full: free some space there, then run again; nothing was written"
	case strings.HasPrefix(pg.Code, "57P"):
		return "the server is shutting down or has just been started; nothing was written, run it again"
	case pg.Code == "23505":
		return fmt.Sprintf("the server refuses a row%s, because a unique index there does not allow it: %s; nothing was written", place, strings.Join(nonEmpty(pg.Message, pg.Detail), ": "))
	case strings.HasPrefix(pg.Code, "23"):
		return fmt.Sprintf("the server refuses a row%s, because of a rule that somebody made there: %s; nothing was written", place, strings.Join(nonEmpty(pg.Message, pg.Detail), ": "))
	case strings.HasPrefix(pg.Code, "22"):
		return fmt.Sprintf("the server refuses a value: %s; nothing was written", strings.Join(nonEmpty(pg.Message, pg.Where), ", "))
	}
	return ""
}

// lost reports whether the connection ended.
func lost(err error) bool {
	var of net.Error
	return errors.As(err, &of) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || strings.HasSuffix(cause(err), "conn closed")
}

// cause is the last word of an error: the library's own names the user, the
// database and every address that was tried, with and without encryption.
func cause(err error) string {
	for {
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			if e.Unwrap() == nil {
				return err.Error()
			}
			err = e.Unwrap()
		case interface{ Unwrap() []error }:
			all := e.Unwrap()
			if len(all) == 0 {
				return err.Error()
			}
			err = all[len(all)-1]
		default:
			return err.Error()
		}
	}
}

func nonEmpty(texts ...string) []string {
	var out []string
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}
