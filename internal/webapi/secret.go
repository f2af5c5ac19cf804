package webapi

import (
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"github.com/amsx-lang/amsx/internal/redact"
)

// Secrets hides secret values in text for people. It must be safe for
// concurrent use.
type Secrets interface {
	// Redact returns text with every secret replaced.
	Redact(text string) string
}

type secretChain []Secrets

func (c secretChain) Redact(text string) string {
	for _, s := range c {
		text = s.Redact(text)
	}
	return text
}

func chain(first Secrets, second *redact.Redactor) Secrets {
	var c secretChain
	if first != nil {
		c = append(c, first)
	}
	if second != nil {
		c = append(c, second)
	}
	return c
}

// proxyPasswords returns what is secret in the proxy settings, and checks
// them, as httpproxy ignores an address it cannot read.
func proxyPasswords(p httpproxy.Config) (*redact.Redactor, error) {
	var secret []string
	for name, value := range map[string]string{"HTTPS_PROXY": p.HTTPSProxy, "HTTP_PROXY": p.HTTPProxy} {
		if value == "" {
			continue
		}
		if !strings.Contains(value, "://") {
			value = "http://" + value // as httpproxy reads it
		}
		u, err := url.Parse(value)
		if err != nil || u.Hostname() == "" {
			return nil, fmt.Errorf("%s is not the address of a proxy; write http://host:port", name)
		}
		switch u.Scheme {
		case "http", "https", "socks5", "socks5h":
		default:
			return nil, fmt.Errorf("%s has the scheme %q; a proxy's address starts with http://, https:// or socks5://", name, u.Scheme)
		}
		if u.User != nil {
			secret = append(secret, u.User.String())
			if pw, ok := u.User.Password(); ok {
				secret = append(secret, pw)
			}
		}
	}
	return redact.New(secret...), nil
}

// secretQueryNames are parameters whose values are hidden in every URL.
var secretQueryNames = map[string]bool{
	"token": true, "access_token": true, "refresh_token": true, "id_token": true, "auth_token": true,
	"key": true, "api_key": true, "apikey": true, "api-key": true, "subscription-key": true,
	"client_secret": true, "secret": true, "password": true, "passwd": true, "pwd": true,
	"client_assertion": true, "assertion": true, "sig": true, "signature": true, "x-amz-signature": true,
}

// displayURL returns a URL for people: without user information and
// fragment, with secret parameters masked, other values kept as sent.
func displayURL(raw string, secrets Secrets) string {
	u, err := url.Parse(raw)
	if err != nil {
		// An address that cannot be read may hold a password anywhere before @.
		if at := strings.LastIndexByte(raw, '@'); at >= 0 {
			raw = redact.Mask + raw[at:]
		}
		return secrets.Redact(clean(raw, 200))
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	if u.RawQuery != "" {
		parts := strings.Split(u.RawQuery, "&")
		for i, part := range parts {
			name, _, has := strings.Cut(part, "=")
			plain, err := url.QueryUnescape(name)
			if has && (err != nil || secretQueryNames[strings.ToLower(plain)]) {
				parts[i] = name + "=" + redact.Mask
			}
		}
		u.RawQuery = strings.Join(parts, "&")
	}
	return secrets.Redact(u.String())
}
