package webapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// ErrTruncated says that a body ended before its end. A Decode function of
// [PageRequest] wraps it (or io.ErrUnexpectedEOF) to have the page read again.
var ErrTruncated = errors.New("the answer is cut off")

// Backoff between attempts: doubled each time, spread between half and whole
// so that workers which failed together do not return together.
const (
	firstBackoff       = time.Second
	maxBackoff         = 30 * time.Second
	maxConcurrencyWait = 10 * time.Second
)

func backoff(try int, ceiling time.Duration, jitter float64) time.Duration {
	d := ceiling
	if try < 16 {
		d = min(firstBackoff<<try, ceiling)
	}
	return d/2 + time.Duration(jitter*float64(d/2))
}

// A verdict is what follows from one attempt.
type verdict struct {
	retry  bool
	most   int // retries allowed for this failure, besides the client's limit
	wait   time.Duration
	reason WaitReason
	block  bool // the wait holds for everything that uses the pack
	err    error
}

const noMost = 1 << 30

// judgeStatus decides on an answer whose status is an error. list says the
// request reads a page of a list, for which a 500 means it took too long.
func (c *Client) judgeStatus(status int, h http.Header, now time.Time, try int, list bool) verdict {
	v := verdict{most: noMost, reason: WaitRetry, wait: backoff(try, maxBackoff, c.cfg.Jitter())}
	switch status {
	case http.StatusTooManyRequests:
		v.retry = true
		rate := readRate(h, now)
		switch {
		case rate.concurrency():
			v.reason, v.wait = WaitConcurrency, backoff(try, maxConcurrencyWait, c.cfg.Jitter())
		case rate.reset >= 0 || rate.limit > 0:
			// A reset that has passed already tells nothing: not sooner than after
			// any other failure.
			v.reason, v.wait, v.block = WaitRateLimit, max(rate.untilReset(c.limits.MaxWait), v.wait), true
		}
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		v.retry = true
	case http.StatusInternalServerError:
		v.retry, v.most = list, 1
	}
	if after, ok := retryAfter(h, now); ok && v.retry {
		v.reason, v.wait, v.block = WaitRetryAfter, after, true
		if after > c.limits.MaxWait {
			v.retry = false
			v.err = fmt.Errorf("the server asks to wait %v (Retry-After), longer than the %v a run waits; run again later", after, c.limits.MaxWait)
		}
	}
	return v
}

// judgeFailure decides on an attempt without a whole answer.
func (c *Client) judgeFailure(err error, try int) verdict {
	v := verdict{retry: true, most: noMost, reason: WaitRetry, wait: backoff(try, maxBackoff, c.cfg.Jitter()), err: err}
	var (
		dns    *net.DNSError
		egress *EgressError
		proxy  *proxyError
	)
	switch {
	case errors.As(err, &proxy) && proxy.Err == nil && proxy.Status < 500:
		// It will say so again; a wrong password, said often, locks an account.
		v.retry = false
	case errors.As(err, &egress), errors.Is(err, errTooLarge), errors.Is(err, errFinal), isCertificateError(err), isPlain(err):
		v.retry = false
	case errors.As(err, &dns):
		v.retry = !dns.IsNotFound
	case isRefused(err):
		v.most = 2 // nobody listens; a server that restarts does so soon
	}
	return v
}

func isCertificateError(err error) bool {
	var (
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	return errors.As(err, &verify) || errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid)
}

// errFinal marks failures that another attempt cannot change.
var errFinal = errors.New("final")

type finalError struct{ err error }

func (e finalError) Error() string        { return e.err.Error() }
func (e finalError) Unwrap() error        { return e.err }
func (e finalError) Is(target error) bool { return target == errFinal }

// timeoutError is one of the client's own time limits.
type timeoutError struct {
	what  string
	limit time.Duration
}

func (e *timeoutError) Error() string { return fmt.Sprintf("%s within %v", e.what, e.limit) }
func (e *timeoutError) Timeout() bool { return true }

// Is makes the client's time limits deadline errors, as callers expect.
func (e *timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }
