package oktasim

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An effect is one thing that a fault script can ask for. The table of effects is the script's grammar, its help and its code.
type effect struct {
	// pattern is the words as they are written. N and STATUS stand for a number; TIME, HOST and WORD for one word; a/b for either.
	pattern string
	help    string
	make    func(args []string) (action, error) // args are the words in the places of what stands for others
}

// FaultHelp returns the effects that a fault script knows, each with its meaning, in the order in which they are best shown.
func FaultHelp() [][2]string {
	table := effects()
	help := make([][2]string, len(table))
	for i, e := range table {
		help[i] = [2]string{e.pattern, e.help}
	}
	return help
}

// fixed is an effect without arguments.
func fixed(a action) func([]string) (action, error) {
	return func([]string) (action, error) { return a, nil }
}

func effects() []effect {
	return []effect{
		{"truncated", "half of the body, then the connection ends", fixed(truncated)},
		{"reset", "the connection is reset before an answer", fixed(reset)},
		{"hangs", "no answer until the client gives up", fixed(hangs)},
		{"slow drip", "the body comes byte by byte, twenty in a second", fixed(slowDrip)},
		{"wait TIME", "the answer is right and takes longer: wait 5s", wait},

		{"429", "over the rate limit, until the window ends", fixed(tooMany(resetAsIs))},
		{"429 concurrency", "too many calls at once: Limit 0, Remaining 0", fixed(tooMany(resetConcurrency))},
		{"429 without headers", "over the limit, with none of the three headers", fixed(tooMany(resetNoHeaders))},
		{"429 reset negative/absurd/missing", "over the limit, and the time to wait until makes no sense", badReset},
		{"429 retry-after N", "over the limit, with Retry-After", retryAfter},
		{"html STATUS", "a proxy's page with that status: html 502", htmlStatus},
		{"apache 404", "an answer that is not OKTA's: no request id, no error code", fixed(apache)},
		{"STATUS", "that status with OKTA's error object: 400, 401, 403, 404, 500, 502, 503, 504", status},
		{"STATUS echoing the token", "an error that repeats the token that was sent: in its text, URL-encoded, in base64, as request id", echoToken},
		{"cursor invalid", "400, the cursor is no longer known", fixed(func(x *exchange) { x.fail(invalidCursor(true)) })},

		{"next points to page N", "the link to the next page leads to that page", nextToPage},
		{"next to itself", "the link to the next page leads to the page itself", fixed(func(x *exchange) { x.reply.next = x.reply.self })},
		{"next to HOST", "the link to the next page leads to that host, or is that address", nextTo},
		{"no next", "the list ends here, though there is more", fixed(func(x *exchange) { x.reply.next = "" })},
		{"redirect to HOST", "302 to that host, or to that address", redirect},
		{"header injection", "a terminal's escapes in a header value, line ends in the cursor of the next link", fixed(headerInjection)},
		{"broken header", "a header value with bytes that HTTP does not allow", fixed(func(x *exchange) { x.reply.header.Set("X-Okta-Request-Id", "\x1b[2J\x07") })},

		{"empty", "a page without records whose next link leads on: nobody is lost", fixed(emptyPage)},
		{"short", "half of the page, the rest follows on the next: nobody is lost", fixed(shortPage)},
		{"repeat page N's last user", "the page begins with that page's last record again", repeatLast},
		{"not an array", "an object where the array should be", fixed(rewrite(func(p *page) []byte { return slices.Concat([]byte(`{"users":`), p.body, []byte("}")) }))},
		{"array of texts", "an array of texts where objects should be", fixed(replaceBody(`["00u1","00u2"]`))},
		{"user without id", "the first record has no id", fixed(editFirst(withoutID))},
		{"user without profile", "the first record has no profile", fixed(editFirst(withoutProfile))},
		{"user with wrong types", "the first record has a number for a name and an object for a title", fixed(editFirst(withWrongTypes))},
		{"user with status WORD", "the first record has that status", withStatus},
		{"null among users", "null stands before the first record", fixed(rewrite(func(p *page) []byte { return insertFirst(p, []byte("null")) }))},
		{"bad utf-8", "bytes in the first record that are not UTF-8", fixed(editFirst(withBadUTF8))},
		{"bom", "a byte order mark before the body", fixed(rewrite(func(p *page) []byte { return append([]byte("\xef\xbb\xbf"), p.body...) }))},
		{"invalid json", "a body in which a comma is missing", fixed(invalidJSON)},
		{"gzip bomb", "ten gigabytes of blanks in ten megabytes of gzip", fixed(gzipBomb)},
		{"broken gzip", "a body that says gzip and is none", fixed(brokenGzip)},
		{"N GB body", "the page's records again and again, up to that size", hugeBody},
		{"N MB body", "the same, smaller", largeBody},
	}
}

// findEffect returns the action of the effect that words are. A message says what to write instead.
func findEffect(words []string) (action, string) {
	for _, e := range effects() {
		args, ok := matchPattern(strings.Fields(e.pattern), words)
		if !ok {
			continue
		}
		a, err := e.make(args)
		if err != nil {
			return nil, err.Error()
		}
		return a, ""
	}
	return nil, fmt.Sprintf("%q is no fault: write %s", strings.Join(words, " "), strings.Join(closest(words), ", "))
}

// closest returns the patterns that words may have been meant for: those that begin alike, else those that are spelled alike, else all.
func closest(words []string) []string {
	var alike, spelled, all []string
	text := strings.ToLower(strings.Join(words, " "))
	for _, e := range effects() {
		if first, _, _ := strings.Cut(e.pattern, " "); strings.EqualFold(first, words[0]) {
			alike = append(alike, e.pattern)
		}
		if distance(text, e.pattern) <= 1+len(e.pattern)/5 {
			spelled = append(spelled, e.pattern)
		}
		all = append(all, e.pattern)
	}
	switch {
	case spelled != nil:
		return spelled
	case alike != nil:
		return alike
	}
	return all
}

// distance counts the bytes to insert, delete or replace to make a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func matchPattern(pattern, words []string) (args []string, ok bool) {
	if len(pattern) != len(words) {
		return nil, false
	}
	for i, p := range pattern {
		w := words[i]
		switch {
		case p == "TIME" || p == "HOST" || p == "WORD":
			args = append(args, w)
		case p == "N" || p == "N's" || p == "STATUS":
			digits, possessive := strings.CutSuffix(w, "'s")
			if _, err := strconv.Atoi(digits); err != nil || possessive != (p == "N's") {
				return nil, false
			}
			args = append(args, digits)
		case strings.Contains(p, "/"):
			if !slices.Contains(strings.Split(p, "/"), strings.ToLower(w)) {
				return nil, false
			}
			args = append(args, strings.ToLower(w))
		case !strings.EqualFold(p, w):
			return nil, false
		}
	}
	return args, true
}

// fail makes the answer an error object.
func (x *exchange) fail(err *apiError) { x.reply = err.reply(x.id) }

// statusCodes are the error codes of the statuses that a script may ask for. 502 and 504 are not OKTA's, but that of what is before it.
var statusCodes = map[int]string{
	400: "E0000001", 401: "E0000011", 403: "E0000006", 404: "E0000007", 429: "E0000047", 500: "E0000009", 502: "E0000009", 503: "E0000010", 504: "E0000009",
}

func status(args []string) (action, error) {
	n, err := strconv.Atoi(args[0])
	code, ok := statusCodes[n]
	if err != nil || !ok {
		return nil, fmt.Errorf("%s is no status for a fault: write 400, 401, 403, 404, 429, 500, 502, 503 or 504", args[0])
	}
	return func(x *exchange) {
		detail := map[string]string{"E0000001": "limit", "E0000007": strings.TrimSpace(x.rel + " (" + objectNames[x.kind] + ")")}
		x.fail(&apiError{code: code, status: n, detail: detail[code]})
	}, nil
}

// objectNames are how a 404 calls what was not found.
var objectNames = map[string]string{"users": "User", "user": "User", "groups": "UserGroup", "group": "UserGroup", "members": "UserGroup", "org": "Org"}

func echoToken(args []string) (action, error) {
	plain, err := status(args)
	if err != nil {
		return nil, err
	}
	return func(x *exchange) {
		plain(x)
		n := x.reply.status
		token := x.r.Header.Get("Authorization")
		x.reply = jsonReply(n, errorObject{
			ErrorCode: statusCodes[n], ErrorSummary: "The request was refused: " + token, ErrorLink: statusCodes[n],
			ErrorID: "oae" + x.id, ErrorCauses: []errorCause{
				{ErrorSummary: "Token: " + token},
				{ErrorSummary: "In an address: " + url.QueryEscape(token)},
				{ErrorSummary: "In base64: " + base64.StdEncoding.EncodeToString([]byte(token))},
			},
		})
		x.reply.header.Set("X-Okta-Request-Id", token)
	}, nil
}

func htmlStatus(args []string) (action, error) {
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 200 || n > 599 {
		return nil, fmt.Errorf("%s is no status: write for example html 502", args[0])
	}
	return func(x *exchange) {
		x.reply = foreign(n, "text/html", "<!DOCTYPE html>\n<html><head><title>"+args[0]+" "+http.StatusText(n)+
			"</title><script>alert(1)</script></head>\n<body><h1>"+http.StatusText(n)+"</h1><p>proxy.example.com could not reach the server.</p></body></html>\n")
	}, nil
}

// foreign is an answer of something that is not OKTA: without the headers that OKTA sends.
func foreign(status int, contentType, body string) *reply {
	r := &reply{status: status, body: []byte(body), header: http.Header{}}
	if contentType != "" {
		r.header.Set("Content-Type", contentType)
	}
	for _, name := range []string{"X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Reset", "X-Okta-Request-Id"} {
		r.header[name] = nil
	}
	return r
}

func apache(x *exchange) {
	x.reply = foreign(http.StatusNotFound, "", `{"status":404,"message":"Resource not found"}`)
	x.reply.header.Set("Server", "Apache")
	x.reply.header["Content-Type"] = nil // nil keeps net/http from guessing one
}

// The ways in which a 429 tells when to come back.
const (
	resetAsIs = iota
	resetConcurrency
	resetNoHeaders
	resetNegative
	resetAbsurd
	resetMissing
)

func tooMany(how int) action {
	return func(x *exchange) {
		x.fail(&apiError{code: "E0000047"})
		now, h := x.sim.cfg.Now().Unix(), x.reply.header
		x.quota.remaining = 0
		switch how {
		case resetConcurrency:
			x.quota = quota{reset: now + 114} // what OKTA suggests; a slot is free at once
		case resetNoHeaders:
			h["X-Rate-Limit-Limit"], h["X-Rate-Limit-Remaining"], h["X-Rate-Limit-Reset"] = nil, nil, nil
		case resetNegative:
			x.quota.reset = now - 7200
		case resetAbsurd:
			x.quota.reset = now + 10*365*86400
		case resetMissing:
			h["X-Rate-Limit-Reset"] = nil
		}
	}
}

func badReset(args []string) (action, error) {
	return tooMany(map[string]int{"negative": resetNegative, "absurd": resetAbsurd, "missing": resetMissing}[args[0]]), nil
}

func retryAfter(args []string) (action, error) {
	return func(x *exchange) {
		tooMany(resetNoHeaders)(x)
		x.reply.header.Set("Retry-After", args[0])
	}, nil
}

func wait(args []string) (action, error) {
	d, err := time.ParseDuration(args[0])
	if err != nil || d < 0 {
		return nil, fmt.Errorf("%q is no time to wait: write for example 500ms, 5s or 2m", args[0])
	}
	return func(x *exchange) { sleep(x.r, d) }, nil
}
