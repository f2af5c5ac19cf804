package files

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"strings"
	"time"

	"github.com/amsx-lang/amsx/runtime"
)

// A Change is one thing that a run has done to its folder; of a test run, that
// it would do.
type Change struct {
	Action string `json:"action"` // "write", "move" or "delete"
	Name   string `json:"name"`
	To     string `json:"to,omitempty"`   // of a move
	Size   int64  `json:"size,omitempty"` // of what is written
}

// String says it in words.
func (c Change) String() string {
	switch c.Action {
	case "move":
		return "move " + c.Name + " to " + c.To
	case "write":
		if c.Size == 1 {
			return "write " + c.Name + " (1 byte)"
		}
		return fmt.Sprintf("write %s (%d bytes)", c.Name, c.Size)
	}
	return c.Action + " " + c.Name
}

// A change is one that is not yet done.
type change struct {
	Change
	content []byte
	replace bool
	temp    string // where the content stands, once it is prepared
}

// Changes returns what was done, or in a test run held back.
func (f *Folder) Changes() []Change { return f.done }

// stage notes a change that is to be done at the commit.
func (f *Folder) stage(c *change) {
	f.staged = append(f.staged, c)
	f.held += int64(len(c.content))
}

// Write gives a file this content when the run is committed. The content is
// kept.
func (f *Folder) Write(name string, content []byte) error {
	clean, err := Clean(name)
	if err != nil {
		return err
	}
	if f.o.Secret != nil && f.o.Secret(string(content)) {
		return &runtime.Error{Code: runtime.CodeTaint, Message: "a secret of a credential pack would be written to " + clean, Hint: "a secret goes only into requests to the hosts of its pack"}
	}
	if f.held+int64(len(content)) > f.o.Limit {
		return &runtime.Error{Kind: runtime.BudgetSpent, Code: runtime.CodeBudgetMemory,
			Message: fmt.Sprintf("the files that wait for the commit have more than %d MB", f.o.Limit>>20),
			Hint:    "write less at a time, with a Commit between, or raise the limit for memory"}
	}
	if err := f.free(clean); err != nil {
		return err
	}
	f.stage(&change{Change: Change{Action: "write", Name: clean, Size: int64(len(content))}, content: content})
	f.seen[key(clean)] = entry{name: clean, content: content, changed: f.o.Now()}
	return nil
}

// free is an error when a name is that of something else than a file, or
// leads out of the folder.
func (f *Folder) free(name string) error {
	_, err := f.stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Move gives a file another name when the run is committed.
func (f *Folder) Move(from, to string, replace bool) error {
	source, err := f.there(from)
	if err != nil {
		return err
	}
	if strings.HasSuffix(to, "/") || strings.HasSuffix(to, `\`) { // into a folder
		to += path.Base(source)
	}
	target, err := Clean(to)
	if err != nil {
		return err
	}
	if key(target) == key(source) {
		return failf("give another name", "%s is to be moved to itself", source)
	}
	_, err = f.there(target)
	switch {
	case err == nil && !replace:
		return failf(`take another name, such as one with %TODAY% in it, or write "replace" as the third argument`, "%s cannot be moved to %s: there is a file of that name", source, target)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	e, known := f.seen[key(source)]
	if !known {
		e = entry{from: source}
	}
	e.name = target
	f.stage(&change{Change: Change{Action: "move", Name: source, To: target}, replace: replace})
	f.seen[key(target)], f.seen[key(source)] = e, entry{name: source, gone: true}
	return nil
}

// Delete deletes a file when the run is committed.
func (f *Folder) Delete(name string) error {
	clean, err := f.there(name)
	if err != nil {
		return err
	}
	f.stage(&change{Change: Change{Action: "delete", Name: clean}})
	f.seen[key(clean)] = entry{name: clean, gone: true}
	return nil
}

// there returns the clean name of a file that the run sees.
func (f *Folder) there(name string) (string, error) {
	clean, err := Clean(name)
	if err != nil {
		return "", err
	}
	e, known := f.seen[key(clean)]
	switch {
	case known && e.gone:
		return "", f.missing(clean)
	case known:
		return clean, nil
	}
	_, err = f.stat(clean)
	return clean, err
}

// stagedPrefix begins the names of files that are written and not yet
// committed.
const stagedPrefix = ".amsx-"

// forgotten is the age from which such a file was left by a run that was
// killed.
const forgotten = 24 * time.Hour

// Prepare writes what is to be written beside its place, so that what is left
// to do after the commit of the database are changes of names.
func (f *Folder) Prepare() error {
	if f.o.Testing || len(f.staged) == 0 {
		return nil
	}
	root, err := f.open()
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(f.o.Dir, 0o750); err == nil {
			root, err = f.open()
		}
	}
	if err != nil {
		return err
	}
	for _, c := range f.staged {
		if c.Action != "write" {
			continue
		}
		if err := f.prepare(root, c); err != nil {
			f.discard()
			return f.explain("write", c.Name, err)
		}
	}
	return nil
}

func (f *Folder) prepare(root *os.Root, c *change) error {
	dir := path.Dir(c.Name)
	if err := root.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	f.sweep(root, dir)
	mode := fs.FileMode(0o640)
	if info, err := root.Stat(c.Name); err == nil {
		mode = info.Mode().Perm()
	}
	temp := path.Join(dir, stagedPrefix+rand.Text())
	file, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	c.temp = temp
	_, err = file.Write(c.content)
	return errors.Join(err, file.Sync(), file.Close())
}

// sweep removes what runs that were killed have left. That it cannot is no
// fault of this run.
func (f *Folder) sweep(root *os.Root, dir string) {
	old, _ := fs.Glob(root.FS(), path.Join(dir, stagedPrefix+"*"))
	for _, name := range old {
		if info, err := root.Lstat(name); err == nil && time.Since(info.ModTime()) > forgotten {
			_ = root.Remove(name)
		}
	}
}

// discard forgets what is staged.
func (f *Folder) discard() {
	for _, c := range f.staged {
		if c.temp != "" && f.root != nil {
			_ = f.root.Remove(c.temp) // sweep finds it another day
		}
	}
	f.staged, f.held = nil, 0
}

// Apply does what is staged. It is called when the database is committed.
func (f *Folder) Apply() error {
	staged := f.staged
	if f.o.Testing {
		for _, c := range staged {
			f.done = append(f.done, c.Change)
		}
		f.staged, f.held, f.kept = nil, 0, maps.Clone(f.seen)
		return nil
	}
	for i, c := range staged {
		if err := f.apply(c); err != nil {
			f.staged = staged[i:]
			f.discard()
			var left []string
			for _, c := range staged[i:] {
				left = append(left, c.String())
			}
			return &Error{Message: fmt.Sprintf("the database is written, but this was not done to the files: %s (%v)", strings.Join(left, "; "), err),
				hint: "do it by hand, or run again when it can be done", err: err}
		}
		f.done = append(f.done, c.Change)
	}
	f.staged, f.held = nil, 0
	clear(f.seen)
	return nil
}

func (f *Folder) apply(c *change) error {
	switch c.Action {
	case "write":
		return f.root.Rename(c.temp, c.Name)
	case "delete":
		return f.root.Remove(c.Name)
	}
	if err := f.root.MkdirAll(path.Dir(c.To), 0o750); err != nil {
		return err
	}
	if _, err := f.root.Lstat(c.To); err == nil && !c.replace {
		return fmt.Errorf("there is a file %s by now", c.To)
	}
	return f.root.Rename(c.Name, c.To)
}

// Rollback forgets what was staged since the last commit.
func (f *Folder) Rollback() {
	f.discard()
	f.seen = maps.Clone(f.kept)
}

// Bind returns the site with its Commit and Rollback extended to the folder,
// so that a script's Commit does to files what it does to rows.
func (f *Folder) Bind(s runtime.Site) runtime.Site { return &site{Site: s, folder: f} }

type site struct {
	runtime.Site
	folder     *Folder
	savepoints []savepoint
}

// Commit commits the site and then does what is staged.
func (s *site) Commit(ctx context.Context) error {
	if err := s.folder.Prepare(); err != nil {
		return err
	}
	if err := s.Site.Commit(ctx); err != nil {
		return err
	}
	return s.folder.Apply()
}

// Rollback discards what is not committed.
func (s *site) Rollback(ctx context.Context) error {
	s.folder.Rollback()
	return s.Site.Rollback(ctx)
}
