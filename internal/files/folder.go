package files

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// Options are what a Folder is given.
type Options struct {
	Dir     string // where it is; it need not be there until a file is read
	Testing bool   // nothing is ever written, moved or deleted
	// Limit is how many bytes may be held back at a time; 0: the default of a
	// run's memory.
	Limit int64
	// Secret reports whether a secret stands in text that is to be written.
	// nil: nobody knows any.
	Secret func(text string) bool
	Now    func() time.Time // nil: the machine's clock
}

// A Folder is the run's folder: see [runtime.Folder]. It is used from one
// goroutine and must be closed.
type Folder struct {
	o    Options
	root *os.Root // nil until it is used

	staged []*change        // since the last commit
	seen   map[string]entry // what the run has made of names, by key
	kept   map[string]entry // seen, as it was at the last commit of a test run
	held   int64            // bytes of staged content
	done   []Change
}

// An entry is what a name is for the run, where that differs from the disk.
type entry struct {
	name    string
	gone    bool
	content []byte // of a file that the run has written
	from    string // of a file that was moved: its name on the disk
	changed time.Time
}

// New returns the folder of one run.
func New(o Options) *Folder {
	if o.Limit == 0 {
		o.Limit = runtime.DefaultMemory
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Folder{o: o, seen: map[string]entry{}, kept: map[string]entry{}}
}

// Close gives back what the folder holds. What is not committed is gone.
func (f *Folder) Close() error {
	f.discard()
	if f.root == nil {
		return nil
	}
	err := f.root.Close()
	f.root = nil
	return err
}

// open opens the folder itself. It is an fs.ErrNotExist where there is none.
func (f *Folder) open() (*os.Root, error) {
	if f.root != nil {
		return f.root, nil
	}
	if f.o.Dir == "" {
		return nil, failf("", "this run has no folder of files")
	}
	root, err := os.OpenRoot(f.o.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Message: fmt.Sprintf("the run's folder %s is not there", f.o.Dir), err: err,
			hint: "make the folder and put the file into it, or name another: amsx run --files DIR"}
	}
	if err != nil {
		return nil, &Error{Message: fmt.Sprintf("the run's folder cannot be opened: %v", err), err: err, hint: "name a folder that this account may read: amsx run --files DIR"}
	}
	f.root = root
	return root, nil
}

// Open opens a file for reading.
func (f *Folder) Open(name string) (*runtime.File, error) {
	clean, err := Clean(name)
	if err != nil {
		return nil, err
	}
	e, known := f.seen[key(clean)]
	switch {
	case known && e.gone:
		return nil, f.missing(clean)
	case known && e.from == "":
		return &runtime.File{FileInfo: runtime.FileInfo{Name: clean, Size: int64(len(e.content)), Modified: e.changed}, ReadCloser: io.NopCloser(bytes.NewReader(e.content))}, nil
	case known:
		file, err := f.disk(e.from)
		if err == nil {
			file.Name = clean
		}
		return file, err
	}
	return f.disk(clean)
}

// disk opens a file of the disk.
func (f *Folder) disk(name string) (*runtime.File, error) {
	info, err := f.stat(name)
	if err != nil {
		return nil, err
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, f.explain("read", name, err)
	}
	if opened, err := file.Stat(); err != nil || !os.SameFile(info, opened) {
		return nil, errors.Join(failf("run it again", "the file %s was replaced while it was opened", name), file.Close())
	}
	return &runtime.File{FileInfo: runtime.FileInfo{Name: name, Size: info.Size(), Modified: info.ModTime()}, ReadCloser: &reader{file, name, info}}, nil
}

// stat looks a file of the disk up before it is opened: opening what is no
// file, such as a pipe, would wait for ever.
func (f *Folder) stat(name string) (fs.FileInfo, error) {
	root, err := f.open()
	if err != nil {
		return nil, err
	}
	info, err := root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, f.missing(name)
	case err != nil:
		return nil, f.explain("read", name, err)
	case info.IsDir():
		return nil, failf(nameHint, "%s is a folder, and a file is wanted", name)
	case !info.Mode().IsRegular():
		return nil, failf(nameHint, "%s is no file", name)
	}
	return info, nil
}

// A reader reads a file and sees to it that it is one state of the file that is
// read: an export that is still being written has not all people in it.
type reader struct {
	*os.File
	name string
	info fs.FileInfo
}

// Read reads.
func (r *reader) Read(p []byte) (int, error) {
	n, err := r.File.Read(p)
	if err == io.EOF && n == 0 {
		now, serr := r.File.Stat()
		if serr != nil || now.Size() != r.info.Size() || !now.ModTime().Equal(r.info.ModTime()) {
			return 0, failf("run it when whoever writes the file has finished", "the file %s changed while it was read", r.name)
		}
	}
	return n, err
}

// missing is the error of a file that is not there, with the nearest name.
func (f *Folder) missing(name string) error {
	e := &Error{Message: "there is no file " + name, err: fs.ErrNotExist}
	dir := path.Dir(name)
	var names []string
	infos, err := f.list(dir)
	for _, i := range infos {
		names = append(names, i.Name)
	}
	switch near := lexer.Nearest(name, names); {
	case dir != "." && err != nil:
		e.Message += ", and no folder " + dir
		e.hint = nameHint
	case near != "":
		e.hint = "did you mean " + near + "?"
	case len(names) == 0:
		e.hint = "the folder " + filepath.Join(f.o.Dir, filepath.FromSlash(dir)) + " has no files"
	default:
		e.hint = "the folder has " + some(names)
	}
	return e
}

// some names the first few.
func some(names []string) string {
	const shown = 5
	if len(names) > shown {
		return strings.Join(names[:shown], ", ") + fmt.Sprintf(" and %d more", len(names)-shown)
	}
	return strings.Join(names, ", ")
}

// explain puts an error of the system into words.
func (f *Folder) explain(what, name string, err error) error {
	var p *fs.PathError
	reason := err.Error()
	if errors.As(err, &p) {
		reason = p.Err.Error()
	}
	switch {
	case strings.Contains(reason, "escapes from parent"):
		return &Error{Message: name + " is a link that leads out of the run's folder", hint: "put the file itself into the folder", err: err}
	case errors.Is(err, fs.ErrPermission):
		return &Error{Message: fmt.Sprintf("the file %s cannot be %s: this account may not", name, participle(what)), hint: "ask whoever manages the machine for the right to it", err: err}
	}
	return &Error{Message: fmt.Sprintf("the file %s cannot be %s: %s", name, participle(what), reason), err: err}
}

func participle(verb string) string {
	return map[string]string{"read": "read", "write": "written", "move": "moved", "delete": "deleted"}[verb]
}

// maxListed bounds the files of one folder.
const maxListed = 100_000

// List returns the files whose names match a pattern.
func (f *Folder) List(pattern string) ([]runtime.FileInfo, error) {
	clean, err := Clean(pattern)
	if err != nil {
		return nil, err
	}
	dir, last := path.Split(clean)
	if strings.ContainsAny(dir, "*?[") {
		return nil, failf(`write "in/*.csv", with the name of the folder as it is`, "the folder in %q must be one folder: * and ? stand for characters of the file's name", pattern)
	}
	if _, err := path.Match(last, ""); err != nil {
		return nil, failf(`write "*.csv", for example`, "%q is no pattern of names: a [ is not closed", pattern)
	}
	all, err := f.list(path.Clean(dir))
	if err != nil {
		return nil, err
	}
	fold := runtime.FoldText(last)
	return slices.DeleteFunc(all, func(i runtime.FileInfo) bool {
		ok, _ := path.Match(fold, runtime.FoldText(path.Base(i.Name))) // the pattern was tried above
		return !ok
	}), nil
}

// list returns all files of one folder as the run sees it, by name.
func (f *Folder) list(dir string) ([]runtime.FileInfo, error) {
	found := map[string]runtime.FileInfo{}
	derr := f.listDisk(dir, found)
	var any bool
	for k, e := range f.seen {
		if path.Dir(e.name) != dir {
			continue
		}
		if e.gone {
			delete(found, k)
			continue
		}
		any = true
		i := runtime.FileInfo{Name: e.name, Size: int64(len(e.content)), Modified: e.changed}
		if e.from != "" {
			info, err := f.stat(e.from)
			if err != nil {
				return nil, err
			}
			i.Size, i.Modified = info.Size(), info.ModTime()
		}
		found[k] = i
	}
	if derr != nil && !any {
		return nil, derr
	}
	return slices.SortedFunc(maps.Values(found), func(a, b runtime.FileInfo) int { return strings.Compare(a.Name, b.Name) }), nil
}

// nearFolder is the hint for a folder that is not there.
func (f *Folder) nearFolder(root *os.Root, dir string) string {
	var names []string
	entries, _ := fs.ReadDir(root.FS(), path.Dir(dir)) // none: no name is near
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, path.Join(path.Dir(dir), e.Name()))
		}
	}
	if near := lexer.Nearest(dir, names); near != "" {
		return "did you mean " + near + "?"
	}
	return nameHint
}

func (f *Folder) listDisk(dir string, into map[string]runtime.FileInfo) error {
	root, err := f.open()
	if err != nil {
		return err
	}
	d, err := root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return failf(f.nearFolder(root, dir), "there is no folder %s", dir)
	}
	if err != nil {
		return f.explain("read", dir, err)
	}
	defer d.Close()
	entries, err := d.ReadDir(maxListed + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return f.explain("read", dir, err)
	}
	if len(entries) > maxListed {
		return failf("move old files into another folder", "the folder %s has more than %d files", dir, maxListed)
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if strings.HasPrefix(e.Name(), stagedPrefix) {
			continue
		}
		info, err := root.Stat(name)
		if err != nil || !info.Mode().IsRegular() {
			continue // a folder, a link that leads out, a file that is gone by now
		}
		into[key(name)] = runtime.FileInfo{Name: name, Size: info.Size(), Modified: info.ModTime()}
	}
	return nil
}
