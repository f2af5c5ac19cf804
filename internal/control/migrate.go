package control

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	// schemaVersion is the number of the last file in migrations.
	schemaVersion = 2
	// applicationID is "amsc": it tells the file from other SQLite databases.
	applicationID = 0x616d7363
)

// migrate brings the tables to schemaVersion. Two processes may do so at once:
// each migration is one transaction, so the one that comes second fails, looks
// again and finds the work done.
func (db *DB) migrate(ctx context.Context) error {
	patience := time.Now().Add(busyWait)
	for attempt := 1; ; attempt++ {
		found, err := db.look(ctx)
		if err == nil {
			err = db.log(ctx)
		}
		if err == nil && found == schemaVersion {
			return nil
		}
		if err != nil && !errors.Is(err, ErrLocked) {
			return err
		}
		if err == nil {
			if err = db.migrateOnce(ctx); err == nil {
				continue // and look
			}
			err = fmt.Errorf("control database %s: its tables could not be brought to this version of amsx; nothing was changed: %w", db.path, explain(db.path, err))
		}
		// SQLite does not wait for whoever makes the write-ahead log at the same
		// moment: the switch to it answers "locked" at once.
		if ctx.Err() != nil || time.Now().After(patience) || attempt >= 10 && !errors.Is(err, ErrLocked) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(min(attempt, 10)) * 20 * time.Millisecond):
		}
	}
}

func (db *DB) migrateOnce(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db.sql, files,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// version is the schema version of the file, 0 for a new one. A file of a
// newer amsx, or one that is no control database, is an error before anything
// is written to it.
func version(ctx context.Context, handle *sql.DB, path string) (int, error) {
	var id, tables, versioned int
	err := handle.QueryRowContext(ctx, `
		SELECT (SELECT application_id FROM pragma_application_id),
		       count(*) FILTER (WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name <> 'goose_db_version'),
		       count(*) FILTER (WHERE name = 'goose_db_version')
		FROM sqlite_schema WHERE type = 'table'`).Scan(&id, &tables, &versioned)
	if err != nil {
		return 0, explain(path, err)
	}
	if tables > 0 && id != applicationID {
		return 0, &AccessError{Path: path, Reason: ErrNotControl, Advice: "it holds other tables, and nothing was changed in it; choose another file with --control"}
	}
	if versioned == 0 {
		return 0, nil
	}
	var version sql.NullInt64
	err = handle.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version WHERE is_applied`).Scan(&version)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, explain(path, err)
	}
	if version.Int64 > schemaVersion {
		return 0, &AccessError{Path: path, Reason: ErrNewer, Advice: fmt.Sprintf(
			"its tables have version %d and this amsx knows %d; install the newer amsx on this machine too (nothing was changed)", version.Int64, schemaVersion)}
	}
	return int(version.Int64), nil
}
