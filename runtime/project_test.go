package runtime

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/parser/ast"
)

// steps reads a path as scripts write it. It is no second parser of the
// language: it knows the forms that these tests use, and no more.
func steps(s string) []ast.Step {
	var out []ast.Step
	for s != "" {
		switch {
		case s[0] == '.':
			s = s[1:]
		case s[0] == '[':
			inner, rest, ok := strings.Cut(s[1:], "]")
			if !ok {
				return nil
			}
			s = rest
			if where, equals, ok := strings.Cut(inner, "="); ok {
				out = append(out, ast.Step{Kind: ast.StepFilter, Where: &ast.Path{Raw: where, Steps: steps(where)}, Equals: equals})
			} else if n, err := strconv.Atoi(inner); err == nil {
				out = append(out, ast.Step{Kind: ast.StepIndex, Index: n})
			} else {
				out = append(out, ast.Step{Key: inner, Quoted: true})
			}
		default:
			i := strings.IndexAny(s, ".[")
			if i < 0 {
				i = len(s)
			}
			out = append(out, ast.Step{Key: s[:i]})
			s = s[i:]
		}
	}
	return out
}

var userPaths = []string{"id", "status", "created", "lastUpdated", "profile.firstName", "profile.lastName", "profile.mobilePhone", "profile.login",
	"profile.email", "profile.department", "profile.title", "profile.employeeNumber", "profile.managerId", "profile.countryCode", "profile.userType"}

func userProjection() *Projection {
	var paths [][]ast.Step
	for _, s := range userPaths {
		paths = append(paths, steps(s))
	}
	return NewProjection(paths...)
}

// usersPage is a page of made-up users, of 1.2 KB each.
func usersPage(n int) []byte {
	b := []byte{'['}
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"id":"00u%017d","status":"ACTIVE","created":"2022-11-10T07:52:15.000Z","activated":"2023-07-25T10:41:05.000Z","statusChanged":"2024-09-08T14:55:10.000Z","lastLogin":null,"lastUpdated":"2021-02-23T06:52:58.000Z","passwordChanged":"2022-05-15T07:04:13.000Z","type":{"id":"oty1a2b3c4d5e6f7g8h9"},"profile":{"firstName":"Kim","lastName":"Example","mobilePhone":"+1 (335) 555-3292","secondEmail":null,"login":"kim.example%[1]d@example.com","email":"kim.example%[1]d@example.com","displayName":"Kim Example","department":"Marketing","title":"Senior Engineer","employeeNumber":"E%07[1]d","userType":"Employee","manager":"Manager 0","managerId":"00u%017[1]d","organization":"Contoso Inc.","division":"Division 1","costCenter":"CC-0135","city":"Warszawa","countryCode":"PL","locale":"en_US","timezone":"America/New_York","preferredLanguage":"en","streetAddress":"487 Main Street","zipCode":"57242"},"credentials":{"password":{},"recovery_question":{"question":"What is the food you least liked as a child?"},"provider":{"type":"OKTA","name":"OKTA"}},"_links":{"self":{"href":"https://example.okta.test/api/v1/users/00u%017[1]d"}}}`, i)
	}
	return append(b, ']')
}

func TestPageReadsUsers(t *testing.T) {
	p := userProjection()
	page, err := p.Page(usersPage(3), nil)
	if err != nil {
		t.Fatal(err)
	}
	if page.Len() != 3 {
		t.Fatalf("%d records", page.Len())
	}
	var got []string
	for _, s := range userPaths {
		v, err := p.Get(page.Record(2), p.Slot(steps(s)))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, v.Text())
	}
	want := []string{"00u00000000000000002", "ACTIVE", "2022-11-10T07:52:15.000Z", "2021-02-23T06:52:58.000Z", "Kim", "Example", "+1 (335) 555-3292",
		"kim.example2@example.com", "kim.example2@example.com", "Marketing", "Senior Engineer", "E0000002", "00u00000000000000002", "PL", "Employee"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// A path that nobody asked for is read from the record's text.
	v, err := Get(page.Record(1), steps("credentials.provider.name"))
	if err != nil || v.Text() != "OKTA" {
		t.Errorf("%v %v", v, err)
	}
	if !json.Valid([]byte(page.Record(1).Text())) || page.records[0].ID() == page.records[1].ID() {
		t.Error("a record's text or identity is wrong")
	}
}

// A page may not be nested without bound, in what is read or in what is not.
func TestPageDepth(t *testing.T) {
	for _, body := range []string{
		`[{"id":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `}]`,
		`[{"skipped":` + strings.Repeat(`{"a":`, 600) + "1" + strings.Repeat("}", 600) + `}]`,
	} {
		if _, err := userProjection().Page([]byte(body), nil); err == nil || !strings.Contains(err.Error(), "nested more than 512 deep") {
			t.Errorf("%.60s: %v", body, err)
		}
	}
}

// A page cut at any byte is an error that tells it is cut.
func TestPageCutAnywhere(t *testing.T) {
	p := userProjection()
	for _, path := range []string{"", "value[0].items"} {
		body := usersPage(2)
		if path != "" {
			body = []byte(`{"value":[{"items":` + string(body) + `}]}`)
		}
		for n := range body {
			if _, err := p.Page(body[:n:n], steps(path)); !errors.Is(err, ErrTruncated) {
				t.Fatalf("cut after %d bytes: %v", n, err)
			}
		}
		page, err := p.Page(body, steps(path))
		if err != nil || page.Len() != 2 {
			t.Fatal(err)
		}
	}
}

func TestPageOfTooManyRecords(t *testing.T) {
	body := []byte("[" + strings.Repeat("{},", maxRecords) + "{}]")
	if _, err := NewProjection().Page(body, nil); err == nil || !strings.Contains(err.Error(), "more than 1000000 records") {
		t.Error(err)
	}
	if page, err := NewProjection().Page([]byte("["+strings.Repeat("{},", 999)+"{}]"), nil); err != nil || page.Len() != 1000 {
		t.Error(err)
	}
}

// Pages are made on the goroutine that reads ahead, while another reads the
// page before.
func TestProjectionIsSharedByGoroutines(t *testing.T) {
	p := userProjection()
	slot := p.Slot(steps("profile.email"))
	var wg sync.WaitGroup
	ids := make([]uint64, 4)
	for g := range ids {
		wg.Go(func() {
			for n := range 20 {
				page, err := p.Page(usersPage(n+1), nil)
				if err != nil {
					t.Error(err)
					return
				}
				if v, err := p.Get(page.Record(n), slot); err != nil || v.Text() != fmt.Sprintf("kim.example%d@example.com", n) {
					t.Errorf("%v %v", v, err)
				}
				ids[g] = page.Record(0).PageRecord().ID()
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Error("one record has two identities")
		}
	}
}

func TestPageRejectsRecordNotPage(t *testing.T) {
	p := userProjection()
	page, err := p.Page([]byte("[{\"id\":\"1\"},{\"id\":\"2\",\"profile\":{\"city\":\"M\xfcnchen\"}},{\"id\":\"3\"}]"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, bad := range []bool{false, true, false} {
		if r := page.Record(i).PageRecord(); r.Bad() != bad {
			t.Errorf("record %d: bad is %v", i, r.Bad())
		}
	}
}

func TestRecordIdentity(t *testing.T) {
	p := NewProjection(steps("name"))
	page, err := p.Page([]byte(`[{"id":"a","name":"x"},{"name":"y","id":"a"},{"id":"b"},{"id":1},{"id":1.0},{"id":null,"n":1},{"id":"","n":2},{"n":3},{"n":3},{"n":"3"},{"id":"\u0061"}]`), nil)
	if err != nil {
		t.Fatal(err)
	}
	who := []string{"a", "a", "b", "1", "1", "null 1", "empty 2", "none 3", "none 3", "none text 3", "a"}
	for i := range page.Len() {
		for j := range i {
			if got := page.records[i].ID() == page.records[j].ID(); got != (who[i] == who[j]) {
				t.Errorf("%s and %s are the same: %v", page.Record(i), page.Record(j), got)
			}
		}
	}
}

func TestDetachLeavesThePage(t *testing.T) {
	p := userProjection()
	body := usersPage(1)
	page, err := p.Page(body, nil)
	if err != nil {
		t.Fatal(err)
	}
	record := Detach(page.Record(0).WithTaint(1))
	email, err := p.Get(page.Record(0), p.Slot(steps("profile.email")))
	if err != nil {
		t.Fatal(err)
	}
	email = Detach(email)
	clear(body) // nobody may do this; the values must not notice
	if email.Text() != "kim.example0@example.com" || record.PageRecord() != nil || record.Taint() != 1 || !json.Valid([]byte(record.Text())) {
		t.Errorf("%#v %#v", email, record)
	}
}

func TestManyPaths(t *testing.T) {
	var all [][]ast.Step
	b := []byte{'['}
	b = append(b, '{')
	for i := range 400 {
		all = append(all, steps(fmt.Sprintf("field%d", i)), steps(fmt.Sprintf("in.field%d", i)))
		b = fmt.Appendf(b, `"field%d":%d,`, i, i)
	}
	b = append(b, `"in":{"field399":"last"}}]`...)
	p := NewProjection(all...)
	page, err := p.Page(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 400 {
		if v, _ := p.Get(page.Record(0), p.Slot(steps(fmt.Sprintf("field%d", i)))); v.Text() != strconv.Itoa(i) {
			t.Fatalf("field%d is %v", i, v)
		}
	}
	if v, _ := p.Get(page.Record(0), p.Slot(steps("in.field399"))); v.Text() != "last" {
		t.Errorf("in.field399 is %v", v)
	}
}

func FuzzProjection(f *testing.F) {
	for _, s := range []string{`[{"id":"1","a":{"b":[1,2,{"c":null}]}}]`, `[{"id":1e5},{"id":"\ud83d\ude00"}]`, `[{"a.b":1,"a":{"b":2}}]`, `[{"x":[{"y":"two","z":1}]}]`, `[`, `[{"a":`, "\ufeff[]", `{"value":[{}]}`, `[{"a":{},"a":null}]`} {
		f.Add([]byte(s))
	}
	paths := []string{"id", "a", "a.b", "a.b.c", "x[0]", "x[y=two].z", "[a.b]"}
	var all [][]ast.Step
	for _, s := range paths {
		all = append(all, steps(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p := NewProjection(all...)
		page, err := p.Page(append([]byte(nil), body...), nil)
		text := strings.TrimPrefix(string(body), bom)
		var want []map[string]any
		stdErr := json.Unmarshal([]byte(text), &want)
		if err != nil {
			if stdErr == nil && !strings.Contains(err.Error(), "null") && !strings.Contains(err.Error(), "nested") {
				t.Fatalf("refused: %v", err)
			}
			if errors.Is(err, ErrTruncated) && json.Valid([]byte(text)) {
				t.Fatalf("complete, but: %v", err)
			}
			return
		}
		if stdErr != nil && json.Valid([]byte(text)) {
			return // an array of objects always unmarshals
		}
		if stdErr != nil {
			t.Fatalf("accepted what encoding/json refuses: %v", stdErr)
		}
		if page.Len() != len(want) {
			t.Fatalf("%d records, want %d", page.Len(), len(want))
		}
		for i, w := range want {
			r := page.Record(i)
			for _, s := range paths {
				v, _ := p.Get(r, p.Slot(steps(s)))
				u, err := Get(JSON(r.Text()), steps(s))
				if err != nil || u.Kind() != v.Kind() || u.Text() != v.Text() {
					t.Fatalf("%s: %#v on the page, %#v (%v) in the text", s, v, u, err)
				}
			}
			if r.PageRecord().Bad() {
				continue // encoding/json replaces bytes that we keep
			}
			id, _ := p.Get(r, p.Slot(steps("id")))
			if s, ok := w["id"].(string); ok && (id.Kind() != KindText || id.Text() != s) {
				t.Fatalf("id is %#v, want %q", id, s)
			}
			if w["id"] == nil && !id.IsNull() {
				t.Fatalf("id is %#v, want null", id)
			}
		}
	})
}

func BenchmarkPage(b *testing.B) {
	const n = 200
	body := usersPage(n)
	if f, err := os.ReadFile(os.Getenv("AMSX_BENCH_PAGE")); err == nil {
		body = f
	}
	p := userProjection()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		page, err := p.Page(body, nil)
		if err != nil || page.Len() != n {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
}

func BenchmarkPageReadSlots(b *testing.B) {
	const n = 200
	body := usersPage(n)
	p := userProjection()
	b.ReportAllocs()
	var size int
	for b.Loop() {
		page, err := p.Page(body, nil)
		if err != nil {
			b.Fatal(err)
		}
		for i := range page.Len() {
			r := page.Record(i)
			for s := range p.Len() {
				v, _ := p.Get(r, s)
				size += len(v.Text())
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
}
