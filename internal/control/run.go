package control

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/amsx-lang/amsx/runtime"
)

// A Status is where a run stands.
type Status string

// The statuses of a run, in the words of the job list.
const (
	Queued    Status = "Queued"
	Running   Status = "Running"
	Completed Status = "Completed"
	Failed    Status = "Failed"
	Cancelled Status = "Cancelled"
)

// Counts are what a run did to rows; the names in JSON are fixed.
type Counts struct {
	Read        int64 `json:"read"`
	Inserted    int64 `json:"inserted"`
	Updated     int64 `json:"updated"`
	Unchanged   int64 `json:"unchanged"`
	Reactivated int64 `json:"reactivated"`
	Deactivated int64 `json:"deactivated"`
	Adopted     int64 `json:"adopted"`
	Rejected    int64 `json:"rejected"`
	Warnings    int64 `json:"warnings"`
}

// A RunInfo is what is known of a run before it starts.
type RunInfo struct {
	// Queued is the id of the run that Enqueue made; 0 starts a new one, and
	// then the fields below count.
	Queued     int64
	File       string
	Script     string            // its text; kept once for all runs of the same text
	Parameters map[string]string // no secrets
	Test       bool              // rolled back at its end
	User       string            // Options.User when ""
	UndoOf     int64             // the run that this one takes back; 0: it runs a script
	// LastRun and LastFence are the highest that the site database has seen.
	// Numbering goes on above them, also when the control database was lost or
	// put back from a backup.
	LastRun, LastFence int64
}

// A Run is a run as it is recorded.
type Run struct {
	ID             int64
	Transformation string
	File           string
	ScriptHash     string // SHA-256 of the script in hexadecimal
	Script         string
	Parameters     map[string]string
	User           string
	Host           string
	Test           bool
	Status         Status
	Fence          int64
	Created        time.Time
	Started        time.Time // zero while queued
	Finished       time.Time // zero until then
	LastUpdated    time.Time
	Update         string // what it was doing last
	Error          string
	ErrorCode      string
	ExitCode       int
	Requests       int64
	Counts         Counts
	UndoOf         int64    // the run that this one took back; 0: it ran a script
	Altered        []string // statements that changed the site's tables
	Files          []string // what was done to files
	// How many were given. The first of them are kept, see Options.Keep.
	LogLines, Warnings, Rejects int
}

// A NoRunError says that there is no run with an id.
type NoRunError struct{ ID int64 }

func (e *NoRunError) Error() string {
	return fmt.Sprintf("there is no run %d; it may have been pruned", e.ID)
}

// Enqueue records a run that is to start later, by Acquire with its id.
func (db *DB) Enqueue(ctx context.Context, transformation string, info RunInfo) (id int64, err error) {
	err = db.write(ctx, "queue a run of "+transformation, func(tx *sql.Tx) error {
		id, err = db.insertRun(ctx, tx, transformation, info)
		return err
	})
	return id, err
}

// insertRun records a run as queued.
func (db *DB) insertRun(ctx context.Context, tx *sql.Tx, transformation string, info RunInfo) (int64, error) {
	if strings.TrimSpace(transformation) == "" {
		return 0, errors.New("the transformation has no name; runs of it could not be told from others")
	}
	id, err := count(ctx, tx, "Run", info.LastRun)
	if err != nil {
		return 0, err
	}
	hash := sha256.Sum256([]byte(info.Script))
	hashText := hex.EncodeToString(hash[:])
	if _, err := tx.ExecContext(ctx, `INSERT INTO Script (Hash, Text) VALUES (?, ?) ON CONFLICT DO NOTHING`, hashText, db.Mask(info.Script)); err != nil {
		return 0, err
	}
	parameters := make(map[string]string, len(info.Parameters))
	for name, value := range info.Parameters {
		parameters[name] = db.Mask(value)
	}
	parametersText, err := json.Marshal(parameters)
	if err != nil {
		return 0, err
	}
	user := info.User
	if user == "" {
		user = db.opt.User
	}
	now := db.now()
	_, err = tx.ExecContext(ctx, `
		INSERT INTO Run (RunID, Transformation, TransformationKey, File, ScriptHash, Parameters, User, Host, Test, Status, Created, LastUpdated, UndoOf)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, transformation, runtime.FoldName(transformation), info.File, hashText, string(parametersText), user, db.process.host, info.Test, Queued, now, now, info.UndoOf)
	return id, err
}

// startRun turns a queued run into a running one.
func (db *DB) startRun(ctx context.Context, tx *sql.Tx, id, fence int64, transformation string) error {
	now := db.now()
	result, err := tx.ExecContext(ctx, `
		UPDATE Run SET Status = ?, Fence = ?, Host = ?, Started = ?, LastUpdated = ?
		WHERE RunID = ? AND Status = ? AND TransformationKey = ?`,
		Running, fence, db.process.host, now, now, id, Queued, runtime.FoldName(transformation))
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return fmt.Errorf("run %d of %s is not waiting in the queue any more", id, shown(transformation))
}

// failRun marks a run whose process is gone. It ended about when it was last
// heard of.
func failRun(ctx context.Context, tx *sql.Tx, where string, args ...any) (int, error) {
	result, err := tx.ExecContext(ctx, `
		UPDATE Run SET Status = 'Failed', Error = 'the process ended without finishing', ErrorCode = 'process-ended', ExitCode = 1,
			Finished = max(LastUpdated, coalesce((SELECT Heartbeat FROM Lease WHERE Lease.RunID = Run.RunID), ''))
		WHERE Status = 'Running' AND `+where, args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// count takes the next number of a counter, above floor.
func count(ctx context.Context, tx *sql.Tx, name string, floor int64) (n int64, err error) {
	err = tx.QueryRowContext(ctx, `UPDATE Counter SET Value = max(Value, ?) + 1 WHERE Name = ? RETURNING Value`, floor, name).Scan(&n)
	return n, err
}
