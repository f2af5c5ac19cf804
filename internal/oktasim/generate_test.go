package oktasim_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/generated.json anew")

// The same seed gives the same people on every machine and in every version: fixtures and measurements stand on them. A change of
// the generator that shows here is a change that users see.
func TestGeneratedUsersStayTheSame(t *testing.T) {
	c := newClient(t, oktasim.Config{Users: 10, Groups: 3, Seed: 42})
	users, groups := body(t, c.get("/api/v1/users?search=status+pr")), body(t, c.get("/api/v1/groups"))
	got := strings.ReplaceAll(`{"users":`+users+`,"groups":`+groups+"}\n", `,{"id":`, ",\n{\"id\":")
	if *update {
		if err := os.WriteFile("testdata/generated.json", []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/generated.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("testdata/generated.json (-want +got):\n%s", diff)
	}
}

// What made-up people have to be for a client to be tried on them.
func TestGeneratedUsersAreVaried(t *testing.T) {
	const users = 6_000 // more than there are pairs of names
	for _, seed := range []uint64{0, 1 << 63} {
		org := oktasim.Generate(users, 0, seed)
		ids, logins, emails := map[string]bool{}, map[string]bool{}, map[string]int{}
		statuses, attributes, managers := map[string]int{}, map[string]int{}, map[string]int{}
		all := org.Users()
		for i, u := range all {
			ids[u.ID], logins[strings.ToLower(u.Login())] = true, true
			emails[strings.ToLower(fmt.Sprint(u.Profile["email"]))]++
			statuses[u.Status]++
			for key, value := range u.Profile {
				attributes[key]++
				if value == nil {
					attributes[key+" null"]++
				}
			}
			if u.Created > u.LastUpdated || u.Activated != "" && u.Created > u.Activated {
				t.Fatalf("%s was created %s, activated %s, updated %s", u.ID, u.Created, u.Activated, u.LastUpdated)
			}
			if manager, ok := u.Profile["managerId"].(string); ok {
				kind := "text"
				if m := all[(i-1)/8]; manager == m.Login() {
					kind = "login"
				} else if manager == m.ID {
					kind = "id"
				} else if manager == m.Profile["employeeNumber"] {
					kind = "number"
				}
				managers[kind]++
			}
		}
		shared := 0
		for _, n := range emails {
			if n > 1 {
				shared++
			}
		}
		if len(ids) != users || len(logins) != users || shared < users/200 || len(statuses) != 8 {
			t.Errorf("seed %d: %d ids, %d logins, %d shared e-mails, statuses %v", seed, len(ids), len(logins), shared, statuses)
		}
		for _, kind := range []string{"login", "id", "number", "text"} {
			if managers[kind] < users/30 {
				t.Errorf("seed %d: managers %v", seed, managers)
			}
		}
		for _, always := range []string{"firstName", "lastName", "login", "email", "mobilePhone", "secondEmail"} {
			if attributes[always] != users {
				t.Errorf("seed %d: %d of %d have %s", seed, attributes[always], users, always)
			}
		}
		for _, some := range []string{"department", "title", "manager", "isContractor", "floor", "workingShare", "accessZones", "badgeNumbers", "mobilePhone null", "secondEmail null"} {
			if attributes[some] < users/20 || attributes[some] > users*19/20 {
				t.Errorf("seed %d: %d of %d have %s", seed, attributes[some], users, some)
			}
		}
	}
}

// The last five hundred of a million are as good as the first.
func TestAMillionUsers(t *testing.T) {
	org := oktasim.Generate(1_000_000, 0, 1)
	sim, err := oktasim.New(oktasim.Config{Org: org})
	if err != nil {
		t.Fatal(err)
	}
	last, ok := org.User("00u")
	if ok {
		t.Fatalf("found %v by a prefix", last)
	}
	c := &client{t, sim}
	var size int
	var got []record
	for target, n := "/api/v1/users?search=status+pr", 0; n < 5; n++ {
		resp := c.get(target)
		text := body(t, resp)
		size += len(text)
		var page []record
		if err := json.Unmarshal([]byte(text), &page); err != nil {
			t.Fatal(err)
		}
		got = append(got, page...)
		target = links(resp)["next"]
	}
	if org.Len() != 1_000_000 || len(got) != 1000 || size/1000 < 1100 || size/1000 > 1300 {
		t.Errorf("%d users, %d read, %d bytes each", org.Len(), len(got), size/1000)
	}
}

// Changed percent: that share of the people differs, in three fields, and nobody else.
func TestChanged(t *testing.T) {
	c := newClient(t, oktasim.Config{Users: 1000, Seed: 9})
	const all = "/api/v1/users?search=status+pr"
	base := c.flat(all)
	for _, percent := range []int{1, 10, 100, 0} {
		c.sim.Org().SetChanged(percent)
		changed := 0
		for id, fields := range c.flat(all) {
			var differ []string
			for name, value := range fields {
				if fmt.Sprint(value) != fmt.Sprint(base[id][name]) {
					differ = append(differ, name)
				}
			}
			slices.Sort(differ)
			if len(differ) > 0 {
				changed++
			}
			for _, name := range differ {
				if !slices.Contains([]string{"lastUpdated", "profile.department", "profile.title"}, name) {
					t.Errorf("%s: %s changed", id, name)
				}
			}
			if len(differ) > 0 && !slices.Contains(differ, "lastUpdated") {
				t.Errorf("%s changed without lastUpdated: %v", id, differ)
			}
		}
		if low, high := 1000*percent/100*6/10, 1000*percent/100*14/10; changed < low || changed > high {
			t.Errorf("%d percent: %d of 1000 changed", percent, changed)
		}
		// A delta pull finds them
		if got := len(c.ids(`/api/v1/users?search=lastUpdated+gt+"2026-01-01T00:00:00.000Z"`)); got != changed {
			t.Errorf("%d percent: a delta pull finds %d of %d", percent, got, changed)
		}
	}
}

// discard is a writer that keeps nothing, so that what is measured is the simulator.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

func benchmarkPages(b *testing.B, pages int, again bool) {
	sim, err := oktasim.New(oktasim.Config{Users: pages * 200, RateLimit: 1 << 40, NoGzip: true})
	if err != nil {
		b.Fatal(err)
	}
	var size int64
	read := func() {
		for target := "/api/v1/users?search=status+pr"; target != ""; {
			r, _ := http.NewRequest(http.MethodGet, target, nil)
			r.Header.Set("Authorization", "SSWS "+oktasim.DefaultToken)
			w := discard{http.Header{}}
			sim.ServeHTTP(w, r)
			target = links(&http.Response{Header: w.header})["next"]
			var n int64
			fmt.Sscan(w.header.Get("Content-Length"), &n)
			size += n
		}
	}
	read()
	for b.Loop() {
		if !again {
			sim.Org().SetChanged(0)
		}
		size = 0
		read()
	}
	b.SetBytes(size)
}

func BenchmarkRenderedPages(b *testing.B) { benchmarkPages(b, 50, false) }
func BenchmarkCachedPages(b *testing.B)   { benchmarkPages(b, 50, true) }
