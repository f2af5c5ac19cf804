package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"
)

// folder is the folder of the run. The one beside the database need not be
// there: it is made when the first file is written.
func (c *runFlags) folder(databases ...string) (string, error) {
	if c.Files == "" {
		return filepath.Join(filepath.Dir(databases[0]), "files"), nil
	}
	dir := kong.ExpandPath(c.Files)
	switch info, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return "", &usageError{fmt.Errorf("--files: there is no folder %s", c.Files)}
	case err != nil:
		return "", &usageError{fmt.Errorf("--files: %w", err)}
	case !info.IsDir():
		return "", &usageError{fmt.Errorf("--files: %s is no folder", c.Files)}
	}
	for _, file := range databases {
		if inside(file, dir) {
			return "", &usageError{fmt.Errorf("--files: the database %s is in that folder, and a transformation could overwrite it; name a folder of its own", file)}
		}
	}
	return dir, nil
}

// inside reports whether a file is in a folder or below it.
func inside(file, dir string) bool {
	var paths [2]string
	for i, p := range []string{filepath.Dir(file), dir} {
		p, err := filepath.Abs(p)
		if err == nil {
			p, err = filepath.EvalSymlinks(p)
		}
		if err != nil {
			return false // what is not there is in no folder
		}
		paths[i] = p
	}
	rel, err := filepath.Rel(paths[1], paths[0])
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
