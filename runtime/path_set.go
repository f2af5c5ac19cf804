package runtime

import (
	"errors"
	"fmt"

	"github.com/amsx-lang/amsx/parser/ast"
)

// SetPath returns v with the place that steps name replaced by x; v itself
// stays as it is. A missing column or member is added; Null is the start of a
// new Row. Element [n] of a list must be there. A List, Row, Json or other
// value is put into Json as Json.
func SetPath(v Value, steps []ast.Step, x Value) (Value, error) {
	if len(steps) == 0 {
		return x, nil
	}
	s := &steps[0]
	switch v.kind {
	case KindNull:
		if s.Kind != ast.StepKey {
			return Value{}, fmt.Errorf("%s cannot be set: there is no list yet", stepText(s))
		}
		v = Row(NewColumns(), nil).WithTaint(v.taint)
		fallthrough
	case KindRow:
		if s.Kind != ast.StepKey {
			return Value{}, fmt.Errorf("a Row has columns, no elements: %s", stepText(s))
		}
		r := v.ref.(*row)
		n, name := 1, s.Key
		if used := setWidth(steps, func(name string) bool { return r.cols.Index(name) >= 0 }); used > 0 {
			n, name = used, joined(steps[:used])
		}
		old, _ := v.Field(name)
		y, err := SetPath(old, steps[n:], x)
		if err != nil {
			return Value{}, err
		}
		return Value{kind: KindRow, ref: r.with(name, y), taint: v.taint}, nil
	case KindList:
		items := v.Items()
		if s.Kind != ast.StepIndex || s.Index < 0 || s.Index >= len(items) {
			return Value{}, fmt.Errorf("%s cannot be set in a List of %d elements: use Add, or an index from 0", stepText(s), len(items))
		}
		y, err := SetPath(items[s.Index], steps[1:], x)
		if err != nil {
			return Value{}, err
		}
		items = append([]Value(nil), items...)
		items[s.Index] = y
		return List(items...).WithTaint(v.taint), nil
	case KindJSON:
		out, err := setJSON(nil, v.jsonText(), steps, x, 0)
		if err != nil {
			return Value{}, err
		}
		return JSON(string(out)).WithTaint(v.taint | x.Taint()), nil
	}
	return Value{}, fmt.Errorf("%s cannot be set in a %s: only in a Row or in Json", stepText(s), v.kind)
}

// setWidth is how many steps together name something that exists, the most
// first; 0: none.
func setWidth(steps []ast.Step, has func(string) bool) int {
	for n := joinable(steps); n > 0; n-- {
		if has(joined(steps[:n])) {
			return n
		}
	}
	return 0
}

var errFilterSet = errors.New("a filter reads, it cannot be set: use an index such as [0]")

// setJSON appends s with the place of steps replaced.
func setJSON(dst []byte, s string, steps []ast.Step, x Value, depth int) ([]byte, error) {
	if len(steps) == 0 {
		return AppendJSON(dst, x), nil
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: it is nested more than %d deep", ErrJSON, maxDepth)
	}
	st := &steps[0]
	p := newScanner(s)
	c := p.blank()
	switch {
	case st.Kind == ast.StepFilter:
		return nil, errFilterSet
	case c == '[' && st.Kind == ast.StepIndex, c == '{' && st.Kind == ast.StepKey:
	case s == "" || c == 'n':
		if st.Kind == ast.StepIndex {
			return nil, fmt.Errorf("%s cannot be set: there is no list yet", stepText(st))
		}
		dst = append(AppendQuoted(append(dst, '{'), st.Key), ':')
		dst, err := setJSON(dst, "", steps[1:], x, depth+1)
		return append(dst, '}'), err
	default:
		return nil, fmt.Errorf("%s cannot be set: there is %s in its place", stepText(st), kindOfJSON(c))
	}
	raw, used, err := stepJSON(s, steps)
	if err != nil {
		return nil, err
	}
	if used == 0 {
		if c == '[' {
			return nil, fmt.Errorf("%s cannot be set: the list has no such element", stepText(st))
		}
		return addMember(dst, s, steps, x, depth)
	}
	// raw is a part of s; its place follows from where it ends.
	from, to := p.offset(raw)
	dst = append(dst, s[:from]...)
	if dst, err = setJSON(dst, raw, steps[used:], x, depth+1); err != nil {
		return nil, err
	}
	return append(dst, s[to:]...), nil
}

// addMember adds the first step's member at the end of the object s.
func addMember(dst []byte, s string, steps []ast.Step, x Value, depth int) ([]byte, error) {
	end := len(s) - 1
	for s[end] != '}' {
		end--
	}
	last := end - 1
	for last > 0 && (s[last] == ' ' || s[last] == '\n' || s[last] == '\t' || s[last] == '\r') {
		last--
	}
	dst = append(dst, s[:last+1]...)
	if s[last] != '{' {
		dst = append(dst, ',')
	}
	dst = append(AppendQuoted(dst, steps[0].Key), ':')
	dst, err := setJSON(dst, "", steps[1:], x, depth+1)
	return append(dst, s[end:]...), err
}

// kindOfJSON names the value that begins with c, for messages.
func kindOfJSON(c byte) string {
	switch c {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a text"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}
