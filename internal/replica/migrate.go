package replica

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// schemaVersion is the version of the newest migration.
const schemaVersion = 1

// The advisory locks of amsx on a server are these two numbers; the first says
// "amsx" in ASCII.
const (
	lockClass  = 0x616d7378
	lockWrite  = 1
	lockSchema = 2
	lockNumber = 3
)

// migrate brings the schema on the server up to date. A migration only ever
// adds; there is no way down.
func (s *Server) migrate(ctx context.Context) error {
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer s.release(c)
	var number int
	if err := c.QueryRow(ctx, "SELECT current_setting('server_version_num')::int").Scan(&number); err != nil {
		return s.explain("read its version", err)
	}
	if number < 130000 {
		return &Error{Server: s.name, Doing: "open", Hint: fmt.Sprintf("the server is PostgreSQL %d; amsx needs 13 or newer", number/10000), Err: errors.ErrUnsupported}
	}
	if done, err := s.upToDate(ctx, c); err != nil || done {
		return err
	}
	// Of several programs that make the schema at once, one does it.
	if _, err := c.Exec(ctx, "SELECT pg_advisory_lock($1::int, $2::int)", lockClass, lockSchema); err != nil {
		return s.explain("make the schema", err)
	}
	if done, err := s.upToDate(ctx, c); err != nil || done {
		return err
	}
	if _, err := c.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS amsx"); err != nil {
		return s.explain("make the schema", err)
	}
	db := stdlib.OpenDB(*s.config)
	defer db.Close()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithTableName("amsx.version"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return s.explain("prepare the schema", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return s.explain("make the schema", err)
	}
	_, err = s.upToDate(ctx, c)
	return err
}

// upToDate reports whether the schema is the newest, and reads which site it is.
func (s *Server) upToDate(ctx context.Context, c *pgx.Conn) (bool, error) {
	var there bool
	if err := c.QueryRow(ctx, "SELECT to_regclass('amsx.version') IS NOT NULL").Scan(&there); err != nil || !there {
		return false, s.explain("read the schema version", err)
	}
	var version int64
	if err := c.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM amsx.version WHERE is_applied").Scan(&version); err != nil {
		return false, s.explain("read the schema version", err)
	}
	switch {
	case version > schemaVersion:
		return false, &Error{Server: s.name, Doing: "open", Hint: fmt.Sprintf("the site was made by a newer amsx (its schema is version %d, this program knows %d): update this program; nothing was changed", version, schemaVersion), Err: errors.ErrUnsupported}
	case version < schemaVersion:
		return false, nil
	}
	return true, s.explain("read which site it is", c.QueryRow(ctx, "SELECT SiteID FROM amsx.site").Scan(&s.id))
}
