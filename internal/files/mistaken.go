package files

import (
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// A witness passes on what r has and notes whether it is UTF-8. An encoding of
// single bytes reads anything, so that a file in UTF-8 named windows-1252 would
// come out as "MÃ¼ller" without an error.
type witness struct {
	r      io.Reader
	rest   [utf8.UTFMax]byte // the beginning of a character whose end is not read
	n      int
	wide   bool // there was a character of several bytes
	broken bool // there were bytes that are no UTF-8
}

func (w *witness) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	for _, b := range p[:n] {
		if w.broken {
			break
		}
		w.note(b)
	}
	return n, err
}

func (w *witness) note(b byte) {
	if w.n == 0 && b < utf8.RuneSelf {
		return
	}
	w.rest[w.n] = b
	w.n++
	if !utf8.FullRune(w.rest[:w.n]) {
		return
	}
	if r, size := utf8.DecodeRune(w.rest[:w.n]); r == utf8.RuneError && size == 1 {
		w.broken = true
	}
	w.wide, w.n = true, 0
}

// mistaken reports whether all that was read is UTF-8, and not ASCII alone.
func (w *witness) mistaken() bool { return w != nil && w.wide && !w.broken && w.n == 0 }

// singleBytes reports whether an encoding has one byte a character.
func singleBytes(e encoding.Encoding) bool {
	_, ok := e.(*charmap.Charmap)
	return ok
}

// Mistaken is an error when all that was read is UTF-8 and another encoding was
// named. where says which file.
func (d *Decoder) Mistaken(where string) error {
	if !d.witness.mistaken() {
		return nil
	}
	return failf(`leave the encoding out, or write "utf-8"`, "%s is in UTF-8 and not in %s, which would make two wrong letters of each ü or é", where, d.name)
}

// Mistaken is the same of the bytes of a whole file, read in the encoding of a
// name.
func Mistaken(where string, b []byte, name string) error {
	d, err := NewDecoder(bytes.NewReader(b), name)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, d); err != nil {
		return err
	}
	return d.Mistaken(where)
}
