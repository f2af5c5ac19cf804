package amsx_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/internal/site"
	"github.com/amsx-lang/amsx/runtime"
)

// raw adds a record that the org serves just as it is.
func (o *org) raw(format string, args ...any) {
	o.t.Helper()
	if _, err := o.sim.Org().AddRaw(json.RawMessage(fmt.Sprintf(format, args...))); err != nil {
		o.t.Fatal(err)
	}
}

// byHand changes the database as another program would.
func (o *org) byHand(sql string) {
	o.t.Helper()
	c, err := sqlite.OpenConn(filepath.Join(o.dir, "amsx.db"), sqlite.OpenReadWrite)
	if err != nil {
		o.t.Fatal(err)
	}
	defer c.Close()
	if err := sqlitex.ExecuteScript(c, sql, nil); err != nil {
		o.t.Fatal(err)
	}
}

// one is the only value of a query.
func (o *org) one(query string) any {
	o.t.Helper()
	rows := o.rows(query)
	if len(rows) != 1 || len(rows[0]) != 1 {
		o.t.Fatalf("%s: %v, want one value", query, rows)
	}
	return rows[0][0]
}

// good runs the flagship, which must end well.
func (o *org) good() *amsx.Result {
	o.t.Helper()
	r, err := o.run(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

// active is a user who works, and is not the first.
func (o *org) active() oktasim.User {
	o.t.Helper()
	for _, u := range o.sim.Org().Users()[2:] {
		if u.Status == "ACTIVE" {
			return u
		}
	}
	o.t.Fatal("nobody works there")
	return oktasim.User{}
}

// settled fails unless a further run writes nothing.
func (o *org) settled() {
	o.t.Helper()
	r := o.good()
	if c := r.Counts; c.Inserted+c.Updated+c.Adopted+c.Rekeyed+c.Reactivated+c.Deactivated+c.Deleted != 0 {
		o.t.Errorf("a further run wrote: %+v", c)
	}
}

// said fails unless a run said the text.
func (o *org) said(text string) {
	o.t.Helper()
	if all := strings.Join(o.log, "\n"); !strings.Contains(all, text) {
		o.t.Errorf("nobody said %q:\n%.2000s", text, all)
	}
}

// TestOddRecords: an org holds whatever people and other programs have put
// into it. Each case adds records to 20 good ones; want is what a query then
// gives. A run more writes nothing.
func TestOddRecords(t *testing.T) {
	const anna = `{"id":"00uanna","status":"ACTIVE","profile":{"login":"anna@example.com","email":"anna@example.com","firstName":"Anna","lastName":"Lee"%s}}`
	for _, c := range []struct {
		name     string
		records  []string
		rejected int64
		says     string
		query    string
		want     string
	}{
		{name: "no profile", records: []string{`{"id":"00ubare","status":"ACTIVE"}`},
			query: "SELECT Login, FullName, Active FROM Custodian WHERE OktaID='00ubare'", want: "[[<nil> <nil> 1]]"},
		{name: "profile is null", records: []string{`{"id":"00ubare","status":"ACTIVE","profile":null}`},
			query: "SELECT Login, FullName, Active FROM Custodian WHERE OktaID='00ubare'", want: "[[<nil> <nil> 1]]"},
		{name: "profile is a text", records: []string{`{"id":"00ubare","status":"ACTIVE","profile":"none"}`},
			query: "SELECT count(*) FROM Custodian WHERE OktaID='00ubare'", want: "[[1]]"},
		{name: "no status", records: []string{`{"id":"00ubare","profile":{"login":"bare@example.com"}}`}, rejected: 1, says: "Active may not be empty",
			query: "SELECT count(*) FROM Custodian WHERE OktaID='00ubare'", want: "[[0]]"},
		{name: "a status that nobody knows", records: []string{`{"id":"00ubare","status":"DREAMING","profile":{"login":"bare@example.com"}}`}, says: `does not have "DREAMING"`,
			query: "SELECT Login, Status, Active FROM Custodian WHERE OktaID='00ubare'", want: "[[bare@example.com DREAMING 1]]"},
		{name: "one login in two spellings", records: []string{fmt.Sprintf(anna, ""), `{"id":"00uother","status":"ACTIVE","profile":{"login":"ANNA@example.com"}}`}, rejected: 2, says: "Login",
			query: "SELECT count(*) FROM Custodian WHERE OktaID IN ('00uanna','00uother')", want: "[[0]]"},
		{name: "ids that differ in case only", records: []string{`{"id":"00uabc","status":"ACTIVE","profile":{"login":"lower@example.com"}}`, `{"id":"00uABC","status":"ACTIVE","profile":{"login":"upper@example.com"}}`},
			query: "SELECT Login FROM Custodian WHERE lower(OktaID)='00uabc' ORDER BY 1", want: "[[lower@example.com] [upper@example.com]]"},
		{name: "a blank behind the login", records: []string{`{"id":"00ublank","status":"ACTIVE","profile":{"login":"blank@example.com "}}`},
			query: "SELECT count(*) FROM Custodian WHERE OktaID='00ublank'", want: "[[1]]"},
		{name: "a name of 5000 letters", records: []string{`{"id":"00ulong","status":"ACTIVE","profile":{"login":"long@example.com","firstName":"` + strings.Repeat("ä", 5000) + `"}}`},
			query: "SELECT length(FirstName), length(FullName) FROM Custodian WHERE OktaID='00ulong'", want: "[[5000 5000]]"},
		{name: "emoji", records: []string{fmt.Sprintf(anna, `,"title":"👩‍🚀 \ud83d\ude80"`)},
			query: "SELECT JobTitle FROM Custodian WHERE OktaID='00uanna'", want: "[[👩‍🚀 🚀]]"},
		{name: "half of a character", records: []string{fmt.Sprintf(anna, `,"title":"x\ud83dy"`)},
			query: "SELECT JobTitle FROM Custodian WHERE OktaID='00uanna'", want: "[[x\ufffdy]]"},
		{name: "NUL", records: []string{fmt.Sprintf(anna, `,"title":"a\u0000b"`)}, says: "00uanna", rejected: 1,
			query: "SELECT count(*) FROM Custodian WHERE OktaID='00uanna'", want: "[[0]]"},
		{name: "numbers and truths for texts", records: []string{fmt.Sprintf(anna, `,"employeeNumber":1001,"costCenter":1e3,"department":true,"city":0.10`)},
			query: "SELECT EmployeeNumber, CostCentre, Department, City FROM Custodian WHERE OktaID='00uanna'", want: "[[1001 1e3 True 0.10]]"},
		{name: "a list for a text", records: []string{fmt.Sprintf(anna, `,"department":["Sales","EMEA"]`)},
			query: "SELECT Department FROM Custodian WHERE OktaID='00uanna'", want: "[[Sales, EMEA]]"},
		{name: "an object for a text", records: []string{fmt.Sprintf(anna, `,"department":{"name":"Sales"}`)}, rejected: 1, says: "Department",
			query: "SELECT count(*) FROM Custodian WHERE OktaID='00uanna'", want: "[[0]]"},
		{name: "her own manager", records: []string{fmt.Sprintf(anna, `,"managerId":"ANNA@example.com"`)},
			query: "SELECT CustodianID=ManagerID FROM Custodian WHERE OktaID='00uanna'", want: "[[1]]"},
		{name: "a manager who left", records: []string{fmt.Sprintf(anna, `,"managerId":"gone@example.com"`), `{"id":"00ugone","status":"DEPROVISIONED","profile":{"login":"gone@example.com"}}`},
			query: "SELECT m.OktaID, m.Active FROM Custodian c JOIN Custodian m ON m.CustodianID=c.ManagerID WHERE c.OktaID='00uanna'", want: "[[00ugone 0]]"},
		{name: "a date that is none", records: []string{`{"id":"00ubad","status":"ACTIVE","lastLogin":"yesterday","profile":{"login":"bad@example.com"}}`}, rejected: 1, says: "LastLogin",
			query: "SELECT count(*) FROM Custodian WHERE OktaID='00ubad'", want: "[[0]]"},
		{name: "a number for an id", records: []string{`{"id":4711,"status":"ACTIVE","profile":{"login":"number@example.com"}}`},
			query: "SELECT OktaID FROM Custodian WHERE Login='number@example.com'", want: "[[4711]]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newOrg(t, oktasim.Config{Users: 20, Seed: 5})
			for _, r := range c.records {
				o.raw("%s", r)
			}
			r := o.good()
			if r.Counts.Rejected != c.rejected {
				t.Errorf("%d rejected, want %d: %+v", r.Counts.Rejected, c.rejected, r.Rejects)
			}
			if n := o.one("SELECT count(*) FROM Custodian").(int64); n != 20+int64(len(c.records))-c.rejected {
				t.Errorf("%d custodians of %d", n, 20+len(c.records))
			}
			if got := fmt.Sprint(o.rows(c.query)); got != c.want {
				t.Errorf("%s: %s, want %s", c.query, got, c.want)
			}
			o.said(c.says)
			o.settled()
		})
	}
}

// TestBetweenRuns: what people and other programs do to the table and to the
// org between two runs.
func TestBetweenRuns(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(o *org)
		check  func(o *org, r *amsx.Result)
	}{
		{"an address edited by hand", func(o *org) {
			o.byHand("UPDATE Custodian SET Email='wrong@example.com', EmailKey='wrong@example.com' WHERE CustodianID=3")
		}, func(o *org, r *amsx.Result) {
			if r.Counts.Updated != 1 {
				o.t.Errorf("counts %+v", r.Counts)
			}
			o.exact()
		}},
		{"a row deleted by hand", func(o *org) { o.byHand("DELETE FROM Custodian WHERE CustodianID=20") }, func(o *org, r *amsx.Result) {
			if r.Counts.Inserted != 1 || o.one("SELECT max(CustodianID) FROM Custodian") != int64(21) {
				o.t.Errorf("counts %+v; the id of a deleted row must not be used again", r.Counts)
			}
			o.exact()
		}},
		{"a manager deleted by hand", func(o *org) { o.byHand("DELETE FROM Custodian WHERE CustodianID=1") }, func(o *org, r *amsx.Result) {
			o.exact()
		}},
		{"the source of a row edited by hand", func(o *org) { o.byHand("UPDATE Custodian SET Source='HR' WHERE CustodianID=3") }, func(o *org, r *amsx.Result) {
			if r.Counts.Rekeyed != 1 || o.one("SELECT count(*) FROM Custodian") != int64(20) {
				o.t.Errorf("counts %+v", r.Counts)
			}
			o.exact()
		}},
		{"the key of a row emptied by hand", func(o *org) { o.byHand("UPDATE Custodian SET OktaID=NULL WHERE CustodianID=3") }, func(o *org, r *amsx.Result) {
			if r.Counts.Adopted != 1 {
				o.t.Errorf("counts %+v", r.Counts)
			}
			o.exact()
		}},
		{"columns of the site", func(o *org) {
			o.byHand("ALTER TABLE Custodian ADD COLUMN Locker TEXT NOT NULL DEFAULT 'none'; ALTER TABLE Custodian ADD COLUMN Badge INTEGER; UPDATE Custodian SET Badge=CustodianID")
			if _, err := o.sim.Org().AddUser(oktasim.User{Status: "ACTIVE", Profile: map[string]any{"login": "new@example.com", "email": "new@example.com"}}); err != nil {
				o.t.Fatal(err)
			}
		}, func(o *org, r *amsx.Result) {
			if got := fmt.Sprint(o.rows("SELECT Locker, Badge FROM Custodian WHERE Login='new@example.com'")); got != "[[none <nil>]]" || r.Counts.Updated != 0 {
				o.t.Errorf("the new row has %s; counts %+v", got, r.Counts)
			}
			if n := o.one("SELECT count(*) FROM Custodian WHERE Badge=CustodianID"); n != int64(20) {
				o.t.Errorf("%v badges are left", n)
			}
		}},
		{"a unique index of the site", func(o *org) {
			o.byHand("CREATE UNIQUE INDEX badge ON Custodian(EmployeeNumber)")
			for _, login := range []string{"one@example.com", "two@example.com"} {
				if _, err := o.sim.Org().AddUser(oktasim.User{Status: "ACTIVE", Profile: map[string]any{"login": login, "email": login, "employeeNumber": "E-77"}}); err != nil {
					o.t.Fatal(err)
				}
			}
			users := o.sim.Org().Users()
			if err := o.sim.Org().SetProfile(users[2].ID, "employeeNumber", users[3].Profile["employeeNumber"]); err != nil {
				o.t.Fatal(err)
			}
			if err := o.sim.Org().SetProfile(users[5].ID, "city", "York"); err != nil {
				o.t.Fatal(err)
			}
		}, func(o *org, r *amsx.Result) {
			if r.Counts.Rejected != 3 || r.Counts.Updated != 1 {
				o.t.Errorf("counts %+v, want 3 rejected and 1 updated; %+v", r.Counts, r.Rejects)
			}
			o.said("EmployeeNumber")
		}},
		{"the clock goes backwards", func(o *org) {
			o.clock.mu.Lock()
			o.clock.now = o.clock.now.Add(-72 * time.Hour)
			o.clock.mu.Unlock()
			if err := o.sim.Org().SetStatus(o.active().ID, "DEPROVISIONED"); err != nil {
				o.t.Fatal(err)
			}
		}, func(o *org, r *amsx.Result) {
			if r.Counts.Deactivated != 1 {
				o.t.Errorf("counts %+v", r.Counts)
			}
			o.exact()
		}},
		{"a login of somebody who left is given to a new person", func(o *org) {
			u := o.active()
			login := u.Login()
			if err := o.sim.Org().SetStatus(u.ID, "DEPROVISIONED"); err != nil {
				o.t.Fatal(err)
			}
			o.good()
			if err := o.sim.Org().SetLogin(u.ID, "left-"+login); err != nil {
				o.t.Fatal(err)
			}
			if _, err := o.sim.Org().AddUser(oktasim.User{ID: "00unew", Status: "ACTIVE", Profile: map[string]any{"login": login, "email": login, "firstName": "New"}}); err != nil {
				o.t.Fatal(err)
			}
		}, func(o *org, r *amsx.Result) {
			if r.Counts.Inserted != 1 || r.Counts.Rekeyed != 0 {
				o.t.Errorf("counts %+v: the new person is another one", r.Counts)
			}
			// Who names that login as manager is moved to the new person by the
			// run after this one, and the run says so.
			o.said("1 key went from one row of Custodian to another")
			o.good()
			o.exact()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newOrg(t, oktasim.Config{Users: 20, Seed: 5})
			o.good()
			c.change(o)
			c.check(o, o.good())
			if !strings.Contains(c.name, "unique index") {
				o.settled()
			}
		})
	}
}

// TestPageThatIsNoList: a page with something on it that is no record fails
// the run, with nothing written.
func TestPageThatIsNoList(t *testing.T) {
	o := newOrg(t, oktasim.Config{Users: 20, Seed: 5, PageLimit: 7})
	o.raw("null")
	if _, err := o.run(nil); err == nil || !strings.Contains(err.Error(), "not an object") {
		t.Errorf("error %v", err)
	}
	if n := o.one("SELECT count(*) FROM Custodian"); n != int64(0) {
		t.Errorf("%v custodians", n)
	}
}

// TestNobody: an org without users, and one whose users have all left.
func TestNobody(t *testing.T) {
	o := newOrg(t, oktasim.Config{})
	o.good()
	o.said("no record was read")

	o = newOrg(t, oktasim.Config{Users: 20, Seed: 5})
	o.good()
	before := o.rows(everyone)
	for _, u := range o.sim.Org().Users() {
		if err := o.sim.Org().SetStatus(u.ID, "DEPROVISIONED"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.run(nil); !errors.Is(err, runtime.ErrFuse) {
		t.Errorf("everybody left: %v, want the fuse", err)
	}
	for _, u := range o.sim.Org().Users() {
		if err := o.sim.Org().RemoveUser(u.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.run(nil); !errors.Is(err, runtime.ErrFuse) {
		t.Errorf("everybody is gone: %v, want the fuse", err)
	}
	if diff := cmp.Diff(before, o.rows(everyone)); diff != "" {
		t.Errorf("the table changed:\n%s", diff)
	}
}

// TestColumnNobodyFills: a column that may not be empty, and that the mapping
// does not fill, is named before anything is read.
func TestColumnNobodyFills(t *testing.T) {
	o := newOrg(t, oktasim.Config{Users: 20, Seed: 5})
	o.byHand("CREATE TABLE keep AS SELECT * FROM Custodian; ALTER TABLE Custodian ADD COLUMN Locker TEXT NOT NULL DEFAULT ''; CREATE TABLE Badge(BadgeID INTEGER PRIMARY KEY, Login TEXT UNIQUE, Colour TEXT NOT NULL)")
	source := strings.NewReplacer(
		`<destination table="Custodian" updatekey="OktaID" adopt="Login, Email"`, `<destination table="Badge" updatekey="Login"`, "UpsertCustodian %user%, IIf", "Upsert %user%, , IIf",
		"  DeactivateMissing\n", "").Replace(string(flagship(t).Source()))
	i, j := strings.Index(source, "<mapping>"), strings.Index(source, "    </mapping>")
	source = source[:i] + "<mapping>\n      <field destination=\"Login\" source=\"profile.login\"/>\n" + source[j:]
	_, err := o.runScript(amsx.Parse("badges.amsx", []byte(source)), nil)
	if err == nil || !strings.Contains(err.Error(), "Colour") {
		t.Errorf("error %v, want the name of the column", err)
	}
}

// TestLockedWhileMerging: another program holds the write lock. The run says
// so, and has written nothing.
func TestLockedWhileMerging(t *testing.T) {
	o := newOrg(t, oktasim.Config{Users: 20, Seed: 5})
	var err error
	if o.site, err = site.Open(context.Background(), filepath.Join(o.dir, "amsx.db"), site.Options{BusyWait: 150 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	c, err := sqlite.OpenConn(filepath.Join(o.dir, "amsx.db"), sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := sqlitex.ExecuteTransient(c, "BEGIN IMMEDIATE", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := o.run(nil); err == nil || !strings.Contains(err.Error(), "lock") && !strings.Contains(err.Error(), "busy") && !strings.Contains(err.Error(), "another program") {
		t.Errorf("error %v, want one that names the lock", err)
	}
	if err := sqlitex.ExecuteTransient(c, "ROLLBACK", nil); err != nil {
		t.Fatal(err)
	}
	if n := o.one("SELECT count(*) FROM Custodian"); n != int64(0) {
		t.Errorf("%v custodians", n)
	}
	o.good()
	o.exact()
}

// TestTwoTransformationsAtOnce: two runs of different transformations on one
// site do not disturb each other.
func TestTwoTransformationsAtOnce(t *testing.T) {
	one, two := newOrg(t, oktasim.Config{Users: 200, Seed: 5}), newOrg(t, oktasim.Config{Users: 150, Seed: 6})
	two.runs = 100
	var err error
	if two.site, err = amsx.OpenSite(context.Background(), filepath.Join(one.dir, "amsx.db")); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, x := range []struct {
		o    *org
		pack string
	}{{one, "OKTA_ONE"}, {two, "OKTA_TWO"}} {
		wg.Go(func() {
			source := strings.Replace(string(flagship(t).Source()), `name="Get Users from OKTA"`, `name="Get Users of `+x.pack+`"`, 1)
			for range 3 {
				if _, err := x.o.runScript(amsx.Parse(x.pack, []byte(source)), func(r *amsx.RunOptions) { r.Parameters = map[string]string{"CredentialPack": x.pack} }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := fmt.Sprint(one.rows("SELECT Source, count(*) FROM Custodian GROUP BY 1 ORDER BY 1")); got != "[[OKTA_ONE 200] [OKTA_TWO 150]]" {
		t.Errorf("custodians %s", got)
	}
}

// TestQueryThatWrites: SQL that writes is refused where a script asks for rows,
// whether or not it returns some. That it would be under the fuse all the same,
// internal/site/testdata/returning.txt says.
func TestQueryThatWrites(t *testing.T) {
	o := newOrg(t, oktasim.Config{Users: 20, Seed: 5})
	o.good()
	for _, script := range []string{
		"Set gone = SqlTable \"DELETE FROM Custodian RETURNING CustodianID\"", "Set gone = Sql \"DELETE FROM Custodian\"",
		"ForEach row In Sql \"UPDATE Custodian SET Active = 0 RETURNING CustodianID\"\n  Exit ForEach\nEndEach",
	} {
		var found amsx.Findings
		if _, err := o.runScript(amsx.Parse("wipe.amsx", []byte(script+"\n")), nil); !errors.As(err, &found) || found[0].Code != runtime.CodeSQLWrites || found[0].Hint != "write SqlExecute" {
			t.Errorf("%s: %v", script, err)
		}
	}
	if n := o.one("SELECT count(*) FROM Custodian WHERE Active"); n == int64(0) {
		t.Error("nobody is left")
	}
}
