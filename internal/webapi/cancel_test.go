package webapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/amsx-lang/amsx/internal/webapi"
)

func answer(status int, header map[string]string, body io.Reader) *http.Response {
	h := http.Header{}
	for name, value := range header {
		h.Set(name, value)
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(body), ContentLength: -1}
}

// A stuck reader gives nothing until its request is given up.
type stuck struct{ ctx context.Context }

func (s stuck) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

// A drip gives a byte a second.
type drip struct{ ctx context.Context }

func (d drip) Read(p []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		p[0] = ' '
		return 1, nil
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	}
}

// Cancelling ends every kind of wait at once.
func TestCancelInterruptsEveryWait(t *testing.T) {
	for name, transport := range map[string]roundTrip{
		"backoff": func(*http.Request) (*http.Response, error) { return answer(503, nil, strings.NewReader("")), nil },
		"rate limit": func(*http.Request) (*http.Response, error) {
			return answer(429, map[string]string{"X-Rate-Limit-Reset": "99999999999"}, strings.NewReader("")), nil
		},
		"retry after": func(*http.Request) (*http.Response, error) {
			return answer(503, map[string]string{"Retry-After": "200"}, strings.NewReader("")), nil
		},
		"no answer":   func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() },
		"in the body": func(r *http.Request) (*http.Response, error) { return answer(200, nil, stuck{r.Context()}), nil },
		"dripping":    func(r *http.Request) (*http.Response, error) { return answer(200, nil, drip{r.Context()}), nil },
		"at a reserve": func(*http.Request) (*http.Response, error) {
			return answer(503, map[string]string{"X-Rate-Limit-Limit": "10", "X-Rate-Limit-Remaining": "1", "X-Rate-Limit-Reset": "99999999999"}, strings.NewReader("")), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, err := webapi.New(webapi.Config{Transport: transport})
				if err != nil {
					t.Fatal(err)
				}
				reason := errors.New("stopped by the operator")
				for _, run := range []func(context.Context) error{
					func(ctx context.Context) error {
						_, err := c.Do(ctx, &webapi.Request{URL: "https://acme.okta.com/api/v1/users"})
						return err
					},
					func(ctx context.Context) error {
						p, err := c.Pages(ctx, webapi.PageRequest{Request: webapi.Request{URL: "https://acme.okta.com/api/v1/users"}})
						if err != nil {
							return err
						}
						defer p.Close()
						_, err = p.Next()
						return err
					},
				} {
					ctx, cancel := context.WithCancelCause(t.Context())
					began := time.Now()
					time.AfterFunc(5*time.Second, func() { cancel(reason) })
					err = run(ctx)
					if took := time.Since(began); took > 5*time.Second+200*time.Millisecond {
						t.Errorf("ended %v after the cancel", took-5*time.Second)
					}
					var e *webapi.Error
					if !errors.Is(err, context.Canceled) || !errors.Is(err, reason) || !errors.As(err, &e) || e.Kind != webapi.KindCancelled {
						t.Errorf("got %v, want a cancelled error with its reason", err)
					}
				}
			})
		})
	}
}

// Without an end from outside, the client's own limits end what hangs.
func TestTimeLimits(t *testing.T) {
	for _, c := range []struct {
		name      string
		transport roundTrip
		says      string
		within    time.Duration
	}{
		{"no answer", func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }, "nothing was received within 1m0s", time.Minute},
		{"silent body", func(r *http.Request) (*http.Response, error) { return answer(200, nil, stuck{r.Context()}), nil }, "nothing was received within 1m0s", time.Minute},
		{"slow drip", func(r *http.Request) (*http.Response, error) { return answer(200, nil, drip{r.Context()}), nil }, "not complete within 5m0s", 5 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, err := webapi.New(webapi.Config{Transport: c.transport, Limits: webapi.Limits{MaxRetries: -1}})
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				_, err = client.Do(t.Context(), &webapi.Request{URL: "https://acme.okta.com/"})
				var e *webapi.Error
				if !errors.As(err, &e) || e.Kind != webapi.KindTimeout || !strings.Contains(err.Error(), c.says) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
				if took := time.Since(began); took != c.within {
					t.Errorf("took %v, want %v", took, c.within)
				}
			})
		})
	}
}
