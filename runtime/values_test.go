package runtime

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/parser/ast"
)

// The tables of testdata/values: how values are read and written, one case a
// line, whose parts stand between bars.

var visible = strings.NewReplacer("⏎", "\n", "␍", "\r", "⇥", "\t")

// eachCase runs the lines of a table, each with n parts; trailing ones that
// are empty may be left out.
func eachCase(t *testing.T, file string, n int, run func(t *testing.T, part []string)) {
	t.Helper()
	data, err := os.ReadFile("testdata/values/" + file)
	if err != nil {
		t.Fatal(err)
	}
	cases := 0
	for i, line := range strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		part := strings.Split(line, "|")
		if len(part) > n {
			t.Fatalf("%s:%d: %d parts", file, i+1, len(part))
		}
		for k := range part {
			part[k] = strings.TrimSpace(part[k])
			if s, ok := strings.CutPrefix(part[k], "«"); ok {
				part[k] = strings.TrimSuffix(s, "»")
			}
			part[k] = visible.Replace(part[k])
		}
		for len(part) < n {
			part = append(part, "")
		}
		cases++
		t.Run(fmt.Sprintf("line %d", i+1), func(t *testing.T) { run(t, part) })
	}
	if cases == 0 {
		t.Fatalf("%s has no cases", file)
	}
}

// expect compares a result with what its line says, error: … included, and
// reports whether it is a value.
func expect(t *testing.T, got string, err error, want string) bool {
	t.Helper()
	if part, ok := strings.CutPrefix(want, "error: "); ok {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("got %q (%v), want an error with %q", got, err, part)
		}
		return false
	}
	if err != nil || got != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
		return false
	}
	return true
}

func TestISODates(t *testing.T) {
	eachCase(t, "iso_dates.txt", 2, func(t *testing.T, part []string) {
		v, err := ParseDate(part[0])
		expect(t, v.Text(), err, part[1])
	})
}

func TestDateFormats(t *testing.T) {
	eachCase(t, "date_formats.txt", 5, func(t *testing.T, part []string) {
		if part[2] == "" {
			part[2] = "UTC"
		}
		zone, err := ParseZone(part[2])
		var f *DateFormat
		if err == nil {
			f, err = NewDateFormat(part[0])
		}
		var v Value
		if err == nil {
			v, err = f.Parse(part[1], zone)
		}
		if !expect(t, v.Text(), err, part[3]) || v.IsNull() {
			return
		}
		again := part[4]
		if again == "" {
			again = part[1]
		}
		if s := f.Format(v, zone); s != again {
			t.Errorf("formatted again it is %q, want %q", s, again)
		}
	})
}

func TestNumbers(t *testing.T) {
	eachCase(t, "numbers.txt", 2, func(t *testing.T, part []string) {
		v, err := ParseNumber(part[0])
		if expect(t, v.Text(), err, part[1]) && v.Kind() != KindNumber {
			t.Errorf("it is a %s", v.Kind())
		}
	})
}

func TestLists(t *testing.T) {
	eachCase(t, "lists.txt", 2, func(t *testing.T, part []string) {
		expect(t, string(AppendJSON(nil, ParseList(part[0]))), nil, part[1])
	})
}

// What a path reads is the same from a record's text and from its page, whether
// the page was read for that path or not, and the next record has its own.
func TestPaths(t *testing.T) {
	var asked [][]ast.Step
	eachCase(t, "paths.txt", 3, func(_ *testing.T, part []string) {
		if part[0] != "" && part[0][0] == '{' {
			asked = append(asked, steps(part[1]))
		}
	})
	p := NewProjection(asked...)
	eachCase(t, "paths.txt", 3, func(t *testing.T, part []string) {
		path := steps(part[1])
		v, err := Get(JSON(part[0]), path)
		if !expect(t, v.Text(), err, part[2]) || part[0][0] != '{' {
			return
		}
		body := []byte("\ufeff [ " + part[0] + " , {} ]\n")
		page, err := p.Page(body, nil)
		if err != nil {
			t.Fatal(err)
		}
		slot := p.Slot(path)
		w, err := p.Get(page.Record(0), slot)
		if expect(t, w.Text(), err, part[2]) && w.Kind() != v.Kind() {
			t.Errorf("%#v on a page and %#v in text", w, v)
		}
		if next, _ := p.Get(page.Record(1), slot); !next.IsNull() {
			t.Errorf("the next record has %#v", next)
		}
		other, err := NewProjection().Page(body, nil)
		if err != nil {
			t.Fatal(err)
		}
		w, err = Get(other.Record(0), path)
		expect(t, w.Text(), err, part[2])
	})
}

func TestAssigned(t *testing.T) {
	eachCase(t, "assigned.txt", 4, func(t *testing.T, part []string) {
		x, err := ParseJSON(part[2])
		if err != nil {
			t.Fatal(err)
		}
		before := JSON(part[0])
		v, err := SetPath(before, steps(part[1]), x)
		expect(t, v.Text(), err, part[3])
		if before.Text() != part[0] {
			t.Errorf("it was changed to %s", before.Text())
		}
	})
}

func TestPages(t *testing.T) {
	p := userProjection()
	eachCase(t, "pages.txt", 3, func(t *testing.T, part []string) {
		_, err := p.Page([]byte(part[0]), steps(part[1]))
		expect(t, "a page", err, "error: "+part[2])
		if cut := part[2] == "complete" || part[2] == "empty"; cut != errors.Is(err, ErrTruncated) {
			t.Errorf("cut is %v: %v", !cut, err)
		}
	})
}
