package site

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/amsx-lang/amsx/lexer"
	"zombiezen.com/go/sqlite"
)

// Finish merges the run in one short transaction and ends the session. When
// the run is a test, it computes the whole change set and writes nothing. An
// error leaves the site as it was after the last Commit.
func (s *Session) Finish(ctx context.Context) (*Result, error) {
	if err := s.usable(ctx); err != nil {
		return nil, errors.Join(err, s.Abort())
	}
	s.last = true
	if err := s.mergeUnit(); err != nil {
		return nil, errors.Join(err, s.Abort())
	}
	r := &Result{Counts: s.done, Warnings: s.warnings, Rejects: s.rejects, Lock: s.lock, Testing: s.info.Testing, AdoptedBy: s.adoptedBy}
	if s.info.Testing {
		spool := s.spool
		if s.info.Planning {
			spool = s.plan
		}
		if err := spool(r); err != nil {
			return nil, errors.Join(err, r.Close(), s.Abort())
		}
	} else {
		id := s.info.RunID
		r.changes = s.db.Changes(context.WithoutCancel(ctx), id)
	}
	return r, s.Abort()
}

// Commit merges what is staged and begins a new unit. In a test it merges
// too, so that later statements see it, but nothing is committed.
func (s *Session) Commit(ctx context.Context) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	if err := s.mergeUnit(); err != nil {
		return errors.Join(err, s.rollbackUnit())
	}
	if !s.info.Testing {
		return nil
	}
	// What a test has merged is no more than that, and a later Rollback leaves it.
	if s.unitKept {
		if err := s.run("RELEASE " + unitPoint); err != nil {
			return s.explain("end the unit", err)
		}
	}
	s.unitKept, s.alteredKept = true, len(s.altered)
	return s.explain("end the unit", s.run("SAVEPOINT "+unitPoint))
}

// unitPoint is the savepoint of a test's last Commit.
const unitPoint = "amsx_unit"

// Written reports whether something of the run is in the tables to stay, so
// that of a run that failed it can be said.
func (s *Session) Written() bool { return s.committed }

// Rollback discards what is staged and not committed.
func (s *Session) Rollback(ctx context.Context) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	if err := s.rollbackUnit(); err != nil {
		return err
	}
	if s.info.Testing && s.copied == "" && len(s.altered) > s.alteredKept {
		s.altered = s.altered[:s.alteredKept] // the others stood in what was rolled back
		if err := s.reloadTables(); err != nil {
			return err
		}
	}
	clear(s.captured)
	clear(s.direct)
	s.leavers, s.savepoints, s.seen = nil, nil, 0
	for _, t := range s.targets {
		if err := t.reset(false); err != nil {
			return s.explain("discard what is staged", err)
		}
	}
	return nil
}

// rollbackUnit takes back what was done since the last Commit.
func (s *Session) rollbackUnit() error {
	if !s.unitKept {
		return s.rollback()
	}
	s.closeCursors()
	s.forget()
	return s.explain("roll back", s.run("ROLLBACK TO "+unitPoint))
}

// mergeUnit settles and merges everything since the last commit.
func (s *Session) mergeUnit() error {
	if err := s.endArrivals(); err != nil {
		return err
	}
	if err := s.detachCursors(); err != nil {
		return err
	}
	inside := s.state == txWrite
	// A test holds the lock from its first Commit on, and has no second attempt.
	// So that the run decides as its test did, it is careful from there on too.
	err := s.attempt(inside || s.merged)
	if err != nil && !inside && sqlite.ErrCode(err) == sqlite.ResultConstraintUnique {
		// Records of this run collide with each other: find out which.
		if err := s.rollback(); err != nil {
			return err
		}
		s.backTo(s.before)
		err = s.attempt(true)
	}
	if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultConstraint {
		return fmt.Errorf("the site refuses the merge, probably because somebody changed a row meanwhile; nothing was written, run it again: %w", err)
	}
	return err
}

// attempt settles, takes the lock, merges and commits. What comes before the
// lock is one read transaction: settling answers look-ups in temporary tables
// one by one, and a transaction for each answer cost an eighth of a first run.
func (s *Session) attempt(careful bool) error {
	if s.state == txNone && !s.info.Testing {
		// What others wrote is taken in before the lock as far as it is there.
		changed, err := s.db.follow(s.ctx, s.c)
		if err != nil {
			return err
		}
		if changed {
			s.outdated()
		}
	}
	if err := s.beginRead(); err != nil {
		return err
	}
	if err := s.settle(careful); err != nil {
		return err
	}
	if err := s.checkRead(); err != nil {
		return err
	}
	if s.staged() {
		if err := s.readBasis(); err != nil {
			return err
		}
	}
	if s.state != txWrite {
		s.before = s.mark()
	}
	if err := s.beginWrite(); err != nil {
		return err
	}
	if late, err := s.overtaken(); err != nil {
		return err
	} else if late {
		if err := s.settle(true); err != nil {
			return err
		}
	}
	if err := s.mergeLocked(); err != nil {
		return err
	}
	if s.info.Testing || s.holding {
		s.countLock()
		return s.afterMerge()
	}
	if err := s.commit(); err != nil {
		return err
	}
	s.committed = true
	s.countLock()
	return s.afterMerge()
}

// countLock counts how long the lock was held, from where it was taken: SQL of
// the script may have done so long before the merge.
func (s *Session) countLock() {
	now := time.Now()
	s.lock += now.Sub(s.locked)
	s.locked = now
}

// settle decides what arrival left open, after a look at what others wrote
// since.
func (s *Session) settle(careful bool) error {
	late, err := s.catchUp()
	if err != nil {
		return err
	}
	for _, t := range s.targets {
		if err := t.settle(careful || late); err != nil {
			return s.explain("settle the records", err)
		}
	}
	return s.explain("find the leavers", s.findLeavers())
}

// staged reports whether the unit changes anything.
func (s *Session) staged() bool {
	for _, t := range s.targets {
		if t.newRows+t.updRows > 0 {
			return true
		}
	}
	for _, l := range s.leavers {
		if l.count > 0 {
			return true
		}
	}
	return len(s.direct) > 0
}

func (s *Session) mergeLocked() error {
	if err := s.checkFence(); err != nil {
		return err
	}
	if err := s.numberRun(); err != nil {
		return err
	}
	if err := s.markCaptured(); err != nil {
		return s.explain("see what direct SQL changed", err)
	}
	if err := s.endCapture(); err != nil {
		return s.explain("end the watch of the tables", err)
	}
	s.unitCreated = 0
	s.calls.again = s.calls.again[:0]
	if len(s.direct) > 0 {
		if err := s.mergeDirect(); err != nil {
			return s.explain("list what direct SQL changed", err)
		}
	}
	for _, t := range s.targets {
		if t.newRows+t.updRows == 0 {
			continue
		}
		if err := t.merge(); err != nil {
			return s.explain("merge "+t.table.name, err)
		}
	}
	for i := range s.leavers {
		if err := s.mergeLeavers(i); err != nil {
			return s.explain("mark the leavers", err)
		}
	}
	if err := s.calls.taken(); err != nil {
		return s.explain("write the change set", err)
	}
	if err := s.net(); err != nil {
		return s.explain("write the change set", err)
	}
	if err := s.judge(); err != nil {
		return err
	}
	s.warnSettled()
	return s.explain("record the run", s.recordRun())
}

// warnSettled says what settling found out, once for all attempts.
func (s *Session) warnSettled() {
	for _, t := range s.targets {
		for _, l := range t.lookups {
			if w := l.missing; w.Count > 0 {
				s.warnN(w.Code, w.Text, w.Pos, w.Count)
			}
			if w := l.moved; w.Count > 0 {
				s.warnN(w.Code, w.Text, w.Pos, w.Count)
			}
		}
	}
}

// numberRun gives a run that has no number yet the next one, under the lock. A
// site without runs has number 0 behind it; runs below that are fixtures'.
func (s *Session) numberRun() error {
	if s.info.RunID != 0 {
		return nil
	}
	last, err := scalar(s.c, "SELECT coalesce(max(RunID), 0) FROM main.amsx_run")
	if err != nil {
		return s.explain("number the run", err)
	}
	s.info.RunID = max(last, 0) + 1
	return nil
}

// checkRead warns about a run that read nothing.
func (s *Session) checkRead() error {
	read := int64(0)
	for _, t := range s.targets {
		read += t.read
	}
	if s.holding || read+s.done.Read > 0 || len(s.targets)+len(s.leavers) == 0 {
		return nil
	}
	pos := lexer.Position{}
	if len(s.targets) > 0 {
		pos = s.targets[0].spec.Pos
	}
	s.warn("nothing-read", "no record was read", pos)
	return nil
}

// recordRun writes the run's row and what it left of each source.
func (s *Session) recordRun() error {
	c := s.counts()
	action := make(map[Action]int64)
	for _, of := range s.actions {
		for a, n := range of {
			action[a] += n
		}
	}
	var err error
	c.Inserted, c.Adopted, c.Rekeyed = action[ActionInsert], action[ActionAdopt], action[ActionRekey]
	c.Reactivated, c.Deactivated = action[ActionReactivate], action[ActionDeactivate]
	c.Updated, c.Deleted = action[ActionUpdate], action[ActionDelete]
	if s.merged || len(s.direct) > 0 {
		if c.Unchanged, err = s.unchanged(); err != nil {
			return err
		}
	}
	c.Created = s.done.Created + s.unitCreated
	s.unit = c
	if err := s.writeRun(c); err != nil {
		return err
	}
	return errors.Join(s.recordSources(), s.recordUndone())
}

// writeRun writes the run's row, or writes it anew when a unit more is merged.
func (s *Session) writeRun(c Counts) error {
	return s.run("INSERT OR REPLACE INTO main.amsx_run VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,nullif(?18, 0))",
		s.info.RunID, s.info.Transformation, s.info.Fence, s.began.UTC().Format(instant), s.db.now().UTC().Format(instant),
		c.Read, c.Inserted, c.Updated, c.Unchanged, c.Reactivated, c.Deactivated, c.Adopted, c.Rekeyed, c.Deleted, c.Rejected, c.Skipped, c.Warnings, s.undoes)
}

// counts are the run's counts so far that are not in the change set.
func (s *Session) counts() Counts {
	c := Counts{Read: s.done.Read, Skipped: s.done.Skipped, Repeated: s.done.Repeated, Kept: s.done.Kept, Absent: s.absent}
	for _, t := range s.targets {
		c.Read += t.read
		c.Unchanged += t.matched + t.matchedBefore - t.updRows
		c.Skipped += t.skipped
		c.Repeated += t.repeated
		c.Kept += t.kept
	}
	c.Rejected = s.rejected
	c.Warnings = s.overflow
	for _, w := range s.warnings {
		c.Warnings += w.Count
	}
	return c
}

// unchanged counts the rows that were compared and that nothing touched, where
// several units or direct SQL may have touched one row again.
func (s *Session) unchanged() (int64, error) {
	n := int64(0)
	for _, t := range s.targets {
		n += t.matched + t.matchedBefore
	}
	err := s.rows("SELECT TableName, RowID FROM main.amsx_change WHERE RunID=?1 AND Action NOT IN ('insert', 'delete')", func(st *sqlite.Stmt) error {
		for _, t := range s.targets {
			if t.table.name == st.ColumnText(0) && t.written.has(st.ColumnInt64(1)) {
				n--
			}
		}
		return nil
	}, s.info.RunID)
	return n, err
}

// recordSources writes what the run left of each source.
func (s *Session) recordSources() error {
	type key struct{ table, source string }
	read, complete := make(map[key]int64), make(map[key]bool)
	var order []key
	for _, t := range s.targets {
		k := key{t.table.name, t.spec.Source}
		if _, ok := read[k]; !ok {
			order = append(order, k)
		}
		read[k] += t.read + t.readBefore
		complete[k] = complete[k] || t.complete()
	}
	for _, k := range order {
		t := s.table(k.table)
		active, err := s.activeAfter(t, k.source)
		if err != nil {
			return err
		}
		err = s.run("INSERT OR REPLACE INTO main.amsx_run_source VALUES (?1, ?2, ?3, ?4, ?5, ?6)", s.info.RunID, k.table, k.source, complete[k], read[k], active)
		if err != nil {
			return err
		}
	}
	return nil
}

// activeAfter is how many active rows of a source the merge leaves. A unit
// that changes nothing leaves what the leavers' scan or the last run counted.
func (s *Session) activeAfter(t *table, source string) (int64, error) {
	if t.source < 0 {
		return 0, nil
	}
	if !s.staged() {
		for _, l := range s.leavers {
			if l.t == t && l.source == source && !l.off {
				return l.active, nil
			}
		}
		n, err := scalar(s.c, "SELECT ActiveRows FROM main.amsx_run_source WHERE TableName=?1 AND Source=?2 ORDER BY RunID DESC LIMIT 1", t.name, source)
		return n, err
	}
	return scalar(s.c, "SELECT count(*) FROM main."+quote(t.name)+" WHERE Source IS ?1"+t.andActive(), source)
}

// afterMerge begins a new unit: what was staged is in the tables now.
func (s *Session) afterMerge() error {
	s.done, s.merged = s.unit, true
	for _, t := range s.targets {
		for i, n := range t.adoptedBy {
			if n > 0 {
				if s.adoptedBy == nil {
					s.adoptedBy = make(map[string]int64)
				}
				s.adoptedBy[t.cols[t.adopt[i]].name] += n
			}
		}
		t.adoptedBy = nil
	}
	if s.last {
		return nil
	}
	s.leavers, s.unitBegan, s.seen = nil, s.db.now(), 0
	clear(s.direct)
	for _, t := range s.targets {
		if err := t.reset(true); err != nil {
			return s.explain("begin a new unit", err)
		}
	}
	return nil
}

// reset empties the stage. After a merge the rows that were inserted count as
// read, so that a key that comes again is known.
func (t *target) reset(merged bool) error {
	if merged && t.newRows > 0 {
		err := t.s.rows("SELECT seq FROM temp."+t.temp("new"), func(st *sqlite.Stmt) error {
			t.present.add(t.base + st.ColumnInt64(0))
			t.written.add(t.base + st.ColumnInt64(0))
			return nil
		})
		if err != nil {
			return err
		}
		t.empty = false
	}
	if merged {
		t.readBefore += t.read
		t.matchedBefore += t.matched
	} else {
		t.present, t.written, t.newest = bitset{}, bitset{}, nil
	}
	t.read, t.matched, t.repeated, t.skipped, t.kept = 0, 0, 0, 0, 0
	t.newRows, t.updRows, t.hits, t.pending, t.changed = 0, 0, 0, 0, mask{}
	for _, what := range []string{"new", "upd", "hit", "wrote"} {
		if err := t.s.run("DELETE FROM temp." + t.temp(what)); err != nil {
			return err
		}
	}
	for _, l := range t.lookups {
		if err := l.reset(); err != nil {
			return err
		}
	}
	return nil
}
