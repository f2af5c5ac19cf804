package control

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/amsx-lang/amsx/runtime"
)

// Forgotten is what stands where something about a person stood.
const Forgotten = "(forgotten)"

// A Forgetting is what was removed of a person, or would be.
type Forgetting struct {
	Entries int64   // log lines, warnings and rejects, and texts of runs
	Scripts []int64 // runs whose script names the person; it stays
	InUse   bool    // another program has the database open: the bytes are still in its write-ahead log
}

// Forget empties every entry of a run that holds one of the texts as a word of
// its own, in any case.
func (db *DB) Forget(ctx context.Context, texts []string, testing bool) (f Forgetting, err error) {
	m := newMention(texts)
	if len(m) == 0 {
		return f, nil
	}
	err = db.write(ctx, "forget a person", func(tx *sql.Tx) error {
		for _, t := range []struct{ table, key, columns, set string }{
			{"RunLog", "RunID, Seq", "Message", "Message = ?"},
			{"RunWarning", "RunID, Seq", "Message", "Message = ?"},
			{"RunReject", "RunID, Seq", "RowKey || char(10) || Reason || char(10) || Fields", "RowKey = ?, Reason = '', Fields = '{}'"},
			{"Run", "RunID, RunID", "Error", "Error = ?"},
			{"Run", "RunID, RunID", "UpdateText", "UpdateText = ?"},
			{"Run", "RunID, RunID", "Parameters", "Parameters = json_object('forgotten', ?)"},
			{"Run", "RunID, RunID", "Altered", "Altered = json_array(?)"},
			{"Run", "RunID, RunID", "Files", "Files = json_array(?)"},
		} {
			n, err := forgetIn(ctx, tx, m, t.table, t.key, t.columns, t.set, testing)
			if err != nil {
				return err
			}
			f.Entries += n
		}
		return f.findScripts(ctx, tx, m)
	})
	if err != nil || testing {
		return f, err
	}
	f.InUse, err = db.Rebuild(ctx)
	return f, err
}

// Rebuild makes the file anew and empties its write-ahead log, so that nothing
// is left of what was changed or deleted. InUse: another program has it open.
func (db *DB) Rebuild(ctx context.Context) (inUse bool, err error) {
	if _, err := db.sql.ExecContext(ctx, `VACUUM`); err != nil {
		return false, db.failed("make the file anew", err)
	}
	var busy, log, moved int64
	if err := db.sql.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &moved); err != nil {
		return false, db.failed("make the file anew", err)
	}
	return busy != 0, nil
}

// forgetIn empties the entries of one table.
func forgetIn(ctx context.Context, tx *sql.Tx, m mention, table, key, columns, set string, testing bool) (n int64, err error) {
	rows, err := tx.QueryContext(ctx, fmt.Sprintf(`SELECT %s, %s FROM %s`, key, columns, table))
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var found [][2]int64
	for rows.Next() {
		var at [2]int64
		var text string
		if err := rows.Scan(&at[0], &at[1], &text); err != nil {
			return 0, err
		}
		if m.in(text) {
			found = append(found, at)
		}
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	for _, at := range found {
		if testing {
			continue
		}
		a, b, _ := strings.Cut(key, ", ")
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(`UPDATE %s SET %s WHERE %s = ? AND %s = ?`, table, set, a, b), Forgotten, at[0], at[1]); err != nil {
			return 0, err
		}
	}
	return int64(len(found)), nil
}

// findScripts names the runs whose script holds a text. A script is what ran;
// it is not changed afterwards.
func (f *Forgetting) findScripts(ctx context.Context, tx *sql.Tx, m mention) error {
	rows, err := tx.QueryContext(ctx, `SELECT max(RunID), Text FROM Run JOIN Script ON Hash = ScriptHash GROUP BY Hash ORDER BY 1`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var run int64
		var text string
		if err := rows.Scan(&run, &text); err != nil {
			return err
		}
		if m.in(text) {
			f.Scripts = append(f.Scripts, run)
		}
	}
	return rows.Err()
}

// A mention finds texts about a person.
type mention []string

func newMention(texts []string) (m mention) {
	for _, t := range texts {
		if t = runtime.FoldText(strings.TrimSpace(t)); t != "" {
			m = append(m, t)
		}
	}
	return m
}

// in reports whether one of the texts stands in s between other characters
// than letters and digits, as it is or within JSON.
func (m mention) in(s string) bool {
	if m.plain(s) {
		return true
	}
	at := strings.IndexByte(s, '{')
	if at < 0 || !strings.Contains(s, `\`) {
		return false
	}
	var object map[string]any
	if json.Unmarshal([]byte(s[at:]), &object) != nil {
		return false
	}
	for _, v := range object {
		if m.plain(fmt.Sprint(v)) {
			return true
		}
	}
	return false
}

func (m mention) plain(s string) bool {
	s = runtime.FoldText(s)
	for _, text := range m {
		for from := 0; ; {
			i := strings.Index(s[from:], text)
			if i < 0 {
				break
			}
			i += from
			before, _ := utf8.DecodeLastRuneInString(s[:i])
			after, size := utf8.DecodeRuneInString(s[i+len(text):])
			if (i == 0 || !wordly(before)) && (size == 0 || !wordly(after)) {
				return true
			}
			from = i + len(text)
		}
	}
	return false
}

func wordly(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
