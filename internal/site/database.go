package site

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// Options are what a Database needs from outside.
type Options struct {
	// Clock gives the time that is written with a run. nil: time.Now.
	Clock func() time.Time
	// BusyWait is how long a run waits for another program that holds the
	// write lock. 0: ten seconds.
	BusyWait time.Duration
	// Upstream is the server on which the site lives; the file is a copy then.
	Upstream Upstream
}

// A Database is a site database in an SQLite file, or the copy of one that lives
// on a server. It holds no connection of its own, but for [Database.Keep]; every
// run opens one. It is safe for concurrent use.
type Database struct {
	path    string
	now     func() time.Time
	wait    time.Duration
	up      Upstream // nil: the file is the site
	spare   spare
	reading bool // see OpenToRead
}

// Open opens the site database in the file path, creates it on first use, and
// brings an older one up to date. The error of a file that cannot be used says
// why and what to do.
func Open(ctx context.Context, path string, o Options) (*Database, error) {
	d := &Database{path: path, now: o.Clock, wait: o.BusyWait, up: o.Upstream}
	d.defaults()
	if err := d.inspect(); err != nil {
		return nil, err
	}
	version, foreign, err := d.version(ctx)
	for patience := time.Now().Add(d.wait); busy(err) && ctx.Err() == nil && time.Now().Before(patience); {
		version, foreign, err = d.version(ctx) // another program is making the site
	}
	if err != nil {
		return nil, err
	}
	switch {
	case foreign != "":
		return nil, fmt.Errorf("%s is an SQLite database, but not a site database: it holds the table %s and no amsx tables; give another file with --database", path, foreign)
	case version > schemaVersion:
		return nil, fmt.Errorf("%s was made by a newer amsx (its schema is version %d, this program knows %d): update this program; the database was not changed", path, version, schemaVersion)
	case version < schemaVersion:
		if err := d.migrate(ctx); err != nil {
			return nil, err
		}
	}
	return d, d.prepare(ctx)
}

func (d *Database) defaults() {
	if d.now == nil {
		d.now = time.Now
	}
	if d.wait <= 0 {
		d.wait = 10 * time.Second
	}
}

// Path is the file of the database, or of its copy.
func (d *Database) Path() string { return d.path }

// Name is what the database is called: its file, or the address of its server.
func (d *Database) Name() string {
	if d.up != nil {
		return d.up.Name()
	}
	return d.path
}

// create makes the file, empty, for its owner alone: it will hold everybody's
// names, and SQLite would let the whole machine read it. The file is closed
// before it has its name, for the reason that inspect gives. Where this cannot
// be done SQLite makes the file, or says why not.
func (d *Database) create() {
	f, err := os.CreateTemp(filepath.Dir(d.path), ".amsx-*") // its mode is 0600
	if err != nil {
		return
	}
	defer os.Remove(f.Name())
	if f.Close() == nil {
		_ = os.Link(f.Name(), d.path) // an error: another program was first, or the disk knows no links
	}
}

// inspect tells the everyday mistakes about a file apart before SQLite sees it.
// It never opens the file: when a process closes a file, POSIX takes away all
// its locks on it, those of a run that writes in this process too.
func (d *Database) inspect() error {
	st, err := os.Stat(d.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		d.create()
		return nil
	case err != nil:
		return fmt.Errorf("open the site database %s: %w", d.path, err)
	case st.IsDir():
		return fmt.Errorf("%s is a folder; --database wants a file, such as %s", d.path, strings.TrimRight(d.path, `/\`)+"/amsx.db")
	case st.Size() > 0 && st.Size() < 512: // SQLite would take it for a new one
		return fmt.Errorf("%s is not an SQLite database; give the site's amsx.db with --database", d.path)
	case st.Mode().Perm()&0o222 == 0:
		return fmt.Errorf("the site database %s cannot be written: the file is read-only; give write permission, or another file with --database: %w", d.path, os.ErrPermission)
	}
	return nil
}

// version reads the schema version, and the name of a table where the file
// belongs to another program.
func (d *Database) version(ctx context.Context) (version int64, foreign string, err error) {
	c, err := d.connect(ctx)
	if err != nil {
		return 0, "", err
	}
	defer closeConn(c)
	if version, err = scalar(c, "PRAGMA user_version"); err != nil {
		return 0, "", d.explain("read the schema version", err)
	}
	var tables []string
	err = sqlitex.ExecuteTransient(c, "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%' ORDER BY name", &sqlitex.ExecOptions{
		ResultFunc: func(s *sqlite.Stmt) error { tables = append(tables, s.ColumnText(0)); return nil },
	})
	if err != nil {
		return 0, "", d.explain("read the schema", err)
	}
	ours := len(tables) == 0
	for _, t := range tables {
		ours = ours || t == "amsx_run" || t == versionTable
	}
	if !ours {
		return version, tables[0], nil
	}
	return version, "", nil
}

// shortWait is how long the engine waits by itself in a run, so that one that is
// cancelled answers at once; see beginWrite.
const shortWait = 100 * time.Millisecond

// connect is a connection with the settings that every use of the database
// shares: the one that is kept, or a new one. Its cache is small on purpose: a larger one makes no run faster and
// costs its size in memory.
func (d *Database) connect(ctx context.Context) (*sqlite.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if c := d.spare.take(); c != nil {
		return c, nil
	}
	name, flags := d.path, sqlite.OpenReadWrite|sqlite.OpenCreate
	if d.reading {
		name, flags = d.readOnly(), sqlite.OpenReadOnly|sqlite.OpenURI
	}
	c, err := openConn(name, flags)
	if err != nil {
		return nil, d.explain("open", err)
	}
	// Even a look at an open database may have to wait: for the program that
	// closes it last and tidies up.
	c.SetBusyTimeout(d.wait)
	for _, p := range []string{
		"PRAGMA trusted_schema = OFF",
		"PRAGMA synchronous = NORMAL",
		"PRAGMA cache_size = -2048",
		"PRAGMA temp_store = FILE",
		"PRAGMA temp.cache_size = -2048",
		"PRAGMA cell_size_check = ON",
	} {
		if err := sqlitex.ExecuteTransient(c, p, nil); err != nil {
			_ = closeConn(c)
			return nil, d.explain("open", err)
		}
	}
	if err := c.SetCollation(decimalCollation, compareDecimals); err != nil {
		_ = closeConn(c)
		return nil, d.explain("open", err)
	}
	c.SetBusyTimeout(shortWait)
	// Not c.SetDefensive: in zombiezen v1.4.2 it gives sqlite3_db_config one
	// argument where the engine reads two, and the engine then writes 1 through
	// whatever stands behind it: another connection's memory (seen as garbled
	// SQL and keys not found, once in about 200 runs of the scenarios). What
	// defensive mode forbids (writable_schema, journal_mode, shadow tables,
	// sqlite_dbpage) the authorizer refuses to scripts.
	return c, nil
}

// explain says what an error of the engine means for the site database and
// what to do about it.
func (d *Database) explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	hint := ""
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultBusy, sqlite.ResultLocked:
		hint = fmt.Sprintf("another program holds the write lock of %s and did not let go within %s: close it (a database tool with an open transaction, a second run), then run again; nothing was written", d.path, d.wait)
	case sqlite.ResultReadOnly, sqlite.ResultCantOpen, sqlite.ResultPerm:
		hint = fmt.Sprintf("%s cannot be written: check that its folder exists and that this account may write the file and its folder", d.path)
	case sqlite.ResultNotADB:
		hint = fmt.Sprintf("%s is not an SQLite database; give the site's amsx.db with --database", d.path)
	case sqlite.ResultCorrupt:
		hint = fmt.Sprintf("%s is damaged: restore it from a backup", d.path)
	case sqlite.ResultFull:
		hint = fmt.Sprintf("the disk of %s, or of the folder for temporary files, is full: free some space, then run again; nothing was written", d.path)
	case sqlite.ResultIOErr:
		hint = fmt.Sprintf("the disk of %s reported an error; nothing was written", d.path)
	}
	if hint == "" {
		return fmt.Errorf("site database: %s: %w", doing, err)
	}
	return fmt.Errorf("site database: %s: %s: %w", doing, hint, err)
}

// scalar runs a statement of this package and returns the first value of its
// first row, or 0.
func scalar(c *sqlite.Conn, q string, args ...any) (int64, error) {
	var n int64
	err := sqlitex.Execute(c, q, &sqlitex.ExecOptions{
		Args:       args,
		ResultFunc: func(s *sqlite.Stmt) error { n = s.ColumnInt64(0); return nil },
	})
	return n, err
}
