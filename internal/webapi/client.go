package webapi

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/amsx-lang/amsx/internal/redact"
)

// A Config is everything a [Client] takes from outside. The zero value is a
// working client: public hosts only, no proxy, the system's certificates.
type Config struct {
	// Transport replaces the network, for tests and embedders; nil is the
	// network. The policy is checked where connections are made, so with a
	// Transport only the rule that http:// is for loopback hosts applies.
	Transport http.RoundTripper

	// Wrap is the seam for recording and replaying: it is called once with
	// the network (or Transport) and what it returns carries every attempt,
	// below retries and pacing. A player ignores its argument. Bodies it sees
	// are decompressed; [IsSecretHeader] tells which request headers to hide.
	Wrap func(http.RoundTripper) http.RoundTripper

	// Proxy holds the values of HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
	Proxy httpproxy.Config

	// RootCertificates are PEM certificates trusted besides the system's.
	RootCertificates []byte

	// Policy says which addresses may be reached.
	Policy Policy

	// Clock is the time and the waiting; nil is the system's clock.
	Clock Clock

	// Jitter gives numbers in [0,1) that spread retries; nil is random.
	Jitter func() float64

	Limits Limits

	// UserAgent is sent with every request; "" is "amsx".
	UserAgent string

	// Budgets are shared by the clients of one site that run at the same
	// time; nil is the client's own.
	Budgets *Budgets

	// Reserve is the share of an API's rate limit that is left to others,
	// 0.10 when 0; a negative number keeps none.
	Reserve float64

	// Trace receives what happens on the wire, secrets already out. It is
	// called from several goroutines.
	Trace func(Event)

	// OnWait is told before each wait. It is called from several goroutines.
	OnWait func(WaitEvent)

	// Secrets hides secret values in everything the client produces for
	// people: errors, events, advice. See [redact.Set].
	Secrets Secrets

	// Hints are the words for what only the host program knows.
	Hints Hints
}

// Hints are parts of advice that name the settings of the host program. An
// empty one is replaced by general words.
type Hints struct {
	AllowHost        string // how to allow a host inside the network
	RootCertificates string // how to add a root certificate
	Proxy            string // how to set the proxy
	NewToken         string // the command that puts a new token into a pack, to be followed by the pack's name
}

// Limits bound what one request may take. A zero field is its default.
type Limits struct {
	MaxResponseBytes int64         // of a body, after decompression; 64 MiB
	RequestTimeout   time.Duration // of one attempt, to the last byte; 5 min
	IdleReadTimeout  time.Duration // without a new byte; 60 s
	TotalTimeout     time.Duration // of a request with all its waits; 30 min
	MaxWait          time.Duration // of one wait that a server asks for; 5 min
	MaxRedirects     int           // 5; negative is none
	MaxRetries       int           // 6; negative is none
}

func (l Limits) withDefaults() Limits {
	setDefault(&l.MaxResponseBytes, 64<<20)
	setDefault(&l.RequestTimeout, 5*time.Minute)
	setDefault(&l.IdleReadTimeout, time.Minute)
	setDefault(&l.TotalTimeout, 30*time.Minute)
	setDefault(&l.MaxWait, 5*time.Minute)
	setDefault(&l.MaxRedirects, 5)
	setDefault(&l.MaxRetries, 6)
	return l
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// A Client makes requests under one [Config]. It is safe for concurrent use.
// Requests with the same credential pack share one budget of the API's rate
// limit, in all clients that share [Budgets].
type Client struct {
	cfg    Config
	limits Limits
	wire   http.RoundTripper
	closer func()

	mu sync.Mutex

	// The secrets of the last request and what hides them. Requests come in
	// rows with the same token, and a redactor is dear to make.
	lastHidden  []string
	lastSecrets Secrets
}

// New returns a client. It fails when the root certificates or the proxy
// cannot be read.
func New(cfg Config) (*Client, error) {
	if cfg.Clock == nil {
		cfg.Clock = systemClock{}
	}
	if cfg.Jitter == nil {
		cfg.Jitter = rand.Float64
	}
	setDefault(&cfg.UserAgent, "amsx")
	setDefault(&cfg.Reserve, 0.10)
	if cfg.Budgets == nil {
		cfg.Budgets = &Budgets{}
	}
	setDefault(&cfg.Hints.AllowHost, "the site's administrator can add the host to the list of allowed hosts")
	setDefault(&cfg.Hints.RootCertificates, "give that authority's root certificate (a PEM file) in the setting for root certificates")
	setDefault(&cfg.Hints.Proxy, "check HTTPS_PROXY and NO_PROXY")

	c := &Client{cfg: cfg, limits: cfg.Limits.withDefaults(), closer: func() {}}
	proxySecrets, err := proxyPasswords(cfg.Proxy)
	if err != nil {
		return nil, err
	}
	c.cfg.Secrets = chain(cfg.Secrets, proxySecrets)

	c.wire = cfg.Transport
	if c.wire == nil {
		n, err := newNetwork(cfg)
		if err != nil {
			return nil, err
		}
		c.wire, c.closer = n, n.closeIdle
	}
	if cfg.Wrap != nil {
		c.wire = cfg.Wrap(c.wire)
	}
	return c, nil
}

// CloseIdleConnections closes the connections that no request uses.
func (c *Client) CloseIdleConnections() { c.closer() }

// concealing returns what hides the client's secrets and those of a request.
func (c *Client) concealing(hidden []string) Secrets {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Equal(hidden, c.lastHidden) {
		c.lastHidden = slices.Clone(hidden)
		c.lastSecrets = chain(c.cfg.Secrets, redact.New(hidden...))
	}
	return c.lastSecrets
}
