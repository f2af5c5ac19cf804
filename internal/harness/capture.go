package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// A Capture is a recording of one run that becomes a case: the rows and files
// before it, the requests and answers of it, and what it ended with.
//
// [NewCapture] reads the rows and files, [Capture.Packs] goes between the run and its
// packs, [Capture.Finish] writes the case.
type Capture struct {
	*Recorder
	site   *amsx.Site
	folder string // of the run
	c      Case
	former []string // sources that complete runs before this one left rows of

	mu     sync.Mutex
	opened bool // the pack is noted
}

// NewCapture begins a recording into dir. file is where script came from,
// folder the folder of its run.
func NewCapture(ctx context.Context, dir, file string, script *amsx.Script, shipped fs.FS, site *amsx.Site, folder string) (*Capture, error) {
	before, err := readFiles(os.DirFS(folder), ".", maxRecorded)
	if err != nil {
		return nil, err
	}
	called, err := calledBy(script)
	if err != nil {
		return nil, err
	}
	r, err := NewRecorder(dir)
	if err != nil {
		return nil, err
	}
	c := &Capture{Recorder: r, site: site, folder: folder}
	c.c.Files = before
	c.c.Title = "Recorded: " + script.Name()
	c.c.Parameters = map[string]string{}
	name := strings.TrimSuffix(filepath.Base(file), ".amsx") + ".amsx"
	if text, err := fs.ReadFile(shipped, name); err == nil && bytes.Equal(text, script.Source()) && len(called) == 0 {
		c.c.Transformation = name
	} else {
		c.c.Script, c.c.Called = script.Source(), called
	}
	for _, p := range script.Parameters() {
		if strings.EqualFold(p.Type.Value, "CredentialPack") {
			c.c.packParameter = p.Name.Value
		}
	}
	if c.former, err = formerSources(ctx, site); err != nil {
		return nil, err
	}
	if c.c.Columns, err = addedColumns(ctx, site); err != nil {
		return nil, err
	}
	c.c.Start, err = tablesOf(ctx, site, nil)
	return c, err
}

// calledBy are the scripts that a script calls. They keep their places: the
// case's folder is to script.amsx what the script's own was to it.
func calledBy(script *amsx.Script) ([]File, error) {
	all := script.Called()
	var files []File
	for _, name := range slices.Sorted(maps.Keys(all)) {
		first, _, _ := strings.Cut(name, "/")
		if slices.ContainsFunc(caseNames, func(taken string) bool { return strings.EqualFold(first, taken) }) {
			return nil, fmt.Errorf("the transformation calls %s, and %s is a name that a case has for itself: give the script another one", name, first)
		}
		files = append(files, File{name, all[name]})
	}
	return files, nil
}

// caseNames are what a case has in its folder.
var caseNames = []string{"case.toml", "script.amsx", "exchanges", "start", "expect", "files"}

// Packs returns p, with a note of which pack the run opens. A case has one;
// its password is not noted.
func (c *Capture) Packs(p runtime.Packs) runtime.Packs { return notedPacks{p, c} }

type notedPacks struct {
	runtime.Packs
	c *Capture
}

func (n notedPacks) Open(ctx context.Context, name string) (runtime.Credential, error) {
	cred, err := n.Packs.Open(ctx, name)
	n.c.mu.Lock()
	defer n.c.mu.Unlock()
	if err == nil && !n.c.opened {
		n.c.opened = true
		n.c.c.Pack = Pack{Name: cred.Name, Domain: strings.TrimPrefix(cred.URL, "https://"), Username: cred.Username}
	}
	return cred, err
}

// Finish writes the case: what the run was given and what it ended with. r and
// runErr are what the run returned, exit its exit code.
func (c *Capture) Finish(ctx context.Context, began time.Time, parameters map[string]string, testing bool, r *amsx.Result, runErr error, exit int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := &c.c
	k.Clock, k.Testing = began.UTC().Truncate(time.Second), testing
	for n, v := range parameters {
		k.Parameters[n] = v
	}
	if k.packParameter != "" && k.Pack.Name != "" {
		k.Parameters[k.packParameter] = k.Pack.Name
	}
	switch {
	case slices.Contains(c.former, k.Pack.Name):
		k.Former = 1
	case k.Pack.Name == "" && len(c.former) == 1:
		k.Former, k.FormerSource = 1, c.former[0]
	}
	k.Expect = Expect{Status: "Completed", Exit: exit}
	switch {
	case runErr != nil:
		k.Expect.Status, k.Expect.Error = "Failed", []string{withoutPlace(runErr)}
	default:
		k.Expect.Counts = countsOf(r)
	}
	// Instants of the run differ between two clocks, so they are not expected.
	var err error
	if k.Rows, err = tablesOf(ctx, c.site, []string{"Created", "LastUpdated"}); err != nil {
		return err
	}
	after, err := ReadFiles(c.folder)
	if err != nil {
		return err
	}
	if len(k.compareFiles(after)) > 0 {
		k.FilesAfter, k.Expect.NoFiles = after, len(after) == 0
	}
	return c.Recorder.Finish(k)
}

// withoutPlace is the first line of an error without the place in a file,
// which may bear another name in the case.
func withoutPlace(err error) string {
	var e *runtime.Error
	var found lexer.List
	switch {
	case errors.As(err, &e):
		err = errors.New(e.Message)
	case errors.As(err, &found) && len(found) > 0:
		err = errors.New(found[0].Message)
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// tablesOf reads the tables that have rows, without the columns that amsx
// fills by itself, those named, and those that are empty in every row.
func tablesOf(ctx context.Context, s *amsx.Site, without []string) ([]Rows, error) {
	schema, err := s.Schema(ctx)
	if err != nil {
		return nil, err
	}
	var out []Rows
	for _, name := range schema.Tables() {
		_, columns, _ := schema.Table(name)
		all := make([]string, len(columns))
		for i, col := range columns {
			all[i] = col.Name
		}
		t := Rows{Table: name}
		for i, col := range columns {
			keyOf, isKey := strings.CutSuffix(col.Name, "Key")
			if slices.Contains(without, col.Name) || i > 0 && col.ReadOnly && isKey && slices.Contains(all, keyOf) {
				continue
			}
			t.Columns = append(t.Columns, col.Name)
		}
		rows, err := rowsOf(ctx, s, t)
		if err != nil {
			return nil, err
		}
		if len(rows.Rows) > 0 {
			out = append(out, rows.compact())
		}
	}
	return out, nil
}

// compact leaves out the columns that are empty in every row.
func (r Rows) compact() Rows {
	out := Rows{Table: r.Table, Rows: make([][]string, len(r.Rows))}
	for i, name := range r.Columns {
		if !slices.ContainsFunc(r.Rows, func(row []string) bool { return row[i] != "" }) {
			continue
		}
		out.Columns = append(out.Columns, name)
		for n, row := range r.Rows {
			out.Rows[n] = append(out.Rows[n], row[i])
		}
	}
	return out
}

// formerSources are the sources that complete runs left rows of.
func formerSources(ctx context.Context, s *amsx.Site) ([]string, error) {
	rows, err := s.Read(ctx, "SELECT DISTINCT Source FROM amsx_run_source WHERE Complete = 1")
	var names []string
	for _, r := range rows {
		names = append(names, fmt.Sprint(r[0]))
	}
	return names, err
}

// writeRows writes a folder of CSV files.
func writeRows(dir string, tables []Rows) error {
	if len(tables) == 0 {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, t := range tables {
		if err := os.WriteFile(filepath.Join(dir, t.Table+".csv"), t.Text(), 0o600); err != nil {
			return err
		}
	}
	return nil
}
