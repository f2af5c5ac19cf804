package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/alecthomas/kong"

	"github.com/amsx-lang/amsx/internal/wholefile"
)

// An output is a file that a command makes, named by a flag. It may be put in
// the place of a file of its own kind and of no other: a slip of the tongue
// must not cost somebody a script or a database.
type output struct {
	flag  string // such as --csv
	file  string // as it was typed
	like  string // a name to propose, such as changes.csv
	kind  string // such as "CSV file of amsx runs"
	begin string // how each file of that kind begins
}

// path is where the file is.
func (o output) path() string { return kong.ExpandPath(o.file) }

// check says why the file cannot be made. Nobody wants to hear that after an
// hour of reading.
func (o output) check() error {
	refuse := func(format string, args ...any) error {
		return &usageError{fmt.Errorf("%s: "+format, append([]any{o.flag}, args...)...)}
	}
	if info, err := os.Stat(filepath.Dir(o.path())); err != nil || !info.IsDir() {
		return refuse("there is no folder %s", filepath.Dir(o.file))
	}
	info, err := os.Stat(o.path())
	switch {
	case err != nil:
		return nil // there is none
	case info.IsDir():
		return refuse("%s is a folder; name a file, such as %s", o.file, filepath.Join(o.file, o.like))
	case !info.Mode().IsRegular():
		return refuse("%s is no file", o.file)
	case info.Size() == 0:
		return nil
	}
	f, err := os.Open(o.path())
	if err != nil {
		return refuse("%w", err)
	}
	defer f.Close()
	head := make([]byte, len(o.begin))
	if _, err := io.ReadFull(f, head); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return refuse("%w", err)
	}
	if string(head) != o.begin {
		return refuse("there is a file %s that is no %s, and it would be lost; name another file, such as %s", o.file, o.kind, o.like)
	}
	return nil
}

// write makes the file for its owner alone, as a whole or not at all.
func (o output) write(fill func(io.Writer) error) error {
	if err := wholefile.Write(o.path(), 0o600, fill); err != nil {
		return fmt.Errorf("%s: %w", o.flag, err)
	}
	return nil
}
