package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/runtime"
)

// An Outcome is what a run of a case ended with.
type Outcome struct {
	Err    error
	Exit   int
	Result *amsx.Result
	Unused []string // exchanges that no request asked for
	Files  []File   // of the run's folder, after it
}

// Run runs a case on an empty site and in a folder of its own: start rows and
// files in, the run, and the outcome. A fault of the case itself is the error.
func (c *Case) Run(ctx context.Context, s *amsx.Site, script *amsx.Script, packs runtime.Packs, exit func(error) int) (_ *Outcome, err error) {
	if err := c.Fill(ctx, s); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "amsx-case")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if err := c.Unpack(folder); err != nil {
		return nil, err
	}
	player := NewPlayer(c.Exchanges)
	r, runErr := script.Run(ctx, amsx.RunOptions{
		Site: s, Files: folder, Packs: packs, Parameters: c.Parameters, HTTP: c.HTTP(player), Now: c.Now(), User: "fixture", RunID: 1, Testing: c.Testing,
	})
	after, err := ReadFiles(folder)
	if err != nil {
		return nil, err
	}
	return &Outcome{Err: runErr, Exit: exit(runErr), Result: r, Unused: player.Unused(), Files: after}, nil
}

// Compare says in words what of an outcome, and of the rows that it left, is
// not as expected. Nothing is: no words.
func (c *Case) Compare(ctx context.Context, o *Outcome, s *amsx.Site) (wrong []string, err error) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	status, want := "Completed", c.Expect
	if o.Err != nil {
		status = "Failed"
	}
	if status != want.Status {
		say("status %s, want %s (%v)", status, want.Status, o.Err)
	}
	if o.Exit != want.Exit {
		say("exit code %d, want %d", o.Exit, want.Exit)
	}
	for _, text := range want.Error {
		if !strings.Contains(told(o.Err), text) {
			say("the error does not say %q: %v", text, told(o.Err))
		}
	}
	got := countsOf(o.Result)
	for _, name := range sortedNames(want.Counts) {
		n, known := got[name]
		switch {
		case !known:
			say("there is no count %s; there are %s", name, strings.Join(sortedNames(got), ", "))
		case n != want.Counts[name]:
			say("%s %d, want %d", name, n, want.Counts[name])
		}
	}
	requests := want.Requests
	if requests == 0 {
		requests = int64(len(c.Exchanges))
	}
	if o.Result.Requests != requests {
		say("%d requests, want %d", o.Result.Requests, requests)
	}
	if o.Err == nil && len(o.Unused) > 0 {
		say("recordings that no request asked for: %s", strings.Join(o.Unused, ", "))
	}
	for _, text := range want.Warnings {
		if !slices.ContainsFunc(o.Result.Warnings, func(n amsx.Notice) bool { return strings.Contains(n.Text, text) }) {
			say("no warning says %q; the warnings are %v", text, o.Result.Warnings)
		}
	}
	for _, text := range want.Rejects {
		if !slices.ContainsFunc(o.Result.Rejects, func(r amsx.Reject) bool { return strings.Contains(r.Reason, text) }) {
			say("no rejected record says %q; those are %v", text, o.Result.Rejects)
		}
	}
	for _, t := range c.Rows {
		now, err := rowsOf(ctx, s, t)
		if err != nil {
			return wrong, err
		}
		if a, b := string(t.Text()), string(now.Text()); a != b {
			say("expect/%s.csv differs:\n%s", t.Table, lineDiff(a, b))
		}
	}
	return append(wrong, c.compareFiles(o.Files)...), nil
}

// rowsOf reads the columns of an expectation from the site, in the order of the
// table's key.
func rowsOf(ctx context.Context, s *amsx.Site, want Rows) (Rows, error) {
	quoted := make([]string, len(want.Columns))
	for i, c := range want.Columns {
		quoted[i] = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
	}
	rows, err := s.Read(ctx, fmt.Sprintf(`SELECT %s FROM "%s" ORDER BY 1`, strings.Join(quoted, ", "), strings.ReplaceAll(want.Table, `"`, `""`)))
	if err != nil {
		return Rows{}, fmt.Errorf("expect/%s.csv: %w", want.Table, err)
	}
	got := Rows{Table: want.Table, Columns: want.Columns}
	for _, r := range rows {
		cells := make([]string, len(r))
		for i, v := range r {
			if v != nil {
				cells[i] = fmt.Sprint(v)
			}
		}
		got.Rows = append(got.Rows, cells)
	}
	return got, nil
}

// Update writes what came out of a run as what the case in dir expects: of each
// table that it names the same columns, of one that names none the given
// columns of Custodian, and the files.
func (c *Case) Update(ctx context.Context, o *Outcome, s *amsx.Site, dir string, columns []string) error {
	want := c.Rows
	if len(want) == 0 {
		want = []Rows{{Table: "Custodian", Columns: columns}}
	}
	now := make([]Rows, len(want))
	for i, t := range want {
		var err error
		if now[i], err = rowsOf(ctx, s, t); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "expect")); err != nil {
		return err
	}
	if err := writeRows(filepath.Join(dir, "expect"), now); err != nil {
		return err
	}
	c.FilesAfter = nil
	if len(c.compareFiles(o.Files)) == 0 {
		return nil
	}
	return writeFiles(filepath.Join(dir, "expect", "files"), o.Files)
}

// countsOf are the counts by the names of case.toml.
func countsOf(r *amsx.Result) map[string]int64 {
	c := r.Counts
	return map[string]int64{
		"read": c.Read, "inserted": c.Inserted, "updated": c.Updated, "unchanged": c.Unchanged, "reactivated": c.Reactivated,
		"deactivated": c.Deactivated, "adopted": c.Adopted, "rekeyed": c.Rekeyed, "rejected": c.Rejected, "skipped": c.Skipped,
		"repeated": c.Repeated, "kept": c.Kept, "created": c.Created, "absent": c.Absent, "warnings": c.Warnings,
	}
}

func sortedNames(m map[string]int64) []string {
	names := make([]string, 0, len(m))
	for k := range m {
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}

// lineDiff shows lines that only one of two texts has.
func lineDiff(want, got string) string {
	w, g := strings.Split(strings.TrimSpace(want), "\n"), strings.Split(strings.TrimSpace(got), "\n")
	var b strings.Builder
	for _, l := range w {
		if !slices.Contains(g, l) {
			b.WriteString("  - " + l + "\n")
		}
	}
	for _, l := range g {
		if !slices.Contains(w, l) {
			b.WriteString("  + " + l + "\n")
		}
	}
	if b.Len() == 0 {
		return "  the same rows in another order"
	}
	return b.String()
}

// settings writes case.toml, with what differs from what is so anyway.
func (c *Case) settings() []byte {
	var b bytes.Buffer
	enc := toml.NewEncoder(&b)
	enc.Indent = ""
	_ = enc.Encode(c) // plain values always encode into a buffer
	return b.Bytes()
}

// told is an error as a person is told it: what went wrong, and what to do.
func told(err error) string {
	var e *runtime.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e) && e.Hint != "":
		return err.Error() + "; " + e.Hint
	}
	return err.Error()
}
