package site

import (
	"context"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// A Pruned is what a pruning removed, or would remove.
type Pruned struct {
	Runs int64 // that lost their change sets
	Rows int64 // of change sets
}

// Prune removes the change sets of the runs that were merged before an
// instant. The row of each run stays, and of what runs left of a source all
// that the fuse may ask for: the last complete run's, and what came after it.
// Where there is nothing to prune it looks at two rows and writes nothing.
func (d *Database) Prune(ctx context.Context, before time.Time, testing bool) (p Pruned, err error) {
	c, err := d.connect(ctx)
	if err != nil {
		return p, err
	}
	defer closeConn(c)
	c.SetInterrupt(ctx.Done())
	c.SetBusyTimeout(d.wait)
	limit := before.UTC().Format(instant)
	// A run that a wrong clock has dated in the future says nothing of those after it.
	oldest, err := scalar(c, "SELECT coalesce((SELECT r.Merged < ?1 OR r.Merged > ?2 FROM main.amsx_run r WHERE r.RunID=(SELECT min(RunID) FROM main.amsx_change)), 0)", limit, d.now().UTC().Format(instant))
	if err != nil || oldest == 0 {
		return p, d.explain("look for old change sets", err)
	}
	var runs []int64
	err = sqlitex.Execute(c, "SELECT r.RunID, (SELECT count(*) FROM main.amsx_change c WHERE c.RunID=r.RunID) FROM main.amsx_run r WHERE r.Merged < ?1", &sqlitex.ExecOptions{
		Args: []any{limit},
		ResultFunc: func(st *sqlite.Stmt) error {
			if n := st.ColumnInt64(1); n > 0 {
				runs = append(runs, st.ColumnInt64(0))
				p.Runs, p.Rows = p.Runs+1, p.Rows+n
			}
			return nil
		},
	})
	if err != nil || testing {
		return p, d.explain("look for old change sets", err)
	}
	for _, run := range runs {
		// A run's change set goes as a whole: of a half an undo would do half.
		err := d.writing(ctx, c, func() error {
			return sqlitex.Execute(c, "DELETE FROM main.amsx_change WHERE RunID=?1", &sqlitex.ExecOptions{Args: []any{run}})
		})
		if err != nil {
			return p, d.explain("remove old change sets", err)
		}
	}
	err = d.writing(ctx, c, func() error {
		return sqlitex.Execute(c, `DELETE FROM main.amsx_run_source WHERE RunID IN (SELECT RunID FROM main.amsx_run WHERE Merged < ?1)
		AND RunID < (SELECT max(k.RunID) FROM main.amsx_run_source k WHERE k.TableName=amsx_run_source.TableName AND k.Source=amsx_run_source.Source AND k.Complete AND k.ActiveRows > 0)`,
			&sqlitex.ExecOptions{Args: []any{limit}})
	})
	return p, d.explain("remove old change sets", err)
}
