package site

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"zombiezen.com/go/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// schemaVersion is the version of the newest migration, which every migration
// also writes to user_version, where it can be read without the tables.
const schemaVersion = 6

const versionTable = "amsx_version"

// migrate brings the schema up to date. A migration only ever adds; there is
// no way down.
func (d *Database) migrate(ctx context.Context) error {
	path := filepath.ToSlash(d.path)
	if filepath.VolumeName(d.path) != "" && !strings.HasPrefix(path, "/") {
		path = "/" + path // file:/C:/…, as SQLite reads a drive
	}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	u.RawQuery = "_pragma=busy_timeout(" + strconv.FormatInt(d.wait.Milliseconds(), 10) + ")&_pragma=journal_mode(WAL)&_txlock=immediate"
	open, err := newConnector(u.String())
	if err != nil {
		return d.explain("open", err)
	}
	db := sql.OpenDB(open)
	defer db.Close()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("site database %s: prepare the schema: %w", d.path, err)
	}
	patience := time.Now().Add(d.wait)
	for attempt := 1; ; attempt++ {
		_, err := p.Up(ctx)
		if err == nil {
			return nil
		}
		// Another program may be making the schema at the same moment. Then a
		// migration fails because it is there, and the next one is looked for;
		// or SQLite, which does not wait for whoever switches a file to the
		// write-ahead log, answers "busy" at once.
		v, foreign, verr := d.version(ctx)
		if verr == nil && foreign == "" && v == schemaVersion {
			return nil
		}
		if ctx.Err() != nil || time.Now().After(patience) || attempt > 3+schemaVersion && !busy(err) && !busy(verr) {
			return fmt.Errorf("site database %s: make the schema: %w", d.path, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// busy reports whether an error says that another program holds a lock.
func busy(err error) bool {
	var engine interface{ Code() int } // of the driver that migrations use
	if errors.As(err, &engine) {
		return sqlite.ResultCode(engine.Code()).ToPrimary() == sqlite.ResultBusy
	}
	return err != nil && sqlite.ErrCode(err).ToPrimary() == sqlite.ResultBusy
}
