package runtime

import (
	"fmt"
	"strings"

	"github.com/amsx-lang/amsx/parser/ast"
)

// Get reads inside a value: steps are those of a path behind the variable's
// name. What is not there, and JSON null, is Null. At every level a literal
// key wins: where an object has the member "a.b", the steps a, b read it, the
// longest such name first. JSON names are case-sensitive, the columns of a Row
// are not. A step into a plain text, number, Boolean or date is an error at
// the first level (the script mistook the variable) and Null inside Json.
func Get(v Value, steps []ast.Step) (Value, error) {
	for len(steps) > 0 {
		if v.kind == KindJSON {
			if r, ok := v.ref.(*PageRecord); ok {
				return r.get(steps, v.taint)
			}
			x, err := getJSON(v.raw(), steps)
			return x.WithTaint(v.taint), err
		}
		x, used, err := step(v, steps)
		if err != nil || x.kind == KindNull {
			return x.WithTaint(v.taint), err
		}
		v, steps = x.WithTaint(v.taint), steps[used:]
	}
	return v, nil
}

// step takes one step, or several that together name one column.
func step(v Value, steps []ast.Step) (x Value, used int, err error) {
	s := &steps[0]
	switch v.kind {
	case KindNull:
		return Value{}, len(steps), nil
	case KindRow:
		if s.Kind != ast.StepKey {
			return Value{}, 0, fmt.Errorf("a Row has columns, no elements: %s", stepText(s))
		}
		for n := joinable(steps); n > 0; n-- {
			if x, ok := v.Field(joined(steps[:n])); ok {
				return x, n, nil
			}
		}
		return Value{}, len(steps), nil
	case KindXML:
		if s.Kind == ast.StepKey {
			for n := joinable(steps); n > 0; n-- {
				if x := v.Node().Child(joined(steps[:n])); x.kind != KindNull {
					return x, n, nil
				}
			}
			return Value{}, len(steps), nil
		}
		x, err = pick([]Value{v}, s)
		return x, 1, err
	case KindList, KindTable:
		if s.Kind == ast.StepKey {
			return Value{}, 0, fmt.Errorf("%s reads a field, but this is a %s: choose an element first, such as [0]", stepText(s), v.kind)
		}
		if s.Kind == ast.StepIndex && v.kind == KindTable {
			if t := v.ref.(*Rowset); s.Index < len(t.rows) {
				return t.row(s.Index), 1, nil
			}
			return Value{}, 1, nil
		}
		items, _, err := v.Elements()
		if err != nil {
			return Value{}, 0, err
		}
		x, err = pick(items, s)
		return x, 1, err
	case KindText:
		if t := strings.TrimLeft(v.raw(), " \t\r\n"); v.taint == 0 && (strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[")) {
			return Value{}, 0, fmt.Errorf("%s reads inside Json, but this is its text: make it Json first, with Json(…)", stepText(s))
		}
	}
	return Value{}, 0, fmt.Errorf("%s reads inside a Json value, a Row or a List, but this is a %s", stepText(s), v.kind)
}

// pick finds the element of an index or a filter.
func pick(items []Value, s *ast.Step) (Value, error) {
	if s.Kind == ast.StepIndex {
		if s.Index < 0 || s.Index >= len(items) {
			return Value{}, nil
		}
		return items[s.Index], nil
	}
	for _, x := range items {
		ok, err := holds(x, s)
		if err != nil {
			return Value{}, err
		}
		if ok {
			return x, nil
		}
	}
	return Value{}, nil
}

// holds reports whether a filter [where=text] holds for an element: the text
// is compared as = compares text, ignoring case, so that True finds true.
func holds(x Value, s *ast.Step) (bool, error) {
	switch x.kind {
	case KindRow, KindJSON, KindXML:
	default:
		return false, nil
	}
	y, err := Get(x, s.Where.Steps)
	if err != nil || y.kind == KindNull {
		return false, err
	}
	return EqualFold(y.Text(), s.Equals), nil
}

// joinable is how many steps from the first on may together be one name.
func joinable(steps []ast.Step) int {
	if steps[0].Quoted {
		return 1
	}
	n := 0
	for n < len(steps) && steps[n].Kind == ast.StepKey && !steps[n].Quoted {
		n++
	}
	return n
}

// joined is the one name that unquoted steps may be.
func joined(steps []ast.Step) string {
	if len(steps) == 1 {
		return steps[0].Key
	}
	var b strings.Builder
	for i := range steps {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(steps[i].Key)
	}
	return b.String()
}

// isJoined reports whether name is the steps' keys joined by dots.
func isJoined(name string, steps []ast.Step) bool {
	for i := range steps {
		if i > 0 {
			if name == "" || name[0] != '.' {
				return false
			}
			name = name[1:]
		}
		var ok bool
		if name, ok = strings.CutPrefix(name, steps[i].Key); !ok {
			return false
		}
	}
	return name == ""
}

func stepText(s *ast.Step) string {
	switch s.Kind {
	case ast.StepIndex:
		return fmt.Sprintf("[%d]", s.Index)
	case ast.StepFilter:
		return "[" + s.Where.Raw + "=" + s.Equals + "]"
	}
	if s.Quoted {
		return ".[" + s.Key + "]"
	}
	return "." + s.Key
}

// getJSON reads in JSON text.
func getJSON(s string, steps []ast.Step) (Value, error) {
	for {
		raw, used, err := stepJSON(s, steps)
		if err != nil {
			return Value{}, err
		}
		if raw == "" {
			return Value{}, nil
		}
		if steps = steps[used:]; len(steps) == 0 {
			return jsonValue(raw), nil
		}
		s = raw
	}
}

// stepJSON takes one step, or several that together name one member. It walks
// over the whole object or array: of two members of one name the last counts.
func stepJSON(s string, steps []ast.Step) (raw string, used int, err error) {
	p := newScanner(s)
	st := &steps[0]
	switch p.blank() {
	case '{':
		if st.Kind != ast.StepKey {
			return "", 0, nil
		}
		most := joinable(steps)
		err = p.object(func(name string, _, _ int) error {
			n := 0
			for k := most; k > 0 && k >= used; k-- {
				if k == 1 && name == st.Key || k > 1 && isJoined(name, steps[:k]) {
					n = k
					break
				}
			}
			from := p.i
			if err := p.skip(); err != nil {
				return err
			}
			if n > 0 {
				raw, used = p.str(from, p.i), n
			}
			return nil
		})
	case '[':
		if st.Kind == ast.StepKey {
			return "", 0, nil
		}
		i := -1
		err = p.array(func() error {
			from := p.i
			if err := p.skip(); err != nil {
				return err
			}
			i++
			if st.Kind == ast.StepIndex {
				if i == st.Index {
					raw, used = p.str(from, p.i), 1
				}
				return nil
			}
			if used == 0 {
				ok, err := holds(jsonValue(p.str(from, p.i)), st)
				if err != nil {
					return err
				}
				if ok {
					raw, used = p.str(from, p.i), 1
				}
			}
			return nil
		})
	case '"', 't', 'f', 'n', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return "", 0, nil
	default:
		return "", 0, p.fail("{ or [")
	}
	return raw, used, err
}
