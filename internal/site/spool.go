package site

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
)

// maxInMemory is how many changes of a test are kept in memory; the rest goes
// to a temporary file, so that a test of a first sync needs no more memory
// than the sync.
const maxInMemory = 1 << 13

// A spool keeps values in their order, many of them in a temporary file.
type spool[T any] struct {
	kept []T
	file *os.File
	w    *bufio.Writer
	enc  *json.Encoder
}

func (s *spool[T]) add(v T) error {
	if len(s.kept) < maxInMemory {
		s.kept = append(s.kept, v)
		return nil
	}
	if s.enc == nil {
		f, err := os.CreateTemp("", "amsx-changes-*.json")
		if err != nil {
			return fmt.Errorf("keep the change set of the test: %w", err)
		}
		// Where the system can, the file is gone as soon as it is closed,
		// however the program ends.
		_ = os.Remove(f.Name())
		s.file = f
		s.w = bufio.NewWriter(f)
		s.enc = json.NewEncoder(s.w)
	}
	return s.enc.Encode(v)
}

// flush ends the adding.
func (s *spool[T]) flush() error {
	if s.w == nil {
		return nil
	}
	return s.w.Flush()
}

// all yields the values, as often as it is asked.
func (s *spool[T]) all(mend func(*T)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range s.kept {
			if !yield(v, nil) {
				return
			}
		}
		if s.file == nil {
			return
		}
		d := json.NewDecoder(bufio.NewReader(io.NewSectionReader(s.file, 0, 1<<62)))
		d.UseNumber()
		for d.More() {
			var v T
			err := d.Decode(&v)
			mend(&v)
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// spool keeps the change set of a test for r, because the transaction that
// holds it is about to be rolled back.
func (s *Session) spool(r *Result) error {
	changes := &spool[Change]{}
	err := eachChange(s.c, s.tables, s.info.RunID, func(r *changedRow) error { return changes.add(r.Change) })
	if err == nil {
		err = changes.flush()
	}
	r.keep(changes.file)
	if err != nil {
		return s.explain("keep the change set of the test", err)
	}
	r.changes = changes.all((*Change).MendNumbers)
	return nil
}

// MendNumbers gives the numbers of a change that was read from JSON, with
// [json.Decoder.UseNumber], the types that they had.
func (c *Change) MendNumbers() {
	for i := range c.Fields {
		c.Fields[i].Old, c.Fields[i].New = wholeNumber(c.Fields[i].Old), wholeNumber(c.Fields[i].New)
	}
	if c.Plan == nil {
		return
	}
	for i := range c.Plan.Also {
		c.Plan.Also[i].Old, c.Plan.Also[i].New = exactNumber(c.Plan.Also[i].Old), exactNumber(c.Plan.Also[i].New)
	}
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

// exactNumber is wholeNumber where a number with a fraction stays one.
func exactNumber(v any) any {
	if n, ok := v.(json.Number); ok {
		if i, err := n.Int64(); err == nil {
			return i
		}
		if f, err := n.Float64(); err == nil {
			return f
		}
	}
	return v
}
