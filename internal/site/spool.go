package site

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// maxInMemory is how many changes of a test are kept in memory; the rest goes
// to a temporary file, so that a test of a first sync needs no more memory
// than the sync.
const maxInMemory = 1 << 13

// spool keeps the change set of a test for r, because the transaction that
// holds it is about to be rolled back.
func (s *Session) spool(r *Result) error {
	var kept []Change
	var w *bufio.Writer
	var enc *json.Encoder
	err := eachChange(s.c, s.tables, s.info.RunID, func(ch Change) error {
		if len(kept) < maxInMemory {
			kept = append(kept, ch)
			return nil
		}
		if enc == nil {
			f, err := os.CreateTemp("", "amsx-changes-*.json")
			if err != nil {
				return fmt.Errorf("keep the change set of the test: %w", err)
			}
			// Where the system can, the file is gone as soon as it is closed,
			// however the program ends.
			_ = os.Remove(f.Name())
			r.file = f
			w = bufio.NewWriter(f)
			enc = json.NewEncoder(w)
		}
		return enc.Encode(ch)
	})
	if err == nil && w != nil {
		err = w.Flush()
	}
	if err != nil {
		return s.explain("keep the change set of the test", err)
	}
	r.changes = func(yield func(Change, error) bool) {
		for _, c := range kept {
			if !yield(c, nil) {
				return
			}
		}
		if r.file == nil {
			return
		}
		d := json.NewDecoder(bufio.NewReader(io.NewSectionReader(r.file, 0, 1<<62)))
		d.UseNumber()
		for d.More() {
			var c Change
			err := d.Decode(&c)
			for i := range c.Fields {
				c.Fields[i].Old, c.Fields[i].New = wholeNumber(c.Fields[i].Old), wholeNumber(c.Fields[i].New)
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
	return nil
}

// wholeNumber gives a number of JSON the type that it had.
func wholeNumber(v any) any {
	if n, ok := v.(json.Number); ok {
		if i, err := n.Int64(); err == nil {
			return i
		}
		return n.String()
	}
	return v
}
