package runtime

import "time"

// Text returns the value as the text that %name% is replaced by. Null is
// empty; a Number is as it was written or calculated; a Date is YYYY-MM-DD and
// a DateTime YYYY-MM-DDTHH:MM:SSZ, in UTC; a List is its elements, joined by
// commas; Json, a Row and a Table are JSON text.
func (v Value) Text() string {
	switch v.kind {
	case KindNull, KindKeep:
		return ""
	case KindText:
		return v.raw()
	case KindBoolean:
		if v.num != 0 {
			return "True"
		}
		return "False"
	case KindNumber:
		if _, ok := v.ref.(textPtr); ok {
			return v.raw()
		}
	case KindJSON:
		if r, ok := v.ref.(*PageRecord); ok {
			return r.Raw()
		}
		return v.raw()
	case KindXML:
		return v.ref.(XMLNode).Text()
	}
	var buf [64]byte
	return string(v.AppendText(buf[:0]))
}

// AppendText appends Text to dst. It allocates nothing but what dst needs.
func (v Value) AppendText(dst []byte) []byte {
	switch v.kind {
	case KindNumber:
		return v.appendNumber(dst)
	case KindDate:
		return v.Time().AppendFormat(dst, time.DateOnly)
	case KindDateTime:
		return v.Time().AppendFormat(dst, "2006-01-02T15:04:05Z")
	case KindList:
		for i, x := range v.Items() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendListItem(dst, x)
		}
		return dst
	case KindRow, KindTable:
		return AppendJSON(dst, v)
	}
	return append(dst, v.Text()...)
}
