package runtime

import (
	"strconv"
	"unicode/utf8"
)

// AppendJSON appends v as JSON: Null as null, Numbers and Booleans as such,
// dates as text in their ISO form, a Row as an object, a List or a Table as an
// array, Xml as its text.
func AppendJSON(dst []byte, v Value) []byte {
	switch v.kind {
	case KindNull, KindKeep:
		return append(dst, "null"...)
	case KindNumber:
		return v.appendNumber(dst)
	case KindBoolean:
		return strconv.AppendBool(dst, v.num != 0)
	case KindJSON:
		return append(dst, v.jsonText()...)
	case KindList:
		dst = append(dst, '[')
		for i, x := range v.Items() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendJSON(dst, x)
		}
		return append(dst, ']')
	case KindRow:
		r := v.ref.(*row)
		return appendObject(dst, r.cols, r.values)
	case KindTable:
		t := v.ref.(*Rowset)
		dst = append(dst, '[')
		for i, r := range t.rows {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendObject(dst, t.cols, r)
		}
		return append(dst, ']')
	case KindText:
		return AppendQuoted(dst, v.raw())
	}
	return AppendQuoted(dst, v.Text())
}

func appendObject(dst []byte, cols *Columns, values []Value) []byte {
	dst = append(dst, '{')
	for i, n := range cols.names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendQuoted(dst, n)
		dst = append(dst, ':')
		dst = AppendJSON(dst, values[i])
	}
	return append(dst, '}')
}

// AppendQuoted appends s as a JSON string. Bytes that are no UTF-8 become
// U+FFFD.
func AppendQuoted(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			if r, n := utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
			dst = append(dst, s[from:i]...)
			dst = append(dst, "\ufffd"...)
			i++
			from = i
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}
