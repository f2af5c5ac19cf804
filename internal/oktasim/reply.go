package oktasim

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
)

// A reply is an answer before it is sent; faults change it on the way.
type reply struct {
	status int
	header http.Header
	body   []byte
	page   *page  // for a list
	self   string // the links of a list; next is empty on the last page
	next   string
	joined bool
}

// An errorObject is the body of every error that OKTA itself answers with.
type errorObject struct {
	ErrorCode    string       `json:"errorCode"`
	ErrorSummary string       `json:"errorSummary"`
	ErrorLink    string       `json:"errorLink"`
	ErrorID      string       `json:"errorId"`
	ErrorCauses  []errorCause `json:"errorCauses"`
}

type errorCause struct {
	ErrorSummary string `json:"errorSummary"`
}

// apiErrors is the status and the text of each error code in use; %s is what the caller adds.
var apiErrors = map[string]struct {
	status  int
	summary string
}{
	"E0000001": {400, "Api validation failed: %s"},
	"E0000006": {403, "You do not have permission to perform the requested action"},
	"E0000007": {404, "Not found: Resource not found: %s"},
	"E0000008": {404, "The requested path was not found"},
	"E0000009": {500, "Internal Server Error"},
	"E0000010": {503, "Service is in read only mode"},
	"E0000011": {401, "Invalid token provided"},
	"E0000022": {405, "The endpoint does not support the provided HTTP method"},
	"E0000029": {400, "Invalid paging request."},
	"E0000031": {400, "Invalid search criteria."},
	"E0000033": {400, "Can't specify a search query and filter in the same request."},
	"E0000047": {429, "API call exceeded rate limit due to too many requests."},
}

// An apiError is an answer that is an error object.
type apiError struct {
	code   string
	detail string // stands for %s in the summary
	causes []string
	status int // 0 is that of the code
}

func (e *apiError) Error() string { return e.code + " " + e.summary() }

func (e *apiError) summary() string {
	return strings.Replace(apiErrors[e.code].summary, "%s", e.detail, 1)
}

func (e *apiError) reply(requestID string) *reply {
	o := errorObject{ErrorCode: e.code, ErrorSummary: e.summary(), ErrorLink: e.code, ErrorID: "oae" + requestID, ErrorCauses: []errorCause{}}
	for _, cause := range e.causes {
		o.ErrorCauses = append(o.ErrorCauses, errorCause{cause})
	}
	status := e.status
	if status == 0 {
		status = apiErrors[e.code].status
	}
	return jsonReply(status, o)
}

func jsonReply(status int, v any) *reply {
	body, err := plainJSON(v)
	if err != nil { // all callers give structs of text
		panic(err)
	}
	r := &reply{status: status, body: body, header: http.Header{}}
	r.header.Set("Content-Type", "application/json")
	return r
}

// setLinks writes the Link header in the style of the reply.
func (r *reply) setLinks() {
	if r.self == "" {
		return
	}
	links := []string{"<" + r.self + `>; rel="self"`}
	if r.next != "" {
		links = append(links, "<"+r.next+`>; rel="next"`)
	}
	if r.joined {
		links = []string{strings.Join(links, ", ")}
	}
	r.header["Link"] = links
}

// minGzip is the smallest body worth compressing: below it, the two together are no smaller than a packet.
const minGzip = 1400

func (r *reply) compress() {
	if len(r.body) < minGzip || r.header.Get("Content-Encoding") != "" {
		return
	}
	if r.page != nil && len(r.page.body) == len(r.body) && &r.page.body[0] == &r.body[0] {
		r.body = r.page.zipped() // no fault has touched the page: it may be there already
	} else {
		r.body = zip(r.body)
	}
	r.header.Set("Content-Encoding", "gzip")
}

func zip(body []byte) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err == nil {
		_, err = z.Write(body)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil { // a bytes.Buffer takes everything, and BestSpeed is a level
		panic(err)
	}
	return b.Bytes()
}

func (r *reply) send(w http.ResponseWriter) {
	h := w.Header()
	for name, values := range r.header {
		h[name] = values
	}
	h.Set("Content-Length", strconv.Itoa(len(r.body)))
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body) // a client that hung up is not the simulator's concern
}
