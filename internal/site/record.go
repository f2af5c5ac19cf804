package site

import (
	"context"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// A RunRecord is what the site itself keeps of a run that was merged.
type RunRecord struct {
	RunID          int64
	Transformation string
	Started        time.Time
	Merged         time.Time
	Counts         Counts // as far as they are kept
	Undoes         int64  // the run that it took back; 0: it ran a script
	Changed        int64  // rows of its change set that are kept
	// Pruned: it changed rows, and its change set is gone.
	Pruned bool
}

const recordColumns = `SELECT r.RunID, r.Transformation, r.Started, r.Merged, r.ReadCount, r.Inserted, r.Updated, r.Unchanged, r.Reactivated, r.Deactivated,
	r.Adopted, r.Rekeyed, r.Deleted, r.Rejected, r.Skipped, r.Warnings, coalesce(r.Undid, 0)`

func readRecord(st *sqlite.Stmt) RunRecord {
	n := st.ColumnInt64
	r := RunRecord{RunID: n(0), Transformation: st.ColumnText(1), Undoes: n(16), Counts: Counts{
		Read: n(4), Inserted: n(5), Updated: n(6), Unchanged: n(7), Reactivated: n(8), Deactivated: n(9), Adopted: n(10), Rekeyed: n(11), Deleted: n(12), Rejected: n(13), Skipped: n(14), Warnings: n(15),
	}}
	// Another program may have written what is no time; then there is none.
	r.Started, _ = time.Parse(instant, st.ColumnText(2))
	r.Merged, _ = time.Parse(instant, st.ColumnText(3))
	return r
}

// changedRows is the SQL of how many rows a run r changed, as it was counted.
const changedRows = "r.Inserted+r.Updated+r.Reactivated+r.Deactivated+r.Adopted+r.Rekeyed+r.Deleted"

// RunRecord is what the site keeps of a run, and whether it knows the run.
func (d *Database) RunRecord(ctx context.Context, run int64) (r RunRecord, known bool, err error) {
	err = d.with(ctx, func(c *sqlite.Conn) error {
		return sqlitex.Execute(c, recordColumns+", (SELECT count(*) FROM main.amsx_change c WHERE c.RunID=r.RunID), "+changedRows+" FROM main.amsx_run r WHERE r.RunID=?1", &sqlitex.ExecOptions{
			Args: []any{run},
			ResultFunc: func(st *sqlite.Stmt) error {
				r, known = readRecord(st), true
				r.Changed = st.ColumnInt64(17)
				r.Pruned = r.Changed == 0 && st.ColumnInt64(18) > 0
				return nil
			},
		})
	})
	return r, known, err
}
