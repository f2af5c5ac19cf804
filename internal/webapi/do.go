package webapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Do sends a request and returns its whole answer. It waits when the API's
// rate limit is near, retries what may be retried (GET, HEAD, and requests
// marked idempotent), and follows redirects on the same host. A status from
// 400 on that r does not allow is an [*Error], as is every other failure.
func (c *Client) Do(ctx context.Context, r *Request) (*Response, error) {
	return c.do(ctx, r, options{})
}

// options are what reading a list adds to a request.
type options struct {
	list  bool                  // a 500 may be retried once
	buf   []byte                // to read the body into
	check func(*Response) error // part of the attempt: an ErrTruncated repeats it
	page  int
}

func (c *Client) do(ctx context.Context, r *Request, o options) (*Response, error) {
	x, err := c.newExchange(r, o)
	if err != nil {
		return nil, err
	}
	for {
		resp, err := x.send(ctx)
		var again verdict
		switch {
		case ctx.Err() != nil:
			return nil, x.cancelled(ctx)
		case err != nil:
			again = c.judgeFailure(err, x.retries)
		case x.isRedirect(resp):
			if err := x.redirect(resp); err != nil {
				return nil, err
			}
			continue
		case resp.Status < 400 || slices.Contains(r.Allow, resp.Status):
			err := x.checked(resp)
			if err == nil {
				return resp, nil
			}
			if !isTruncated(err) {
				return nil, x.fail(KindPage, resp, err)
			}
			again = c.judgeFailure(fmt.Errorf("%w: %w", ErrTruncated, err), x.retries)
		case resp.Status == http.StatusUnauthorized && x.mayRenew():
			renewed, err := x.req.Credential.Refused(ctx, resp.Header)
			if err != nil {
				return nil, x.fail(KindCredential, resp, err)
			}
			if renewed {
				continue
			}
			return nil, x.fail(KindStatus, resp, nil)
		default:
			again = c.judgeStatus(resp.Status, resp.Header, c.cfg.Clock.Now(), x.retries, o.list)
		}
		if err := x.again(ctx, again, resp); err != nil {
			return nil, err
		}
	}
}

// An exchange is one request with all its attempts.
type exchange struct {
	c       *Client
	req     *Request
	opts    options
	method  string
	start   *url.URL // as the caller gave it
	url     *url.URL // of the next attempt, after redirects
	budget  *budget
	secrets Secrets // the client's and those of this request
	hidden  []string

	deadline  time.Time
	attempts  int
	retries   int
	spent     map[int]int // retries by status, 0 for none
	redirects int
	renewed   bool
	retryFor  string // OKTA's id of the first refused attempt
}

func (c *Client) newExchange(r *Request, o options) (*exchange, error) {
	x := &exchange{c: c, req: r, opts: o, method: strings.ToUpper(r.Method), secrets: c.cfg.Secrets, spent: map[int]int{}}
	if x.method == "" {
		x.method = http.MethodGet
	}
	for _, h := range r.Header {
		if h.Secret {
			x.hide(h.Value)
		}
	}
	u, err := url.Parse(strings.TrimSpace(r.URL))
	if err != nil {
		return nil, x.fail(KindRequest, nil, errors.New("the address cannot be read; it starts with https:// and a host"))
	}
	u.Fragment, u.RawFragment = "", ""
	x.start, x.url = u, u
	x.budget = c.cfg.Budgets.of(r.Credential, canonicalHost(u.Host, u.Scheme))
	x.deadline = c.cfg.Clock.Now().Add(c.limits.TotalTimeout)
	if kind, err := x.checkURL(u); err != nil {
		return nil, x.fail(kind, nil, err)
	}
	return x, nil
}

// checkURL refuses addresses before anything is sent.
func (x *exchange) checkURL(u *url.URL) (Kind, error) {
	switch {
	case u.Hostname() == "" || u.Scheme == "":
		return KindRequest, errors.New("the address has no host; it starts with https://")
	case u.User != nil:
		return KindRequest, errors.New("the address holds a user or password; put them into a credential pack and use Authorize")
	case u.Scheme == "http" && !isLoopbackName(u.Hostname()):
		return KindEgress, errors.New("http:// without TLS is for loopback hosts only; write https://")
	case u.Scheme != "https" && u.Scheme != "http":
		return KindRequest, fmt.Errorf("%s:// is not spoken here; write https://", u.Scheme)
	case oddAddress(u.Hostname()) != "" && !isIP(u.Hostname()):
		return KindEgress, &EgressError{Host: u.Host, Reason: oddAddress(u.Hostname())}
	}
	if cred := x.req.Credential; cred != nil && !onHosts(u, cred.Hosts) {
		return KindCredential, fmt.Errorf("the pack %s may not send to %s; its hosts are %s", cred.Pack, u.Host, strings.Join(cred.Hosts, ", "))
	}
	for _, h := range x.req.Header {
		if len(h.Hosts) > 0 && !onHosts(u, h.Hosts) {
			return KindCredential, fmt.Errorf("the header %s may not go to %s; its hosts are %s", clean(h.Name, 100), u.Host, strings.Join(h.Hosts, ", "))
		}
	}
	return "", nil
}

// onHosts reports whether u is on one of the hosts.
func onHosts(u *url.URL, hosts []string) bool {
	want := canonicalHost(u.Host, u.Scheme)
	return slices.ContainsFunc(hosts, func(h string) bool { return canonicalHost(h, u.Scheme) == want })
}

// again waits for the next attempt, or returns why there is none.
func (x *exchange) again(ctx context.Context, v verdict, resp *Response) error {
	status, kind, detail := 0, kindOf(v.err), ""
	if resp != nil && !isTruncated(v.err) {
		status, kind = resp.Status, KindStatus
		detail = statusText(status)
		if x.retryFor == "" {
			x.retryFor = resp.Header.Get("X-Okta-Request-Id")
		}
	}
	if v.err != nil && detail == "" {
		detail = x.secrets.Redact(clean(v.err.Error(), maxShown))
	}
	if v.block && v.retry { // also when this request is not sent again
		x.budget.block(x.c.cfg.Clock.Now().Add(v.wait))
	}
	if !v.retry || !x.repeatable() || x.retries >= x.c.limits.MaxRetries || x.spent[status] >= v.most {
		return x.fail(kind, resp, v.err)
	}
	x.retries++
	x.spent[status]++
	x.url, x.redirects = x.start, 0
	if err := x.pause(ctx, v.wait, v.reason, detail); err != nil {
		if ctx.Err() != nil {
			return x.cancelled(ctx)
		}
		return x.fail(kind, resp, errors.Join(v.err, err))
	}
	return nil
}

func (x *exchange) repeatable() bool {
	if x.method == http.MethodGet || x.method == http.MethodHead || x.req.Idempotent {
		return true
	}
	return slices.ContainsFunc(x.req.Header, func(h Header) bool {
		return strings.EqualFold(h.Name, "Idempotency-Key") && h.Value != ""
	})
}

func (x *exchange) mayRenew() bool {
	cred := x.req.Credential
	if cred == nil || cred.Refused == nil || x.renewed {
		return false
	}
	x.renewed = true
	return true
}

func (x *exchange) checked(resp *Response) error {
	if x.opts.check == nil {
		return nil
	}
	return x.opts.check(resp)
}

// pause waits, unless the request's total time would pass.
func (x *exchange) pause(ctx context.Context, d time.Duration, reason WaitReason, detail string) error {
	now := x.c.cfg.Clock.Now()
	if now.Add(d).After(x.deadline) {
		return fmt.Errorf("%w: the next wait of %v is longer than what is left", &timeoutError{"not answered", x.c.limits.TotalTimeout}, d.Round(time.Second))
	}
	w := WaitEvent{Reason: reason, For: d, Until: now.Add(d), Host: x.url.Host, Detail: detail}
	if x.req.Credential != nil {
		w.Pack = x.req.Credential.Pack
	}
	if x.c.cfg.OnWait != nil {
		x.c.cfg.OnWait(w)
	}
	x.trace(Event{Kind: EventWait, Wait: d, Detail: w.String()})
	return x.c.cfg.Clock.Sleep(ctx, d)
}

// isRedirect reports a redirect to follow or to refuse. 304 has no new place.
func (x *exchange) isRedirect(resp *Response) bool {
	return resp.Status >= 300 && resp.Status < 400 && resp.Status != http.StatusNotModified
}

// redirect follows a redirect of a GET or HEAD on the same host. Anything
// else would send the token, or the data, to a place nobody named.
func (x *exchange) redirect(resp *Response) error {
	location := resp.Header.Get("Location")
	if location == "" {
		return x.fail(KindRedirect, resp, errors.New("the redirect names no Location"))
	}
	next, err := x.url.Parse(location)
	if err != nil {
		return x.fail(KindRedirect, resp, errors.New("the redirect's Location cannot be read"))
	}
	next.Fragment, next.RawFragment = "", ""
	shown := displayURL(next.String(), x.secrets)
	switch {
	case x.method != http.MethodGet && x.method != http.MethodHead:
		return x.fail(KindRedirect, resp, fmt.Errorf("a %s is redirected to %s; only GET and HEAD are followed", x.method, shown))
	case !sameOrigin(x.url, next):
		return x.fail(KindRedirect, resp, fmt.Errorf("the answer is a redirect to another host, %s, which is not followed", shown))
	case x.redirects >= x.c.limits.MaxRedirects:
		return x.fail(KindRedirect, resp, fmt.Errorf("more than %d redirects, the last to %s", x.c.limits.MaxRedirects, shown))
	}
	if kind, err := x.checkURL(next); err != nil {
		return x.fail(kind, resp, err)
	}
	x.trace(Event{Kind: EventRedirect, Status: resp.Status, Detail: shown})
	x.redirects++
	x.url = next
	return nil
}

// sameOrigin compares scheme, host and port; a missing port is the scheme's.
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && canonicalHost(a.Host, a.Scheme) == canonicalHost(b.Host, b.Scheme)
}

func isTruncated(err error) bool {
	return errors.Is(err, ErrTruncated) || errors.Is(err, io.ErrUnexpectedEOF)
}
