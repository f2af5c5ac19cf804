package webapi

import (
	"testing"
	"time"
)

// Requests that start together count before their answers come: of ten calls
// left above the reserve, ten start and the eleventh waits.
func TestBudgetCountsWhatIsUnderWay(t *testing.T) {
	now := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	says := func(remaining int) rateInfo {
		return rateInfo{limit: 100, remaining: remaining, reset: now.Add(30 * time.Second).Unix(), date: now}
	}
	take := func(b *budget, n int) (started int, wait time.Duration) {
		for range n {
			if wait = b.take(now); wait > 0 {
				return started, wait
			}
			started++
		}
		return started, 0
	}
	b := &budget{}
	take(b, 1)
	b.done(now, says(20), 0.1, time.Minute)
	if started, wait := take(b, 20); started != 10 || wait != 31*time.Second {
		t.Errorf("%d started, the next waits %v; want 10 and 31 s", started, wait)
	}

	// Ten answers come, the oldest last. It says that more is left than is.
	for remaining := 11; remaining <= 20; remaining++ {
		b.done(now, says(remaining-1), 0.1, time.Minute)
	}
	if started, _ := take(b, 1); started != 0 {
		t.Error("an old answer that came late opened the budget again")
	}

	// The window ends, and with it what was known.
	now = now.Add(31 * time.Second)
	if started, wait := take(b, 50); started != 50 {
		t.Errorf("in the new window %d started, the next waits %v", started, wait)
	}

	// What is under way when an answer comes has not been counted by it.
	b.done(now, says(70), 0.1, time.Minute)
	if started, _ := take(b, 50); started != 11 { // 70 − 10 − 49 under way
		t.Errorf("%d started, want 11", started)
	}
}

// An answer without rate headers changes nothing.
func TestBudgetWithoutHeaders(t *testing.T) {
	now := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	b := &budget{}
	for range 1000 {
		if wait := b.take(now); wait > 0 {
			t.Fatalf("waits %v", wait)
		}
		b.done(now, readRate(nil, now), 0.1, time.Minute)
	}
	b.block(now.Add(time.Second))
	b.block(now) // an earlier end does not shorten the wait
	if wait := b.take(now); wait != time.Second {
		t.Errorf("waits %v, want 1s", wait)
	}
}

// The answer of a less used endpoint does not lift the wait for a used one.
func TestBudgetKeepsTheLongestWait(t *testing.T) {
	now := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	b := &budget{}
	b.take(now)
	b.take(now)
	b.done(now, rateInfo{limit: 600, remaining: 60, reset: now.Add(30 * time.Second).Unix(), date: now}, 0.1, time.Minute)
	b.done(now, rateInfo{limit: 600, remaining: 600, reset: now.Add(50 * time.Second).Unix(), date: now}, 0.1, time.Minute)
	if wait := b.take(now); wait != 31*time.Second {
		t.Errorf("waits %v, want 31s", wait)
	}
}
