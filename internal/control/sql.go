package control

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"modernc.org/sqlite"
)

// write runs f in one transaction that holds the write lock from its start.
// An error of f or of the database undoes all of it; doing says in the error
// what was under way.
func (db *DB) write(ctx context.Context, doing string, f func(*sql.Tx) error) error {
	// SQLite has one writer and lets others poll for it, in no order. Those of
	// this process wait here, in order, and leave the connections to readers.
	select {
	case db.writing <- struct{}{}:
		defer func() { <-db.writing }()
	case <-ctx.Done():
		return db.failed(doing, context.Cause(ctx))
	}
	tx, err := db.sql.BeginTx(ctx, nil)
	if err != nil {
		return db.failed(doing, err)
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return db.failed(doing, err)
	}
	if err := tx.Commit(); err != nil {
		return db.failed(doing, err)
	}
	return nil
}

// failed adds to an error of the database, or of a context that ended, what was
// under way. Errors that this package words itself pass as they are.
func (db *DB) failed(doing string, err error) error {
	var failure *sqlite.Error
	if errors.As(err, &failure) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", doing, explain(db.path, err))
	}
	return err
}

func noRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// A querier is a *sql.DB or a *sql.Tx.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// instantLayout is how instants are stored: in UTC, sorting as time does.
const instantLayout = "2006-01-02T15:04:05.000Z"

func instant(t time.Time) string { return t.UTC().Format(instantLayout) }

// now is the time to write down.
func (db *DB) now() string { return instant(db.opt.Clock()) }

// A moment reads a stored instant; NULL is the zero time.
type moment struct{ time.Time }

// Scan implements sql.Scanner.
func (m *moment) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		m.Time = time.Time{}
		return nil
	case string:
		t, err := time.Parse(instantLayout, v)
		m.Time = t
		return err
	}
	return fmt.Errorf("a stored time is %T", value)
}
