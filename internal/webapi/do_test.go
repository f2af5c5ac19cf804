package webapi_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/internal/webapi"
)

// Which requests are sent again after which answers, and how often in all.
func TestRetries(t *testing.T) {
	idempotencyKey := []webapi.Header{{Name: "Idempotency-Key", Value: "run-7"}}
	for _, c := range []struct {
		request webapi.Request
		status  int
		want    int32 // requests that arrive
	}{
		{webapi.Request{}, 429, 4},
		{webapi.Request{}, 502, 4},
		{webapi.Request{}, 503, 4},
		{webapi.Request{}, 504, 4},
		{webapi.Request{Method: "HEAD"}, 503, 4},
		{webapi.Request{}, 500, 1},
		{webapi.Request{}, 501, 1},
		{webapi.Request{}, 400, 1},
		{webapi.Request{}, 401, 1},
		{webapi.Request{}, 403, 1},
		{webapi.Request{}, 404, 1},
		{webapi.Request{}, 408, 1},
		{webapi.Request{Method: "POST"}, 503, 1},
		{webapi.Request{Method: "POST"}, 429, 1},
		{webapi.Request{Method: "PUT"}, 503, 1},
		{webapi.Request{Method: "DELETE"}, 503, 1},
		{webapi.Request{Method: "POST", Header: idempotencyKey}, 503, 4},
		{webapi.Request{Method: "POST", Idempotent: true}, 503, 4},
		{webapi.Request{Allow: []int{503}}, 503, 1},
	} {
		name := fmt.Sprintf("%s %d idempotent=%v headers=%d allow=%v", c.request.Method, c.status, c.request.Idempotent, len(c.request.Header), c.request.Allow)
		t.Run(name, func(t *testing.T) {
			var arrived atomic.Int32
			w, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				arrived.Add(1)
				if body, _ := io.ReadAll(r.Body); string(body) != string(c.request.Body) {
					t.Errorf("attempt %d brings the body %q", arrived.Load(), body)
				}
				w.WriteHeader(c.status)
			})
			limited, err := webapi.New(webapi.Config{
				Clock: w.clock, Policy: webapi.Policy{AllowLoopbackHosts: []string{host(url)}},
				Limits: webapi.Limits{MaxRetries: 3},
			})
			if err != nil {
				t.Fatal(err)
			}
			c.request.URL = url
			if c.request.Method == "POST" {
				c.request.Body = []byte(`{"name":"Zoë"}`)
			}
			resp, err := limited.Do(context.Background(), &c.request)
			if arrived.Load() != c.want {
				t.Errorf("%d requests arrived, want %d", arrived.Load(), c.want)
			}
			if len(c.request.Allow) > 0 {
				if err != nil || resp.Status != c.status {
					t.Errorf("an allowed status gives %v", err)
				}
				return
			}
			var e *webapi.Error
			if !errors.As(err, &e) || e.Status != c.status || e.Attempts != int(c.want) {
				t.Errorf("got %v, want status %d after %d attempts", err, c.status, c.want)
			}
		})
	}
}

// OKTA asks retries to say what they repeat; other servers are told nothing.
func TestRetriesNameTheFirstRequest(t *testing.T) {
	for id, want := range map[string][]string{"reqABC": {" ", "reqABC 1", "reqABC 2"}, "": {" ", " ", " "}} {
		var got []string
		w, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			got = append(got, r.Header.Get("X-Okta-Retry-For")+" "+r.Header.Get("X-Okta-Retry-Count"))
			if id != "" {
				w.Header().Set("X-Okta-Request-Id", fmt.Sprint(id, strings.Repeat("+", len(got)-1)))
			}
			if len(got) < 3 {
				w.WriteHeader(503)
			}
		})
		if _, err := w.Do(context.Background(), &webapi.Request{URL: url}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestBackoffGrowsAndIsSpread(t *testing.T) {
	w, url := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
	_, err := w.Do(context.Background(), &webapi.Request{URL: url})
	if err == nil {
		t.Fatal("no error")
	}
	want := []time.Duration{750 * time.Millisecond, 1500 * time.Millisecond, 3 * time.Second, 6 * time.Second, 12 * time.Second, 22500 * time.Millisecond}
	if diff := cmp.Diff(want, w.clock.waits()); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
}

func TestWaitsTheServerAsksFor(t *testing.T) {
	now := newClock().now
	unix := func(d time.Duration) string { return fmt.Sprint(now.Add(d).Unix()) }
	for _, c := range []struct {
		name   string
		header map[string]string
		status int
		want   time.Duration
	}{
		{"reset minus date plus a second", map[string]string{"Reset": unix(23 * time.Second)}, 429, 24 * time.Second},
		{"the server's clock, not ours", map[string]string{"Date": now.Add(-3 * time.Hour).Format(http.TimeFormat), "Reset": unix(-3*time.Hour + 10*time.Second)}, 429, 11 * time.Second},
		{"reset in the past", map[string]string{"Reset": unix(-2 * time.Second)}, 429, time.Second},
		{"reset in milliseconds", map[string]string{"Reset": unix(time.Second) + "000"}, 429, 5 * time.Minute},
		{"reset no number", map[string]string{"Reset": "soon"}, 429, 750 * time.Millisecond},
		{"reset negative number", map[string]string{"Reset": "-5"}, 429, 750 * time.Millisecond},
		{"reset too large for a number", map[string]string{"Reset": "99999999999999999999999"}, 429, 750 * time.Millisecond},
		{"no headers", nil, 429, 750 * time.Millisecond},
		{"date unreadable", map[string]string{"Date": "yesterday", "Reset": unix(9 * time.Second)}, 429, 10 * time.Second},
		{"concurrency", map[string]string{"Limit": "0", "Remaining": "0", "Reset": unix(2 * time.Minute)}, 429, 750 * time.Millisecond},
		{"retry after seconds", map[string]string{"Retry-After": "17"}, 429, 17 * time.Second},
		{"retry after wins over reset", map[string]string{"Retry-After": "5", "Reset": unix(time.Minute)}, 429, 5 * time.Second},
		{"retry after a date", map[string]string{"Retry-After": now.Add(42 * time.Second).Format(http.TimeFormat)}, 503, 42 * time.Second},
		{"retry after in the past", map[string]string{"Retry-After": now.Add(-time.Hour).Format(http.TimeFormat)}, 503, 0},
		{"retry after nonsense", map[string]string{"Retry-After": "-3"}, 503, 750 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			first := true
			w, url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", now.Format(http.TimeFormat))
				if !first {
					return
				}
				first = false
				for name, value := range c.header {
					switch name {
					case "Reset", "Limit", "Remaining":
						name = "X-Rate-Limit-" + name
					}
					w.Header().Set(name, value)
				}
				w.WriteHeader(c.status)
			})
			if _, err := w.Do(context.Background(), &webapi.Request{URL: url}); err != nil {
				t.Fatal(err)
			}
			waited := time.Duration(0)
			for _, d := range w.clock.waits() {
				waited += d
			}
			if waited != c.want {
				t.Errorf("waited %v, want %v", waited, c.want)
			}
		})
	}
}

func TestRetryAfterBeyondPatienceIsAnError(t *testing.T) {
	w, url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "86400")
		w.WriteHeader(503)
	})
	_, err := w.Do(context.Background(), &webapi.Request{URL: url})
	if err == nil || !strings.Contains(err.Error(), "24h0m0s") || len(w.clock.waits()) > 0 {
		t.Errorf("got %v after %v", err, w.clock.waits())
	}
}

func TestTotalTimeCountsTheWaits(t *testing.T) {
	w, url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "100")
		w.WriteHeader(503)
	})
	c, err := webapi.New(webapi.Config{Clock: w.clock, Policy: webapi.Policy{AllowLoopbackHosts: []string{host(url)}}, Limits: webapi.Limits{TotalTimeout: 250 * time.Second, MaxRetries: 50}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Do(context.Background(), &webapi.Request{URL: url})
	if err == nil || !strings.Contains(err.Error(), "4m10s") || len(w.clock.waits()) != 2 {
		t.Errorf("got %v after %v", err, w.clock.waits())
	}
}

// What may travel compressed arrives plain, and an unwanted flood ends early.
func TestBodies(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write(bytes.Repeat([]byte("amsx "), 1000))
	z.Close()
	var encoding string
	w, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		encoding = r.Header.Get("Accept-Encoding")
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(zipped.Bytes())
	})
	resp, err := w.Do(context.Background(), &webapi.Request{URL: url, Header: []webapi.Header{{Name: "Accept-Encoding", Value: "br"}}})
	if err != nil || len(resp.Body) != 5000 || encoding != "gzip" {
		t.Errorf("asked for %q, got %v", encoding, err)
	}
	small, err := webapi.New(webapi.Config{Clock: w.clock, Policy: webapi.Policy{AllowLoopbackHosts: []string{host(url)}}, Limits: webapi.Limits{MaxResponseBytes: 4999}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = small.Do(context.Background(), &webapi.Request{URL: url})
	var e *webapi.Error
	if !errors.As(err, &e) || e.Kind != webapi.KindTooLarge || e.Attempts != 1 {
		t.Errorf("got %v, want an error about the size after one attempt", err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
