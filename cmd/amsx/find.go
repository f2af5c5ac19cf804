package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/transformations"
)

const extension = ".amsx"

// readScript reads a transformation and says which file it is: the file of that
// name, else the one with .amsx behind it, else one that ships. A site's own
// okta_users.amsx goes before the one that ships, since who has edited a copy
// and runs okta_users means the copy.
func readScript(name string) (*amsx.Script, string, error) {
	for _, file := range []string{name, name + extension} {
		if !isFile(file) || file != name && strings.HasSuffix(name, extension) {
			continue
		}
		script, err := amsx.ParseFile(file)
		if err != nil {
			return nil, "", &usageError{fmt.Errorf("cannot read the transformation: %w", unreadable(err, file))}
		}
		return script, file, nil
	}
	base := strings.TrimSuffix(name, extension) + extension
	if script, err := amsx.ParseFS(transformations.FS(), base); err == nil {
		return script, base, nil
	}
	if _, err := os.Stat(name); err == nil {
		return nil, "", &usageError{fmt.Errorf("%s is a folder; a transformation is a file%s", name, nearFile(name))}
	}
	return nil, "", &usageError{fmt.Errorf("there is no file %s%s", name, nearFile(name))}
}

// isFile reports whether something to read is there. A folder is not: the
// cases of okta_users.amsx are in a folder okta_users beside it.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// nearFile names a transformation that may have been meant.
func nearFile(name string) string {
	shipped, _ := fs.Glob(transformations.FS(), "*"+extension)
	// A path of Windows is no path here, but its end is the name all the same.
	base := strings.TrimSuffix(name[strings.LastIndexAny(name, `/\`)+1:], extension)
	if base != name && slices.Contains(shipped, base+extension) {
		return "; for the one that ships say " + base
	}
	files, _ := filepath.Glob(filepath.Join(filepath.Dir(name), "*"+extension))
	if near := lexer.Nearest(name, append(files, shipped...)); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// unreadable is why a file or folder cannot be read, in words.
func unreadable(err error, name string) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no %s", name)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("this account may not read %s", name)
	}
	return err
}
