package webapi_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/internal/webapi"
)

func TestPolicyAddresses(t *testing.T) {
	var p webapi.Policy
	for _, public := range []string{"93.184.216.34", "8.8.8.8", "172.15.0.1", "172.32.0.1", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"} {
		if err := p.CheckAddr("api.example.com:443", netip.MustParseAddr(public)); err != nil {
			t.Errorf("%s is refused: %v", public, err)
		}
	}
	for _, inside := range []string{
		"127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "169.254.0.1",
		"0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255", "255.255.255.255", "240.0.0.1", "100.64.0.1", "198.18.0.1", "192.0.0.8",
		"::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1", "fec0::1", "fd00:ec2::254",
		"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:100.64.0.1", "::ffff:0.1.2.3", "fec0::1%eth0", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
		"2002:7f00:1::1", "2002:a00:1::1", "::127.0.0.1", "::10.0.0.1",
	} {
		err := p.CheckAddr("api.example.com:443", netip.MustParseAddr(inside))
		var e *webapi.EgressError
		if !errors.As(err, &e) {
			t.Errorf("%s is not refused", inside)
			continue
		}
		if e.Host != "api.example.com:443" || !strings.Contains(err.Error(), e.Addr) {
			t.Errorf("the error does not name host and address: %v", err)
		}
	}
}

func TestPolicyAllows(t *testing.T) {
	for _, c := range []struct {
		name     string
		policy   webapi.Policy
		hostport string
		ip       string
		allowed  bool
	}{
		{"by name", webapi.Policy{AllowHosts: []string{"Hr.Corp.example.com"}}, "hr.corp.example.com:443", "10.1.2.3", true},
		{"by another name", webapi.Policy{AllowHosts: []string{"hr.corp.example.com"}}, "evil-hr.corp.example.com:443", "10.1.2.3", false},
		{"a name does not allow its subdomains", webapi.Policy{AllowHosts: []string{"corp.example.com"}}, "hr.corp.example.com:443", "10.1.2.3", false},
		{"by name and port", webapi.Policy{AllowHosts: []string{"hr.example.com:8443"}}, "hr.example.com:8443", "10.1.2.3", true},
		{"by name and another port", webapi.Policy{AllowHosts: []string{"hr.example.com:8443"}}, "hr.example.com:22", "10.1.2.3", false},
		{"by address", webapi.Policy{AllowHosts: []string{"10.1.2.3"}}, "hr.example.com:443", "10.1.2.3", true},
		{"by range", webapi.Policy{AllowHosts: []string{"10.1.0.0/16"}}, "hr.example.com:443", "10.1.2.3", true},
		{"outside the range", webapi.Policy{AllowHosts: []string{"10.1.0.0/16"}}, "hr.example.com:443", "10.2.2.3", false},
		{"never multicast", webapi.Policy{AllowHosts: []string{"hr.example.com"}}, "hr.example.com:443", "224.0.0.1", false},
		{"never unspecified", webapi.Policy{AllowHosts: []string{"hr.example.com"}}, "hr.example.com:443", "0.0.0.0", false},
		{"loopback of a pack", webapi.Policy{AllowLoopbackHosts: []string{"127.0.0.1:8080"}}, "127.0.0.1:8080", "127.0.0.1", true},
		{"loopback, another port", webapi.Policy{AllowLoopbackHosts: []string{"127.0.0.1:8080"}}, "127.0.0.1:5432", "127.0.0.1", false},
		{"loopback without port is not every port", webapi.Policy{AllowLoopbackHosts: []string{"127.0.0.1"}}, "127.0.0.1:5432", "127.0.0.1", false},
		{"loopback without port is 443", webapi.Policy{AllowLoopbackHosts: []string{"localhost"}}, "localhost:443", "127.0.0.1", true},
		{"a loopback pack allows no private address", webapi.Policy{AllowLoopbackHosts: []string{"hr.example.com:443"}}, "hr.example.com:443", "10.1.2.3", false},
	} {
		if err := c.policy.CheckAddr(c.hostport, netip.MustParseAddr(c.ip)); (err == nil) != c.allowed {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestPolicyNames(t *testing.T) {
	var p webapi.Policy
	for _, refused := range []string{
		"localhost:443", "LOCALHOST", "a.localhost", "localhost.", "127.0.0.1:80", "[::1]:443", "10.0.0.1", "169.254.169.254",
		"metadata.google.internal", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "[::ffff:127.0.0.1]:443",
	} {
		if err := p.CheckName(refused); err == nil {
			t.Errorf("%s is not refused by name", refused)
		}
	}
	for _, fine := range []string{"acme.okta.com", "acme.okta.com:443", "1.example.com", "3com.example", "8.8.8.8", "cafe.example.com", "0xcafe.example.com"} {
		if err := p.CheckName(fine); err != nil {
			t.Errorf("%s: %v", fine, err)
		}
	}
}

// The address is checked when a connection is made, so a name that resolves
// to an address inside is refused although its name says nothing.
func TestEgressIsCheckedAtDial(t *testing.T) {
	reached := false
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer s.Close()
	_, port, _ := net.SplitHostPort(host(s.URL))
	w := newWorld(t, func(c *webapi.Config) { c.Hints.AllowHost = "run amsx site allow-host NAME" })
	for _, url := range []string{s.URL, "http://localhost:" + port, "http://[::ffff:127.0.0.1]:" + port, "https://localhost:" + port} {
		_, err := w.Do(context.Background(), &webapi.Request{URL: url})
		var e *webapi.Error
		var egress *webapi.EgressError
		if !errors.As(err, &e) || e.Kind != webapi.KindEgress || !errors.As(err, &egress) {
			t.Fatalf("%s: got %v, want an egress error", url, err)
		}
		for _, part := range []string{host(url), "127.0.0.1", "amsx site allow-host"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("the error does not say %q: %v", part, err)
			}
		}
		if e.Attempts > 1 {
			t.Errorf("%s was tried %d times", url, e.Attempts)
		}
	}
	if reached {
		t.Error("the server was reached")
	}
}

func TestPlainHTTPIsForLoopbackOnly(t *testing.T) {
	w := newWorld(t, func(c *webapi.Config) { c.Policy.AllowHosts = []string{"hr.example.com"} })
	for _, url := range []string{"http://hr.example.com/", "http://10.0.0.1/", "http://localhost.example.com/"} {
		_, err := w.Do(context.Background(), &webapi.Request{URL: url})
		var e *webapi.Error
		if !errors.As(err, &e) || e.Kind != webapi.KindEgress || !strings.Contains(err.Error(), "https://") {
			t.Errorf("%s: %v", url, err)
		}
	}
}
