package oktasim

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A limiter counts calls in windows, for each kind of endpoint. A window begins with its first call, as OKTA's are not aligned to
// the clock's minute.
type limiter struct {
	limit  int
	window time.Duration

	mu      sync.Mutex
	windows map[string]*window
}

type window struct {
	ends time.Time
	used int
}

// A quota is what the three headers of a rate limit say.
type quota struct {
	limit, remaining int
	reset            int64 // seconds of Unix time
}

// take counts a call of a kind, unless it is only looked at, and tells whether it is within the limit.
func (l *limiter) take(kind string, now time.Time, counts bool) (q quota, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.windows == nil {
		l.windows = map[string]*window{}
	}
	w := l.windows[kind]
	if w == nil || !now.Before(w.ends) {
		w = &window{ends: now.Add(l.window)}
		l.windows[kind] = w
	}
	ok = w.used < l.limit
	if ok && counts {
		w.used++
	}
	// Rounded up: a client that waits until Reset must find a new window
	return quota{limit: l.limit, remaining: l.limit - w.used, reset: w.ends.Add(time.Second - 1).Unix()}, ok
}

func (q quota) header(h http.Header) {
	h.Set("X-Rate-Limit-Limit", strconv.Itoa(q.limit))
	h.Set("X-Rate-Limit-Remaining", strconv.Itoa(q.remaining))
	h.Set("X-Rate-Limit-Reset", strconv.FormatInt(q.reset, 10))
}
