package amsx

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/amsx-lang/amsx/internal/files"
	"github.com/amsx-lang/amsx/internal/redact"
	"github.com/amsx-lang/amsx/internal/site"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// A Site is a site database. It is safe for concurrent use; runs that write
// wait for each other.
type Site = site.Database

// Counts are what a run did to rows.
type Counts = site.Counts

// A Change is one changed row.
type Change = site.Change

// A Reject is a record that was read and could not be written, with the reason.
type Reject = site.Reject

// A FileChange is a file that was written, moved or deleted.
type FileChange = files.Change

// OpenSite opens a site database file and creates it on first use.
func OpenSite(ctx context.Context, path string) (*Site, error) {
	return site.Open(ctx, path, site.Options{})
}

// OpenSiteToRead opens a site database file to look at it, which needs no right
// to write it.
func OpenSiteToRead(ctx context.Context, path string) (*Site, error) {
	return site.OpenToRead(ctx, path, site.Options{})
}

// RunOptions are what one run is given. Site is needed; all else has a
// default.
type RunOptions struct {
	Site       *Site
	Files      string            // the folder whose files the run may read and write; empty: none
	Packs      runtime.Packs     // nil: no credential packs
	Parameters map[string]string // as text, by name in any case
	HTTP       HTTP
	Log        runtime.Log      // nil: silent
	Now        func() time.Time // nil: the machine's clock
	Rand       io.Reader        // nil: the machine's
	User       string
	RunID      int64     // of the run's history; 0: the next of the site
	Fence      int64     // of the run's lease; 0: none
	LastGood   time.Time // when the last good run began
	Expected   int64     // records that the last good run read, for the remaining time
	Testing    bool      // a dry run: all is done and nothing written
	Planning   bool      // a dry run whose change set may be applied later: Result.Plan
	Limit      int64     // records to read at most; 0: all
	AllowOnce  []string  // the fuse's limits that do not hold for this run, or "all"
	Hook       runtime.Hook
	Limits     runtime.Limits
}

// A Result is what a run did. It is set as far as the run got, also when it
// failed.
type Result struct {
	Counts Counts
	// AdoptedBy counts the adopted rows by the column that found them.
	AdoptedBy map[string]int64
	Requests  int64
	Changes   []Change     // of a dry run, the first maxChanges
	Changed   int64        // how many rows a dry run would change
	Plan      *Plan        // of a run with Planning that ended well; close it
	Files     []FileChange // what the run did to its folder; of a dry run, what it would do
	Altered   []string     // statements that changed the site's tables, and stay; of a dry run, what they would be
	Warnings  []Notice
	Rejects   []Reject
	Written   bool          // something was committed, also when the run failed later on
	Locked    time.Duration // for which the site database was locked for writing
}

// A Notice is a warning of a run. Equal ones are counted together.
type Notice struct {
	Code, Text string
	Pos        lexer.Position
	Count      int64
}

// Run runs the script. The error is Findings when it does not pass the check,
// else a *runtime.Error with the place in the script, or a fault of the site.
// A run that fails or is cancelled has written nothing, but for what the
// script itself had committed.
func (s *Script) Run(ctx context.Context, o RunOptions) (*Result, error) {
	now := o.Now
	if now == nil {
		now = time.Now
	}
	random := o.Rand
	if random == nil {
		random = rand.Reader
	}
	o.Testing = o.Testing || o.Planning
	result := &Result{}
	session, err := o.Site.Begin(ctx, site.RunInfo{
		RunID: o.RunID, Transformation: s.Name(), Fence: o.Fence, Testing: o.Testing, Planning: o.Planning, Limit: o.Limit, AllowOnce: o.AllowOnce,
	})
	if err != nil {
		return result, err
	}
	defer session.Abort()
	read := &reading{}
	script := s.compile(CheckOptions{Schema: session, Packs: s.packNames(ctx, o), Limits: o.Limits, read: read})
	if script.program == nil {
		return result, script.found
	}

	hidden := &redact.Set{}
	log := &runLog{to: o.Log, hide: hidden, expected: o.Expected, doing: "Reading"}
	http := &web{config: o.HTTP, secrets: hidden}
	defer http.close()
	folder := files.New(files.Options{Dir: o.Files, Testing: o.Testing, Limit: o.Limits.Memory, Now: now,
		Secret: func(text string) bool { return hidden.Redact(text) != text }})
	defer folder.Close()
	// What the check has to say is said by every run: nobody runs a check of a
	// script that works. Not that a condition leaves people out: those are
	// counted.
	for _, d := range script.found {
		if d.Code == runtime.CodeConditionUpsert {
			continue
		}
		log.Warn(d.Code, strings.TrimSuffix(fmt.Sprintf("line %d: %s (%s)", d.Pos.Line, d.Message, d.Hint), " ()"), d.Pos)
	}
	if note := silencedNote(script.silenced); note != "" {
		log.Line("info", note, script.silenced[0].Pos)
	}
	var held []string
	err = script.program.Run(ctx, runtime.RunOptions{
		Host: &runtime.Host{
			Site: folder.Bind(session), Folder: folder, Files: s.folder, Web: http, Packs: &packs{from: o.Packs, web: http}, Log: log,
			Now: now, Rand: random, User: o.User, RunID: o.RunID, LastRun: o.LastGood,
			Testing: o.Testing, Limit: o.Limit,
			Secret: func(_, secret string) { hidden.Add(secret) },
			Held:   func(what string) { held = append(held, hidden.Redact(what)) },
		},
		Parameters: texts(o.Parameters), Hook: o.Hook,
	})
	if err == nil {
		err = folder.Prepare()
	}
	if err == nil {
		var done *site.Result
		if done, err = session.Finish(ctx); err != nil {
			err = s.placed(err)
		}
		if done != nil {
			result.Counts, result.AdoptedBy, result.Rejects, result.Locked = done.Counts, done.AdoptedBy, done.Rejects, done.Lock
			for _, w := range done.Warnings {
				log.add(w.Code, w.Text, w.Pos, w.Count)
			}
			if err == nil && o.Planning {
				result.Plan = &Plan{Site: *done.Plan, Scripts: read.scripts, Raw: read.raw, Held: held, result: done, secrets: hidden}
			}
			if err == nil && o.Testing && !o.Planning {
				err = result.list(done)
			}
		}
		if err == nil {
			err = folder.Apply()
		}
	}
	result.Files, result.Altered = folder.Changes(), session.Altered()
	result.Requests, result.Written = http.requests.Load(), session.Written()
	result.Warnings = log.notices
	result.Counts.Warnings = log.count
	return result, hide(err, hidden)
}

// placed gives the fuse's error, which comes when the script has ended, the
// form of an error of the script, with its line.
func (s *Script) placed(err error) error {
	var fuse *site.FuseError
	if !errors.As(err, &fuse) {
		return err
	}
	pos := fuse.Position()
	if pos.IsValid() && pos.Filename == "" {
		pos.Filename, pos.Column = s.name, max(pos.Column, 1)
	}
	return &runtime.Error{Kind: runtime.FuseBlown, Pos: pos, Code: runtime.CodeFuse, Message: fuse.Error(), Hint: fuse.Hint(), Err: err}
}

// maxChanges bounds the changes that a dry run lists.
const maxChanges = 100000

// list reads the change set of a dry run.
func (r *Result) list(done *site.Result) error {
	for c, err := range done.Changes() {
		if err != nil {
			return err
		}
		if r.Changed++; r.Changed <= maxChanges {
			r.Changes = append(r.Changes, c)
		}
	}
	return nil
}

// texts are parameters as the program takes them; it converts each to its type.
func texts(in map[string]string) map[string]runtime.Value {
	out := make(map[string]runtime.Value, len(in))
	for k, v := range in {
		out[k] = runtime.Text(v)
	}
	return out
}

// hide is a last guard: an error whose text holds a secret is replaced by its
// text without it. Nothing should reach it.
func hide(err error, s *redact.Set) error {
	if err == nil {
		return nil
	}
	if text := err.Error(); s.Redact(text) != text {
		return errors.New(s.Redact(text))
	}
	return err
}

// packNames returns the names of all packs; nil when they are not known. The
// default of a parameter that the run gives another value counts as one: it is
// not used, so a site without that pack is no mistake.
func (s *Script) packNames(ctx context.Context, o RunOptions) []string {
	if o.Packs == nil {
		return nil
	}
	names, err := o.Packs.Names(ctx)
	if err != nil || names == nil {
		return nil
	}
	for _, p := range s.Parameters() {
		for given := range o.Parameters {
			if strings.EqualFold(p.Type.Value, "CredentialPack") && strings.EqualFold(given, p.Name.Value) {
				names = append(names, p.Default.Value)
			}
		}
	}
	return names
}

// packs opens packs for a run and lets the web know which hosts they name.
type packs struct {
	from runtime.Packs
	web  *web
}

func (p *packs) Open(ctx context.Context, name string) (runtime.Credential, error) {
	if p.from == nil {
		return runtime.Credential{}, errors.New("this run has no credential packs")
	}
	c, err := p.from.Open(ctx, name)
	if err == nil {
		p.web.allow(c)
	}
	return c, err
}

func (p *packs) Names(ctx context.Context) ([]string, error) {
	if p.from == nil {
		return nil, nil
	}
	return p.from.Names(ctx)
}

// runLog counts warnings and passes on what a run says, without secrets.
type runLog struct {
	to       runtime.Log
	hide     *redact.Set
	expected int64
	doing    string // the last progress text
	notices  []Notice
	count    int64
}

// maxNotices bounds the different warnings that are kept; all are counted.
const maxNotices = 1000

func (l *runLog) add(code, text string, pos lexer.Position, n int64) {
	l.count += n
	for i := range l.notices {
		if l.notices[i].Code == code && l.notices[i].Text == text {
			l.notices[i].Count += n
			return
		}
	}
	if len(l.notices) < maxNotices {
		l.notices = append(l.notices, Notice{Code: code, Text: text, Pos: pos, Count: n})
	}
}

func (l *runLog) Warn(code, text string, pos lexer.Position) {
	text = l.hide.Redact(text)
	l.add(code, text, pos, 1)
	if l.to != nil {
		l.to.Warn(code, text, pos)
	}
}

func (l *runLog) Line(level, text string, pos lexer.Position) {
	if l.to != nil {
		l.to.Line(level, l.hide.Redact(text), pos)
	}
}

func (l *runLog) Progress(text string, done, total int64) {
	if text != "" {
		l.doing = l.hide.Redact(text)
	}
	if l.to != nil {
		if total == 0 && done > 0 {
			total = l.expected
		}
		l.to.Progress(l.doing, done, total)
	}
}
