package site

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The columns of TestUndo's rows, in the order of wholeRows.
var undoColumns = []string{"OktaID", "Source", "Login", "LoginKey", "Email", "EmailKey", "ManagerID", "FirstName", "JobTitle", "Department", "Active"}

const (
	undoManager = 6
	undoActive  = 10
)

// TestUndo takes random runs back: every table is as it was before, and the
// undo of the undo makes it as it was after. With edits by hand in between,
// exactly those fields stay, and rows that the run inserted and somebody
// edited, or that a row which stays refers to.
func TestUndo(t *testing.T) {
	onNewSites(t, "12", func(rt *rapid.T, d *Database) {
		w := &undoWorld{rt: rt, t: t, d: d}
		w.startRows()
		if rapid.Bool().Draw(rt, "a run before") {
			w.pull("")
		}
		before, wroteBefore := w.rows(), w.written()
		w.pull(rapid.SampledFrom([]string{
			"", "", "DELETE FROM Custodian WHERE CustodianID%3=1 AND CustodianID NOT IN (SELECT ManagerID FROM Custodian WHERE ManagerID IS NOT NULL)", "UPDATE Custodian SET Active=1-Active, FirstName='sql' WHERE CustodianID%2=0",
			"INSERT INTO Department(DepartmentName) VALUES ('By SQL')",
		}).Draw(rt, "sql"))
		run := w.runs
		after := w.rows()

		first := w.undo(run)
		if len(first.Stays) > 0 {
			rt.Fatalf("nobody edited anything, and these stay: %+v", first.Stays)
		}
		w.same("after the undo", before, w.rows())
		w.keepsBookkeeping(before, wroteBefore)
		w.undo(w.runs)
		w.same("after the undo of the undo", after, w.rows())

		edited := w.edit(before, after)
		u := w.undo(run)
		want, stays := expectUndo(before, after, edited)
		w.same("after edits by hand and the undo", want, w.rows())
		if u.Staying != stays {
			rt.Fatalf("%d stay, want %d: %+v", u.Staying, stays, u.Stays)
		}
		undone := w.runs
		w.undo(undone)
		w.same("after the undo of that", edited, w.rows())
	})
}

type undoWorld struct {
	rt   *rapid.T
	t    *testing.T
	d    *Database
	runs int64
}

// startRows are rows that are there before amsx ever ran. None refers to a row
// that is not there: one that a run adds under that id would count as referred
// to, and not be deleted.
func (w *undoWorld) startRows() {
	rt := w.rt
	for i := range rapid.IntRange(0, 6).Draw(rt, "start rows") {
		login := rapid.SampledFrom([]string{"a", "b", "É", "zoë", "m", ""}).Draw(rt, "login")
		if login != "" {
			login += fmt.Sprint(i)
		}
		err := w.d.Load(w.t.Context(), "Custodian", []string{"OktaID", "Source", "Login", "Email", "ManagerID", "FirstName", "JobTitle", "Active"}, [][]string{{
			rapid.SampledFrom([]string{"", fmt.Sprintf("u%d", i)}).Draw(rt, "id"), rapid.SampledFrom([]string{"", "S", "T"}).Draw(rt, "source"), login,
			rapid.SampledFrom([]string{"", "É@x", "a@x"}).Draw(rt, "mail"), rapid.SampledFrom([]string{"", fmt.Sprint(max(i, 1))}).Draw(rt, "manager"),
			rapid.SampledFrom([]string{"", "Ada"}).Draw(rt, "first"), rapid.SampledFrom([]string{"", "Smith", "Joiner"}).Draw(rt, "job"), rapid.SampledFrom([]string{"0", "1"}).Draw(rt, "active"),
		}})
		if err != nil {
			rt.Fatal(err)
		}
	}
}

// pull is a run of a random pull, with one statement of direct SQL.
func (w *undoWorld) pull(sql string) {
	rt, ctx := w.rt, w.t.Context()
	w.runs++
	s, err := w.d.Begin(ctx, RunInfo{RunID: w.runs, Transformation: "T", AllowOnce: []string{"all"}})
	if err != nil {
		rt.Fatal(err)
	}
	defer s.Abort()
	g, err := s.Open(ctx, runtime.TargetSpec{Table: "Custodian", Source: "S", Key: []string{"OktaID"}, Adopt: []string{"Login", "Email"}, Columns: []runtime.TargetColumn{
		{Name: "OktaID"}, {Name: "Login"}, {Name: "Email"}, {Name: "ManagerID", Lookup: &runtime.LookupSpec{Result: "CustodianID", Table: "Custodian", Columns: []string{"Login", "Email"}}},
		{Name: "FirstName"}, {Name: "JobTitle", KeepEdited: true}, {Name: "Department", Lookup: &runtime.LookupSpec{Result: "DepartmentName", Table: "Department", Columns: []string{"DepartmentName"}, Create: true}}, {Name: "Active"},
	}})
	if err != nil {
		rt.Fatal(err)
	}
	if sql != "" {
		_, _ = s.Exec(ctx, runtime.Query{SQL: sql}) // it may meet a unique value; then it changed nothing
	}
	text := func(of ...string) runtime.Value {
		s := rapid.SampledFrom(of).Draw(rt, "value")
		if s == "" {
			return runtime.Null()
		}
		return runtime.Text(s)
	}
	n := rapid.IntRange(0, 7).Draw(rt, "records")
	for range n {
		login := []string{"a0", "A0", "b1", "É2", "é2", "zoë3", "m4", "new", ""}
		r := runtime.Record{Values: []runtime.Value{
			text("u0", "u1", "u2", "u3", "u4", "u5", "u6"), text(login...), text("", "é@x", "n@x"), text(login...), text("", "Ada", "Eve"), text("", "Smith", "Lead"), text("", "Sales", "IT"), text("True", "True", "False"),
		}}
		if _, err := g.Upsert(ctx, r); err != nil {
			rt.Fatal(err)
		}
	}
	if rapid.Bool().Draw(rt, "commit") {
		if err := s.Commit(ctx); err != nil {
			rt.Fatal(err)
		}
	}
	if rapid.Bool().Draw(rt, "leavers") {
		if _, err := s.DeactivateMissing(ctx, "S", lexer.Position{}); err != nil {
			rt.Fatal(err)
		}
	}
	if _, err := s.Finish(ctx); err != nil {
		rt.Fatal(err)
	}
}

// undo takes a run back, as a test and as it is.
func (w *undoWorld) undo(run int64) *UndoResult {
	w.rt.Helper()
	before := w.rows()
	tested, err := w.d.Undo(w.t.Context(), RunInfo{Transformation: "T", Testing: true}, run)
	if err != nil {
		var none *UndoError
		if rows, _ := w.d.Read(w.t.Context(), fmt.Sprintf("SELECT count(*) FROM amsx_change WHERE RunID=%d", run)); errors.As(err, &none) && rows[0][0] == int64(0) {
			w.rt.Skip("the run changed nothing")
		}
		w.rt.Fatal(err)
	}
	defer tested.Close()
	w.same("the test of an undo", before, w.rows())
	w.runs++
	u, err := w.d.Undo(w.t.Context(), RunInfo{RunID: w.runs, Transformation: "T"}, run)
	if err != nil {
		w.rt.Fatal(err)
	}
	if diff := cmp.Diff(tested.Counts, u.Counts); diff != "" {
		w.rt.Fatalf("the test of the undo counted otherwise:\n%s", diff)
	}
	if diff := cmp.Diff(tested.Stays, u.Stays); diff != "" {
		w.rt.Fatalf("in the test of the undo other things stay:\n%s", diff)
	}
	return u
}

// A tableState is the rows of Custodian by id, and the names of the
// departments.
type tableState struct {
	Rows        map[int64][]any
	Departments [][]any
}

func (w *undoWorld) rows() tableState {
	w.rt.Helper()
	s := tableState{Rows: make(map[int64][]any)}
	columns := ""
	for _, c := range undoColumns {
		columns += ", " + c
	}
	rows, err := w.d.Read(w.t.Context(), "SELECT CustodianID"+columns+" FROM Custodian")
	if err != nil {
		w.rt.Fatal(err)
	}
	for _, r := range rows {
		s.Rows[r[0].(int64)] = r[1:]
	}
	if s.Departments, err = w.d.Read(w.t.Context(), "SELECT DepartmentID, DepartmentName FROM Department ORDER BY 1"); err != nil {
		w.rt.Fatal(err)
	}
	return s
}

func (w *undoWorld) same(when string, want, got tableState) {
	w.rt.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		w.rt.Fatalf("%s (-want +got):\n%s", when, diff)
	}
}

// written is the bookkeeping of keep="edited".
func (w *undoWorld) written() map[int64]int64 {
	rows, err := w.d.Read(w.t.Context(), "SELECT RowID, ValueHash FROM amsx_written WHERE Transformation='T' AND ColumnName='JobTitle'")
	if err != nil {
		w.rt.Fatal(err)
	}
	all := make(map[int64]int64)
	for _, r := range rows {
		all[r[0].(int64)] = r[1].(int64)
	}
	return all
}

// keepsBookkeeping: of a row that was there before the run, what the
// transformation wrote last is what it was, or the value that is there.
func (w *undoWorld) keepsBookkeeping(before tableState, was map[int64]int64) {
	now := w.written()
	for id, row := range before.Rows {
		hash := int64(0)
		if job, ok := row[8].(string); ok {
			hash = int64(textCell(job).hash())
		}
		got, known := now[id]
		if old, ok := was[id]; known && got != hash && (!ok || got != old) || !known && ok {
			w.rt.Fatalf("row %d: the bookkeeping of JobTitle is %v (%v), before it was %v (%v), the value's is %v", id, got, known, old, ok, hash)
		}
	}
}

// edit changes some fields by hand, and returns the tables.
func (w *undoWorld) edit(before, after tableState) tableState {
	for _, id := range slices.Sorted(maps.Keys(after.Rows)) {
		var set string
		switch rapid.SampledFrom([]string{"", "", "first", "manager", "active", "login"}).Draw(w.rt, "edit") {
		case "first":
			set = "FirstName='by hand'"
		case "manager":
			set = fmt.Sprintf("ManagerID=%d", rapid.SampledFrom(slices.Sorted(maps.Keys(after.Rows))).Draw(w.rt, "manager"))
		case "active":
			set = "Active=1-Active"
		case "login":
			set = fmt.Sprintf("Login='H%d'", id)
		default:
			continue
		}
		execute(w.t, w.d.path, fmt.Sprintf("UPDATE Custodian SET %s WHERE CustodianID=%d", set, id))
	}
	return w.rows()
}

// expectUndo says in plain loops what an undo leaves: a field that is not as
// the run left it stays, and so does a row that the run inserted when it was
// edited; one that something refers to in the end is made inactive.
func expectUndo(before, after, edited tableState) (want tableState, stays int64) {
	want = tableState{Rows: make(map[int64][]any), Departments: before.Departments}
	fresh := make(map[int64]bool)
	for id, was := range before.Rows {
		now, there := edited.Rows[id]
		if !there {
			want.Rows[id] = was // the run deleted it
			continue
		}
		row := slices.Clone(was)
		for i := range row {
			if i == 3 || i == 5 {
				continue // the key forms follow from their columns
			}
			left := after.Rows[id][i]
			if was[i] != left && now[i] != left && now[i] != was[i] {
				stays++
			}
			if now[i] != left {
				row[i] = now[i]
				if i == 2 || i == 4 {
					row[i+1] = now[i+1]
				}
			}
		}
		want.Rows[id] = row
	}
	for id, now := range edited.Rows {
		if _, was := before.Rows[id]; was {
			continue
		}
		if cmp.Equal(now, after.Rows[id]) {
			fresh[id] = true
			continue
		}
		want.Rows[id] = now
		stays++
	}
	for again := true; again; {
		again = false
		for _, row := range want.Rows {
			if m, ok := row[undoManager].(int64); ok && fresh[m] {
				kept := slices.Clone(edited.Rows[m])
				kept[undoActive] = int64(0)
				delete(fresh, m)
				want.Rows[m] = kept
				stays++
				again = true
			}
		}
		n := unclash(want.Rows, edited.Rows)
		stays += n
		again = again || n > 0
	}
	return want, stays
}

// unclash finds a row that would get a unique value that another has: it keeps
// the value that it has, or is not put back where the run deleted it. It
// returns how many things stay for that.
func unclash(want, edited map[int64][]any) (stays int64) {
	for _, index := range [][]int{{0}, {3, 1}} { // OktaID; LoginKey, Source
		tuple := func(row []any) string {
			text := ""
			for _, i := range index {
				if row[i] == nil {
					return ""
				}
				text += fmt.Sprintf("%q", row[i])
			}
			return text
		}
		for _, id := range slices.Sorted(maps.Keys(want)) {
			row, now := want[id], edited[id]
			if now != nil && tuple(row) == tuple(now) || tuple(row) == "" {
				continue
			}
			for other, r := range want {
				if other == id || tuple(r) != tuple(row) {
					continue
				}
				if now == nil {
					delete(want, id)
					return 1
				}
				for _, i := range index {
					if row[i] == now[i] {
						continue
					}
					stays++
					row[i] = now[i]
					if i == 3 {
						row[2] = now[2]
					}
				}
				return stays
			}
		}
	}
	return 0
}

// TestUndoIsFenced: an undo that lost its lease to a newer run writes nothing.
func TestUndoIsFenced(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	direct(t, d, 1, "INSERT INTO Custodian(Login) VALUES ('ada')")
	s, err := d.Begin(t.Context(), RunInfo{RunID: 2, Transformation: "T", Fence: 9})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Abort(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Undo(t.Context(), RunInfo{RunID: 3, Transformation: "T", Fence: 8}, 1); !errors.Is(err, ErrFenced) {
		t.Errorf("with an old token: %v", err)
	}
	rows, err := d.Read(t.Context(), "SELECT (SELECT count(*) FROM Custodian), (SELECT count(*) FROM amsx_run)")
	if err != nil || rows[0][0] != int64(1) || rows[0][1] != int64(1) {
		t.Errorf("%v, %v", rows, err)
	}
	if _, err := d.Undo(t.Context(), RunInfo{RunID: 3, Transformation: "T", Fence: 9}, 1); err != nil {
		t.Error(err)
	}
}

// TestUndoOfAReference: a reference to a row that was deleted since is not given
// back, and the row that is put back is put back without it.
func TestUndoOfAReference(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	direct(t, d, 1, "INSERT INTO Custodian(CustodianID, FullName, ManagerID) VALUES (1, 'ada', Null), (2, 'bob', 1), (3, 'cyd', Null), (4, 'dot', 1), (5, 'eve', 4)")
	direct(t, d, 2, "UPDATE Custodian SET ManagerID=3, JobTitle='Boss' WHERE CustodianID=2", "DELETE FROM Custodian WHERE CustodianID IN (4, 5)")
	direct(t, d, 3, "DELETE FROM Custodian WHERE CustodianID=1")
	u, err := d.Undo(t.Context(), RunInfo{RunID: 4, Transformation: "T"}, 2)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := d.Read(t.Context(), "SELECT CustodianID, FullName, ManagerID, JobTitle FROM Custodian")
	want := [][]any{{int64(2), "bob", int64(3), nil}, {int64(3), "cyd", nil, nil}, {int64(4), "dot", nil, nil}, {int64(5), "eve", int64(4), nil}}
	if diff := cmp.Diff(want, rows); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	const reason = "Custodian 1, to which it referred, was deleted since"
	stays := []Stay{
		{"Custodian", 2, "bob", "ManagerID", int64(3), int64(1), reason},
		{"Custodian", 4, "Custodian 4", "ManagerID", nil, int64(1), reason},
	}
	if diff := cmp.Diff(stays, u.Stays); diff != "" {
		t.Error(diff)
	}
	if rows, err := d.Read(t.Context(), "SELECT count(*) FROM pragma_foreign_key_check"); err != nil || rows[0][0] != int64(0) {
		t.Errorf("%v rows refer to nothing, %v", rows, err)
	}
}

// TestUndoSaysWhoWasLast: a field that somebody changed by hand after a later
// run is not that run's.
func TestUndoSaysWhoWasLast(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	direct(t, d, 1, "INSERT INTO Custodian(FullName) VALUES ('ada'), ('bob'), ('cyd')")
	for run, title := range []string{"Clerk", "Boss"} {
		direct(t, d, int64(run+2), "UPDATE Custodian SET JobTitle='"+title+"' WHERE CustodianID<3 OR '"+title+"'='Clerk'")
	}
	execute(t, d.path, "UPDATE Custodian SET JobTitle='Chief' WHERE CustodianID>1")
	u, err := d.Undo(t.Context(), RunInfo{RunID: 4, Transformation: "T", Testing: true}, 2)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range u.Stays {
		got = append(got, s.Key+": "+s.Reason)
	}
	want := []string{"ada: run 3 changed it since", "bob: somebody changed it after run 3, by hand or with another program", "cyd: somebody changed it since, by hand or with another program"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
