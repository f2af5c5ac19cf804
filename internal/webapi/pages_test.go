package webapi_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/internal/webapi"
)

func TestPullReadsEveryoneOnce(t *testing.T) {
	for _, style := range []string{"two", "joined"} {
		for _, users := range []int{0, 1, 199, 200, 201, 1000} {
			w, s := simulate(t, oktasim.Config{Users: users, Seed: 3, LinkStyle: style}, "")
			ids, p, err := pull(w.Client, userList(s, 200))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(allIDs(s), ids); diff != "" || p.Restarts() != 0 {
				t.Errorf("%s, %d users, %d restarts:\n%s", style, users, p.Restarts(), diff)
			}
		}
	}
}

// A link that shows another host (an admin host, a proxy) leads to the
// configured one.
func TestForeignHostInNextIsReadAsOurs(t *testing.T) {
	for _, public := range []string{"https://acme.okta.com", "http://127.0.0.1:1", "https://user@acme.okta.com:8443"} {
		w, s := simulate(t, oktasim.Config{Users: 30, Seed: 3, PublicURL: public}, "")
		ids, _, err := pull(w.Client, userList(s, 10))
		if err != nil {
			t.Fatalf("%s: %v", public, err)
		}
		if diff := cmp.Diff(allIDs(s), ids); diff != "" {
			t.Errorf("%s:\n%s", public, diff)
		}
	}
}

func TestLostCursorRestartsOnce(t *testing.T) {
	w, s := simulate(t, oktasim.Config{Users: 50, Seed: 3}, "page 3: cursor invalid once")
	ids, p, err := pull(w.Client, userList(s, 10))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(allIDs(s), ids); diff != "" || p.Restarts() != 1 || w.log.count(webapi.EventRestart) != 1 {
		t.Errorf("%d restarts:\n%s", p.Restarts(), diff)
	}
	for _, faults := range []string{"page 3: cursor invalid twice", "page 1: cursor invalid once", "page 3: cursor invalid for ever"} {
		w, s := simulate(t, oktasim.Config{Users: 50, Seed: 3}, faults)
		_, _, err := pull(w.Client, userList(s, 10))
		var e *webapi.Error
		if !errors.As(err, &e) || e.Status != 400 || !strings.HasPrefix(e.Code, "E00000") {
			t.Errorf("%s: got %v, want the server's refusal", faults, err)
		}
	}
}

// A 500 on a list means that it took too long: once more, then with smaller
// pages, from the first page on.
func TestServerErrorShrinksThePages(t *testing.T) {
	w, s := simulate(t, oktasim.Config{Users: 50, Seed: 3}, "page 2: 500 twice")
	ids, p, err := pull(w.Client, userList(s, 20))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(allIDs(s), ids); diff != "" || p.Restarts() != 1 {
		t.Errorf("%d restarts:\n%s", p.Restarts(), diff)
	}
	var limits []string
	for _, r := range s.Requests() {
		for part := range strings.SplitSeq(r.Query, "&") {
			if strings.HasPrefix(part, "limit=") {
				limits = append(limits, part[6:]+":"+strconv.Itoa(r.Status))
			}
		}
	}
	want := []string{"20:200", "20:500", "20:500", "10:200", "10:200", "10:200", "10:200", "10:200"}
	if diff := cmp.Diff(want, limits); diff != "" {
		t.Errorf("limits and statuses (-want +got):\n%s", diff)
	}

	w, s = simulate(t, oktasim.Config{Users: 50, Seed: 3}, "page 2: 500 for ever")
	_, p, err = pull(w.Client, userList(s, 40))
	var e *webapi.Error
	if !errors.As(err, &e) || e.Status != 500 || p.Restarts() != 3 || !strings.Contains(e.Advice, "smaller limit") || !strings.Contains(e.URL, "limit=5") {
		t.Errorf("got %v after %d restarts", err, p.Restarts())
	}
}

// flat serves n records as a bare list in pages of two, counting requests.
func flat(n int, requests *atomic.Int32) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		from, _ := strconv.Atoi(r.URL.Query().Get("after"))
		if from+2 < n {
			w.Header().Set("Link", fmt.Sprintf(`<http://%s/users?after=%d>; rel="next"`, r.Host, from+2))
		}
		var users []user
		for i := from; i < min(from+2, n); i++ {
			users = append(users, user{strconv.Itoa(i)})
		}
		json.NewEncoder(w).Encode(users)
	}
}

// Exactly one page is read ahead, and its error is told when it is asked for.
func TestOnePageAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		c, err := webapi.New(webapi.Config{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			asked = append(asked, r.URL.RawQuery)
			if len(asked) == 3 {
				return answer(403, nil, strings.NewReader(`{"errorCode":"E0000006","errorSummary":"no"}`)), nil
			}
			link := fmt.Sprintf(`<https://acme.okta.com/u?after=%d>; rel="next"`, len(asked))
			return answer(200, map[string]string{"Link": link}, strings.NewReader(`[{"id":"1"}]`)), nil
		})})
		if err != nil {
			t.Fatal(err)
		}
		p, err := c.Pages(t.Context(), webapi.PageRequest{Request: webapi.Request{URL: "https://acme.okta.com/u"}})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		synctest.Wait()
		if len(asked) != 1 {
			t.Errorf("before the first page is taken, %v were asked for", asked)
		}
		for n := 1; n <= 2; n++ {
			page, err := p.Next()
			if err != nil || page.Number != n {
				t.Fatalf("page %d: %v", n, err)
			}
			synctest.Wait()
			if len(asked) != n+1 {
				t.Errorf("with page %d taken, %v were asked for", n, asked)
			}
		}
		for range 2 { // again and again
			_, err = p.Next()
			var e *webapi.Error
			if !errors.As(err, &e) || e.Status != 403 || e.Page != 3 {
				t.Errorf("got %v, want the error of page 3", err)
			}
		}
	})
}

func TestCloseEndsTheReading(t *testing.T) {
	var requests atomic.Int32
	w, url := serve(t, flat(100, &requests))
	before := runtime.NumGoroutine()
	for range 20 {
		p, err := w.Pages(context.Background(), webapi.PageRequest{Request: webapi.Request{URL: url + "/users"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Next(); err != nil {
			t.Fatal(err)
		}
		p.Close()
		p.Close()
		if _, err := p.Next(); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("Next after Close gives %v", err)
		}
	}
	w.CloseIdleConnections()
	if after := runtime.NumGoroutine(); after > before+6 {
		t.Errorf("%d goroutines, %d before", after, before)
	}
}

// A body that ends in the middle is read again, also where HTTP cannot tell.
func TestCutJSONIsReadAgain(t *testing.T) {
	for name, decode := range map[string]func([]byte) (any, error){"with Decode": decodeUsers, "without": nil} {
		cut := 2
		w, url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			body := `[{"id":"1"},{"id":"2"}]`
			if cut--; cut >= 0 {
				body = body[:len(body)-9]
			}
			fmt.Fprint(w, body)
		})
		p, err := w.Pages(context.Background(), webapi.PageRequest{Request: webapi.Request{URL: url}, Decode: decode})
		if err != nil {
			t.Fatal(err)
		}
		page, err := p.Next()
		if err != nil || len(page.Body) != 23 || len(w.clock.waits()) != 2 {
			t.Errorf("%s: %v after %v", name, err, w.clock.waits())
		}
		p.Close()
	}
}

func TestNotAList(t *testing.T) {
	for _, c := range []struct{ body, contentType, says string }{
		{`{"users":[{"ssn":"secret"}],"total":1}`, "", "a JSON object with the names users, total came where a JSON list was expected"},
		{`{"errorCode":"E0000007","errorSummary":"Not found"}`, "", "(Not found)"},
		{"<!DOCTYPE html><html><head><style>p{}</style></head><body><h1>Sign in</h1><script>alert(1)</script></body></html>", "text/html", `a web page came where a JSON list was expected: "Sign in"`},
		{"\x1b[31mOops\x1b[0m", "text/plain", `something else came where a JSON list was expected: "Oops"`},
		{`"text"`, "", "something else"},
		{"", "", "it is empty"},
		{"\ufeff", "", "it is empty"},
		{`[{"id":1} {"id":2}]`, "", "invalid character"},
	} {
		w, url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if c.contentType != "" {
				w.Header().Set("Content-Type", c.contentType)
			}
			fmt.Fprint(w, c.body)
		})
		_, _, err := pull(w.Client, webapi.PageRequest{Request: webapi.Request{URL: url}})
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "ssn") {
			t.Errorf("%q: got %v, want %q", c.body, err, c.says)
			continue
		}
		checkSilent(t, "the error", err.Error())
	}
}

func TestPanicOfACallbackIsAnError(t *testing.T) {
	var requests atomic.Int32
	w, url := serve(t, flat(2, &requests))
	style, err := webapi.ParseStyle("page:p")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []webapi.PageRequest{
		{Decode: func([]byte) (any, error) { panic("index out of range") }},
		{Style: style, Count: func(*webapi.Page) int { panic("index out of range") }},
	} {
		r.Request.URL = url
		_, _, err := pull(w.Client, r)
		if err == nil || !strings.Contains(err.Error(), "cannot be read: index out of range") {
			t.Errorf("got %v", err)
		}
	}
}

// Released pages are used again: reading many takes the memory of a few.
func TestPagesReuseMemory(t *testing.T) {
	w, s := simulate(t, oktasim.Config{Users: 2000, Seed: 3, NoGzip: true}, "")
	p, err := w.Pages(context.Background(), webapi.PageRequest{Request: userList(s, 20).Request})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	buffers := map[*byte]bool{}
	pages := 0
	for {
		page, err := p.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		pages++
		buffers[&page.Body[0]] = true
		page.Release()
		page.Release()
	}
	if pages != 100 || len(buffers) > 20 {
		t.Errorf("%d pages in %d buffers", pages, len(buffers))
	}
}

// A player below the retries sees every attempt, and can stand in for the
// network without the address being reachable.
func TestSeamIsBelowRetries(t *testing.T) {
	statuses := []int{429, 503, 200}
	w := newWorld(t, func(c *webapi.Config) {
		c.Wrap = func(http.RoundTripper) http.RoundTripper {
			return roundTrip(func(*http.Request) (*http.Response, error) {
				status := statuses[0]
				statuses = statuses[1:]
				return answer(status, nil, strings.NewReader(`[{"id":"1"}]`)), nil
			})
		}
	})
	ids, _, err := pull(w.Client, webapi.PageRequest{Request: webapi.Request{URL: "http://127.0.0.1:9/users"}})
	if err != nil || len(ids) != 1 || len(statuses) != 0 {
		t.Errorf("read %v, %v left, %v", ids, statuses, err)
	}
}

// A player may hand out a body as it travelled, compressed.
func TestCompressedAnswerOfAPlayer(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprint(z, `[{"id":"1"}]`)
	z.Close()
	body := zipped.Bytes()
	for cut, want := range map[int]webapi.Kind{0: whole, 5: webapi.KindTruncated, len(body): webapi.KindTruncated} {
		w := newWorld(t, func(c *webapi.Config) {
			c.Limits.MaxRetries = 1
			c.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
				return answer(200, map[string]string{"Content-Encoding": "gzip"}, bytes.NewReader(body[:len(body)-cut])), nil
			})
		})
		ids, _, err := pull(w.Client, webapi.PageRequest{Request: webapi.Request{URL: "https://acme.okta.com/"}})
		var e *webapi.Error
		if want == whole && (err != nil || len(ids) != 1) || want != whole && (!errors.As(err, &e) || e.Kind != want) {
			t.Errorf("%d bytes missing: read %v, %v", cut, ids, err)
		}
	}
}

// A list whose context has ended gives no more pages, not even one it has.
func TestNextAfterCancel(t *testing.T) {
	var requests atomic.Int32
	w, url := serve(t, flat(100, &requests))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p, err := w.Pages(ctx, webapi.PageRequest{Request: webapi.Request{URL: url + "/users"}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Next(); err != nil {
		t.Fatal(err)
	}
	cancel()
	for range 2 {
		if _, err := p.Next(); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}
