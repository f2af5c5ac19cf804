package builtins_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

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
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err := w.try(ctx, "Sleep 3600\n")
	var e *runtime.Error
	if !errors.As(err, &e) || e.Kind != runtime.Cancelled {
		t.Errorf("got %v", err)
	}
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
	out := w.run("ForEach user In JsonPages \"https://okta.example.com/api/v1/users\"\n  UpsertCustodian %user%\nEndEach\nCommit\nSqlExecute \"DELETE FROM Department\"\nCommit\nLog \"info\", Sql(\"SELECT count(*) FROM Custodian\")\n")
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
