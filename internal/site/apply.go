package site

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// Apply writes the change set of a plan, exactly and in one short transaction,
// and ends the session. It compares every row that the plan touches with what
// it was when the plan was made; the error is a *StaleError where the plan no
// longer applies, and then nothing was written. The sequences may be read more
// than once. confirm is asked before the first row is written, when both have
// been read to their end; it may be nil.
func (s *Session) Apply(ctx context.Context, p *Plan, changes iter.Seq2[Change, error], written iter.Seq2[Written, error], confirm func() error) (*Result, error) {
	if err := s.usable(ctx); err != nil {
		return nil, errors.Join(err, s.Abort())
	}
	a := &applier{s: s, p: p, changes: changes, written: written, confirm: confirm}
	var err error
	// The rows are compared before the lock is taken. Where another program
	// writes in between they are compared again, the last time under the lock.
	for locked := range 3 {
		again, aerr := a.attempt(locked == 2 || len(p.Altered) > 0)
		if err = aerr; err != nil || !again {
			break
		}
	}
	if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultConstraint {
		err = &StaleError{Reason: "the site refuses a row of it, because of a row that came since", Cause: err}
	}
	if err != nil {
		return nil, errors.Join(err, s.Abort())
	}
	r := &Result{Counts: p.Counts, Lock: s.lock, changes: s.db.Changes(context.WithoutCancel(ctx), s.info.RunID)}
	return r, s.Abort()
}

// A StaleError says why a plan no longer applies. Nothing was written.
type StaleError struct {
	Reason string // where no row is to blame
	// Else the row, as people call it, and what became of it.
	Table, Row string
	Became     string
	Field      string // the column that is not what it was; "": see Became
	Then, Now  any
	Cause      error // what the engine says, where it refused a row; or nil
}

func (e *StaleError) Error() string {
	text := e.Reason
	switch {
	case e.Field != "":
		text = fmt.Sprintf("%s has changed since: %s was %s and is %s now", e.Row, e.Field, showAny(e.Then), showAny(e.Now))
	case e.Row != "":
		text = e.Row + " " + e.Became
	}
	if e.Cause != nil {
		text += " (" + e.Cause.Error() + ")"
	}
	return "the plan no longer applies, nothing was written: " + text
}

func (e *StaleError) Unwrap() error { return e.Cause }

// Hint is what to do about it.
func (*StaleError) Hint() string { return "make the plan again, look at it, and apply the new one" }

// An applier writes one plan.
type applier struct {
	s       *Session
	p       *Plan
	changes iter.Seq2[Change, error]
	written iter.Seq2[Written, error]
	confirm func() error
	stages  []*planStage
}

// attempt checks and writes. again says that another program has written in
// between; then nothing was.
func (a *applier) attempt(locked bool) (again bool, err error) {
	s := a.s
	if locked {
		err = s.beginWrite()
	} else {
		err = s.beginRead()
	}
	if err != nil {
		return false, err
	}
	began := time.Now()
	version, err := s.version()
	if err != nil {
		return false, s.explain("read the site", err)
	}
	if err := a.check(); err != nil {
		return false, err
	}
	if err := a.alter(); err != nil {
		return false, err
	}
	if err := a.stage(); err != nil {
		return false, err
	}
	if a.confirm != nil {
		if err := a.confirm(); err != nil {
			return false, err
		}
	}
	if !locked {
		if err := s.beginWrite(); err != nil {
			return false, err
		}
		began = time.Now()
		now, err := s.version()
		if err != nil {
			return false, s.explain("read the site", err)
		}
		if now != version {
			return true, s.rollback()
		}
	}
	if err := s.checkFence(); err != nil {
		return false, err
	}
	if err := a.write(); err != nil {
		return false, a.explain("apply the plan", err)
	}
	if err := s.commit(); err != nil {
		return false, err
	}
	s.committed = true
	s.lock = time.Since(began)
	return false, nil
}

// explain says what an error means; that the plan no longer applies says so
// itself.
func (a *applier) explain(doing string, err error) error {
	var stale *StaleError
	if errors.As(err, &stale) {
		return err
	}
	return a.s.explain(doing, err)
}

// check holds the plan against the site as a whole.
func (a *applier) check() error {
	s := a.s
	id, err := siteID(s.c)
	if err != nil {
		return s.explain("read which site this is", err)
	}
	if id != a.p.Site {
		return &StaleError{Reason: "it was made for another site database than " + s.db.path}
	}
	run := int64(0)
	err = sqlitex.Execute(s.c, "SELECT RunID FROM main.amsx_plan WHERE PlanID=?1", &sqlitex.ExecOptions{
		Args:       []any{a.p.ID},
		ResultFunc: func(st *sqlite.Stmt) error { run = st.ColumnInt64(0); return nil },
	})
	if err != nil {
		return s.explain("read the plans that were applied", err)
	}
	if run != 0 {
		return &StaleError{Reason: fmt.Sprintf("run %d has applied it already", run)}
	}
	now, err := schemaOf(s.c)
	if err != nil {
		return s.explain("read the schema", err)
	}
	for _, name := range slices.Sorted(maps.Keys(a.p.Schema)) {
		switch sum, ok := now[name]; {
		case !ok:
			return &StaleError{Reason: "the site has no table " + name + " any more"}
		case sum != a.p.Schema[name]:
			return &StaleError{Reason: "the columns, indexes or triggers of the table " + name + " were changed since"}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if _, ok := a.p.Schema[name]; !ok {
			return &StaleError{Reason: "the site has a table " + name + " now, which it had not when the plan was made"}
		}
	}
	return nil
}

// alter makes the columns that the plan's run would have made, in the same
// transaction as the rows.
func (a *applier) alter() error {
	if len(a.p.Altered) == 0 {
		return nil
	}
	for _, q := range a.p.Altered {
		if !strings.HasPrefix(q, "ALTER TABLE ") && !strings.HasPrefix(q, "CREATE UNIQUE INDEX ") {
			return fmt.Errorf("the plan holds a statement that no plan can: %s", q)
		}
		if err := a.s.run(q); err != nil {
			return a.s.explain("add a column", err)
		}
	}
	a.s.altered = a.p.Altered
	return a.s.reloadTables()
}

// write writes what is staged. It runs under the lock, on whole sets.
func (a *applier) write() error {
	s := a.s
	if err := s.numberRun(); err != nil {
		return err
	}
	for _, st := range a.stages {
		if err := st.write(); err != nil {
			return err
		}
	}
	for _, st := range a.stages {
		if err := st.verify(); err != nil {
			return err
		}
	}
	err := s.run("INSERT OR REPLACE INTO main.amsx_written(Transformation, TableName, RowID, ColumnName, ValueHash) SELECT ?1, tbl, rid, col, hash FROM temp.amsx_plan_written", s.info.Transformation)
	if err != nil {
		return err
	}
	return a.record()
}

// record writes the run's rows: what it did, what it left, which plan it was.
func (a *applier) record() error {
	s, c := a.s, a.p.Counts
	if err := s.writeRun(c); err != nil {
		return err
	}
	for _, src := range a.p.Sources {
		t := findTable(s.tables, src.Table)
		if t == nil {
			return fmt.Errorf("table %s is gone", src.Table)
		}
		active, err := src.Active, error(nil)
		if len(a.p.Tables) > 0 && t.source >= 0 {
			// Rows that the plan does not touch may have come or gone.
			if active, err = scalar(s.c, "SELECT count(*) FROM main."+quote(t.name)+" WHERE Source IS ?1"+t.andActive(), src.Source); err != nil {
				return err
			}
		}
		err = s.run("INSERT INTO main.amsx_run_source VALUES (?1, ?2, ?3, ?4, ?5, ?6)", s.info.RunID, t.name, src.Source, src.Complete, src.Read, active)
		if err != nil {
			return err
		}
	}
	return s.run("INSERT INTO main.amsx_plan(PlanID, RunID, Made) VALUES (?1, ?2, ?3)", a.p.ID, s.info.RunID, a.p.Began.UTC().Format(instant))
}
