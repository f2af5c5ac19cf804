package webapi_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/internal/webapi"
)

// A long pull stays below the limit: it waits at the reserve, for the window
// to end, and never sees a 429.
func TestPullWaitsBeforeTheLimit(t *testing.T) {
	w, s := simulate(t, oktasim.Config{Users: 250, Seed: 1, RateLimit: 20}, "")
	ids, _, err := pull(w.Client, userList(s, 5)) // 50 pages, 18 calls a window
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(allIDs(s), ids); diff != "" {
		t.Errorf("the list differs:\n%s", diff)
	}
	for i, r := range s.Requests() {
		if r.Status != 200 {
			t.Errorf("call %d was answered %d", i, r.Status)
		}
	}
	if n := len(w.clock.waits()); n != 2 {
		t.Errorf("waited %d times (%v), want 2", n, w.clock.waits())
	}
	for _, e := range w.log.waits {
		if e.Reason != webapi.WaitRateLimit || e.Pack != "OKTA_API" || !strings.Contains(e.String(), "waiting 6") {
			t.Errorf("the wait says %v", e)
		}
	}
}

// Workers of one pack share its budget, those of another pack do not wait.
func TestWorkersShareOneBudget(t *testing.T) {
	w, s := simulate(t, oktasim.Config{Users: 1, RateLimit: 40}, "")
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for range 20 {
				if _, err := w.Do(context.Background(), &webapi.Request{URL: s.URL + "/api/v1/users?limit=1", Credential: pack(s.URL)}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	workers.Wait()
	refused := 0
	for _, r := range s.Requests() {
		if r.Status == 429 {
			refused++
		}
	}
	if refused > 0 {
		t.Errorf("%d of %d calls met the limit", refused, len(s.Requests()))
	}
	before := len(w.clock.waits())
	other := webapi.StaticCredential("OTHER", []string{host(s.URL)}, "SSWS "+token)
	if _, err := w.Do(context.Background(), &webapi.Request{URL: s.URL + "/.well-known/okta-organization", Credential: other}); err != nil {
		t.Fatal(err)
	}
	if len(w.clock.waits()) != before {
		t.Error("another pack waited")
	}
}

// Clients that share budgets, as runs at the same time do, share the limit.
func TestClientsShareBudgets(t *testing.T) {
	clock := newClock()
	s, err := oktasim.Start(oktasim.Config{Users: 1, RateLimit: 20, Token: token, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	budgets := &webapi.Budgets{}
	for range 10 { // clients with 5 calls each: 50 calls, 18 a window
		w := newWorld(t, func(c *webapi.Config) {
			allowLoopback(s.URL)(c)
			c.Clock, c.Budgets = clock, budgets
			c.Limits.MaxRetries = -1
		})
		for range 5 {
			if _, err := w.Do(context.Background(), &webapi.Request{URL: s.URL + "/api/v1/users?limit=1", Credential: pack(s.URL)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := len(clock.waits()); n != 2 {
		t.Errorf("waited %d times, want 2", n)
	}
}

// How long each kind of 429 is waited for, and why, with a clock that agrees
// with the server's and with one that does not.
func TestWaitsOfFaults(t *testing.T) {
	for _, skew := range []time.Duration{0, -3 * time.Hour, 3 * time.Hour} {
		for fault, want := range map[string]struct {
			wait   time.Duration
			reason webapi.WaitReason
		}{
			"429":                 {61 * time.Second, webapi.WaitRateLimit}, // what is left of the window, and a second
			"429 concurrency":     {750 * time.Millisecond, webapi.WaitConcurrency},
			"429 without headers": {750 * time.Millisecond, webapi.WaitRetry},
			"429 reset negative":  {time.Second, webapi.WaitRateLimit},
			"429 reset absurd":    {5 * time.Minute, webapi.WaitRateLimit},
			"429 reset missing":   {time.Minute, webapi.WaitRateLimit},
			"429 retry-after 7":   {7 * time.Second, webapi.WaitRetryAfter},
			"503":                 {750 * time.Millisecond, webapi.WaitRetry},
			"truncated":           {750 * time.Millisecond, webapi.WaitRetry},
		} {
			w := newWorld(t, nil)
			var err error
			cfg := oktasim.Config{Users: 20, Seed: 3, Token: token, Now: func() time.Time { return w.clock.Now().Add(skew) }}
			if cfg.Faults, err = oktasim.ParseFaults("page 2: " + fault); err != nil {
				t.Fatal(err)
			}
			s, err := oktasim.Start(cfg)
			if err != nil {
				t.Fatal(err)
			}
			client := newWorld(t, func(c *webapi.Config) {
				allowLoopback(s.URL)(c)
				c.Clock = w.clock
			})
			ids, _, err := pull(client.Client, userList(s, 5))
			s.Close()
			if err != nil || len(ids) != 20 {
				t.Errorf("%s: %d users, %v", fault, len(ids), err)
			}
			if got := client.log.waits; len(got) != 1 || got[0].For != want.wait || got[0].Reason != want.reason {
				t.Errorf("%s, the server's clock %v off: waits %v, want one of %v for %q", fault, skew, got, want.wait, want.reason)
			}
		}
	}
}

// One call a step, each answered with the headers of the table: when does
// the next one wait?
func TestReserve(t *testing.T) {
	now := newClock().now
	for _, c := range []struct {
		limit, remaining string
		reserve          float64
		want             time.Duration
	}{
		{"600", "61", 0, 0},
		{"600", "60", 0, 31 * time.Second},
		{"600", "0", 0, 31 * time.Second},
		{"600", "60", -1, 0},
		{"600", "0", -1, 31 * time.Second},
		{"600", "301", 0.5, 0},
		{"600", "300", 0.5, 31 * time.Second},
		{"600", "600", 7, 0}, // a share of more than all is cut to nine tenths
		{"5", "1", 0, 0},
		{"5", "0", 0, 31 * time.Second},
		{"", "0", 0, 0},
		{"600", "", 0, 0},
		{"0", "0", 0, 0},
		{"-1", "-1", 0, 0},
		{"many", "few", 0, 0},
	} {
		w, url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", now.Format(http.TimeFormat))
			w.Header().Set("X-Rate-Limit-Limit", c.limit)
			w.Header().Set("X-Rate-Limit-Remaining", c.remaining)
			w.Header().Set("X-Rate-Limit-Reset", fmt.Sprint(now.Add(30*time.Second).Unix()))
		})
		client, err := webapi.New(webapi.Config{Clock: w.clock, Reserve: c.reserve, Policy: webapi.Policy{AllowLoopbackHosts: []string{host(url)}}})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := client.Do(context.Background(), &webapi.Request{URL: url}); err != nil {
				t.Fatal(err)
			}
		}
		waited := time.Duration(0)
		for _, d := range w.clock.waits() {
			waited += d
		}
		if waited != c.want {
			t.Errorf("limit %s, remaining %s, reserve %v: waited %v, want %v", c.limit, c.remaining, c.reserve, waited, c.want)
		}
	}
}

// A refused POST is not sent again, but what follows waits all the same.
func TestRefusedPostHoldsThePack(t *testing.T) {
	now := newClock().now
	w, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", now.Format(http.TimeFormat))
		if r.Method == "POST" {
			w.Header().Set("X-Rate-Limit-Reset", fmt.Sprint(now.Add(20*time.Second).Unix()))
			w.WriteHeader(429)
		}
	})
	if _, err := w.Do(context.Background(), &webapi.Request{Method: "POST", URL: url, Credential: pack(url)}); err == nil || len(w.clock.waits()) > 0 {
		t.Errorf("the POST: %v after %v", err, w.clock.waits())
	}
	if _, err := w.Do(context.Background(), &webapi.Request{URL: url, Credential: pack(url)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]time.Duration{21 * time.Second}, w.clock.waits()); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
}

// A limit that is used up without saying until when is held for a window.
func TestReserveWithoutReset(t *testing.T) {
	for reset, want := range map[string]time.Duration{"": time.Minute, "soon": time.Minute, "-7": time.Minute, "1": time.Second, "99999999999": 5 * time.Minute} {
		w, url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Rate-Limit-Limit", "600")
			w.Header().Set("X-Rate-Limit-Remaining", "3")
			w.Header().Set("X-Rate-Limit-Reset", reset)
		})
		for range 2 {
			if _, err := w.Do(context.Background(), &webapi.Request{URL: url}); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]time.Duration{want}, w.clock.waits()); diff != "" {
			t.Errorf("reset %q, waits (-want +got):\n%s", reset, diff)
		}
	}
}
