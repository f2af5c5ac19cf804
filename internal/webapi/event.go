package webapi

import (
	"fmt"
	"time"
)

// An EventKind says what an [Event] is about.
type EventKind string

// The kinds of events.
const (
	EventRequest  EventKind = "request"
	EventResponse EventKind = "response"
	EventFailure  EventKind = "failure" // no answer came, or not all of it
	EventRedirect EventKind = "redirect"
	EventWait     EventKind = "wait"
	EventRestart  EventKind = "restart" // a list is read again from its first page
)

// An Event is one thing that happened on the wire. Every text in it has its
// secrets replaced.
type Event struct {
	Kind     EventKind
	Method   string
	URL      string
	Attempt  int // from 1
	Status   int // of a response
	Header   map[string]string
	Bytes    int           // of the response's body, decompressed
	Duration time.Duration // from sending to the last byte
	Wait     time.Duration
	Detail   string // why: the failure, the reason of a wait, the new address
}

// A WaitReason is why the client waits.
type WaitReason string

// The reasons of waits.
const (
	WaitRateLimit   WaitReason = "rate limit"  // the limit is used up, or its reserve is reached
	WaitConcurrency WaitReason = "concurrency" // too many requests at the same time
	WaitRetryAfter  WaitReason = "retry after" // the server named a time
	WaitRetry       WaitReason = "retry"       // before another attempt
)

// A WaitEvent announces a wait.
type WaitEvent struct {
	Reason WaitReason
	For    time.Duration
	Until  time.Time
	Pack   string // of the credential, may be empty
	Host   string
	Detail string // what led to the wait, such as "503 Service Unavailable"
}

// String returns the wait as a person reads it: "waiting 23 s for the rate
// limit of acme.okta.com".
func (w WaitEvent) String() string {
	secs := max(int((w.For+time.Second/2)/time.Second), 1)
	what := ""
	switch w.Reason {
	case WaitRateLimit:
		what = "for the rate limit of " + w.Host
	case WaitConcurrency:
		what = "because " + w.Host + " is answering too many requests at once"
	case WaitRetryAfter:
		what = "because " + w.Host + " asked for it"
	default:
		what = "before trying " + w.Host + " again"
	}
	s := fmt.Sprintf("waiting %d s %s", secs, what)
	if w.Detail != "" && w.Reason != WaitRateLimit {
		s += " (" + w.Detail + ")"
	}
	return s
}
