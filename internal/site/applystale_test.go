package site

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
	"github.com/google/go-cmp/cmp"
)

// planning is a site with three people and a plan that changes all of them:
// u1 gets another name, u2 is a leaver, u3 gets the manager u4, who is new.
func planning(t *testing.T) (*Database, string, *keptPlan) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "amsx.db")
	d := newDatabase(t, path)
	syncPeople(t, d, RunInfo{RunID: 1, Transformation: "sync"}, []string{"u1 ada Ada -", "u2 bob Bob -", "u3 cyd Cyd -"})
	return d, path, keepPlan(t, syncPeople(t, d, RunInfo{RunID: 2, Transformation: "sync", Testing: true, Planning: true},
		[]string{"u1 ada Adele -", "u3 cyd Cyd dot", "u4 dot Dot -"}))
}

// syncPeople is a complete pull: id, login, first name, manager.
func syncPeople(t *testing.T, d *Database, info RunInfo, people []string) *Result {
	t.Helper()
	s := begin(t, d, info)
	g, err := s.Open(t.Context(), runtime.TargetSpec{Table: "Custodian", Source: "OKTA", Key: []string{"OktaID"}, Columns: []runtime.TargetColumn{
		{Name: "OktaID"}, {Name: "Login"}, {Name: "FirstName"},
		{Name: "ManagerID", Lookup: &runtime.LookupSpec{Result: "CustodianID", Table: "Custodian", Columns: []string{"Login"}}},
		{Name: "Phone", KeepEdited: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		var v []runtime.Value
		for _, f := range strings.Fields(p) {
			if f == "-" {
				v = append(v, runtime.Null())
			} else {
				v = append(v, runtime.Text(f))
			}
		}
		if _, err := g.Upsert(t.Context(), runtime.Record{Values: append(v, runtime.Text("+1"))}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.DeactivateMissing(t.Context(), "OKTA", lexer.Position{}); err != nil {
		t.Fatal(err)
	}
	r, err := s.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestApplyRefuses changes one thing between the plan and its applying: it is
// named, and nothing is written.
func TestApplyRefuses(t *testing.T) {
	tests := []struct {
		name, sql string
		want      string
	}{
		{"a value that changes", "UPDATE Custodian SET FirstName='Adi' WHERE OktaID='u1'", `ada (Custodian 1) has changed since: FirstName was "Ada" and is "Adi" now`},
		{"to Null", "UPDATE Custodian SET FirstName=NULL WHERE OktaID='u1'", `FirstName was "Ada" and is Null now`},
		{"a column that the plan leaves alone", "UPDATE Custodian SET City='Bern' WHERE OktaID='u1'", `ada (Custodian 1) has changed since: City, which the plan leaves alone, is "Bern" now`},
		{"the same by a run", "UPDATE Custodian SET City='Bern' WHERE OktaID='u1'; INSERT INTO amsx_run SELECT 3, 'x', 0, '2999-01-01T00:00:00Z', '2999-01-01T00:00:00Z', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL; INSERT INTO amsx_change VALUES (3, 'Custodian', 1, 'update', 1, 'OKTA', '{\"City\":\"Basel\"}', 0, '{\"City\":\"Bern\"}')", `ada (Custodian 1) has changed since: City was "Basel" and is "Bern" now`},
		{"a leaver who is back", "UPDATE Custodian SET JobTitle='Chief' WHERE OktaID='u2'", "bob (Custodian 2) has changed since"},
		{"a row that is gone", "DELETE FROM Custodian WHERE OktaID='u1'", "ada (Custodian 1) is gone since"},
		{"a key that is taken", "INSERT INTO Custodian(OktaID, Source) VALUES ('u4', 'OTHER')", "Custodian 4 has the OktaID by now that the plan gives to another row"},
		{"a login that is taken", "INSERT INTO Custodian(Login, Source) VALUES ('DOT', 'OKTA')", "DOT (Custodian 4) has the Login by now that the plan gives to another row"},
		{"a column more", "ALTER TABLE Custodian ADD COLUMN Badge TEXT", "the columns, indexes or triggers of the table Custodian were changed since"},
		{"a trigger more", "CREATE TRIGGER x AFTER UPDATE ON Custodian BEGIN DELETE FROM Asset; END", "the columns, indexes or triggers of the table Custodian were changed since"},
		{"a table less", "DROP TABLE Asset", "the site has no table Asset any more"},
		{"a table more", "CREATE TABLE Printer(PrinterID INTEGER PRIMARY KEY)", "the site has a table Printer now"},
		{"another site", "UPDATE amsx_site SET SiteID='other'", "it was made for another site database than "},
		{"a value of a later run", "UPDATE amsx_written SET ValueHash=1 WHERE RowID=1; INSERT INTO amsx_written VALUES ('sync', 'Custodian', 4, 'Phone', 5)", "has got its Phone from another run of the transformation since"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, path, k := planning(t)
			execute(t, path, tt.sql)
			before := contents(t, t, d)
			_, err := k.apply(t, d, RunInfo{RunID: 8, Transformation: "sync", Fence: 7})
			e := stale(t, err)
			if !strings.HasPrefix(e.Error(), "the plan no longer applies, nothing was written: ") || !strings.Contains(e.Error(), tt.want) || e.Hint() == "" {
				t.Errorf("error %v, want %q", e, tt.want)
			}
			if diff := cmp.Diff(before, contents(t, t, d)); diff != "" {
				t.Errorf("the refused plan wrote:\n%s", diff)
			}
		})
	}
}

// TestApplyMovesIDs: another program has added people since. The plan's new
// person gets the next id, and who refers to her is led to it.
func TestApplyMovesIDs(t *testing.T) {
	d, path, k := planning(t)
	execute(t, path, "INSERT INTO Custodian(Login, Source) VALUES ('eve', 'HAND'), ('fox', 'HAND')")
	if _, err := k.apply(t, d, RunInfo{RunID: 3, Transformation: "sync"}); err != nil {
		t.Fatal(err)
	}
	rows, err := d.Read(t.Context(), "SELECT m.CustodianID, m.Login FROM Custodian c JOIN Custodian m ON m.CustodianID=c.ManagerID WHERE c.OktaID='u3'")
	if err != nil || fmt.Sprint(rows) != "[[6 dot]]" {
		t.Errorf("the manager of cyd is %v, %v", rows, err)
	}
	// The change set and the notes hang on the ids that the rows have.
	for _, q := range []string{
		"SELECT RowID FROM amsx_change WHERE RunID=3 ORDER BY RowID",
		"SELECT RowID FROM amsx_written WHERE Transformation='sync' AND RowID>3 UNION ALL SELECT 0 ORDER BY 1 DESC LIMIT 1",
	} {
		rows, err := d.Read(t.Context(), q)
		if err != nil || len(rows) == 0 || fmt.Sprint(rows[len(rows)-1]) != "[6]" {
			t.Errorf("%s: %v, %v", q, rows, err)
		}
	}
	holds(t, d, 3)
	// The same pull again changes nothing: the next run compares with what is there.
	r := syncPeople(t, d, RunInfo{RunID: 4, Transformation: "sync"}, []string{"u1 ada Adele -", "u3 cyd Cyd dot", "u4 dot Dot -"})
	if n := r.Counts; n.Unchanged != 3 || n.Inserted+n.Updated+n.Deactivated+n.Kept > 0 {
		t.Errorf("the same pull again: %+v", n)
	}
}

// holds checks that each row which a run wrote has the hash that its change set
// says, by which an undo knows it.
func holds(t *testing.T, d *Database, run int64) {
	t.Helper()
	s := begin(t, d, RunInfo{})
	custodian := s.table("Custodian")
	hash := custodian.hashSQL(func(at int) string { return "c." + quote(custodian.columns[at].name) })
	n, err := scalar(s.c, "SELECT count(*) FROM amsx_change x JOIN Custodian c ON c.CustodianID=x.RowID WHERE x.RunID=?1 AND x.TableName='Custodian' AND x.RowHash<>"+hash, run)
	if err != nil || n != 0 {
		t.Errorf("%d rows are not as the change set of run %d has them, %v", n, run, err)
	}
}

// TestApplyCannotMove: rows that SQL of the script made have ids that the
// script may have used, and a number that may be such an id is not followed.
func TestApplyCannotMove(t *testing.T) {
	for _, tt := range []struct{ name, sql, column, want string }{
		{"by SQL", "INSERT INTO Department(DepartmentName) VALUES ('Sales')", "", "other programs have added rows to Department since, and the new rows that SQL of the script makes there cannot get other numbers"},
		{"a plain number", "", "ALTER TABLE Custodian ADD COLUMN Desk INTEGER", "would get Desk 1, which may be the number of a new row of Department"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "amsx.db")
			d := newDatabase(t, path)
			if tt.column != "" {
				execute(t, path, tt.column)
			}
			s := begin(t, d, RunInfo{Transformation: "x", Testing: true, Planning: true})
			if tt.sql != "" {
				if _, err := s.Exec(t.Context(), runtime.Query{SQL: tt.sql}); err != nil {
					t.Fatal(err)
				}
			} else {
				g, err := s.Open(t.Context(), runtime.TargetSpec{Table: "Custodian", Key: []string{"OktaID"}, Columns: []runtime.TargetColumn{{Name: "OktaID"}, {Name: "Desk"},
					{Name: "Department", Lookup: &runtime.LookupSpec{Result: "DepartmentName", Table: "Department", Columns: []string{"DepartmentName"}, Create: true}}}})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := g.Upsert(t.Context(), runtime.Record{Values: []runtime.Value{runtime.Text("u1"), runtime.Text("1"), runtime.Text("Sales")}}); err != nil {
					t.Fatal(err)
				}
			}
			r, err := s.Finish(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			k := keepPlan(t, r)
			execute(t, path, "INSERT INTO Department(DepartmentName) VALUES ('Legal')")
			before := contents(t, t, d)
			_, err = k.apply(t, d, RunInfo{Transformation: "x"})
			if e := stale(t, err); !strings.Contains(e.Error(), tt.want) {
				t.Errorf("error %v, want %q", e, tt.want)
			}
			if diff := cmp.Diff(before, contents(t, t, d)); diff != "" {
				t.Errorf("the refused plan wrote:\n%s", diff)
			}
		})
	}
}

// TestApplyOnce: the second time is refused, by name of the run; so is one
// whose lease a newer run has.
func TestApplyOnce(t *testing.T) {
	d, _, k := planning(t)
	if _, err := k.apply(t, d, RunInfo{RunID: 3, Transformation: "sync", Fence: 5}); err != nil {
		t.Fatal(err)
	}
	made, found, err := d.Planned(t.Context(), 3)
	if err != nil || !found || made.Sub(k.plan.Began).Abs() > 1e9 {
		t.Errorf("planned %v, %v, %v", made, found, err)
	}
	_, err = k.apply(t, d, RunInfo{RunID: 4, Transformation: "sync", Fence: 6})
	if e := stale(t, err); !strings.Contains(e.Error(), "run 3 has applied it already") {
		t.Error(e)
	}
	k.plan.ID = "another"
	if _, err = k.apply(t, d, RunInfo{RunID: 5, Transformation: "sync", Fence: 1}); err == nil || !strings.Contains(err.Error(), "a newer run") {
		t.Errorf("error %v, want that the lease is lost", err)
	}
}

// TestApplyComparesAgain: another program writes between the comparison and
// the lock; the rows are compared again.
func TestApplyComparesAgain(t *testing.T) {
	d, path, k := planning(t)
	s := begin(t, d, RunInfo{RunID: 3, Transformation: "sync"})
	times := 0
	confirm := func() error { // is asked after the comparison, before the lock
		if times++; times == 1 {
			execute(t, path, "UPDATE Custodian SET FirstName='Adi' WHERE OktaID='u1'")
		}
		return nil
	}
	_, err := s.Apply(t.Context(), &k.plan, each(k.changes), each(k.written), confirm)
	if e := stale(t, err); e.Field != "FirstName" || e.Now != "Adi" || times != 1 {
		t.Errorf("%v after %d comparisons", e, times)
	}
	s = begin(t, d, RunInfo{RunID: 4, Transformation: "sync"})
	execute(t, path, "UPDATE Custodian SET FirstName='Ada' WHERE OktaID='u1'")
	times = 0
	confirm = func() error {
		if times++; times < 3 {
			execute(t, path, fmt.Sprintf("INSERT INTO Location(LocationName) VALUES ('%d')", times))
		}
		return nil
	}
	if _, err := s.Apply(t.Context(), &k.plan, each(k.changes), each(k.written), confirm); err != nil || times != 3 {
		t.Errorf("%v after %d comparisons", err, times)
	}
}

// TestApplyConfirms: what is not confirmed is not written.
func TestApplyConfirms(t *testing.T) {
	d, _, k := planning(t)
	before := contents(t, t, d)
	s := begin(t, d, RunInfo{RunID: 3, Transformation: "sync"})
	_, err := s.Apply(t.Context(), &k.plan, each(k.changes), each(k.written), func() error { return fmt.Errorf("no") })
	if err == nil || !strings.Contains(err.Error(), "no") {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(before, contents(t, t, d)); diff != "" {
		t.Errorf("wrote:\n%s", diff)
	}
}

// TestApplyAfterCommits: a script with Commits of its own is one plan, written
// at once.
func TestApplyAfterCommits(t *testing.T) {
	dir := t.TempDir()
	one := newDatabase(t, filepath.Join(dir, "one.db"))
	two := newDatabase(t, filepath.Join(dir, "two.db"))
	o := randomWorld{commit: 1, source: "S", leavers: true, pull: [][]string{
		{"u1", "a", "-", "b", "Ada", "True", "Sales", "+1", "2026-01-01T00:00:00Z"},
		{"u2", "b", "-", "a", "Bob", "True", "Legal", "+1", "2026-01-01T00:00:00Z"},
		{"u3", "c", "-", "a", "Bob", "False", "Sales", "-", "2026-01-01T00:00:00Z"},
	}}
	one.now, two.now = noon, noon
	for run := range int64(2) {
		info := RunInfo{RunID: run + 1, Transformation: "x", AllowOnce: []string{"all"}}
		o.run(t, t, one, info)
		test := info
		test.Testing, test.Planning = true, true
		if _, err := keepPlan(t, o.run(t, t, two, test)).apply(t, two, info); err != nil {
			t.Fatal(err)
		}
		a, b := contents(t, t, one), contents(t, t, two)
		delete(a, "amsx_site")
		delete(b, "amsx_site")
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatalf("after run %d (-run +apply):\n%s", run+1, diff)
		}
		o.pull = slices.Clone(o.pull[:2])
		o.pull[0] = slices.Clone(o.pull[0])
		o.pull[0][1], o.pull[1] = "b", []string{"u2", "a", "-", "-", "Bob", "True", "Legal", "-", "2026-01-02T00:00:00Z"} // they swap logins
	}
}

// TestPlanOverTheFuse: a plan over the fuse is none; one that was allowed says
// over what.
func TestPlanOverTheFuse(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	var people []string
	for i := range 40 {
		people = append(people, fmt.Sprintf("u%d p%d Ada -", i, i))
	}
	syncPeople(t, d, RunInfo{RunID: 1, Transformation: "sync"}, people)
	r := syncPeople(t, d, RunInfo{RunID: 2, Transformation: "sync", Testing: true, Planning: true, AllowOnce: []string{"deactivate", "insert"}}, people[:20])
	if k := keepPlan(t, r); !slices.Equal(k.plan.Allowed, []string{"deactivate"}) || k.plan.Counts.Deactivated != 20 {
		t.Errorf("%+v", k.plan)
	}
	s := begin(t, d, RunInfo{RunID: 3, Transformation: "sync", Testing: true, Planning: true})
	g, err := s.Open(t.Context(), loginSpec())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Upsert(t.Context(), runtime.Record{Values: []runtime.Value{runtime.Text("u1"), runtime.Text("p1")}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DeactivateMissing(t.Context(), "OKTA", lexer.Position{}); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Finish(t.Context()); r != nil || err == nil || !strings.Contains(err.Error(), "stopped by the fuse") {
		t.Errorf("%v, %v", r, err)
	}
}

// TestApplyReferences: what a row of the plan will refer to must still be there;
// a script that refers to nothing does so in its plan too.
func TestApplyReferences(t *testing.T) {
	for _, tt := range []struct{ name, sql, between, want string }{
		{"deleted since", "UPDATE Custodian SET ManagerID=1 WHERE CustodianID=2", "DELETE FROM Custodian WHERE CustodianID=1", "bob (Custodian 2) would get the ManagerID 1, and that row of Custodian was deleted since"},
		{"of another table", "INSERT INTO Asset(AssetName, CustodianID) VALUES ('laptop', 1)", "DELETE FROM Custodian WHERE CustodianID=1", "Asset 1 would get the CustodianID 1, and that row of Custodian was deleted since"},
		{"a row of the plan", "INSERT INTO Custodian(CustodianID, FullName) VALUES (3, 'cyd'); UPDATE Custodian SET ManagerID=3 WHERE CustodianID=2", "DELETE FROM Custodian WHERE CustodianID=1", ""},
		{"there never was one", "UPDATE Custodian SET ManagerID=77 WHERE CustodianID=2", "DELETE FROM Custodian WHERE CustodianID=1", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
			direct(t, d, 1, "INSERT INTO Custodian(FullName) VALUES ('ada'), ('bob')")
			s := begin(t, d, RunInfo{Transformation: "x", Testing: true, Planning: true})
			for _, q := range strings.Split(tt.sql, "; ") {
				if _, err := s.Exec(t.Context(), runtime.Query{SQL: q}); err != nil {
					t.Fatal(err)
				}
			}
			r, err := s.Finish(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			k := keepPlan(t, r)
			execute(t, d.path, tt.between)
			before := contents(t, t, d)
			_, err = k.apply(t, d, RunInfo{Transformation: "x"})
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if e := stale(t, err); !strings.Contains(e.Error(), tt.want) {
				t.Errorf("%v, want %s", e, tt.want)
			}
			if diff := cmp.Diff(before, contents(t, t, d)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
