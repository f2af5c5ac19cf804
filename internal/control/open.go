package control

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite" // also the driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// A DB is an open control database. Its methods may be used from several
// goroutines, and several processes may have the same file open.
type DB struct {
	sql     *sql.DB
	path    string
	opt     Options
	process process
	mask    masker
	reading bool          // see OpenToRead
	writing chan struct{} // holds one value while a transaction writes

	mu   sync.Mutex
	seen map[string]sighting // by TransformationKey, see DB.observed
}

// Options are what a control database takes from its surroundings. The zero
// value of every field but ParseDomain is usable.
type Options struct {
	// Clock gives the time; time.Now when nil.
	Clock func() time.Time
	// User is written down beside what this handle changes.
	User string
	// ParseDomain checks one host of a credential pack as an administrator
	// typed it, and returns the form to keep. Adding a pack needs it.
	ParseDomain func(text string) (string, error)
	// Lease is how long a run that gives no sign of life keeps its
	// transformation; 30 seconds when 0.
	Lease time.Duration
	// Keep is the number of log lines, of warnings and of rejects kept of one
	// run, the first of each; 10,000 when 0. The rest is counted.
	Keep int
}

// Beside is the path of the control database that belongs to a site database
// file: amsx.control.db beside amsx.db.
func Beside(database string) string {
	return strings.TrimSuffix(database, filepath.Ext(database)) + ".control.db"
}

// Open opens the control database at path and brings its tables to this
// version of amsx; a file that is not there is created, readable for its owner
// only. Errors are of type *AccessError.
func Open(ctx context.Context, path string, opt Options) (*DB, error) {
	if opt.Clock == nil {
		opt.Clock = time.Now
	}
	if opt.Lease <= 0 {
		opt.Lease = 30 * time.Second
	}
	if opt.Keep <= 0 {
		opt.Keep = 10_000
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("control database %s: %w", path, err)
	}
	if err := prepareFile(abs); err != nil {
		return nil, err
	}
	handle, err := sql.Open("sqlite", dsn(abs))
	if err != nil {
		return nil, explain(abs, err)
	}
	// More connections than this only queue for the one writer that SQLite has.
	handle.SetMaxOpenConns(4)
	db := &DB{sql: handle, path: abs, opt: opt, process: thisProcess(), writing: make(chan struct{}, 1), seen: map[string]sighting{}}
	if err := db.migrate(ctx); err != nil {
		handle.Close()
		return nil, err
	}
	return db, nil
}

// OpenToRead opens a control database to look at it. Where this account may not
// write the file or its folder, it is opened read-only: what only reads works,
// and what writes says that it cannot.
func OpenToRead(ctx context.Context, path string, opt Options) (*DB, error) {
	db, err := Open(ctx, path, opt)
	if err == nil || !errors.Is(err, ErrReadOnly) {
		return db, err
	}
	if opt.Clock == nil {
		opt.Clock = time.Now
	}
	if opt.Lease <= 0 {
		opt.Lease = 30 * time.Second
	}
	abs, aerr := filepath.Abs(path)
	if aerr != nil {
		return nil, err
	}
	if st, serr := os.Stat(abs); serr != nil || st.IsDir() {
		return nil, err
	}
	// A file with a write-ahead log can be read without the right to write when
	// another program has it open, through that program's files; when none has,
	// there is no log, and nobody changes the file that is read.
	how := "mode=ro"
	if st, serr := os.Stat(abs + "-wal"); serr != nil || st.Size() == 0 {
		how = "immutable=1"
	}
	handle, herr := sql.Open("sqlite", uri(abs)+"?"+how+"&"+waiting+"&_pragma=trusted_schema(OFF)")
	if herr != nil {
		return nil, err
	}
	found, verr := version(ctx, handle, abs)
	if verr == nil && found != schemaVersion {
		verr = &AccessError{Path: abs, Reason: ErrReadOnly, Advice: "it was made by an older amsx and cannot be brought up to date: run this command once from an account that may write it"}
	}
	if verr != nil {
		handle.Close()
		return nil, verr
	}
	return &DB{sql: handle, path: abs, opt: opt, process: thisProcess(), writing: make(chan struct{}, 1), seen: map[string]sighting{}, reading: true}, nil
}

// Close closes the database. Leases still held end when their time is over;
// release them first.
func (db *DB) Close() error { return db.sql.Close() }

// Path is the absolute path of the database file.
func (db *DB) Path() string { return db.path }

// busyWait is how long a statement waits for another program's lock; waiting
// is the same as a setting of a connection.
const (
	busyWait = 10 * time.Second
	waiting  = "_pragma=busy_timeout(10000)"
)

// dsn opens path with the settings that all connections share.
// synchronous=FULL: a pack or a run number that is lost with the power hurts,
// a few milliseconds a commit do not. Transactions take the write lock when
// they begin, so that none fails half-way for want of it. None of them changes
// the file: it may turn out to be somebody else's.
func dsn(path string) string {
	return uri(path) + "?_txlock=immediate" +
		"&" + waiting +
		"&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(ON)" +
		"&_pragma=secure_delete(ON)" +
		"&_pragma=trusted_schema(OFF)"
}

func uri(path string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // C:/Data becomes /C:/Data
	}
	u := url.URL{Scheme: "file", Path: slashed}
	return u.String()
}

// look is the schema version of the file, or an error where it is no control
// database that this amsx can use. It changes nothing.
func (db *DB) look(ctx context.Context) (int, error) {
	found, err := version(ctx, db.sql, db.path)
	var failure *sqlite.Error
	if errors.As(err, &failure) && failure.Code()&0xff == sqlite3.SQLITE_NOTADB && !beginsAsDatabase(db.path) {
		return 0, notControl(db.path)
	}
	return found, err
}

// log gives the file a write-ahead log, so that readers and the writer do not
// wait for each other. The file keeps it; where it has one this does nothing.
func (db *DB) log(ctx context.Context) error {
	_, err := db.sql.ExecContext(ctx, "PRAGMA journal_mode = WAL")
	return explain(db.path, err)
}

// beginsAsDatabase reports whether a file that SQLite cannot read begins as its
// files do, and so is a damaged one.
func beginsAsDatabase(path string) bool {
	const magic = "SQLite format 3\x00"
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, len(magic))
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == magic
}

func notControl(path string) error {
	return &AccessError{Path: path, Reason: ErrNotControl, Advice: "nothing was changed in it; choose another file with --control"}
}

// smallest is the size of the smallest SQLite database in bytes. SQLite takes
// a file that is smaller for a new one.
const smallest = 512

// prepareFile sees to it that path is a file that SQLite can open. It looks
// itself because SQLite's own words are "unable to open database file", and
// does not open the file: when a process closes a file, POSIX takes away all its
// locks on it, those that SQLite holds through another descriptor too.
func prepareFile(path string) error {
	folder := filepath.Dir(path)
	if info, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return &AccessError{Path: path, Reason: ErrNoFolder, Advice: "create the folder " + folder + ", or choose another place with --control"}
	}
	const advice = "give this account the right to write the file and its folder, or choose another place with --control"
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = create(path)
	case err != nil:
	case info.IsDir():
		return &AccessError{Path: path, Reason: ErrNotControl, Advice: "it is a folder; give the path of a file with --control"}
	case info.Size() > 0 && info.Size() < smallest:
		return notControl(path)
	case info.Mode().Perm()&0o222 == 0:
		return &AccessError{Path: path, Reason: ErrReadOnly, Advice: advice}
	}
	if err != nil {
		return &AccessError{Path: path, Reason: ErrReadOnly, Advice: advice, Cause: err}
	}
	return nil
}

// create makes an empty file for its owner only, unless another program was
// faster. It gets its name when it is closed already, see prepareFile.
func create(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".amsx-control-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := f.Close(); err != nil {
		return err
	}
	err = os.Link(f.Name(), path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	// A file system without links.
	f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}
