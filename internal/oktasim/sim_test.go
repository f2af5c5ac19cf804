package oktasim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/internal/oktasim"
)

// A client is the least that can read a list: it follows next until there is none.
type client struct {
	t   testing.TB
	sim *oktasim.Sim
}

func newClient(t testing.TB, cfg oktasim.Config) *client {
	t.Helper()
	sim, err := oktasim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &client{t, sim}
}

func (c *client) get(target string, edit ...func(*http.Request)) *http.Response {
	c.t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Header.Set("Authorization", "SSWS "+oktasim.DefaultToken)
	for _, e := range edit {
		e(r)
	}
	w := httptest.NewRecorder()
	c.sim.ServeHTTP(w, r)
	return w.Result()
}

func body(t testing.TB, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var linkPattern = regexp.MustCompile(`<([^>]*)>; rel="(self|next)"`)

func links(resp *http.Response) map[string]string {
	found := map[string]string{}
	for _, m := range linkPattern.FindAllStringSubmatch(strings.Join(resp.Header.Values("Link"), ", "), -1) {
		found[m[2]] = m[1]
	}
	return found
}

type record struct {
	ID, Status string
	Profile    map[string]any
}

// pages returns the records of every page from target to the end.
func (c *client) pages(target string) [][]record {
	c.t.Helper()
	var all [][]record
	for target != "" {
		resp := c.get(target)
		all = append(all, decodePage(c.t, resp))
		if len(all) > 10_000 {
			c.t.Fatal("the list does not end")
		}
		target = links(resp)["next"]
	}
	return all
}

func decodePage(t testing.TB, resp *http.Response) []record {
	t.Helper()
	text := body(t, resp)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", resp.StatusCode, text)
	}
	var page []record
	if err := json.Unmarshal([]byte(text), &page); err != nil {
		t.Fatal(err)
	}
	return page
}

func (c *client) ids(target string) []string {
	c.t.Helper()
	ids := []string{}
	for _, r := range slices.Concat(c.pages(target)...) {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestPaging(t *testing.T) {
	for _, style := range []string{"two", "joined"} {
		t.Run(style, func(t *testing.T) {
			c := newClient(t, oktasim.Config{Users: 450, LinkStyle: style})
			pages := c.pages("/api/v1/users?limit=200&search=status+pr")
			if got := fmt.Sprint(len(pages[0]), len(pages[1]), len(pages[2])); got != "200 200 50" || len(pages) != 3 {
				t.Errorf("pages of %s users, %d pages", got, len(pages))
			}
			seen := map[string]bool{}
			for _, r := range slices.Concat(pages...) {
				if seen[r.ID] {
					t.Errorf("%s came twice", r.ID)
				}
				seen[r.ID] = true
			}
			if len(seen) != 450 {
				t.Errorf("%d users of 450", len(seen))
			}
		})
	}
}

func TestDeprovisionedAreHiddenInThePlainList(t *testing.T) {
	c := newClient(t, oktasim.Config{Users: 500})
	count := func(target string) (n, left int) {
		for _, r := range slices.Concat(c.pages(target)...) {
			n++
			if r.Status == "DEPROVISIONED" {
				left++
			}
		}
		return n, left
	}
	for target, want := range map[string][2]int{
		"/api/v1/users":                                      {480, 0},
		"/api/v1/users?search=status+pr":                     {500, 20},
		"/api/v1/users?filter=status+eq+%22DEPROVISIONED%22": {20, 20},
	} {
		if n, left := count(target); n != want[0] || left != want[1] {
			t.Errorf("%s: %d users, %d of them DEPROVISIONED, want %v", target, n, left, want)
		}
	}
}

func withToken(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "SSWS "+token) }
}
