package oktasim_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/internal/webapi"
)

// A waiter is a clock that simulator and client share and that waits by being moved on.
type waiter struct {
	mu  sync.Mutex
	now time.Time
}

func (w *waiter) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *waiter) Sleep(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(max(d, 0))
	return ctx.Err()
}

// pull reads all users of a server with the product's HTTP client, as a script does: ids seen, records refused.
func pull(t *testing.T, server *oktasim.Server, clk *waiter, limits webapi.Limits) (ids map[string]bool, refused int, err error) {
	t.Helper()
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client, err := webapi.New(webapi.Config{
		Clock: clk, Jitter: func() float64 { return 0 }, Policy: webapi.Policy{AllowLoopbackHosts: []string{address.Host}},
		Limits: limits,
	})
	if err != nil {
		t.Fatal(err)
	}
	type user struct {
		ID      *string
		Profile json.RawMessage
	}
	pages, err := client.Pages(t.Context(), webapi.PageRequest{
		Request: webapi.Request{
			URL:        server.URL + "/api/v1/users?limit=5&search=status+pr",
			Credential: webapi.StaticCredential("Okta", []string{address.Host}, "SSWS "+oktasim.DefaultToken),
		},
		Decode: func(body []byte) (any, error) {
			var records []json.RawMessage
			if err := json.Unmarshal(body, &records); err != nil {
				return nil, err
			}
			if slices.ContainsFunc(records, func(r json.RawMessage) bool { return r[0] != '{' }) {
				return nil, errors.New("the page is no array of objects")
			}
			return records, nil
		},
	})
	if err != nil {
		return nil, 0, err
	}
	defer pages.Close()
	ids = map[string]bool{}
	for {
		page, err := pages.Next()
		if errors.Is(err, io.EOF) {
			return ids, refused, nil
		}
		if err != nil {
			return ids, refused, err
		}
		for _, record := range page.Value.([]json.RawMessage) {
			var u user
			if err := json.Unmarshal(record, &u); err != nil || u.ID == nil || u.Profile == nil || !utf8.Valid(record) {
				refused++
				continue
			}
			ids[*u.ID] = true
		}
		page.Release()
	}
}

// The product's HTTP client meets every fault at every page, once and for ever. It gets everyone, or it fails loudly; a record that
// cannot be read is refused by itself. What it can mend, it mends.
func TestProductClientAgainstEveryFault(t *testing.T) {
	clk := &waiter{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	server := start(t, oktasim.Config{Users: 23, Seed: 3, RateLimit: 1 << 20, Now: clk.Now})
	want := map[string]bool{}
	for _, u := range server.Org().Users() {
		want[u.ID] = true
	}
	// These happen once and the pull must still be right. The others may end it
	mended := []string{
		"truncated", "reset", "429", "429 concurrency", "429 without headers", "429 reset negative", "429 reset absurd", "429 reset missing",
		"429 retry-after 7", "html 502", "500", "502", "503", "504", "empty", "short", "repeat page 1's last user", "bom", "next to evil.example",
	}
	spoiled := []string{"user without id", "user without profile"} // a record of the page is refused
	slow := []string{"slow drip", "hangs"}                         // in real time: tried at one page
	effects := append([]string{"gzip bomb", "10 GB body"}, slow...)
	for _, test := range effectTests {
		effects = append(effects, test.effect)
	}
	for _, effect := range effects {
		for _, where := range []string{"page 1", "page 2", "page 4", "last page"} {
			for _, often := range []string{"once", "for ever"} {
				script := where + ": " + effect + " " + often
				switch {
				case effect == "no next" && where != "last page", effect == "next points to page 4" && (where == "page 1" || where == "page 2"):
					continue // a list that leaves out people cannot be told from a shorter one: the fuse is for that
				case effect == "next to evil.example" && where == "last page":
					continue // the page itself again, on another host, where there is no next
				case slices.Contains(slow, effect) && where != "page 2":
					continue
				case effect == "empty" && where == "last page" && often == "for ever":
					continue // a list that never ends, each page with a cursor of its own
				}
				faults, err := oktasim.ParseFaults(script)
				if err != nil {
					t.Fatal(err)
				}
				server.SetFaults(faults)
				limits := webapi.Limits{MaxResponseBytes: 2 << 20, MaxRetries: 2}
				if slices.Contains(slow, effect) {
					limits.RequestTimeout = 300 * time.Millisecond
				}
				got, refused, err := pull(t, server, clk, limits)
				switch {
				case err != nil:
					if often == "once" && slices.Contains(mended, effect) {
						t.Errorf("%s: could be mended, but: %v", script, err)
					}
					if strings.Contains(err.Error(), oktasim.DefaultToken) {
						t.Errorf("%s: the error shows the token: %v", script, err)
					}
				case slices.Contains(spoiled, effect):
					if refused == 0 || len(got)+refused < len(want) {
						t.Errorf("%s: %d users, %d refused of %d", script, len(got), refused, len(want))
					}
				case !maps.Equal(got, want) && !(refused > 0 && len(got)+refused >= len(want)):
					t.Errorf("%s: ended well with %d users and %d refused of %d", script, len(got), refused, len(want))
				}
			}
		}
	}
}
