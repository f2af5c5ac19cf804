package site

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
)

// fill makes the cells of a record. The reason is empty, or says why the
// record cannot be written; its key was read then if that was possible.
func (t *target) fill(r *runtime.Record) (reason string, err error) {
	if len(r.Values) != len(t.spec.Columns) {
		return "", fmt.Errorf("a record has %d values for %d mapped columns", len(r.Values), len(t.spec.Columns))
	}
	for i := range t.cols {
		p := &t.cols[i]
		switch {
		case p.in < 0 && p.base >= 0:
			c := t.cells[p.base]
			if c.kind == cellText {
				c.s = Fold(c.s)
			}
			t.cells[i] = c
			continue
		case p.in < 0:
			t.cells[i] = textCell(t.spec.Source)
			continue
		}
		v := r.Values[p.in]
		var why string
		if p.lookup != nil {
			if t.cells[i], err = p.lookup.resolve(v); err != nil {
				return "", err
			}
		} else if t.cells[i], why = toCell(&p.tableColumn, v); why != "" {
			t.cells[i] = cell{}
			why = p.name + " cannot be written: " + why
		}
		if why == "" && t.cells[i].kind == cellNull {
			switch {
			case p.spec.Required:
				why = p.name + " is required and empty"
			case p.notNull:
				why = p.name + " may not be empty"
			}
		}
		if why != "" && reason == "" {
			reason = why
		}
	}
	for _, k := range t.key {
		if kind := t.cells[k].kind; kind == cellNull || kind == cellKeep {
			if reason == "" || strings.HasPrefix(reason, t.cols[k].name+" ") {
				reason = "its key " + t.cols[k].name + " is empty"
			}
		}
	}
	return reason, nil
}

// fillKey makes the cells of a record's key only.
func (t *target) fillKey(r *runtime.Record) {
	clear(t.cells)
	if len(r.Values) != len(t.spec.Columns) {
		return
	}
	for _, k := range t.key {
		c, why := toCell(&t.cols[k].tableColumn, r.Values[t.cols[k].in])
		if why != "" {
			continue
		}
		t.cells[k] = c
		if f := t.cols[k].keyed; f >= 0 && c.kind == cellText {
			t.cells[f] = textCell(Fold(c.s))
		}
	}
}

// keyReadable reports whether the cells hold a whole key.
func (t *target) keyReadable() bool {
	for _, k := range t.key {
		if c := t.cells[k]; c.kind != cellText && c.kind != cellInt {
			return false
		}
	}
	return len(t.key) > 0
}

// keyText names the key of the record at hand.
func (t *target) keyText() string {
	var b strings.Builder
	for i, k := range t.key {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(t.cols[k].name + " " + show(t.cells[k].text()))
	}
	return b.String()
}

func (c cell) text() string {
	if c.kind == cellInt {
		return strconv.FormatInt(c.n, 10)
	}
	return c.s
}

// bind binds a cell as a value to be compared or written.
func bind(st *sqlite.Stmt, i int, c cell) {
	switch c.kind {
	case cellText:
		st.BindText(i, c.s)
	case cellInt:
		st.BindInt64(i, c.n)
	default:
		st.BindNull(i)
	}
}
