// Package harness replays fixture cases: folders with recorded requests and
// answers, the rows that are there at the start, and the rows, counts and
// messages that must come out. Nothing in a case reaches a network.
//
// [Load] reads a case, [Case.Run] runs a transformation in it against a
// database of its own, [Case.Compare] says in words what is not as expected.
//
// A case is a folder, every file of which a person can read and edit:
//
//	case.toml               what it is about, parameters, clock, what is expected
//	exchanges/01-users.http one file a request, in the order of their names
//	start/Custodian.csv     rows that are there before the run, a file a table
//	expect/Custodian.csv    rows that must be there afterwards; only the columns named are compared
//	script.amsx             the transformation, where it is not one that ships
//	parts/mapping.amsx      scripts that it calls, beside it as in every run
//	files/in/people.csv     the folder of the run before it; files that are not text are fine
//	expect/files/…          the folder after it, whole; left out where it is as before
package harness

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/amsx-lang/amsx/lexer"
)

// A Case is one fixture case.
type Case struct {
	Name           string            `toml:"-"` // the folder's name
	Title          string            `toml:"title"`
	Transformation string            `toml:"transformation,omitempty"` // a document that ships; empty: script.amsx of the case
	Clock          time.Time         `toml:"clock"`                    // when the run takes place; zero: 2026-01-05T02:00:00Z
	Parameters     map[string]string `toml:"parameters,omitempty"`
	Pack           Pack              `toml:"pack"`
	Former         int               `toml:"former_runs,omitempty"`   // complete runs of the source before this one, which left the start rows
	FormerSource   string            `toml:"former_source,omitempty"` // the source of those runs; empty: the pack's name
	Columns        map[string]string `toml:"columns,omitempty"`       // columns that scripts have added to a table, as AddColumnsToTable has them
	Testing        bool              `toml:"test,omitempty"`          // a dry run
	Expect         Expect            `toml:"expect"`

	Script     []byte      `toml:"-"` // script.amsx
	Called     []File      `toml:"-"` // of a recording: the scripts that it calls
	Exchanges  []*Exchange `toml:"-"`
	Start      []Rows      `toml:"-"`
	Rows       []Rows      `toml:"-"`
	Files      []File      `toml:"-"` // of the run's folder
	FilesAfter []File      `toml:"-"` // after the run; nil: as before, unless Expect.NoFiles

	folder        fs.FS  // that the case was read from
	packParameter string // of a recording: the parameter that names the pack
}

// A Pack is the credential pack of a case. Its password is a word that stands
// for a token; a case never holds a real one.
type Pack struct {
	Name     string `toml:"name"`
	Domain   string `toml:"domain"`
	Username string `toml:"username"`
}

// An Expect is what a run of a case must end with.
type Expect struct {
	Status   string           `toml:"status"`          // Completed or Failed
	Error    []string         `toml:"error,omitempty"` // texts that the error must hold
	Exit     int              `toml:"exit,omitempty"`
	Counts   map[string]int64 `toml:"counts,omitempty"`   // those that are named are compared
	Requests int64            `toml:"requests,omitempty"` // 0: as many as there are exchanges
	Warnings []string         `toml:"warnings,omitempty"` // texts of which each must be in a warning
	Rejects  []string         `toml:"rejects,omitempty"`  // texts of which each must be in the reason of a rejected record
	NoFiles  bool             `toml:"no_files,omitempty"` // the folder is empty afterwards
}

// Rows are rows of one table, as a CSV file has them. An empty field is Null.
type Rows struct {
	Table   string
	Columns []string
	Rows    [][]string
}

// Load reads the case in a folder of fsys.
func Load(fsys fs.FS, dir string) (*Case, error) {
	folder, err := fs.Sub(fsys, dir)
	if err != nil {
		return nil, err
	}
	c := &Case{Name: path.Base(dir), folder: folder}
	text, err := fs.ReadFile(fsys, path.Join(dir, "case.toml"))
	if err != nil {
		return nil, fmt.Errorf("%s is no fixture case: %w", dir, err)
	}
	meta, err := toml.Decode(string(text), c)
	if err != nil {
		return nil, fmt.Errorf("%s/case.toml: %w", dir, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		hint := ""
		if near := lexer.Nearest(unknown[0].String(), []string{"title", "transformation", "clock", "parameters", "pack", "former_runs", "former_source", "columns", "test", "expect", "expect.status", "expect.error", "expect.exit", "expect.counts", "expect.requests", "expect.warnings", "expect.rejects", "expect.no_files"}); near != "" {
			hint = fmt.Sprintf(" (did you mean %s?)", near)
		}
		return nil, fmt.Errorf("%s/case.toml: there is no setting %s%s", dir, unknown[0], hint)
	}
	if c.Clock.IsZero() {
		c.Clock = time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC)
	}
	if c.Expect.Status == "" {
		c.Expect.Status = "Completed"
	}
	if c.Script, err = fs.ReadFile(fsys, path.Join(dir, "script.amsx")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if (c.Script == nil) == (c.Transformation == "") {
		return nil, fmt.Errorf("%s: a case has either a script.amsx or the setting transformation in case.toml", dir)
	}
	if err := each(fsys, path.Join(dir, "exchanges"), ".http", func(name string, text []byte) error {
		e, err := ParseExchange(name, text)
		c.Exchanges = append(c.Exchanges, e)
		return err
	}); err != nil {
		return nil, fmt.Errorf("%s/exchanges/%w", dir, err)
	}
	for _, part := range []struct {
		folder string
		into   *[]Rows
	}{{"start", &c.Start}, {"expect", &c.Rows}} {
		if err := each(fsys, path.Join(dir, part.folder), ".csv", func(name string, text []byte) error {
			r, err := parseRows(strings.TrimSuffix(name, ".csv"), text)
			*part.into = append(*part.into, r)
			return err
		}); err != nil {
			return nil, fmt.Errorf("%s/%s/%w", dir, part.folder, err)
		}
	}
	if c.Files, err = readFiles(fsys, path.Join(dir, "files"), 0); err != nil {
		return nil, fmt.Errorf("%s/files: %w", dir, err)
	}
	if c.FilesAfter, err = readFiles(fsys, path.Join(dir, "expect/files"), 0); err != nil {
		return nil, fmt.Errorf("%s/expect/files: %w", dir, err)
	}
	if len(c.FilesAfter) > 0 && c.Expect.NoFiles {
		return nil, fmt.Errorf("%s: no_files contradicts the files in expect/files", dir)
	}
	return c, nil
}

// List returns the folders below root that are cases, sorted.
func List(fsys fs.FS, root string) ([]string, error) {
	var dirs []string
	err := fs.WalkDir(fsys, root, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "case.toml" {
			dirs = append(dirs, path.Dir(p))
			return fs.SkipDir // there is no case in a case: what is called so there is a file of its run
		}
		return err
	})
	slices.Sort(dirs)
	return dirs, err
}

// each calls f for the files of a folder that end in ext, in the order of
// their names. A folder that is not there is empty.
func each(fsys fs.FS, dir, ext string, f func(name string, text []byte) error) error {
	entries, err := fs.ReadDir(fsys, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() && path.Base(dir) == "expect" && e.Name() == "files" {
			continue
		}
		if e.IsDir() || path.Ext(e.Name()) != ext {
			return fmt.Errorf("%s: only %s files belong here", e.Name(), ext)
		}
		text, err := fs.ReadFile(fsys, path.Join(dir, e.Name()))
		if err == nil {
			err = f(e.Name(), text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// parseRows reads a CSV file: a header line with column names, then rows.
func parseRows(table string, text []byte) (Rows, error) {
	r := csv.NewReader(bytes.NewReader(text))
	all, err := r.ReadAll()
	if err != nil {
		return Rows{}, fmt.Errorf("%s.csv: %w", table, err)
	}
	if len(all) == 0 {
		return Rows{}, fmt.Errorf("%s.csv: the first line names the columns; the file is empty", table)
	}
	return Rows{Table: table, Columns: all[0], Rows: all[1:]}, nil
}

// Text writes the rows as their CSV file.
func (r Rows) Text() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	// A write to a buffer does not fail.
	_ = w.Write(r.Columns)
	_ = w.WriteAll(r.Rows)
	return b.Bytes()
}
