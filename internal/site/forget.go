package site

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
	"zombiezen.com/go/sqlite"
)

// Forgotten is what was removed of a person, or would be when it was a test.
type Forgotten struct {
	Table   string `json:"table"`
	RowID   int64  `json:"id"`
	Key     string `json:"key"`
	Row     string `json:"row"`     // "deleted", "emptied" or "gone already"
	Refers  string `json:"refers"`  // the table that refers to the row, for which it is not deleted
	Changes int64  `json:"changes"` // of the row, removed from change sets
	Others  int64  `json:"others"`  // changes of other rows that held a value of the person
	// Runs whose undo does not reach the row any more.
	Runs []int64 `json:"runs"`
	// InUse: another program has the database open, so that the bytes of what
	// was removed are still in its write-ahead log.
	InUse bool `json:"inUse"`
	// Texts are the values by which the person is known, now and formerly, and
	// that nobody else has.
	Texts []string `json:"-"`
}

// personal are the columns by which one person is told from all others.
var personal = []string{"Login", "Email", "SecondEmail", "FullName", "OktaID", "EmployeeNumber", "Phone", "Mobile"}

// Forget removes a row and all that the change sets hold of it. A row that
// others refer to is emptied and made inactive.
func (d *Database) Forget(ctx context.Context, tableName, key string, testing bool) (f *Forgotten, err error) {
	err = d.reader(ctx, func(s *Session) (err error) {
		s.c.SetBusyTimeout(d.wait)
		// What is deleted is overwritten, here and in the rebuilt file.
		if err := s.run("PRAGMA secure_delete = ON"); err != nil {
			return err
		}
		if err := s.run("BEGIN IMMEDIATE"); err != nil {
			return err
		}
		defer func() {
			if !s.c.AutocommitEnabled() {
				err = errors.Join(err, s.run("ROLLBACK"))
			}
		}()
		var p *publication
		if !testing {
			if p, _, err = d.lead(ctx, s.c); err != nil {
				return err
			}
			defer p.close()
		}
		t, err := s.named(tableName)
		if err != nil {
			return err
		}
		id, err := s.findRow(t, key)
		if err != nil {
			return err
		}
		if f, err = s.forgetting(t, id); err != nil || testing {
			return err
		}
		if err := p.publish(s.c, nil); err != nil {
			return err
		}
		if p != nil {
			s.c.SetInterrupt(nil) // the server has it
		}
		if err := s.run("COMMIT"); err != nil {
			return err
		}
		s.c.SetInterrupt(ctx.Done())
		f.InUse, err = s.rebuild()
		return err
	})
	return f, err
}

// Rebuild makes the file anew, so that nothing is left in it of what was
// changed or deleted. InUse: another program has it open, and the rest is
// still in the write-ahead log.
func (d *Database) Rebuild(ctx context.Context) (inUse bool, err error) {
	err = d.reader(ctx, func(s *Session) (err error) {
		s.c.SetBusyTimeout(d.wait)
		inUse, err = s.rebuild()
		return err
	})
	return inUse, err
}

// rebuild makes the file anew: rows that were changed or deleted before have
// left their bytes in free places of the old one.
func (s *Session) rebuild() (inUse bool, err error) {
	if err := s.run("VACUUM"); err != nil {
		return false, err
	}
	err = s.rows("PRAGMA wal_checkpoint(TRUNCATE)", func(st *sqlite.Stmt) error {
		inUse = st.ColumnInt64(0) != 0
		return nil
	})
	return inUse, err
}

func (s *Session) forgetting(t *table, id int64) (*Forgotten, error) {
	name, err := s.shortName(t, id)
	if err != nil {
		return nil, err
	}
	f := &Forgotten{Table: t.name, RowID: id, Key: name, Runs: []int64{}}
	if f.Texts, err = s.textsOf(t, id); err != nil {
		return nil, err
	}
	err = s.rows("SELECT c.RunID FROM main.amsx_run r CROSS JOIN main.amsx_change c ON c.RunID=r.RunID AND c.TableName=?1 AND c.RowID=?2 ORDER BY 1", func(st *sqlite.Stmt) error {
		f.Runs = append(f.Runs, st.ColumnInt64(0))
		return nil
	}, t.name, id)
	if err != nil {
		return nil, err
	}
	if err := s.forgetRow(t, id, f); err != nil {
		return nil, err
	}
	for _, run := range f.Runs {
		if err := s.run("DELETE FROM main.amsx_change WHERE RunID=?1 AND TableName=?2 AND RowID=?3", run, t.name, id); err != nil {
			return nil, err
		}
		f.Changes++
	}
	if err := s.run("DELETE FROM main.amsx_written WHERE TableName=?1 AND RowID=?2", t.name, id); err != nil {
		return nil, err
	}
	return f, s.forgetOthers(f)
}

// textsOf are the personal values of a row, now and in its change set, without
// those that another row has today.
func (s *Session) textsOf(t *table, id int64) ([]string, error) {
	var columns []int
	for _, name := range personal {
		if i := t.column(name); i >= 0 {
			columns = append(columns, i)
		}
	}
	for _, i := range t.telling() {
		if t.tracked(i) && !slices.Contains(columns, i) {
			columns = append(columns, i)
		}
	}
	seen := make(map[string]bool)
	var all []string
	add := func(text string) {
		if utf8.RuneCountInString(strings.TrimSpace(text)) > 1 && !seen[text] {
			seen[text] = true
			all = append(all, text)
		}
	}
	now, found, err := s.rowNow(t, id)
	if err != nil {
		return nil, err
	}
	for _, i := range columns {
		if found && now[i].kind == cellText {
			add(now[i].s)
		}
	}
	err = s.rows("SELECT c.Old, c.New FROM main.amsx_run r CROSS JOIN main.amsx_change c ON c.RunID=r.RunID AND c.TableName=?1 AND c.RowID=?2", func(st *sqlite.Stmt) error {
		for _, i := range columns {
			for n := range 2 {
				if v := gjson.Get(st.ColumnText(n), gjson.Escape(t.columns[i].name)); v.Type == gjson.String {
					add(v.Str)
				}
			}
		}
		return nil
	}, t.name, id)
	if err != nil {
		return nil, err
	}
	own := all[:0]
	for _, text := range all {
		var where []string
		for _, i := range columns {
			where = append(where, quote(t.columns[i].name)+"=?1")
		}
		n, err := scalar(s.c, "SELECT EXISTS (SELECT 1 FROM main."+quote(t.name)+" WHERE "+t.rowid+"<>?2 AND ("+strings.Join(where, " OR ")+"))", text, id)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			own = append(own, text)
		}
	}
	return own, nil
}

// forgetRow deletes the row, or empties it where another refers to it.
func (s *Session) forgetRow(t *table, id int64, f *Forgotten) error {
	_, found, err := s.rowNow(t, id)
	if err != nil {
		return err
	}
	if !found {
		f.Row = "gone already"
		return nil
	}
	refs, err := s.references()
	if err != nil {
		return err
	}
	for _, r := range refs {
		if r.to != t {
			continue
		}
		n, err := scalar(s.c, "SELECT EXISTS (SELECT 1 FROM main."+quote(r.from.name)+" WHERE "+quote(r.from.columns[r.col].name)+"=?1 AND NOT (?2 AND "+r.from.rowid+"=?1))", id, r.from == t)
		if err != nil {
			return err
		}
		if n != 0 {
			f.Refers = r.from.name
		}
	}
	if f.Refers == "" {
		f.Row = "deleted"
		return s.run("DELETE FROM main."+quote(t.name)+" WHERE "+t.rowid+"=?1", id)
	}
	f.Row = "emptied"
	var set []string
	for i, col := range t.columns {
		switch {
		case col.name == t.rowid || i == t.source:
			continue // it says where the row was from, and of whom nothing
		case i == t.active:
			set = append(set, quote(col.name)+"=0")
		case !col.notNull:
			set = append(set, quote(col.name)+"=NULL")
		case col.fallback != "":
			set = append(set, quote(col.name)+"="+col.fallback)
		default:
			set = append(set, quote(col.name)+"='forgotten '||"+t.rowid)
		}
	}
	return s.run("UPDATE main."+quote(t.name)+" SET "+strings.Join(set, ", ")+" WHERE "+t.rowid+"=?1", id)
}

// forgetOthers takes the person's values out of the changes of other rows: a
// login that was somebody else's before, or later.
func (s *Session) forgetOthers(f *Forgotten) error {
	if len(f.Texts) == 0 {
		return nil
	}
	type row struct {
		run      int64
		table    string
		id       int64
		old, new any
	}
	var all []row
	err := s.rows("SELECT RunID, TableName, RowID, Old, New FROM main.amsx_change WHERE Old IS NOT NULL OR New IS NOT NULL", func(st *sqlite.Stmt) error {
		old, a := without(st, 3, f.Texts)
		now, b := without(st, 4, f.Texts)
		if a || b {
			all = append(all, row{st.ColumnInt64(0), st.ColumnText(1), st.ColumnInt64(2), old, now})
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, r := range all {
		if err := s.run("INSERT OR REPLACE INTO main.amsx_change(RunID, TableName, RowID, Action, Line, Source, Old, RowHash, New) SELECT RunID, TableName, RowID, Action, Line, Source, ?4, RowHash, ?5 FROM main.amsx_change WHERE RunID=?1 AND TableName=?2 AND RowID=?3",
			r.run, r.table, r.id, r.old, r.new); err != nil {
			return err
		}
		f.Others++
	}
	return nil
}

// without is a column with a JSON object, without the fields whose value is
// one of the texts in any case.
func without(st *sqlite.Stmt, col int, texts []string) (object any, changed bool) {
	if st.ColumnType(col) == sqlite.TypeNull {
		return nil, false
	}
	var b strings.Builder
	text := st.ColumnText(col)
	gjson.Parse(text).ForEach(func(k, v gjson.Result) bool {
		if v.Type == gjson.String && slices.ContainsFunc(texts, func(t string) bool { return Fold(t) == Fold(v.Str) }) {
			changed = true
			return true
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(k.Raw + ":" + v.Raw)
		return true
	})
	if !changed {
		return text, false
	}
	return "{" + b.String() + "}", true
}
