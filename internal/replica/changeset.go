package replica

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strconv"
)

// A changeReader reads a changeset of SQLite's session extension, in the form
// that the head of its source documents (sqlite3session.c, "CHANGESET FORMAT").
// The library's own iterator allocates three times a value: a first sync spent as
// long in it as in writing the rows.
type changeReader struct {
	in     *bufio.Reader
	table  string
	op     byte    // of the change at hand
	before []value // an update: the columns that change, and the key; a delete: all
	after  []value // an update: the columns that change; an insert: all
}

// A value of a changeset.
type value struct {
	kind byte
	n    int64 // an integer, or the bits of a float
	text []byte
}

// The kinds of values, and of changes.
const (
	kindNone  = 0 // the column does not change
	kindInt   = 1
	kindFloat = 2
	kindText  = 3
	kindBytes = 4
	kindNull  = 5

	opInsert = 18
	opUpdate = 23
	opDelete = 9
)

var errChangeset = errors.New("the changeset is not in the form that this program knows")

// next reads one change. io.EOF: there is no more.
func (r *changeReader) next() error {
	first, err := r.in.ReadByte()
	for err == nil && first == 'T' {
		if err = r.header(); err == nil {
			first, err = r.in.ReadByte()
		}
	}
	if err != nil {
		return err
	}
	if r.op = first; r.table == "" {
		return errChangeset
	}
	if _, err := r.in.ReadByte(); err != nil { // whether a trigger did it
		return unexpected(err)
	}
	switch r.op {
	case opInsert:
		return r.record(&r.after)
	case opDelete:
		return r.record(&r.before)
	case opUpdate:
		if err := r.record(&r.before); err != nil {
			return err
		}
		return r.record(&r.after)
	}
	return errChangeset
}

// header begins the changes of another table.
func (r *changeReader) header() error {
	width, err := r.varint()
	if err != nil {
		return err
	}
	if width < 1 || width > 1<<15 {
		return errChangeset
	}
	if _, err := r.in.Discard(int(width)); err != nil { // which of them are the key: the server knows
		return unexpected(err)
	}
	name, err := r.in.ReadString(0)
	if err != nil {
		return unexpected(err)
	}
	r.table = name[:len(name)-1]
	r.before, r.after = make([]value, width), make([]value, width)
	return nil
}

func (r *changeReader) record(into *[]value) error {
	for i := range *into {
		v := &(*into)[i]
		kind, err := r.in.ReadByte()
		if err != nil {
			return unexpected(err)
		}
		switch v.kind = kind; kind {
		case kindNone, kindNull:
		case kindInt, kindFloat:
			var b [8]byte
			if _, err := io.ReadFull(r.in, b[:]); err != nil {
				return unexpected(err)
			}
			v.n = int64(binary.BigEndian.Uint64(b[:]))
		case kindText, kindBytes:
			n, err := r.varint()
			if err != nil {
				return err
			}
			if n > 1<<30 {
				return errChangeset
			}
			if cap(v.text) < int(n) {
				v.text = make([]byte, n, 2*n)
			}
			v.text = v.text[:n]
			if _, err := io.ReadFull(r.in, v.text); err != nil {
				return unexpected(err)
			}
		default:
			return errChangeset
		}
	}
	return nil
}

// varint reads a number of SQLite's variable length: seven bits a byte, the
// highest first, and eight in the ninth.
func (r *changeReader) varint() (uint64, error) {
	var n uint64
	for i := range 9 {
		b, err := r.in.ReadByte()
		if err != nil {
			return 0, unexpected(err)
		}
		if i == 8 {
			return n<<8 | uint64(b), nil
		}
		n = n<<7 | uint64(b&0x7f)
		if b < 0x80 {
			break
		}
	}
	return n, nil
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// appendTo adds the value to a line of COPY.
func (v *value) appendTo(line []byte) ([]byte, error) {
	switch v.kind {
	case kindInt:
		return strconv.AppendInt(line, v.n, 10), nil
	case kindFloat:
		return strconv.AppendFloat(line, math.Float64frombits(uint64(v.n)), 'g', -1, 64), nil
	case kindText:
		for _, b := range v.text {
			if b == 0 {
				return line, errors.New("the text holds a zero byte, which PostgreSQL cannot store; take it out with Replace")
			}
		}
		return appendField(line, v.text), nil
	case kindBytes:
		return line, errors.New("bytes that are no text cannot be sent to the server")
	}
	return append(line, `\N`...), nil
}

func (v *value) setFloat(f float64) { v.kind, v.n = kindFloat, int64(math.Float64bits(f)) }

// set reports whether an update changes the column of two values.
func set(before, after *value) bool { return before.kind != kindNone || after.kind != kindNone }
