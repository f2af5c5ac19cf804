package runtime

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/amsx-lang/amsx/lexer"
)

// A Host is everything outside that one run may reach. A nil field means that
// the run has no such thing; a command that needs it fails and says so.
type Host struct {
	Site    Site
	Web     Web
	Packs   Packs
	Files   Files
	Folder  Folder // the files that the script may read and write
	Log     Log
	Now     func() time.Time // never nil; the run's clock
	Rand    io.Reader        // never nil
	User    string           // %USERNAME%
	RunID   int64            // %RUNID%
	LastRun time.Time        // %LASTGOODRUN%; zero: none
	Testing bool             // %TESTING%
	Limit   int64            // records to read at most (--limit); 0: all
	// Secret is told every secret as soon as the run knows it, so that the
	// host can search it in all that is stored or sent. It may be nil.
	Secret func(pack, secret string)
	// Held is told what a test run does not do outside the site, in words. It
	// may be nil.
	Held func(what string)
}

// A Schema knows the tables and columns of a site, for checking before a run
// and for column names in SQL.
type Schema interface {
	// Table returns the columns of a table, by any case of its name, and the
	// name as the database has it.
	Table(name string) (canonical string, columns []Column, ok bool)
	// Tables returns the names of all tables, for near matches.
	Tables() []string
}

// A Column is a column of a site table.
type Column struct {
	Name     string
	Type     ColumnType
	NotNull  bool
	Default  bool // a new row has a value in it where none is given
	Size     int  // characters, 0: no limit
	ReadOnly bool
	Exact    bool // a number kept as text, with all its digits
	// Unique says that no two rows of one source have the same value, Indexed
	// that rows are meant to be found by it, though several may share a value.
	Unique, Indexed bool
	Refers          string // the column whose values it takes, as Custodian.CustodianID; empty: none
}

// A ColumnType is what a column holds.
type ColumnType uint8

// The types of columns.
const (
	ColumnText ColumnType = iota
	ColumnInteger
	ColumnNumber // decimal
	ColumnBoolean
	ColumnDate
	ColumnDateTime
)

// A Site is the site database as one run sees it. Its methods are called from
// one goroutine.
type Site interface {
	Schema
	Tables
	// Query runs a statement that returns rows. The Cursor must be closed.
	Query(ctx context.Context, q Query) (Cursor, error)
	// Exec runs a statement that changes rows and returns how many.
	Exec(ctx context.Context, q Query) (int64, error)
	// Open prepares to upsert records by one mapping.
	Open(ctx context.Context, t TargetSpec) (Target, error)
	// Lookup finds the value of column result in the one row of table whose
	// column holds v; it sees staged rows. Null: none or several.
	Lookup(ctx context.Context, table, column string, v Value, result string) (Value, error)
	// Option is the value of a setting of the site for a user or collection
	// server, else the one for everyone; SaveOption gives it one, empty: takes
	// it away, and reports whether that was a change.
	Option(ctx context.Context, name, of string) (value string, ok bool, err error)
	SaveOption(ctx context.Context, name, of, value string, pos lexer.Position) (changed bool, err error)
	// DeactivateMissing marks the rows of a source whose key was not read in
	// this run, when the run is merged. It returns how many that will be.
	DeactivateMissing(ctx context.Context, source string, pos lexer.Position) (int64, error)
	// Commit merges what is staged and begins a new unit.
	Commit(ctx context.Context) error
	// Rollback discards what is staged and not committed.
	Rollback(ctx context.Context) error
	// Savepoint marks a place to go back to. Savepoints nest.
	Savepoint(ctx context.Context) error
	// Release forgets the last Savepoint; what was done since stays, not yet
	// committed.
	Release(ctx context.Context) error
	// RollbackTo undoes what was done since the last Savepoint, direct SQL and
	// upserts, and forgets it.
	RollbackTo(ctx context.Context) error
}

// A Query is one SQL statement with its bound values.
type Query struct {
	SQL  string
	Args []Value
	Pos  lexer.Position // of the statement in the script
}

// A Cursor yields rows. It is used from one goroutine.
type Cursor interface {
	Columns() []string
	// Next returns the next row's values, valid until the next call, or io.EOF.
	Next(ctx context.Context) ([]Value, error)
	Close() error
}

// A TargetSpec is what a mapping asks of the site: which table, how rows are
// found, and what each column of a mapped record means.
type TargetSpec struct {
	Name      string // of the mapping; may be empty
	Table     string
	Source    string   // written to the row's Source column, and what leavers are counted by
	Key       []string // update key columns
	Adopt     []string
	Mode      Mode
	Columns   []TargetColumn
	HasNewest bool // records carry a Newest value
	Limits    map[string]string
	Pos       lexer.Position // of the destination
}

// A Mode says what an upsert may do.
type Mode uint8

// The modes, as the product names them.
const (
	InsertAndUpdate Mode = iota
	UpdateOnly
	InsertOnly
	InsertGuaranteed
)

// A TargetColumn is one column that a mapping fills.
type TargetColumn struct {
	Name       string
	Path       string // the source path or CALC text, for messages and why
	Lookup     *LookupSpec
	KeepEdited bool
	OnInsert   bool
	Required   bool
	NoTrack    bool
	Pos        lexer.Position // of the mapping line
}

// A LookupSpec resolves the mapped value to Result of the row of Table that
// has it in one of Columns, tried in order.
type LookupSpec struct {
	Result    string
	Table     string
	Columns   []string
	Create    bool
	OnMissing string // "keep", "null", "reject"
}

// A Target takes the records of one mapping.
type Target interface {
	// Upsert gives one record: a value a column of the spec (KindKeep: leave
	// it). The values are not kept. An error ends the run; a record that
	// cannot be written is Rejected and the run goes on.
	Upsert(ctx context.Context, r Record) (Outcome, error)
	// Reject counts a record that the script or the mapping refused. Its key
	// counts as present; where the key is not readable, no leaver is known.
	Reject(ctx context.Context, r Record, reason string) error
	// Seen counts a record that was read and not written: the script left it
	// out. Its key counts as present, as with Reject.
	Seen(ctx context.Context, r Record) error
}

// A Record is one mapped record.
type Record struct {
	Values       []Value
	Newest       Value
	ExistingOnly bool           // update, never insert
	Raw          func() string  // the mapped paths as JSON, for rejects; called only when needed
	Pos          lexer.Position // of the script line
}

// An Outcome is what became of a record on arrival. Adoption, key changes and
// collisions are settled at the merge; counts come from there.
type Outcome uint8

// The outcomes of an Upsert.
const (
	Unchanged Outcome = iota
	Inserted
	Updated
	Adopted
	Rejected
	Skipped  // existing only, or the mode, and no such row
	Repeated // the same key came before in this run
)

var outcomeNames = [...]string{"unchanged", "inserted", "updated", "adopted", "rejected", "skipped", "repeated"}

// String is the outcome in one word.
func (o Outcome) String() string { return outcomeNames[o] }

// A Web sends HTTP requests, with the pacing, retries and egress rules of the
// host.
type Web interface {
	Send(ctx context.Context, r *Request) (*Response, error)
	// Pages reads the pages of a list.
	Pages(ctx context.Context, r *Request, spec PageSpec) (Pages, error)
}

// A PageSpec says how a list is read.
type PageSpec struct {
	Style   string // link (also when empty), odata, body-url:path, cursor:path>param, page:param[,total:path], offset:param[,total:path]
	Records string // the path of the records in a page; empty: the page is their array
	// Decode is called for each page, on another goroutine. What it returns
	// may point into the body until the next page is asked for. A page that
	// it refuses fails the run; with an error that is io.ErrUnexpectedEOF
	// (the text is cut) the page is fetched again.
	Decode func(body []byte) (any, error)
	// Count returns how many records a decoded page has, for the styles page
	// and offset.
	Count func(page any) int
}

// A Request is one HTTP request of a script.
type Request struct {
	Method string
	URL    string
	Header []HeaderField
	Body   []byte
	Allow  []int // statuses that are no error
	Pos    lexer.Position
}

// A HeaderField is one header of a request. With Packs set it holds a secret
// and goes only to Hosts.
type HeaderField struct {
	Name, Value string
	Secret      bool
	Hosts       []string // host[:port]; empty: every host
	Pack        string
}

// A Response is the answer to a Request.
type Response struct {
	Status int
	Header map[string][]string // canonical names
	Body   string
}

// Pages yields the decoded pages of a list. It is used from one goroutine.
type Pages interface {
	// Next returns what decode made of the next page, or io.EOF.
	Next(ctx context.Context) (any, error)
	Close() error
}

// Packs opens credential packs by name.
type Packs interface {
	Open(ctx context.Context, name string) (Credential, error)
	// Names returns the names of all packs, for near matches.
	Names(ctx context.Context) ([]string, error)
}

// A Credential is an opened pack. Password is a secret.
type Credential struct {
	Name     string
	URL      string // scheme and host, no slash at the end
	Domain   string // host[:port]
	Username string
	Password string
	Hosts    []string // every host that the secret may go to, Domain first
}

// ErrFuse is wrapped by the error of a site that refuses to write because too
// much would change. No Catch of a script sees it.
var ErrFuse = errors.New("the fuse")

// Files are the run's folders.
type Files interface {
	// ReadScript returns the text of a script for Call and CallLocal, and where
	// it stands in the folder of scripts; from is the path of the one that
	// calls.
	ReadScript(name, from string) (path string, src []byte, err error)
}

// A Folder is the one folder whose files a run may read and write. It looks as
// the run has made it: what the run writes, moves and deletes is seen by the
// run at once, and is done when the run is committed. Names are relative to the
// folder; both slashes divide them. Its methods are called from one goroutine.
type Folder interface {
	// Open opens a file for reading. It must be closed.
	Open(name string) (*File, error)
	// Write gives a file this content, in place of what it has.
	Write(name string, content []byte) error
	// List returns the files of one folder whose names match a pattern such as
	// "in/*.csv", by name.
	List(pattern string) ([]FileInfo, error)
	// Move gives a file another name. One that has it already is an error,
	// unless it is to be replaced.
	Move(from, to string, replace bool) error
	// Delete deletes a file.
	Delete(name string) error
}

// A FileInfo is what is known of a file without reading it.
type FileInfo struct {
	Name     string // from the run's folder on, with slashes
	Size     int64
	Modified time.Time
}

// A File is open for reading.
type File struct {
	FileInfo
	io.ReadCloser
}

// A Log takes what a run says. Its methods are called from one goroutine and
// never get a secret.
type Log interface {
	// Line logs a line of a level: "debug", "info", "warning", "error".
	Line(level, text string, pos lexer.Position)
	// Warn records a warning that is counted and shown with the run. Equal
	// codes and texts are counted together.
	Warn(code, text string, pos lexer.Position)
	// Progress shows what the run is doing. text empty: what it was doing
	// before. total 0: not known.
	Progress(text string, done, total int64)
}
