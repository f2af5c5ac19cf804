package harness

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// A Player is an http.RoundTripper that answers from recorded exchanges and
// reaches no network: a request without a recording is an error that names the
// nearest one and the difference. Each exchange is used once, those of one
// request in the order of their names, so that a 429 and the answer to the
// retry are two files. It is safe for concurrent use.
type Player struct {
	mu     sync.Mutex
	queue  map[string][]*Exchange
	all    []*Exchange
	unused int
}

// NewPlayer returns a Player of exchanges in the order in which they happened.
func NewPlayer(exchanges []*Exchange) *Player {
	p := &Player{queue: make(map[string][]*Exchange), all: exchanges, unused: len(exchanges)}
	for _, e := range exchanges {
		k := key(e.Method, e.URL)
		p.queue[k] = append(p.queue[k], e)
	}
	return p
}

// RoundTrip implements http.RoundTripper.
func (p *Player) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		var err error
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body.Close()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	k := key(r.Method, r.URL)
	q := p.queue[k]
	i := slices.IndexFunc(q, func(e *Exchange) bool {
		return len(e.Sent) == 0 || bytes.Equal(e.Sent, sent) || bytes.Equal(e.Sent, pretty(sent))
	})
	if i < 0 {
		return nil, &NoRecordingError{Method: r.Method, URL: r.URL.String(), Nearest: p.nearest(r.Method, r.URL)}
	}
	e := q[i]
	p.queue[k] = slices.Delete(slices.Clone(q), i, i+1)
	p.unused--
	return &http.Response{
		Status: fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status)), StatusCode: e.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: e.Header.Clone(), Body: io.NopCloser(bytes.NewReader(e.Body)), ContentLength: int64(len(e.Body)),
	}, nil
}

// Unused returns the names of the exchanges that no request asked for.
func (p *Player) Unused() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var names []string
	for _, q := range p.queue {
		for _, e := range q {
			names = append(names, e.Name)
		}
	}
	slices.Sort(names)
	return names
}

// A NoRecordingError is a request that a replayed run made and no recording
// answers.
type NoRecordingError struct {
	Method, URL string
	Nearest     string // the nearest recording and what differs; empty: there is none
}

// Error names the request, the nearest recording and the difference.
func (e *NoRecordingError) Error() string {
	s := "no recording answers " + e.Method + " " + e.URL
	if e.Nearest != "" {
		return s + "; nearest is " + e.Nearest
	}
	return s + "; the case has no recording of that address"
}

// nearest describes the recording that differs least from a request.
func (p *Player) nearest(method string, u *url.URL) string {
	best, least := "", 1<<30
	for _, e := range p.all {
		if d, n := difference(e, method, u); n < least {
			best, least = e.Name+": "+d, n
		}
	}
	return best
}

// difference says in words how a request differs from a recording, and how
// much.
func difference(e *Exchange, method string, u *url.URL) (string, int) {
	var d []string
	n := 0
	if e.Method != method {
		d, n = append(d, fmt.Sprintf("method %s (recorded %s)", method, e.Method)), n+4
	}
	if e.URL.Host != u.Host || e.URL.Scheme != u.Scheme {
		d, n = append(d, fmt.Sprintf("host %s://%s (recorded %s://%s)", u.Scheme, u.Host, e.URL.Scheme, e.URL.Host)), n+8
	}
	if e.URL.Path != u.Path {
		d, n = append(d, fmt.Sprintf("path %s (recorded %s)", u.Path, e.URL.Path)), n+16
	}
	want, got := e.URL.Query(), u.Query()
	var names []string
	for k := range want {
		names = append(names, k)
	}
	for k := range got {
		if !want.Has(k) {
			names = append(names, k)
		}
	}
	slices.Sort(names)
	for _, k := range names {
		if w, g := strings.Join(want[k], ","), strings.Join(got[k], ","); w != g {
			d, n = append(d, fmt.Sprintf("query %s=%s (recorded %q)", k, g, w)), n+1
		}
	}
	if n == 0 {
		return "the same request, already answered", 0
	}
	return strings.Join(d, ", "), n
}
