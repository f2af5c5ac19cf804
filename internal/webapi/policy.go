package webapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// A Policy says which addresses may be reached: public ones always, ones
// inside the network only by name. Mail, webhooks and sign-in use the same
// policy through [Policy.DialContext].
type Policy struct {
	// AllowHosts are hosts that the site allows although they are inside the
	// network: a name, an address, either with a port, or a range such as
	// 10.1.0.0/16.
	AllowHosts []string

	// AllowLoopbackHosts are host[:port] that packs given on the command
	// line name. They may be reached on this machine only.
	AllowLoopbackHosts []string
}

// An EgressError says that a request would have reached an address that the
// policy refuses. Nothing was sent.
type EgressError struct {
	Host   string // as the script wrote it, with its port
	Addr   string // that it resolved to; empty when refused by name
	Reason string // "a private address", …
}

func (e *EgressError) Error() string {
	if e.Addr == "" || e.Addr == hostname(e.Host) {
		return fmt.Sprintf("%s is %s, which scripts may not reach", e.Host, e.Reason)
	}
	return fmt.Sprintf("%s resolves to %s, %s, which scripts may not reach", e.Host, e.Addr, e.Reason)
}

// CheckAddr returns an [EgressError] when a connection to hostport (as
// written) at the address ip is refused.
func (p Policy) CheckAddr(hostport string, ip netip.Addr) error {
	ip = ip.Unmap().WithZone("")
	reason, ever := refusal(ip)
	if reason == "" {
		return nil
	}
	if !ever {
		if allows(p.AllowHosts, hostport, ip) {
			return nil
		}
		if ip.IsLoopback() && listsHost(p.AllowLoopbackHosts, hostport) {
			return nil
		}
	}
	return &EgressError{Host: hostport, Addr: ip.String(), Reason: reason}
}

// CheckName returns an [EgressError] when hostport is refused by its name
// alone. It is all that can be checked when a proxy resolves the name.
func (p Policy) CheckName(hostport string) error {
	host := hostname(hostport)
	if ip, err := netip.ParseAddr(host); err == nil {
		return p.CheckAddr(hostport, ip)
	}
	if odd := oddAddress(host); odd != "" {
		return &EgressError{Host: hostport, Reason: odd}
	}
	reason := ""
	switch {
	case isLoopbackName(host):
		reason = "this machine"
	case strings.EqualFold(strings.TrimSuffix(host, "."), "metadata.google.internal"):
		reason = "the metadata service of a cloud machine"
	default:
		return nil
	}
	if allows(p.AllowHosts, hostport, netip.Addr{}) || isLoopbackName(host) && listsHost(p.AllowLoopbackHosts, hostport) {
		return nil
	}
	return &EgressError{Host: hostport, Reason: reason}
}

// DialContext returns a dial function for the network that checks the policy
// on the address each name resolves to.
func (p Policy) DialContext() func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		d := net.Dialer{
			Timeout:   20 * time.Second,
			KeepAlive: 30 * time.Second,
			// Control runs after the name is resolved and before anything is
			// sent, for every address tried: a name cannot change in between.
			Control: func(_, resolved string, _ syscall.RawConn) error {
				ap, err := netip.ParseAddrPort(resolved)
				if err != nil {
					return fmt.Errorf("cannot read the address %q: %w", resolved, err)
				}
				return p.CheckAddr(addr, ap.Addr())
			},
		}
		conn, err := d.DialContext(ctx, network, addr)
		if refused := (*EgressError)(nil); errors.As(err, &refused) {
			return nil, refused
		}
		return conn, err
	}
}

// allows reports whether list has hostport, its host without a port, or (when
// ip is valid) the address or a range around it.
func allows(list []string, hostport string, ip netip.Addr) bool {
	host := strings.TrimSuffix(hostname(hostport), ".")
	_, port, _ := net.SplitHostPort(hostport)
	for _, entry := range list {
		entry = strings.TrimSpace(entry)
		if prefix, err := netip.ParsePrefix(entry); err == nil {
			if ip.IsValid() && prefix.Contains(ip) {
				return true
			}
			continue
		}
		entryHost, entryPort := entry, ""
		if h, pt, err := net.SplitHostPort(entry); err == nil {
			entryHost, entryPort = h, pt
		}
		entryHost = strings.TrimSuffix(strings.Trim(entryHost, "[]"), ".")
		if entryPort != "" && entryPort != port {
			continue
		}
		if strings.EqualFold(entryHost, host) {
			return true
		}
		if a, err := netip.ParseAddr(entryHost); err == nil && ip.IsValid() && a.Unmap() == ip {
			return true
		}
	}
	return false
}

// listsHost reports whether a list of host[:port] has hostport exactly. An
// entry without a port stands for 80 and 443 only, so that naming a loopback
// host does not open every port of this machine.
func listsHost(list []string, hostport string) bool {
	want := canonicalHost(hostport, "https")
	wantHTTP := canonicalHost(hostport, "http")
	for _, entry := range list {
		entry = strings.TrimSpace(entry)
		if canonicalHost(entry, "https") == want || canonicalHost(entry, "http") == wantHTTP {
			return true
		}
	}
	return false
}

// canonicalHost returns host:port in lower case, with the scheme's own port
// where hostport has none.
func canonicalHost(hostport, scheme string) string {
	host, port := hostname(hostport), ""
	if _, p, err := net.SplitHostPort(hostport); err == nil {
		port = p
	}
	if port == "" {
		port = "443"
		if scheme == "http" {
			port = "80"
		}
	}
	return net.JoinHostPort(strings.ToLower(strings.TrimSuffix(host, ".")), port)
}

// refusal names why an address is not a public one; ever means that no list
// can allow it.
func refusal(ip netip.Addr) (reason string, ever bool) {
	switch {
	case !ip.IsValid():
		return "no address", true
	case ip.IsUnspecified():
		return "the unspecified address", true
	case ip.IsMulticast(), ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return "a multicast address", true
	case ip.IsLoopback():
		return "this machine (loopback)", false
	case ip.IsLinkLocalUnicast():
		return "a link-local address (cloud metadata services live there)", false
	case ip.IsPrivate() && ip.Is6():
		return "a unique local (ULA) address", false
	case ip.IsPrivate():
		return "a private address", false
	}
	for _, r := range reserved {
		if r.prefix.Contains(ip) {
			if r.inner >= 0 { // an IPv4 address travels inside
				b := ip.As16()
				inner := netip.AddrFrom4([4]byte(b[r.inner : r.inner+4]))
				if why, ever := refusal(inner); why != "" {
					return why + " inside " + r.what, ever
				}
				return "", false
			}
			return r.what, false
		}
	}
	return "", false
}

var reserved = []struct {
	prefix netip.Prefix
	what   string
	inner  int // offset of an embedded IPv4 address, -1 for none
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "an address of this network", -1},
	{netip.MustParsePrefix("100.64.0.0/10"), "a carrier's private address", -1},
	{netip.MustParsePrefix("192.0.0.0/24"), "a reserved address", -1},
	{netip.MustParsePrefix("198.18.0.0/15"), "a private test address", -1},
	{netip.MustParsePrefix("240.0.0.0/4"), "a reserved address", -1},
	{netip.MustParsePrefix("fec0::/10"), "a site-local address", -1},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "a private NAT64 address", -1},
	{netip.MustParsePrefix("64:ff9b::/96"), "a NAT64 address", 12},
	{netip.MustParsePrefix("2002::/16"), "a 6to4 address", 2},
	{netip.MustParsePrefix("::/96"), "an IPv4-compatible address", 12},
}

// oddAddress recognises addresses in forms that some resolvers and proxies
// read as IPv4: 2130706433, 0x7f.1, 0177.0.0.1.
func oddAddress(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	last := host[strings.LastIndexByte(host, '.')+1:]
	digits, hex := strings.CutPrefix(last, "0x")
	accepted := "0123456789"
	if hex {
		accepted += "abcdef"
	}
	if digits == "" || strings.Trim(digits, accepted) != "" {
		return ""
	}
	return "an address written in an unusual form"
}

func isLoopbackName(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// hostname returns hostport without its port and without brackets.
func hostname(hostport string) string {
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		return h
	}
	return strings.Trim(hostport, "[]")
}
