package runtime

import (
	"strings"
	"unsafe"

	"github.com/amsx-lang/amsx/parser/ast"
)

// A Page is the records of one page of an API's answer. It is immutable. The
// records, and the values read from them, are parts of the page's text and
// keep all of it alive: what a script keeps longer than the page should be
// given to [Detach].
type Page struct {
	by      *Projection
	text    string
	arena   string // texts that were written with backslashes
	records []PageRecord
	spans   []span // len(by.paths) a record
}

// A PageRecord is one record of a Page: a JSON object.
type PageRecord struct {
	page     *Page
	id       uint64
	from, to uint32
	number   uint32
	bad      bool
}

// A span is where a wanted member stands. Spans hold no pointers, so that the
// garbage collector has nothing to look at.
type span struct {
	from, to uint32
	kind     spanKind
}

type spanKind uint32

const (
	spanNull   spanKind = iota
	spanText            // in the page's text
	spanArena           // in its arena
	spanTrue            //
	spanFalse           //
	spanNumber          //
	spanJSON            // an object or an array
	spanRest            // what the last steps of the path read in
	spanWhole           // to be read from the record's text
)

// Len is the number of records.
func (g *Page) Len() int { return len(g.records) }

// Record returns record i as a Json value, whose wanted paths are read in
// constant time; see [Projection.Get].
func (g *Page) Record(i int) Value {
	return Value{kind: KindJSON, ref: &g.records[i]}
}

// Size is the bytes that the page occupies.
func (g *Page) Size() int {
	return len(g.text) + len(g.arena) + cap(g.records)*int(unsafe.Sizeof(PageRecord{})) + cap(g.spans)*int(unsafe.Sizeof(span{}))
}

// PageRecord returns the record behind a Json value that a Page gave, nil for
// any other value.
func (v Value) PageRecord() *PageRecord {
	r, _ := v.ref.(*PageRecord)
	return r
}

// Raw is the record's JSON text.
func (r *PageRecord) Raw() string { return r.page.text[r.from:r.to] }

// Bad reports whether the record is not in UTF-8: it is to be rejected, for
// what its texts should be is unknown.
func (r *PageRecord) Bad() bool { return r.bad }

// ID tells records apart: a hash of the member id, or, without one, of the
// record's text. Hashes are comparable within one Projection only.
func (r *PageRecord) ID() uint64 { return r.id }

// Slot returns the value of a wanted path; the slot is one of the Projection
// that made the page.
func (r *PageRecord) Slot(slot int) Value {
	g := r.page
	s := g.spans[int(r.number)*len(g.by.paths)+slot]
	switch s.kind {
	case spanText:
		return Text(g.text[s.from:s.to])
	case spanArena:
		return Text(g.arena[s.from:s.to])
	case spanTrue:
		return Bool(true)
	case spanFalse:
		return Bool(false)
	case spanNumber:
		return jsonNumber(g.text[s.from:s.to])
	case spanJSON:
		return JSON(g.text[s.from:s.to])
	case spanNull:
		return Value{}
	}
	steps := g.by.paths[slot]
	raw := r.Raw()
	if s.kind == spanRest {
		raw = g.text[s.from:s.to]
		for steps[0].Kind == ast.StepKey {
			steps = steps[1:]
		}
	}
	v, err := getJSON(raw, steps)
	if err != nil {
		// The page was checked as a whole; a part of it is valid.
		panic("runtime: a checked page is invalid: " + err.Error())
	}
	return v
}

// get reads a path in constant time where it is wanted.
func (r *PageRecord) get(steps []ast.Step, t Taint) (Value, error) {
	if slot := r.page.by.Slot(steps); slot >= 0 {
		return r.Slot(slot).WithTaint(t), nil
	}
	v, err := getJSON(r.Raw(), steps)
	return v.WithTaint(t), err
}

// Detach returns v independent of the page that it was read from, so that
// keeping it does not keep the page's text in memory. Elements of a List are
// left as they are: they were detached when they were added.
func Detach(v Value) Value {
	switch v.kind {
	case KindText, KindNumber:
		if p, ok := v.ref.(textPtr); ok && p != nil {
			v.ref = textPtr(unsafe.StringData(strings.Clone(v.raw())))
		}
	case KindJSON:
		return JSON(strings.Clone(v.jsonText())).WithTaint(v.taint)
	case KindRow:
		r := v.ref.(*row)
		values := make([]Value, len(r.values))
		for i, x := range r.values {
			values[i] = Detach(x)
		}
		return RowAt(r.cols, values, r.line).WithTaint(v.taint)
	}
	return v
}
