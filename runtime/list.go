package runtime

import (
	"strings"
	"sync/atomic"
)

// A list is the storage behind List values. Its first used elements never
// change; a value that ends at used may grow in place, any other value is
// copied first. So appending costs amortised constant time, and a list that
// was assigned to another name stays what it was. The count is atomic because
// a parameter's list may be shared by concurrent runs.
type list struct {
	items []Value // len is the capacity
	used  atomic.Int64
}

// List returns a list of the items. The slice must not be changed afterwards.
func List(items ...Value) Value {
	l := &list{items: items}
	l.used.Store(int64(len(items)))
	return listValue(l, len(items), heldIn(items))
}

func listValue(l *list, n int, h held) Value {
	return Value{kind: KindList, ref: l, num: uint64(n), nanos: uint32(h.weight), exp: h.depth, taint: h.taint}
}

// Items returns the elements of a List, nil for any other value. Those of a
// tainted list are tainted. The slice must not be changed.
func (v Value) Items() []Value {
	l, ok := v.ref.(*list)
	if !ok || v.kind != KindList {
		return nil
	}
	return tainted(l.items[:v.num:v.num], v.taint)
}

// tainted returns the values with t, in a new slice when there is any.
func tainted(values []Value, t Taint) []Value {
	if t == 0 {
		return values
	}
	out := make([]Value, len(values))
	for i, x := range values {
		out[i] = x.WithTaint(t)
	}
	return out
}

// Append returns list with x at its end. list itself, and every copy of it,
// stays as it is. Null counts as the empty list; for any value but a List and
// Null the result is a list of both.
func Append(list_, x Value) Value {
	if list_.kind == KindNull {
		return List(x).WithTaint(list_.taint)
	}
	l, ok := list_.ref.(*list)
	if !ok || list_.kind != KindList {
		return List(list_, x)
	}
	n := int64(list_.num)
	if n == int64(len(l.items)) || !l.used.CompareAndSwap(n, n+1) {
		grown := &list{items: make([]Value, max(8, 2*n))}
		copy(grown.items, l.items[:n])
		grown.used.Store(n + 1)
		l = grown
	}
	l.items[n] = x
	h := held{weight: weight(list_.nanos), depth: list_.exp, taint: list_.taint}
	h.add(x)
	return listValue(l, int(n+1), h)
}

// ParseList splits text as a List parameter is given: at new lines or
// semicolons where there is one, else at commas. Blanks around an element and
// empty elements are dropped; an element in double quotes is one, whatever is
// in it ("Sales, EMEA"), and a doubled quote in it is a quote.
func ParseList(s string) Value {
	sep := ","
	if strings.ContainsAny(s, "\n;") {
		sep = "\n;\r"
	}
	var items []Value
	for s != "" {
		s = strings.TrimLeft(s, " \t\r\n")
		if s == "" {
			break
		}
		if s[0] == '"' {
			if item, rest, ok := quotedItem(s, sep); ok {
				if item != "" {
					items = append(items, Text(item))
				}
				s = rest
				continue
			}
		}
		item, rest := s, ""
		if i := strings.IndexAny(s, sep); i >= 0 {
			item, rest = s[:i], s[i+1:]
		}
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, Text(item))
		}
		s = rest
	}
	return List(items...)
}

// quotedItem reads "…" up to the separator behind it.
func quotedItem(s, sep string) (item, rest string, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			b.WriteByte('"')
			i++
			continue
		}
		rest = strings.TrimLeft(s[i+1:], " \t")
		if rest == "" {
			return b.String(), "", true
		}
		if strings.IndexByte(sep, rest[0]) < 0 {
			return "", "", false
		}
		return b.String(), rest[1:], true
	}
	return "", "", false
}

// appendListItem writes an element so that ParseList reads it back. A List in a
// List is written as JSON: quotes around quotes would double at each level.
func appendListItem(dst []byte, x Value) []byte {
	n := len(dst)
	if x.kind == KindList {
		dst = AppendJSON(dst, x)
	} else {
		dst = x.AppendText(dst)
	}
	s := string(dst[n:])
	if s != "" && !strings.ContainsAny(s, ",;\n\"") && strings.TrimSpace(s) == s {
		return dst
	}
	dst = append(dst[:n], '"')
	dst = append(dst, strings.ReplaceAll(s, `"`, `""`)...)
	return append(dst, '"')
}
