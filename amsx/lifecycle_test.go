package amsx_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/runtime"
)

// people450 is an org with everything in it that a directory may hold.
func people450(t *testing.T) *org {
	t.Helper()
	o := newOrg(t, oktasim.Config{Users: 440, Groups: 8, Seed: 11})
	add := func(u oktasim.User) {
		t.Helper()
		if _, err := o.sim.Org().AddUser(u); err != nil {
			t.Fatal(err)
		}
	}
	profile := func(login string, more ...any) map[string]any {
		p := map[string]any{"login": login, "email": login}
		for i := 0; i < len(more); i += 2 {
			p[more[i].(string)] = more[i+1]
		}
		return p
	}
	add(oktasim.User{Status: "ACTIVE", Profile: profile("drop@example.com", "firstName", "'); DROP TABLE Custodian;--", "lastName", `"x' OR '1'='1`)})
	add(oktasim.User{Status: "ACTIVE", Profile: profile("percent@example.com", "firstName", "%OktaID%", "lastName", "50% %%")})
	add(oktasim.User{Status: "ACTIVE", Profile: profile("ZOË@example.com", "firstName", "Zoë", "lastName", "Ünïcode 山田")})
	add(oktasim.User{Status: "ACTIVE", Profile: map[string]any{"login": "one@example.com", "email": "shared@example.com", "firstName": "One", "lastName": "Shared"}})
	add(oktasim.User{Status: "ACTIVE", Profile: map[string]any{"login": "two@example.com", "email": "SHARED@example.com", "firstName": "Two", "lastName": "Shared"}})
	add(oktasim.User{Status: "ACTIVE", Profile: profile("empty@example.com", "firstName", "", "lastName", nil, "department", "", "title", nil)})
	add(oktasim.User{Status: "SUSPENDED", Profile: profile("blank@example.com", "firstName", "  Spaced ", "lastName", "Out")})
	add(oktasim.User{Status: "ACTIVE", Profile: profile("boss1@example.com", "firstName", "A", "lastName", "B", "managerId", "boss2@example.com")})
	add(oktasim.User{Status: "ACTIVE", Profile: profile("boss2@example.com", "firstName", "C", "lastName", "D", "managerId", "BOSS1@example.com")})
	add(oktasim.User{Status: "ACTIVE", Profile: profile("free@example.com", "firstName", "E", "lastName", "F", "managerId", "ask at the desk")})
	if n := o.sim.Org().Len(); n != 450 {
		t.Fatalf("%d users, want 450", n)
	}
	return o
}

var activeStatus = map[string]bool{"ACTIVE": true, "PASSWORD_EXPIRED": true, "LOCKED_OUT": true, "RECOVERY": true, "PROVISIONED": true, "STAGED": true}

// wanted computes the rows that the org's users must become, by a way of its
// own: OktaID, Login, Email, FirstName, LastName, FullName, JobTitle,
// Department, EmployeeNumber, Mobile, CountryCode, Status, Active, manager's
// OktaID.
func wanted(o *org) map[string][]any {
	users := o.sim.Org().Users()
	text := func(u oktasim.User, name string) any {
		s, ok := u.Profile[name].(string)
		if !ok || s == "" {
			return nil
		}
		return s
	}
	find := func(ref string) any {
		for _, column := range []string{"login", "email", "employeeNumber"} {
			var hits []string
			for _, u := range users {
				if s, ok := u.Profile[column].(string); ok && strings.EqualFold(s, ref) {
					hits = append(hits, u.ID)
				}
			}
			if len(hits) == 1 {
				return hits[0]
			}
		}
		for _, u := range users {
			if u.ID == ref {
				return u.ID
			}
		}
		return nil
	}
	out := map[string][]any{}
	for _, u := range users {
		first, _ := u.Profile["firstName"].(string)
		last, _ := u.Profile["lastName"].(string)
		var full any
		if f := strings.TrimSpace(first + " " + last); f != "" {
			full = f
		}
		active := int64(0)
		if activeStatus[u.Status] {
			active = 1
		}
		var manager any
		if ref, ok := text(u, "managerId").(string); ok {
			manager = find(ref)
		}
		out[u.ID] = []any{u.ID, text(u, "login"), text(u, "email"), text(u, "firstName"), text(u, "lastName"), full, text(u, "title"),
			text(u, "department"), text(u, "employeeNumber"), text(u, "mobilePhone"), text(u, "countryCode"), u.Status, active, manager}
	}
	return out
}

const wantedColumns = `SELECT c.OktaID, c.Login, c.Email, c.FirstName, c.LastName, c.FullName, c.JobTitle, c.Department, c.EmployeeNumber, c.Mobile,
	c.CountryCode, c.Status, c.Active, m.OktaID FROM Custodian c LEFT JOIN Custodian m ON m.CustodianID = c.ManagerID WHERE c.OktaID IS NOT NULL`

// exact fails unless the table has just what the org's users must become.
func (o *org) exact() {
	o.t.Helper()
	got := map[string][]any{}
	for _, r := range o.rows(wantedColumns) {
		got[fmt.Sprint(r[0])] = r
	}
	want := wanted(o)
	if diff := cmp.Diff(want, got); diff != "" {
		o.t.Errorf("the table is not what the org says (- want, + got):\n%.3000s", diff)
	}
}

func TestEveryValueIsRight(t *testing.T) {
	o := people450(t)
	r, err := o.run(nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Counts.Read != 450 || r.Counts.Inserted != 450 || r.Counts.Rejected != 0 {
		t.Errorf("counts %+v", r.Counts)
	}
	o.exact()

	// A second run writes nothing at all.
	before := o.rows("SELECT * FROM Custodian ORDER BY CustodianID")
	changes := o.rows("SELECT count(*) FROM amsx_change")
	r, err = o.run(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Counts; c.Read != 450 || c.Unchanged != 450 || c.Inserted+c.Updated+c.Deactivated+c.Reactivated+c.Adopted != 0 {
		t.Errorf("counts of the second run %+v", c)
	}
	if diff := cmp.Diff(before, o.rows("SELECT * FROM Custodian ORDER BY CustodianID")); diff != "" {
		t.Errorf("the second run wrote:\n%s", diff)
	}
	if diff := cmp.Diff(changes, o.rows("SELECT count(*) FROM amsx_change")); diff != "" {
		t.Errorf("the second run has changes:\n%s", diff)
	}
	o.unsaid()
}

func TestChangesComeOutAsWhatTheyAre(t *testing.T) {
	o := people450(t)
	if _, err := o.run(nil); err != nil {
		t.Fatal(err)
	}
	dir := o.sim.Org()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	id := func(login string) any {
		u, ok := dir.User(login)
		if !ok {
			t.Fatalf("no user %s", login)
		}
		return u.ID
	}
	custodian := func(oktaID any) any {
		t.Helper()
		rows := o.rows(fmt.Sprintf("SELECT CustodianID FROM Custodian WHERE OktaID='%v'", oktaID))
		if len(rows) != 1 {
			t.Fatalf("%d custodians with OktaID %v", len(rows), oktaID)
		}
		return rows[0][0]
	}
	renamed, recreated := custodian(id("one@example.com")), custodian(id("two@example.com"))
	swapped1, swapped2 := id("boss1@example.com"), id("boss2@example.com")

	must(dir.Rename("one@example.com", "Una", "Married"))
	must(dir.SetLogin("boss1@example.com", "parking@example.com"))
	must(dir.SetLogin("boss2@example.com", "boss1@example.com"))
	must(dir.SetLogin("parking@example.com", "boss2@example.com"))
	_, err := dir.Recreate("two@example.com")
	must(err)
	must(dir.SetProfile("percent@example.com", "firstName", nil))
	_, err = dir.AddUser(oktasim.User{Status: "ACTIVE", Profile: map[string]any{"login": "joiner@example.com", "email": "joiner@example.com", "firstName": "Jo", "lastName": "Iner"}})
	must(err)
	must(dir.RemoveUser("drop@example.com"))
	must(dir.SetStatus("free@example.com", "DEPROVISIONED"))
	must(dir.SetStatus("blank@example.com", "ACTIVE"))

	r, err := o.run(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := r.Counts
	if c.Inserted != 1 || c.Deactivated != 2 || c.Reactivated != 1 || c.Rekeyed != 1 || c.Rejected != 0 {
		t.Errorf("counts %+v, want 1 inserted, 2 deactivated, 1 reactivated, 1 re-keyed", c)
	}
	if custodian(id("one@example.com")) != renamed {
		t.Error("the renamed person is another row")
	}
	if custodian(id("two@example.com")) != recreated {
		t.Error("the person with a new OKTA id is another row")
	}
	if rows := o.rows(fmt.Sprintf("SELECT Login FROM Custodian WHERE OktaID IN ('%v','%v') ORDER BY Login", swapped1, swapped2)); fmt.Sprint(rows) != "[[boss1@example.com] [boss2@example.com]]" {
		t.Errorf("swapped logins: %v", rows)
	}
	if rows := o.rows("SELECT FirstName FROM Custodian WHERE Login='percent@example.com'"); rows[0][0] != nil {
		t.Errorf("a cleared field is %v", rows[0][0])
	}
	if rows := o.rows("SELECT Active FROM Custodian WHERE Login='drop@example.com'"); rows[0][0] != int64(0) {
		t.Errorf("the leaver's Active is %v", rows[0][0])
	}
}

func TestAdoption(t *testing.T) {
	o := people450(t)
	var rows [][]string
	sharing := map[string]int{} // e-mail addresses are not unique, and a shared one adopts nobody
	for _, u := range o.sim.Org().Users() {
		email, _ := u.Profile["email"].(string)
		sharing[strings.ToLower(email)]++
	}
	for i, u := range o.sim.Org().Users() {
		login, _ := u.Profile["login"].(string)
		email, _ := u.Profile["email"].(string)
		switch {
		case sharing[strings.ToLower(email)] > 1, i%3 == 2:
		case i%3 == 0:
			rows = append(rows, []string{"AD", strings.ToUpper(login), "", "Old Name"})
		default:
			rows = append(rows, []string{"HR", "hr-" + fmt.Sprint(i), strings.ToUpper(email), "Old Name"})
		}
	}
	adopt := len(rows)
	for i := len(rows); i < 3000; i++ {
		rows = append(rows, []string{"AD", fmt.Sprintf("elsewhere%d@example.net", i), fmt.Sprintf("elsewhere%d@example.net", i), "Somebody Else"})
	}
	if err := o.site.Load(context.Background(), "Custodian", []string{"Source", "Login", "Email", "FullName"}, rows); err != nil {
		t.Fatal(err)
	}
	others := "SELECT * FROM Custodian WHERE FullName='Somebody Else' ORDER BY CustodianID"
	before := o.rows(others)
	r, err := o.run(nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Counts.Adopted != int64(adopt) || r.Counts.Inserted != int64(450-adopt) || r.Counts.Deactivated != 0 {
		t.Errorf("counts %+v, want %d adopted and %d inserted", r.Counts, adopt, 450-adopt)
	}
	if by := r.AdoptedBy; by["Login"]+by["Email"] != int64(adopt) || by["Login"] == 0 || by["Email"] == 0 {
		t.Errorf("adopted by %v, want %d by Login and Email", by, adopt)
	}
	o.exact()
	if n := o.rows("SELECT count(*) FROM Custodian"); n[0][0] != int64(3000+450-adopt) {
		t.Errorf("%v custodians, want %d", n[0][0], 3000+450-adopt)
	}
	if diff := cmp.Diff(before, o.rows(others)); diff != "" {
		t.Errorf("custodians from elsewhere were touched:\n%.500s", diff)
	}
}

func TestGroups(t *testing.T) {
	o := people450(t)
	dir := o.sim.Org()
	var names []string
	union := map[string]bool{}
	for _, g := range dir.Groups() {
		if g.Name == "Everyone" || len(g.Members) == 0 || len(names) == 2 {
			continue
		}
		names = append(names, g.Name)
		for _, m := range g.Members {
			union[m] = true
		}
	}
	active := 0
	for m := range union {
		if u, _ := dir.User(m); u.Status != "DEPROVISIONED" {
			active++
		}
	}
	groups := func(list string) func(*amsx.RunOptions) {
		return func(r *amsx.RunOptions) { r.Parameters = map[string]string{"OktaGroups": list} }
	}
	r, err := o.run(groups(strings.Join(names, ", ")))
	if err != nil {
		t.Fatal(err)
	}
	if r.Counts.Read != int64(len(union)) || r.Counts.Inserted != int64(active) {
		t.Errorf("counts %+v, want %d read, %d inserted", r.Counts, len(union), active)
	}

	// Everyone is read, then only a group: nobody outside becomes inactive, a
	// departure inside is seen.
	if _, err := o.run(nil); err != nil {
		t.Fatal(err)
	}
	was := o.rows("SELECT count(*) FROM Custodian WHERE Active=1")[0][0].(int64)
	var leaver string
	for m := range union {
		if u, _ := dir.User(m); activeStatus[u.Status] {
			leaver = m
			break
		}
	}
	if err := dir.SetStatus(leaver, "DEPROVISIONED"); err != nil {
		t.Fatal(err)
	}
	r, err = o.run(groups(strings.Join(names, ", ")))
	if err != nil {
		t.Fatal(err)
	}
	if now := o.rows("SELECT count(*) FROM Custodian WHERE Active=1")[0][0].(int64); now != was-1 || r.Counts.Deactivated != 1 || r.Counts.Absent == 0 {
		t.Errorf("%d active before, %d after, counts %+v; want one less", was, now, r.Counts)
	}

	// A typo stops the run and names the group that was meant.
	before := o.rows(everyone)
	_, err = o.run(groups(names[0][:len(names[0])-1]))
	if err == nil || !strings.Contains(err.Error(), "did you mean "+names[0]) {
		t.Errorf("a misspelt group: %v; want the near match %s", err, names[0])
	}
	if diff := cmp.Diff(before, o.rows(everyone)); diff != "" {
		t.Errorf("a misspelt group wrote:\n%s", diff)
	}
}

func TestTwoOrgs(t *testing.T) {
	one := newOrg(t, oktasim.Config{Users: 60, Seed: 1})
	two := newOrg(t, oktasim.Config{Users: 50, Seed: 2})
	two.site = one.site
	pack := func(o *org, name string) func(*amsx.RunOptions) {
		return func(r *amsx.RunOptions) { r.Parameters = map[string]string{"CredentialPack": name} }
	}
	for range 2 {
		one.runs = max(one.runs, two.runs)
		if _, err := one.run(pack(one, "OKTA_ONE")); err != nil {
			t.Fatal(err)
		}
		two.runs = one.runs
		if _, err := two.run(pack(two, "OKTA_TWO")); err != nil {
			t.Fatal(err)
		}
	}
	for source, users := range map[string]int{"OKTA_ONE": 60, "OKTA_TWO": 50} {
		n := one.rows("SELECT count(*), sum(Active) FROM Custodian WHERE Source='" + source + "'")[0]
		if n[0] != int64(users) || n[1].(int64) < int64(users)/2 {
			t.Errorf("%s has %v custodians, %v active", source, n[0], n[1])
		}
	}
	if err := one.sim.Org().RemoveUser(one.sim.Org().Users()[0].ID); err != nil {
		t.Fatal(err)
	}
	one.runs = two.runs
	was := one.rows("SELECT sum(Active) FROM Custodian WHERE Source='OKTA_TWO'")
	if _, err := one.run(pack(one, "OKTA_ONE")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(was, one.rows("SELECT sum(Active) FROM Custodian WHERE Source='OKTA_TWO'")); diff != "" {
		t.Errorf("a run of one org changed the other's people:\n%s", diff)
	}
}

func TestBadRecordsAreRejected(t *testing.T) {
	o := newOrg(t, oktasim.Config{Users: 60, Seed: 1})
	for _, raw := range []string{
		`{"status":"ACTIVE","profile":{"login":"noid@example.com"}}`,
		`{"id":"00uwrongtypes","status":"ACTIVE","profile":{"login":{"a":1},"firstName":["x"]}}`,
	} {
		if _, err := o.sim.Org().AddRaw(json.RawMessage(raw)); err != nil {
			t.Fatal(err)
		}
	}
	r, err := o.run(nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Counts.Inserted != 60 || r.Counts.Rejected != 2 || len(r.Rejects) != 2 {
		t.Fatalf("counts %+v, rejects %+v; want 60 inserted, 2 rejected", r.Counts, r.Rejects)
	}
	for _, x := range r.Rejects {
		if x.Reason == "" || x.JSON == "" || strings.Contains(x.JSON, "recovery_question") {
			t.Errorf("reject %+v wants a reason and the mapped paths only", x)
		}
	}
}

// TestFormerStaff: people who left before the first run are added as inactive,
// or left out by the parameter.
func TestFormerStaff(t *testing.T) {
	for include, check := range map[string]func(gone, inserted int64) bool{
		"True": func(gone, inserted int64) bool { return inserted == 80 }, "False": func(gone, inserted int64) bool { return inserted == 80-gone },
	} {
		o := newOrg(t, oktasim.Config{Users: 80, Seed: 4})
		var gone int64
		for _, u := range o.sim.Org().Users() {
			if u.Status == "DEPROVISIONED" {
				gone++
			}
		}
		r, err := o.run(func(r *amsx.RunOptions) { r.Parameters = map[string]string{"IncludeFormerStaff": include} })
		if err != nil {
			t.Fatal(err)
		}
		if gone == 0 || !check(gone, r.Counts.Inserted) {
			t.Errorf("IncludeFormerStaff %s: %d left, %d inserted of 80", include, gone, r.Counts.Inserted)
		}
	}
}

func TestDryRunWritesNothing(t *testing.T) {
	o := people450(t)
	r, err := o.run(func(r *amsx.RunOptions) { r.Testing = true })
	if err != nil {
		t.Fatal(err)
	}
	if r.Counts.Inserted != 450 || r.Changed != 450 || len(r.Changes) != 450 {
		t.Errorf("counts %+v, %d changes listed", r.Counts, len(r.Changes))
	}
	if n := o.rows("SELECT (SELECT count(*) FROM Custodian) + (SELECT count(*) FROM amsx_run) + (SELECT count(*) FROM amsx_change)")[0][0]; n != int64(0) {
		t.Errorf("a dry run left %v rows", n)
	}
}

func TestLimitReadsTheFirst(t *testing.T) {
	o := people450(t)
	if _, err := o.run(nil); err != nil {
		t.Fatal(err)
	}
	was := o.rows("SELECT sum(Active) FROM Custodian")
	r, err := o.run(func(r *amsx.RunOptions) { r.Limit = 20 })
	if err != nil {
		t.Fatal(err)
	}
	if r.Counts.Read != 20 || r.Counts.Deactivated != 0 {
		t.Errorf("counts %+v, want 20 read and no leavers", r.Counts)
	}
	if diff := cmp.Diff(was, o.rows("SELECT sum(Active) FROM Custodian")); diff != "" {
		t.Errorf("a limited run changed who is active:\n%s", diff)
	}
}

// TestFuse: an org that suddenly answers with few people makes nobody inactive.
func TestFuse(t *testing.T) {
	o := people450(t)
	if _, err := o.run(nil); err != nil {
		t.Fatal(err)
	}
	before := o.rows(everyone)
	for i, u := range o.sim.Org().Users() {
		if i%4 != 0 {
			if err := o.sim.Org().RemoveUser(u.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, err := o.run(nil)
	if !errors.Is(err, runtime.ErrFuse) || !strings.Contains(err.Error(), "Custodian") {
		t.Fatalf("error %v, want the fuse", err)
	}
	if diff := cmp.Diff(before, o.rows(everyone)); diff != "" {
		t.Errorf("the fuse let something through:\n%.500s", diff)
	}
	r, err := o.run(func(r *amsx.RunOptions) { r.AllowOnce = []string{"all"} })
	if err != nil || r.Counts.Deactivated == 0 {
		t.Errorf("allowed once: %v, counts %+v", err, r.Counts)
	}
}
