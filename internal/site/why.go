package site

import (
	"context"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/amsx-lang/amsx/lexer"
)

// A Story is what is recorded of how a row came to be what it is.
type Story struct {
	Table   string       `json:"table"`
	RowID   int64        `json:"id"`
	Key     string       `json:"key"`
	Deleted bool         `json:"deleted"` // the row is not there any more
	Fields  []FieldStory `json:"fields"`
	// Ended is the write that made the row inactive or deleted it, where it is.
	Ended *Write `json:"ended,omitempty"`
	// Pruned: the change sets of former runs are gone, until when.
	Pruned time.Time `json:"-"`
}

// A FieldStory is what is recorded of one column of a row.
type FieldStory struct {
	Name   string  `json:"name"`
	Now    any     `json:"now"`
	Writes []Write `json:"writes"` // the newest first
	Hand   Hand    `json:"byHand,omitempty"`
}

// Hand says whether somebody wrote a field beside the runs.
type Hand string

// The degrees of it.
const (
	NoHand   Hand = ""
	HandLast Hand = "since" // after the last run that wrote it
	// A row was edited after the run that added it, and which fields is not
	// recorded.
	HandPerhaps Hand = "perhaps"
	HandOnly    Hand = "only" // no run that is recorded wrote it
)

// A Write is what one run did to a field.
type Write struct {
	Run            int64     `json:"run"`
	Transformation string    `json:"transformation"`
	Undoes         int64     `json:"undoes,omitempty"`
	Merged         time.Time `json:"when"`
	Action         Action    `json:"action"`
	Line           int       `json:"line"`
	Source         string    `json:"source,omitempty"`
	Old            any       `json:"old"`
	New            any       `json:"new"`
}

// Why tells what is recorded of a row, or of one field of it. The key is an
// id, a unique value, a login or an e-mail address.
func (d *Database) Why(ctx context.Context, tableName, key, field string) (story *Story, err error) {
	err = d.reader(ctx, func(s *Session) error {
		t, err := s.named(tableName)
		if err != nil {
			return err
		}
		only := -1
		if field != "" {
			if only, err = t.spokenColumn(field); err != nil {
				return err
			}
		}
		id, err := s.findRow(t, key)
		if err != nil {
			return err
		}
		story, err = s.why(t, id, only)
		return err
	})
	return story, err
}

// spokenColumn is a column whose changes are recorded, by its name.
func (t *table) spokenColumn(name string) (int, error) {
	i := t.column(name)
	if i >= 0 && t.columns[i].keyOf >= 0 {
		return t.columns[i].keyOf, nil
	}
	if i >= 0 && t.columns[i].name == t.rowid {
		return i, fmt.Errorf("%s is the row's id, which never changes; ask for another field, or for none", t.rowid)
	}
	if i >= 0 {
		return i, nil
	}
	var names []string
	for _, c := range t.columns {
		names = append(names, c.name)
	}
	hint := ""
	if near := lexer.Nearest(name, names); near != "" {
		hint = "; did you mean " + near + "?"
	}
	return -1, fmt.Errorf("%s has no field %s%s", t.name, name, hint)
}

func (s *Session) why(t *table, id int64, only int) (*Story, error) {
	name, err := s.shortName(t, id)
	if err != nil {
		return nil, err
	}
	now, found, err := s.rowNow(t, id)
	if err != nil {
		return nil, err
	}
	story := &Story{Table: t.name, RowID: id, Key: name, Deleted: !found}
	if !found {
		now = make([]cell, len(t.columns))
	}
	type write struct {
		Write
		edited bool
	}
	writes := make(map[string][]write)
	var runs []RunRecord
	err = s.rows(recordColumns+" FROM main.amsx_run r CROSS JOIN main.amsx_change c ON c.RunID=r.RunID AND c.TableName=?1 AND c.RowID=?2 ORDER BY r.RunID DESC", func(st *sqlite.Stmt) error {
		runs = append(runs, readRecord(st))
		return nil
	}, t.name, id)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		ch, err := changeOf(s.c, t, r.RunID, id)
		if err != nil {
			return nil, err
		}
		if !found && story.Key == fmt.Sprintf("%s %d", t.name, id) {
			story.Key = ch.Key
		}
		w := Write{Run: r.RunID, Transformation: r.Transformation, Undoes: r.Undoes, Merged: r.Merged, Action: ch.Action, Line: ch.Line, Source: ch.Source}
		for _, f := range ch.Fields {
			w.Old, w.New = f.Old, f.New
			writes[f.Name] = append(writes[f.Name], write{w, ch.Edited})
			ended := t.active >= 0 && f.Name == t.columns[t.active].name && f.New != any(int64(1)) && found && now[t.active].n == 0
			if story.Ended == nil && ended {
				e := w
				story.Ended = &e
			}
		}
		if story.Ended == nil && !found && ch.Action == ActionDelete {
			e := w
			e.Old, e.New = nil, nil
			story.Ended = &e
		}
	}
	for i, col := range t.columns {
		if !t.tracked(i) || only >= 0 && i != only {
			continue
		}
		f := FieldStory{Name: col.name, Now: now[i].any(), Writes: []Write{}}
		for _, w := range writes[col.name] {
			f.Writes = append(f.Writes, w.Write)
		}
		switch all := writes[col.name]; {
		case len(all) == 0 && f.Now == nil && only < 0:
			continue
		case len(all) == 0 && f.Now != nil:
			f.Hand = HandOnly
		case len(all) == 0:
		case all[0].New != f.Now:
			f.Hand = HandLast
		case all[0].edited:
			f.Hand = HandPerhaps
		}
		story.Fields = append(story.Fields, f)
	}
	return story, s.rows("SELECT max(r.Merged) FROM main.amsx_run r WHERE "+changedRows+" > 0 AND NOT EXISTS (SELECT 1 FROM main.amsx_change c WHERE c.RunID=r.RunID)", func(st *sqlite.Stmt) error {
		story.Pruned, _ = time.Parse(instant, st.ColumnText(0)) // none: the zero time
		return nil
	})
}
