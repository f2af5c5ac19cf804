package site

import (
	"fmt"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"
)

// A hit is a staged record that wants a unique value which a row holds.
type hit struct {
	upd   bool
	id    int64 // row id of a difference, sequence of a new row
	index int
	other int64
	gone  bool
}

// collide settles the hits on the state after the merge: a row that moves to
// another value makes way, so that swaps and chains go through; a row that a
// complete pull did not find is taken over; anything else refuses the record.
// A refused record may have been what made way for another, so it is repeated
// until nothing changes.
func (t *target) collide() error {
	var hits []hit
	before := t.hits
	err := t.s.rows("SELECT upd, id, idx, other FROM temp."+t.temp("hit"), func(st *sqlite.Stmt) error {
		hits = append(hits, hit{upd: st.ColumnInt64(0) != 0, id: st.ColumnInt64(1), index: int(st.ColumnInt64(2)), other: st.ColumnInt64(3)})
		return nil
	})
	if err != nil {
		return err
	}
	for again := true; again; {
		again = false
		for i := range hits {
			h := &hits[i]
			if h.gone {
				continue
			}
			away, err := t.movesAway(h)
			if err != nil {
				return err
			}
			if away {
				continue
			}
			h.gone, again = true, true
			if err := t.settleHit(h); err != nil {
				return err
			}
			for j := range hits {
				if hits[j].upd == h.upd && hits[j].id == h.id {
					hits[j].gone = true
				}
			}
		}
	}
	if t.hits > before {
		return t.collide() // a row that was taken over wants values of its own
	}
	t.sayMoved(hits)
	return nil
}

// sayMoved notes, to be said when the unit is merged, values that one row gave to another while a look-up
// searches them: see lookup.
func (t *target) sayMoved(hits []hit) {
	for _, l := range t.lookups {
		l.moved = Warning{}
		moved := 0
		for i := range hits {
			if !hits[i].gone && l.table == t.table && slices.ContainsFunc(t.uniq[hits[i].index].table, l.searches) {
				moved++
			}
		}
		if moved > 0 {
			l.moved = Warning{Code: "moved-key", Pos: t.spec.Pos, Count: 1, Text: fmt.Sprintf("%s went from one row of %s to another in this run: who names one of them in %s may be led to the row that had it before, until the next run", plural(int64(moved), "key"), t.table.name, t.cols[l.col].name)}
		}
	}
}

// searches reports whether the look-up searches a column or the one that it is
// the key form of.
func (l *lookup) searches(at int) bool {
	return slices.Contains(l.by, at) || slices.Contains(l.by, l.table.columns[at].keyOf)
}

// movesAway reports whether the row that is in the way gets another value for
// the index in this run.
func (t *target) movesAway(h *hit) (bool, error) {
	u := &t.uniq[h.index]
	away := false
	err := t.s.rows("SELECT m0, m1 FROM temp."+t.temp("upd")+" WHERE rid=?1", func(st *sqlite.Stmt) error {
		m := maskFrom(st.ColumnInt64(0), st.ColumnInt64(1))
		away = m.meets(u.touches)
		return nil
	}, h.other)
	return away, err
}

func (t *target) settleHit(h *hit) error {
	name, err := t.s.rowName(t.table, h.other)
	if err != nil {
		return err
	}
	what := t.indexText(h.index)
	if h.upd {
		return t.rejectUpd(h.id, fmt.Sprintf("its %s belongs to %s, which keeps it", what, name))
	}
	if t.present.has(h.other) {
		return t.rejectNew(h.id, fmt.Sprintf("its %s belongs to %s, which is still there; the two are different records with one %s, and this one was not inserted", what, name, what))
	}
	source := ""
	err = t.s.rows("SELECT "+t.sourceColumn()+" FROM main."+quote(t.table.name)+" WHERE "+t.table.rowid+"=?1", func(st *sqlite.Stmt) error {
		source = st.ColumnText(0)
		return nil
	}, h.other)
	if err != nil {
		return err
	}
	switch {
	case t.table.source >= 0 && source != t.spec.Source:
		return t.rejectNew(h.id, fmt.Sprintf("its %s belongs to %s of the source %s, which this run does not touch; it was not inserted", what, name, show(source)))
	case !t.complete():
		return t.rejectNew(h.id, fmt.Sprintf("its %s belongs to %s, which this run did not read, and the run did not read everyone; it was not inserted", what, name))
	}
	return t.attach(h.id, h.other, actRekey)
}

func (t *target) sourceColumn() string {
	if t.table.source < 0 {
		return "NULL"
	}
	return "Source"
}

// indexText names the columns of a unique index as people know them.
func (t *target) indexText(i int) string {
	var names []string
	for _, at := range t.uniq[i].table {
		if at == t.table.source && len(t.uniq[i].table) > 1 {
			continue
		}
		col := t.table.columns[at]
		if col.keyOf >= 0 {
			col = t.table.columns[col.keyOf]
		}
		names = append(names, col.name)
	}
	return strings.Join(names, ", ")
}

// findCollisions refuses the staged records that want one unique value
// together: nothing says which of them is right. Rows that exist and are no
// longer in the way were settled before.
func (t *target) findCollisions() error {
	for i := range t.uniq {
		u := &t.uniq[i]
		var after, keys []string
		for j, p := range u.cols {
			col := quote(t.table.columns[u.table[j]].name)
			if p < 0 {
				after = append(after, fmt.Sprintf("c.%s AS k%d", col, j))
			} else {
				after = append(after, fmt.Sprintf("CASE WHEN %s THEN s.c%d ELSE c.%s END AS k%d", bitOf("s", p), p, col, j))
			}
			keys = append(keys, fmt.Sprintf("k%d", j))
		}
		var fresh []string
		for j, p := range u.cols {
			if p < 0 {
				fresh = append(fresh, fmt.Sprintf("NULL AS k%d", j))
			} else {
				fresh = append(fresh, fmt.Sprintf("s.c%d AS k%d", p, j))
			}
		}
		list := strings.Join(keys, ", ")
		notNull := strings.Join(keys, " IS NOT NULL AND ") + " IS NOT NULL"
		all := fmt.Sprintf("SELECT 0 AS upd, seq AS id, %s FROM temp.%s s UNION ALL SELECT 1, rid, %s FROM temp.%s s JOIN main.%s c ON c.%s=s.rid",
			strings.Join(fresh, ", "), t.temp("new"), strings.Join(after, ", "), t.temp("upd"), quote(t.table.name), t.table.rowid)
		type side struct {
			upd bool
			id  int64
		}
		var sides []side
		err := t.s.rows(fmt.Sprintf("WITH a AS MATERIALIZED (%s) SELECT upd, id FROM a WHERE (%s) IN (SELECT %s FROM a WHERE %s GROUP BY %s HAVING count(*) > 1) ORDER BY upd, id", all, list, list, notNull, list), func(st *sqlite.Stmt) error {
			sides = append(sides, side{st.ColumnInt64(0) != 0, st.ColumnInt64(1)})
			return nil
		})
		if err != nil {
			return err
		}
		reason := fmt.Sprintf("several records of this run have one %s; none of them was written", t.indexText(i))
		for _, d := range sides {
			if d.upd {
				err = t.rejectUpd(d.id, reason)
			} else {
				err = t.rejectNew(d.id, reason)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
