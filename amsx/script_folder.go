package amsx

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/amsx-lang/amsx/builtins"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/runtime"
)

// ParseFile reads a transformation from a file. Its folder, and what is below
// it, is where Call and CallLocal find other scripts; one that [Parse] was
// given as text calls none.
func ParseFile(name string) (*Script, error) {
	source, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	s := Parse(name, source)
	s.folder = scriptFolder(filepath.Dir(name))
	return s, nil
}

// ParseFS reads a transformation from a file of fsys, such as an embedded
// folder. Call and CallLocal find other scripts as with [ParseFile], and follow
// no links.
func ParseFS(fsys fs.FS, name string) (*Script, error) {
	source, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	folder, err := fs.Sub(fsys, path.Dir(name))
	if err != nil {
		return nil, err
	}
	s := Parse(path.Base(name), source)
	s.folder = scriptFS{folder}
	return s, nil
}

// Calls returns the scripts that lines of this one itself run with Call and
// CallLocal, as they name them: from the folder of its file on.
func (s *Script) Calls() []string {
	if s.tree == nil || s.tree.Script == nil || s.folder == nil {
		return nil
	}
	var names []string
	table := builtins.All()
	ast.Inspect(s.tree.Script, func(n ast.Node) bool {
		call, ok := n.(*ast.Call)
		if !ok || len(call.Args) == 0 {
			return true
		}
		if cmd := table.Lookup(call.Name); cmd == nil || cmd.Role != runtime.CallRole && cmd.Role != runtime.CallLocalRole {
			return true
		}
		if name, ok := runtime.FixedText(call.Args[0]); ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
		return true
	})
	return names
}

// Called returns the scripts that the script calls, directly and through
// others, by their place in its folder. One that cannot be read is not among
// them; Check says so.
func (s *Script) Called() map[string][]byte {
	noted := &notedFolder{s.folder, map[string][]byte{}}
	if s.folder != nil {
		with := *s
		with.folder = noted
		with.compile(CheckOptions{})
	}
	return noted.read
}

// A notedFolder keeps what is read from it.
type notedFolder struct {
	runtime.Files
	read map[string][]byte
}

func (f *notedFolder) ReadScript(name, from string) (string, []byte, error) {
	at, source, err := f.Files.ReadScript(name, from)
	if err == nil {
		f.read[at] = source
	}
	return at, source, err
}

// A scriptFolder holds the scripts that others call. Nothing outside of it is
// read, by whatever path, link or device name.
type scriptFolder string

// A scriptFS is the same of a file system.
type scriptFS struct{ fs.FS }

var (
	_ runtime.Files = scriptFolder("")
	_ runtime.Files = scriptFS{}
)

// maxScript is how much of a called script is read: the parser refuses more.
const maxScript = 4<<20 + 1

// ReadScript reads the script name, which the script at from calls.
func (f scriptFolder) ReadScript(name, from string) (string, []byte, error) {
	at, err := scriptPath(name, from)
	if err != nil {
		return "", nil, err
	}
	root, err := os.OpenRoot(string(f))
	if err != nil {
		return "", nil, fmt.Errorf("the folder of the script cannot be read: %w", err)
	}
	defer root.Close()
	source, err := readScript(root.FS(), at)
	return at, source, err
}

// ReadScript reads the script name, which the script at from calls.
func (f scriptFS) ReadScript(name, from string) (string, []byte, error) {
	at, err := scriptPath(name, from)
	if err != nil {
		return "", nil, err
	}
	for i := range len(at) + 1 { // a folder on the way may be a link, too
		if i < len(at) && at[i] != '/' {
			continue
		}
		if info, err := fs.Lstat(f.FS, at[:i]); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return "", nil, &scriptError{at[:i] + " is a link, and it may lead anywhere", "copy what it leads to in its place"}
		}
	}
	source, err := readScript(f.FS, at)
	return at, source, err
}

// readScript reads the file at.
func readScript(root fs.FS, at string) ([]byte, error) {
	info, err := fs.Stat(root, at)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &scriptError{fmt.Sprintf("there is no file %s", at), near(root, at)}
	case err != nil:
		return nil, &scriptError{fmt.Sprintf("the file %s cannot be read: %s", at, outside(err)), "it must stand in the folder of the script that is run, or below it"}
	case !info.Mode().IsRegular(): // a pipe would wait for ever
		return nil, &scriptError{at + " is no file", "write the name of a .amsx file"}
	}
	file, err := root.Open(at)
	if err != nil {
		return nil, &scriptError{fmt.Sprintf("the file %s cannot be read: %s", at, outside(err)), ""}
	}
	defer file.Close()
	source, err := io.ReadAll(io.LimitReader(file, maxScript))
	if err != nil {
		return nil, &scriptError{fmt.Sprintf("the file %s cannot be read: %s", at, outside(err)), ""}
	}
	return source, nil
}

// scriptPath is where name stands in the folder, seen from the script from.
func scriptPath(name, from string) (string, error) {
	slashed := strings.ReplaceAll(name, `\`, "/")
	if slashed == "" || path.IsAbs(slashed) || filepath.IsAbs(name) || filepath.VolumeName(name) != "" || strings.Contains(slashed, ":") {
		return "", &scriptError{fmt.Sprintf("%q is no place in the folder of the script", name), `write the name alone, such as "leavers.amsx", or a place below the folder, such as "parts/leavers.amsx"`}
	}
	at := path.Join(path.Dir(from), slashed)
	if at == ".." || strings.HasPrefix(at, "../") {
		return "", &scriptError{fmt.Sprintf("%q stands outside of the folder of the script that is run", name), "move it into that folder, or below it"}
	}
	return at, nil
}

// outside is an error without the path that it names again.
func outside(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// near names a script that may have been meant.
func near(root fs.FS, at string) string {
	var names []string
	entries, err := fs.ReadDir(root, path.Dir(at))
	if err != nil {
		return "it is looked for in the folder of the script that calls it"
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".amsx") {
			names = append(names, e.Name())
		}
	}
	if n := lexer.Nearest(path.Base(at), names); n != "" {
		return "did you mean " + path.Join(path.Dir(at), n) + "?"
	}
	return "it is looked for in the folder of the script that calls it"
}

// A scriptError says why a script cannot be called.
type scriptError struct{ message, hint string }

func (e *scriptError) Error() string { return e.message }

// Hint is what to do about it.
func (e *scriptError) Hint() string { return e.hint }

// script reads and parses a script for the compiler; nil where the script
// stands in no folder.
func (s *Script) script(quiet *silencer, read *reading) func(name, from string) (string, *ast.Transformation, lexer.List, error) {
	if s.folder == nil {
		return nil
	}
	return func(name, from string) (string, *ast.Transformation, lexer.List, error) {
		at, source, err := s.folder.ReadScript(name, from)
		if err != nil {
			return "", nil, nil, err
		}
		t, list := parser.ParseTransformation(s.shown(at), source)
		quiet.read(t)
		read.note(at, source, t)
		return at, t, list, nil
	}
}

// shown is the name of a called script in messages: beside that of the script.
func (s *Script) shown(at string) string {
	if dir := filepath.Dir(s.name); dir != "." {
		return filepath.Join(dir, filepath.FromSlash(at))
	}
	return at
}

// called is the source of a called script, for a finding in it; nil: it cannot
// be read any more.
func (s *Script) called(name string) *lexer.Source {
	if s.folder == nil {
		return nil
	}
	at := filepath.ToSlash(name)
	if dir := filepath.Dir(s.name); dir != "." {
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return nil
		}
		at = filepath.ToSlash(rel)
	}
	_, source, err := s.folder.ReadScript(at, "")
	if err != nil {
		return nil
	}
	text, _ := lexer.Decode(name, source)
	return lexer.NewSource(name, text)
}
