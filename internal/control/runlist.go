package control

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/amsx-lang/amsx/runtime"
)

// A RunFilter chooses runs; its zero value chooses all.
type RunFilter struct {
	Transformation string // without regard to case
	Status         Status
	Before         int64 // only runs with a lower id, to page
	Limit          int   // 100 when 0
}

// Runs lists runs, the newest first, without their script text.
func (db *DB) Runs(ctx context.Context, filter RunFilter) (runs []Run, err error) {
	var where []string
	var args []any
	add := func(condition string, arg any) {
		where = append(where, condition)
		args = append(args, arg)
	}
	if filter.Transformation != "" {
		add("TransformationKey = ?", runtime.FoldName(filter.Transformation))
	}
	if filter.Status != "" {
		add("Status = ?", filter.Status)
	}
	if filter.Before > 0 {
		add("RunID < ?", filter.Before)
	}
	limit := filter.Limit
	if limit <= 0 {
		limit = 100
	}
	add("1 = 1 ORDER BY RunID DESC LIMIT ?", limit)
	rows, err := db.sql.QueryContext(ctx, runQuery("''")+strings.Join(where, " AND "), args...)
	if err != nil {
		return nil, db.failed("list the runs", err)
	}
	defer rows.Close()
	for rows.Next() {
		run, err := scanRun(rows)
		if err != nil {
			return nil, db.failed("list the runs", err)
		}
		runs = append(runs, run)
	}
	if err := rows.Err(); err != nil {
		return nil, db.failed("list the runs", err)
	}
	return runs, nil
}

// Run is one run with its script. Error: *NoRunError.
func (db *DB) Run(ctx context.Context, id int64) (Run, error) {
	run, err := scanRun(db.sql.QueryRowContext(ctx, runQuery(scriptText)+"RunID = ?", id))
	if noRows(err) {
		return Run{}, &NoRunError{ID: id}
	}
	if err != nil {
		return Run{}, db.failed(fmt.Sprintf("read run %d", id), err)
	}
	return run, nil
}

// LastGood is the last run of a transformation that completed and was not a
// test, and whether there is one.
func (db *DB) LastGood(ctx context.Context, transformation string) (run Run, found bool, err error) {
	run, err = scanRun(db.sql.QueryRowContext(ctx, runQuery(scriptText)+
		"TransformationKey = ? AND Status = 'Completed' AND Test = 0 ORDER BY RunID DESC LIMIT 1", runtime.FoldName(transformation)))
	if noRows(err) {
		return Run{}, false, nil
	}
	if err != nil {
		return Run{}, false, db.failed("look for the last good run of "+transformation, err)
	}
	return run, true, nil
}

// Prune removes finished runs from before an instant with all that is kept of
// them, and returns how many. The last good run of each transformation stays:
// alerts and %LASTGOODRUN% ask for it.
func (db *DB) Prune(ctx context.Context, before time.Time) (removed int, err error) {
	err = db.write(ctx, "prune old runs", func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `
			DELETE FROM Run WHERE Status IN ('Completed', 'Failed', 'Cancelled') AND Finished < ?
			AND RunID NOT IN (SELECT max(RunID) FROM Run WHERE Status = 'Completed' AND Test = 0 GROUP BY TransformationKey)`, instant(before))
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if err != nil {
			return err
		}
		removed = int(n)
		_, err = tx.ExecContext(ctx, `DELETE FROM Script WHERE NOT EXISTS (SELECT 1 FROM Run WHERE ScriptHash = Hash)`)
		return err
	})
	return removed, err
}

const scriptText = `(SELECT Text FROM Script WHERE Hash = ScriptHash)`

func runQuery(script string) string {
	return `SELECT RunID, Transformation, File, ScriptHash, ` + script + `, Parameters, User, Host, Test, Status, Fence,
		Created, Started, Finished, LastUpdated, UpdateText, Error, ErrorCode, ExitCode, Requests, Counts, LogLines, Warnings, Rejects
		FROM Run WHERE `
}

func scanRun(row interface{ Scan(...any) error }) (Run, error) {
	var r Run
	var script sql.NullString
	var parameters, counts string
	var created, started, finished, updated moment
	err := row.Scan(&r.ID, &r.Transformation, &r.File, &r.ScriptHash, &script, &parameters, &r.User, &r.Host, &r.Test, &r.Status, &r.Fence,
		&created, &started, &finished, &updated, &r.Update, &r.Error, &r.ErrorCode, &r.ExitCode, &r.Requests, &counts,
		&r.LogLines, &r.Warnings, &r.Rejects)
	if err != nil {
		return Run{}, err
	}
	if err := json.Unmarshal([]byte(parameters), &r.Parameters); err != nil {
		return Run{}, fmt.Errorf("the parameters of run %d: %w", r.ID, err)
	}
	if err := json.Unmarshal([]byte(counts), &r.Counts); err != nil {
		return Run{}, fmt.Errorf("the counts of run %d: %w", r.ID, err)
	}
	r.Script = script.String
	r.Created, r.Started, r.Finished, r.LastUpdated = created.Time, started.Time, finished.Time, updated.Time
	return r, nil
}
