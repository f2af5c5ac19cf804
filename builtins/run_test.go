package builtins_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/amsx-lang/amsx/builtins"
	"github.com/amsx-lang/amsx/internal/sqltext"
	"github.com/amsx-lang/amsx/parser"
	"github.com/amsx-lang/amsx/runtime"
)

// The token is in the requests to its host, marked as a secret that goes
// nowhere else, and in no other request.
func TestTokenGoesToItsHostOnly(t *testing.T) {
	w := newSeed(t).world(t)
	out := w.run(`Credential okta, "OKTA_API"
Authorize okta, "SSWS"
Set a = HttpGet "%okta.Url%/api/v1/users/me"
Set a = HttpGet "https://okta.example.com:443/api/v1/users/me"
Set a = HttpGet "https://okta.example.com.evil.example.net/auth"
Set a = HttpGet "https://okta.example.com:8443/auth"
Set a = HttpGet "https://sub.okta.example.com/auth"
ForEach u In JsonPages "%okta.Url%/api/v1/users"
EndEach
ForEach u In JsonPages "https://evil.example.net/value", "value"
EndEach
`)
	if strings.Contains(out, "!") {
		t.Fatal(out)
	}
	sent := map[string]int{}
	for _, r := range w.requests {
		u, err := url.Parse(r.URL)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, h := range r.Header {
			if strings.Contains(h.Value, token) {
				n++
				if !h.Secret || h.Pack != "OKTA_API" || len(h.Hosts) != 1 || h.Hosts[0] != "okta.example.com" {
					t.Errorf("%s: the header is not bound to its pack: %v %q %v", u.Host, h.Secret, h.Pack, h.Hosts)
				}
			}
		}
		sent[u.Host] += n
	}
	for host, n := range sent {
		if want := host == "okta.example.com" || host == "okta.example.com:443"; want != (n > 0) {
			t.Errorf("%s got the token %d times", host, n)
		}
	}
	if len(w.requests) != 7 || sent["okta.example.com"] != 2 {
		t.Errorf("%d requests, %v", len(w.requests), sent)
	}
	if !strings.Contains(strings.Join(w.secrets, " "), token) {
		t.Error("the host was not told the secret")
	}
}

// Cancelling ends a wait at once.
func TestSleepIsCancelled(t *testing.T) {
	w := newSeed(t).world(t)
	ctx, cancel := context.WithCancel(t.Context())
	var cancelled time.Time
	// The run is in its wait when it is cancelled, however long it took to get there.
	w.said = func() {
		time.AfterFunc(20*time.Millisecond, func() {
			cancelled = time.Now()
			cancel()
		})
	}
	_, err := w.try(ctx, "Log \"info\", \"waiting\"\nTry\n  Sleep 3600\nCatch\nEnd Try\n")
	var e *runtime.Error
	if !errors.As(err, &e) || e.Kind != runtime.Cancelled {
		t.Errorf("got %v", err)
	}
	if took := time.Since(cancelled); took > 200*time.Millisecond {
		t.Errorf("it ended %v after the cancel", took)
	}
}

// A snapshot is the tables of a site, for a program that serves many runs.
type snapshot struct {
	names   []string
	columns map[string][]runtime.Column
}

func (s snapshot) Tables() []string { return s.names }

func (s snapshot) Table(name string) (string, []runtime.Column, bool) {
	for _, n := range s.names {
		if runtime.FoldName(n) == runtime.FoldName(name) {
			return n, s.columns[n], true
		}
	}
	return "", nil, false
}

// One program with a mapping, SQL, secrets, lists, rows and Try serves runs on
// many sites at once; each has its own values. It is for the race detector.
func TestConcurrentRunsOfOneProgram(t *testing.T) {
	seed := newSeed(t)
	first := seed.world(t)
	s := first.begin(t.Context())
	schema := snapshot{names: s.Tables(), columns: map[string][]runtime.Column{}}
	for _, n := range schema.names {
		_, schema.columns[n], _ = s.Table(n)
	}
	if err := s.Abort(); err != nil {
		t.Fatal(err)
	}
	tree, list := parser.ParseTransformation("example.amsx", []byte(first.source(`
Credential okta, "OKTA_API"
Authorize okta, "SSWS"
Set seen = List()
ForEach user In JsonPages BuildUrl("%okta.Url%/api/v1/users", "search", "status pr")
  UpsertCustodian %user%
  Add seen, Row("login", %user.profile.login%, "n", Count(%seen%))
  Try
    Throw "on purpose: %user.id%"
  Catch problem
    Log "info", "%problem% %ERRORLINE%"
  End Try
EndEach
DeactivateMissing
Set column = "DepartmentName"
Set ids = List(1, 2)
For i = 1 To 300
  Set s = "%i%" & RegexReplace("a1", "[0-9]", "%i%")
  Set n = Sql "SELECT count(*) FROM Department WHERE %column% <> '%s%' AND DepartmentID IN (%ids%)"
  If %n% <> 2 Then Throw "n is %n%"
Next
Text
UPDATE Department SET DepartmentName = 'D%s%' WHERE DepartmentID = 1
EndText
SqlExecute
Log "info", Join(Column(%seen%, "login")) & " " & Sql("SELECT DepartmentName FROM Department WHERE DepartmentID = 1")
`)))
	if list.HasErrors() {
		t.Fatal(findings(list))
	}
	program, list := runtime.Compile(tree, runtime.Options{Table: builtins.All(), SQL: sqltext.Compile, Schema: schema, Packs: []string{"OKTA_API"}})
	if program == nil {
		t.Fatal(findings(list))
	}
	var wg sync.WaitGroup
	for i := range 4 {
		w := seed.world(t)
		login := fmt.Sprintf("user%d@example.com", i)
		w.pages["/api/v1/users"] = []string{fmt.Sprintf(`[{"id":"%d","profile":{"login":%q}}]`, i, login)}
		wg.Go(func() {
			out, err := w.execute(t.Context(), program, w.begin(t.Context()))
			if want := fmt.Sprintf("on purpose: %d 10\n%s D300a300\n", i, login); err != nil || withoutDebug(out) != want {
				t.Errorf("got %q, %v, want %q", out, err, want)
			}
		})
	}
	wg.Wait()
}

// A failed run leaves nothing behind, whatever it had upserted.
func TestFailedPullLeavesNothing(t *testing.T) {
	w := newSeed(t).world(t)
	for _, end := range []string{"Throw \"no\"\n", "Set x = 1 / 0\n", "Stop \"no\"\n"} {
		if out, err := w.try(t.Context(), "ForEach user In JsonPages \"https://okta.example.com/api/v1/users\"\n  UpsertCustodian %user%\nEndEach\n"+end); err == nil {
			t.Fatal(out)
		}
		if out := w.run("Log \"info\", Sql(\"SELECT count(*) FROM Custodian\")\n"); out != "0\n" {
			t.Errorf("after %s: %s", end, out)
		}
	}
	// And one that does not fail does.
	if out, err := w.try(t.Context(), "ForEach user In JsonPages \"https://okta.example.com/api/v1/users\"\n  UpsertCustodian %user%\nEndEach\n"); err != nil {
		t.Fatal(out)
	}
	if out := w.run("Log \"info\", Sql(\"SELECT count(*) FROM Custodian\")\n"); out != "2\n" {
		t.Errorf("got %s", out)
	}
}

// A test run reports and writes nothing.
func TestTestRunWritesNothing(t *testing.T) {
	w := newSeed(t).world(t)
	w.testing = true
	out := w.run("ForEach user In JsonPages \"https://okta.example.com/api/v1/users\"\n  UpsertCustodian %user%\nEndEach\nCommit\nSqlExecute \"DELETE FROM Department WHERE 1 = 1\"\nCommit\nLog \"info\", Sql(\"SELECT count(*) FROM Custodian\")\n")
	if !strings.HasSuffix(out, "2\n") {
		t.Errorf("the test run sees %s", out)
	}
	w.testing = false
	if out := w.run("Log \"info\", Sql(\"SELECT (SELECT count(*) FROM Custodian) || ' ' || (SELECT count(*) FROM Department)\")\n"); out != "0 2\n" {
		t.Errorf("after the test run: %s", out)
	}
}

// What BuildUrl writes is read back as it was given.
func TestBuildURLReadsBack(t *testing.T) {
	w := newSeed(t).world(t)
	for _, v := range []string{"", "a b", "a+b", "&=?#/", "100%%", "é😀", "status pr and lastUpdated gt \"\"2026\"\""} {
		out := w.run("Log \"info\", BuildUrl(\"https://api.example.com/a?x=y\", \"q\", \"" + v + "\", \"z\", \"1\")\n")
		u, err := url.Parse(strings.TrimSpace(out))
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(strings.ReplaceAll(v, "%%", "%"), `""`, `"`)
		if q := u.Query(); q.Get("q") != want || q.Get("x") != "y" || q.Get("z") != "1" {
			t.Errorf("%q came back as %v", v, q)
		}
	}
}
