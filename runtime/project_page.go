package runtime

import (
	"fmt"
	"hash/maphash"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/amsx-lang/amsx/parser/ast"
)

// maxPage bounds a page: places in it are 32 bits. maxRecords bounds its
// records: an answer of empty objects would take seventy times its length.
const (
	maxPage    = 1 << 30
	maxRecords = 1_000_000
)

// Page splits a page into its records. records is the path of the list in the
// page; without steps the page is the list. The page keeps body, which must
// not be changed afterwards. The whole page is checked: an error wraps
// ErrTruncated when the text was cut, else ErrJSON, or says what came in the
// place of a list of objects. A record that is not in UTF-8 is marked Bad.
func (p *Projection) Page(body []byte, records []ast.Step) (*Page, error) {
	text := strings.TrimPrefix(unsafe.String(unsafe.SliceData(body), len(body)), bom)
	if len(text) > maxPage {
		return nil, fmt.Errorf("the page has %d MB, at most %d are read", len(text)>>20, maxPage>>20)
	}
	d := decoder{p: newScanner(text), by: p, seen: make([]uint32, p.nodes)}
	switch d.p.blank() {
	case 0:
		return nil, fmt.Errorf("the page is empty: %w", ErrTruncated)
	case '<':
		return nil, fmt.Errorf("%w: the page is HTML or XML (of a proxy or a sign-in page?), it begins %q", ErrJSON, clip(text[d.p.i:]))
	}
	if len(records) > 0 {
		if err := d.seek(text, records); err != nil {
			return nil, err
		}
	}
	if c := d.p.blank(); c != '[' {
		return nil, d.noList(c)
	}
	// A record that is worth a place has 16 bytes at least: a page of many
	// records must not make the next one large.
	guess := min(int(p.last.Load()), len(text)/16) + 8
	d.page = &Page{by: p, text: text}
	d.page.records = make([]PageRecord, 0, guess)
	d.page.spans = make([]span, 0, guess*len(p.paths))
	if err := d.p.array(d.record); err != nil {
		return nil, err
	}
	if len(records) == 0 {
		if err := d.p.end(); err != nil {
			return nil, err
		}
	}
	d.page.arena = string(d.arena)
	d.finish()
	p.last.Store(int64(len(d.page.records)))
	return d.page, nil
}

// A decoder makes one Page.
type decoder struct {
	p      scanner
	by     *Projection
	page   *Page
	spans  []span // of the record at hand
	seen   []uint32
	number uint32 // of the record at hand, from 1
	arena  []byte
	joined []int // slots of the record at hand that are to be read from its text
}

// seek checks the page and moves to the list that records name in it.
func (d *decoder) seek(text string, records []ast.Step) error {
	check := newScanner(text)
	if err := check.skip(); err != nil {
		return err
	}
	if err := check.end(); err != nil {
		return err
	}
	s := text[d.p.i:]
	for len(records) > 0 {
		raw, used, err := stepJSON(s, records)
		if err != nil {
			return err
		}
		if raw == "" {
			return fmt.Errorf("the page has no list at %s: %s", strings.TrimPrefix(stepText(&records[0]), "."), shape(s))
		}
		s, records = raw, records[used:]
	}
	d.p.i, _ = d.p.offset(s)
	// What follows the list was checked above; the scanner must end with it.
	return nil
}

// noList says what came in the place of the list.
func (d *decoder) noList(c byte) error {
	s := string(d.p.b[d.p.i:])
	check := d.p
	if err := check.skip(); err != nil {
		return err
	}
	if c == '{' {
		return fmt.Errorf("the page is no list of records: %s. Give the path of the list as the second argument, such as JsonPages …, \"value\"", shape(s[:check.i-d.p.i]))
	}
	return fmt.Errorf("the page is no list of records: it is %s", kindOfJSON(c))
}

// shape names the members of an object, never their values.
func shape(s string) string {
	p := newScanner(s)
	c := p.blank()
	if c != '{' {
		return "it is " + kindOfJSON(c)
	}
	var names []string
	err := p.object(func(name string, _, _ int) error {
		if len(names) < 12 {
			names = append(names, clip(name))
		}
		return p.skip()
	})
	if err != nil || len(names) == 0 {
		return "it is an object without members"
	}
	return "it is an object with " + strings.Join(names, ", ")
}

// record reads one element of the list.
func (d *decoder) record() error {
	if d.number++; d.number > maxRecords {
		return fmt.Errorf("the page has more than %d records: ask for smaller pages", maxRecords)
	}
	if c := d.p.blank(); c != '{' {
		check := d.p
		if err := check.skip(); err != nil {
			return err
		}
		return fmt.Errorf("record %d of the page is %s, not an object", d.number, kindOfJSON(c))
	}
	n, width := len(d.page.spans), len(d.by.paths)
	if cap(d.page.spans)-n < width {
		grown := make([]span, n, 2*cap(d.page.spans)+width)
		copy(grown, d.page.spans)
		d.page.spans = grown
	}
	d.page.spans = d.page.spans[:n+width]
	d.spans = d.page.spans[n:]
	from := d.p.i
	if err := d.object(d.by.root); err != nil {
		return err
	}
	for _, slot := range d.by.whole {
		d.spans[slot].kind = spanWhole
	}
	if len(d.joined) > 0 {
		for _, slot := range d.joined {
			d.spans[slot].kind = spanWhole
		}
		d.joined = d.joined[:0]
	}
	d.page.records = append(d.page.records, PageRecord{page: d.page, from: uint32(from), to: uint32(d.p.i), number: d.number - 1})
	return nil
}

// object reads the wanted members of the object at the scanner's place, and
// checks the others.
func (d *decoder) object(n *projected) error {
	p := &d.p
	if err := p.open(); err != nil {
		return err
	}
	for first := true; ; first = false {
		name, more, err := p.member(first)
		if err != nil || !more {
			return err
		}
		if m := n.find(p.plain(name)); m != nil {
			err = d.member(m)
		} else {
			err = p.skip()
		}
		if err != nil {
			return err
		}
	}
}

// member reads the value of a wanted member.
func (d *decoder) member(m *wanted) error {
	p := &d.p
	c := p.blank()
	if len(m.joined) > 0 {
		d.joined = append(d.joined, m.joined...)
	}
	from := p.i
	s := span{from: uint32(from)}
	switch {
	case c == '"':
		from, to, escaped, err := p.text()
		if err != nil {
			return err
		}
		s = span{from: uint32(from), to: uint32(to), kind: spanText}
		if escaped && len(m.ends) > 0 {
			s.from = uint32(len(d.arena))
			d.arena = unescape(d.arena, p.str(from, to))
			s.to, s.kind = uint32(len(d.arena)), spanArena
		}
	case c == '{' && m.below != nil:
		if d.seen[m.below.number] == d.number {
			// The member comes twice, and the last counts.
			d.joined = append(d.joined, m.below.slots...)
		}
		d.seen[m.below.number] = d.number
		if err := d.object(m.below); err != nil {
			return err
		}
		s.to, s.kind = uint32(p.i), spanJSON
	default:
		if err := p.skip(); err != nil {
			return err
		}
		s.to = uint32(p.i)
		switch c {
		case '{', '[':
			s.kind = spanJSON
		case 't':
			s.kind = spanTrue
		case 'f':
			s.kind = spanFalse
		case 'n':
			s.kind = spanNull
		default:
			s.kind = spanNumber
		}
	}
	if m.below != nil && s.kind != spanJSON && d.seen[m.below.number] == d.number {
		d.joined = append(d.joined, m.below.slots...)
	}
	for _, slot := range m.ends {
		d.spans[slot] = s
	}
	if len(m.rest) > 0 {
		kind := spanNull
		if s.kind == spanJSON {
			kind = spanRest
		}
		for _, slot := range m.rest {
			d.spans[slot] = span{from: s.from, to: s.to, kind: kind}
		}
	}
	return nil
}

// finish marks bad records and names each by its id.
func (d *decoder) finish() {
	g := d.page
	valid := utf8.ValidString(g.text)
	for i := range g.records {
		r := &g.records[i]
		r.bad = !valid && !utf8.ValidString(r.Raw())
		switch v := r.Slot(d.by.id); v.kind {
		case KindText:
			if v.num > 0 {
				r.id = maphash.String(d.by.seed, v.raw())
				continue
			}
		case KindNumber:
			r.id = maphash.String(d.by.seed, v.KeyText())
			continue
		}
		r.id = maphash.String(d.by.seed, r.Raw())
	}
}
