package webapi

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// codeAdvice is what to do about an API's own error codes.
var codeAdvice = map[string]string{
	"E0000004": "OKTA refused the sign-in: check that the pack holds an API token of this organisation",
	"E0000005": "the session is not valid: use an API token (Authorize … \"SSWS\") rather than a session",
	"E0000006": "the token's owner has no permission for this: give that administrator the rights to read users and groups (Read-Only Administrator is enough to read), and check that the token is not bound to a network zone without this machine",
	"E0000011": "the token is wrong, was revoked, expired after 30 days without use, belongs to another organisation than the pack's Domain, or its owner is deactivated or locked: create a new API token in OKTA (Security > API > Tokens) and put it into the pack",
	"E0000015": "the organisation has not enabled this feature, or the token's owner may not use it",
	"E0000022": "this address does not accept the method: check the command (HttpGet, HttpPost) and the address",
	"E0000029": "the cursor of the list was refused: start the run again",
	"E0000031": "OKTA cannot read the search: names of properties are case-sensitive, ne does not exist, co works for firstName, lastName, email and login only, and a list must be read through its next links",
	"E0000033": "OKTA takes search or filter, not both in one request",
	"E0000047": "the rate limit stayed used up: something else uses this organisation's API heavily; run at another time, or raise the share of the token in OKTA (Security > API > Tokens)",

	"invalid_dpop_proof": "the OKTA app requires DPoP: in the app's General settings clear \"Require Demonstrating Proof of Possession (DPoP) header in token requests\", or use Authorize with PrivateKeyJwt, which sends it",
	"use_dpop_nonce":     "the server wants a DPoP proof with its nonce: use Authorize with PrivateKeyJwt, which sends it",
	"invalid_client":     "the client id is wrong or its key is not the one registered: check the pack's client id, key and key id",
	"invalid_scope":      "grant the scopes (okta.users.read, okta.groups.read) to the app, and give it an administrator role",
	"invalid_grant":      "the grant was refused: sign in again or renew what the pack holds",
}

// advice returns what an administrator can do about e.
func (x *exchange) advice(e *Error, resp *Response) string {
	var (
		hints     = x.c.cfg.Hints
		authority x509.UnknownAuthorityError
		certHost  x509.HostnameError
		certState x509.CertificateInvalidError
		dns       *net.DNSError
		proxy     *proxyError
		advised   *advisedError
	)
	switch {
	case e.Kind == KindCancelled:
		return ""
	case errors.As(e.Err, &advised):
		return advised.advice
	case e.Kind == KindEgress:
		if egress := (*EgressError)(nil); errors.As(e.Err, &egress) {
			return "to allow it, " + hints.AllowHost
		}
		return ""
	case errors.As(e.Err, &proxy) && !isCertificateError(proxy.Err):
		return proxyAdvice(proxy, hints)
	case errors.As(e.Err, &authority):
		return "the certificate comes from an authority that this machine does not trust, often a proxy that opens TLS: " + hints.RootCertificates
	case errors.As(e.Err, &certHost):
		return "the certificate is for another name: check the Domain of the pack"
	case errors.As(e.Err, &certState) && certState.Reason == x509.Expired:
		return fmt.Sprintf("the certificate is not valid at this time; this machine's clock says %s UTC, check that first", x.c.cfg.Clock.Now().UTC().Format("2006-01-02 15:04"))
	case errors.As(e.Err, &dns):
		return "the name could not be resolved: check the Domain of the pack; in a network with a proxy, " + hints.Proxy
	case isPlain(e.Err):
		return "the server speaks no TLS on this port: check the Domain of the pack and its port"
	case isRefused(e.Err):
		return "nothing listens there: check the Domain of the pack and its port, and whether a firewall or proxy is in between"
	case e.Kind == KindTooLarge:
		return "ask for less at once, for example with a smaller limit"
	case e.Kind == KindTimeout, e.Kind == KindTruncated, e.Kind == KindNetwork:
		if e.Attempts > 1 {
			return "nothing was taken over from an incomplete read; run again, or ask for less at once with a smaller limit"
		}
		if !x.repeatable() && e.Attempts > 0 {
			return "the server may have done what was asked, so it was not sent again; an Idempotency-Key header allows that"
		}
		return ""
	case e.Kind == KindRedirect:
		return "use the final address in the script, and its host as the Domain of the pack"
	}
	return x.statusAdvice(e, resp)
}

func proxyAdvice(e *proxyError, hints Hints) string {
	switch {
	case e.Err != nil:
		return "check the proxy's address and port; " + hints.Proxy
	case e.Status == http.StatusProxyAuthRequired:
		return "the proxy wants a sign-in, http://user:password@host:port in HTTPS_PROXY; " + hints.Proxy
	case e.Status >= 500:
		return "the proxy does not reach this host: check the Domain of the pack, and run again later; " + hints.Proxy
	}
	return "the proxy does not let this host through: ask for it to be allowed; " + hints.Proxy
}

func (x *exchange) statusAdvice(e *Error, resp *Response) string {
	if resp == nil || resp.Status < 400 {
		return ""
	}
	html := looksLikeHTML(string(resp.Body[:min(len(resp.Body), 1024)]))
	advice := codeAdvice[e.Code]
	switch {
	case e.Code == "E0000011" && x.req.Credential != nil && x.c.cfg.Hints.NewToken != "":
		advice += " with: " + x.c.cfg.Hints.NewToken + " " + x.req.Credential.Pack
	case advice != "":
	case html && resp.Status == http.StatusNotFound:
		advice = "this host does not serve the API: check the Domain of the pack and the path"
	case html:
		advice = "a web page came instead of the API's answer, often from a proxy or a sign-in page in between; " + x.c.cfg.Hints.Proxy
	case resp.Status == http.StatusProxyAuthRequired:
		advice = "the proxy wants a sign-in, http://user:password@host:port in HTTPS_PROXY; " + x.c.cfg.Hints.Proxy
	case resp.Status == http.StatusUnauthorized && x.req.Credential == nil:
		advice = "no credential was sent: write Credential and Authorize before the request"
	case resp.Status == http.StatusUnauthorized:
		advice = "the server refused the authorization: check the pack " + x.req.Credential.Pack
	case resp.Status == http.StatusForbidden:
		advice = "the sign-in has no permission for this"
	case resp.Status == http.StatusNotFound && !strings.HasPrefix(e.Code, "E0"):
		advice = "check the address: the host answers, but has nothing there, which also happens when the Domain of the pack is not the API's host"
	case resp.Status == http.StatusTooManyRequests:
		advice = codeAdvice["E0000047"]
	case resp.Status >= 500 && x.opts.list:
		advice = "the server could not answer in time: ask for less at once with a smaller limit, or run again later"
	case resp.Status >= 500:
		advice = "the fault is at the server; run again later"
	}
	tokenTrouble := resp.Status == http.StatusUnauthorized || e.Code == "invalid_client" || e.Code == "invalid_dpop_proof"
	if d := skew(resp, x.c.cfg.Clock.Now()); tokenTrouble && d.Abs() > 2*time.Minute {
		direction := "ahead of"
		if d < 0 {
			direction = "behind"
		}
		advice += fmt.Sprintf("; this machine's clock is %v %s the server's, which alone makes signed tokens invalid: set it right", d.Abs(), direction)
	}
	return strings.TrimPrefix(advice, "; ")
}

// describe puts failures into an administrator's words where Go's own are a
// programmer's.
func describe(err error) string {
	var (
		authority x509.UnknownAuthorityError
		dns       *net.DNSError
		egress    *EgressError
		proxy     *proxyError
	)
	switch {
	case errors.As(err, &proxy): // before what may be inside of it
		return proxy.Error()
	case errors.As(err, &egress):
		return egress.Error()
	case errors.As(err, &authority):
		issuer := ""
		if authority.Cert != nil {
			issuer = fmt.Sprintf(" (issued by %q)", authority.Cert.Issuer.CommonName)
		}
		return "the server's certificate is not trusted" + issuer
	case errors.As(err, &dns):
		if dns.IsNotFound {
			return fmt.Sprintf("there is no host %s", dns.Name)
		}
		return fmt.Sprintf("the name %s could not be resolved", dns.Name)
	case isPlain(err):
		return "the server answers without TLS"
	case isRefused(err):
		return "the connection was refused"
	case isReset(err) && !isTruncated(err):
		return "the connection was reset"
	case errors.Is(err, io.EOF):
		return "the server closed the connection without an answer"
	}
	if stream := (streamError{}); errors.As(err, &stream) && !isTruncated(err) {
		return fmt.Sprintf("the server broke the request off (HTTP/2 error %d)", stream.Code)
	}
	return err.Error()
}

// A streamError is HTTP/2's way to break off one request. net/http fills what
// has its shape, since it does not show its own type.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e streamError) Error() string {
	return fmt.Sprintf("stream %d broken off: %d", e.StreamID, e.Code)
}

// isPlain reports a server that does not speak TLS where it was asked to.
func isPlain(err error) bool {
	var record tls.RecordHeaderError
	return errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &record)
}
