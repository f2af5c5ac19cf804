package runtime

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
)

// operandOf reads an operand of testdata/coercion.txt.
func operandOf(t *testing.T, s string) (Value, Form) {
	t.Helper()
	kind, text, typed := strings.Cut(s, ":")
	switch {
	case s == "Null":
		return Null(), Plain
	case s == "True" || s == "False":
		return Bool(s == "True"), Plain
	case strings.HasPrefix(s, `"`):
		return Text(strings.Trim(s, `"`)), Quoted
	case !typed:
		n, err := ParseNumber(s)
		if err != nil {
			t.Fatal(err)
		}
		return n, Literal
	}
	var v Value
	var err error
	switch kind {
	case "text":
		return Text(text), Plain
	case "number":
		v, err = ParseNumber(text)
	case "json":
		v, err = ParseJSON(text)
	case "date", "datetime":
		v, err = ParseDate(text)
	case "list":
		v = ParseList(text)
	default:
		t.Fatalf("operand %q", s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v, Plain
}

func TestCoercion(t *testing.T) {
	f, err := os.Open("testdata/coercion.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	lines := bufio.NewScanner(f)
	for no := 1; lines.Scan(); no++ {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		part := strings.Split(line, "|")
		if len(part) != 4 {
			t.Fatalf("coercion.txt:%d: %d parts", no, len(part))
		}
		n++
		t.Run(fmt.Sprintf("line %d", no), func(t *testing.T) { coercion(t, part) })
	}
	if err := lines.Err(); err != nil || n < 150 {
		t.Errorf("%d cases: %v", n, err)
	}
}

// coercion runs one line: left, operator, right, result.
func coercion(t *testing.T, part []string) {
	left := strings.TrimRight(part[0], " ")
	op, right, want := strings.TrimSpace(part[1]), strings.TrimSpace(part[2]), strings.TrimSpace(part[3])
	x, fx := operandOf(t, left)
	y, fy := operandOf(t, right)
	got, err := apply(op, x, y, fx, fy)
	if part, ok := strings.CutPrefix(want, "error: "); ok {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s %s %s is %v (%v), want an error with %q", left, op, right, got, err, part)
		}
		return
	}
	text := got.Text()
	if got.IsNull() {
		text = "Null"
	}
	if err != nil || text != want {
		t.Errorf("%s %s %s is %s (%v), want %s", left, op, right, text, err, want)
	}
}

func apply(op string, x, y Value, fx, fy Form) (Value, error) {
	arith := map[string]func(x, y Value) (Value, error){"+": Add, "-": Sub, "*": Mul, "/": Div, "Mod": Mod}
	if f := arith[op]; f != nil {
		return f(x, y)
	}
	truth := func(b bool, err error) (Value, error) { return Bool(b), err }
	order := func(holds func(c int) bool) (Value, error) {
		c, ok, err := Order(x, y, fx, fy)
		return Bool(ok && holds(c)), err
	}
	switch op {
	case "=":
		return truth(Equal(x, y, fx, fy))
	case "<>":
		eq, err := Equal(x, y, fx, fy)
		return Bool(!eq), err
	case "<":
		return order(func(c int) bool { return c < 0 })
	case "<=":
		return order(func(c int) bool { return c <= 0 })
	case ">":
		return order(func(c int) bool { return c > 0 })
	case ">=":
		return order(func(c int) bool { return c >= 0 })
	case "==":
		return Bool(Same(x, y)), nil
	case "In":
		return truth(In(x, y, fx))
	case "Contains":
		return truth(Contains(x, y, fy))
	case "StartsWith":
		return truth(StartsWith(x, y))
	case "EndsWith":
		return truth(EndsWith(x, y))
	case "Like":
		return truth(Like(x, y))
	}
	return Text(string(y.AppendText(x.AppendText(nil)))), nil
}

func TestIsEmpty(t *testing.T) {
	empty := NewRowset(NewColumns("a"))
	full := NewRowset(NewColumns("a"))
	full.Add([]Value{Null()})
	for _, c := range []struct {
		v    Value
		want bool
	}{
		{Null(), true}, {Text(""), true}, {Text(" "), false}, {Int(0), false}, {Bool(false), false}, {List(), true}, {List(Null()), false},
		{JSON("[]"), true}, {JSON(" [ ] "), true}, {JSON("[0]"), false}, {JSON("{}"), false}, {empty.Value(), true}, {full.Value(), false},
	} {
		if got := IsEmpty(c.v); got != c.want {
			t.Errorf("%#v is empty: %v", c.v, got)
		}
	}
}

func TestCondition(t *testing.T) {
	for _, c := range []struct {
		v    Value
		want bool
		err  string
	}{
		{Bool(true), true, ""}, {Null(), false, ""}, {Text("TRUE"), true, ""}, {Text("false"), false, ""}, {Text(""), false, ""}, {Int(1), true, ""}, {Int(0), false, ""},
		{Text("yes"), false, `"yes" is neither True nor False`}, {Int(2), false, "2 is neither"}, {List(), false, "a List is neither"},
	} {
		got, err := Condition(c.v)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%#v: %v %v", c.v, got, err)
		}
	}
}

// Like takes no exponential time, whatever pattern a script has.
func TestLikeIsBounded(t *testing.T) {
	if ok, err := Like(Text(strings.Repeat("a", 20000)), Text(strings.Repeat("a*", 200)+"b")); ok || err != nil {
		t.Error(ok, err)
	}
}

func BenchmarkEqual(b *testing.B) {
	x, y := Text("kim.example@example.com"), Text("KIM.example@example.com")
	for name, f := range map[string]func() (bool, error){
		"text":   func() (bool, error) { return Equal(x, y, Plain, Quoted) },
		"plain":  func() (bool, error) { return Equal(x, y, Plain, Plain) },
		"number": func() (bool, error) { return Equal(Int(7), Int(7), Plain, Literal) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if ok, err := f(); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}
