// Package plan is the file of a plan: the change set of a dry run, signed, so
// that it can be looked at, kept, and applied later exactly as it was.
//
// The file is one JSON object, with a line for each changed row:
//
//	{"plan":{…},
//	"counts":{…},
//	"changes":[
//	{"table":"Custodian","key":"Ada Lovelace","action":"update",…},
//	…
//	],
//	"written":[
//	],
//	"signature":{"key":"…","code":"…"}}
//
// The code of the last line is that of all bytes before it, so neither an edit
// nor a cut goes unseen. [WriteFile] writes one, [Open] reads it.
package plan

import (
	"github.com/amsx-lang/amsx/internal/site"
)

// Format is the version of the file that this program writes, and the highest
// that it reads.
const Format = 1

// Begins is how the file of each plan begins.
const Begins = `{"plan":`

// A Header is what a plan says about itself.
type Header struct {
	Format         int               `json:"format"`
	Program        string            `json:"program"`
	By             string            `json:"by"`
	Run            int64             `json:"run"` // the dry run, in the history
	Transformation string            `json:"transformation"`
	File           string            `json:"file"`
	Scripts        []Script          `json:"scripts"` // the transformation first, then those that it calls
	Parameters     map[string]string `json:"parameters"`
	Limit          int64             `json:"limit,omitempty"` // only so many records were read
	Raw            bool              `json:"raw,omitempty"`   // SqlRaw ran text as SQL
	Held           []string          `json:"held,omitempty"`  // requests that were not sent
	Files          []string          `json:"files,omitempty"` // what was not done to files
	Redacted       bool              `json:"redacted,omitempty"`
	Site           site.Plan         `json:"site"`
}

// A Script is a text that the plan was made with.
type Script struct {
	Name string `json:"name"`
	Hash string `json:"hash"` // SHA-256, in hexadecimal
}

// An Error says why a file is no plan that can be applied.
type Error struct {
	File, Reason string
	hint         string
}

func (e *Error) Error() string { return e.File + " cannot be applied: " + e.Reason }

// Hint is what to do about it.
func (e *Error) Hint() string { return e.hint }
