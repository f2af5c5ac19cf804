package site

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"zombiezen.com/go/sqlite"
)

// OpenToRead opens a site database to look at it. Where this account may not
// write the file or its folder, it is opened read-only: what only reads works,
// and what writes says that it cannot.
func OpenToRead(ctx context.Context, path string, o Options) (*Database, error) {
	d, err := Open(ctx, path, o)
	if err == nil || !unwritable(err) {
		return d, err
	}
	st, serr := os.Stat(path)
	if serr != nil || st.IsDir() {
		return nil, err
	}
	ro := &Database{path: path, now: o.Clock, wait: o.BusyWait, reading: true}
	ro.defaults()
	version, foreign, verr := ro.version(ctx)
	switch {
	case verr != nil:
		return nil, errors.Join(err, verr)
	case foreign != "" || version > schemaVersion:
		return nil, err
	case version < schemaVersion:
		return nil, fmt.Errorf("%s was made by an older amsx and cannot be brought up to date, because this account may not write it: run this command once from an account that may", path)
	}
	return ro, nil
}

// unwritable reports whether an error comes from a file that may not be
// written.
func unwritable(err error) bool {
	code := sqlite.ErrCode(err)
	var engine interface{ Code() int } // of the driver that migrations use
	if errors.As(err, &engine) {
		code = sqlite.ResultCode(engine.Code())
	}
	switch code.ToPrimary() {
	case sqlite.ResultReadOnly, sqlite.ResultCantOpen, sqlite.ResultPerm:
		return true
	}
	return errors.Is(err, os.ErrPermission)
}

// readOnly is how the file is named to be read only. A file with a write-ahead
// log can be read without the right to write when another program has it open,
// through that program's files; when no program has, there is no log, and
// nobody changes the file that is read.
func (d *Database) readOnly() string {
	path := filepath.ToSlash(d.path)
	if filepath.VolumeName(d.path) != "" && !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	if st, err := os.Stat(d.path + "-wal"); err != nil || st.Size() == 0 {
		u.RawQuery = "immutable=1"
	}
	return u.String()
}
