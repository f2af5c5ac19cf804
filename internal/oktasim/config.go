package oktasim

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultToken is the API token that a simulator accepts when its Config names none.
const DefaultToken = "00TestTokenNotReal"

// A Config is what a simulator is made from. The zero value is an org without users that accepts DefaultToken.
type Config struct {
	Users   int    // users to generate
	Groups  int    // groups to generate, besides Everyone
	Seed    uint64 // the same seed gives the same org, on every machine
	Changed int    // percent of the generated users that differ from what the seed gives, 0 to 100

	SeedFile string // a file to read the org from, instead of generating one
	Org      *Org   // an org made by the caller, instead of generating one

	Token     string        // the API token; empty is DefaultToken
	PageLimit int           // most records on a page; 0 is OKTA's own: 200 users, 1,000 members, 10,000 groups
	RateLimit int           // calls in a window, for each kind of endpoint; 0 is 600
	AtOnce    int           // calls under way at the same time; 0 is OKTA's 75
	Window    time.Duration // length of a rate limit window; 0 is a minute. OKTA tells its end in whole seconds
	Latency   time.Duration // time that every answer takes
	LinkStyle string        // "two" Link headers (also when empty) or one "joined" by a comma; OKTA sends either
	NoGzip    bool          // never compress, for measurements of the client
	TLS       bool          // a server speaks HTTPS, with a certificate of its own making; see Server.RootPEM
	PublicURL string        // scheme and host that links show, when it is not the one that the client called
	Faults    []Fault       // what goes wrong, and when

	Now func() time.Time // the simulator's clock; nil is the machine's
	Log func(string)     // is given one line for each answer, without the token, also from several goroutines; nil is silence
}

// Describe returns the options in the order in which they are best shown, each with its meaning.
func Describe() [][2]string {
	return [][2]string{
		{"users", "how many users to generate"},
		{"groups", "how many groups to generate, besides Everyone"},
		{"seed", "the number that the made-up people come from; the same number gives the same people"},
		{"changed", "percent of the people whose title, department and lastUpdated differ from what the seed gives"},
		{"seed-file", "a JSON file with users and groups, instead of generated ones"},
		{"token", "the API token that is accepted (default " + DefaultToken + ")"},
		{"page-limit", "most records on a page (default 200 users, 1000 members, 10000 groups)"},
		{"rate-limit", "calls in a window, for each kind of endpoint (default 600)"},
		{"at-once", "calls under way at the same time (default 75)"},
		{"window", "length of a rate limit window (default 1m)"},
		{"latency", "time that every answer takes, for example 60ms"},
		{"link-style", "two: self and next in a Link header each (default); joined: both in one"},
		{"no-gzip", "never compress"},
		{"public-url", "scheme and host that links show, for example https://contoso.example, when it is not the one that was called"},
		{"tls", "HTTPS with a certificate made for this run"},
		{"fault", "what goes wrong, for example \"page 3: 429 twice; page 7: truncated\""},
	}
}

// A Sim is a simulator of one OKTA org. It is an http.Handler and safe for concurrent use.
type Sim struct {
	cfg     Config
	org     *Org
	cursors cursorCodec
	limiter limiter
	cache   pageCache
	busy    atomic.Int64 // calls under way

	mu       sync.Mutex
	faults   []*armedFault
	requests []Request
	serial   uint64
}

// New returns a simulator. It fails when the options contradict each other or the seed file cannot be used.
func New(cfg Config) (*Sim, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg.Token = cmp.Or(cfg.Token, DefaultToken)
	cfg.RateLimit = cmp.Or(cfg.RateLimit, 600)
	cfg.Window = cmp.Or(cfg.Window, time.Minute)
	cfg.AtOnce = cmp.Or(cfg.AtOnce, 75)
	cfg.PublicURL = strings.TrimSuffix(cfg.PublicURL, "/")
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	org := cfg.Org
	switch {
	case cfg.SeedFile != "":
		f, err := os.Open(cfg.SeedFile)
		if err != nil {
			return nil, fmt.Errorf("the seed file cannot be opened: %w", err)
		}
		defer f.Close()
		if org, err = ReadSeed(f); err != nil {
			return nil, fmt.Errorf("seed file %s: %w", cfg.SeedFile, err)
		}
	case org == nil:
		org = Generate(cfg.Users, cfg.Groups, cfg.Seed)
		org.SetChanged(cfg.Changed)
	}
	org.setClock(cfg.Now)
	s := &Sim{cfg: cfg, org: org, cursors: cursorCodec{seed: cfg.Seed}}
	s.limiter = limiter{limit: cfg.RateLimit, window: cfg.Window}
	s.SetFaults(cfg.Faults)
	return s, nil
}

func (c Config) check() error {
	generated := c.Users != 0 || c.Groups != 0 || c.Changed != 0
	switch {
	case c.Users < 0 || c.Groups < 0 || c.PageLimit < 0 || c.RateLimit < 0 || c.AtOnce < 0 || c.Window < 0 || c.Latency < 0:
		return errors.New("users, groups, page limit, rate limit, calls at once, window and latency cannot be below zero")
	case c.Changed < 0 || c.Changed > 100:
		return fmt.Errorf("changed is a percentage from 0 to 100, not %d", c.Changed)
	case c.SeedFile != "" && c.Org != nil, generated && (c.SeedFile != "" || c.Org != nil):
		return errors.New("give either a seed file (or an org), or the number of users and groups to generate")
	case !slices.Contains([]string{"", "two", "joined"}, c.LinkStyle):
		return fmt.Errorf("the link style is two or joined, not %q", c.LinkStyle)
	case strings.ContainsAny(c.Token, " \t\r\n"):
		return errors.New("the token cannot hold blanks or line ends")
	}
	return nil
}

// Org returns the org that the simulator serves, for tests that change it between two runs.
func (s *Sim) Org() *Org { return s.org }

// SetFaults replaces the faults; each starts counting from the beginning.
func (s *Sim) SetFaults(faults []Fault) {
	armed := make([]*armedFault, len(faults))
	for i, f := range faults {
		armed[i] = &armedFault{Fault: f, left: f.count}
	}
	s.mu.Lock()
	s.faults = armed
	s.mu.Unlock()
}

// A Request is one call that a client made. The token is in none of its fields.
type Request struct {
	Method string
	Path   string
	Query  string      // as it was sent
	Header http.Header // without Authorization and cookies
	Status int         // what was answered; 0 when the connection was cut before an answer
}

// maxRequests is how many calls are remembered: enough for a pull of five million users.
const maxRequests = 50_000

// Requests returns the calls so far in the order in which they were answered, at most the last 50,000.
func (s *Sim) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// ForgetRequests empties the list of calls, for a test that makes several runs.
func (s *Sim) ForgetRequests() {
	s.mu.Lock()
	s.requests = nil
	s.mu.Unlock()
}

func (s *Sim) remember(r *http.Request, status int) {
	mask := func(text string) string { return strings.ReplaceAll(text, s.cfg.Token, "***") }
	req := Request{Method: r.Method, Path: mask(r.URL.Path), Query: mask(r.URL.RawQuery), Status: status, Header: http.Header{}}
	for name, values := range r.Header {
		switch name {
		case "Authorization", "Proxy-Authorization", "Cookie":
			continue
		}
		for _, v := range values {
			req.Header.Add(name, mask(v))
		}
	}
	s.mu.Lock()
	if len(s.requests) >= maxRequests {
		s.requests = slices.Delete(s.requests, 0, maxRequests/10)
	}
	s.requests = append(s.requests, req)
	s.mu.Unlock()
	if s.cfg.Log != nil {
		line := req.Method + " " + req.Path
		if req.Query != "" {
			line += "?" + req.Query
		}
		if status == 0 {
			s.cfg.Log(line + " cut")
		} else {
			s.cfg.Log(fmt.Sprintf("%s %d", line, status))
		}
	}
}
