package harness

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An Exchange is one recorded request and its answer: one .http file of a
// case, in the form in which HTTP is written, so that a person can read it,
// compare two versions of it and edit it.
//
//	GET https://acme.okta.example/api/v1/users?limit=200&search=status+pr
//
//	HTTP 200
//	Content-Type: application/json
//	Link: <https://acme.okta.example/api/v1/users?after=a1>; rel="next"
//
//	[ {"id": "00u1", …} ]
//
// A request body stands between the first blank line and the line HTTP. JSON
// is written indented; a body that is no text is written as base64 under the
// header "Body-Encoding: base64". No request header is ever recorded, so no
// token can be.
type Exchange struct {
	Name   string // the file's name, for messages
	Method string
	URL    *url.URL
	Sent   []byte // the request's body
	Status int
	Header http.Header
	Body   []byte
}

// keptHeaders are the answer's headers that change what a client does. The
// others (cookies above all) are not recorded.
var keptHeaders = []string{"Content-Type", "Date", "Link", "Retry-After", "X-Okta-Request-Id", "X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Reset", "Location"}

const bodyEncoding = "Body-Encoding"

// ParseExchange reads one .http file.
func ParseExchange(name string, text []byte) (*Exchange, error) {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	fail := func(line int, format string, args ...any) (*Exchange, error) {
		return nil, fmt.Errorf("%s:%d: %s", name, line, fmt.Sprintf(format, args...))
	}
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	method, target, ok := strings.Cut(strings.TrimSpace(string(first)), " ")
	if !ok {
		return fail(1, "the first line is METHOD URL, such as GET https://acme.okta.example/api/v1/users?limit=200")
	}
	u, err := url.Parse(strings.TrimSpace(target))
	if err != nil || u.Host == "" {
		return fail(1, "%q is no URL with a host", target)
	}
	e := &Exchange{Name: name, Method: method, URL: u}

	// The answer begins at the first line that is HTTP and a status.
	line, body := 2, rest
	var sent [][]byte
	for {
		if len(body) == 0 {
			return fail(line, "there is no answer: a line such as HTTP 200 is missing")
		}
		var l []byte
		l, body, _ = bytes.Cut(body, []byte("\n"))
		if status, ok := statusLine(string(l)); ok {
			e.Status = status
			break
		}
		sent = append(sent, l)
		line++
	}
	e.Sent = bytes.Trim(bytes.Join(sent, []byte("\n")), "\n")

	head, payload, _ := bytes.Cut(append([]byte(nil), body...), []byte("\n\n"))
	if bytes.HasPrefix(body, []byte("\n")) {
		head, payload = nil, body[1:]
	}
	h, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(head, "\n\n"...)))).ReadMIMEHeader()
	if err != nil {
		return fail(line+1, "a header line is Name: value (%v)", err)
	}
	e.Header = http.Header(h)
	for _, values := range e.Header {
		for i := range values {
			values[i] = strings.TrimSpace(values[i]) // a folded line leaves a space at the end
		}
	}
	e.Body = bytes.TrimSuffix(payload, []byte("\n"))
	if e.Header.Get(bodyEncoding) == "base64" {
		if e.Body, err = base64.StdEncoding.DecodeString(strings.ReplaceAll(string(e.Body), "\n", "")); err != nil {
			return fail(line, "the body is not base64: %v", err)
		}
	}
	e.Header.Del(bodyEncoding)
	return e, nil
}

// statusLine reads "HTTP 200" or "HTTP/1.1 200 OK".
func statusLine(l string) (int, bool) {
	f := strings.Fields(l)
	if len(f) < 2 || f[0] != "HTTP" && !strings.HasPrefix(f[0], "HTTP/") {
		return 0, false
	}
	n, err := strconv.Atoi(f[1])
	return n, err == nil && n >= 100 && n < 600
}

// Text writes the exchange as its .http file.
func (e *Exchange) Text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s\n\n", e.Method, e.URL)
	if len(e.Sent) > 0 {
		b.Write(pretty(e.Sent))
		b.WriteString("\n\n")
	}
	fmt.Fprintf(&b, "HTTP %d\n", e.Status)
	for _, k := range keptHeaders {
		for _, v := range e.Header.Values(k) {
			fmt.Fprintf(&b, "%s: %s\n", k, v)
		}
	}
	body := pretty(e.Body)
	if !utf8.Valid(body) || bytes.ContainsRune(body, 0) {
		fmt.Fprintf(&b, "%s: base64\n", bodyEncoding)
		body = []byte(base64.StdEncoding.EncodeToString(e.Body))
	}
	b.WriteByte('\n')
	b.Write(body)
	b.WriteByte('\n')
	return b.Bytes()
}

// pretty indents JSON; anything else stays as it is.
func pretty(body []byte) []byte {
	var b bytes.Buffer
	if json.Indent(&b, body, "", "  ") == nil {
		return b.Bytes()
	}
	return body
}

// key is what two requests must share to be one: method and URL, the query in
// any order.
func key(method string, u *url.URL) string {
	q := u.Query()
	for _, v := range q {
		slices.Sort(v)
	}
	return method + " " + u.Scheme + "://" + u.Host + u.EscapedPath() + "?" + q.Encode()
}
