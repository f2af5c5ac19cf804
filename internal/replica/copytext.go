package replica

import (
	"bytes"
	"fmt"
)

// The text format of COPY: a line a row, a tab between columns, \N for NULL, and
// a backslash before what would be mistaken.
// https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2

// A rowReader takes the output of COPY … TO STDOUT and calls row for each row.
// A nil field is NULL; the fields hold until the next row.
type rowReader struct {
	row    func(fields [][]byte) error
	rest   []byte
	fields [][]byte
	buf    []byte
}

func (r *rowReader) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			r.rest = append(r.rest, p...)
			return n, nil
		}
		line := p[:end]
		if len(r.rest) > 0 {
			r.rest = append(r.rest, line...)
			line = r.rest
		}
		if err := r.line(line); err != nil {
			return 0, err
		}
		r.rest, p = r.rest[:0], p[end+1:]
	}
	return n, nil
}

func (r *rowReader) line(line []byte) error {
	r.fields, r.buf = r.fields[:0], r.buf[:0]
	if cap(r.buf) < len(line) {
		r.buf = make([]byte, 0, 2*len(line)) // fields point into it, so it must not move
	}
	for {
		field, rest, more := bytes.Cut(line, []byte{'\t'})
		f, err := r.field(field)
		if err != nil {
			return err
		}
		r.fields = append(r.fields, f)
		if line = rest; !more {
			break
		}
	}
	return r.row(r.fields)
}

// unescaped are the letters that COPY writes behind a backslash.
var unescaped = map[byte]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v', '\\': '\\'}

func (r *rowReader) field(f []byte) ([]byte, error) {
	if bytes.IndexByte(f, '\\') < 0 {
		return f, nil
	}
	if string(f) == `\N` {
		return nil, nil
	}
	from := len(r.buf)
	for i := 0; i < len(f); i++ {
		b := f[i]
		if b == '\\' {
			i++
			if i == len(f) {
				return nil, fmt.Errorf("the server sent a field that ends in a backslash")
			}
			var known bool
			if b, known = unescaped[f[i]]; !known {
				return nil, fmt.Errorf("the server sent a field with \\%c", f[i])
			}
		}
		r.buf = append(r.buf, b)
	}
	return r.buf[from:], nil
}

// appendField adds a field to a line of COPY … FROM STDIN.
func appendField(line, text []byte) []byte {
	for {
		at := bytes.IndexAny(text, "\\\t\n\r")
		if at < 0 {
			return append(line, text...)
		}
		line = append(append(line, text[:at]...), '\\')
		switch b := text[at]; b {
		case '\t':
			line = append(line, 't')
		case '\n':
			line = append(line, 'n')
		case '\r':
			line = append(line, 'r')
		default:
			line = append(line, b)
		}
		text = text[at+1:]
	}
}
