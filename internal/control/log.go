package control

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"
)

// A LogLine is one line of a run's log.
type LogLine struct {
	Time    time.Time // the clock of the DB when zero
	Level   string
	Line    int // of the script; 0 when none
	Message string
}

// A Warning is a finding of a run, counted where it came up more than once.
type Warning struct {
	Code    string
	Message string
	Line    int
	Column  int
	Count   int64
}

// A Reject is a record that a run did not take.
type Reject struct {
	Key    string
	Reason string
	Line   int
	Fields json.RawMessage // JSON object of the mapped paths, nothing else of the record
}

// Entries are what a run adds to its record at once.
type Entries struct {
	Log      []LogLine
	Warnings []Warning
	Rejects  []Reject
}

// Longest texts kept of one entry, in bytes.
const (
	longestMessage = 4 << 10
	longestFields  = 64 << 10
)

// Append adds entries to the run, all or none. Of each kind the first
// Options.Keep are kept; the rest is counted only. Error: *LostError when the
// run does not hold its lease any more.
func (l *Lease) Append(ctx context.Context, entries Entries) error {
	if len(entries.Log)+len(entries.Warnings)+len(entries.Rejects) == 0 {
		return l.over() // each transaction waits for the disk
	}
	return l.record(ctx, "write the log", func(tx *sql.Tx) error {
		db := l.db
		var log, warnings, rejects int
		err := tx.QueryRowContext(ctx, `SELECT LogLines, Warnings, Rejects FROM Run WHERE RunID = ?`, l.run).Scan(&log, &warnings, &rejects)
		if err != nil {
			return err
		}
		for i, e := range entries.Log[:room(db.opt.Keep, log, len(entries.Log))] {
			t := e.Time
			if t.IsZero() {
				t = db.opt.Clock()
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO RunLog (RunID, Seq, Time, Level, Line, Message) VALUES (?, ?, ?, ?, ?, ?)`,
				l.run, log+i+1, instant(t), e.Level, e.Line, db.text(e.Message)); err != nil {
				return err
			}
		}
		for i, e := range entries.Warnings[:room(db.opt.Keep, warnings, len(entries.Warnings))] {
			if _, err := tx.ExecContext(ctx, `INSERT INTO RunWarning (RunID, Seq, Code, Message, Line, Col, Count) VALUES (?, ?, ?, ?, ?, ?, ?)`,
				l.run, warnings+i+1, e.Code, db.text(e.Message), e.Line, e.Column, max(1, e.Count)); err != nil {
				return err
			}
		}
		for i, e := range entries.Rejects[:room(db.opt.Keep, rejects, len(entries.Rejects))] {
			if _, err := tx.ExecContext(ctx, `INSERT INTO RunReject (RunID, Seq, RowKey, Reason, Line, Fields) VALUES (?, ?, ?, ?, ?, ?)`,
				l.run, rejects+i+1, db.text(e.Key), db.text(e.Reason), e.Line, db.fields(e.Fields)); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `UPDATE Run SET LogLines = ?, Warnings = ?, Rejects = ?, LastUpdated = ? WHERE RunID = ?`,
			log+len(entries.Log), warnings+len(entries.Warnings), rejects+len(entries.Rejects), db.now(), l.run)
		return err
	})
}

// room is how many of n more entries are kept after had were given.
func room(keep, had, n int) int { return min(n, max(0, keep-had)) }

// text is a text as it may be stored: without secrets, valid and not endless.
func (db *DB) text(s string) string {
	s = db.Mask(s) // first: a cut could leave half a secret
	if !utf8.ValidString(s) {
		s = string([]rune(s)) // each wrong byte becomes U+FFFD
	}
	if len(s) <= longestMessage {
		return s
	}
	end := longestMessage
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + fmt.Sprintf("… (cut, %d bytes in all)", len(s))
}

// fields is a JSON object as it may be stored; never half of one.
func (db *DB) fields(object json.RawMessage) string {
	switch {
	case len(object) == 0:
		return "{}"
	case !json.Valid(object):
		return `{"left out":"it is not valid JSON"}`
	case len(object) > longestFields:
		return fmt.Sprintf(`{"left out":"it has %d bytes"}`, len(object))
	}
	return db.Mask(string(object))
}

// RunLog is the log of a run, as far as it is kept; Run.LogLines says how many
// lines there were.
func (db *DB) RunLog(ctx context.Context, run int64) (lines []LogLine, err error) {
	err = db.entries(ctx, `SELECT Time, Level, Line, Message FROM RunLog WHERE RunID = ? ORDER BY Seq`, run, func(rows *sql.Rows) error {
		var e LogLine
		var t moment
		err := rows.Scan(&t, &e.Level, &e.Line, &e.Message)
		e.Time = t.Time
		lines = append(lines, e)
		return err
	})
	return lines, err
}

// RunWarnings are the warnings of a run, as far as they are kept.
func (db *DB) RunWarnings(ctx context.Context, run int64) (warnings []Warning, err error) {
	err = db.entries(ctx, `SELECT Code, Message, Line, Col, Count FROM RunWarning WHERE RunID = ? ORDER BY Seq`, run, func(rows *sql.Rows) error {
		var e Warning
		err := rows.Scan(&e.Code, &e.Message, &e.Line, &e.Column, &e.Count)
		warnings = append(warnings, e)
		return err
	})
	return warnings, err
}

// RunRejects are the rejects of a run, as far as they are kept.
func (db *DB) RunRejects(ctx context.Context, run int64) (rejects []Reject, err error) {
	err = db.entries(ctx, `SELECT RowKey, Reason, Line, Fields FROM RunReject WHERE RunID = ? ORDER BY Seq`, run, func(rows *sql.Rows) error {
		var e Reject
		var fields string
		err := rows.Scan(&e.Key, &e.Reason, &e.Line, &fields)
		e.Fields = json.RawMessage(fields)
		rejects = append(rejects, e)
		return err
	})
	return rejects, err
}

func (db *DB) entries(ctx context.Context, query string, run int64, scan func(*sql.Rows) error) error {
	doing := fmt.Sprintf("read what is kept of run %d", run)
	rows, err := db.sql.QueryContext(ctx, query, run)
	if err != nil {
		return db.failed(doing, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return db.failed(doing, err)
		}
	}
	if err := rows.Err(); err != nil {
		return db.failed(doing, err)
	}
	return nil
}
