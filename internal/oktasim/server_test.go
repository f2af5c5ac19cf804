package oktasim_test

import (
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/amsx-lang/amsx/internal/oktasim"
)

func start(t *testing.T, cfg oktasim.Config) *oktasim.Server {
	t.Helper()
	server, err := oktasim.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func do(t *testing.T, c *http.Client, target string, edit func(*http.Request)) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "SSWS "+oktasim.DefaultToken)
	if edit != nil {
		edit(r)
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, b
}

// A client that trusts the server's root, and no other, is answered, over HTTP/2 where it can.
func TestTLS(t *testing.T) {
	server := start(t, oktasim.Config{Users: 3, TLS: true})
	if !strings.HasPrefix(server.URL, "https://127.0.0.1:") {
		t.Errorf("URL %s", server.URL)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(server.RootPEM) {
		t.Fatalf("no root certificate in %s", server.RootPEM)
	}
	for _, h2 := range []bool{false, true} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: h2}
		resp, b := do(t, &http.Client{Transport: transport}, server.URL+"/api/v1/users", nil)
		if resp.StatusCode != 200 || (resp.ProtoMajor == 2) != h2 || !strings.HasPrefix(links(resp)["self"], server.URL+"/") || !strings.HasPrefix(string(b), `[{"id"`) {
			t.Errorf("%s %d %v", resp.Proto, resp.StatusCode, resp.Header)
		}
		transport.CloseIdleConnections()
	}
	strict := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}}
	if resp, err := (&http.Client{Transport: strict}).Get(server.URL); err == nil {
		resp.Body.Close()
		t.Error("a client that does not know the root was answered")
	}
}

// Faults that cut connections do so over HTTP/2 as well.
func TestFaultsOverHTTP2(t *testing.T) {
	server := start(t, oktasim.Config{Users: 50, TLS: true})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(server.RootPEM)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	for _, fault := range []string{"reset", "truncated"} {
		faults, err := oktasim.ParseFaults("page 1: " + fault + " always")
		if err != nil {
			t.Fatal(err)
		}
		server.SetFaults(faults)
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/v1/users", nil)
		r.Header.Set("Authorization", "SSWS "+oktasim.DefaultToken)
		resp, err := transport.RoundTrip(r)
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			resp.Body.Close()
		}
		if err == nil {
			t.Errorf("%s: the answer came whole", fault)
		}
	}
}

func TestGzip(t *testing.T) {
	server := start(t, oktasim.Config{Users: 100})
	plain := start(t, oktasim.Config{Users: 100, NoGzip: true})
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	for _, test := range []struct {
		url, accept string
		want        bool
	}{
		{server.URL + "/api/v1/users", "gzip", true},
		{server.URL + "/api/v1/users", "br, gzip;q=0.5", true},
		{server.URL + "/api/v1/users", "gzip;q=0", false},
		{server.URL + "/api/v1/users", "", false},
		{server.URL + "/api/v1/users?limit=1", "gzip", false}, // not worth it
		{plain.URL + "/api/v1/users", "gzip", false},
	} {
		resp, b := do(t, client, test.url, func(r *http.Request) { r.Header.Set("Accept-Encoding", test.accept) })
		if got := resp.Header.Get("Content-Encoding") == "gzip"; got != test.want {
			t.Errorf("%s accepting %q: gzip %v", test.url, test.accept, got)
		}
		if test.want {
			z, err := gzip.NewReader(strings.NewReader(string(b)))
			if err != nil {
				t.Fatal(err)
			}
			whole, err := io.ReadAll(z)
			if err != nil || !strings.HasPrefix(string(whole), `[{"id"`) || len(b) > len(whole)/3 {
				t.Errorf("%d bytes of %d: %v", len(b), len(whole), err)
			}
		}
	}
}

func TestConnectionsAreReused(t *testing.T) {
	server := start(t, oktasim.Config{Users: 30})
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	reused := 0
	for target := server.URL + "/api/v1/users?limit=10"; target != ""; {
		resp, _ := do(t, client, target, func(r *http.Request) {
			*r = *r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
				if i.Reused {
					reused++
				}
			}}))
		})
		target = links(resp)["next"]
	}
	if reused != 2 {
		t.Errorf("%d of the last 2 calls were on the first one's connection", reused)
	}
}

// What the simulator tells about the calls never holds the token, wherever a client put it.
func TestRequestsAndLogHoldNoToken(t *testing.T) {
	const token = "00TestTokenNotRealSecret"
	var mu sync.Mutex
	var logged []string
	server := start(t, oktasim.Config{Users: 3, Token: token, Log: func(line string) {
		mu.Lock()
		defer mu.Unlock()
		logged = append(logged, line)
	}})
	do(t, http.DefaultClient, server.URL+"/api/v1/users?limit=2&token="+token, func(r *http.Request) {
		r.Header.Set("Authorization", "SSWS "+token)
		r.Header.Set("Cookie", "sid="+token)
		r.Header.Set("X-Custom", "was "+token)
		r.Header.Set("Accept", "application/json")
	})
	do(t, http.DefaultClient, server.URL+"/api/v1/groups", nil)
	requests := server.Requests()
	if len(requests) != 2 || requests[0].Path != "/api/v1/users" || requests[0].Query != "limit=2&token=***" || requests[0].Status != 200 || requests[1].Status != 401 {
		t.Fatalf("%+v", requests)
	}
	h := requests[0].Header
	if h.Get("Accept") != "application/json" || h.Get("X-Custom") != "was ***" || h.Get("Authorization") != "" || h.Get("Cookie") != "" {
		t.Errorf("%v", h)
	}
	mu.Lock()
	defer mu.Unlock()
	if want := []string{"GET /api/v1/users?limit=2&token=*** 200", "GET /api/v1/groups 401"}; !slices.Equal(logged, want) {
		t.Errorf("%q", logged)
	}
	server.ForgetRequests()
	if len(server.Requests()) != 0 {
		t.Error("requests were not forgotten")
	}
}

// Many clients read while the org changes; with -race this is the proof that a Sim may be shared.
func TestConcurrentUse(t *testing.T) {
	c := newClient(t, oktasim.Config{Users: 200, Groups: 3, RateLimit: 1 << 20})
	org := c.sim.Org()
	user, group := org.Users()[7].ID, org.Groups()[1].ID
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for range 5 {
				if got := len(c.ids("/api/v1/users?search=status+pr&limit=30")); got != 200 {
					t.Errorf("%d users", got)
				}
				c.ids("/api/v1/groups/" + group + "/users")
				switch n {
				case 0:
					if err := org.SetProfile(user, "department", "Elsewhere"); err != nil {
						t.Error(err)
					}
				case 1:
					org.SetChanged(n)
				case 2:
					if err := org.AddMember(group, user); err != nil {
						t.Error(err)
					}
				case 3:
					c.setFaults("page 100: 500")
					c.sim.Requests()
				}
			}
		})
	}
	wg.Wait()
}
