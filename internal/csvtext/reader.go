// Package csvtext reads and writes tables as text with separators.
//
// It reads what programs really write, which encoding/csv refuses or reads
// without a bound: a quote within a field that does not begin with one (24"
// monitor), blanks around quotes, lines that end with CR alone. A quote that is
// never closed costs a few megabytes, not all of the file, and a broken line
// is told from the lines behind it. Line breaks within quotes stay as they are.
package csvtext

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// MaxRecord bounds one record in bytes.
const MaxRecord = 4 << 20

// A LineError is a record that cannot be read. The next one can.
type LineError struct {
	Line   int
	Reason string
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// ErrText is the error of bytes that are no text: see [Reader.BadText].
var ErrText = errors.New("the text is not in its encoding")

// ErrSize is the error of a record longer than MaxRecord.
var ErrSize = fmt.Errorf("a record is longer than %d MB", MaxRecord>>20)

// ErrQuote is the error of a quote that is open when the text ends.
var ErrQuote = errors.New("a quote is not closed")

// A Reader reads records. It is used from one goroutine.
type Reader struct {
	// Separator stands between two fields: an ASCII character but a quote or
	// the end of a line.
	Separator byte
	// Converted: the text was converted to UTF-8, so that U+FFFD stands for
	// what could not be.
	Converted bool

	in     *bufio.Reader
	line   int // of the next byte
	start  int // of the last record
	text   []byte
	ends   []int
	quoted bool // the record at hand has quotes
}

// NewReader reads records from r.
func NewReader(r io.Reader, separator byte) *Reader {
	return &Reader{Separator: separator, in: bufio.NewReaderSize(r, 1<<16), line: 1}
}

// Skip counts lines that stand before the text.
func (r *Reader) Skip(lines int) { r.line += lines }

// Line is the line in which the last record began, from 1.
func (r *Reader) Line() int { return r.start }

// BadText is the record that made Read return ErrText.
func (r *Reader) BadText() []byte { return r.text }

// Where a reader is within a field.
type state uint8

const (
	atStart state = iota // before its first character
	blank                // behind blanks, before anything else
	plain                // in a field without quotes
	inQuotes
	behindQuote // behind a quote that may close the field, or be the first of two
	behindField // behind blanks behind the closing quote
)

// Read returns the fields of the next record, or io.EOF. Lines with nothing in
// them are no records. Of the errors only a *LineError leaves the reader ready
// for the next record.
func (r *Reader) Read() ([]string, error) {
	for {
		err := r.record()
		if err != nil {
			return nil, err
		}
		if len(r.ends) == 1 && len(r.text) == 0 && !r.quoted {
			continue
		}
		if !utf8.Valid(r.text) || r.Converted && bytes.ContainsRune(r.text, utf8.RuneError) || bytes.IndexByte(r.text, 0) >= 0 {
			return nil, ErrText
		}
		all := string(r.text)
		fields := make([]string, len(r.ends))
		from := 0
		for i, to := range r.ends {
			fields[i] = all[from:to]
			from = to
		}
		return fields, nil
	}
}

// record reads one record into text and ends.
func (r *Reader) record() error {
	r.text, r.ends, r.quoted, r.start = r.text[:0], r.ends[:0], false, r.line
	at, from, size := atStart, 0, 0 // from: where the field begins in text
	for {
		c, err := r.in.ReadByte()
		if err == io.EOF {
			switch {
			case at == inQuotes:
				return ErrQuote
			case size == 0:
				return io.EOF
			}
			r.ends = append(r.ends, len(r.text))
			return nil
		}
		if err != nil {
			return err
		}
		if size++; size > MaxRecord {
			return ErrSize
		}
		if at == inQuotes {
			switch c {
			case '"':
				at = behindQuote
				continue
			case '\n':
				r.line++
			case '\r':
				if !r.follows('\n') {
					r.line++
				}
			}
			r.text = append(r.text, c)
			size += r.take('"', '\n')
			continue
		}
		switch {
		case c == r.Separator:
			r.ends = append(r.ends, len(r.text))
			at, from = atStart, len(r.text)
		case c == '\n' || c == '\r':
			r.endLine(c)
			r.ends = append(r.ends, len(r.text))
			return nil
		case c == '"' && at == behindQuote: // two quotes are one
			r.text = append(r.text, c)
			at = inQuotes
		case c == '"' && (at == atStart || at == blank):
			r.text, r.quoted = r.text[:from], true
			at = inQuotes
		case c == ' ' && (at == behindQuote || at == behindField):
			at = behindField
		case at == behindQuote || at == behindField:
			return r.skip("there is text behind a closing quote; within quotes a quote is written twice")
		default:
			r.text = append(r.text, c)
			if c == ' ' && (at == atStart || at == blank) {
				at = blank
			} else {
				at = plain
				size += r.take(r.Separator, '\n')
			}
		}
	}
}

// take appends what is buffered up to a, b or CR, and returns how much it was:
// most bytes are none of those.
func (r *Reader) take(a, b byte) int {
	ahead, _ := r.in.Peek(r.in.Buffered()) // no error: it is buffered
	n := 0
	for n < len(ahead) && ahead[n] != a && ahead[n] != b && ahead[n] != '\r' {
		n++
	}
	r.text = append(r.text, ahead[:n]...)
	_, _ = r.in.Discard(n)
	return n
}

// follows reports whether c is the next byte.
func (r *Reader) follows(c byte) bool {
	next, err := r.in.Peek(1)
	return err == nil && next[0] == c
}

// endLine takes the end of a line whose first byte is c: LF, CR LF or CR.
func (r *Reader) endLine(c byte) {
	r.line++
	if c == '\r' && r.follows('\n') {
		_, _ = r.in.ReadByte() // it was seen
	}
}

// skip goes to the next line and says what is wrong with this one.
func (r *Reader) skip(reason string) error {
	for size := 0; ; size++ {
		c, err := r.in.ReadByte()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if c == '\n' || c == '\r' {
			r.endLine(c)
			break
		}
		if size >= MaxRecord {
			return ErrSize
		}
	}
	return &LineError{r.start, reason}
}
