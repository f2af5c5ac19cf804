package webapi

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/amsx-lang/amsx/internal/redact"
)

var errTooLarge = errors.New("the answer is too large")

// send makes one attempt: waits for the budget, sends, reads the whole body.
func (x *exchange) send(ctx context.Context) (*Response, error) {
	clock := x.c.cfg.Clock
	for {
		wait := x.budget.take(clock.Now())
		if wait <= 0 {
			break
		}
		if err := x.pause(ctx, wait, WaitRateLimit, ""); err != nil {
			return nil, finalError{err}
		}
	}
	x.attempts++
	began := clock.Now()
	resp, err := x.roundTrip(ctx)
	now := clock.Now()
	rate := rateInfo{limit: -1, remaining: -1, reset: -1}
	if resp != nil {
		rate = readRate(resp.Header, now)
	}
	x.budget.done(now, rate, x.c.cfg.Reserve, x.c.limits.MaxWait)
	if err != nil {
		x.trace(Event{Kind: EventFailure, Duration: now.Sub(began), Detail: clean(err.Error(), maxShown)})
		return nil, err
	}
	x.trace(Event{Kind: EventResponse, Status: resp.Status, Bytes: len(resp.Body), Duration: now.Sub(began), Header: x.shownHeader(resp.Header)})
	return resp, nil
}

// roundTrip returns the response also together with an error when its header
// came and its body did not: the header counts for the budget.
func (x *exchange) roundTrip(parent context.Context) (*Response, error) {
	limits := x.c.limits
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	left := x.deadline.Sub(x.c.cfg.Clock.Now())
	whole := time.AfterFunc(min(limits.RequestTimeout, left), func() {
		if left < limits.RequestTimeout {
			cancel(&timeoutError{"not answered", limits.TotalTimeout})
			return
		}
		cancel(&timeoutError{"the answer was not complete", limits.RequestTimeout})
	})
	defer whole.Stop()
	idle := time.AfterFunc(limits.IdleReadTimeout, func() {
		cancel(&timeoutError{"nothing was received", limits.IdleReadTimeout})
	})
	defer idle.Stop()
	alive := func() { idle.Reset(limits.IdleReadTimeout) }

	req, err := x.request(ctx, alive)
	if err != nil {
		return nil, err
	}
	x.trace(Event{Kind: EventRequest, Header: x.shownRequestHeader(req)})
	res, err := x.c.wire.RoundTrip(req)
	if err != nil {
		return nil, ownTimeout(ctx, err)
	}
	if res.Body == nil {
		res.Body = http.NoBody
	}
	defer res.Body.Close()
	alive()
	resp := &Response{
		Status:   res.StatusCode,
		Header:   canonicalHeader(res.Header),
		URL:      displayURL(x.url.String(), x.secrets),
		Date:     serverDate(res.Header, x.c.cfg.Clock.Now()),
		Attempts: x.attempts,
		exchange: x,
	}
	resp.Body, err = x.readBody(res, alive)
	if err != nil {
		return resp, ownTimeout(ctx, err)
	}
	return resp, nil
}

// canonicalHeader returns h with its names in Go's spelling. The network does
// that; a player of recorded answers may not, and a link header that is not
// found would end a list early.
func canonicalHeader(h http.Header) http.Header {
	for name := range h {
		if http.CanonicalHeaderKey(name) == name {
			continue
		}
		canonical := make(http.Header, len(h))
		for name, values := range h {
			name = http.CanonicalHeaderKey(name)
			canonical[name] = append(canonical[name], values...)
		}
		return canonical
	}
	return h
}

// ownTimeout returns the client's time limit when that is what ended err.
func ownTimeout(ctx context.Context, err error) error {
	var mine *timeoutError
	if errors.As(context.Cause(ctx), &mine) {
		return mine
	}
	return err
}

func (x *exchange) request(ctx context.Context, alive func()) (*http.Request, error) {
	secret := map[string]bool{}
	ctx = context.WithValue(ctx, secretHeadersKey{}, secret)
	var body io.Reader
	if len(x.req.Body) > 0 {
		body = bytes.NewReader(x.req.Body)
	}
	req, err := http.NewRequestWithContext(ctx, x.method, x.url.String(), body)
	if err != nil {
		return nil, finalError{&requestError{fmt.Sprintf("%q is no method of HTTP", clean(x.method, 20))}}
	}
	if body != nil {
		req.Body = tickReader{io.NopCloser(body), alive}
	}
	req.Header.Set("User-Agent", x.c.cfg.UserAgent)
	if x.req.ContentType != "" {
		req.Header.Set("Content-Type", x.req.ContentType)
	}
	headers := x.req.Header
	if cred := x.req.Credential; cred != nil && cred.Authorize != nil {
		authorization, err := cred.Authorize(ctx, AuthRequest{Method: x.method, URL: x.url.String()})
		if err != nil {
			return nil, finalError{&credentialError{cred.Pack, err}}
		}
		headers = slices.Clone(headers)
		for _, h := range authorization {
			h.Secret = true
			headers = append(headers, h)
		}
	}
	for _, h := range headers {
		if h.Secret {
			secret[http.CanonicalHeaderKey(h.Name)] = true
			x.hide(h.Value)
		}
		if err := checkHeader(h); err != nil {
			return nil, finalError{err}
		}
		req.Header.Set(h.Name, h.Value)
	}
	// The transport asks for gzip itself, and then undoes it.
	req.Header.Del("Accept-Encoding")
	if x.retryFor != "" {
		req.Header.Set("X-Okta-Retry-For", x.retryFor)
		req.Header.Set("X-Okta-Retry-Count", fmt.Sprint(x.retries))
	}
	return req, nil
}

// checkHeader refuses what would break out of a header. The message leaves
// out the value, which is a token more often than not.
func checkHeader(h Header) error {
	if !httpguts.ValidHeaderFieldName(h.Name) {
		return &requestError{fmt.Sprintf("%q is no name of a header", h.Name)}
	}
	if !httpguts.ValidHeaderFieldValue(h.Value) {
		return &requestError{fmt.Sprintf("the value of the header %s has a line end or another control character in it; a token that was pasted with one must be stored again", h.Name)}
	}
	return nil
}

// A requestError is a request that cannot be sent as it is.
type requestError struct{ what string }

func (e *requestError) Error() string { return e.what }

// hide adds a secret of this request to what is replaced in texts: the whole
// value, and the part behind the scheme as in "SSWS token".
func (x *exchange) hide(value string) {
	if value == "" || slices.Contains(x.hidden, value) {
		return
	}
	x.hidden = append(x.hidden, value)
	if _, token, ok := strings.Cut(value, " "); ok {
		x.hidden = append(x.hidden, strings.TrimSpace(token))
	}
	x.secrets = x.c.concealing(x.hidden)
}

// readBody reads a body to its end, decompressed, within the size limit.
func (x *exchange) readBody(res *http.Response, alive func()) ([]byte, error) {
	limit := x.c.limits.MaxResponseBytes
	var body io.Reader = tickReader{res.Body, alive}
	if strings.EqualFold(res.Header.Get("Content-Encoding"), "gzip") && !res.Uncompressed {
		z, err := gzip.NewReader(body)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, cutBody(err)
		}
		if err == nil {
			body = z
		}
	}
	buf := x.opts.buf[:0]
	if n := res.ContentLength; n > limit {
		return nil, fmt.Errorf("%w: %d bytes, more than the %d allowed", errTooLarge, n, limit)
	} else if n > 0 && int64(cap(buf)) <= n {
		buf = make([]byte, 0, n+1) // one more, so that the end is seen without growing
	}
	for {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, max(8<<10, cap(buf)/2))
		}
		n, err := body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if int64(len(buf)) > limit {
			return nil, fmt.Errorf("%w: more than the %d bytes allowed", errTooLarge, limit)
		}
		if err == io.EOF {
			x.opts.buf = buf
			return buf, nil
		}
		if err != nil {
			return nil, cutBody(err)
		}
	}
}

// cutBody makes whatever ends a body before its end a truncated one: a broken
// connection, a stream that HTTP/2 resets, damage of the compression.
func cutBody(err error) error { return fmt.Errorf("%w: %w", ErrTruncated, err) }

// A tickReader tells of every read that moved something.
type tickReader struct {
	io.ReadCloser
	tick func()
}

func (r tickReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if n > 0 {
		r.tick()
	}
	return n, err
}

func (x *exchange) trace(e Event) {
	if x.c.cfg.Trace == nil {
		return
	}
	e.Method, e.Attempt = x.method, x.attempts
	e.URL = displayURL(x.url.String(), x.secrets)
	e.Detail = x.secrets.Redact(e.Detail)
	x.c.cfg.Trace(e)
}

func (x *exchange) shownRequestHeader(req *http.Request) map[string]string {
	if x.c.cfg.Trace == nil {
		return nil
	}
	shown := x.shownHeader(req.Header)
	for name := range shown {
		if IsSecretHeader(req, name) {
			shown[name] = redact.Mask
		}
	}
	return shown
}

func (x *exchange) shownHeader(h http.Header) map[string]string {
	if x.c.cfg.Trace == nil {
		return nil
	}
	shown := make(map[string]string, len(h))
	for name, values := range h {
		shown[name] = x.secrets.Redact(clean(strings.Join(values, ", "), 2000))
		if name == "Set-Cookie" {
			shown[name] = redact.Mask
		}
	}
	return shown
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
