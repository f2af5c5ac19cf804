package webapi

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// BuildURL returns base with query parameters added, given as names and
// values in turn. What base already has stays as it is written; names and
// values are encoded, blanks as %20.
func BuildURL(base string, pairs ...string) (string, error) {
	if len(pairs)%2 != 0 {
		return "", fmt.Errorf("BuildUrl has the name %q without a value", pairs[len(pairs)-1])
	}
	u, err := url.Parse(strings.TrimSpace(base))
	if err != nil {
		return "", errors.New("BuildUrl cannot read the address it starts with")
	}
	u.Fragment, u.RawFragment, u.ForceQuery = "", "", false
	var b strings.Builder
	b.WriteString(strings.TrimRight(u.RawQuery, "&"))
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == "" {
			return "", fmt.Errorf("BuildUrl has a value without a name, argument %d", i+2)
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(queryEscape(pairs[i]) + "=" + queryEscape(pairs[i+1]))
	}
	u.RawQuery = strings.ReplaceAll(b.String(), " ", "%20")
	return u.String(), nil
}

// queryEscape encodes blanks as %20, which every server reads; not all read +.
func queryEscape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// ParseDomain reads the Domain of a credential pack: a host, host:port, or
// https://host, also with what a browser's address bar puts behind it. The
// result is "https://host[:port]", or http:// for a loopback host. Warnings
// say what was corrected.
func ParseDomain(text string) (baseURL string, warnings []string, err error) {
	s := strings.TrimSpace(text)
	shown := clean(s, 100)
	switch {
	case s == "":
		return "", nil, errors.New("the Domain is empty; give the host, for example acme.okta.com")
	case strings.ContainsAny(s, "{}<>"):
		return "", nil, fmt.Errorf("the Domain %q still has the placeholder of an example in it; give your own host, for example acme.okta.com", shown)
	case strings.Count(s, "://") > 1:
		return "", nil, fmt.Errorf("the Domain %q has :// twice; give the host only", shown)
	case strings.ContainsAny(s, " \t\r\n\\"):
		return "", nil, fmt.Errorf("the Domain %q has blanks or backslashes in it; give the host only", shown)
	}
	scheme := "https"
	if before, after, ok := strings.Cut(s, "://"); ok {
		scheme, s = strings.ToLower(before), after
	}
	if scheme != "https" && scheme != "http" {
		return "", nil, fmt.Errorf("the Domain %q starts with %s://; only https:// is spoken", shown, scheme)
	}
	u, err := url.Parse(scheme + "://" + s)
	if err != nil {
		return "", nil, fmt.Errorf("the Domain %q is not a host", shown)
	}
	if u.User != nil {
		return "", nil, errors.New("the Domain has a user or password in it; give the host only, and the password in its own field")
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		warnings = append(warnings, fmt.Sprintf("of the Domain only the host is used, %s", u.Host))
	}
	host, port, err := domainHost(u)
	if err != nil {
		return "", nil, err
	}
	if scheme == "http" && !isLoopbackName(host) {
		return "", nil, fmt.Errorf("the Domain %q asks for http:// without TLS, which is for loopback hosts only; write https://%s", shown, host)
	}
	if fixed, ok := withoutAdmin(host); ok {
		warnings = append(warnings, fmt.Sprintf("the Domain %s is OKTA's admin console; its API is at %s, which is used", host, fixed))
		host = fixed
	}
	if !strings.ContainsAny(host, ".:") && !isLoopbackName(host) {
		warnings = append(warnings, fmt.Sprintf("the Domain %s has no dot; for an OKTA organisation write %s.okta.com", host, host))
	}
	if port != "" {
		return scheme + "://" + net.JoinHostPort(host, port), warnings, nil
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return scheme + "://" + host, warnings, nil
}

// domainHost returns the checked host in lower case, and the port unless it
// is the scheme's own.
func domainHost(u *url.URL) (host, port string, err error) {
	host, port = strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")), u.Port()
	if host == "" {
		return "", "", errors.New("the Domain has no host; give the host, for example acme.okta.com")
	}
	if strings.HasSuffix(host, ".com.com") {
		return "", "", fmt.Errorf("the Domain %q ends in .com twice", clean(host, 100))
	}
	if _, err := netip.ParseAddr(host); err != nil {
		ascii, err := idna.Lookup.ToASCII(host)
		if err != nil || strings.Contains(ascii, "..") {
			return "", "", fmt.Errorf("the Domain %q is not the name of a host", clean(host, 100))
		}
		host = ascii
	}
	if port != "" {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			return "", "", fmt.Errorf("the Domain has the port %q; ports go from 1 to 65535", port)
		}
		if u.Scheme == "https" && n == 443 || u.Scheme == "http" && n == 80 {
			port = ""
		}
	}
	return host, port, nil
}

// withoutAdmin returns the organisation's host for that of its admin console,
// acme-admin.okta.com. Other companies' names may end in -admin rightly.
func withoutAdmin(host string) (string, bool) {
	first, rest, _ := strings.Cut(host, ".")
	org, isAdmin := strings.CutSuffix(first, "-admin")
	if !isAdmin || org == "" || !strings.HasPrefix(rest, "okta") {
		return host, false
	}
	return org + "." + rest, true
}
