package runtime

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/amsx-lang/amsx/parser/ast"
)

func TestValueIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(Value{}); n > 32 {
		t.Errorf("a Value has %d bytes, at most 32 are wanted", n)
	}
}

func TestTextAllocatesNothing(t *testing.T) {
	s := strings.Repeat("x", 40)
	raw := JSON(`{"profile":{"email":"kim@example.com","age":41}}`)
	email := []ast.Step{{Key: "profile"}, {Key: "email"}}
	var v Value
	for name, f := range map[string]func(){
		"Text": func() { v = Text(s); _ = v.Text() },
		"Int":  func() { v = Int(12) },
		"Date": func() { v = DateTime(time.Unix(1, 0)) },
		"Add":  func() { v, _ = Add(Int(1), Int(2)) },
		"path": func() { v, _ = Get(raw, email) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	_ = v
}

func TestNoSecretIsShown(t *testing.T) {
	secret := Text("hidden-token").WithTaint(1)
	list := List(Text("a"), secret)
	row := Row(NewColumns("Url", "Password"), []Value{Text("https://example.com"), secret})
	rows := NewRowset(NewColumns("Password"))
	rows.Add([]Value{secret})
	json := JSON(`{"a":"hidden-token"}`).WithTaint(1)
	number, err := ToNumber(Text("12").WithTaint(2))
	if err != nil {
		t.Fatal(err)
	}
	_, errPlus := Add(secret, Int(1))
	_, errNumber := ToNumber(secret)
	_, errDate := ToDate(secret)
	_, errOrder := Equal(secret, Int(5), Plain, Literal)
	sum, err := Add(number, Int(1))
	if err != nil {
		t.Fatal(err)
	}
	field, err := Get(row, []ast.Step{{Key: "password"}})
	if err != nil {
		t.Fatal(err)
	}
	url, err := Get(row, []ast.Step{{Key: "url"}})
	if err != nil || url.Taint() != 0 {
		t.Errorf("the address of a pack is tainted: %v", err)
	}
	in, err := Get(json, []ast.Step{{Key: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	plain := List(Text("hidden")).WithTaint(1)
	whole := Row(NewColumns("a"), []Value{Text("hidden")}).WithTaint(1)
	elements, _, err := plain.Elements()
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]Value{
		"item of a tainted list": plain.Items()[0], "element of one": elements[0], "value of a tainted row": whole.Values()[0],
		"text": secret, "list": list, "row": row, "table": rows.Value(), "json": json, "number": number,
		"sum": sum, "appended": Append(List(), secret), "field": field, "member": in,
	} {
		if v.Taint() == 0 {
			t.Errorf("%s: the taint is lost", name)
		}
		for _, verb := range []string{"%v", "%#v", "%s", "%q", "%d"} {
			if s := fmt.Sprintf(verb, v); strings.Contains(s, "hidden") || strings.Contains(s, "12") || !strings.Contains(s, mask) {
				t.Errorf("%s printed with %s: %s", name, verb, s)
			}
		}
	}
	for _, err := range []error{errPlus, errNumber, errDate, errOrder} {
		if err == nil || strings.Contains(err.Error(), "hidden") {
			t.Errorf("error %v", err)
		}
	}
}
