package control

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// An Outcome is how a run ended.
type Outcome struct {
	Status    Status // Completed, Failed or Cancelled
	Error     string // what went wrong; no secrets
	ErrorCode string
	ExitCode  int
	Requests  int64
	Counts    Counts
	Altered   []string // statements that changed the site's tables
	Files     []string // what was done to files
}

// Progress records what the run is doing, for who looks on from elsewhere.
// Call it a few times a second at most. Error: *LostError.
func (l *Lease) Progress(ctx context.Context, update string, requests int64, counts Counts) error {
	text, err := json.Marshal(counts)
	if err != nil {
		return err
	}
	return l.record(ctx, "record the progress", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE Run SET UpdateText = ?, Requests = ?, Counts = ?, LastUpdated = ? WHERE RunID = ?`,
			l.db.text(update), requests, string(text), l.db.now(), l.run)
		return err
	})
}

// record is a transaction in which the lease certainly holds.
func (l *Lease) record(ctx context.Context, doing string, f func(*sql.Tx) error) error {
	if err := l.over(); err != nil {
		return err
	}
	holds := true
	err := l.db.write(ctx, fmt.Sprintf("%s of run %d", doing, l.run), func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT count(*) FROM Lease WHERE `+ours, l.ours()...).Scan(&holds)
		if err != nil || !holds {
			return err
		}
		return f(tx)
	})
	if err == nil && !holds {
		return l.lose(l.takenOver())
	}
	return err
}

// Finish records how the run ended and gives the lease back, both at once. It
// does so also when ctx is cancelled, because that is how a cancelled run ends.
// Error: *LostError when another run took over; then nothing is recorded.
func (l *Lease) Finish(ctx context.Context, outcome Outcome) error {
	switch outcome.Status {
	case Completed, Failed, Cancelled:
	default:
		return fmt.Errorf("control: a run cannot end as %q", outcome.Status)
	}
	counts, err := json.Marshal(outcome.Counts)
	if err != nil {
		return err
	}
	altered, err := json.Marshal(append([]string{}, outcome.Altered...))
	if err != nil {
		return err
	}
	files, err := json.Marshal(append([]string{}, outcome.Files...))
	if err != nil {
		return err
	}
	l.setEnding(true)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	err = l.record(ctx, "record the end", func(tx *sql.Tx) error {
		now := l.db.now()
		if _, err := tx.ExecContext(ctx, `
			UPDATE Run SET Status = ?, Error = ?, ErrorCode = ?, ExitCode = ?, Requests = ?, Counts = ?, Altered = ?, Files = ?, Finished = ?, LastUpdated = ?
			WHERE RunID = ?`, outcome.Status, l.db.text(outcome.Error), outcome.ErrorCode, outcome.ExitCode, outcome.Requests, string(counts), l.db.Mask(string(altered)), l.db.Mask(string(files)), now, now, l.run); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE Lease SET RunID = NULL WHERE `+ours, l.ours()...)
		return err
	})
	if err != nil {
		l.setEnding(false)
		return err
	}
	l.end()
	return nil
}

// Release gives the lease back. A run that was not finished is recorded as
// Failed; after Finish, Release does nothing, so it suits a defer.
func (l *Lease) Release(ctx context.Context) error {
	l.mu.Lock()
	done := l.finished || l.err != nil
	l.mu.Unlock()
	if done {
		l.end()
		return nil
	}
	err := l.Finish(ctx, Outcome{Status: Failed, Error: "the run was given up without a result", ErrorCode: "given-up", ExitCode: 1})
	l.end()
	return err
}

// end stops the heartbeat and waits for it.
func (l *Lease) end() {
	l.mu.Lock()
	if !l.finished {
		l.finished = true
		close(l.stop)
	}
	l.mu.Unlock()
	<-l.stopped
}
