package oktasim_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"testing"

	"github.com/amsx-lang/amsx/internal/oktasim"
	"pgregory.net/rapid"
)

func drawSim(t testing.TB, r *rapid.T) *client {
	return newClient(t, oktasim.Config{
		Users: rapid.IntRange(0, 60).Draw(r, "users"), Groups: rapid.IntRange(0, 12).Draw(r, "groups"), Seed: rapid.Uint64().Draw(r, "seed"),
		RateLimit: 1 << 20, PageLimit: rapid.IntRange(0, 50).Draw(r, "page limit"), LinkStyle: rapid.SampledFrom([]string{"two", "joined"}).Draw(r, "style"),
	})
}

// Every list, read with any limit, returns everyone exactly once.
func TestPagingReturnsEveryoneOnce(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := drawSim(t, r)
		limit := fmt.Sprint("limit=", rapid.IntRange(1, 90).Draw(r, "limit"))
		var all, visible, left []string
		for _, u := range c.sim.Org().Users() {
			all = append(all, u.ID)
			if u.Status == "DEPROVISIONED" {
				left = append(left, u.ID)
			} else {
				visible = append(visible, u.ID)
			}
		}
		wants := map[string][]string{
			"/api/v1/users?" + limit:                                          visible,
			"/api/v1/users?search=status+pr&" + limit:                         all,
			"/api/v1/users?search=status+pr&sortBy=profile.lastName&" + limit: all,
			"/api/v1/users?filter=status+eq+%22DEPROVISIONED%22&" + limit:     left,
			"/api/v1/users?search=profile.login+lt+%22m%22+or+id+pr&" + limit: all,
		}
		var ids []string
		for _, g := range c.sim.Org().Groups() {
			ids = append(ids, g.ID)
			wants["/api/v1/groups/"+g.ID+"/users?"+limit] = g.Members
		}
		wants["/api/v1/groups?"+limit] = ids
		for target, want := range wants {
			got := c.ids(target)
			if target == "/api/v1/users?search=status+pr&sortBy=profile.lastName&"+limit {
				slices.Sort(got)
			}
			if !slices.Equal(got, want) {
				r.Fatalf("%s\n got %v\nwant %v", target, got, want)
			}
		}
	})
}

// People who are there from the first page to the last are in the pull once, whatever happens to others between two pages.
func TestPagingWhileTheOrgChanges(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := drawSim(t, r)
		org := c.sim.Org()
		stay := map[string]bool{}
		for _, u := range org.Users() {
			stay[u.ID] = true
		}
		seen := map[string]int{}
		target := fmt.Sprint("/api/v1/users?search=status+pr&limit=", rapid.IntRange(1, 20).Draw(r, "limit"))
		for n := 0; target != ""; n++ {
			page := c.page(target)
			for _, id := range page.ids {
				seen[id]++
			}
			target = page.next
			people := slices.Sorted(maps.Keys(stay))
			switch rapid.IntRange(0, 3).Draw(r, "what") {
			case 0:
				if len(people) > 0 {
					gone := rapid.SampledFrom(people).Draw(r, "who")
					delete(stay, gone)
					if err := org.RemoveUser(gone); err != nil {
						r.Fatal(err)
					}
				}
			case 1:
				if _, err := org.AddUser(oktasim.User{Profile: map[string]any{"login": fmt.Sprintf("new%d@example.org", n)}}); err != nil {
					r.Fatal(err)
				}
			case 2:
				if len(people) > 0 {
					if err := org.SetProfile(rapid.SampledFrom(people).Draw(r, "who"), "department", "Elsewhere"); err != nil {
						r.Fatal(err)
					}
				}
			}
			if n > 1000 {
				r.Fatal("the list does not end")
			}
		}
		for id := range stay {
			if seen[id] != 1 {
				r.Fatalf("%s came %d times", id, seen[id])
			}
		}
	})
}

type readPage struct {
	ids  []string
	next string
}

func (c *client) page(target string) readPage {
	c.t.Helper()
	resp := c.get(target)
	p := readPage{next: links(resp)["next"]}
	for _, r := range decodePage(c.t, resp) {
		p.ids = append(p.ids, r.ID)
	}
	return p
}

// The members of all groups are people of the org, nobody twice in a group, and Everyone is everyone.
func TestMembersAreUsers(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := drawSim(t, r)
		all := c.ids("/api/v1/users?search=status+pr")
		for i, group := range c.ids("/api/v1/groups") {
			members := c.ids("/api/v1/groups/" + group + "/users?limit=7")
			if i == 0 && !slices.Equal(members, all) {
				r.Fatalf("Everyone is %v, not %v", members, all)
			}
			for k, id := range members {
				if _, there := slices.BinarySearch(all, id); !there || k > 0 && members[k-1] >= id {
					r.Fatalf("group %s, member %s", group, id)
				}
			}
		}
	})
}

// A search never makes the simulator fail: it finds something, or refuses with 400.
func FuzzSearch(f *testing.F) {
	for _, test := range searchTests {
		f.Add(test.value)
	}
	sim := newClient(f, oktasim.Config{SeedFile: "testdata/seed.json", RateLimit: 1 << 30}).sim
	f.Fuzz(func(t *testing.T, text string) {
		c := &client{t, sim}
		for _, kind := range []string{"users", "groups"} {
			for _, parameter := range []string{"search", "filter", "q", "after", "sortBy"} {
				q := url.Values{parameter: {text}}
				if parameter == "sortBy" {
					q.Set("search", "id pr")
				}
				if status := c.get("/api/v1/" + kind + "?" + q.Encode()).StatusCode; status != 200 && status != 400 {
					t.Errorf("%s=%q: %d", parameter, text, status)
				}
			}
		}
	})
}

// A fault script is read or refused with a place inside it, and what is read can be read again.
func FuzzParseFaults(f *testing.F) {
	f.Add("page 3: 429 twice; last page: reset for ever\n# x\nmembers page 2: next to https://evil.example/x")
	for _, help := range oktasim.FaultHelp() {
		f.Add("any: " + help[0])
	}
	f.Fuzz(func(t *testing.T, script string) {
		faults, err := oktasim.ParseFaults(script)
		if wrong, ok := err.(*oktasim.ScriptError); ok && (wrong.Line < 1 || wrong.Column < 1 || wrong.Column > len(script)+1 || wrong.Message == "") {
			t.Errorf("%q: %v", script, err)
		} else if err != nil && !ok {
			t.Errorf("%q: %T", script, err)
		}
		for _, fault := range faults {
			if again, err := oktasim.ParseFaults(fault.String()); err != nil || len(again) != 1 || again[0].String() != fault.String() {
				t.Errorf("%q is read as %v, %v", fault, again, err)
			}
		}
	})
}
