package amsx_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/runtime"
)

// An outcome is what a fault must lead to.
type outcome struct {
	fails    string // the run fails with this in its error, and nothing is written
	differ   int    // rows that are not as without the fault
	rejected int64  // records; the rows that differ are then as they were before
}

var right = outcome{} // the table is as without the fault

func fails(says string) outcome { return outcome{fails: says} }

// faultOutcomes says for each fault what the whole program makes of it when it
// happens once and when it happens for ever.
var faultOutcomes = []struct {
	fault      string
	once, ever outcome
}{
	{"truncated", right, fails("the answer is cut off")},
	{"reset", right, fails("the connection was reset")},
	{"hangs", right, fails("nothing was received within")},
	{"slow drip", right, fails("was not complete within")},
	{"wait 1ms", right, right},

	{"429", right, fails("429 Too Many Requests: E0000047")},
	{"429 concurrency", right, fails("429 Too Many Requests: E0000047")},
	{"429 without headers", right, fails("429 Too Many Requests: E0000047")},
	{"429 reset negative", right, fails("429 Too Many Requests: E0000047")},
	{"429 reset absurd", right, fails("429 Too Many Requests: E0000047")},
	{"429 reset missing", right, fails("429 Too Many Requests: E0000047")},
	{"429 retry-after 3", right, fails("429 Too Many Requests: E0000047")},
	{"429 retry-after 99999", fails("longer than the 5m0s"), fails("longer than the 5m0s")},
	{"html 502", right, fails("502 Bad Gateway")},
	{"html 200", fails("proxy or a sign-in page"), fails("proxy or a sign-in page")},
	{"html 403", fails("403 Forbidden"), fails("403 Forbidden")},
	{"apache 404", fails("404 Not Found: Resource not found"), fails("404 Not Found: Resource not found")},
	{"400", fails("400 Bad Request: E0000001"), fails("400 Bad Request: E0000001")},
	{"401", fails("401 Unauthorized: E0000011"), fails("401 Unauthorized: E0000011")},
	{"403", fails("403 Forbidden: E0000006"), fails("403 Forbidden: E0000006")},
	{"404", fails("404 Not Found: E0000007"), fails("404 Not Found: E0000007")},
	{"500", right, fails("500 Internal Server Error: E0000009")},
	{"502", right, fails("502 Bad Gateway")},
	{"503", right, fails("503 Service Unavailable: E0000010")},
	{"504", right, fails("504 Gateway Timeout")},
	{"401 echoing the token", fails("E0000011 The request was refused"), fails("E0000011 The request was refused")},
	{"503 echoing the token", right, fails("E0000010 The request was refused")},
	{"cursor invalid", right, fails("400 Bad Request: E0000031")},

	{"next points to page 1", fails("one that was read already"), fails("one that was read already")},
	{"next to itself", fails("one that was read already"), fails("one that was read already")},
	{"next to evil.example", right, right},
	{"next to https://evil.example/collect?after=x", fails("under another path"), fails("under another path")},
	{"no next", fails("fuse"), fails("fuse")},
	{"redirect to evil.example", fails("redirect to another host"), fails("redirect to another host")},
	{"redirect to http://169.254.169.254/latest", fails("redirect to another host"), fails("redirect to another host")},
	{"header injection", right, fails("400 Bad Request: E0000031")},
	{"broken header", right, fails("malformed")},

	{"empty", right, right},
	{"short", right, right},
	{"repeat page 1's last user", right, right},
	{"not an array", fails("a JSON object with the names users"), fails("a JSON object with the names users")},
	{"array of texts", fails("not an object"), fails("not an object")},
	{"null among users", fails("not an object"), fails("not an object")},
	{"user without id", outcome{differ: 2, rejected: 1}, outcome{differ: 2, rejected: 1}}, // nobody may be taken for a leaver
	{"user without profile", outcome{differ: 1}, outcome{differ: 1}},
	{"user with wrong types", outcome{differ: 1, rejected: 1}, outcome{differ: 1, rejected: 1}},
	{"user with status DREAMING", outcome{differ: 1}, outcome{differ: 1}},
	{"bad utf-8", outcome{differ: 1, rejected: 1}, outcome{differ: 1, rejected: 1}},
	{"bom", right, right},
	{"invalid json", fails("this is no valid JSON"), fails("this is no valid JSON")},
	{"gzip bomb", fails("too large"), fails("too large")},
	{"broken gzip", right, fails("the answer is cut off")},
	{"10 GB body", fails("too large"), fails("too large")},
	{"20 MB body", fails("too large"), fails("too large")},
}

// outcomeOf is the outcome of a fault at a page, which differs where there is
// no cursor yet, or no next page.
func outcomeOf(fault, page, often string, usual outcome) outcome {
	switch {
	case fault == "cursor invalid" && page == "page 1":
		return fails("400 Bad Request: E0000031")
	case page == "page 1" && often == "once" && (fault == "next to itself" || fault == "next points to page 1"):
		return right // the link names the limit that OKTA gives, not the one that was asked for: page 1 is read again
	case page != "last page":
		return usual
	case fault == "header injection", fault == "no next":
		return right
	case fault == "next to evil.example":
		return fails("one that was read already") // the page itself, as it has no next
	case fault == "empty" && often == "for ever":
		return fails("pages in a row had no records")
	}
	return usual
}

// A faulty org is one whose people have been read, and have changed since.
// Each fault meets a copy of it.
type faulty struct {
	dir    string  // of the site before
	before [][]any // custodians
	stored map[string][]string
	want   [][]any // custodians after a run without a fault
	change [][]any // what that run changed
}

const changes = "SELECT TableName, RowID, Action, Source, Old FROM amsx_change WHERE RunID=2 ORDER BY 1, 2"

func faultyConfig(script string) (oktasim.Config, error) {
	faults, err := oktasim.ParseFaults(script)
	return oktasim.Config{Users: 30, Seed: 5, PageLimit: 6, Token: "00Test+Token/Not=Real", Faults: faults}, err // five pages
}

// move changes the people of an org, one a page that the faults are tried at:
// the first, which the faults about a record spoil.
func (o *org) move() {
	o.t.Helper()
	dir := o.sim.Org()
	people := dir.Users()
	must := func(err error) {
		if err != nil {
			o.t.Fatal(err)
		}
	}
	must(dir.RemoveUser(people[7].ID))
	must(dir.SetStatus(people[8].ID, "DEPROVISIONED"))
	_, err := dir.AddUser(oktasim.User{ID: "00uzzzzzzzzzjoiner", Status: "ACTIVE", Profile: map[string]any{"login": "joiner@example.com", "email": "joiner@example.com"}})
	must(err)
	people = dir.Users()
	for _, i := range []int{0, 12, 24} {
		must(dir.Rename(people[i].ID, "Una", "Married"))
	}
	must(dir.SetProfile(people[26].ID, "department", nil))
}

func newFaulty(t *testing.T) *faulty {
	cfg, err := faultyConfig("")
	if err != nil {
		t.Fatal(err)
	}
	o := newOrg(t, cfg)
	o.good()
	f := &faulty{dir: t.TempDir(), before: o.rows(everyone)}
	if err := os.CopyFS(f.dir, os.DirFS(o.dir)); err != nil {
		t.Fatal(err)
	}
	f.stored = stored(t, f.dir)
	o.move()
	o.good()
	f.want, f.change = o.rows(everyone), o.rows(changes)
	if len(f.want) != 31 || len(f.change) != 7 || len(different(f.before, f.want)) != 7 {
		t.Fatalf("without a fault: %d custodians, %d changes:\n%s", len(f.want), len(f.change), cmp.Diff(f.before, f.want))
	}
	return f
}

// different are the rows of got that are not in want.
func different(want, got [][]any) [][]any {
	known := map[string]bool{}
	for _, row := range want {
		known[fmt.Sprintf("%q", row)] = true
	}
	return slices.DeleteFunc(slices.Clone(got), func(row []any) bool { return known[fmt.Sprintf("%q", row)] })
}

// stored is every row of every table of the site in a folder, but for the
// fence, which tells that a run began.
func stored(t *testing.T, dir string) map[string][]string {
	t.Helper()
	c, err := sqlite.OpenConn(filepath.Join(dir, "amsx.db"), sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	all := map[string][]string{}
	read := func(query, table string) {
		err := sqlitex.ExecuteTransient(c, query, &sqlitex.ExecOptions{ResultFunc: func(s *sqlite.Stmt) error {
			row := ""
			for i := range s.ColumnCount() {
				row += fmt.Sprintf("%v %q,", s.ColumnType(i), s.ColumnText(i))
			}
			all[table] = append(all[table], row)
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	read("SELECT name FROM sqlite_master WHERE type='table' AND name<>'amsx_fence'", "")
	for _, name := range all[""] {
		table := strings.Split(name, `"`)[1]
		read(fmt.Sprintf("SELECT * FROM %q", table), table)
	}
	if len(all["Custodian"]) == 0 || len(all["amsx_change"]) == 0 || len(all["sqlite_sequence"]) == 0 {
		t.Fatalf("the site has no rows to compare: %v", all)
	}
	return all
}

// TestFaults runs the flagship through every fault at the first, a middle and
// the last page, once and for ever: the result is right, or the run fails,
// says where and why, and nothing is written. The token goes to no other host,
// and is in no output, no file and no error.
func TestFaults(t *testing.T) {
	f := newFaulty(t)
	for _, c := range faultOutcomes {
		t.Run(c.fault, func(t *testing.T) {
			t.Parallel()
			for _, page := range []string{"page 1", "page 3", "last page"} {
				for often, usual := range map[string]outcome{"once": c.once, "for ever": c.ever} {
					t.Run(page+" "+often, func(t *testing.T) {
						f.meet(t, page+": "+c.fault+" "+often, outcomeOf(c.fault, page, often, usual))
					})
				}
			}
		})
	}
}

// meet runs the flagship through one fault script.
func (f *faulty) meet(t *testing.T, script string, want outcome) {
	cfg, err := faultyConfig(script)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(f.dir)); err != nil {
		t.Fatal(err)
	}
	o := newOrgIn(t, cfg, dir)
	o.move()
	o.runs = 1
	asked := &hosts{to: strings.TrimPrefix(o.sim.URL, "http://")}
	r, err := o.run(func(r *amsx.RunOptions) {
		r.HTTP.Wrap = asked.wrap
		if strings.Contains(script, "hangs") || strings.Contains(script, "drip") { // the only time that the clock cannot jump over
			r.HTTP.Limits.IdleReadTimeout, r.HTTP.Limits.RequestTimeout = time.Second, 2*time.Second
			if want.fails != "" { // after four attempts of which each is one such wait
				r.HTTP.Limits.IdleReadTimeout, r.HTTP.Limits.RequestTimeout = 250*time.Millisecond, 600*time.Millisecond
			}
		}
	})
	o.unsaid()
	if asked.others != nil {
		t.Errorf("other hosts were asked: %v", asked.others)
	}
	got := o.rows(everyone)
	if want.fails != "" {
		if err == nil {
			t.Fatalf("the run ended well, and should fail with %q", want.fails)
		}
		if !strings.Contains(err.Error(), want.fails) {
			t.Errorf("the run failed with: %v\nwant %q", err, want.fails)
		}
		var e *runtime.Error
		if !errors.As(err, &e) || e.Pos.Filename != "okta_users.amsx" || e.Pos.Line == 0 {
			t.Errorf("the error does not name its line: %v", err)
		}
		var h *amsx.HTTPError
		if errors.As(err, &h) && (h.Method != "GET" || !strings.Contains(h.URL, "/api/v1/users?") || h.Page == 0) {
			t.Errorf("the error does not name its request: %v", err)
		}
		if diff := cmp.Diff(f.stored, stored(t, o.dir)); diff != "" {
			t.Errorf("the run failed and wrote:\n%.2000s", diff)
		}
		return
	}
	if err != nil {
		t.Fatalf("the run failed: %v", err)
	}
	if r.Counts.Rejected != want.rejected || len(r.Rejects) != int(want.rejected) {
		t.Errorf("%d rejected, want %d: %v", r.Counts.Rejected, want.rejected, r.Rejects)
	}
	if r.Counts.Read != 30 {
		t.Errorf("%d read, want 30", r.Counts.Read)
	}
	wrong := different(f.want, got)
	if len(got) != len(f.want) || len(wrong) != want.differ {
		t.Errorf("%d rows differ, want %d:\n%s", len(wrong), want.differ, cmp.Diff(f.want, got))
	}
	if want.rejected > 0 && len(different(f.before, wrong)) > 0 {
		t.Errorf("a record was rejected, and its custodian is not as before: %v", wrong)
	}
	if want == right {
		if diff := cmp.Diff(f.change, o.rows(changes)); diff != "" {
			t.Errorf("the run is kept as other changes:\n%s", diff)
		}
	}
}

// Hosts notes what was asked besides the one that may be.
type hosts struct {
	to     string
	mu     sync.Mutex
	others []string
}

func (h *hosts) wrap(net http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host != h.to || r.URL.Path != "/api/v1/users" {
			h.mu.Lock()
			h.others = append(h.others, r.URL.String())
			h.mu.Unlock()
		}
		return net.RoundTrip(r)
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestEveryFaultHasAnOutcome holds that a fault which the simulator learns is
// tried on the whole program.
func TestEveryFaultHasAnOutcome(t *testing.T) {
	stands := strings.NewReplacer("N", `\d+`, "STATUS", `\d+`, "TIME", `\S+`, "HOST", `\S+`, "WORD", `\S+`)
	for _, help := range oktasim.FaultHelp() {
		pattern := regexp.MustCompile("^" + stands.Replace(help[0]) + "$")
		for _, word := range strings.Split(regexp.MustCompile(`\S*/\S*`).FindString(help[0]), "/") { // a/b: each of them
			if word != "" {
				pattern = regexp.MustCompile("^" + regexp.MustCompile(`\S*/\S*`).ReplaceAllString(help[0], word) + "$")
			}
			if !slices.ContainsFunc(faultOutcomes, func(c struct {
				fault      string
				once, ever outcome
			}) bool {
				return pattern.MatchString(c.fault)
			}) {
				t.Errorf("no outcome for %s (%s)", help[0], word)
			}
		}
	}
}

// TestTokenIsFound holds that the search of the other tests finds what it
// looks for.
func TestTokenIsFound(t *testing.T) {
	const token = "00Test+Token/Not=Real"
	for _, hidden := range []string{
		"a " + token, "token=00Test%2BToken%2FNot%3DReal", "U1NXUyAwMFRlc3QrVG9rZW4vTm90PVJlYWw=", // base64 of SSWS and the token
		"MDBUZXN0K1Rva2VuL05vdD1SZWFs", "3030546573742b546f6b656e2f4e6f743d5265616c", `00Test+Token\/Not=Real`,
	} {
		if !slices.ContainsFunc(tokenForms(token), func(form string) bool { return strings.Contains(hidden, form) }) {
			t.Errorf("%s is not found", hidden)
		}
	}
}
