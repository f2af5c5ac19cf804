package control

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
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

// LastGood is the last run of a transformation that completed and was neither
// a test nor an undo, and whether there is one. A run of undone, which the site
// knows, does not count: what it brought is not there any more.
func (db *DB) LastGood(ctx context.Context, transformation string, undone map[int64]int64) (run Run, found bool, err error) {
	rows, err := db.sql.QueryContext(ctx, `SELECT RunID FROM Run WHERE TransformationKey = ? AND Status = 'Completed' AND Test = 0 AND UndoOf = 0 ORDER BY RunID DESC`, runtime.FoldName(transformation))
	if err != nil {
		return Run{}, false, db.failed("look for the last good run of "+transformation, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return Run{}, false, db.failed("look for the last good run of "+transformation, err)
		}
		if _, gone := undone[id]; gone {
			continue
		}
		rows.Close()
		run, err = db.Run(ctx, id)
		return run, err == nil, err
	}
	if err := rows.Err(); err != nil {
		return Run{}, false, db.failed("look for the last good run of "+transformation, err)
	}
	return Run{}, false, nil
}

// Transformations are the names of the transformations that have run, each as
// its last run has it.
func (db *DB) Transformations(ctx context.Context) (names []string, err error) {
	rows, err := db.sql.QueryContext(ctx, `SELECT Transformation, max(RunID) FROM Run GROUP BY TransformationKey ORDER BY TransformationKey`)
	if err != nil {
		return nil, db.failed("list the transformations", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var last int64
		if err := rows.Scan(&name, &last); err != nil {
			return nil, db.failed("list the transformations", err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return nil, db.failed("list the transformations", err)
	}
	return names, nil
}

// Prune removes finished runs from before an instant with all that is kept of
// them, and returns how many. The last good run of each transformation stays:
// alerts and %LASTGOODRUN% ask for it.
func (db *DB) Prune(ctx context.Context, before time.Time) (removed int, err error) {
	if n, err := db.Old(ctx, before); err != nil || n == 0 {
		return 0, err // most often, and without waiting for the write lock
	}
	err = db.write(ctx, "prune old runs", func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `
			DELETE FROM Run WHERE `+oldRuns, instant(before))
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

// oldRuns is the SQL of the runs that Prune removes.
const oldRuns = `Status IN ('Completed', 'Failed', 'Cancelled') AND Finished < ?
	AND RunID NOT IN (SELECT max(RunID) FROM Run WHERE Status = 'Completed' AND Test = 0 AND UndoOf = 0 GROUP BY TransformationKey)`

// Old counts the runs that Prune would remove.
func (db *DB) Old(ctx context.Context, before time.Time) (n int, err error) {
	err = db.sql.QueryRowContext(ctx, `SELECT count(*) FROM Run WHERE `+oldRuns, instant(before)).Scan(&n)
	if err != nil {
		return 0, db.failed("look for old runs", err)
	}
	return n, nil
}

const scriptText = `(SELECT Text FROM Script WHERE Hash = ScriptHash)`

func runQuery(script string) string {
	return `SELECT RunID, Transformation, File, ScriptHash, ` + script + `, Parameters, User, Host, Test, Status, Fence,
		Created, Started, Finished, LastUpdated, UpdateText, Error, ErrorCode, ExitCode, Requests, Counts, LogLines, Warnings, Rejects, UndoOf, Altered, Files
		FROM Run WHERE `
}

func scanRun(row interface{ Scan(...any) error }) (Run, error) {
	var r Run
	var script sql.NullString
	var parameters, counts, altered, files string
	var created, started, finished, updated moment
	err := row.Scan(&r.ID, &r.Transformation, &r.File, &r.ScriptHash, &script, &parameters, &r.User, &r.Host, &r.Test, &r.Status, &r.Fence,
		&created, &started, &finished, &updated, &r.Update, &r.Error, &r.ErrorCode, &r.ExitCode, &r.Requests, &counts,
		&r.LogLines, &r.Warnings, &r.Rejects, &r.UndoOf, &altered, &files)
	if err != nil {
		return Run{}, err
	}
	if err := json.Unmarshal([]byte(parameters), &r.Parameters); err != nil {
		return Run{}, fmt.Errorf("the parameters of run %d: %w", r.ID, err)
	}
	if err := json.Unmarshal([]byte(counts), &r.Counts); err != nil {
		return Run{}, fmt.Errorf("the counts of run %d: %w", r.ID, err)
	}
	if err := errors.Join(json.Unmarshal([]byte(altered), &r.Altered), json.Unmarshal([]byte(files), &r.Files)); err != nil {
		return Run{}, fmt.Errorf("what run %d did beside rows: %w", r.ID, err)
	}
	r.Script = script.String
	r.Created, r.Started, r.Finished, r.LastUpdated = created.Time, started.Time, finished.Time, updated.Time
	return r, nil
}
