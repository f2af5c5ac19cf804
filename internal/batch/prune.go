package batch

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/internal/site"
)

// keepSetting is the name of the setting that says how long the history is
// kept, and keptDays how long where it is not set.
const (
	keepSetting = "KeepHistory"
	keptDays    = 90
)

// Days are a span of time in whole days, written as 90d.
type Days int

// ParseDays reads a span such as 90d, or 90.
func ParseDays(text string) (Days, error) {
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(text), "d"))
	if err != nil || n < 1 || n > 36500 {
		return 0, fmt.Errorf("%q is no number of days; write 90d", text)
	}
	return Days(n), nil
}

func (d Days) String() string { return strconv.Itoa(int(d)) + "d" }

// KeepHistory is how long change sets, logs, warnings and rejects are kept.
func KeepHistory(ctx context.Context, db *control.DB) (Days, error) {
	text, set, err := db.Setting(ctx, keepSetting)
	if err != nil || !set {
		return keptDays, err
	}
	d, err := ParseDays(text)
	if err != nil {
		return 0, fmt.Errorf("the setting %s: %w", keepSetting, err)
	}
	return d, nil
}

// SetKeepHistory says how long the history is kept from now on.
func SetKeepHistory(ctx context.Context, db *control.DB, d Days) error {
	return db.SaveSetting(ctx, keepSetting, d.String())
}

// Prune removes the change sets of the site and the runs of the history that
// are older than that many days.
func Prune(ctx context.Context, s *amsx.Site, db *control.DB, d Days, now time.Time, testing bool) (p site.Pruned, runs int, err error) {
	before := now.AddDate(0, 0, -int(d))
	if p, err = s.Prune(ctx, before, testing); err != nil {
		return p, 0, err
	}
	if testing {
		runs, err = db.Old(ctx, before)
		return p, runs, err
	}
	runs, err = db.Prune(ctx, before)
	return p, runs, err
}

// prune removes what is older than the history is kept, when a run has ended.
// It counts from when the run before that one began: a clock that has jumped
// ahead for one night must not cost the whole history.
func (j *Job) prune(ctx context.Context, run int64, now time.Time) error {
	d, err := KeepHistory(ctx, j.Control)
	if err != nil {
		return err
	}
	former, err := j.Control.Runs(ctx, control.RunFilter{Before: run, Limit: 1})
	if err != nil || len(former) == 0 {
		return err
	}
	if began := former[0].Started; began.Before(now) { // never, for one that is still queued
		now = began
	}
	_, _, err = Prune(ctx, j.Site, j.Control, d, now, false)
	return err
}
