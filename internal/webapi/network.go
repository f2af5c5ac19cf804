package webapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// network sends requests over TLS, directly or through the proxy. It keeps
// two pools of connections because the egress rule differs: directly, the
// address a name resolves to is checked at dial; through a proxy only the
// name can be, and the proxy itself is often a private address.
type network struct {
	proxyFor func(*url.URL) (*url.URL, error)
	policy   Policy
	direct   *http.Transport
	proxied  *http.Transport
}

func newNetwork(cfg Config) (*network, error) {
	roots, err := rootPool(cfg.RootCertificates)
	if err != nil {
		return nil, err
	}
	n := &network{proxyFor: cfg.Proxy.ProxyFunc(), policy: cfg.Policy}
	n.direct = newTransport(roots)
	n.direct.DialContext = cfg.Policy.DialContext()
	n.proxied = newTransport(roots)
	n.proxied.OnProxyConnectResponse = func(_ context.Context, proxy *url.URL, _ *http.Request, res *http.Response) error {
		if res.StatusCode/100 != 2 {
			return &proxyError{Proxy: proxy.Host, Status: res.StatusCode}
		}
		return nil
	}
	n.proxied.Proxy = func(r *http.Request) (*url.URL, error) { return n.proxyFor(r.URL) }
	return n, nil
}

func newTransport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: 20 * time.Second,
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        64,
		// Enough for any cursor; a flood of headers is not read.
		MaxResponseHeaderBytes: 1 << 20,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        90 * time.Second,
		ExpectContinueTimeout:  time.Second,
		// A firewall that forgets a connection says nothing; pings do.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
	}
}

// rootPool returns the system's certificates and those in pem; nil is the
// system's alone, which on Windows is its certificate store.
func rootPool(pem []byte) (*x509.CertPool, error) {
	if len(pem) == 0 {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("the extra root certificates hold no certificate; a PEM file has lines -----BEGIN CERTIFICATE-----")
	}
	return pool, nil
}

func (n *network) RoundTrip(req *http.Request) (*http.Response, error) {
	proxy, err := n.proxyFor(req.URL)
	if err != nil {
		return nil, err
	}
	if proxy == nil {
		return n.direct.RoundTrip(req)
	}
	if err := n.policy.CheckName(req.URL.Host); err != nil {
		return nil, err
	}
	res, err := n.proxied.RoundTrip(req)
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "proxyconnect" { // net/http's word for the way to the proxy
		return nil, &proxyError{Proxy: proxy.Host, Err: op.Err}
	}
	return res, err
}

func (n *network) closeIdle() {
	n.direct.CloseIdleConnections()
	n.proxied.CloseIdleConnections()
}

// A proxyError is a proxy that refuses to connect, or that is not reached.
type proxyError struct {
	Proxy  string
	Status int
	Err    error // why it is not reached
}

func (e *proxyError) Unwrap() error { return e.Err }

func (e *proxyError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("the proxy %s cannot be reached: %s", e.Proxy, describe(e.Err))
	}
	return fmt.Sprintf("the proxy %s answers %s", e.Proxy, statusText(e.Status))
}
