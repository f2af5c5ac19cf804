package runtime

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type xmlPart struct{ name, text string }

func (x xmlPart) Text() string { return x.text }
func (x xmlPart) Size() int    { return len(x.text) }
func (x xmlPart) Child(name string) Value {
	switch name {
	case "@id":
		return Text("7")
	case "rate":
		return List(XML(xmlPart{"rate", "1.1"}), XML(xmlPart{"rate", "2.2"}))
	case "a.b":
		return XML(xmlPart{"a.b", "dotted"})
	}
	return Null()
}

func TestGet(t *testing.T) {
	row := Row(NewColumns("Email", "First Name", "a.b", "Data"), []Value{Text("kim@example.com"), Text("Kim"), Int(1), JSON(`{"x":[{"y":2}]}`)})
	rows := NewRowset(NewColumns("Email", "Site"))
	rows.Add([]Value{Text("kim@example.com"), Text("London")})
	rows.Add([]Value{Text("lee@example.com"), Text("Leeds")})
	for _, c := range []struct {
		v          Value
		path, want string
	}{
		{row, "email", "kim@example.com"}, {row, "EMAIL", "kim@example.com"}, {row, "[first name]", "Kim"}, {row, "a.b", "1"}, {row, "Missing", ""},
		{row, "data.x[0].y", "2"}, {row, "Data.X", ""},
		{rows.Value(), "[1].site", "Leeds"}, {rows.Value(), "[9].site", ""}, {rows.Value(), "[Email=LEE@example.com].Site", "Leeds"}, {rows.Value(), "[Site=Rome].Email", ""},
		{List(row, Text("x")), "[0].Email", "kim@example.com"}, {List(Text("x"), row), "[email=kim@example.com].[First Name]", "Kim"},
		{Null(), "a.b[0]", ""}, {row, "Missing.more[0]", ""},
		{XML(xmlPart{}), "@id", "7"}, {XML(xmlPart{}), "rate[1]", "2.2"}, {XML(xmlPart{}), "a.b", "dotted"}, {XML(xmlPart{}), "none.none", ""},
	} {
		v, err := Get(c.v, steps(c.path))
		if err != nil || v.Text() != c.want {
			t.Errorf("%s of %#v is %#v (%v), want %q", c.path, c.v, v, err, c.want)
		}
	}
	for _, c := range []struct {
		v          Value
		path, want string
	}{
		{Text("plain"), "a", "but this is a Text"}, {Text(` {"a":1}`), "a", "make it Json first"}, {Int(1), "a", "but this is a Number"}, {row, "Email.domain", "but this is a Text"},
		{row, "[0]", "a Row has columns, no elements"}, {List(row), "Email", "choose an element first"}, {rows.Value(), "Email", "this is a Table: choose an element first"},
	} {
		v, err := Get(c.v, steps(c.path))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %#v is %#v (%v), want an error with %q", c.path, c.v, v, err, c.want)
		}
	}
}

func TestSetPath(t *testing.T) {
	row := Row(NewColumns("Email", "Data"), []Value{Text("a"), JSON(`{"x":1}`)})
	for _, c := range []struct {
		v    Value
		path string
		x    Value
		want string // as JSON; error: …
	}{
		{row, "email", Text("b"), `{"Email":"b","Data":{"x":1}}`},
		{row, "New", Int(1), `{"Email":"a","Data":{"x":1},"New":1}`},
		{row, "Data.y", Bool(true), `{"Email":"a","Data":{"x":1,"y":true}}`},
		{Null(), "a", Int(1), `{"a":1}`},
		{Null(), "a.b", Int(1), `{"a":{"b":1}}`},
		{List(Int(1), Int(2)), "[1]", Int(3), `[1,3]`},
		{JSON(`{}`), "a.b", row, `{"a":{"b":{"Email":"a","Data":{"x":1}}}}`},
		{List(Int(1)), "[1]", Int(3), "error: cannot be set in a List of 1"},
		{Text("x"), "a", Int(3), "error: cannot be set in a Text"},
		{row, "Email.x", Int(3), "error: cannot be set in a Text"},
	} {
		before := string(AppendJSON(nil, c.v))
		v, err := SetPath(c.v, steps(c.path), c.x)
		if part, ok := strings.CutPrefix(c.want, "error: "); ok {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s of %s: %#v %v, want %q", c.path, before, v, err, part)
			}
			continue
		}
		if got := string(AppendJSON(nil, v)); err != nil || got != c.want {
			t.Errorf("%s of %s is %s (%v), want %s", c.path, before, got, err, c.want)
		}
		if after := string(AppendJSON(nil, c.v)); after != before {
			t.Errorf("%s of %s changed it to %s", c.path, before, after)
		}
	}
}

// What is set is read again, and the rest stays what it was.
func TestSetPathThenGet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := rapid.SampledFrom([]string{`{}`, `{"a":{"b":{"c":1}},"d":[1,{"a":2}]}`, `{"a.b":{"c":5},"a":null}`, ` { "d" : [ { } ] } `}).Draw(t, "doc")
		path := rapid.SampledFrom([]string{"a", "a.b", "a.b.c", "d", "d[0]", "d[0].a", "[x y]", "[a.b]", "[a.b].c"}).Draw(t, "path")
		x := rapid.SampledFrom([]Value{Int(7), Text("text \"\n\x01é"), Bool(true), JSON(`{"z":1}`), List(Int(1), Text("2"))}).Draw(t, "x")
		v, err := SetPath(JSON(doc), steps(path), x)
		if err != nil {
			return
		}
		if !json.Valid([]byte(v.Text())) {
			t.Fatalf("%s in %s gives %s", path, doc, v.Text())
		}
		got, err := Get(v, steps(path))
		if err != nil || string(AppendJSON(nil, got)) != string(AppendJSON(nil, x)) {
			t.Fatalf("%s in %s is %#v (%v), want %#v", path, doc, got, err, x)
		}
	})
}

func TestParseJSON(t *testing.T) {
	for in, kind := range map[string]Kind{`{"a":1}`: KindJSON, ` [] `: KindJSON, `"x"`: KindText, `1.5`: KindNumber, `true`: KindBoolean, `null`: KindNull, "\ufeff{}": KindJSON} {
		if v, err := ParseJSON(in); err != nil || v.Kind() != kind {
			t.Errorf("%s is %#v (%v)", in, v, err)
		}
	}
	for in, want := range map[string]string{``: "complete", `{`: "complete", `{}x`: "the end", "\"\xff\"": "UTF-8", `nul`: "complete", `<a/>`: "a value", `01`: "the end"} {
		if v, err := ParseJSON(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is %#v (%v), want %q", in, v, err, want)
		}
	}
}

func TestDetachAndSizeOfEveryKind(t *testing.T) {
	rows := NewRowset(NewColumns("a"))
	rows.Add([]Value{Text("0123456789")})
	for _, v := range []Value{Null(), Text(""), Text("0123456789"), Int(1), List(Text("0123456789")), Row(NewColumns("a"), []Value{Text("0123456789")}), rows.Value(), JSON(`{"a":"0123456789"}`), XML(xmlPart{text: "0123456789"})} {
		d := Detach(v)
		if d.Kind() != v.Kind() || d.Text() != v.Text() {
			t.Errorf("%#v detached is %#v", v, d)
		}
		if strings.Contains(v.Text(), "0123456789") && v.Size() < valueSize+10 {
			t.Errorf("%#v has %d bytes", v, v.Size())
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{`{"a":{"b":[1,2]}}`, `{"a.b":1}`, `[{"y":"two"}]`, `{"a":{},"a":1}`, `{"a":"\u00`} {
		for _, p := range []string{"a.b[1]", "a.b", "[y=two].y", "[0]", "a[x.y=1].z"} {
			f.Add(s, p)
		}
	}
	f.Fuzz(func(t *testing.T, doc, path string) {
		st := steps(path)
		if st == nil {
			return
		}
		v, err := Get(JSON(doc), st)
		parsed, parseErr := ParseJSON(doc)
		if parseErr != nil || parsed.Kind() != KindJSON {
			return
		}
		if !json.Valid([]byte(strings.TrimPrefix(doc, bom))) {
			t.Fatalf("%q is no JSON", doc)
		}
		if strings.HasPrefix(doc, bom) {
			return // JSON is given text without it
		}
		if err != nil {
			t.Fatalf("%q of %q: %v", path, doc, err)
		}
		if !json.Valid(AppendJSON(nil, v)) {
			t.Fatalf("%q of %q is %#v", path, doc, v)
		}
		if w, err := SetPath(parsed, st, Int(7)); err == nil && !json.Valid([]byte(w.Text())) {
			t.Fatalf("%q set in %q gives %q", path, doc, w.Text())
		}
	})
}
