package builtins_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/amsx-lang/amsx/builtins"
	"github.com/amsx-lang/amsx/internal/files"
	"github.com/amsx-lang/amsx/internal/site"
	"github.com/amsx-lang/amsx/internal/sqltext"
	"github.com/amsx-lang/amsx/internal/webapi"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/runtime"
)

const token = "00TestTokenNotReal-a1b2c3"

// now is the clock of every run.
var now = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

// A world is what a test run may reach.
type world struct {
	read     int64 // records that the pull at hand has read
	t        *testing.T
	db       *site.Database
	table    string // of the mapping
	requests []*runtime.Request
	pages    map[string][]string // by path
	log      bytes.Buffer
	testing  bool
	said     func() // called at each line of the log; nil: not
	dir      string // the run's folder
	limits   runtime.Limits
	heap     bool   // note how large the heap is, at each progress
	most     uint64 // that it was
	secrets  []string
	up       site.Upstream // the server that the site lives on; nil: none
}

// A seed is a site database with two departments, made once for many worlds.
type seed []byte

func newSeed(t *testing.T) seed {
	t.Helper()
	w := &world{t: t, table: "Custodian"}
	file := filepath.Join(t.TempDir(), "site.db")
	if onServer() {
		serverSite(w)
		return nil
	}
	w.open(file)
	w.sow()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sow writes the two departments.
func (w *world) sow() {
	w.t.Helper()
	if out := w.run("SqlExecute \"INSERT INTO Department (DepartmentID, DepartmentName) VALUES (1, 'Sales'), (2, 'R&D')\"\n"); out != "" {
		w.t.Fatal(out)
	}
}

func (w *world) open(file string) {
	w.t.Helper()
	db, err := site.Open(w.t.Context(), file, site.Options{Clock: func() time.Time { return now }, Upstream: w.up})
	if err != nil {
		w.t.Fatal(err)
	}
	w.db = db
}

func (s seed) world(t *testing.T) *world {
	t.Helper()
	file := filepath.Join(t.TempDir(), "site.db")
	w := &world{t: t, table: "Custodian", pages: map[string][]string{
		"/api/v1/users": {
			`[{"id":"1","status":"ACTIVE","profile":{"login":"anna@example.com"}}]`,
			`[{"id":"2","status":"ACTIVE","profile":{"login":"ben@example.com"}},{"id":"1","status":"ACTIVE","profile":{"login":"anna@example.com"}}]`,
		},
		"/api/v1/groups":          {`[{"id":"g1","profile":{"name":"Sales"}},{"id":"g2","profile":{"name":"Marketing"}},{"id":"g3","profile":{"name":"R&D"}}]`},
		"/api/v1/groups/g1/users": {`[{"id":"1","status":"ACTIVE","profile":{"login":"anna@example.com"}}]`},
		"/api/v1/groups/g2/users": {`[{"id":"1","status":"ACTIVE","profile":{"login":"anna@example.com"}},{"id":"9","status":"DEPROVISIONED","profile":{"login":"old@example.com"}}]`},
		"/api/v1/groups/g3/users": {`[]`},
		"/broken/record":          {`[{"id":"1","profile":{"login":"anna@example.com"}},{"profile":{"login":"noid@example.com"}},{"id":"3","profile":7}]`},
		"/broken/object":          {`[{"id":"1","profile":{"login":"anna@example.com"}}]`, `{"errorCode":"E0000009"}`},
		"/broken/number":          {`[{"id":"1"}, 7]`},
		"/broken/cut":             {`[{"id":"1"}, {"id":`},
		"/broken/html":            {`<html>Sign in</html>`},
		"/value":                  {`{"value":[{"id":"a"},{"id":"b"}],"@odata.count":2}`},
	}}
	if s == nil {
		s = serverSite(w)
	}
	if err := os.WriteFile(file, s, 0o666); err != nil {
		t.Fatal(err)
	}
	w.open(file)
	w.dir = filepath.Join(filepath.Dir(file), "files")
	for name, content := range folder {
		path := filepath.Join(w.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// folder is what the run's folder has in it.
var folder = map[string]string{
	"people.csv":       "id;Login;First Name\nanna;anna;Anna\nben;ben;Ben\n",
	"old.csv":          "zoe;Zo\xeb\njurgen;J\xfcrgen\n", // in windows-1252, without names
	"in/note.txt":      "Grüße\n",
	"in/utf16.csv":     "\xff\xfei\x00d\x00\n\x00\xe9\x00\n\x00",
	"in/nobom16.csv":   "i\x00d\x00\n\x00x\x00\n\x00",
	"in/excel.csv":     "\xef\xbb\xbfsep=|\r\nid|Login\r\n1|anna@example.com\r\n",
	"in/bad.csv":       "id,Login\n1,anna@example.com\n2\n3,ben@example.com,x\n\"4\"4,cleo@example.com\n5,\"dora@example.com\"\n",
	"in/cut.csv":       "id,Login\n1,\"anna@exam",
	"in/inch.csv":      "id,Login\n1,24\" monitor\n2,\"two\nlines, one value\"\n\n3,\n",
	"in/double.csv":    "Login,Name,login\na,b,c\n",
	"in/nameless.csv":  "Login,,Name\na,b,c\n",
	"in/either.csv":    "Name, First;Login\na;b\n",
	"in/single.csv":    "Login\nanna\n\nben\n",
	"in/empty.csv":     "",
	"in/table.tsv":     "id\tLogin\n1\tanna\n",
	"rates.xml":        "<?xml version=\"1.0\" encoding=\"windows-1252\"?>\n<rates bank=\"B\xf6rse\"><rate currency=\"USD\">1.1234</rate><rate currency=\"GBP\">0.8612</rate></rates>\n",
	"in/doctype.xml":   "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
	"in/broken.xml":    "<a>\n  <b></c>\n</a>",
	"in/namespace.xml": "<e:list xmlns:e=\"urn:example:e\" xmlns=\"urn:example:d\"><item id=\"1\">one</item><e:item id=\"2\">two</e:item></e:list>",
}

// touched prints what a run has done to its folder, and what it has left there.
func (w *world) touched() {
	now := map[string]string{}
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, rerr := filepath.Rel(w.dir, path)
		now[filepath.ToSlash(name)] = string(b)
		return errors.Join(err, rerr)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(folder)) {
		if _, ok := now[name]; !ok {
			fmt.Fprintf(&w.log, "- %s\n", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if old, ok := folder[name]; !ok || old != now[name] {
			fmt.Fprintf(&w.log, "+ %s %q\n", name, now[name])
		}
	}
}

// source is a document with a mapping around a script; one that declares its own
// parameters or mapping, and a document, stay what they are.
func (w *world) source(script string) string {
	if slices.ContainsFunc([]string{"Parameter ", "Map ", "DataMap ", "<"}, func(first string) bool { return strings.HasPrefix(script, first) }) {
		return script
	}
	return `<amsx version="1"><transformation name="example">
<source type="AMSX Script"><![CDATA[` + script + `]]></source>
<mapping><field destination="` + map[bool]string{true: "OktaID", false: "DepartmentName"}[w.table == "Custodian"] + `" source="id" required="true"/>` +
		map[bool]string{true: `<field destination="Login" source="profile.login"/>`}[w.table == "Custodian"] + `</mapping>
<destination table="` + w.table + `" updatekey="` + map[bool]string{true: "OktaID", false: "DepartmentName"}[w.table == "Custodian"] + `"/>
</transformation></amsx>`
}

// run compiles and runs a script and returns what it printed, findings and the
// error included.
func (w *world) run(script string) string {
	out, _ := w.try(w.t.Context(), script)
	return out
}

func (w *world) try(ctx context.Context, script string) (string, error) {
	w.t.Helper()
	w.log.Reset()
	w.requests = nil
	tree, list := parser.ParseTransformation("example.amsx", []byte(w.source(script)))
	if list.HasErrors() {
		return findings(list), list
	}
	s := w.begin(ctx)
	program, list := runtime.Compile(tree, runtime.Options{Table: builtins.All(), SQL: new(sqltext.Scope).Compile, Schema: s, Packs: []string{"OKTA_API", "OTHER"}, Limits: w.limits, Script: scripts})
	if list.HasErrors() {
		_ = s.Abort()
		return findings(list), list
	}
	return w.execute(ctx, program, s)
}

func (w *world) begin(ctx context.Context) *site.Session {
	w.t.Helper()
	s, err := w.db.Begin(ctx, site.RunInfo{RunID: 1, Transformation: "example", Testing: w.testing})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// execute runs a program once and returns what it printed and the error.
func (w *world) execute(ctx context.Context, program *runtime.Program, s *site.Session) (string, error) {
	files := files.New(files.Options{Dir: w.dir, Testing: w.testing, Limit: w.limits.Memory, Now: func() time.Time { return now }, Secret: func(text string) bool {
		return slices.ContainsFunc(w.secrets, func(s string) bool { return strings.Contains(text, s) })
	}})
	defer func() {
		if err := files.Close(); err != nil {
			w.t.Error(err)
		}
	}()
	host := &runtime.Host{
		Site: files.Bind(s), Folder: files, Web: w, Packs: w, Log: w, Now: func() time.Time { return now }, Rand: strings.NewReader(strings.Repeat("0123456789abcdef", 64)),
		User: "tester", RunID: 1, Testing: w.testing, Secret: func(_, secret string) { w.secrets = append(w.secrets, secret) },
	}
	err := program.Run(ctx, runtime.RunOptions{Host: host})
	if err != nil {
		_ = s.Abort()
	} else {
		var result *site.Result
		if err = files.Prepare(); err == nil {
			result, err = s.Finish(ctx)
		} else {
			_ = s.Abort()
		}
		if err == nil {
			err = files.Apply()
			for _, r := range result.Rejects {
				fmt.Fprintf(&w.log, "rejected: %s\n", r.Reason)
			}
		}
	}
	if err != nil {
		var e *runtime.Error
		if errors.As(err, &e) {
			fmt.Fprintf(&w.log, "! %s %s", e.Code, e.Message)
			if e.Hint != "" {
				fmt.Fprintf(&w.log, " | %s", e.Hint)
			}
			w.log.WriteString("\n")
		} else {
			fmt.Fprintf(&w.log, "! %v\n", err)
		}
	}
	if w.dir != "" {
		if err := files.Close(); err != nil {
			w.t.Error(err)
		}
		w.touched()
		if w.testing {
			for _, c := range files.Changes() {
				fmt.Fprintf(&w.log, "would %v\n", c)
			}
		}
	}
	return w.log.String(), err
}

// scripts are the files that Call and CallLocal find.
func scripts(name, _ string) (string, *ast.Transformation, lexer.List, error) {
	text, ok := map[string]string{
		"greet.amsx": "Log \"info\", \"Hello %Who%\"\n",
	}[name]
	if !ok {
		return "", nil, nil, fmt.Errorf("there is no file %s", name)
	}
	t, list := parser.ParseTransformation(name, []byte(text))
	return name, t, list, nil
}

// findings prints diagnostics with the line of the script.
func findings(list lexer.List) string {
	var b strings.Builder
	for _, d := range list {
		if d.Severity != lexer.Error {
			continue
		}
		fmt.Fprintf(&b, "! %s %s", d.Code, d.Message)
		if d.Hint != "" {
			fmt.Fprintf(&b, " | %s", d.Hint)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (w *world) Line(level, text string, _ lexer.Position) {
	if w.said != nil {
		w.said()
	}
	switch level {
	case "info":
		fmt.Fprintln(&w.log, text)
	default:
		fmt.Fprintf(&w.log, "%s: %s\n", level, text)
	}
}

func (w *world) Warn(_, text string, _ lexer.Position) { fmt.Fprintf(&w.log, "warning: %s\n", text) }

func (w *world) Progress(text string, done, total int64) {
	if text == "" { // of a pull, for each page
		w.read = done
		if w.heap && done%200_000 == 0 {
			w.sample()
		}
		return
	}
	fmt.Fprintf(&w.log, "progress: %s %d/%d\n", text, done, total)
}

func (w *world) Open(_ context.Context, name string) (runtime.Credential, error) {
	switch runtime.FoldName(name) {
	case "okta_api":
		return runtime.Credential{Name: "OKTA_API", URL: "https://okta.example.com", Domain: "okta.example.com", Username: "unused", Password: token, Hosts: []string{"okta.example.com"}}, nil
	case "other":
		return runtime.Credential{Name: "OTHER", URL: "https://other.example.org", Domain: "other.example.org", Username: "user", Password: "pass-not-real", Hosts: []string{"other.example.org", "login.example.org"}}, nil
	}
	return runtime.Credential{}, errors.New("there is no such pack")
}

func (w *world) Names(context.Context) ([]string, error) { return []string{"OKTA_API", "OTHER"}, nil }

// Send answers as a small API would.
func (w *world) Send(_ context.Context, r *runtime.Request) (*runtime.Response, error) {
	w.requests = append(w.requests, r)
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil, err
	}
	header := func(name string) string {
		for _, h := range r.Header {
			if strings.EqualFold(h.Name, name) && slices.Contains(h.Hosts, u.Host) || h.Hosts == nil && strings.EqualFold(h.Name, name) {
				return h.Value
			}
		}
		return ""
	}
	answer := &runtime.Response{Status: 200, Header: map[string][]string{"Content-Type": {"application/json"}}}
	switch u.Path {
	case "/hello":
		answer.Body = `{"say":"hello"}`
	case "/echo":
		answer.Body = strings.TrimSpace(r.Method + " " + header("Content-Type") + " " + string(r.Body))
	case "/org":
		answer.Body = header("X-Org")
	case "/auth", "/api/v1/users/me":
		answer.Body = header("Authorization")
	default:
		if !slices.Contains(r.Allow, 404) {
			return nil, &webapi.Error{Method: r.Method, URL: u.Path, Status: 404, Summary: "not found"}
		}
		answer.Status = 404
	}
	return answer, nil
}

// Pages decodes w.pages on another goroutine.
func (w *world) Pages(ctx context.Context, r *runtime.Request, spec runtime.PageSpec) (runtime.Pages, error) {
	w.requests = append(w.requests, r)
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil, err
	}
	bodies, ok := w.pages[u.Path]
	if !ok {
		return nil, fmt.Errorf("GET %s: 404 Not Found", u.Path)
	}
	ctx, cancel := context.WithCancel(ctx)
	p := &pageList{out: make(chan any), cancel: cancel}
	go func() {
		defer close(p.out)
		for _, body := range bodies {
			v, err := spec.Decode([]byte(body))
			if err != nil {
				v = fmt.Errorf("page: %w", err)
			}
			select {
			case p.out <- v:
			case <-ctx.Done():
				return
			}
		}
	}()
	return p, nil
}

type pageList struct {
	out    chan any
	cancel context.CancelFunc
}

func (p *pageList) Next(ctx context.Context) (any, error) {
	select {
	case v, ok := <-p.out:
		if !ok {
			return nil, io.EOF
		}
		if err, bad := v.(error); bad {
			return nil, err
		}
		return v, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pageList) Close() error { p.cancel(); return nil }
