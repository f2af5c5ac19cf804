package webapi

import (
	"context"
	"net/http"
	"time"
)

// A Request is one request. It is only read, so one Request may be used by
// several goroutines.
type Request struct {
	Method      string // "" is GET
	URL         string
	Body        []byte
	ContentType string
	Header      []Header

	// Allow lists statuses from 400 on that are answers, not errors.
	Allow []int

	// Credential authorises the request; nil sends none.
	Credential *Credential

	// Idempotent says that sending the request twice does no harm, so that a
	// method other than GET and HEAD may be retried. An Idempotency-Key
	// header says the same.
	Idempotent bool
}

// A Header is one request header. The value of a Secret one is hidden
// everywhere. One with Hosts (each host or host:port) goes to these only: a
// request to another host is refused.
type Header struct {
	Name, Value string
	Secret      bool
	Hosts       []string
}

// A Response is the answer to a [Request].
type Response struct {
	Status   int
	Header   http.Header
	Body     []byte    // decompressed, whole
	URL      string    // that answered, secrets out
	Date     time.Time // the server's clock; the client's when the server sent none
	Attempts int

	exchange *exchange // for errors found later in this answer
}

// A Credential authorises requests to the hosts of one credential pack and to
// no other. It must be safe for concurrent use.
type Credential struct {
	// Pack is the pack's name. Requests of one pack share one rate budget.
	Pack string

	// Hosts are the pack's hosts, each host or host:port. A host without a
	// port stands for the scheme's own.
	Hosts []string

	// Authorize returns the headers to send, such as Authorization. They are
	// secret whatever their Secret field says. It is called for every
	// attempt, so it can renew a token or sign the request.
	Authorize func(ctx context.Context, r AuthRequest) ([]Header, error)

	// Refused, if not nil, is told once a request when a server answers 401.
	// True means that Authorize now gives something better (a new token, a
	// proof with the server's nonce) and the request is sent once more.
	Refused func(ctx context.Context, header http.Header) (bool, error)
}

// An AuthRequest is what a [Credential] may have to sign.
type AuthRequest struct {
	Method string
	URL    string // with its secrets
}

// StaticCredential returns a credential that sends one Authorization value,
// such as "SSWS " and a token.
func StaticCredential(pack string, hosts []string, authorization string) *Credential {
	headers := []Header{{Name: "Authorization", Value: authorization, Secret: true}}
	return &Credential{
		Pack:      pack,
		Hosts:     hosts,
		Authorize: func(context.Context, AuthRequest) ([]Header, error) { return headers, nil },
	}
}

type secretHeadersKey struct{}

// IsSecretHeader reports whether the value of a header of req must not be
// kept. It is for what [Config.Wrap] puts into the client.
func IsSecretHeader(req *http.Request, name string) bool {
	name = http.CanonicalHeaderKey(name)
	switch name {
	case "Authorization", "Proxy-Authorization", "Cookie", "Dpop":
		return true
	}
	names, _ := req.Context().Value(secretHeadersKey{}).(map[string]bool)
	return names[name]
}
