package site

import (
	"context"

	"github.com/amsx-lang/amsx/runtime"
)

// Reject counts a record that the script or the mapping refused. Where its
// key can be read, its row counts as present.
func (t *target) Reject(ctx context.Context, r runtime.Record, reason string) error {
	if err := t.s.arriving(ctx); err != nil {
		return err
	}
	t.fillKey(&r)
	if err := t.reject(&r, reason); err != nil {
		return t.s.explain("note a rejected record", err)
	}
	return nil
}

// Seen counts a record as read that the script does not write: its row is
// present.
func (t *target) Seen(ctx context.Context, r runtime.Record) error {
	if err := t.s.arriving(ctx); err != nil {
		return err
	}
	t.fillKey(&r)
	t.read++
	t.skipped++
	if err := t.markPresent(); err != nil {
		return t.s.explain("find the row of a record", err)
	}
	return nil
}

func (t *target) reject(r *runtime.Record, reason string) error {
	t.read++
	t.s.reject(t, r.Pos, t.keyText(), reason, r.Raw)
	return t.markPresent()
}

// markPresent marks the row of the record at hand as present: the one with its
// key, or else the ones that hold its unique values, which a good record would
// have taken over.
func (t *target) markPresent() error {
	if !t.keyReadable() {
		t.unreadable = true
		return nil
	}
	id, _, _, err := t.findRow()
	if t.find != nil {
		t.find.Reset()
	}
	if err != nil {
		return err
	}
	if id != 0 {
		t.present.add(id)
		return nil
	}
	for i := range t.uniq {
		u := &t.uniq[i]
		whole := !u.isKey
		for j, p := range u.cols {
			if p < 0 || t.cells[p].kind != cellText && t.cells[p].kind != cellInt {
				whole = false
				break
			}
			bind(u.find, j+1, t.cells[p])
		}
		if !whole {
			continue
		}
		ok, err := u.find.Step()
		if err != nil {
			return err
		}
		if ok {
			t.present.add(u.find.ColumnInt64(0))
		}
		u.find.Reset()
	}
	return nil
}
