package control

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"github.com/amsx-lang/amsx/runtime"
)

// A Lease is the right to be the one run of a transformation, and the handle
// to record that run. It is renewed in the background until Finish or Release.
// Its methods may be used from several goroutines.
//
// Its fencing token is higher than that of every earlier lease. The site
// database keeps the highest it has seen and refuses a writer with a lower one,
// so that even a run that was asleep when it lost its lease writes nothing.
type Lease struct {
	db             *DB
	transformation string
	run, fence     int64

	stop    chan struct{} // closed to end the heartbeat
	stopped chan struct{} // closed when it has ended
	lost    chan struct{} // closed when the lease is lost

	mu       sync.Mutex
	ending   bool  // Finish is at work: the row may go at any moment
	finished bool  // the heartbeat was told to end
	err      error // why the lease is lost
}

// A LostError says that a run does not hold its transformation any more.
type LostError struct {
	RunID  int64
	Reason string
}

func (e *LostError) Error() string {
	return fmt.Sprintf("run %d has lost its hold on the transformation and must not write: %s", e.RunID, e.Reason)
}

// Acquire starts a run of a transformation, unless one is under way: then the
// error is *LeasedError. A run whose process is gone, or that gave no sign of
// life for Options.Lease, is marked Failed and does not count.
//
// It answers at once, but for one case: the holder's process is on this machine
// and alive, and yet its last sign of life looks too old. Then either it hangs
// or the clock was set, and Acquire watches it for up to half a lease to see.
func (db *DB) Acquire(ctx context.Context, transformation string, info RunInfo) (*Lease, error) {
	for {
		h, state, err := db.inspect(ctx, db.sql, transformation)
		if err != nil {
			return nil, db.failed("look whether "+transformation+" is running", err)
		}
		switch state {
		case held:
			return nil, db.leased(transformation, h)
		case doubtful:
			if err := sleep(ctx, db.opt.Lease/60); err != nil {
				return nil, err
			}
			continue
		}
		lease, err := db.take(ctx, transformation, info)
		if err != nil || lease != nil {
			return lease, err
		}
		// Another process took it between the look and the try.
	}
}

// AcquireWait is Acquire, except that it waits until no run of the
// transformation is under way. It calls waiting, which may be nil, each time
// that it begins to wait for another run. Who waits longest is not served first.
func (db *DB) AcquireWait(ctx context.Context, transformation string, info RunInfo, waiting func(*LeasedError)) (*Lease, error) {
	var last int64
	for {
		lease, err := db.Acquire(ctx, transformation, info)
		leased, ok := err.(*LeasedError)
		if !ok {
			return lease, err
		}
		if leased.RunID != last && waiting != nil {
			waiting(leased)
		}
		last = leased.RunID
		if err := sleep(ctx, db.opt.Lease/60); err != nil {
			return nil, err
		}
	}
}

// take starts the run where the transformation is free, in one transaction; a
// nil lease says that it is not free.
func (db *DB) take(ctx context.Context, transformation string, info RunInfo) (*Lease, error) {
	lease := &Lease{db: db, transformation: transformation, run: info.Queued,
		stop: make(chan struct{}), stopped: make(chan struct{}), lost: make(chan struct{})}
	taken := false
	err := db.write(ctx, "start a run of "+transformation, func(tx *sql.Tx) error {
		_, state, err := db.inspect(ctx, tx, transformation)
		if err != nil || state == held || state == doubtful {
			return err
		}
		// Whatever still says Running under this name has no process any more.
		if _, err := failRun(ctx, tx, `TransformationKey = ?`, runtime.FoldName(transformation)); err != nil {
			return err
		}
		if lease.run == 0 {
			if lease.run, err = db.insertRun(ctx, tx, transformation, info); err != nil {
				return err
			}
		}
		if lease.fence, err = count(ctx, tx, "Fence", info.LastFence); err != nil {
			return err
		}
		if err := db.startRun(ctx, tx, lease.run, lease.fence, transformation); err != nil {
			return err
		}
		user := info.User
		if user == "" {
			user = db.opt.User
		}
		now := db.now()
		_, err = tx.ExecContext(ctx, `
			INSERT INTO Lease (TransformationKey, RunID, Fence, User, Host, Machine, PID, ProcessStart, Since, Beat, Heartbeat)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)
			ON CONFLICT (TransformationKey) DO UPDATE SET RunID = excluded.RunID, Fence = excluded.Fence, User = excluded.User,
				Host = excluded.Host, Machine = excluded.Machine, PID = excluded.PID, ProcessStart = excluded.ProcessStart,
				Since = excluded.Since, Beat = 0, Heartbeat = excluded.Heartbeat`,
			runtime.FoldName(transformation), lease.run, lease.fence, user, db.process.host, db.process.machine, db.process.pid, db.process.start, now, now)
		taken = err == nil
		return err
	})
	if err != nil || !taken {
		return nil, err
	}
	go lease.renew()
	return lease, nil
}

// RunID is the id of the run; the site database writes the same.
func (l *Lease) RunID() int64 { return l.run }

// Fence is the fencing token.
func (l *Lease) Fence() int64 { return l.fence }

// Lost is closed when the lease is lost: another run may be under way, and this
// one must stop. Err says why.
func (l *Lease) Lost() <-chan struct{} { return l.lost }

// Err is a *LostError once Lost is closed, else nil.
func (l *Lease) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// over is why the run may record nothing more, or nil.
func (l *Lease) over() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil && l.finished {
		return &LostError{RunID: l.run, Reason: "it has finished"}
	}
	return l.err
}

// Check asks the database whether the lease still holds. A run calls it right
// before it writes to the site database. Error: *LostError.
func (l *Lease) Check(ctx context.Context) error {
	if err := l.over(); err != nil {
		return err
	}
	var holds bool
	err := l.db.sql.QueryRowContext(ctx, `SELECT count(*) FROM Lease WHERE `+ours, l.ours()...).Scan(&holds)
	if err != nil {
		return l.db.failed(fmt.Sprintf("check the lease of run %d", l.run), err)
	}
	if !holds {
		return l.lose(l.takenOver())
	}
	return nil
}

func (l *Lease) takenOver() string {
	return "another run of " + shown(l.transformation) + " took over, because this one gave no sign of life for too long"
}

// ours finds the row of the lease as long as it is held.
const ours = `TransformationKey = ? AND RunID = ? AND Fence = ?`

func (l *Lease) ours() []any { return []any{runtime.FoldName(l.transformation), l.run, l.fence} }

// Context is a context that also ends when the lease is lost; context.Cause is
// then the *LostError. Call cancel when the run is over.
func (l *Lease) Context(parent context.Context) (ctx context.Context, cancel context.CancelFunc) {
	ctx, end := context.WithCancelCause(parent)
	go func() {
		select {
		case <-l.lost:
			end(l.Err())
		case <-ctx.Done():
		}
	}()
	return ctx, func() { end(nil) }
}

// lose marks the lease as lost and returns why; the first reason stays.
func (l *Lease) lose(reason string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = &LostError{RunID: l.run, Reason: reason}
		close(l.lost)
	}
	return l.err
}

// renew gives a sign of life three times a lease, and loses the lease when it
// could give none for a whole one: by then another run may have it.
func (l *Lease) renew() {
	defer close(l.stopped)
	every := l.db.opt.Lease / 3
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case <-l.stop:
			return
		case <-l.lost:
			return
		case <-ticker.C:
		}
		beat, err := l.beat(every)
		switch {
		case err == nil && !beat:
			if !l.isEnding() { // else Finish has given it back, or finds out itself
				l.lose(l.takenOver())
			}
			return
		case err == nil:
			last = time.Now()
		case time.Since(last) >= l.db.opt.Lease:
			l.lose("it could give no sign of life for too long: " + err.Error())
			return
		}
	}
}

func (l *Lease) isEnding() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ending
}

func (l *Lease) setEnding(ending bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ending = ending
}

// beat gives one sign of life, and reports whether the lease still holds.
func (l *Lease) beat(timeout time.Duration) (holds bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	err = l.db.write(ctx, fmt.Sprintf("renew the lease of run %d", l.run), func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE Lease SET Beat = Beat + 1, Heartbeat = ? WHERE `+ours,
			append([]any{l.db.now()}, l.ours()...)...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		holds = n == 1
		return err
	})
	return holds, err
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(max(d, 10*time.Millisecond))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
