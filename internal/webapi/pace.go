package webapi

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A budget is what one credential pack may still send, shared by every
// goroutine that uses the pack. It learns from the X-Rate-Limit headers of
// the answers and holds requests back when the reserve is reached, so that
// the limit itself, which the organisation's sign-ins may share, is never hit.
type budget struct {
	mu       sync.Mutex
	inFlight int
	known    bool      // left and resetAt describe the present window
	left     int       // requests that may still start in this window
	resetAt  time.Time // end of the window, on the client's clock
	blocked  time.Time // nothing starts before
}

// Budgets hold what each credential pack may still send, and each host that is
// asked without a pack. The zero value is ready. It is safe for concurrent use
// and must not be copied.
type Budgets struct {
	mu    sync.Mutex
	packs map[string]*budget
}

func (b *Budgets) of(cred *Credential, host string) *budget {
	key := "host " + host
	if cred != nil {
		key = "pack " + cred.Pack
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.packs == nil {
		b.packs = map[string]*budget{}
	}
	if b.packs[key] == nil {
		b.packs[key] = &budget{}
	}
	return b.packs[key]
}

// take starts a request, or returns how long to wait before asking again.
func (b *budget) take(now time.Time) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.known && !now.Before(b.resetAt) {
		b.known = false // a new window; its first answer will tell
	}
	until := b.blocked
	if b.known && b.left <= 0 && b.resetAt.After(until) {
		until = b.resetAt
	}
	if until.After(now) {
		return until.Sub(now)
	}
	b.inFlight++
	if b.known {
		b.left--
	}
	return 0
}

// done ends a request that take started; rate is what its answer said.
func (b *budget) done(now time.Time, rate rateInfo, reserve float64, maxWait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inFlight--
	if rate.limit <= 0 || rate.remaining < 0 {
		return
	}
	keep := int(float64(rate.limit) * min(max(reserve, 0), 0.9))
	resetAt := now.Add(rate.untilReset(maxWait))
	left := rate.remaining - keep - b.inFlight
	if b.known && resetAt.Sub(b.resetAt).Abs() < 2*time.Second {
		// Answers of one window may arrive out of order: the lowest is newest.
		left = min(left, b.left)
	}
	b.known, b.left, b.resetAt = true, left, resetAt
	if rate.remaining <= keep && resetAt.After(b.blocked) {
		// Kept apart from left, as an API has several limits and the answer of
		// a less used one must not lift the wait.
		b.blocked = resetAt
	}
}

// block lets nothing start for a while: the server refused a request.
func (b *budget) block(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until.After(b.blocked) {
		b.blocked = until
	}
}

// rateInfo is what the headers of one answer say about rate limits. Numbers
// that are missing or unreadable are -1.
type rateInfo struct {
	limit, remaining int
	reset            int64     // seconds since 1970, on the server's clock
	date             time.Time // the server's clock
}

func readRate(h http.Header, now time.Time) rateInfo {
	return rateInfo{
		limit:     int(headerNumber(h, "X-Rate-Limit-Limit")),
		remaining: int(headerNumber(h, "X-Rate-Limit-Remaining")),
		reset:     headerNumber(h, "X-Rate-Limit-Reset"),
		date:      serverDate(h, now),
	}
}

// concurrency reports a 429 for too many requests at once: OKTA sends limit 0
// and a reset that is "only a suggested value", minutes ahead, while a place
// is free at once.
func (r rateInfo) concurrency() bool { return r.limit == 0 && r.remaining == 0 }

// window is the length of OKTA's rate windows, used when a server says the
// limit is used up but not until when.
const window = time.Minute

// untilReset is OKTA's own formula, Reset − Date + 1 s, both of the server's
// clock so that a wrong clock here does no harm. A reset in the past is one
// second, an absurd one maxWait.
func (r rateInfo) untilReset(maxWait time.Duration) time.Duration {
	if r.reset < 0 {
		return min(window, maxWait)
	}
	seconds := r.reset - r.date.Unix() + 1
	if seconds < 1 {
		return time.Second
	}
	if seconds > int64(maxWait/time.Second) {
		return maxWait
	}
	return time.Duration(seconds) * time.Second
}

// headerNumber returns a header that is a whole number from 0 on, else -1.
func headerNumber(h http.Header, name string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(h.Get(name)), 10, 64)
	if err != nil || n < 0 || n > 1<<53 {
		return -1
	}
	return n
}

// serverDate returns the Date header, or now where it is missing or unreadable.
func serverDate(h http.Header, now time.Time) time.Time {
	if d, err := http.ParseTime(h.Get("Date")); err == nil {
		return d
	}
	return now
}

// retryAfter returns the wait a Retry-After header asks for: seconds, or a
// date on the server's clock.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0, false
	}
	if n, err := strconv.ParseInt(v, 10, 64); err == nil {
		if n < 0 {
			return 0, false
		}
		return time.Duration(min(n, 1<<31)) * time.Second, true
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	return max(at.Sub(serverDate(h, now)), 0), true
}
