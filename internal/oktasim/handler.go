package oktasim

import (
	"crypto/subtle"
	"encoding/binary"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// An exchange is one call while it is answered.
type exchange struct {
	sim     *Sim
	w       http.ResponseWriter
	r       *http.Request
	id      string // X-Okta-Request-Id
	base    string // scheme and host that links show
	kind    string // users, user, groups, group, members, org, or empty
	rel     string // the id in the path of a user or a group
	quota   quota
	reply   *reply
	list    *list // for the kinds that are lists
	written bool  // the fault has answered by itself
}

// ServeHTTP answers as OKTA does. Token, rate limit and the call itself are looked at in this order, then the faults.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{sim: s, w: w, r: r, id: s.requestID(), base: s.base(r)}
	x.kind, x.rel = route(r.URL.Path)
	status := 0
	defer func() { s.remember(r, status) }()
	crowded := s.busy.Add(1) > int64(s.cfg.AtOnce)
	defer s.busy.Add(-1)
	if !sleep(r, s.cfg.Latency) {
		return
	}
	x.answer(crowded)
	s.applyFault(x)
	if x.written {
		status = x.reply.status
		return
	}
	x.finish()
	status = x.reply.status
	x.reply.send(w)
}

// finish sets the headers that every answer has and compresses the body when the client accepts it.
func (x *exchange) finish() {
	x.reply.setLinks()
	x.common(x.reply.header)
	if !x.sim.cfg.NoGzip && acceptsGzip(x.r) {
		x.reply.compress()
	}
}

// common sets the headers that every answer has, unless a fault set or removed (nil) them before.
func (x *exchange) common(h http.Header) {
	limits := http.Header{}
	x.quota.header(limits)
	limits.Set("Date", x.sim.cfg.Now().UTC().Format(http.TimeFormat))
	limits.Set("X-Okta-Request-Id", x.id)
	limits.Set("Vary", "Accept-Encoding")
	limits.Set("Cache-Control", "no-cache, no-store")
	for name, values := range limits {
		if _, ok := h[name]; !ok {
			h[name] = values
		}
	}
}

// answer makes the reply. A call that meets too many others under way is turned away as OKTA does it, without a look.
func (x *exchange) answer(crowded bool) {
	err := x.refuse()
	switch {
	case err != nil:
	case crowded:
		tooMany(resetConcurrency)(x)
		return
	default:
		x.reply, err = x.call()
	}
	if err != nil {
		x.reply = err.reply(x.id)
	}
}

// refuse returns the error of a call that is not looked at, and counts the others against the rate limit.
func (x *exchange) refuse() *apiError {
	authorized := x.kind == "org" || x.authorized()
	var withinLimit bool
	x.quota, withinLimit = x.sim.limiter.take(x.kind, x.sim.cfg.Now(), authorized)
	switch {
	case x.kind == "":
		return &apiError{code: "E0000008"}
	case x.r.Method != http.MethodGet && x.r.Method != http.MethodHead:
		return &apiError{code: "E0000022"}
	case !authorized:
		return &apiError{code: "E0000011"}
	case !withinLimit:
		return &apiError{code: "E0000047"}
	}
	return nil
}

func (x *exchange) authorized() bool {
	scheme, token, _ := strings.Cut(x.r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "SSWS") && subtle.ConstantTimeCompare([]byte(strings.TrimSpace(token)), []byte(x.sim.cfg.Token)) == 1
}

// route returns what a path is for, and the id in it.
func route(path string) (kind, id string) {
	if path == "/.well-known/okta-organization" {
		return "org", ""
	}
	rest, ok := strings.CutPrefix(path, "/api/v1/")
	if !ok {
		return "", ""
	}
	switch parts := strings.Split(rest, "/"); {
	case rest == "users" || rest == "groups":
		return rest, ""
	case len(parts) == 2 && parts[0] == "users" && parts[1] != "":
		return "user", parts[1]
	case len(parts) == 2 && parts[0] == "groups" && parts[1] != "":
		return "group", parts[1]
	case len(parts) == 3 && parts[0] == "groups" && parts[1] != "" && parts[2] == "users":
		return "members", parts[1]
	}
	return "", ""
}

func (x *exchange) call() (*reply, *apiError) {
	switch x.kind {
	case "org":
		return x.organization(), nil
	case "user":
		return x.user()
	case "group":
		return x.group()
	}
	return x.page()
}

func (x *exchange) organization() *reply {
	org := x.sim.org
	org.mu.RLock()
	defer org.mu.RUnlock()
	return jsonReply(http.StatusOK, map[string]any{
		"id":       string(org.gen.appendID(nil, "00o", 0)),
		"pipeline": "idx",
		"_links":   map[string]any{"organization": map[string]string{"href": x.base}},
		"settings": map[string]any{"analyticsCollectionEnabled": false, "bugReportingEnabled": false, "omEnabled": false},
	})
}

func (x *exchange) user() (*reply, *apiError) {
	org := x.sim.org
	org.mu.RLock()
	defer org.mu.RUnlock()
	i, ok := org.lookUp(x.rel)
	if !ok {
		return nil, &apiError{code: "E0000007", detail: x.rel + " (" + objectNames[x.kind] + ")"}
	}
	return objectReply(org.item(org.entries[i]).appendJSON(nil, x.base)), nil
}

func (x *exchange) group() (*reply, *apiError) {
	org := x.sim.org
	org.mu.RLock()
	defer org.mu.RUnlock()
	if g := org.groupByID(x.rel); g != nil {
		return objectReply(g.appendJSON(nil, x.base)), nil
	}
	return nil, &apiError{code: "E0000007", detail: x.rel + " (" + objectNames[x.kind] + ")"}
}

func objectReply(body []byte) *reply {
	return &reply{status: http.StatusOK, body: body, header: http.Header{"Content-Type": {"application/json"}}}
}

// requestID returns an id that is unique in the simulator's life and looks like OKTA's.
func (s *Sim) requestID() string {
	s.mu.Lock()
	s.serial++
	n := s.serial
	s.mu.Unlock()
	b := binary.BigEndian.AppendUint64(nil, mix(n+s.cfg.Seed))
	b = binary.BigEndian.AppendUint64(b, n)
	return "sim" + cursorAlphabet.EncodeToString(b[:14])[:12] + cursorAlphabet.EncodeToString(b[13:])
}

// base returns scheme and host for links: what the client called, unless the simulator has a public name.
func (s *Sim) base(r *http.Request) string {
	if s.cfg.PublicURL != "" {
		return s.cfg.PublicURL
	}
	u := url.URL{Scheme: "http", Host: r.Host}
	if r.TLS != nil {
		u.Scheme = "https"
	}
	return u.String()
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if (coding == "gzip" || coding == "*") && strings.TrimSpace(q) != "q=0" {
			return true
		}
	}
	return false
}

// sleep waits, and reports false when the client went away before.
func sleep(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
