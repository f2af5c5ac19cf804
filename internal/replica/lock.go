package replica

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"zombiezen.com/go/sqlite"

	"github.com/amsx-lang/amsx/internal/site"
)

// A Lock is the right to write to the site: until its end no other program
// changes a row of it, whether it is amsx or not; all may read. It is used from
// one goroutine.
type Lock struct {
	s       *Server
	ctx     context.Context
	conn    *pgx.Conn
	tx      pgx.Tx
	view    *view
	pairs   []*pair
	xid     int64
	pending bool // something was sent
}

// turns bounds the wait for the lock while other runs take turns with it, in
// times of what one may hold it.
const turns = 30

// Lock takes the lock. It waits for one who holds it for as long as Options
// says, and for runs that take turns for some times as long.
func (s *Server) Lock(ctx context.Context) (site.UpstreamLock, error) {
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	l := &Lock{s: s, ctx: ctx, conn: conn}
	if err := l.begin(); err != nil {
		l.Close()
		return nil, s.explain("take the write lock", err)
	}
	return l, nil
}

// begin takes turns with other runs first and then locks the tables, so that
// runs never meet in the tables and cannot lock each other out.
func (l *Lock) begin() (err error) {
	if err := l.queue(); err != nil {
		return err
	}
	if l.tx, err = l.conn.Begin(l.ctx); err != nil {
		return err
	}
	var tables string
	err = l.tx.QueryRow(l.ctx, `SELECT coalesce(string_agg(format('%I.%I', n.nspname, c.relname), ', ' ORDER BY c.oid), '')
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = 'site' AND c.relkind IN ('r', 'p') AND NOT c.relispartition`).Scan(&tables)
	if err != nil {
		return err
	}
	if _, err := l.tx.Exec(l.ctx, "LOCK TABLE "+tables+" IN SHARE ROW EXCLUSIVE MODE"); err != nil {
		return err
	}
	_, err = l.tx.Exec(l.ctx, "SET LOCAL amsx.publishing = 'on'")
	return err
}

// queue waits for its turn among the runs of all machines.
func (l *Lock) queue() error {
	last, err := l.holder()
	if err != nil {
		return err
	}
	for began := time.Now(); ; {
		_, err := l.conn.Exec(l.ctx, "SELECT pg_advisory_lock($1::int, $2::int)", lockClass, lockWrite)
		var pg *pgconn.PgError
		if err == nil || !errors.As(err, &pg) || pg.Code != "55P03" {
			return err
		}
		holder, herr := l.holder()
		if herr != nil {
			return herr
		}
		if holder == last || time.Since(began) > turns*l.s.wait {
			return &Error{Server: l.s.name, Doing: "take the write lock", Err: err,
				Hint: fmt.Sprintf("another run writes to the site (process %d of the server) and did not let go within %s: one that changes rows by SQL of its own keeps the lock until it ends. Wait for it, or stop it, then run again; nothing was written", holder, l.s.wait)}
		}
		last = holder
	}
}

// holder is the server's process that writes at the moment.
func (l *Lock) holder() (pid int64, err error) {
	err = l.conn.QueryRow(l.ctx, "SELECT coalesce((SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND objid = $2 AND granted LIMIT 1), 0)", lockClass, lockWrite).Scan(&pid)
	return pid, err
}

// Refresh brings the copy up to date, under the lock. c holds the copy's write
// lock: its transaction is open. changed: others have written meanwhile.
func (l *Lock) Refresh(c *sqlite.Conn) (changed bool, err error) {
	if l.view, err = l.s.look(l.ctx, l.tx, c); err != nil {
		return false, l.s.explain("compare the copy", err)
	}
	if changed = l.view.stale(); changed {
		if err := l.view.load(l.ctx, l.tx, c); err != nil {
			return false, l.s.explain("copy the tables", err)
		}
	}
	l.pairs, err = l.s.adapt(c, l.view.cat, nil, false)
	return changed, l.s.explain("compare the copy", err)
}

// Commit makes what was published the state of the site. When it fails because
// the connection is lost, it finds out what became of it.
func (l *Lock) Commit() error {
	if !l.pending {
		l.Close()
		return nil
	}
	err := l.tx.Commit(l.ctx)
	l.s.release(l.conn)
	l.conn = nil
	var pg *pgconn.PgError
	if err == nil || errors.As(err, &pg) && !strings.HasPrefix(pg.Code, "57P") && !strings.HasPrefix(pg.Code, "08") {
		return l.s.explain("commit", err)
	}
	switch done, ferr := l.s.fate(l.xid, l.view.cluster); {
	case ferr != nil:
		return &Error{Server: l.s.name, Doing: "commit", Err: err, Hint: "the connection ended while the server was writing the run, and it does not answer now: whether the run was written is not known. amsx runs tells it when the server is back"}
	case done:
		return nil
	}
	return l.s.explain("commit", err)
}

// fate is what became of a transaction: written, or not.
func (s *Server) fate(xid int64, cluster string) (written bool, err error) {
	// The run may be cancelled, and must know it all the same.
	ctx, cancel := context.WithTimeout(context.Background(), s.wait)
	defer cancel()
	for {
		written, err = s.ask(ctx, xid, cluster)
		if err == nil || ctx.Err() != nil {
			return written, err
		}
		select {
		case <-ctx.Done():
			return false, err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (s *Server) ask(ctx context.Context, xid int64, cluster string) (bool, error) {
	c, err := pgx.ConnectConfig(ctx, s.config)
	if err != nil {
		return false, err
	}
	defer closeConn(c)
	var status *string
	var now string
	if err := c.QueryRow(ctx, fmt.Sprintf("SELECT pg_xact_status('%d'::xid8), %s", xid, clusterOf)).Scan(&status, &now); err != nil {
		return false, err
	}
	switch {
	case now != cluster: // the number may be that of another transaction there
		return false, errors.New("another server has taken over")
	case status == nil:
		return false, errors.New("the server has forgotten the transaction")
	case *status == "in progress":
		return false, errors.New("the transaction is still in progress")
	}
	return *status == "committed", nil
}

// Close gives the lock back. What was published and not committed is undone.
func (l *Lock) Close() {
	if l.conn != nil {
		closeConn(l.conn) // the fastest way to undo it, and the surest
		l.conn = nil
	}
}
