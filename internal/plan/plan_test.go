package plan_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/internal/plan"
	"github.com/amsx-lang/amsx/internal/site"
)

func code(key string) hash.Hash { return hmac.New(sha256.New, []byte(key)) }

func each[T any](all ...T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func changes() []site.Change {
	hash := int64(1)<<62 + 1
	return []site.Change{
		{Table: "Custodian", RowID: 1, Key: "Ada <a&b> \u2028", Action: site.ActionUpdate, Line: 3, Source: "OKTA",
			Fields: []site.FieldChange{{Name: "City", Old: "Bern", New: nil}, {Name: "Active", Old: int64(1), New: int64(0)}},
			Plan:   &site.Planned{Old: []byte(`{"City":"Bern","Active":1}`), Hash: &hash, After: -5, Also: []site.FieldChange{{Name: "Rate", Old: 2.5, New: 1e300}}}},
		{Table: "Custodian", RowID: 1 << 60, Key: "Bob", Action: site.ActionInsert, Fields: []site.FieldChange{}, Plan: &site.Planned{NoSource: true}},
	}
}

func write(t *testing.T, c plan.Contents) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "plan.json")
	c.Header.Format, c.Header.Transformation = plan.Format, "a"
	c.Counts = map[string]int{"read": 1}
	c.Changes = each(changes()...)
	was := int64(4)
	c.Written = each(site.Written{Table: "Custodian", RowID: 1, Column: "Phone", Hash: 1<<63 - 1, Was: &was})
	if err := plan.WriteFile(name, &c); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestRoundTrip: what is read is what was written, to the last digit, as often
// as it is read.
func TestRoundTrip(t *testing.T) {
	name := write(t, plan.Contents{KeyID: "k1", Code: code("secret")})
	if info, err := os.Stat(name); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	p, err := plan.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.KeyID() != "k1" || p.Header.Transformation != "a" {
		t.Errorf("%q, %+v", p.KeyID(), p.Header)
	}
	if err := p.Verify(code("other")); err == nil {
		t.Error("another key verifies it")
	}
	if err := p.Unchanged(); err == nil {
		t.Error("what was not verified passes")
	}
	if err := p.Verify(code("secret")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var got []site.Change
		for c, err := range p.Changes() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, c)
		}
		if !reflect.DeepEqual(got, changes()) {
			t.Errorf("read %+v", got)
		}
		n := 0
		for w, err := range p.Written() {
			if n++; err != nil || w.Hash != 1<<63-1 || *w.Was != 4 {
				t.Errorf("%+v, %v", w, err)
			}
		}
		if err := p.Unchanged(); err != nil || n != 1 {
			t.Errorf("%v after %d notes", err, n)
		}
	}
}

// TestTampered changes every byte of a plan, one after the other, and cuts it
// at every fifth: none of it is taken for a plan.
func TestTampered(t *testing.T) {
	name := write(t, plan.Contents{KeyID: "k1", Code: code("secret")})
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	try := func(what string, text []byte) {
		t.Helper()
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := plan.Open(name)
		if err == nil {
			err = errors.Join(p.Verify(code("secret")), p.Close())
		}
		var refused *plan.Error
		if !errors.As(err, &refused) || refused.Hint() == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
	keyID := bytes.Index(whole, []byte(`"k1"`))
	for i := range whole {
		if i > keyID && i < keyID+3 { // names a key, and proves nothing
			continue
		}
		b := bytes.Clone(whole)
		b[i] ^= 1
		try(fmt.Sprintf("byte %d (%q)", i, whole[i]), b)
		if i%5 == 0 {
			try(fmt.Sprintf("cut at %d", i), whole[:i])
		}
	}
	try("more behind it", append(bytes.Clone(whole), '\n'))
	try("line ends of another system", bytes.ReplaceAll(whole, []byte("\n"), []byte("\r\n")))
	lines := bytes.SplitAfter(whole, []byte("\n"))
	try("a row less", bytes.Join(append(append([][]byte(nil), lines[:3]...), lines[4:]...), nil))
}

// TestChangedMeanwhile: the file is replaced in place between the look at its
// signature and its reading.
func TestChangedMeanwhile(t *testing.T) {
	name := write(t, plan.Contents{KeyID: "k1", Code: code("secret")})
	p, err := plan.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Verify(code("secret")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, bytes.Replace(text, []byte("Bern"), []byte("Rome"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, err := range p.Changes() {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range p.Written() {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Unchanged(); err == nil || !strings.Contains(err.Error(), "changed while it was read") {
		t.Errorf("error %v", err)
	}
}

// TestFailedWrite: a plan that cannot be written as a whole leaves the former
// one, and nothing else.
func TestFailedWrite(t *testing.T) {
	name := write(t, plan.Contents{KeyID: "k1", Code: code("secret")})
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	broken := func(yield func(site.Change, error) bool) { yield(site.Change{}, errors.New("disk full")) }
	for _, c := range []plan.Contents{
		{Changes: broken, Written: each[site.Written](), Code: code("secret")},
		{Changes: each(changes()...), Written: each[site.Written](), Code: code("secret"), Secret: func(s string) bool { return strings.Contains(s, "Bern") }},
	} {
		if err := plan.WriteFile(name, &c); err == nil || !strings.Contains(err.Error(), "write the plan: ") {
			t.Errorf("error %v", err)
		}
	}
	after, err := os.ReadFile(name)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the former plan is changed, %v", err)
	}
	if all, err := os.ReadDir(filepath.Dir(name)); err != nil || len(all) != 1 {
		t.Errorf("left %v, %v", all, err)
	}
}

// TestRedact: no value of a person is left, equal values look equal, and
// another plan hides them otherwise.
func TestRedact(t *testing.T) {
	r := plan.NewRedactor()
	c := r.Change(site.Change{Table: "Custodian", RowID: 7, Key: "Ada Lovelace", Action: site.ActionUpdate, Plan: &site.Planned{Old: []byte(`{"City":"Bern"}`)}, Fields: []site.FieldChange{
		{Name: "City", Old: "Bern", New: "Genève"}, {Name: "Location", Old: nil, New: "Bern"}, {Name: "Active", Old: int64(1), New: int64(0)}, {Name: "ManagerID", Old: int64(12), New: nil}, {Name: "Salary", Old: int64(5000), New: "x"}, {Name: "NationalID", Old: int64(7561234), New: int64(12)},
	}})
	text := fmt.Sprintf("%+v", c)
	for _, secret := range []string{"Ada", "Bern", "Genève", "5000", "7561234"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s holds %s", text, secret)
		}
	}
	f := c.Fields
	if c.Key != "Custodian 7" || c.Plan != nil || f[0].Old != f[1].New || f[1].Old != nil || f[2].Old != int64(1) || f[3].Old != f[5].New || f[3].Old == int64(12) {
		t.Errorf("%+v", c)
	}
	if got := fmt.Sprint(f[0].New); !strings.HasPrefix(got, "(6 characters, #") {
		t.Error(got)
	}
	if got := fmt.Sprint(f[4].New); !strings.HasPrefix(got, "(1 character, #") {
		t.Error(got)
	}
	if plan.NewRedactor().Text("Bern") == r.Text("Bern") {
		t.Error("two plans hide a value the same way")
	}
	h := r.Header(plan.Header{Parameters: map[string]string{"Who": "Ada"}, Held: []string{"POST example.com/users/ada"}, Files: []string{"write ada.txt (5 bytes)"}})
	if text := fmt.Sprintf("%+v", h); strings.Contains(strings.ToLower(text), "ada") || !strings.Contains(text, "[POST (") || !h.Redacted {
		t.Error(text)
	}
}
