package batch

import (
	"context"
	"sync"
	"time"

	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/lexer"
)

// A recorder passes on what a run says and keeps it for the history.
type recorder struct {
	to    Log
	lease *control.Lease
	now   func() time.Time

	mu    sync.Mutex
	lines []control.LogLine
	told  time.Time // when the history last heard of the progress
}

func newRecorder(to Log, lease *control.Lease, now func() time.Time) *recorder {
	return &recorder{to: to, lease: lease, now: now, told: now()}
}

// Line implements runtime.Log.
func (r *recorder) Line(level, text string, pos lexer.Position) {
	r.mu.Lock()
	r.lines = append(r.lines, control.LogLine{Time: r.now(), Level: level, Line: pos.Line, Message: text})
	full := len(r.lines) >= 500
	r.mu.Unlock()
	if full {
		// The run goes on without its log rather than ending for it; Finish
		// reports the same trouble again if it lasts.
		_ = r.lease.Append(context.Background(), r.take())
	}
	if r.to != nil {
		r.to.Line(level, text, pos)
	}
}

// Warn implements runtime.Log. The run's result has the warnings, counted.
func (r *recorder) Warn(code, text string, pos lexer.Position) {
	if r.to != nil {
		r.to.Warn(code, text, pos)
	}
}

// Progress implements runtime.Log. The history hears of it every two seconds, of
// a shorter run only its end.
func (r *recorder) Progress(text string, done, total int64) {
	if r.to != nil {
		r.to.Progress(text, done, total)
	}
	if now := r.now(); now.Sub(r.told) >= 2*time.Second {
		r.told = now
		// Lost progress is no reason to end a run; a lost lease ends it by Lost.
		_ = r.lease.Progress(context.Background(), text, 0, control.Counts{Read: done})
	}
}

// take returns the lines that were not yet written down.
func (r *recorder) take() control.Entries {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := control.Entries{Log: r.lines}
	r.lines = nil
	return e
}
