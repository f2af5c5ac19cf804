package control

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/amsx-lang/amsx/runtime"
)

// A Setting is one option of the site.
type Setting struct {
	Name      string
	Value     string
	Changed   time.Time
	ChangedBy string
}

// Setting is the value of a setting, and whether it is set at all. Names are
// compared without regard to case.
func (db *DB) Setting(ctx context.Context, name string) (value string, set bool, err error) {
	err = db.sql.QueryRowContext(ctx, `SELECT Value FROM Setting WHERE NameKey = ?`, runtime.FoldName(name)).Scan(&value)
	if noRows(err) {
		return "", false, nil
	}
	if err != nil {
		return "", false, db.failed("read the setting "+name, err)
	}
	return value, true, nil
}

// SaveSetting sets a setting. Settings are shown to everyone who may look at
// them, so a value with the password of a pack in it is refused.
func (db *DB) SaveSetting(ctx context.Context, name, value string) error {
	if db.Mask(value) != value {
		return fmt.Errorf("the setting %s was not saved: its value holds the password of a credential pack, which belongs in the pack only", name)
	}
	return db.write(ctx, "save the setting "+name, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO Setting (NameKey, Name, Value, Changed, ChangedBy) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (NameKey) DO UPDATE SET Name = excluded.Name, Value = excluded.Value, Changed = excluded.Changed, ChangedBy = excluded.ChangedBy`,
			runtime.FoldName(name), name, value, db.now(), db.opt.User)
		return err
	})
}

// RemoveSetting takes a setting back; one that is not set is no error.
func (db *DB) RemoveSetting(ctx context.Context, name string) error {
	return db.write(ctx, "remove the setting "+name, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM Setting WHERE NameKey = ?`, runtime.FoldName(name))
		return err
	})
}

// Settings lists all settings by name.
func (db *DB) Settings(ctx context.Context) (settings []Setting, err error) {
	rows, err := db.sql.QueryContext(ctx, `SELECT Name, Value, Changed, ChangedBy FROM Setting ORDER BY NameKey`)
	if err != nil {
		return nil, db.failed("list the settings", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s Setting
		var changed moment
		if err := rows.Scan(&s.Name, &s.Value, &changed, &s.ChangedBy); err != nil {
			return nil, db.failed("list the settings", err)
		}
		s.Changed = changed.Time
		settings = append(settings, s)
	}
	if err := rows.Err(); err != nil {
		return nil, db.failed("list the settings", err)
	}
	return settings, nil
}
