package files

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// An Error says what is wrong with a file and what to do about it.
type Error struct {
	Message string
	hint    string
	err     error
}

// Error is what is wrong.
func (e *Error) Error() string { return e.Message }

// Hint is what to do about it; it may be empty.
func (e *Error) Hint() string { return e.hint }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.err }

func failf(hint, format string, args ...any) error {
	return &Error{Message: fmt.Sprintf(format, args...), hint: hint}
}

const nameHint = `write a name from the run's folder on, such as "people.csv" or "in/people.csv"`

// Clean returns a name of a file with slashes and without what says nothing.
// A name that leads, or might lead on another machine, out of the folder is an
// error.
func Clean(name string) (string, error) {
	slashed := strings.ReplaceAll(name, `\`, "/")
	switch {
	case strings.TrimSpace(name) == "":
		return "", failf(nameHint, "the name of the file is empty")
	case strings.HasPrefix(slashed, "//"):
		return "", failf(nameHint, "%s is a place on another machine, and a script reaches only the files of the run's folder", quoted(name))
	case strings.HasPrefix(slashed, "/"):
		return "", failf(nameHint, "%s begins at the root of the disk, and a script reaches only the files of the run's folder", quoted(name))
	case len(slashed) > 1 && slashed[1] == ':':
		return "", failf(nameHint, "%s names a drive, and a script reaches only the files of the run's folder", quoted(name))
	}
	for _, r := range slashed {
		if r < ' ' || r == ':' || r == 0x7f {
			return "", failf(nameHint, "%s is no name of a file: it has %q in it", quoted(name), r)
		}
	}
	for part := range strings.SplitSeq(slashed, "/") {
		switch {
		case part == "..":
			return "", failf(nameHint, "%s leads out of the run's folder", quoted(name))
		case part != "." && strings.TrimRight(part, ". ") != part:
			// Windows drops them, so two names would be one file.
			return "", failf("remove it", "%s is no name of a file: %s ends with a dot or a blank", quoted(name), quoted(part))
		case strings.HasPrefix(part, stagedPrefix):
			return "", failf("take another name", "names that begin with %s are amsx's own", stagedPrefix)
		}
	}
	clean := path.Clean(slashed)
	if clean == "." || strings.HasSuffix(slashed, "/") {
		return "", failf(nameHint, "%s is the name of a folder, and a file is wanted", quoted(name))
	}
	return clean, nil
}

// quoted shows a name as a script writes it, in quotes; a name with signs that
// are not seen, so that they are seen.
func quoted(name string) string {
	for _, r := range name {
		if r < ' ' || r == 0x7f {
			return strconv.Quote(name)
		}
	}
	return `"` + name + `"`
}
