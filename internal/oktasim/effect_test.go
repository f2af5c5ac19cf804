package oktasim_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/amsx-lang/amsx/internal/oktasim"
)

// An answer is what a client saw of a call to page 2 of a list of 23 users, five on a page.
type answer struct {
	*http.Response
	body    string
	readErr error
	callErr error
	took    time.Duration
}

func (a answer) errorCode() string {
	var e struct{ ErrorCode string }
	if err := json.Unmarshal([]byte(a.body), &e); err != nil {
		return err.Error()
	}
	return e.ErrorCode
}

func (a answer) ids() []string {
	var page []record
	if err := json.Unmarshal([]byte(a.body), &page); err != nil {
		return []string{err.Error()}
	}
	ids := []string{}
	for _, r := range page {
		ids = append(ids, r.ID)
	}
	return ids
}

// An effectTest says what a fault on page 2 does: check gets the answer and a client that can read on.
type effectTest struct {
	effect, pattern string
	check           func(t *testing.T, a answer, f *fixture)
}

// A fixture is a server with the good pages of its list.
type fixture struct {
	server *oktasim.Server
	client *http.Client
	urls   []string // of the pages
	pages  [][]string
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	server, err := oktasim.Start(oktasim.Config{Users: 23, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{server: server, client: &http.Client{
		// On a connection that was in use before, net/http would repeat a call that is reset by itself, and use up the fault
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	t.Cleanup(func() {
		f.client.CloseIdleConnections()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	for target := server.URL + "/api/v1/users?limit=5&search=status+pr"; target != ""; {
		a := f.call(t, target, nil)
		f.urls, f.pages = append(f.urls, target), append(f.pages, a.ids())
		target = links(a.Response)["next"]
	}
	return f
}

func (f *fixture) call(t *testing.T, target string, limit func(io.Reader) io.Reader) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "SSWS "+oktasim.DefaultToken)
	start := time.Now()
	a := answer{}
	if a.Response, a.callErr = f.client.Do(r); a.callErr != nil {
		return a
	}
	defer a.Body.Close()
	in := io.Reader(a.Body)
	if limit != nil {
		in = limit(in)
	}
	var b []byte
	b, a.readErr = io.ReadAll(in)
	a.body, a.took = string(b), time.Since(start)
	return a
}

// rest reads on from a link and returns the ids of all that comes.
func (f *fixture) rest(t *testing.T, target string) []string {
	t.Helper()
	var ids []string
	for pages := 0; target != ""; pages++ {
		if pages > 100 {
			t.Fatal("the list does not end")
		}
		a := f.call(t, target, nil)
		ids = append(ids, a.ids()...)
		target = links(a.Response)["next"]
	}
	return ids
}

func wantStatus(status int, code string) func(*testing.T, answer, *fixture) {
	return func(t *testing.T, a answer, _ *fixture) {
		if a.StatusCode != status || a.errorCode() != code {
			t.Errorf("%d %s, want %d %s: %s", a.StatusCode, a.errorCode(), status, code, a.body)
		}
	}
}

func want429(limit, remaining string, waits func(seconds int64) bool) func(*testing.T, answer, *fixture) {
	return func(t *testing.T, a answer, f *fixture) {
		wantStatus(429, "E0000047")(t, a, f)
		h := a.Header
		if h.Get("X-Rate-Limit-Limit") != limit || h.Get("X-Rate-Limit-Remaining") != remaining {
			t.Errorf("limit %q, remaining %q", h.Get("X-Rate-Limit-Limit"), h.Get("X-Rate-Limit-Remaining"))
		}
		reset, err := strconv.ParseInt(h.Get("X-Rate-Limit-Reset"), 10, 64)
		date, dateErr := http.ParseTime(h.Get("Date"))
		if waits == nil {
			if h.Get("X-Rate-Limit-Reset") != "" {
				t.Errorf("reset %s", h.Get("X-Rate-Limit-Reset"))
			}
		} else if err != nil || dateErr != nil || !waits(reset-date.Unix()) {
			t.Errorf("reset %d, date %v: %v %v", reset, date, err, dateErr)
		}
	}
}

func wantNext(next func(f *fixture) string) func(*testing.T, answer, *fixture) {
	return func(t *testing.T, a answer, f *fixture) {
		if got := links(a.Response)["next"]; a.StatusCode != 200 || got != next(f) {
			t.Errorf("%d, next %s\nwant %s", a.StatusCode, got, next(f))
		}
		if !slices.Equal(a.ids(), f.pages[1]) {
			t.Errorf("the page itself changed: %v", a.ids())
		}
	}
}

func wantBody(good func(body string) bool) func(*testing.T, answer, *fixture) {
	return func(t *testing.T, a answer, f *fixture) {
		if a.StatusCode != 200 || !good(a.body) {
			t.Errorf("%d %.600s", a.StatusCode, a.body)
		}
		if got := links(a.Response)["next"]; got != f.urls[2] {
			t.Errorf("next %s", got)
		}
	}
}

var effectTests = []effectTest{
	{"truncated", "truncated", func(t *testing.T, a answer, _ *fixture) {
		if !errors.Is(a.readErr, io.ErrUnexpectedEOF) || len(a.body) == 0 {
			t.Errorf("%d bytes, %v", len(a.body), a.readErr)
		}
	}},
	{"reset", "reset", func(t *testing.T, a answer, _ *fixture) {
		if a.callErr == nil {
			t.Error("there was an answer")
		}
	}},
	{"wait 30ms", "wait TIME", func(t *testing.T, a answer, f *fixture) {
		if a.took < 30*time.Millisecond || !slices.Equal(a.ids(), f.pages[1]) {
			t.Errorf("%v %v", a.took, a.ids())
		}
	}},
	{"429", "429", want429("600", "0", func(s int64) bool { return s > 0 && s <= 61 })},
	{"429 concurrency", "429 concurrency", want429("0", "0", func(s int64) bool { return s == 114 })},
	{"429 without headers", "429 without headers", want429("", "", nil)},
	{"429 reset negative", "429 reset negative/absurd/missing", want429("600", "0", func(s int64) bool { return s < -3600 })},
	{"429 reset absurd", "429 reset negative/absurd/missing", want429("600", "0", func(s int64) bool { return s > 86400*365 })},
	{"429 reset missing", "429 reset negative/absurd/missing", want429("600", "0", nil)},
	{"429 retry-after 7", "429 retry-after N", func(t *testing.T, a answer, f *fixture) {
		want429("", "", nil)(t, a, f)
		if a.Header.Get("Retry-After") != "7" {
			t.Errorf("Retry-After %q", a.Header.Get("Retry-After"))
		}
	}},
	{"html 502", "html STATUS", func(t *testing.T, a answer, _ *fixture) {
		if a.StatusCode != 502 || !strings.HasPrefix(a.body, "<!DOCTYPE html>") || a.Header.Get("X-Okta-Request-Id") != "" || a.Header.Get("Link") != "" {
			t.Errorf("%d %v %s", a.StatusCode, a.Header, a.body)
		}
	}},
	{"apache 404", "apache 404", func(t *testing.T, a answer, _ *fixture) {
		if a.StatusCode != 404 || a.body != `{"status":404,"message":"Resource not found"}` || a.Header.Get("Server") != "Apache" ||
			a.Header.Get("Content-Type") != "" || a.Header.Get("X-Okta-Request-Id") != "" {
			t.Errorf("%d %v %s", a.StatusCode, a.Header, a.body)
		}
	}},
	{"400", "STATUS", wantStatus(400, "E0000001")},
	{"401", "STATUS", wantStatus(401, "E0000011")},
	{"403", "STATUS", wantStatus(403, "E0000006")},
	{"404", "STATUS", wantStatus(404, "E0000007")},
	{"500", "STATUS", wantStatus(500, "E0000009")},
	{"502", "STATUS", wantStatus(502, "E0000009")},
	{"503", "STATUS", wantStatus(503, "E0000010")},
	{"504", "STATUS", wantStatus(504, "E0000009")},
	{"403 echoing the token", "STATUS echoing the token", func(t *testing.T, a answer, f *fixture) {
		wantStatus(403, "E0000006")(t, a, f)
		encoded := base64.StdEncoding.EncodeToString([]byte("SSWS " + oktasim.DefaultToken))
		if strings.Count(a.body, oktasim.DefaultToken) != 3 || !strings.Contains(a.body, encoded) || a.Header.Get("X-Okta-Request-Id") != "SSWS "+oktasim.DefaultToken {
			t.Errorf("%v %s", a.Header, a.body)
		}
	}},
	{"cursor invalid", "cursor invalid", func(t *testing.T, a answer, f *fixture) {
		wantStatus(400, "E0000031")(t, a, f)
		if !strings.Contains(a.body, `"errorCauses":[{"errorSummary":"Invalid cursor."}]`) {
			t.Errorf("%s", a.body)
		}
	}},
	{"next points to page 1", "next points to page N", wantNext(func(f *fixture) string { return f.server.URL + "/api/v1/users?limit=5&search=status+pr" })},
	{"next points to page 2", "next points to page N", wantNext(func(f *fixture) string { return f.urls[1] })},
	{"next points to page 4", "next points to page N", wantNext(func(f *fixture) string { return f.urls[3] })},
	{"next to itself", "next to itself", wantNext(func(f *fixture) string { return f.urls[1] })},
	{"next to https://evil.example/api/v1/users?after=1", "next to HOST", wantNext(func(*fixture) string { return "https://evil.example/api/v1/users?after=1" })},
	{"next to evil.example", "next to HOST", wantNext(func(f *fixture) string {
		u, _ := url.Parse(f.urls[2])
		u.Host = "evil.example"
		return u.String()
	})},
	{"next to /api/v1/users/../../secret", "next to HOST", wantNext(func(*fixture) string { return "/api/v1/users/../../secret" })},
	{"no next", "no next", wantNext(func(*fixture) string { return "" })},
	{"redirect to evil.example", "redirect to HOST", func(t *testing.T, a answer, f *fixture) {
		u, _ := url.Parse(f.urls[1])
		if u.Host = "evil.example"; a.StatusCode != 302 || a.Header.Get("Location") != u.String() {
			t.Errorf("%d %s", a.StatusCode, a.Header.Get("Location"))
		}
	}},
	{"header injection", "header injection", func(t *testing.T, a answer, f *fixture) {
		if next := links(a.Response)["next"]; !strings.Contains(next, "after=%0D%0A") || !strings.Contains(a.Header.Get("X-Okta-Request-Id"), "\u009b2J") {
			t.Errorf("next %s, id %q", next, a.Header.Get("X-Okta-Request-Id"))
		}
	}},
	{"broken header", "broken header", func(t *testing.T, a answer, _ *fixture) {
		if a.callErr == nil {
			t.Errorf("net/http took it: %q", a.Header.Get("X-Okta-Request-Id"))
		}
	}},
	{"empty", "empty", func(t *testing.T, a answer, f *fixture) {
		if rest := f.rest(t, links(a.Response)["next"]); a.body != "[]" || !slices.Equal(rest, slices.Concat(f.pages[1:]...)) {
			t.Errorf("%s, then %v", a.body, rest)
		}
	}},
	{"short", "short", func(t *testing.T, a answer, f *fixture) {
		all := slices.Concat(a.ids(), f.rest(t, links(a.Response)["next"]))
		if len(a.ids()) != 2 || !slices.Equal(all, slices.Concat(f.pages[1:]...)) {
			t.Errorf("%v, all %v", a.ids(), all)
		}
	}},
	{"repeat page 1's last user", "repeat page N's last user", func(t *testing.T, a answer, f *fixture) {
		if want := append(f.pages[0][4:], f.pages[1]...); !slices.Equal(a.ids(), want) {
			t.Errorf("%v, want %v", a.ids(), want)
		}
	}},
	{"not an array", "not an array", wantBody(func(b string) bool { return json.Valid([]byte(b)) && strings.HasPrefix(b, `{"users":[{`) })},
	{"array of texts", "array of texts", wantBody(func(b string) bool { return b == `["00u1","00u2"]` })},
	{"user without id", "user without id", wantBody(func(b string) bool { return json.Valid([]byte(b)) && strings.HasPrefix(b, `[{"status":`) })},
	{"user without profile", "user without profile", wantBody(func(b string) bool { return json.Valid([]byte(b)) && strings.Count(b, `"profile":`) == 4 })},
	{"user with wrong types", "user with wrong types", wantBody(func(b string) bool { return json.Valid([]byte(b)) && strings.Contains(b, `"firstName":42`) })},
	{"user with status RETIRED", "user with status WORD", wantBody(func(b string) bool { return json.Valid([]byte(b)) && strings.Count(b, `"status":"RETIRED"`) == 1 })},
	{"null among users", "null among users", wantBody(func(b string) bool { return json.Valid([]byte(b)) && strings.HasPrefix(b, "[null,{") })},
	{"bad utf-8", "bad utf-8", wantBody(func(b string) bool { return !utf8.ValidString(b) && json.Valid([]byte(b)) })},
	{"bom", "bom", wantBody(func(b string) bool { return strings.HasPrefix(b, "\xef\xbb\xbf[{") })},
	{"invalid json", "invalid json", wantBody(func(b string) bool { return !json.Valid([]byte(b)) && strings.HasPrefix(b, `[{"id":"`) })},
	{"broken gzip", "broken gzip", func(t *testing.T, a answer, _ *fixture) {
		if a.readErr == nil {
			t.Errorf("%q could be read", a.body)
		}
	}},
	{"3 MB body", "N MB body", func(t *testing.T, a answer, f *fixture) {
		if ids := a.ids(); len(a.body) < 3<<20 || len(ids) < 1000 || ids[5] != f.pages[1][0] {
			t.Errorf("%d bytes, %d records", len(a.body), len(ids))
		}
	}},
}

func TestEffects(t *testing.T) {
	f := newFixture(t)
	if len(f.pages) != 5 {
		t.Fatalf("%d pages", len(f.pages))
	}
	for _, test := range effectTests {
		t.Run(test.effect, func(t *testing.T) {
			faults, err := oktasim.ParseFaults("page 2: " + test.effect)
			if err != nil {
				t.Fatal(err)
			}
			f.server.SetFaults(faults)
			f.server.ForgetRequests()
			bad := f.call(t, f.urls[1], nil)
			if bad.Response == nil && test.effect != "reset" && test.effect != "broken header" {
				t.Fatal(bad.callErr)
			}
			test.check(t, bad, f)
			// It was for one call: the next one is right
			if a := f.call(t, f.urls[1], nil); a.callErr != nil || !slices.Equal(a.ids(), f.pages[1]) || links(a.Response)["next"] != f.urls[2] {
				t.Errorf("the call after the fault: %v %v", a.callErr, a.ids())
			}
		})
	}
}

// The effects that never end are cut by the client, and the server is well after them.
func TestEndlessEffects(t *testing.T) {
	f := newFixture(t)
	faults, err := oktasim.ParseFaults("page 2: gzip bomb; page 2: 10 GB body; page 2: slow drip; page 2: hangs")
	if err != nil {
		t.Fatal(err)
	}
	f.server.SetFaults(faults)

	const cut = 24 << 20
	limit := func(in io.Reader) io.Reader { return io.LimitReader(in, cut) }
	if a := f.call(t, f.urls[1], limit); len(a.body) != cut || strings.Trim(a.body[:1<<20], " ") != "" {
		t.Errorf("gzip bomb: %d bytes, %v", len(a.body), a.readErr)
	}
	if a := f.call(t, f.urls[1], limit); len(a.body) != cut || !strings.HasPrefix(a.body, `[{"id":`) {
		t.Errorf("10 GB body: %d bytes, %v", len(a.body), a.readErr)
	}
	first := func(in io.Reader) io.Reader { return io.LimitReader(in, 3) }
	if a := f.call(t, f.urls[1], first); a.body != `[{"` || a.ContentLength < 1000 || a.took < 100*time.Millisecond {
		t.Errorf("slow drip: %q of %d in %v", a.body, a.ContentLength, a.took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, f.urls[1], nil)
	r.Header.Set("Authorization", "SSWS "+oktasim.DefaultToken)
	if _, err := f.client.Do(r); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hangs: %v", err)
	}
	if a := f.call(t, f.urls[1], nil); !slices.Equal(a.ids(), f.pages[1]) {
		t.Errorf("afterwards: %v", a.ids())
	}
}

// The bomb is as small on the wire as it is large when it goes off.
func TestGzipBombIsSmall(t *testing.T) {
	f := newFixture(t)
	faults, err := oktasim.ParseFaults("page 2: gzip bomb")
	if err != nil {
		t.Fatal(err)
	}
	f.server.SetFaults(faults)
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, f.urls[1], nil)
	r.Header.Set("Authorization", "SSWS "+oktasim.DefaultToken)
	r.Header.Set("Accept-Encoding", "gzip")
	resp, err := f.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	wire, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(wire))
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, z)
	if n < 32<<20 {
		t.Errorf("64 KB on the wire gave %d bytes: %v", n, err)
	}
}

// Every effect that FaultHelp shows is tried above.
func TestEveryEffectIsTried(t *testing.T) {
	tried := []string{"gzip bomb", "N GB body", "slow drip", "hangs"}
	for _, test := range effectTests {
		tried = append(tried, test.pattern)
	}
	for _, help := range oktasim.FaultHelp() {
		if !slices.Contains(tried, help[0]) {
			t.Errorf("no test tries %q", help[0])
		}
		if help[1] == "" {
			t.Errorf("%q has no help", help[0])
		}
	}
}
