package site

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/amsx-lang/amsx/runtime"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestChangeSetIsTheDifference runs random syncs over a small world, in which
// ids, logins and e-mails collide, swap and come back, and holds each run
// against what must be so whatever it did: the change set is the difference
// between the table before and after, the counts add up, a test changes
// nothing, and the same pull again changes nothing.
func TestChangeSetIsTheDifference(t *testing.T) {
	onNewSites(t, "12", func(rt *rapid.T, d *Database) {
		world := rapid.Custom(func(rt *rapid.T) []string {
			login := rapid.SampledFrom([]string{"a", "b", "c", "d", "A", "é", "É", "-"})
			return []string{
				rapid.SampledFrom([]string{"u1", "u2", "u3", "u4", "u5", "u6", "-"}).Draw(rt, "id"),
				login.Draw(rt, "login"), login.Draw(rt, "mail"), login.Draw(rt, "manager"),
				rapid.SampledFrom([]string{"Ada", "Bob", "-"}).Draw(rt, "name"),
				rapid.SampledFrom([]string{"True", "False", "~", "x"}).Draw(rt, "active"),
			}
		})
		if rapid.Bool().Draw(rt, "elsewhere") {
			load(rt, t, d, [][]string{{"a", "b"}, {"c", "b"}, {"d", "a"}})
		}
		for range rapid.IntRange(1, 4).Draw(rt, "runs") {
			pull := rapid.SliceOfN(world, 0, 9).Draw(rt, "pull")
			o := randomRun{
				leavers: rapid.Bool().Draw(rt, "leavers"), source: rapid.SampledFrom([]string{"S", "S", "T"}).Draw(rt, "source"),
				sql: rapid.SampledFrom([]string{"", "", "", "UPDATE Custodian SET FirstName='sql', Login=Login||'x' WHERE CustodianID%3=1", "DELETE FROM Custodian WHERE CustodianID%5=2", "INSERT INTO Custodian(Login) VALUES ('a')"}).Draw(rt, "sql"),
			}
			before := snapshot(rt, t, d)
			o.testing = true
			tested := o.run(rt, t, d, pull)
			if diff := cmp.Diff(before, snapshot(rt, t, d)); diff != "" {
				rt.Fatalf("the test changed the table:\n%s", diff)
			}
			o.testing = false
			r := o.run(rt, t, d, pull)
			if diff := cmp.Diff(tested.Counts, r.Counts); diff != "" {
				rt.Fatalf("the test counted otherwise:\n%s", diff)
			}
			after := snapshot(rt, t, d)
			if diff := cmp.Diff(difference(before, after), changes(rt, r)); diff != "" {
				rt.Fatalf("change set (-table +change set):\n%s", diff)
			}
			if diff := cmp.Diff(changes(rt, tested), changes(rt, r)); diff != "" {
				rt.Fatalf("the test's change set (-test +run):\n%s", diff)
			}
			// The fuse rests on it.
			lone, err := d.Read(t.Context(), `SELECT RunID, RowID, Old, New FROM amsx_change WHERE Action NOT IN ('insert', 'delete') AND
				(SELECT group_concat(key ORDER BY key) FROM json_each(Old)) IS NOT (SELECT group_concat(key ORDER BY key) FROM json_each(New))`)
			if err != nil || len(lone) > 0 {
				rt.Fatalf("old values without new ones: %v, %v", lone, err)
			}
			c := r.Counts
			if o.sql == "" && c.Read != int64(len(pull))-c.Repeated {
				rt.Fatalf("read %d of %d records, %d repeated", c.Read, len(pull), c.Repeated)
			}
			if c.Unchanged < 0 || o.sql == "" && !o.leavers && c.Read != c.Inserted+c.Updated+c.Unchanged+c.Reactivated+c.Deactivated+c.Adopted+c.Rekeyed+c.Rejected+c.Skipped {
				rt.Fatalf("the counts do not add up: %+v", c)
			}
			if o.sql != "" || c.Rejected > 0 || c.Warnings > 0 {
				continue
			}
			// A look-up of a record that arrived early may have been answered by
			// a row whose login moved on in the same run: once more settles it.
			for ch, err := range o.run(rt, t, d, pull).Changes() {
				if err != nil || len(ch.Fields) != 1 || ch.Fields[0].Name != "ManagerID" {
					rt.Fatalf("the same pull again changes %+v, %v", ch, err)
				}
			}
			if again := o.run(rt, t, d, pull); len(changes(rt, again)) > 0 {
				rt.Fatalf("the same pull a third time changes %v", changes(rt, again))
			}
		}
	})
}

type randomRun struct {
	leavers, testing bool
	source, sql      string
}

func (o randomRun) run(rt *rapid.T, t *testing.T, d *Database, pull [][]string) *Result {
	s, err := d.Begin(t.Context(), RunInfo{Transformation: "random " + o.source, Testing: o.testing, AllowOnce: []string{"all"}})
	if err != nil {
		rt.Fatal(err)
	}
	defer s.Abort()
	g, err := s.Open(t.Context(), runtime.TargetSpec{Table: "Custodian", Source: o.source, Key: []string{"OktaID"}, Adopt: []string{"Login", "Email"}, Columns: []runtime.TargetColumn{
		{Name: "OktaID"}, {Name: "Login"}, {Name: "Email"}, {Name: "ManagerID", Lookup: &runtime.LookupSpec{Result: "CustodianID", Table: "Custodian", Columns: []string{"Login", "Email"}}}, {Name: "FirstName"}, {Name: "Active"},
	}})
	if err != nil {
		rt.Fatal(err)
	}
	if o.sql != "" {
		// A statement may meet a unique value; then it changed nothing.
		_, _ = s.Exec(t.Context(), runtime.Query{SQL: o.sql})
	}
	return finishPull(rt, t, s, g, pull, 0, o.leavers, o.source)
}

func load(rt *rapid.T, t *testing.T, d *Database, rows [][]string) {
	if err := d.Load(t.Context(), "Custodian", []string{"Login", "Email"}, rows); err != nil {
		rt.Fatal(err)
	}
}

// snapshot is the table by row id, its key forms checked.
func snapshot(rt *rapid.T, t *testing.T, d *Database) map[int64]string {
	rows, err := d.Read(t.Context(), "SELECT CustodianID, OktaID, Source, Login, Email, FirstName, ManagerID, Active, LoginKey, EmailKey FROM Custodian")
	if err != nil {
		rt.Fatal(err)
	}
	all := make(map[int64]string)
	for _, r := range rows {
		for i, of := range []int{3, 4} {
			login, _ := r[of].(string)
			key, _ := r[8+i].(string)
			if key != Fold(login) && key != "" {
				rt.Fatalf("the key form of %q is %q", login, key)
			}
		}
		all[r[0].(int64)] = fmt.Sprint(r[1:8])
	}
	return all
}

// difference lists the row ids that are not what they were.
func difference(before, after map[int64]string) []int64 {
	ids := make(map[int64]bool)
	for id, row := range before {
		if after[id] != row {
			ids[id] = true
		}
	}
	for id := range after {
		if _, was := before[id]; !was {
			ids[id] = true
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

func changes(rt *rapid.T, r *Result) []int64 {
	var ids []int64
	for ch, err := range r.Changes() {
		if err != nil {
			rt.Fatal(err)
		}
		if len(ch.Fields) > 0 {
			ids = append(ids, ch.RowID)
		}
	}
	return ids
}
