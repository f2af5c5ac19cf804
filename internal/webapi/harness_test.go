package webapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/internal/redact"
	"github.com/amsx-lang/amsx/internal/webapi"
)

const token = "00TestTokenNotReal+/=äé"

// A clock stands still until somebody waits, and then jumps.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.slept = append(c.slept, d)
	return nil
}

func (c *clock) waits() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Duration(nil), c.slept...)
}

// A log keeps everything that a client says to people.
type log struct {
	mu     sync.Mutex
	events []webapi.Event
	waits  []webapi.WaitEvent
}

func (l *log) trace(e webapi.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
}

func (l *log) wait(w webapi.WaitEvent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waits = append(l.waits, w)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	for _, e := range l.events {
		fmt.Fprintf(&b, "%+v\n", e)
	}
	for _, w := range l.waits {
		fmt.Fprintf(&b, "%+v %s\n", w, w)
	}
	return b.String()
}

func (l *log) count(kind webapi.EventKind) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, e := range l.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// A world is a client with its clock and its log. Nothing in it waits.
type world struct {
	*webapi.Client
	clock *clock
	log   *log
}

func newWorld(t testing.TB, change func(*webapi.Config)) *world {
	t.Helper()
	w := &world{clock: newClock(), log: &log{}}
	cfg := webapi.Config{
		Clock:   w.clock,
		Jitter:  func() float64 { return 0.5 },
		Trace:   w.log.trace,
		OnWait:  w.log.wait,
		Secrets: redact.New(token),
		Limits: webapi.Limits{
			RequestTimeout:  time.Second,
			IdleReadTimeout: 500 * time.Millisecond,
		},
	}
	if change != nil {
		change(&cfg)
	}
	c, err := webapi.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	w.Client = c
	return w
}

func host(url string) string {
	_, h, _ := strings.Cut(url, "://")
	h, _, _ = strings.Cut(h, "/")
	return h
}

func allowLoopback(url string) func(*webapi.Config) {
	return func(c *webapi.Config) { c.Policy.AllowLoopbackHosts = []string{host(url)} }
}

func pack(url string) *webapi.Credential {
	return webapi.StaticCredential("OKTA_API", []string{host(url)}, "SSWS "+token)
}

// serve starts a test server and a client that may reach it.
func serve(t testing.TB, h http.HandlerFunc) (*world, string) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return newWorld(t, allowLoopback(s.URL)), s.URL
}

// simulate starts the simulator with a client whose clock it shares.
func simulate(t testing.TB, cfg oktasim.Config, faults string) (*world, *oktasim.Server) {
	t.Helper()
	var err error
	if cfg.Faults, err = oktasim.ParseFaults(faults); err != nil {
		t.Fatal(err)
	}
	w := &world{}
	cfg.Token = token
	cfg.Now = func() time.Time { return w.clock.Now() }
	w.clock = newClock()
	s, err := oktasim.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	shared := w.clock
	*w = *newWorld(t, func(c *webapi.Config) {
		allowLoopback(s.URL)(c)
		c.Clock = shared
	})
	w.clock = shared
	return w, s
}

type user struct {
	ID string `json:"id"`
}

func decodeUsers(body []byte) (any, error) {
	var users []user
	err := json.Unmarshal(body, &users)
	return users, err
}

// pull reads a list to its end and returns the ids in their order, each once.
func pull(c *webapi.Client, r webapi.PageRequest) (ids []string, p *webapi.Pages, err error) {
	if r.Decode == nil {
		r.Decode = decodeUsers
	}
	p, err = c.Pages(context.Background(), r)
	if err != nil {
		return nil, nil, err
	}
	defer p.Close()
	had := map[string]bool{}
	for {
		page, err := p.Next()
		if errors.Is(err, io.EOF) {
			return ids, p, nil
		}
		if err != nil {
			return ids, p, err
		}
		for _, u := range page.Value.([]user) {
			if !had[u.ID] {
				had[u.ID] = true
				ids = append(ids, u.ID)
			}
		}
		page.Release()
	}
}

func userList(s *oktasim.Server, limit int) webapi.PageRequest {
	return webapi.PageRequest{Request: webapi.Request{
		URL:        fmt.Sprintf("%s/api/v1/users?search=status%%20pr&limit=%d", s.URL, limit),
		Credential: pack(s.URL),
	}}
}

func allIDs(s *oktasim.Server) []string {
	var ids []string
	for _, u := range s.Org().Users() {
		ids = append(ids, u.ID)
	}
	return ids
}

// checkSilent fails when a secret or a control character is in a text that
// people see.
func checkSilent(t testing.TB, what, text string) {
	t.Helper()
	for _, secret := range []string{token, "00TestTokenNotReal", "MDBUZXN0VG9rZW5Ob3RSZWFs", "AwVGVzdFRva2VuTm90UmVhb", proxyPassword, "hunter22"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s shows the token: %s", what, text)
		}
	}
	for _, r := range text {
		if r < ' ' && r != '\n' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			t.Errorf("%s holds the control character %q: %q", what, r, text)
			break
		}
	}
}
