package oktasim_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/google/go-cmp/cmp"
)

func TestParseFaults(t *testing.T) {
	const script = `
# the whole line is a comment; also this
page 7: truncated
page 3: 429 twice; page 5: next points to page 2 ;

members: 404
  last page: reset for ever
users page 12: 500 3 times
Groups Page 2: HTML 502 always
any: wait 250ms forever
page 2: next to https://evil.example/api/v1/users?after=x
page 2: repeat page 1's last user once
page 2: 10 GB body`
	faults, err := oktasim.ParseFaults(script)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range faults {
		got = append(got, f.String())
	}
	want := []string{
		"page 7: truncated", "page 3: 429 twice", "page 5: next points to page 2", "members: 404", "last page: reset for ever",
		"users page 12: 500 3 times", "Groups Page 2: HTML 502 always", "any: wait 250ms forever",
		"page 2: next to https://evil.example/api/v1/users?after=x", "page 2: repeat page 1's last user once", "page 2: 10 GB body",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if faults, err := oktasim.ParseFaults(" ;\n"); err != nil || len(faults) != 0 {
		t.Errorf("an empty script gave %v, %v", faults, err)
	}
}

func TestWrongFaultScripts(t *testing.T) {
	for _, test := range []struct{ script, want string }{
		{"page 3", `line 1, column 7: a colon is missing after "page 3": write for example "page 3: 429 twice"`},
		{"page 3:", `line 1, column 8: what goes wrong is missing: write for example "page 3: 500 once"`},
		{"page 3: 500; pag 3: 500", `line 1, column 14: "pag 3" is no place for a fault: write page 3, last page`},
		{"page 3: 500\n  page 0: 500", `line 2, column 3: pages are counted from 1`},
		{"page three: 500", `line 1, column 1: "page three" is no place`},
		{"user page 2: 500", `line 1, column 1: "user page 2" is no place`},
		{"page 2: trunkated", `line 1, column 9: "trunkated" is no fault: write truncated`},
		{"page 2: 429 whenever", `line 1, column 9: "429 whenever" is no fault: write 429, 429 concurrency`},
		{"page 2: 418", `line 1, column 9: 418 is no status for a fault: write 400, 401, 403, 404, 429, 500, 502, 503 or 504`},
		{"page 2: 500 0 times", `line 1, column 9: a fault happens at least once: write once, twice, 3 times or for ever`},
		{"page 2: 500 many times", `line 1, column 9: a fault happens at least once`},
		{"page 2: wait long", `line 1, column 9: "long" is no time to wait: write for example 500ms, 5s or 2m`},
		{"page 2: next points to page 0", `line 1, column 9: pages are counted from 1`},
		{"page 2: next to %zz", `line 1, column 9: "%zz" is no host and no address`},
		{"page 2: html 9", `line 1, column 9: 9 is no status: write for example html 502`},
		{"page 2: 0 GB body", `line 1, column 9: 0 is no size: write a number from 1 to 1000 before GB or MB`},
		{"page 2: explode", `line 1, column 9: "explode" is no fault: write truncated, reset, hangs`},
	} {
		_, err := oktasim.ParseFaults(test.script)
		var wrong *oktasim.ScriptError
		if !errors.As(err, &wrong) {
			t.Errorf("%q: %v, want a ScriptError", test.script, err)
			continue
		}
		if !strings.HasPrefix(err.Error(), "fault script "+test.want) {
			t.Errorf("%q:\n got %s\nwant %s…", test.script, err, test.want)
		}
	}
}

// How often a fault happens, and to which calls.
func TestFaultTargetsAndCounts(t *testing.T) {
	const users, page2, members = "/api/v1/users?limit=5", "page 2 of users", "/api/v1/groups/%s/users?limit=5"
	for _, test := range []struct {
		script string
		calls  []string
		want   string // statuses
	}{
		{"page 1: 500", []string{users, users}, "500 200"},
		{"page 1: 500 twice", []string{users, users, users}, "500 500 200"},
		{"page 1: 500 3 times", []string{users, users, users, users}, "500 500 500 200"},
		{"page 1: 500 for ever", []string{users, users, users, users}, "500 500 500 500"},
		{"page 2: 503", []string{users, page2, page2}, "200 503 200"},
		{"last page: 503", []string{users, "last page of users"}, "200 503"},
		{"members: 404 always", []string{users, "/api/v1/groups", members, members}, "200 200 404 404"},
		{"members page 1: 404", []string{users, members}, "200 404"},
		{"groups: 403", []string{users, "/api/v1/groups"}, "200 403"},
		{"users: 401", []string{"/api/v1/groups", users}, "200 401"},
		{"user: 404", []string{users, "/api/v1/users/%u"}, "200 404"},
		{"group: 404", []string{users, "/api/v1/groups/%s"}, "200 404"},
		{"org: 503", []string{users, "/.well-known/okta-organization"}, "200 503"},
		{"any: 502", []string{"/.well-known/okta-organization", users}, "502 200"},
		// The first fault of the script that hits is the one that happens
		{"page 1: 500; page 1: 503", []string{users, users, users}, "500 503 200"},
	} {
		c := newClient(t, oktasim.Config{Users: 23, Groups: 1})
		first := links(c.get(users))["next"]
		group, user := c.sim.Org().Groups()[1].ID, c.sim.Org().Users()[3].ID
		last := ""
		for next := first; next != ""; next = links(c.get(next))["next"] {
			last = next
		}
		c.setFaults(test.script)
		var got []string
		for _, call := range test.calls {
			switch call {
			case page2:
				call = first
			case "last page of users":
				call = last
			}
			call = strings.NewReplacer("%s", group, "%u", user).Replace(call)
			got = append(got, fmt.Sprint(c.get(call).StatusCode))
		}
		if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.script, diff)
		}
	}
}

func (c *client) setFaults(script string) {
	c.t.Helper()
	faults, err := oktasim.ParseFaults(script)
	if err != nil {
		c.t.Fatal(err)
	}
	c.sim.SetFaults(faults)
}

// A wrong token stays a wrong token, whatever a script says, and uses up no fault.
func TestFaultsDoNotHideAWrongToken(t *testing.T) {
	c := newClient(t, oktasim.Config{Users: 5})
	c.setFaults("any: 500")
	if got := c.get("/api/v1/users", withToken("00WrongTokenNotReal")).StatusCode; got != 401 {
		t.Errorf("status %d", got)
	}
	if got := c.get("/api/v1/users").StatusCode; got != 500 {
		t.Errorf("then status %d", got)
	}
}
