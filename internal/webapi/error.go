package webapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// A Kind is the class of an [Error].
type Kind string

// The kinds of errors.
const (
	KindRequest    Kind = "request"    // the request cannot be sent as it is
	KindCredential Kind = "credential" // the pack does not fit or gave no authorization
	KindEgress     Kind = "egress"     // the address is refused by the site's policy
	KindNetwork    Kind = "network"    // no connection, or it broke
	KindTLS        Kind = "tls"        // the server is not trusted, or speaks no TLS
	KindTimeout    Kind = "timeout"    // one of the client's time limits
	KindTruncated  Kind = "truncated"  // the body ended before its end
	KindTooLarge   Kind = "too large"  // the body is over the limit
	KindStatus     Kind = "status"     // the server answered with an error
	KindRedirect   Kind = "redirect"   // a redirect that is not followed
	KindPage       Kind = "page"       // a page is not what a list consists of
	KindPaging     Kind = "paging"     // the way to the next page is broken
	KindCancelled  Kind = "cancelled"  // the context ended
)

// An Error is a request that failed, in words for an administrator. Every
// text in it has its secrets replaced and its control characters removed.
type Error struct {
	Kind      Kind
	Method    string
	URL       string
	Status    int      // 0 when no answer came
	Code      string   // the API's own, such as E0000011
	Summary   string   // the API's own words
	Causes    []string // the API's details
	Body      string   // start of an answer that is not the API's own error
	RequestID string   // the server's, for its support
	Attempts  int      // how often it was sent
	Page      int      // of a list, from 1; 0 outside lists
	Advice    string   // what to do
	Err       error    // what went wrong here; for programs, unredacted

	detail string // Err for people
}

// Error returns what was asked, what came back, and what to do.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", e.Method, e.URL)
	if e.Page > 0 {
		fmt.Fprintf(&b, " (page %d)", e.Page)
	}
	b.WriteString(": ")
	var said []string
	if e.Status != 0 && (e.Status >= 300 || e.detail == "") {
		said = append(said, statusText(e.Status))
	}
	if words := withoutStop(strings.TrimSpace(e.Code + " " + e.Summary)); words != "" {
		said = append(said, words)
	}
	if len(e.Causes) > 0 {
		said = append(said, withoutStop(strings.Join(e.Causes, "; ")))
	}
	if e.detail != "" {
		said = append(said, e.detail)
	}
	if e.Body != "" {
		said = append(said, fmt.Sprintf("the answer begins %q", e.Body))
	}
	b.WriteString(strings.Join(said, ": "))
	var notes []string
	if e.RequestID != "" {
		notes = append(notes, "request id "+e.RequestID)
	}
	if e.Attempts > 1 {
		notes = append(notes, fmt.Sprintf("after %d attempts", e.Attempts))
	}
	if len(notes) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(notes, ", "))
	}
	if e.Advice != "" {
		b.WriteString(". " + upperFirst(e.Advice))
	}
	return b.String()
}

// Unwrap returns the cause, such as an [EgressError] or context.Canceled. Its
// own text may hold secrets; show the [Error].
func (e *Error) Unwrap() error { return e.Err }

// fail makes the error of an exchange; resp and err may be nil.
func (x *exchange) fail(kind Kind, resp *Response, err error) *Error {
	e := &Error{
		Kind:     kind,
		Method:   clean(x.method, 20),
		Attempts: x.attempts,
		Page:     x.opts.page,
		Err:      err,
	}
	if x.url != nil {
		e.URL = displayURL(x.url.String(), x.secrets)
	} else {
		e.URL = displayURL(x.req.URL, x.secrets)
	}
	if err != nil {
		e.detail = x.text(describe(err), 1000)
	}
	if resp != nil {
		e.Status = resp.Status
		e.RequestID = x.text(requestID(resp.Header), 100)
		if kind == KindStatus || resp.Status >= 400 {
			e.readBody(resp, x)
		}
	}
	e.Advice = x.secrets.Redact(x.advice(e, resp))
	return e
}

// text makes foreign text fit for a message. Secrets are replaced before the
// cut, which would otherwise leave half of one.
func (x *exchange) text(s string, limit int) string {
	return x.secrets.Redact(clean(x.secrets.Redact(s), limit))
}

// An advisedError is a failure that knows what to do about it.
type advisedError struct{ what, advice string }

func (e *advisedError) Error() string { return e.what }

// readBody takes what the API says about its error from the known shapes:
// OKTA's, OAuth's, the one around Microsoft's and Google's, problem+json.
func (e *Error) readBody(resp *Response, x *exchange) {
	body := gjson.ParseBytes(resp.Body)
	if !gjson.ValidBytes(resp.Body) || !body.IsObject() {
		e.Body = x.text(bodyText(resp.Body), maxShown)
		return
	}
	first := func(paths ...string) string {
		for _, p := range paths {
			if v := body.Get(p); v.Exists() && !v.IsObject() && !v.IsArray() && v.String() != "" {
				return x.text(v.String(), maxShown)
			}
		}
		return ""
	}
	e.Code = first("errorCode", "error.code", "error", "code")
	e.Summary = first("errorSummary", "error_description", "error.message", "message", "detail", "title")
	for _, cause := range body.Get("errorCauses").Array() {
		if s := cause.Get("errorSummary").String(); s != "" && len(e.Causes) < 10 {
			e.Causes = append(e.Causes, x.text(s, maxShown))
		}
	}
	if e.Code == "" && e.Summary == "" {
		e.Body = x.text(bodyText(resp.Body), maxShown)
	}
}

// cancelled is the error of a request whose context ended.
func (x *exchange) cancelled(ctx context.Context) *Error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if !errors.Is(cause, err) {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return x.fail(KindCancelled, nil, err)
}

func kindOf(err error) Kind {
	var (
		egress *EgressError
		limit  *timeoutError
		cred   *credentialError
		req    *requestError
		net    interface{ Timeout() bool }
	)
	switch {
	case errors.As(err, &egress):
		return KindEgress
	case errors.As(err, &cred):
		return KindCredential
	case errors.As(err, &req):
		return KindRequest
	case errors.Is(err, errTooLarge):
		return KindTooLarge
	case isTruncated(err):
		return KindTruncated
	case isCertificateError(err), isPlain(err):
		return KindTLS
	case errors.As(err, &limit), errors.As(err, &net) && net.Timeout():
		return KindTimeout
	}
	return KindNetwork
}

// A credentialError is a pack that could not authorise a request.
type credentialError struct {
	pack string
	err  error
}

func (e *credentialError) Error() string {
	return fmt.Sprintf("the pack %s gave no authorization: %v", e.pack, e.err)
}
func (e *credentialError) Unwrap() error { return e.err }

// requestID returns the id under which the server's operators find a request.
func requestID(h http.Header) string {
	for _, name := range []string{"X-Okta-Request-Id", "X-Request-Id", "Request-Id", "X-Ms-Request-Id", "X-Correlation-Id"} {
		if id := h.Get(name); id != "" {
			return id
		}
	}
	return ""
}

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// withoutStop takes the full stop off a foreign sentence that goes on here.
func withoutStop(s string) string {
	if strings.HasSuffix(s, "..") {
		return s
	}
	return strings.TrimSuffix(s, ".")
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// skew returns how far this machine's clock is from the server's, when the
// server told its own.
func skew(resp *Response, now time.Time) time.Duration {
	if resp == nil || resp.Header.Get("Date") == "" {
		return 0
	}
	return now.Sub(resp.Date).Round(time.Second)
}
