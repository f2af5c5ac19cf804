package site

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A person is a user of a directory.
type person struct {
	id, login, email, name string
	active                 bool
}

// A directory is where people come from. As in OKTA, an id is one person's for
// ever, a login is one person's at a time, whatever its letters.
type directory struct {
	source string
	people []person
	left   []person
	next   int
}

var logins = []string{"ada", "bob", "zoë", "straße", "mark", "jesse", "åse", "σοφός", "İpek", "renée", "-"}

func (d *directory) taken(login string) bool {
	return login != "" && slices.ContainsFunc(d.people, func(p person) bool { return Fold(p.login) == Fold(login) })
}

// free draws a login that nobody has.
func (d *directory) free(rt *rapid.T) string {
	login := rapid.SampledFrom(logins).Draw(rt, "login")
	if login == "-" {
		return ""
	}
	login = spelling(login, rapid.IntRange(0, 4).Draw(rt, "spelling"))
	if d.taken(login) {
		d.next++
		return fmt.Sprintf("%s.%d", login, d.next)
	}
	return login
}

func (d *directory) join(rt *rapid.T, login string) {
	d.next++
	d.people = append(d.people, person{
		id: fmt.Sprintf("%s-%d", d.source, d.next), login: login, email: rapid.SampledFrom([]string{"", "a@example.com", "É@example.com", "é@example.com", "b@example.com"}).Draw(rt, "email"),
		name: rapid.SampledFrom([]string{"", "Ada", "O'Hara \"x\" ☃"}).Draw(rt, "name"), active: rapid.Bool().Draw(rt, "active"),
	})
}

func (d *directory) leave(i int) person {
	p := d.people[i]
	d.people = slices.Delete(d.people, i, i+1)
	d.left = append(d.left, p)
	return p
}

// live is one thing that happens in a directory.
func (d *directory) live(rt *rapid.T) {
	what := rapid.SampledFrom([]string{"join", "join", "rename", "respell", "swap", "chain", "leave", "again", "back", "edit", "status"}).Draw(rt, "what")
	if len(d.people) == 0 || what == "join" {
		d.join(rt, d.free(rt))
		return
	}
	i := rapid.IntRange(0, len(d.people)-1).Draw(rt, "who")
	j := rapid.IntRange(0, len(d.people)-1).Draw(rt, "with")
	p, q := &d.people[i], &d.people[j]
	switch what {
	case "rename":
		p.login = d.free(rt)
	case "respell":
		p.login = spelling(p.login, rapid.IntRange(0, 4).Draw(rt, "spelling"))
	case "swap":
		p.login, q.login = q.login, p.login
	case "chain": // everybody gets the next one's login
		for k := range len(d.people) - 1 {
			d.people[k].login, d.people[k+1].login = d.people[k+1].login, d.people[k].login
		}
	case "leave":
		d.leave(i)
	case "again": // deleted and made again: a new id, the same login
		d.join(rt, spelling(d.leave(i).login, rapid.IntRange(0, 4).Draw(rt, "spelling")))
	case "back": // under the old id
		if len(d.left) > 0 {
			k := rapid.IntRange(0, len(d.left)-1).Draw(rt, "left")
			old := d.left[k]
			d.left = slices.Delete(d.left, k, k+1)
			if d.taken(old.login) {
				old.login = d.free(rt)
			}
			d.people = append(d.people, old)
		}
	case "edit":
		p.name, p.email = rapid.SampledFrom([]string{"", "Eve", p.name}).Draw(rt, "name"), rapid.SampledFrom([]string{"", "c@example.com", p.email}).Draw(rt, "email")
	case "status":
		p.active = !p.active
	}
}

// TestHistory lives through random histories of two directories and of people
// who edit the table by hand, and holds every run against a model in memory:
// the rows, the counts, the key forms, the change set, from which the state
// before the run must come back, and the hash of each row as it was written.
func TestHistory(t *testing.T) {
	onNewSites(t, "15", func(rt *rapid.T, d *Database) {
		h := &history{rt: rt, t: t, d: d}
		orgs := []*directory{{source: "A"}, {source: "A"}, {source: "B"}}
		orgs[0] = orgs[1] // A is read twice as often
		for range rapid.IntRange(2, 9).Draw(rt, "rounds") {
			o := rapid.SampledFrom(orgs).Draw(rt, "org")
			for range rapid.IntRange(0, 6).Draw(rt, "events") {
				o.live(rt)
			}
			if rapid.IntRange(0, 2).Draw(rt, "by hand") == 0 {
				h.byHand()
			}
			complete := rapid.IntRange(0, 4).Draw(rt, "part") > 0
			pull := slices.Clone(o.people)
			for i := len(pull) - 1; i > 0; i-- {
				j := rapid.IntRange(0, i).Draw(rt, "order")
				pull[i], pull[j] = pull[j], pull[i]
			}
			if !complete {
				pull = pull[:len(pull)/2]
			}
			h.run(o.source, pull, complete)
		}
	})
}

var rowFields = cmp.AllowUnexported(modelRow{})

type history struct {
	rt    *rapid.T
	t     *testing.T
	d     *Database
	model modelTable
	runs  int64
}

// byHand is another program that writes the table.
func (h *history) byHand() {
	text := func(s string) string {
		if s == "" {
			return "NULL"
		}
		return literal(s)
	}
	var who *modelRow
	if len(h.model.rows) > 0 {
		who = h.model.rows[rapid.IntRange(0, len(h.model.rows)-1).Draw(h.rt, "row")]
	}
	what := rapid.SampledFrom([]string{"add", "add", "name", "login", "forget", "delete"}).Draw(h.rt, "hand")
	switch {
	case who == nil || what == "add":
		r := &modelRow{
			source: rapid.SampledFrom([]string{"", "HR"}).Draw(h.rt, "source"), login: rapid.SampledFrom(logins[:len(logins)-1]).Draw(h.rt, "login"), email: rapid.SampledFrom([]string{"", "A@example.com", "É@example.com"}).Draw(h.rt, "email"),
			name: "Else", active: true,
		}
		if len(h.model.holders(r.login, r.source)) > 0 {
			return // HR has no login twice either
		}
		execute(h.t, h.d.path, fmt.Sprintf("INSERT INTO Custodian(Source, Login, Email, FirstName) VALUES (%s, %s, %s, 'Else')", text(r.source), text(r.login), text(r.email)))
		rows, err := h.d.Read(h.t.Context(), "SELECT max(CustodianID) FROM Custodian")
		if err != nil {
			h.rt.Fatal(err)
		}
		r.id = rows[0][0].(int64)
		h.model.rows = append(h.model.rows, r)
	case what == "name":
		who.name = "Hand"
		execute(h.t, h.d.path, fmt.Sprintf("UPDATE Custodian SET FirstName='Hand' WHERE CustodianID=%d", who.id))
	case what == "login":
		login := spelling(who.login, 0)
		who.login = login
		execute(h.t, h.d.path, fmt.Sprintf("UPDATE Custodian SET Login=%s WHERE CustodianID=%d", text(login), who.id))
	case what == "forget":
		who.okta = ""
		execute(h.t, h.d.path, fmt.Sprintf("UPDATE Custodian SET OktaID=NULL WHERE CustodianID=%d", who.id))
	case what == "delete":
		h.model.rows = slices.DeleteFunc(h.model.rows, func(r *modelRow) bool { return r == who })
		execute(h.t, h.d.path, fmt.Sprintf("DELETE FROM Custodian WHERE CustodianID=%d", who.id))
	}
}

// run runs a pull twice, as a test and as it is, and compares.
func (h *history) run(source string, pull []person, complete bool) {
	rt := h.rt
	before := h.model.snapshot()
	last, err := h.d.Read(h.t.Context(), "SELECT max(coalesce((SELECT max(CustodianID) FROM Custodian), 0), coalesce((SELECT seq FROM sqlite_sequence WHERE name='Custodian'), 0))")
	if err != nil {
		rt.Fatal(err)
	}
	want := h.model.run(source, pull, complete, last[0][0].(int64))
	h.runs++
	tested := h.sync(source, pull, complete, true)
	if diff := cmp.Diff(before, h.table(), rowFields); diff != "" {
		rt.Fatalf("the test changed the table:\n%s", diff)
	}
	r := h.sync(source, pull, complete, false)
	rejects := ""
	for _, x := range r.Rejects {
		rejects += "\n" + x.Key + ": " + x.Reason
	}
	got := r.Counts
	if diff := cmp.Diff(tested.Counts, got); diff != "" {
		rt.Fatalf("the test counted otherwise (-test +run):\n%s", diff)
	}
	got.Absent, got.Warnings = 0, 0
	if diff := cmp.Diff(want, got); diff != "" {
		rt.Fatalf("counts (-model +run):\n%s%s", diff, rejects)
	}
	after := h.renumber(last[0][0].(int64))
	if diff := cmp.Diff(h.model.snapshot(), after, rowFields); diff != "" {
		rt.Fatalf("the table (-model +run):\n%s%s", diff, rejects)
	}
	h.changes(before, after)
}

func (h *history) sync(source string, pull []person, complete, testing bool) *Result {
	s, err := h.d.Begin(h.t.Context(), RunInfo{RunID: h.runs, Transformation: "history " + source, Testing: testing, AllowOnce: []string{"all"}})
	if err != nil {
		h.rt.Fatal(err)
	}
	defer s.Abort()
	var columns []runtime.TargetColumn
	for _, name := range []string{"OktaID", "Login", "Email", "FirstName", "Active"} {
		columns = append(columns, runtime.TargetColumn{Name: name})
	}
	g, err := s.Open(h.t.Context(), runtime.TargetSpec{Table: "Custodian", Source: source, Key: []string{"OktaID"}, Adopt: []string{"Login", "Email"}, Columns: columns})
	if err != nil {
		h.rt.Fatal(err)
	}
	for _, p := range pull {
		r := runtime.Record{Values: []runtime.Value{runtime.Text(p.id), runtime.Text(p.login), runtime.Text(p.email), runtime.Text(p.name), runtime.Bool(p.active)}}
		if _, err := g.Upsert(h.t.Context(), r); err != nil {
			h.rt.Fatal(err)
		}
	}
	if complete {
		if _, err := s.DeactivateMissing(h.t.Context(), source, lexer.Position{}); err != nil {
			h.rt.Fatal(err)
		}
	}
	r, err := s.Finish(h.t.Context())
	if err != nil {
		h.rt.Fatal(err)
	}
	return r
}

// table reads the table, and sees to it that the key forms are those of the
// logins and addresses, after a run without exception.
func (h *history) table() map[int64]modelRow {
	rows, err := h.d.Read(h.t.Context(), "SELECT CustodianID, OktaID, Source, Login, Email, FirstName, Active, LoginKey, EmailKey FROM Custodian")
	if err != nil {
		h.rt.Fatal(err)
	}
	all := make(map[int64]modelRow)
	for _, r := range rows {
		text := func(i int) string { s, _ := r[i].(string); return s }
		all[r[0].(int64)] = modelRow{id: r[0].(int64), okta: text(1), source: text(2), login: text(3), email: text(4), name: text(5), active: r[6] == int64(1)}
		if text(7) != Fold(text(3)) || text(8) != Fold(text(4)) {
			h.rt.Fatalf("key forms of %v", r)
		}
	}
	return all
}

// renumber gives the model's new rows the ids that the table gave them, which
// must be new and in the order in which the records came.
func (h *history) renumber(last int64) map[int64]modelRow {
	after := h.table()
	var ids []int64
	for id := range after {
		if id > last {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	var fresh []*modelRow
	for _, r := range h.model.rows {
		if r.id > last {
			fresh = append(fresh, r)
		}
	}
	if len(ids) == len(fresh) {
		for i, r := range fresh {
			r.id = ids[i]
		}
	}
	return after
}

// changes holds the change rows of the last run against the table before and
// after it: one row a changed row, with the old values of just the columns that
// changed, and the hash of the row as it is.
func (h *history) changes(before, after map[int64]modelRow) {
	rt := h.rt
	rows, err := h.d.Read(h.t.Context(), fmt.Sprintf("SELECT RowID, Action, Old, RowHash, TableName, Source FROM amsx_change WHERE RunID=%d", h.runs))
	if err != nil {
		rt.Fatal(err)
	}
	undone := maps.Clone(after)
	for _, r := range rows {
		id, now := r[0].(int64), after[r[0].(int64)]
		if r[4] != "Custodian" || r[5] != now.source || r[3] != h.hash(id) {
			rt.Fatalf("change row %v: its table, its source or its hash is not that of %+v", r, now)
		}
		if r[1] == "insert" {
			if r[2] != nil {
				rt.Fatalf("change row %v: the old values of a row that was not there", r)
			}
			delete(undone, id)
			continue
		}
		var old map[string]any
		if err := json.Unmarshal([]byte(r[2].(string)), &old); err != nil || len(old) == 0 {
			rt.Fatalf("change row %v: %v", r, err)
		}
		was := now
		for name, v := range old {
			text, _ := v.(string)
			into := map[string]*string{"OktaID": &was.okta, "Source": &was.source, "Login": &was.login, "Email": &was.email, "FirstName": &was.name}[name]
			switch {
			case name == "Active" && was.active != (v == 1.0):
				was.active = v == 1.0
			case into != nil && *into != text && (v == nil) == (text == ""):
				*into = text
			default:
				rt.Fatalf("change row %v: %s did not change from %v", r, name, v)
			}
		}
		undone[id] = was
	}
	if diff := cmp.Diff(before, undone, rowFields); diff != "" {
		rt.Fatalf("the change set taken back (-before +taken back):\n%s", diff)
	}
}

// hash is the hash of a row as it is, over all columns.
func (h *history) hash(id int64) any {
	s, err := h.d.Begin(h.t.Context(), RunInfo{Testing: true})
	if err != nil {
		h.rt.Fatal(err)
	}
	defer s.Abort()
	t := s.table("Custodian")
	n, err := scalar(s.c, "SELECT "+t.hashSQL(func(at int) string { return quote(t.columns[at].name) })+" FROM Custodian WHERE CustodianID=?1", id)
	if err != nil {
		h.rt.Fatal(err)
	}
	return n
}
