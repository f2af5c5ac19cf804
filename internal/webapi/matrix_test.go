package webapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	neturl "net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/internal/webapi"
)

// What a fault must lead to: the whole list, or an error of a kind.
const whole = webapi.Kind("")

// faultMatrix says for each fault what a client makes of it when it happens
// once and when it happens for ever. "no next" is not in it: a list that ends
// early and says so is, on the wire, a list that ends.
var faultMatrix = []struct {
	fault      string
	once, ever webapi.Kind
}{
	{"truncated", whole, webapi.KindTruncated},
	{"reset", whole, webapi.KindNetwork},
	{"hangs", whole, webapi.KindTimeout},
	{"slow drip", whole, webapi.KindTimeout},
	{"wait 1ms", whole, whole},
	{"429", whole, webapi.KindStatus},
	{"429 concurrency", whole, webapi.KindStatus},
	{"429 without headers", whole, webapi.KindStatus},
	{"429 reset negative", whole, webapi.KindStatus},
	{"429 reset absurd", whole, webapi.KindStatus},
	{"429 reset missing", whole, webapi.KindStatus},
	{"429 retry-after 7", whole, webapi.KindStatus},
	{"429 retry-after 99999", webapi.KindStatus, webapi.KindStatus},
	{"html 502", whole, webapi.KindStatus},
	{"html 200", webapi.KindPage, webapi.KindPage},
	{"html 403", webapi.KindStatus, webapi.KindStatus},
	{"apache 404", webapi.KindStatus, webapi.KindStatus},
	{"400", webapi.KindStatus, webapi.KindStatus},
	{"401", webapi.KindStatus, webapi.KindStatus},
	{"403", webapi.KindStatus, webapi.KindStatus},
	{"404", webapi.KindStatus, webapi.KindStatus},
	{"500", whole, webapi.KindStatus},
	{"502", whole, webapi.KindStatus},
	{"503", whole, webapi.KindStatus},
	{"504", whole, webapi.KindStatus},
	{"403 echoing the token", webapi.KindStatus, webapi.KindStatus},
	{"503 echoing the token", whole, webapi.KindStatus},
	{"cursor invalid", whole, webapi.KindStatus},
	{"next points to page 1", webapi.KindPaging, webapi.KindPaging},
	{"broken header", whole, webapi.KindNetwork},
	{"next to itself", webapi.KindPaging, webapi.KindPaging},
	{"next to evil.example.com", whole, whole},
	{"next to https://evil.example.com/collect", webapi.KindPaging, webapi.KindPaging},
	{"redirect to https://evil.example.com/collect", webapi.KindRedirect, webapi.KindRedirect},
	{"redirect to http://169.254.169.254/latest", webapi.KindRedirect, webapi.KindRedirect},
	{"header injection", whole, webapi.KindStatus}, // the cursor is spoilt: one restart
	{"empty", whole, whole},
	{"short", whole, whole},
	{"repeat page 1's last user", whole, whole},
	{"not an array", webapi.KindPage, webapi.KindPage},
	{"array of texts", webapi.KindPage, webapi.KindPage},
	{"user with wrong types", whole, whole},
	{"bad utf-8", whole, whole},
	{"bom", whole, whole},
	{"invalid json", webapi.KindPage, webapi.KindPage},
	{"gzip bomb", webapi.KindTooLarge, webapi.KindTooLarge},
	{"broken gzip", whole, webapi.KindTruncated},
	{"20 MB body", webapi.KindTooLarge, webapi.KindTooLarge},
}

// TestFaultMatrix holds the promise that a partial pull never ends green: at
// any page, a fault leads to the right result or to an error, and neither
// shows the token.
func TestFaultMatrix(t *testing.T) {
	for _, c := range faultMatrix {
		for _, where := range []string{"page 1", "page 3", "last page"} {
			for often, want := range map[string]webapi.Kind{"once": c.once, "for ever": c.ever} {
				script := fmt.Sprintf("%s: %s %s", where, c.fault, often)
				switch {
				case script == "last page: empty for ever":
					want = webapi.KindPaging // the end never comes
				case where == "last page" && c.fault == "header injection":
					want = whole // there is no cursor to spoil
				case where == "last page" && c.fault == "next to evil.example.com":
					want = webapi.KindPaging // the last page has no next, so the simulator points to the page itself
				case where == "page 1" && c.fault == "cursor invalid":
					want = webapi.KindStatus // there is no cursor yet
				}
				t.Run(script, func(t *testing.T) {
					t.Parallel()
					testFault(t, script, want, direct)
				})
			}
		}
	}
}

// TestFaultMatrixBehindProxy is the same where companies are: HTTP/2 over TLS
// with a root certificate of their own, through a proxy with a password.
func TestFaultMatrixBehindProxy(t *testing.T) {
	for _, c := range faultMatrix {
		for often, want := range map[string]webapi.Kind{"once": c.once, "for ever": c.ever} {
			script := fmt.Sprintf("page 3: %s %s", c.fault, often)
			if c.fault == "broken header" {
				want = whole // HTTP/2 does not carry it
			}
			t.Run(script, func(t *testing.T) {
				t.Parallel()
				testFault(t, script, want, behindProxy)
			})
		}
	}
}

// direct serves a simulator on this machine.
func direct(t *testing.T, sim *oktasim.Sim, cfg *webapi.Config) (url string) {
	s := httptest.NewServer(sim)
	t.Cleanup(s.Close)
	allowLoopback(s.URL)(cfg)
	return s.URL
}

const proxyPassword = "hunter22/+&"

// behindProxy serves a simulator as example.com, which only a proxy reaches.
func behindProxy(t *testing.T, sim *oktasim.Sim, cfg *webapi.Config) (url string) {
	s := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 || r.Header.Get("Proxy-Authorization") != "" {
			t.Errorf("%s came as %s with %v", r.URL, r.Proto, r.Header)
		}
		sim.ServeHTTP(w, r)
	})
	p := httptest.NewServer(&proxy{target: host(s.URL), password: proxyPassword})
	t.Cleanup(p.Close)
	cfg.RootCertificates = rootOf(s)
	cfg.Proxy.HTTPSProxy = "http://" + neturl.UserPassword("amsx", proxyPassword).String() + "@" + host(p.URL)
	return "https://example.com"
}

func testFault(t *testing.T, script string, want webapi.Kind, serve func(*testing.T, *oktasim.Sim, *webapi.Config) string) {
	faults, err := oktasim.ParseFaults(script)
	if err != nil {
		t.Fatal(err)
	}
	clock := newClock()
	s, err := oktasim.New(oktasim.Config{Users: 24, Seed: 7, Token: token, Faults: faults, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	var url string
	w := newWorld(t, func(c *webapi.Config) {
		url = serve(t, s, c)
		c.Clock = clock
		c.Limits.MaxResponseBytes = 8 << 20
		c.Limits.MaxRetries = 3
		if strings.Contains(script, "hangs") || strings.Contains(script, "drip") {
			c.Limits.RequestTimeout, c.Limits.IdleReadTimeout = 2*time.Second, time.Second
			if want != whole { // after four attempts of which each is one such wait
				c.Limits.RequestTimeout, c.Limits.IdleReadTimeout = 600*time.Millisecond, 250*time.Millisecond
			}
		} else {
			c.Limits.RequestTimeout, c.Limits.IdleReadTimeout = time.Minute, time.Minute
		}
	})
	ids, _, err := pull(w.Client, webapi.PageRequest{Request: webapi.Request{URL: url + "/api/v1/users?search=status%20pr&limit=5", Credential: pack(url)}})
	checkSilent(t, "the log", w.log.String())
	for _, r := range s.Requests() {
		if r.Path != "/api/v1/users" {
			t.Errorf("a request went to %s", r.Path)
		}
	}
	if want == whole {
		if err != nil {
			t.Fatalf("the list was not read: %v", err)
		}
		var all []string
		for _, u := range s.Org().Users() {
			all = append(all, u.ID)
		}
		slices.Sort(ids) // a repeated record comes out of its order
		if diff := cmp.Diff(all, ids); diff != "" {
			t.Errorf("the list differs (-want +got):\n%s", diff)
		}
		return
	}
	var e *webapi.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %d records and the error %v, want a %q error", len(ids), err, want)
	}
	checkSilent(t, "the error", e.Error())
	if e.Kind != want {
		t.Errorf("the error is of kind %q, want %q: %v", e.Kind, want, e)
	}
	if e.Method != "GET" || !strings.HasPrefix(e.URL, url+"/api/v1/users") || e.Page == 0 {
		t.Errorf("the error names %s %s, page %d", e.Method, e.URL, e.Page)
	}
}
