package site

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// An Upstream is the server on which a site lives; the file of the Database is
// this machine's copy of it. See internal/replica. It is safe for concurrent
// use.
type Upstream interface {
	// Name is the server's address, without secrets.
	Name() string
	// Refresh brings the copy up to date. c has no transaction open. changed:
	// something came.
	Refresh(ctx context.Context, c *sqlite.Conn) (changed bool, err error)
	// Lock keeps all other programs from writing to the site.
	Lock(ctx context.Context) (UpstreamLock, error)
	// Reserve gives a number for a run that no other run of the site has,
	// above one.
	Reserve(ctx context.Context, above int64) (int64, error)
}

// An UpstreamLock is the right to write to the server. It is used from one
// goroutine.
type UpstreamLock interface {
	// Refresh brings the copy up to date, inside the write transaction that is
	// open on c. changed: something came.
	Refresh(c *sqlite.Conn) (changed bool, err error)
	// Publish sends what the transaction has changed since.
	Publish(c *sqlite.Conn, what Publication) error
	// Commit makes it the state of the server.
	Commit() error
	// Close gives the lock back; without Commit nothing was published.
	Close()
}

// A Publication is what a write transaction of a copy has changed.
type Publication struct {
	// Changes writes it as a changeset of SQLite's session extension.
	Changes func(io.Writer) error
	// Made are rows that are new and as the transaction leaves them, whether
	// they are in the changeset or not.
	Made []MadeRows
	// Altered are the statements that added columns.
	Altered []string
}

// MadeRows are the rows of a table whose ids are above From and not above To,
// and the rows of a run's change set that are about them. A first sync makes
// all of a table; recorded one by one they would be in memory.
type MadeRows struct {
	Table, Key string // Key is the column of the ids
	From, To   int64
	RunID      int64
}

// A publication is one write transaction of a copy, as it goes to the server.
// The nil publication is that of a file which is no copy: it does nothing.
type publication struct {
	lock   UpstreamLock
	record *sqlite.Session
	made   []MadeRows
}

// lead takes the server's lock for the write transaction that is open on c,
// brings the copy up to date and records what is changed from there on.
func (d *Database) lead(ctx context.Context, c *sqlite.Conn) (p *publication, changed bool, err error) {
	if d.up == nil {
		return nil, false, nil
	}
	lock, err := d.up.Lock(ctx)
	if err != nil {
		return nil, false, err
	}
	p = &publication{lock: lock}
	if changed, err = lock.Refresh(c); err == nil {
		if p.record, err = c.CreateSession("main"); err == nil {
			err = p.attach(c)
		}
	}
	if err != nil {
		p.close()
		return nil, false, err
	}
	return p, changed, nil
}

// attach records all tables but those that are the copy's own.
func (p *publication) attach(c *sqlite.Conn) error {
	var names []string
	err := sqlitex.Execute(c, "SELECT name FROM main.sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT IN (?1, ?2, ?3)", &sqlitex.ExecOptions{
		Args:       []any{copyTable, copyTable + "_table", versionTable},
		ResultFunc: func(st *sqlite.Stmt) error { names = append(names, st.ColumnText(0)); return nil },
	})
	for _, name := range names {
		err = errors.Join(err, p.record.Attach(name))
	}
	return err
}

// unrecorded notes that a target makes its new rows from base on, and stops the
// recording until the function that it returns is called.
func (p *publication) unrecorded(t *target, base int64) (recorded func(), err error) {
	if p == nil || t.table.rowid == "rowid" {
		return func() {}, nil
	}
	last, err := scalar(t.s.c, "SELECT coalesce(max(seq), 0) FROM temp."+t.temp("new"))
	if err != nil {
		return nil, err
	}
	p.made = append(p.made, MadeRows{t.table.name, t.table.rowid, base, base + last, t.s.info.RunID})
	p.record.Disable()
	return p.record.Enable, nil
}

// copyTable is the table by which a copy is told from a site of its own.
const copyTable = "amsx_copy"

// publish sends the changes, and commits them on the server. The transaction of
// the copy is to be committed next.
func (p *publication) publish(c *sqlite.Conn, altered []string) error {
	if p == nil {
		return nil
	}
	if err := p.lock.Publish(c, Publication{p.record.WriteChangeset, p.made, altered}); err != nil {
		return err
	}
	p.forget()
	return p.lock.Commit()
}

func (p *publication) forget() {
	if p.record != nil {
		p.record.Delete()
		p.record = nil
	}
}

// close gives the lock back.
func (p *publication) close() {
	if p == nil {
		return
	}
	p.forget()
	p.lock.Close()
}

// follow brings the copy up to date. It waits for runs of this machine that
// write the copy meanwhile, and may bring it up to date themselves.
func (d *Database) follow(ctx context.Context, c *sqlite.Conn) (changed bool, err error) {
	if d.up == nil {
		return false, nil
	}
	for began := time.Now(); ; {
		changed, err = d.up.Refresh(ctx, c)
		if busy(err) && ctx.Err() != nil {
			return false, ctx.Err()
		}
		if !busy(err) || time.Since(began) > turns*d.wait {
			if sqlite.ErrCode(err) == sqlite.ResultError { // not of the copy: the upstream has said what it is
				return changed, err
			}
			return changed, d.explain("bring the copy up to date", err)
		}
	}
}

// writing runs f in a write transaction of a connection that has none open.
func (d *Database) writing(ctx context.Context, c *sqlite.Conn, f func() error) error {
	return d.writingColumns(ctx, c, nil, f)
}

// writingColumns is writing where f also runs the statements altered, which add
// columns.
func (d *Database) writingColumns(ctx context.Context, c *sqlite.Conn, altered []string, f func() error) (err error) {
	end, err := sqlitex.ImmediateTransaction(c)
	if err != nil {
		return err
	}
	defer end(&err)
	p, _, err := d.lead(ctx, c)
	if err != nil {
		return err
	}
	defer p.close()
	if err := f(); err != nil {
		return err
	}
	if err := p.publish(c, altered); err != nil {
		return err
	}
	if p != nil {
		c.SetInterrupt(nil) // the server has it
	}
	return nil
}

// checkCopy tells a site of its own from a copy: the one must not be emptied to
// become a copy, and what is written to the other would be lost.
func (d *Database) checkCopy(c *sqlite.Conn) error {
	isCopy, err := scalar(c, "SELECT count(*) FROM main.sqlite_master WHERE name=?1", copyTable)
	if err != nil {
		return d.explain("read the schema", err)
	}
	switch {
	case isCopy != 0 && d.up == nil:
		return fmt.Errorf("%s is this machine's copy of a site on a PostgreSQL server, and what is written to it alone would be lost: give the address of the server with --database", d.path)
	case isCopy == 0 && d.up != nil:
		used, err := scalar(c, "SELECT (SELECT count(*) FROM main.Custodian) + (SELECT count(*) FROM main.amsx_run)")
		if err != nil {
			return d.explain("read the tables", err)
		}
		if used > 0 {
			return fmt.Errorf("%s is a site of its own, not a copy of the one on %s: name another file with --copy; nothing was changed", d.path, d.up.Name())
		}
	}
	return nil
}

// prepare checks what the file is and brings a copy up to date.
func (d *Database) prepare(ctx context.Context) (err error) {
	c, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeConn(c)) }()
	if err := d.checkCopy(c); err != nil {
		return err
	}
	c.SetInterrupt(ctx.Done())
	_, err = d.follow(ctx, c)
	return err
}
