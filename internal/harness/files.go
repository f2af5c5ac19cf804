package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// A File is a file of the run's folder. Its name has slashes.
type File struct {
	Name    string
	Content []byte
}

// maxRecorded bounds what a recording copies of a run's folder.
const maxRecorded = 16 << 20

// ReadFiles reads all files of a folder and below it, in the order of their
// names. A folder that is not there is empty.
func ReadFiles(dir string) ([]File, error) { return readFiles(os.DirFS(dir), ".", 0) }

// readFiles reads the files below root. most bounds their bytes; 0: no bound.
func readFiles(fsys fs.FS, root string, most int64) ([]File, error) {
	var files []File
	var size int64
	err := fs.WalkDir(fsys, root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && p == root:
			return nil
		case err != nil || d.IsDir():
			return err
		}
		name := strings.TrimPrefix(p, root+"/")
		if !d.Type().IsRegular() {
			return fmt.Errorf("%s is no file; only files and folders belong here", name)
		}
		if info, err := d.Info(); err != nil {
			return err
		} else if size += info.Size(); most > 0 && size > most {
			return fmt.Errorf("the run's folder holds more than %d MB, and a case has all its files; name a folder with less in it with --files", most>>20)
		}
		content, err := fs.ReadFile(fsys, p)
		files = append(files, File{name, content})
		return err
	})
	return files, err
}

// writeFiles writes files below dir.
func writeFiles(dir string, files []File) error {
	for _, f := range files {
		to := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(to, f.Content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// Unpack writes the case's files into the folder of a run, which holds none.
func (c *Case) Unpack(dir string) error {
	there, err := ReadFiles(dir)
	switch {
	case err != nil:
		return err
	case len(there) > 0:
		return fmt.Errorf("the folder %s holds %s already, and a replay needs one of its own", dir, there[0].Name)
	}
	return writeFiles(dir, c.Files)
}

// filesWanted are the files that must be there after the run.
func (c *Case) filesWanted() []File {
	if c.FilesAfter == nil && !c.Expect.NoFiles {
		return c.Files
	}
	return c.FilesAfter
}

// compareFiles says what is not as expected in the folder after the run.
func (c *Case) compareFiles(got []File) (wrong []string) {
	want := c.filesWanted()
	where := "expect/files/"
	if c.FilesAfter == nil {
		where = "files/"
	}
	now := map[string]string{}
	for _, f := range got {
		now[f.Name] = string(f.Content)
	}
	for _, f := range want {
		text, there := now[f.Name]
		delete(now, f.Name)
		switch {
		case !there:
			wrong = append(wrong, fmt.Sprintf("the file %s is not there after the run", f.Name))
		case text != string(f.Content):
			wrong = append(wrong, fmt.Sprintf("%s differs:\n%s", path.Join(where, f.Name), fileDiff(string(f.Content), text)))
		}
	}
	for _, f := range got {
		if _, left := now[f.Name]; left {
			wrong = append(wrong, fmt.Sprintf("the file %s is there after the run, and the case does not expect it", f.Name))
		}
	}
	return wrong
}

// fileDiff shows lines that only one of two texts has. What cannot be seen in
// them is written out where it is the difference.
func fileDiff(want, got string) string {
	visible := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
	if visible(want) == visible(got) {
		return "  only in the ends of its lines: Windows has CR LF, others LF"
	}
	return lineDiff(visible(want), visible(got))
}
