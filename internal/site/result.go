package site

import (
	"errors"
	"iter"
	"os"
	"time"

	"github.com/amsx-lang/amsx/lexer"
)

// maxKept bounds the warnings and the rejects that a run keeps with their
// texts; all of them are counted.
const maxKept = 1000

// Counts are what a run did, in rows of the tables that its mappings and its
// SQL write. A touched row has one action.
type Counts struct {
	Read        int64 `json:"read"`
	Inserted    int64 `json:"inserted"`
	Updated     int64 `json:"updated"`
	Unchanged   int64 `json:"unchanged"`
	Reactivated int64 `json:"reactivated"`
	Deactivated int64 `json:"deactivated"`
	Adopted     int64 `json:"adopted"`
	Rekeyed     int64 `json:"rekeyed"`
	Deleted     int64 `json:"deleted"`
	Rejected    int64 `json:"rejected"`
	Skipped     int64 `json:"skipped"`  // read, not written: existing only, or the script passed over it
	Repeated    int64 `json:"repeated"` // the same key came again
	Kept        int64 `json:"kept"`     // fields left because somebody edited them
	Created     int64 `json:"created"`  // rows added to look-up tables
	// Absent counts the active rows of the sources that were read without
	// DeactivateMissing whose key was not read. They stayed as they are.
	Absent   int64 `json:"absent"`
	Warnings int64 `json:"warnings"`
}

// A Result is what a finished run did, or would have done when it was a test.
type Result struct {
	Counts   Counts
	Warnings []Warning
	Rejects  []Reject // the first 1000
	// AdoptedBy counts the adopted rows by the column that found them.
	AdoptedBy map[string]int64
	// Lock is how long the run held the write lock.
	Lock time.Duration
	// Testing: nothing was written.
	Testing bool
	// Plan is what applying the change set of a test later rests on; nil where
	// RunInfo did not ask for it.
	Plan    *Plan
	changes iter.Seq2[Change, error]
	written iter.Seq2[Written, error]
	files   []*os.File
}

// keep notes a file for Close.
func (r *Result) keep(f *os.File) {
	if f != nil {
		r.files = append(r.files, f)
	}
}

// Close gives up what a test's change set needs. It may be called twice.
func (r *Result) Close() error {
	var err error
	for _, f := range r.files {
		err = errors.Join(err, f.Close())
		if rerr := os.Remove(f.Name()); !errors.Is(rerr, os.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
	}
	r.files = nil
	return err
}

// Changes yields the change set of the run, by table and row. It may be read
// more than once.
func (r *Result) Changes() iter.Seq2[Change, error] { return r.changes }

// A Change is what a run did to one row.
type Change struct {
	Table  string        `json:"table"`
	RowID  int64         `json:"id"`
	Key    string        `json:"key"` // what people call the row
	Action Action        `json:"action"`
	Line   int           `json:"line"`
	Source string        `json:"source,omitempty"`
	Fields []FieldChange `json:"fields"`
	// Plan is set where the change may be applied later.
	Plan *Planned `json:"plan,omitempty"`
	// Edited: a row that was inserted is not any more as it was, and no run
	// says what changed; its values are those of today.
	Edited bool `json:"edited,omitempty"`
}

// A FieldChange is a column of a Change. A nil value is Null; else it is an
// int64 or a string.
type FieldChange struct {
	Name string `json:"name"`
	Old  any    `json:"old"`
	New  any    `json:"new"`
}

// An Action is what happened to a row.
type Action string

// The actions, in their precedence: a row with several reasons has the first.
const (
	ActionInsert     Action = "insert"
	ActionAdopt      Action = "adopt"
	ActionRekey      Action = "rekey"
	ActionReactivate Action = "reactivate"
	ActionDeactivate Action = "deactivate"
	ActionUpdate     Action = "update"
	ActionDelete     Action = "delete"
)

// A Warning is something that a person should know, though the run went on.
type Warning struct {
	Code  string
	Text  string
	Pos   lexer.Position
	Count int64
}

// A Reject is a record that was not written.
type Reject struct {
	Mapping string
	Table   string
	Key     string // the record's key as far as it could be read
	Reason  string
	JSON    string // the mapped paths of the record
	Pos     lexer.Position
}
