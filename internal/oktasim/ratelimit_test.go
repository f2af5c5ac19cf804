package oktasim_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/google/go-cmp/cmp"
)

// A clock is moved by hand.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

func TestRateLimit(t *testing.T) {
	clk := &clock{time.Date(2026, 5, 1, 12, 0, 30, 250e6, time.UTC)}
	c := newClient(t, oktasim.Config{Users: 3, RateLimit: 3, Window: 10 * time.Second, Now: clk.read})
	type seen struct {
		Status                         int
		Date, Limit, Remaining, Resets string
	}
	call := func(target string, edit ...func(*http.Request)) seen {
		resp := c.get(target, edit...)
		h := resp.Header
		return seen{resp.StatusCode, strings.Fields(h.Get("Date"))[4], h.Get("X-Rate-Limit-Limit"), h.Get("X-Rate-Limit-Remaining"), h.Get("X-Rate-Limit-Reset")}
	}
	// The window begins with the first call and ends at 40.25; Reset is whole seconds, and late rather than early
	const first, second = "1777636841", "1777636855"
	steps := []struct {
		wait   time.Duration
		target string
		edit   func(*http.Request)
		want   seen
	}{
		{0, "/api/v1/users", nil, seen{200, "12:00:30", "3", "2", first}},
		{time.Second, "/api/v1/users", nil, seen{200, "12:00:31", "3", "1", first}},
		{0, "/api/v1/users", withToken("00WrongTokenNotReal"), seen{401, "12:00:31", "3", "1", first}}, // counts for nothing
		{0, "/api/v1/users", nil, seen{200, "12:00:31", "3", "0", first}},
		{0, "/api/v1/users", nil, seen{429, "12:00:31", "3", "0", first}},
		{0, "/api/v1/groups", nil, seen{200, "12:00:31", "3", "2", "1777636842"}}, // a bucket of its own
		{8 * time.Second, "/api/v1/users", nil, seen{429, "12:00:39", "3", "0", first}},
		{5 * time.Second, "/api/v1/users", nil, seen{200, "12:00:44", "3", "2", second}},
	}
	for i, step := range steps {
		clk.now = clk.now.Add(step.wait)
		var edits []func(*http.Request)
		if step.edit != nil {
			edits = append(edits, step.edit)
		}
		if diff := cmp.Diff(step.want, call(step.target, edits...)); diff != "" {
			t.Errorf("step %d (-want +got):\n%s", i, diff)
		}
	}
}

// A client that does as the headers of a 429 say gets in at the first try.
func TestWaitingUntilResetIsEnough(t *testing.T) {
	for _, fraction := range []time.Duration{0, 1, 500e6, 999999999} {
		clk := &clock{time.Date(2026, 5, 1, 12, 0, 0, int(fraction), time.UTC)}
		c := newClient(t, oktasim.Config{Users: 3, RateLimit: 1, Now: clk.read})
		c.get("/api/v1/users")
		resp := c.get("/api/v1/users")
		if resp.StatusCode != http.StatusTooManyRequests || readError(t, resp).ErrorCode != "E0000047" {
			t.Fatalf("%d", resp.StatusCode)
		}
		var reset int64
		for _, digit := range resp.Header.Get("X-Rate-Limit-Reset") {
			reset = reset*10 + int64(digit-'0')
		}
		date, err := http.ParseTime(resp.Header.Get("Date"))
		if err != nil {
			t.Fatal(err)
		}
		clk.now = clk.now.Add(time.Unix(reset, 0).Sub(date) + time.Second)
		if got := c.get("/api/v1/users").StatusCode; got != http.StatusOK {
			t.Errorf("%d ns after the full second: %d", fraction, got)
		}
	}
}

// More calls at once than the org allows get OKTA's other 429, in which Limit and Remaining are 0.
func TestCallsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, oktasim.Config{Users: 3, AtOnce: 2, Latency: time.Second})
		var mu sync.Mutex
		got := map[string]int{}
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				resp := c.get("/api/v1/users")
				mu.Lock()
				got[resp.Status[:3]+" of "+resp.Header.Get("X-Rate-Limit-Limit")]++
				mu.Unlock()
			})
		}
		wg.Wait()
		if diff := cmp.Diff(map[string]int{"200 of 600": 2, "429 of 0": 3}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if status := c.get("/api/v1/users").StatusCode; status != http.StatusOK {
			t.Errorf("afterwards %d", status)
		}
	})
}

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, oktasim.Config{Users: 3, Latency: 60 * time.Millisecond})
		start := time.Now()
		c.get("/api/v1/users")
		if took := time.Since(start); took != 60*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}
