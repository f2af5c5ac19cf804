package oktasim_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/google/go-cmp/cmp"
)

// What each change of the org shows in the answers, and what it leaves alone.
func TestEdits(t *testing.T) {
	clk := &clock{time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	const now = "2026-05-01T12:00:00.000Z"
	for _, test := range []struct {
		name string
		edit func(*oktasim.Org) error
		want map[string]any // changed fields of user 00u1 in the search, "" when it is gone
	}{
		{"rename", func(o *oktasim.Org) error { return o.Rename("00u1", "Zoë", "Newname") }, map[string]any{"lastUpdated": now, "profile.lastName": "Newname"}},
		{"deprovision", func(o *oktasim.Org) error { return o.SetStatus("zoe.abel@example.com", "DEPROVISIONED") },
			map[string]any{"lastUpdated": now, "statusChanged": now, "status": "DEPROVISIONED"}},
		{"login", func(o *oktasim.Org) error { return o.SetLogin("00u1", "Zoe.New@Example.com") }, map[string]any{"lastUpdated": now, "profile.login": "Zoe.New@Example.com"}},
		{"login in another case", func(o *oktasim.Org) error { return o.SetLogin("00u1", "ZOE.ABEL@example.com") },
			map[string]any{"lastUpdated": now, "profile.login": "ZOE.ABEL@example.com"}},
		{"set", func(o *oktasim.Org) error { return o.SetProfile("00u1", "shoeSize", 42) }, map[string]any{"lastUpdated": now, "profile.shoeSize": 42.0}},
		{"set an array", func(o *oktasim.Org) error { return o.SetProfile("00u1", "accessZones", []string{"<roof>"}) },
			map[string]any{"lastUpdated": now, "profile.accessZones": []any{"<roof>"}}},
		{"clear", func(o *oktasim.Org) error { return o.SetProfile("00u1", "department", nil) }, map[string]any{"lastUpdated": now, "profile.department": "absent"}},
		{"clear the phone", func(o *oktasim.Org) error {
			if err := o.SetProfile("00u1", "mobilePhone", "1"); err != nil {
				return err
			}
			clk.now = clk.now.Add(time.Second)
			return o.SetProfile("00u1", "mobilePhone", nil)
		}, map[string]any{"lastUpdated": "2026-05-01T12:00:01.000Z"}}, // null again, not absent
		{"remove", func(o *oktasim.Org) error { return o.RemoveUser("00u1") }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			clk.now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
			c := newClient(t, oktasim.Config{SeedFile: "testdata/seed.json", Now: clk.read})
			before := c.flat("/api/v1/users?search=status+pr")
			if err := test.edit(c.sim.Org()); err != nil {
				t.Fatal(err)
			}
			after := c.flat("/api/v1/users?search=status+pr")
			if test.want == nil {
				if _, there := after["00u1"]; there {
					t.Error("still there")
				}
				delete(before, "00u1")
			}
			for field, value := range test.want {
				if before["00u1"][field] = value; value == "absent" {
					delete(before["00u1"], field)
				}
			}
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			members := c.ids("/api/v1/groups/00g2/users")
			if want := test.want != nil; slices.Contains(members, "00u1") != want || !slices.Contains(members, "00u2") {
				t.Errorf("members %v", members)
			}
		})
	}
}

// flat returns the records of a list by id, their fields by path.
func (c *client) flat(target string) map[string]map[string]any {
	c.t.Helper()
	users := map[string]map[string]any{}
	for target != "" {
		resp := c.get(target)
		var page []map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
			c.t.Fatal(err)
		}
		for _, u := range page {
			fields := map[string]any{}
			for key, value := range u {
				if nested, ok := value.(map[string]any); ok && key == "profile" {
					for k, v := range nested {
						fields["profile."+k] = v
					}
				} else {
					fields[key] = value
				}
			}
			users[fmt.Sprint(u["id"])] = fields
		}
		target = links(resp)["next"]
	}
	return users
}

func TestRecreate(t *testing.T) {
	c := newClient(t, oktasim.Config{SeedFile: "testdata/seed.json"})
	old, _ := c.sim.Org().User("00u1")
	id, err := c.sim.Org().Recreate("zoe.abel@example.com")
	if err != nil {
		t.Fatal(err)
	}
	now, ok := c.sim.Org().User(id)
	if !ok || id == "00u1" || !maps.EqualFunc(old.Profile, now.Profile, func(a, b any) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
		t.Errorf("%s: %v", id, now)
	}
	if _, there := c.sim.Org().User("00u1"); there {
		t.Error("the old id is still there")
	}
	if got := c.ids("/api/v1/groups/00g2/users"); !slices.Equal(got, slices.Sorted(slices.Values([]string{id, "00u2"}))) {
		t.Errorf("members %v", got)
	}
}

func TestEditsThatAreRefused(t *testing.T) {
	c := newClient(t, oktasim.Config{SeedFile: "testdata/seed.json"})
	o := c.sim.Org()
	before := c.flat("/api/v1/users?search=status+pr")
	raw := func(value string) error {
		_, err := o.AddRaw(json.RawMessage(value))
		return err
	}
	user := func(u oktasim.User) error {
		_, err := o.AddUser(u)
		return err
	}
	group := func(g oktasim.Group) error {
		_, err := o.AddGroup(g)
		return err
	}
	for _, test := range []struct {
		err  error
		want string
	}{
		{o.SetStatus("00u9", "ACTIVE"), "the org has no user 00u9"},
		{o.SetLogin("00u1", "BOB.obrien@example.com"), "the login BOB.obrien@example.com belongs to user 00u2: logins are unique, whatever their case"},
		{o.SetLogin("00u1", ""), "user 00u1 cannot be without a login"},
		{o.Edit("00u1", func(u *oktasim.User) error { u.ID = "00u5"; return nil }), "an id never changes: Recreate gives a person a new one"},
		{o.RemoveUser("nobody@example.com"), "the org has no user nobody@example.com"},
		{user(oktasim.User{ID: "00u7"}), "user 00u7 has no login: give profile.login"},
		{user(oktasim.User{ID: "00u1", Profile: map[string]any{"login": "x@example.com"}}), "there is a user with the id 00u1 already"},
		{user(oktasim.User{Profile: map[string]any{"login": "Zoe.Abel@example.com"}}), "the login Zoe.Abel@example.com belongs to user 00u1"},
		{raw(`{"id":"00u1"}`), "there is a user with the id 00u1 already"},
		{raw(`{"id":`), "a raw record must be JSON"},
		{group(oktasim.Group{Name: "Finance"}), `there is a group 00g2 with the name "Finance" already`},
		{group(oktasim.Group{}), "a group needs a name"},
		{group(oktasim.Group{ID: "00g2", Name: "Other"}), "there is a group with the id 00g2 already"},
		{o.RenameGroup("Finance", "Everyone"), `with the name "Everyone" already`},
		{group(oktasim.Group{Name: "New", Members: []string{"00u9"}}), `group "New": the org has no user 00u9`},
		{o.AddMember("Nowhere", "00u1"), `the org has no group "Nowhere"`},
		{o.AddMember("Finance", "00u9"), "the org has no user 00u9"},
		{o.RemoveMember("Finance", "00u4"), `group "Finance" has no member 00u4`},
		{o.RemoveMember("Everyone", "00u4"), "the group Everyone cannot be changed: it always holds all users"},
		{o.RemoveGroup("Everyone"), "the group Everyone cannot be changed"},
	} {
		if test.err == nil || !strings.Contains(test.err.Error(), test.want) {
			t.Errorf("%v\nwant %s", test.err, test.want)
		}
	}
	if diff := cmp.Diff(before, c.flat("/api/v1/users?search=status+pr")); diff != "" {
		t.Errorf("a refused edit changed the org (-want +got):\n%s", diff)
	}
}

func TestGroupEdits(t *testing.T) {
	c := newClient(t, oktasim.Config{SeedFile: "testdata/seed.json"})
	o := c.sim.Org()
	id, err := o.AddGroup(oktasim.Group{Name: "Board", Members: []string{"00u4", "zoe.abel@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	for i, step := range []struct {
		edit func() error
		want string
	}{
		{func() error { return nil }, "00u1 00u4"},
		{func() error { return o.AddMember("Board", "00u2") }, "00u1 00u2 00u4"},
		{func() error { return o.AddMember(id, "00u2") }, "00u1 00u2 00u4"}, // once is enough
		{func() error { return o.RemoveMember("Board", "00u1") }, "00u2 00u4"},
		{func() error { return o.RenameGroup("Board", "Directors") }, "00u2 00u4"},
	} {
		if err := step.edit(); err != nil {
			t.Errorf("step %d: %v", i, err)
		}
		if got := strings.Join(c.ids("/api/v1/groups/"+id+"/users"), " "); got != step.want {
			t.Errorf("step %d: members %s, want %s", i, got, step.want)
		}
	}
	if got := c.ids(`/api/v1/groups?search=profile.name+eq+"Directors"`); len(got) != 1 || got[0] != id {
		t.Errorf("found %v", got)
	}
	if err := o.RemoveGroup(id); err != nil {
		t.Fatal(err)
	}
	if got := c.get("/api/v1/groups/" + id + "/users").StatusCode; got != 404 {
		t.Errorf("a group that is gone: %d", got)
	}
}

// A raw record reaches the client byte by byte.
func TestRawRecords(t *testing.T) {
	c := newClient(t, oktasim.Config{SeedFile: "testdata/seed.json"})
	for _, raw := range []string{`null`, `{"status":"ACTIVE","profile":{"login":5}}`, `{"id":"00u3x","status":"RETIRED"}`, `"text"`} {
		if _, err := c.sim.Org().AddRaw(json.RawMessage(raw)); err != nil {
			t.Fatal(err)
		}
	}
	got := body(t, c.get("/api/v1/users?search=status+pr"))
	for _, want := range []string{`},{"id":"00u3x","status":"RETIRED"},{"id":"00u4"`, `,null,{"status":"ACTIVE","profile":{"login":5}},"text"]`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
	if err := c.sim.Org().SetStatus("00u3x", "ACTIVE"); err == nil {
		t.Error("a raw record was edited")
	}
	if err := c.sim.Org().RemoveUser("00u3x"); err != nil {
		t.Error(err)
	}
}

func TestWrongSeeds(t *testing.T) {
	for _, test := range []struct{ seed, want string }{
		{``, "EOF"},
		{"{\n\"users\": [\n{]}", "line 3 is not JSON"},
		{`{"people": []}`, `unknown field "people"`},
		{`{"users": [{"id": "00u1", "stauts": "ACTIVE", "profile": {"login": "a@example.com"}}]}`, `users[0]: json: unknown field "stauts"`},
		{`{"users": [{"id": "00u1"}]}`, `users[0]: profile is missing: give at least`},
		{`{"users": [{"profile": {"login": "a@example.com"}}, {"profile": {"login": "A@example.com"}}]}`, `users[1]: the login A@example.com belongs to user`},
		{`{"groups": [{"name": "Finance", "members": ["a@example.com"]}]}`, `groups[0]: group "Finance": the org has no user a@example.com`},
		{`{"groups": [{"name": "Everyone"}]}`, `groups[0]: there is a group`},
		{`{} {}`, "something follows after the end"},
	} {
		if _, err := oktasim.ReadSeed(strings.NewReader(test.seed)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s\n got %v\nwant %s", test.seed, err, test.want)
		}
	}
}

// A recorded answer can be pasted into a seed, and comes out as it was but for the order of the profile's keys.
func TestSeedOfRecordedAnswers(t *testing.T) {
	c := newClient(t, oktasim.Config{Users: 60, Seed: 5})
	want := body(t, c.get("/api/v1/users?search=status+pr"))
	org, err := oktasim.ReadSeed(strings.NewReader(`{"users":` + want + `}`))
	if err != nil {
		t.Fatal(err)
	}
	again := newClient(t, oktasim.Config{Org: org})
	if diff := cmp.Diff(c.flat("/api/v1/users?search=status+pr"), again.flat("/api/v1/users?search=status+pr")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWrongConfigs(t *testing.T) {
	empty := oktasim.NewOrg()
	for _, test := range []struct {
		cfg  oktasim.Config
		want string
	}{
		{oktasim.Config{Users: -1}, "cannot be below zero"},
		{oktasim.Config{Users: 5, Changed: 101}, "changed is a percentage from 0 to 100, not 101"},
		{oktasim.Config{Users: 5, Org: empty}, "give either a seed file (or an org), or the number of users and groups to generate"},
		{oktasim.Config{SeedFile: "testdata/seed.json", Org: empty}, "give either"},
		{oktasim.Config{SeedFile: "testdata/nowhere.json"}, "the seed file cannot be opened"},
		{oktasim.Config{LinkStyle: "three"}, `the link style is two or joined, not "three"`},
		{oktasim.Config{Token: "two words"}, "the token cannot hold blanks"},
	} {
		if _, err := oktasim.New(test.cfg); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v, want %s", test.cfg, err, test.want)
		}
	}
	if _, err := oktasim.New(oktasim.Config{SeedFile: "testdata/nowhere.json"}); !os.IsNotExist(unwrapped(err)) {
		t.Errorf("%v does not wrap its cause", err)
	}
}

func unwrapped(err error) error {
	for {
		next, ok := err.(interface{ Unwrap() error })
		if !ok || os.IsNotExist(err) {
			return err
		}
		err = next.Unwrap()
	}
}

// An org that is written as a seed and read again gives the same answers, raw records and groups included.
func TestWriteSeed(t *testing.T) {
	c := newClient(t, oktasim.Config{Users: 60, Groups: 14, Seed: 11})
	org := c.sim.Org()
	user := org.Users()[4].ID
	if err := org.SetProfile(user, "title", `Head of <"R&D">`); err != nil {
		t.Fatal(err)
	}
	if _, err := org.AddRaw(json.RawMessage(`{"id":"00u9","profile":null}`)); err != nil {
		t.Fatal(err)
	}
	var seed strings.Builder
	if err := org.WriteSeed(&seed); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(seed.String(), `Head of <\"R&D\">`) || strings.Contains(seed.String(), "_links") || strings.Contains(seed.String(), "Everyone") {
		t.Errorf("not for people: %.2000s", seed.String())
	}
	read, err := oktasim.ReadSeed(strings.NewReader(seed.String()))
	if err != nil {
		t.Fatal(err)
	}
	again := newClient(t, oktasim.Config{Org: read})
	const all = "/api/v1/users?search=status+pr"
	if diff := cmp.Diff(c.flat(all), again.flat(all)); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(org.Groups()[1:], read.Groups()[1:]); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

// Whatever a command line can set is described.
func TestDescribe(t *testing.T) {
	described := map[string]bool{}
	for _, d := range oktasim.Describe() {
		described[strings.ReplaceAll(d[0], "-", "")] = d[1] != ""
	}
	fields := reflect.TypeFor[oktasim.Config]()
	for i := range fields.NumField() {
		name := strings.ToLower(fields.Field(i).Name)
		switch name {
		case "org", "now", "log": // for Go programs
			continue
		case "faults":
			name = "fault"
		}
		if !described[name] {
			t.Errorf("%s is not described", fields.Field(i).Name)
		}
		delete(described, name)
	}
	if len(described) > 0 {
		t.Errorf("described, but nothing to set: %v", described)
	}
}
