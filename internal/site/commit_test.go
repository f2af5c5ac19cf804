package site

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
	"github.com/google/go-cmp/cmp"
)

// peopleSpec maps people with a manager who is named by e-mail address.
func peopleSpec() runtime.TargetSpec {
	return runtime.TargetSpec{Table: "Custodian", Source: "S", Key: []string{"OktaID"}, Columns: []runtime.TargetColumn{
		{Name: "OktaID"}, {Name: "Login"}, {Name: "Email"},
		{Name: "ManagerID", Lookup: &runtime.LookupSpec{Result: "CustodianID", Table: "Custodian", Columns: []string{"Email"}}},
	}}
}

// people upserts records of peopleSpec.
func people(t *testing.T, s *Session, records ...[]string) {
	t.Helper()
	g, err := s.Open(t.Context(), peopleSpec())
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range records {
		rec := drawn(r)
		rec.Pos = lexer.Position{Line: i + 1}
		if _, err := g.Upsert(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
	}
}

// did is what a run says that it did: its counts, its refusals, its warnings
// and its change set.
func did(t *testing.T, r *Result) []string {
	t.Helper()
	defer r.Close()
	c := r.Counts
	c.Warnings = 0
	all := []string{fmt.Sprintf("%+v", c)}
	for _, x := range r.Rejects {
		all = append(all, "refused "+x.Key+": "+x.Reason)
	}
	for _, w := range r.Warnings {
		all = append(all, fmt.Sprintf("warned %d times: %s", w.Count, w.Text))
	}
	for ch, err := range r.Changes() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s %s %v", ch.Action, ch.Key, ch.Fields))
	}
	return all
}

// TestTestAfterCommitIsTheRun runs what a Commit parts into units, as a test
// and for good. A test never commits, so it holds the lock from its first
// Commit on; it must decide all the same as the run, which takes the lock anew
// for each unit and first hopes that no records of it collide.
func TestTestAfterCommitIsTheRun(t *testing.T) {
	tests := []struct {
		name  string
		units [][][]string
	}{
		// Two new people have Ada's manager's address; one of them is refused,
		// because a third wants her login, and then the address means one.
		{"a look-up that a refusal makes clear", [][][]string{
			{{"u1", "ada", "ada@example.com", "-"}},
			{{"u1", "ada", "ada@example.com", "boss@example.com"}, {"u2", "bea", "boss@example.com", "-"}, {"u3", "cleo", "boss@example.com", "-"}, {"u4", "Cleo", "cleo@example.com", "-"}},
		}},
		{"a look-up that a refusal leaves open", [][][]string{
			{{"u1", "ada", "ada@example.com", "-"}},
			{{"u1", "ada", "ada@example.com", "boss@example.com"}, {"u3", "cleo", "boss@example.com", "-"}, {"u4", "Cleo", "cleo@example.com", "-"}},
		}},
		{"a swap beside a collision", [][][]string{
			{{"u1", "ada", "a@example.com", "-"}, {"u2", "bea", "b@example.com", "-"}},
			{{"u1", "bea", "a@example.com", "-"}, {"u2", "ada", "b@example.com", "-"}, {"u3", "cleo", "c@example.com", "-"}, {"u4", "cleo", "d@example.com", "-"}},
			{{"u5", "cleo", "c@example.com", "b@example.com"}},
		}},
		{"a key that comes twice", [][][]string{
			{{"u1", "ada", "a@example.com", "-"}},
			{{"u2", "bea", "b@example.com", "a@example.com"}, {"u2", "bea", "b2@example.com", "-"}, {"u1", "ada", "a@example.com", "b@example.com"}},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
			run := func(testing bool) []string {
				s := begin(t, d, RunInfo{Testing: testing, AllowOnce: []string{"all"}})
				for i, u := range tt.units {
					if i > 0 {
						if err := s.Commit(t.Context()); err != nil {
							t.Fatal(err)
						}
					}
					people(t, s, u...)
				}
				r, err := s.Finish(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				return did(t, r)
			}
			tested := run(true)
			if diff := cmp.Diff(tested, run(false)); diff != "" {
				t.Errorf("-test +run:\n%s", diff)
			}
		})
	}
}

// TestSecondAttempt: a run that meets a collision only when it merges, and
// begins again, does what one does that looked for collisions first.
func TestSecondAttempt(t *testing.T) {
	start := [][]string{{"u1", "ada", "ada@example.com", "-"}, {"u2", "bea", "bea@example.com", "-"}}
	collide := [][]string{{"u8", "kim", "kim1@example.com", "-"}, {"u9", "Kim", "kim2@example.com", "-"}}
	tests := []struct {
		name string
		pull [][]string
	}{
		{"an address that is clear when one is refused", [][]string{{"u1", "ada", "ada@example.com", "boss@example.com"}, {"u3", "cleo", "boss@example.com", "-"}, {"u4", "dan", "boss@example.com", "-"}, {"u5", "Dan", "dan@example.com", "-"}}},
		{"an address that nobody has when one is refused", [][]string{{"u1", "ada", "ada@example.com", "boss@example.com"}, {"u4", "dan", "boss@example.com", "-"}, {"u5", "Dan", "dan@example.com", "-"}}},
		{"of a new one too", [][]string{{"u3", "cleo", "cleo@example.com", "boss@example.com"}, {"u4", "dan", "boss@example.com", "-"}, {"u5", "Dan", "dan@example.com", "-"}}},
		{"an address that nobody has", append([][]string{{"u1", "ada", "ada@example.com", "nobody@example.com"}}, collide...)},
		{"logins that swap", append([][]string{{"u1", "bea", "ada@example.com", "-"}, {"u2", "ada", "bea@example.com", "-"}}, collide...)},
		{"only the same", append([][]string{{"u1", "ada", "ada@example.com", "-"}}, collide...)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run := func(careful bool) []string {
				d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
				s := begin(t, d, RunInfo{})
				people(t, s, start...)
				if _, err := s.Finish(t.Context()); err != nil {
					t.Fatal(err)
				}
				s = begin(t, d, RunInfo{AllowOnce: []string{"all"}})
				if careful { // who writes with SQL has the lock, and no second attempt
					if _, err := s.Exec(t.Context(), runtime.Query{SQL: "UPDATE Custodian SET Phone='+1' WHERE Login='nobody'"}); err != nil {
						t.Fatal(err)
					}
				}
				people(t, s, tt.pull...)
				r, err := s.Finish(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if r.Counts.Rejected != 2 {
					t.Errorf("%d records were refused, want the 2 that collide: %v", r.Counts.Rejected, r.Rejects)
				}
				return did(t, r)
			}
			if diff := cmp.Diff(run(true), run(false)); diff != "" {
				t.Errorf("-careful +in two attempts:\n%s", diff)
			}
		})
	}
}

// TestTestAfterRollbackIsTheRun: Rollback takes back what was done since the
// last Commit, in a test too.
func TestTestAfterRollbackIsTheRun(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	run := func(testing bool) []string {
		s := begin(t, d, RunInfo{Testing: testing, AllowOnce: []string{"all"}})
		people(t, s, []string{"u1", "ada", "a@example.com", "-"})
		if err := s.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		people(t, s, []string{"u2", "bea", "b@example.com", "-"})
		if _, err := s.Exec(t.Context(), runtime.Query{SQL: "UPDATE Custodian SET Phone='+1' WHERE OktaID='u1'"}); err != nil {
			t.Fatal(err)
		}
		if err := s.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		people(t, s, []string{"u3", "cleo", "c@example.com", "a@example.com"})
		r, err := s.Finish(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return did(t, r)
	}
	tested := run(true)
	if diff := cmp.Diff(tested, run(false)); diff != "" {
		t.Errorf("-test +run:\n%s", diff)
	}
}

// TestRefusedOnce: a record that is refused under the lock is refused once,
// also where the merge begins again afterwards.
func TestRefusedOnce(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	s := begin(t, d, RunInfo{})
	open := func(spec runtime.TargetSpec) runtime.Target {
		g, err := s.Open(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	departments := open(runtime.TargetSpec{Table: "Department", Key: []string{"DepartmentName"}, Columns: []runtime.TargetColumn{{Name: "DepartmentName"}}})
	spec := peopleSpec()
	spec.Columns[3] = runtime.TargetColumn{Name: "Department", Lookup: &runtime.LookupSpec{Result: "DepartmentName", Table: "Department", Columns: []string{"DepartmentName"}, OnMissing: "reject"}}
	custodians := open(spec)
	for _, x := range []struct {
		g runtime.Target
		r []string
	}{
		{departments, []string{"Sales"}},
		{custodians, []string{"u1", "ada", "ada@example.com", "Sales"}},
		{custodians, []string{"u2", "bea", "bea@example.com", "Salse"}},
		{custodians, []string{"u3", "kim", "kim@example.com", "-"}},
		{custodians, []string{"u4", "Kim", "kim2@example.com", "-"}},
	} {
		if _, err := x.g.Upsert(t.Context(), drawn(x.r)); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Rejects) != 3 || r.Counts.Rejected != 3 || r.Counts.Inserted != 2 {
		t.Errorf("%+v, refused %v", r.Counts, r.Rejects)
	}
	for _, w := range r.Warnings {
		if w.Count != 1 {
			t.Errorf("warned %d times: %s", w.Count, w.Text)
		}
	}
}

// TestInsertAfterSQL: records without a key beside SQL of the script, after
// which the merge looks for collisions first.
func TestInsertAfterSQL(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	s := begin(t, d, RunInfo{})
	if _, err := s.Exec(t.Context(), runtime.Query{SQL: "INSERT INTO Department(DepartmentName) VALUES ('Legal')"}); err != nil {
		t.Fatal(err)
	}
	g, err := s.Open(t.Context(), runtime.TargetSpec{Table: "Department", Mode: runtime.InsertGuaranteed, Columns: []runtime.TargetColumn{{Name: "DepartmentName"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Sales", "Finance"} {
		if _, err := g.Upsert(t.Context(), drawn([]string{name})); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.Finish(t.Context())
	if err != nil || r.Counts.Inserted != 3 {
		t.Errorf("%+v, %v", r, err)
	}
}
