package webapi_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	neturl "net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/amsx-lang/amsx/internal/webapi"
)

func rootOf(s *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

func tlsServer(t *testing.T, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func TestTLS(t *testing.T) {
	var proto string
	connections := map[string]bool{}
	s := tlsServer(t, func(_ http.ResponseWriter, r *http.Request) {
		proto = r.Proto
		connections[r.RemoteAddr] = true
	})
	w := newWorld(t, allowLoopback(s.URL))
	_, err := w.Do(context.Background(), &webapi.Request{URL: s.URL})
	var e *webapi.Error
	if !errors.As(err, &e) || e.Kind != webapi.KindTLS || e.Attempts != 1 || !strings.Contains(err.Error(), "root certificate") || !strings.Contains(err.Error(), "Acme Co") && !strings.Contains(err.Error(), "not trusted") {
		t.Errorf("an unknown authority: %v", err)
	}
	w = newWorld(t, func(c *webapi.Config) {
		allowLoopback(s.URL)(c)
		c.RootCertificates = rootOf(s)
	})
	for range 5 {
		if _, err := w.Do(context.Background(), &webapi.Request{URL: s.URL}); err != nil {
			t.Fatal(err)
		}
	}
	if proto != "HTTP/2.0" || len(connections) != 1 {
		t.Errorf("spoke %s over %d connections, want HTTP/2.0 over 1", proto, len(connections))
	}
	if _, err := w.Do(context.Background(), &webapi.Request{URL: strings.Replace(s.URL, "https:", "http:", 1)}); err == nil {
		t.Error("plain http to a TLS port succeeds")
	}
	if _, err := webapi.New(webapi.Config{RootCertificates: []byte("not a certificate")}); err == nil || !strings.Contains(err.Error(), "BEGIN CERTIFICATE") {
		t.Errorf("a bad root certificate: %v", err)
	}
}

func TestTLSMistakesGetAdvice(t *testing.T) {
	s := tlsServer(t, func(http.ResponseWriter, *http.Request) {})
	_, port, _ := net.SplitHostPort(host(s.URL))
	w := newWorld(t, func(c *webapi.Config) {
		c.Policy.AllowLoopbackHosts = []string{"localhost:" + port}
		c.RootCertificates = rootOf(s)
	})
	_, err := w.Do(context.Background(), &webapi.Request{URL: "https://localhost:" + port})
	if err == nil || !strings.Contains(err.Error(), "certificate is for another name") {
		t.Errorf("another name: %v", err)
	}
	plain, url := serve(t, func(http.ResponseWriter, *http.Request) {})
	_, err = plain.Do(context.Background(), &webapi.Request{URL: strings.Replace(url, "http:", "https:", 1)})
	if err == nil || !strings.Contains(err.Error(), "speaks no TLS") {
		t.Errorf("no TLS there: %v", err)
	}
}

// A proxy is what corporate networks have: it answers CONNECT, and asks for
// a password when it has one.
type proxy struct {
	target   string // where every name leads
	password string

	mu    sync.Mutex
	asked []string
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.Host)
	p.mu.Unlock()
	if p.password != "" {
		_, got, _ := (&http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}).BasicAuth()
		if got != p.password {
			http.Error(w, "who are you?", http.StatusProxyAuthRequired)
			return
		}
	}
	if strings.HasPrefix(r.Host, "blocked.") {
		http.Error(w, "blocked", http.StatusForbidden)
		return
	}
	there, err := net.Dial("tcp", p.target)
	if err != nil {
		http.Error(w, "no way", http.StatusBadGateway)
		return
	}
	here, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		there.Close()
		return
	}
	fmt.Fprint(here, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { defer here.Close(); defer there.Close(); io.Copy(there, rw.Reader) }()
	go func() {
		defer here.Close()
		defer there.Close()
		io.Copy(here, bufio.NewReader(there))
	}()
}

func TestProxy(t *testing.T) {
	target := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Host, " ", r.Header.Get("Proxy-Authorization"))
	})
	for _, scheme := range []string{"http", "https"} {
		p := &proxy{target: host(target.URL), password: "hunter22"}
		ps := httptest.NewUnstartedServer(p)
		if scheme == "https" {
			ps.StartTLS()
		} else {
			ps.Start()
		}
		t.Cleanup(ps.Close)
		client := func(password, noProxy string) *world {
			return newWorld(t, func(c *webapi.Config) {
				c.RootCertificates = append(rootOf(target), c.RootCertificates...)
				c.Proxy = httpproxy.Config{HTTPSProxy: scheme + "://amsx:" + password + "@" + host(ps.URL), NoProxy: noProxy}
			})
		}

		// The proxy resolves the name, and is itself at a private address.
		w := client("hunter22", "")
		resp, err := w.Do(context.Background(), &webapi.Request{URL: "https://example.com/users"})
		if err != nil {
			t.Fatalf("%s: %v", scheme, err)
		}
		if got := string(resp.Body); got != "example.com " {
			t.Errorf("%s: the server saw %q", scheme, got)
		}

		// Names of the inside are refused although the proxy would connect.
		for _, url := range []string{"https://10.0.0.1/", "https://169.254.169.254/", "https://metadata.google.internal/"} {
			_, err := w.Do(context.Background(), &webapi.Request{URL: url})
			var egress *webapi.EgressError
			if !errors.As(err, &egress) {
				t.Errorf("%s is let through: %v", url, err)
			}
		}
		if len(p.asked) != 1 || p.asked[0] != "CONNECT example.com:443" {
			t.Errorf("the proxy was asked %q", p.asked)
		}

		for _, c := range []struct{ url, password, says string }{
			{"https://example.com/", "wrong-password", "407 Proxy Authentication Required"},
			{"https://blocked.example.com/", "hunter22", "does not let this host through"},
		} {
			w, before := client(c.password, ""), len(p.asked)
			_, err := w.Do(context.Background(), &webapi.Request{URL: c.url})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v, want %q", c.url, err, c.says)
			}
			if n := len(p.asked) - before; n != 1 { // a wrong password, said often, locks an account
				t.Errorf("%s: the proxy was asked %d times", c.url, n)
			}
			for _, secret := range []string{c.password, base64.StdEncoding.EncodeToString([]byte("amsx:" + c.password))} {
				if strings.Contains(fmt.Sprint(err)+w.log.String(), secret) {
					t.Errorf("%s: shows %s: %v", c.url, secret, err)
				}
			}
		}

		// What NO_PROXY names is asked for directly: 192.0.2.1 is nobody's.
		for noProxy, want := range map[string]int{"": 1, "192.0.2.0/24,.example.com": 0} {
			before := len(p.asked)
			ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
			if _, err := client("hunter22", noProxy).Do(ctx, &webapi.Request{URL: "https://192.0.2.1/"}); err == nil {
				t.Error("192.0.2.1 answers for itself")
			}
			cancel()
			if got := len(p.asked) - before; min(got, 1) != want {
				t.Errorf("NO_PROXY %q: the proxy was asked %d times", noProxy, got)
			}
		}
	}
}

func TestProxySettingsAreChecked(t *testing.T) {
	for _, bad := range []string{"://", "http://", "ftp://proxy.example.com", "http://user:hunter22@:3128"} {
		_, err := webapi.New(webapi.Config{Proxy: httpproxy.Config{HTTPSProxy: bad}})
		if err == nil || !strings.Contains(err.Error(), "HTTPS_PROXY") || strings.Contains(err.Error(), "hunter22") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := webapi.New(webapi.Config{Proxy: httpproxy.Config{HTTPSProxy: "proxy.example.com:3128"}}); err != nil {
		t.Errorf("host:port: %v", err)
	}
}

// A proxy that is down is named, and its password is not. It is not the
// server's fault, nor the pack's.
func TestProxyIsDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	w := newWorld(t, func(c *webapi.Config) { c.Proxy.HTTPSProxy = "http://amsx:hunter22@" + address })
	_, err = w.Do(context.Background(), &webapi.Request{URL: "https://acme.okta.com/"})
	for _, says := range []string{"the proxy " + address + " cannot be reached: the connection was refused", "Check the proxy's address and port; check HTTPS_PROXY"} {
		if !strings.Contains(fmt.Sprint(err), says) {
			t.Errorf("%v\nwant %q", err, says)
		}
	}
	checkSilent(t, "the error", fmt.Sprint(err))
	checkSilent(t, "the log", w.log.String())
}

// A proxy that does not reach the server for a moment is asked again.
func TestProxyIsTriedAgain(t *testing.T) {
	target := tlsServer(t, func(http.ResponseWriter, *http.Request) {})
	p := &proxy{target: host(target.URL)}
	asked := 0
	ps := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked < 3 {
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		p.ServeHTTP(w, r)
	}))
	t.Cleanup(ps.Close)
	w := newWorld(t, func(c *webapi.Config) {
		c.RootCertificates = rootOf(target)
		c.Proxy.HTTPSProxy = ps.URL
	})
	if _, err := w.Do(context.Background(), &webapi.Request{URL: "https://example.com/"}); err != nil || asked != 3 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}

// Broken connections are told in words, over HTTP/1 and HTTP/2.
func TestBrokenConnectionsAreDescribed(t *testing.T) {
	broken := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "half")
			http.NewResponseController(w).Flush()
		}
		panic(http.ErrAbortHandler)
	}
	secure := tlsServer(t, broken)
	plain, url := serve(t, broken)
	h2 := newWorld(t, func(c *webapi.Config) {
		allowLoopback(secure.URL)(c)
		c.RootCertificates = rootOf(secure)
	})
	for _, c := range []struct {
		w         *world
		url, says string
		kind      webapi.Kind
	}{
		{plain, url, "the server closed the connection without an answer", webapi.KindNetwork},
		{plain, url + "/body", "the answer is cut off", webapi.KindTruncated},
		{h2, secure.URL, "the server broke the request off (HTTP/2 error 2)", webapi.KindNetwork},
		{h2, secure.URL + "/body", "the answer is cut off", webapi.KindTruncated},
	} {
		_, err := c.w.Do(context.Background(), &webapi.Request{URL: c.url})
		var e *webapi.Error
		if !errors.As(err, &e) || e.Kind != c.kind || e.Attempts != 7 || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v\nwant %q after 7 attempts", err, c.says)
		}
	}
}

// A page that gives the proxy's password back, as a proxy in between may,
// does not bring it into an error or the log.
func TestProxyPasswordIsNotEchoed(t *testing.T) {
	target := tlsServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Seen", "Basic "+base64.StdEncoding.EncodeToString([]byte("amsx:"+proxyPassword)))
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "<html>Blocked: %s, %s, Basic %s</html>", proxyPassword, neturl.UserPassword("amsx", proxyPassword),
			base64.StdEncoding.EncodeToString([]byte("amsx:"+proxyPassword)))
	})
	ps := httptest.NewServer(&proxy{target: host(target.URL), password: proxyPassword})
	t.Cleanup(ps.Close)
	w := newWorld(t, func(c *webapi.Config) {
		c.RootCertificates = rootOf(target)
		c.Proxy.HTTPSProxy = "http://" + neturl.UserPassword("amsx", proxyPassword).String() + "@" + host(ps.URL)
	})
	_, err := w.Do(context.Background(), &webapi.Request{URL: "https://example.com/"})
	if !strings.Contains(fmt.Sprint(err), "Blocked: ") {
		t.Errorf("the page is not shown: %v", err)
	}
	for what, text := range map[string]string{"the error": fmt.Sprint(err), "the log": w.log.String()} {
		checkSilent(t, what, text)
		if strings.Contains(text, base64.StdEncoding.EncodeToString([]byte("amsx:" + proxyPassword))[4:20]) {
			t.Errorf("%s shows the password in base64: %s", what, text)
		}
	}
}
