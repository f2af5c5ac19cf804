package webapi_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/internal/webapi"
)

// What an administrator reads, whole. HOST stands for the server.
func TestErrorTexts(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		header map[string]string
		body   string
		want   string
	}{
		{
			"OKTA's token error", 401, map[string]string{"X-Okta-Request-Id": "reqABC"},
			`{"errorCode":"E0000011","errorSummary":"Invalid token provided","errorLink":"E0000011","errorId":"oae1","errorCauses":[]}`,
			"GET http://HOST/users?limit=200: 401 Unauthorized: E0000011 Invalid token provided (request id reqABC). The token is wrong, was revoked, expired after 30 days without use, belongs to another organisation than the pack's Domain, or its owner is deactivated or locked: create a new API token in OKTA (Security > API > Tokens) and put it into the pack",
		},
		{
			"OKTA's causes", 400, nil,
			`{"errorCode":"E0000031","errorSummary":"Invalid search criteria.","errorCauses":[{"errorSummary":"Unrecognized attribute 'stat'."},{"errorSummary":"Second cause"}]}`,
			"GET http://HOST/users?limit=200: 400 Bad Request: E0000031 Invalid search criteria: Unrecognized attribute 'stat'.; Second cause. OKTA cannot read the search: names of properties are case-sensitive, ne does not exist, co works for firstName, lastName, email and login only, and a list must be read through its next links",
		},
		{
			"no permission", 403, nil, `{"errorCode":"E0000006","errorSummary":"You do not have permission to perform the requested action"}`,
			"GET http://HOST/users?limit=200: 403 Forbidden: E0000006 You do not have permission to perform the requested action. The token's owner has no permission for this: give that administrator the rights to read users and groups (Read-Only Administrator is enough to read), and check that the token is not bound to a network zone without this machine",
		},
		{
			"OAuth's error", 400, nil, `{"error":"invalid_dpop_proof","error_description":"The DPoP proof JWT header is missing."}`,
			"GET http://HOST/users?limit=200: 400 Bad Request: invalid_dpop_proof The DPoP proof JWT header is missing. The OKTA app requires DPoP: in the app's General settings clear \"Require Demonstrating Proof of Possession (DPoP) header in token requests\", or use Authorize with PrivateKeyJwt, which sends it",
		},
		{
			"Microsoft's error", 404, nil, `{"error":{"code":"ResourceNotFound","message":"Nobody here."}}`,
			"GET http://HOST/users?limit=200: 404 Not Found: ResourceNotFound Nobody here. Check the address: the host answers, but has nothing there, which also happens when the Domain of the pack is not the API's host",
		},
		{
			"Apache's 404", 404, map[string]string{"Content-Type": "text/html"}, "<html><head><title>404</title></head><body><h1>Not Found</h1></body></html>",
			"GET http://HOST/users?limit=200: 404 Not Found: the answer begins \"404 Not Found\". This host does not serve the API: check the Domain of the pack and the path",
		},
		{
			"a proxy's page", 403, nil, "<!DOCTYPE html><script>document.write('x')</script><p>Blocked by\x1b[2J policy &amp; rules</p>",
			"GET http://HOST/users?limit=200: 403 Forbidden: the answer begins \"Blocked by policy & rules\". A web page came instead of the API's answer, often from a proxy or a sign-in page in between; check HTTPS_PROXY and NO_PROXY",
		},
		{
			"binary rubbish", 400, nil, "\x00\x01\x1b]0;owned\x07\u202eabc\xff" + strings.Repeat("y", 400),
			"GET http://HOST/users?limit=200: 400 Bad Request: the answer begins \"abc\uFFFD" + strings.Repeat("y", 296) + "…\"",
		},
		{
			"no body", 400, nil, "",
			"GET http://HOST/users?limit=200: 400 Bad Request",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for name, value := range c.header {
					w.Header().Set(name, value)
				}
				w.Header().Set("Date", newClock().now.Format(http.TimeFormat))
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			})
			_, err := w.Do(context.Background(), &webapi.Request{URL: url + "/users?limit=200", Credential: pack(url)})
			if err == nil {
				t.Fatal("no error")
			}
			got := strings.ReplaceAll(err.Error(), host(url), "HOST")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			checkSilent(t, "the error", got)
		})
	}
}

// A machine whose clock is wrong cannot sign tokens; the error says so.
func TestClockSkewIsNamed(t *testing.T) {
	w, url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", newClock().now.Add(47*time.Minute).Format(http.TimeFormat))
		w.WriteHeader(401)
		fmt.Fprint(w, `{"error":"invalid_client","error_description":"The client_assertion token is expired."}`)
	})
	_, err := w.Do(context.Background(), &webapi.Request{URL: url})
	if err == nil || !strings.Contains(err.Error(), "clock is 47m0s behind the server's") {
		t.Errorf("got %v", err)
	}
}

// Secrets are out of an error in every place a server can echo them to.
func TestErrorsEchoNoSecrets(t *testing.T) {
	w, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Okta-Request-Id", r.Header.Get("X-Api-Key"))
		w.WriteHeader(400)
		fmt.Fprintf(w, `{"errorCode":%q,"errorSummary":%q,"errorCauses":[{"errorSummary":%q}]}`, "E"+token, r.Header.Get("Authorization"), r.Header.Get("X-Api-Key"))
	})
	client, err := webapi.New(webapi.Config{Trace: w.log.trace, Policy: webapi.Policy{AllowLoopbackHosts: []string{host(url)}}}) // nobody told it the secrets
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Do(context.Background(), &webapi.Request{
		URL:        url + "/users?api_key=visible99&q=x&access_token=visible99",
		Credential: pack(url),
		Header:     []webapi.Header{{Name: "X-Api-Key", Value: "key-" + token, Secret: true}},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for what, text := range map[string]string{"the error": err.Error(), "the log": w.log.String()} {
		checkSilent(t, what, text)
		if strings.Contains(text, "visible99") {
			t.Errorf("%s shows a secret parameter: %s", what, text)
		}
	}
	if !strings.Contains(err.Error(), "q=x") {
		t.Errorf("the error does not show the harmless parameter: %v", err)
	}
}

func TestConnectionErrors(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	l.Close()
	w := newWorld(t, allowLoopback(url))
	_, err = w.Do(context.Background(), &webapi.Request{URL: url})
	var e *webapi.Error
	if !errors.As(err, &e) || e.Attempts != 3 || !strings.Contains(err.Error(), "connection was refused (after 3 attempts). Nothing listens there") {
		t.Errorf("refused: %v", err)
	}

	w = newWorld(t, func(c *webapi.Config) {
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: r.URL.Hostname(), IsNotFound: true}}
		})
	})
	_, err = w.Do(context.Background(), &webapi.Request{URL: "https://acme.okta.example/"})
	if !errors.As(err, &e) || e.Attempts != 1 || !strings.Contains(err.Error(), "there is no host acme.okta.example. The name could not be resolved: check the Domain of the pack") {
		t.Errorf("no such host: %v", err)
	}
}

// A POST whose answer is lost may have been done; it is not sent again, and
// the error says why.
func TestLostAnswerToAPost(t *testing.T) {
	w, url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			conn.Close()
		}
	})
	_, err := w.Do(context.Background(), &webapi.Request{Method: "POST", URL: url, Body: []byte("{}")})
	var e *webapi.Error
	if !errors.As(err, &e) || e.Attempts != 1 || !strings.Contains(err.Error(), "Idempotency-Key") {
		t.Errorf("got %v", err)
	}
}
