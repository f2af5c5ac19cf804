package control

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/amsx-lang/amsx/runtime"
)

// A holder is who holds a transformation, as its row says.
type holder struct {
	run, fence, beat int64
	user             string
	process          process
	since, heartbeat time.Time
}

// What may be said of the lease of a transformation.
type leaseState int

const (
	free     leaseState = iota // nobody holds it
	gone                       // its holder is gone
	held                       // its holder is at work
	doubtful                   // alive by its process, too old by the clock; watch it
)

// A sighting is the last sign of life seen of a holder. When is taken from this
// process's monotonic clock, which nobody can set.
type sighting struct {
	fence, beat int64
	when        time.Time
}

// inspect reads who holds a transformation.
func (db *DB) inspect(ctx context.Context, q querier, transformation string) (holder, leaseState, error) {
	var h holder
	var run sql.NullInt64
	var since, heartbeat moment
	err := q.QueryRowContext(ctx, `
		SELECT RunID, Fence, Beat, User, Host, Machine, PID, ProcessStart, Since, Heartbeat
		FROM Lease WHERE TransformationKey = ?`, runtime.FoldName(transformation)).Scan(
		&run, &h.fence, &h.beat, &h.user, &h.process.host, &h.process.machine, &h.process.pid, &h.process.start, &since, &heartbeat)
	if noRows(err) || err == nil && !run.Valid {
		return holder{}, free, nil
	}
	if err != nil {
		return holder{}, free, err
	}
	h.run, h.since, h.heartbeat = run.Int64, since.Time, heartbeat.Time
	return h, db.judge(runtime.FoldName(transformation), h), nil
}

// judge tells whether a holder is alive. Three witnesses, none of which is
// enough: the process table knows only this machine, and not a process that
// hangs; the wall clock can be set, and machines differ; what this process has
// watched itself is certain but takes a whole lease.
func (db *DB) judge(key string, h holder) leaseState {
	if db.process.dead(h.process) {
		return gone
	}
	silent := db.silence(key, h)
	if silent >= db.opt.Lease {
		return gone
	}
	if db.opt.Clock().Sub(h.heartbeat) < db.opt.Lease {
		return held
	}
	// Too old by the wall clock. A live process on this machine gets the time
	// of one heartbeat and a half to show itself; of another machine the clock
	// is all there is.
	if db.process.near(h.process) && silent < db.opt.Lease/2 {
		return doubtful
	}
	return gone
}

// silence is for how long this handle has seen no sign of life of a holder; 0
// when it looks for the first time.
func (db *DB) silence(key string, h holder) time.Duration {
	db.mu.Lock()
	defer db.mu.Unlock()
	last, found := db.seen[key]
	if !found || last.fence != h.fence || last.beat != h.beat {
		last = sighting{fence: h.fence, beat: h.beat, when: time.Now()}
		db.seen[key] = last
	}
	return time.Since(last.when)
}

// A LeasedError says that a transformation is running already.
type LeasedError struct {
	Transformation string
	RunID          int64
	User           string
	Host           string
	PID            int
	Since          time.Time
	now            time.Time
}

func (e *LeasedError) Error() string {
	return e.Running() + "; only one run of a transformation goes at a time. To start when it has ended, say --wait"
}

// Running says which run is under way, whose it is and since when.
func (e *LeasedError) Running() string {
	return fmt.Sprintf("%s is running already: run %d, started by %s on %s (process %d) at %s, %s ago",
		shown(e.Transformation), e.RunID, shown(e.User), shown(e.Host), e.PID,
		e.Since.In(e.now.Location()).Format("2006-01-02 15:04:05 MST"), max(0, e.now.Sub(e.Since)).Round(time.Second))
}

func (db *DB) leased(transformation string, h holder) *LeasedError {
	return &LeasedError{Transformation: transformation, RunID: h.run, User: h.user, Host: h.process.host,
		PID: h.process.pid, Since: h.since, now: db.opt.Clock()}
}

// MarkEnded marks runs as Failed whose process is gone, so that a list of runs
// shows none as running that is not, and returns how many. Where there is none
// it only reads.
func (db *DB) MarkEnded(ctx context.Context) (marked int, err error) {
	if db.reading {
		return 0, nil
	}
	if any, err := db.anyEnded(ctx); err != nil || !any {
		return 0, err
	}
	err = db.write(ctx, "mark the runs that ended without finishing", func(tx *sql.Tx) error {
		marked = 0
		names, err := heldTransformations(ctx, tx)
		if err != nil {
			return err
		}
		for _, name := range names {
			h, state, err := db.inspect(ctx, tx, name)
			if err != nil || state != gone {
				if err != nil {
					return err
				}
				continue
			}
			n, err := failRun(ctx, tx, `RunID = ?`, h.run)
			if err != nil {
				return err
			}
			marked += n
			if _, err := tx.ExecContext(ctx, `UPDATE Lease SET RunID = NULL WHERE TransformationKey = ?`, runtime.FoldName(name)); err != nil {
				return err
			}
		}
		return nil
	})
	return marked, err
}

// UnderWay is a run of any transformation that is under way; nil: none is.
func (db *DB) UnderWay(ctx context.Context) (*LeasedError, error) {
	const doing = "look for runs that are under way"
	names, err := heldTransformations(ctx, db.sql)
	if err != nil {
		return nil, db.failed(doing, err)
	}
	for _, name := range names {
		h, state, err := db.inspect(ctx, db.sql, name)
		if err != nil {
			return nil, db.failed(doing, err)
		}
		if state != held && state != doubtful {
			continue
		}
		if run, err := db.Run(ctx, h.run); err == nil {
			name = run.Transformation
		}
		return db.leased(name, h), nil
	}
	return nil, nil
}

// anyEnded looks for a holder that is gone.
func (db *DB) anyEnded(ctx context.Context) (bool, error) {
	const doing = "look for runs that ended without finishing"
	names, err := heldTransformations(ctx, db.sql)
	if err != nil {
		return false, db.failed(doing, err)
	}
	for _, name := range names {
		if _, state, err := db.inspect(ctx, db.sql, name); err != nil {
			return false, db.failed(doing, err)
		} else if state == gone {
			return true, nil
		}
	}
	return false, nil
}

func heldTransformations(ctx context.Context, q querier) (names []string, err error) {
	rows, err := q.QueryContext(ctx, `SELECT TransformationKey FROM Lease WHERE RunID IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
