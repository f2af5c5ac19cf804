package site

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/amsx-lang/amsx/runtime"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// tester is what testing.T and rapid.T have in common.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// A keptPlan plan has been through JSON, as one in a file has.
type keptPlan struct {
	plan    Plan
	changes []Change
	written []Written
}

func keepPlan(t tester, r *Result) *keptPlan {
	t.Helper()
	k := &keptPlan{}
	through(t, r.Plan, &k.plan)
	for ch, err := range r.Changes() {
		if err != nil {
			t.Fatal(err)
		}
		var c Change
		through(t, ch, &c)
		c.MendNumbers()
		k.changes = append(k.changes, c)
	}
	for w, err := range r.Written() {
		if err != nil {
			t.Fatal(err)
		}
		k.written = append(k.written, w)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	k.plan.ID = rand.Text()
	return k
}

func through(t tester, from, to any) {
	t.Helper()
	text, err := json.Marshal(from)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	if err := d.Decode(to); err != nil {
		t.Fatal(err)
	}
}

func each[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// apply applies the plan in a run of its own.
func (k *keptPlan) apply(t *testing.T, d *Database, info RunInfo) (*Result, error) {
	s, err := d.Begin(t.Context(), info)
	if err != nil {
		return nil, err
	}
	return s.Apply(t.Context(), &k.plan, each(k.changes), each(k.written), nil)
}

// contents are all rows of all tables, but which plan was applied.
func contents(t tester, ctx *testing.T, d *Database) map[string][]string {
	t.Helper()
	names, err := d.Read(ctx.Context(), "SELECT name FROM sqlite_master WHERE type='table' AND name NOT IN ('amsx_plan', 'amsx_version', 'amsx_fence') ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string][]string)
	for _, n := range names {
		where := ""
		if n[0] == "sqlite_sequence" {
			where = " WHERE seq>0" // an INSERT that made nothing
		}
		rows, err := d.Read(ctx.Context(), "SELECT * FROM "+quote(n[0].(string))+where)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, r := range rows {
			lines = append(lines, fmt.Sprintf("%#v", r))
		}
		slices.Sort(lines)
		all[n[0].(string)] = lines
	}
	return all
}

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// TestApplyIsTheRun makes and applies plans on one site and runs the same
// without a plan on its twin, over random rows and records: afterwards every
// row of every table is the same on both, the change sets too.
func TestApplyIsTheRun(t *testing.T) {
	if UpstreamForTests != nil {
		t.Skip("its twin sites are made by copying a file")
	}
	dir, n := t.TempDir(), 0
	few(t, "15", func(rt *rapid.T) {
		n++
		open := func(name string) *Database {
			d, err := openTest(t, filepath.Join(dir, fmt.Sprintf("%d%s.db", n, name)), Options{Clock: noon})
			if err != nil {
				rt.Fatal(err)
			}
			return d
		}
		one := open("run")
		if rapid.Bool().Draw(rt, "elsewhere") {
			load(rt, t, one, [][]string{{"a", "b"}, {"c", "b"}, {"d", "a"}, {"É", "é"}})
		}
		if rapid.Bool().Draw(rt, "currencies") {
			if err := one.Load(t.Context(), "Currency", []string{"CurrencyCode", "Rate"}, [][]string{{"EUR", "1"}, {"CHF", "0.95"}}); err != nil {
				rt.Fatal(err)
			}
		}
		if _, err := one.Read(t.Context(), "VACUUM INTO "+literal(filepath.Join(dir, fmt.Sprintf("%dplan.db", n)))); err != nil {
			rt.Fatal(err)
		}
		two := open("plan")
		for i := range rapid.IntRange(1, 4).Draw(rt, "runs") {
			o := drawWorld(rt)
			info := RunInfo{RunID: int64(i + 1), Transformation: "random", AllowOnce: []string{"all"}}
			o.run(rt, t, one, info)
			testing := info
			testing.Testing, testing.Planning = true, true
			k := keepPlan(rt, o.run(rt, t, two, testing))
			if _, err := k.apply(t, two, info); err != nil {
				rt.Fatalf("apply: %v", err)
			}
			if diff := cmp.Diff(contents(rt, t, one), contents(rt, t, two)); diff != "" {
				rt.Fatalf("after run %d (-run +apply):\n%s", i+1, diff)
			}
			if _, err := k.apply(t, two, info); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("run %d has applied it already", i+1)) {
				rt.Fatalf("applied twice: %v", err)
			}
		}
	})
}

// A randomWorld is a run with everything that a mapping and SQL can do.
type randomWorld struct {
	pull    [][]string
	leavers bool
	commit  int // after so many records
	source  string
	sql     string
	column  bool
}

func drawWorld(rt *rapid.T) randomWorld {
	person := rapid.Custom(func(rt *rapid.T) []string {
		login := rapid.SampledFrom([]string{"a", "b", "c", "d", "A", "é", "É", "-"})
		return []string{
			rapid.SampledFrom([]string{"u1", "u2", "u3", "u4", "u5", "u6", "-"}).Draw(rt, "id"),
			login.Draw(rt, "login"), login.Draw(rt, "mail"), login.Draw(rt, "manager"),
			rapid.SampledFrom([]string{"Ada", "Bob", "-"}).Draw(rt, "name"),
			rapid.SampledFrom([]string{"True", "False", "~", "x"}).Draw(rt, "active"),
			rapid.SampledFrom([]string{"Sales", "sales", "Legal", "-"}).Draw(rt, "department"),
			rapid.SampledFrom([]string{"+1", "+2", "-"}).Draw(rt, "phone"),
			rapid.SampledFrom([]string{"2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"}).Draw(rt, "last login"),
		}
	})
	return randomWorld{
		pull:    rapid.SliceOfN(person, 0, 9).Draw(rt, "pull"),
		leavers: rapid.Bool().Draw(rt, "leavers"),
		source:  rapid.SampledFrom([]string{"S", "S", "T"}).Draw(rt, "source"),
		sql: rapid.SampledFrom([]string{"", "", "",
			"UPDATE Custodian SET FirstName='sql', Login=Login||'x' WHERE CustodianID%3=1",
			"UPDATE Custodian SET Login=upper(Login)",
			"UPDATE Custodian SET Phone='by sql' WHERE CustodianID%2=1",
			"DELETE FROM Custodian WHERE CustodianID%5=2",
			"INSERT INTO Custodian(Login) VALUES ('a')",
			"INSERT INTO Asset(SourceID, Source, CustodianID) SELECT 'asset'||CustodianID, 'SQL', CustodianID FROM Custodian LIMIT 2",
			"UPDATE Currency SET Rate=Rate*1.5"}).Draw(rt, "sql"),
		column: rapid.SampledFrom([]bool{false, false, true}).Draw(rt, "column"),
		commit: rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(rt, "commit"),
	}
}

func (o randomWorld) run(rt tester, t *testing.T, d *Database, info RunInfo) *Result {
	s, err := d.Begin(t.Context(), info)
	if err != nil {
		rt.Fatal(err)
	}
	defer s.Abort()
	columns := []runtime.TargetColumn{
		{Name: "OktaID"}, {Name: "Login"}, {Name: "Email"},
		{Name: "ManagerID", Lookup: &runtime.LookupSpec{Result: "CustodianID", Table: "Custodian", Columns: []string{"Login", "Email"}}},
		{Name: "FirstName"}, {Name: "Active"},
		{Name: "Department", Lookup: &runtime.LookupSpec{Result: "DepartmentName", Table: "Department", Columns: []string{"DepartmentName"}, Create: true}},
		{Name: "Phone", KeepEdited: true}, {Name: "LastLogin", NoTrack: true},
	}
	if o.column {
		if err := s.AddColumns(t.Context(), []runtime.ColumnSpec{{Table: "Custodian", Name: "DepartmentRef", Type: "Lookup", Lookup: "Department"}}); err != nil {
			rt.Fatal(err)
		}
		columns = append(columns, runtime.TargetColumn{Name: "DepartmentRef", Lookup: &runtime.LookupSpec{Result: "DepartmentID", Table: "Department", Columns: []string{"DepartmentName"}, Create: true}})
	}
	g, err := s.Open(t.Context(), runtime.TargetSpec{Table: "Custodian", Source: o.source, Key: []string{"OktaID"}, Adopt: []string{"Login", "Email"}, Columns: columns})
	if err != nil {
		rt.Fatal(err)
	}
	if o.sql != "" {
		_, _ = s.Exec(t.Context(), runtime.Query{SQL: o.sql}) // it may meet a unique value
	}
	var pull [][]string
	for _, p := range o.pull {
		if o.column {
			p = append(slices.Clip(p), p[6])
		}
		pull = append(pull, p)
	}
	return finishPull(rt, t, s, g, pull, o.commit, o.leavers, o.source)
}

// stale returns the error of a plan that no longer applies.
func stale(t *testing.T, err error) *StaleError {
	t.Helper()
	var e *StaleError
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want that the plan no longer applies", err)
	}
	return e
}
