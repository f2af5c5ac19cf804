package webapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/internal/webapi"
)

func TestRedirects(t *testing.T) {
	var elsewhere, looped atomic.Int32
	other, otherURL := serve(t, func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) })
	_ = other
	w, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/same":
			http.Redirect(w, r, "/there?x=1", http.StatusFound)
		case "/there":
			fmt.Fprint(w, "arrived ", r.URL.RawQuery, " ", r.Header.Get("Authorization") != "")
		case "/loop":
			looped.Add(1)
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/other":
			http.Redirect(w, r, otherURL+"/collect?stolen="+token, http.StatusTemporaryRedirect)
		case "/user":
			http.Redirect(w, r, "http://admin:secret@"+r.Host+"/there", http.StatusFound)
		case "/nowhere":
			w.WriteHeader(http.StatusFound)
		}
	})
	cred := pack(url)
	resp, err := w.Do(context.Background(), &webapi.Request{URL: url + "/same", Credential: cred})
	if err != nil || string(resp.Body) != "arrived x=1 true" {
		t.Errorf("a redirect on the host: %v", err)
	}
	for path, says := range map[string]string{
		"/loop":    "more than 5 redirects",
		"/other":   "another host",
		"/user":    "user or password",
		"/nowhere": "no Location",
	} {
		_, err := w.Do(context.Background(), &webapi.Request{URL: url + path, Credential: cred})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", path, err, says)
			continue
		}
		checkSilent(t, "the error", err.Error())
	}
	_, err = w.Do(context.Background(), &webapi.Request{Method: "POST", URL: url + "/same", Credential: cred})
	if err == nil || !strings.Contains(err.Error(), "only GET and HEAD") {
		t.Errorf("a POST: %v", err)
	}
	if n := looped.Load(); n != 6 {
		t.Errorf("a loop was asked %d times, want the request and 5 redirects", n)
	}
	if elsewhere.Load() > 0 {
		t.Error("a redirect to another host was followed")
	}
	checkSilent(t, "the log", w.log.String())
}

// The token goes to the hosts of its pack, port included, and to no other.
func TestCredentialStaysOnItsHosts(t *testing.T) {
	var seen atomic.Int32
	w, url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			seen.Add(1)
		}
	})
	for _, hosts := range [][]string{nil, {"127.0.0.1"}, {"acme.okta.com"}, {"127.0.0.1:1"}, {host(url) + "0"}} {
		cred := webapi.StaticCredential("OKTA_API", hosts, "SSWS "+token)
		_, err := w.Do(context.Background(), &webapi.Request{URL: url, Credential: cred})
		var e *webapi.Error
		if !errors.As(err, &e) || e.Kind != webapi.KindCredential || !strings.Contains(err.Error(), "OKTA_API") {
			t.Errorf("hosts %v: %v", hosts, err)
		}
	}
	_, err := w.Do(context.Background(), &webapi.Request{URL: url, Header: []webapi.Header{
		{Name: "Authorization", Value: "SSWS " + token, Secret: true, Hosts: []string{"acme.okta.com"}},
	}})
	if err == nil || !strings.Contains(err.Error(), "the header Authorization may not go to "+host(url)) {
		t.Errorf("a header of another host: %v", err)
	}
	if seen.Load() > 0 {
		t.Error("the token was sent")
	}
	if _, err := w.Do(context.Background(), &webapi.Request{URL: url, Credential: pack(url)}); err != nil || seen.Load() != 1 {
		t.Errorf("to its own host: %v", err)
	}
	for _, bad := range []string{"https://user:" + token + "@127.0.0.1/", "ftp://127.0.0.1/", "127.0.0.1/users", "https://", "://", "https://exa mple.com/" + token} {
		_, err := w.Do(context.Background(), &webapi.Request{URL: bad})
		if err == nil {
			t.Errorf("%q is sent", bad)
			continue
		}
		checkSilent(t, "the error", err.Error())
	}
}

// A pack can renew its token when the server refuses it: once.
func TestRefusedTokenIsRenewedOnce(t *testing.T) {
	var arrived, renewals atomic.Int32
	w, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		arrived.Add(1)
		if r.Header.Get("Authorization") != "Bearer 2" {
			w.Header().Set("DPoP-Nonce", "n1")
			w.WriteHeader(401)
		}
	})
	cred := &webapi.Credential{
		Pack: "OKTA_API", Hosts: []string{host(url)},
		Authorize: func(context.Context, webapi.AuthRequest) ([]webapi.Header, error) {
			return []webapi.Header{{Name: "Authorization", Value: fmt.Sprint("Bearer ", renewals.Load()+1)}}, nil
		},
		Refused: func(_ context.Context, h http.Header) (bool, error) {
			renewals.Add(1)
			return h.Get("DPoP-Nonce") == "n1", nil
		},
	}
	if _, err := w.Do(context.Background(), &webapi.Request{URL: url, Credential: cred}); err != nil || arrived.Load() != 2 {
		t.Errorf("%d requests, %v", arrived.Load(), err)
	}
	arrived.Store(0)
	if _, err := w.Do(context.Background(), &webapi.Request{URL: url, Credential: &webapi.Credential{
		Pack: "OKTA_API", Hosts: cred.Hosts, Authorize: func(context.Context, webapi.AuthRequest) ([]webapi.Header, error) { return nil, nil }, Refused: cred.Refused,
	}}); err == nil || arrived.Load() != 2 {
		t.Errorf("%d requests, %v; want two and an error", arrived.Load(), err)
	}
}

func TestSecretHeadersAreMarked(t *testing.T) {
	marked := map[string]bool{}
	w, url := serve(t, func(http.ResponseWriter, *http.Request) {})
	c, err := webapi.New(webapi.Config{
		Policy: webapi.Policy{AllowLoopbackHosts: []string{host(url)}},
		Trace:  w.log.trace,
		Wrap: func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				for name := range r.Header {
					marked[name] = webapi.IsSecretHeader(r, name)
				}
				return next.RoundTrip(r)
			})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Do(context.Background(), &webapi.Request{URL: url, Credential: pack(url), Header: []webapi.Header{
		{Name: "x-api-key", Value: token, Secret: true}, {Name: "Accept", Value: "application/json"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]bool{"Authorization": true, "X-Api-Key": true, "Accept": false, "User-Agent": false}, marked); diff != "" {
		t.Errorf("marked (-want +got):\n%s", diff)
	}
	checkSilent(t, "the trace", w.log.String())
}

// A token that was pasted with its line end is the likeliest of bad headers.
func TestHeadersCannotBreakOut(t *testing.T) {
	var arrived atomic.Int32
	w, url := serve(t, func(http.ResponseWriter, *http.Request) { arrived.Add(1) })
	for _, r := range []webapi.Request{
		{URL: url, Credential: webapi.StaticCredential("OKTA_API", []string{host(url)}, "SSWS "+token+"\n")},
		{URL: url, Header: []webapi.Header{{Name: "X-Note", Value: "a\r\nX-Evil: " + token}}},
		{URL: url, Header: []webapi.Header{{Name: "X Note: ", Value: "a"}}},
		{URL: url, Method: "GET /\n"},
	} {
		_, err := w.Do(context.Background(), &r)
		var e *webapi.Error
		if !errors.As(err, &e) || e.Kind != webapi.KindRequest || len(w.clock.waits()) > 0 {
			t.Errorf("got %v after %v", err, w.clock.waits())
			continue
		}
		checkSilent(t, "the error", err.Error())
	}
	if arrived.Load() > 0 {
		t.Error("a request arrived")
	}
}

// A pack that cannot authorise fails the request, once, in its own words.
func TestPackWithoutAuthorization(t *testing.T) {
	w, url := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") })
	locked := errors.New("the store of packs is locked, " + token)
	_, err := w.Do(context.Background(), &webapi.Request{URL: url, Credential: &webapi.Credential{
		Pack: "OKTA_API", Hosts: []string{host(url)},
		Authorize: func(context.Context, webapi.AuthRequest) ([]webapi.Header, error) { return nil, locked },
	}})
	var e *webapi.Error
	if !errors.As(err, &e) || e.Kind != webapi.KindCredential || !errors.Is(err, locked) || !strings.Contains(err.Error(), "the pack OKTA_API gave no authorization: the store of packs is locked") || len(w.clock.waits()) > 0 {
		t.Errorf("got %v", err)
	}
	checkSilent(t, "the error", err.Error())
}

// Redirects are counted for each attempt: retries do not use them up.
func TestRedirectsOfRetries(t *testing.T) {
	refusals := 5
	w, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != "/there":
			http.Redirect(w, r, "/there", http.StatusFound)
		case refusals > 0:
			refusals--
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	if _, err := w.Do(context.Background(), &webapi.Request{URL: url}); err != nil {
		t.Error(err)
	}
}
