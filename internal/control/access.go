package control

import (
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Reasons of an [AccessError].
var (
	ErrNoFolder   = errors.New("its folder does not exist")
	ErrReadOnly   = errors.New("it cannot be written")
	ErrNotControl = errors.New("it is not a control database of amsx")
	ErrNewer      = errors.New("it was written by a newer amsx")
	ErrLocked     = errors.New("another program keeps it locked")
	ErrDamaged    = errors.New("its file is damaged")
	ErrFull       = errors.New("the disk is full")
)

// An AccessError says why the control database cannot be used and what to do.
// errors.Is finds its Reason and its Cause.
type AccessError struct {
	Path   string
	Reason error // one of the Err values above
	Advice string
	Cause  error // may be nil
}

func (e *AccessError) Error() string {
	text := "control database " + e.Path + ": " + e.Reason.Error() + "; " + e.Advice
	if e.Cause != nil {
		text += " (" + e.Cause.Error() + ")"
	}
	return text
}

// Unwrap returns the reason and the cause.
func (e *AccessError) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Reason}
	}
	return []error{e.Reason, e.Cause}
}

// explain puts an error of SQLite that an administrator can do something about
// into an AccessError, and returns any other error as it is.
func explain(path string, err error) error {
	var failure *sqlite.Error
	if !errors.As(err, &failure) {
		return err
	}
	access := &AccessError{Path: path, Cause: err}
	switch failure.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		access.Reason, access.Advice = ErrLocked, "close the program that has it open (a database browser, a backup), then try again"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		access.Reason, access.Advice = ErrReadOnly, "give this account the right to write the file and its folder"
	case sqlite3.SQLITE_FULL:
		access.Reason, access.Advice = ErrFull, "make room, then try again"
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		access.Reason, access.Advice = ErrDamaged, "put back a backup of it; the site database is a file of its own and is not touched by this"
	default:
		return err
	}
	return access
}
