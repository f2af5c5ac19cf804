package oktasim_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/google/go-cmp/cmp"
)

var searchTests = []struct{ kind, parameter, value, want string }{
	{"users", "search", `status pr`, "1 2 3 4"},
	{"users", "search", `status eq "ACTIVE"`, "1"},
	{"users", "search", `status eq "active"`, "1"}, // values are compared without case
	{"users", "search", `STATUS eq "ACTIVE"`, "E0000031 invalid attribute: STATUS"},
	{"users", "search", `profile.department eq "FINANCE"`, "1 2"},
	{"users", "search", `profile.department pr`, "1 2"}, // "" is no value
	{"users", "search", `profile.accessZones pr`, "1"},
	{"users", "search", `profile.accessZones eq "roof"`, "1"},
	{"users", "search", `profile.floor gt 3`, "3"},
	{"users", "search", `profile.floor ge 3`, "1 3"},
	{"users", "search", `profile.floor lt 12`, "1"},
	{"users", "search", `profile.floor le 12`, "1 3"},
	{"users", "search", `profile.floor eq 3.0`, "1"},
	{"users", "search", `profile.isContractor eq true`, "3"},
	{"users", "search", `profile.firstName eq "zoë"`, "1"}, // diacritics count
	{"users", "search", `profile.firstName sw "zo"`, "1 4"},
	{"users", "search", `profile.lastName co "BRIEN"`, "2"},
	{"users", "search", `profile.lastName eq "bob\"smith"`, "3"},
	{"users", "search", `profile.department co "fin"`, "E0000031 invalid operator: co with profile.department"},
	{"users", "search", `profile.shoeSize eq 42`, "E0000031 invalid attribute: profile.shoeSize"},
	{"users", "search", `profile.login ne "x"`, "E0000031 invalid operator: ne with profile.login"},
	{"users", "search", `not (status eq "ACTIVE")`, "E0000031 invalid attribute: not"},
	{"users", "search", `lastUpdated gt "2025-04-01T10:00:00.000Z"`, "3 4"},
	{"users", "search", `lastUpdated ge "2025-04-01T10:00:00Z"`, "2 3 4"},
	{"users", "search", `lastUpdated gt "2025-04-01T11:59:59+02:00"`, "2 3 4"},
	{"users", "search", `lastUpdated gt "yesterday"`, `E0000031 the value of lastUpdated must be a date such as "2026-01-31T00:00:00.000Z", not "yesterday"`},
	{"users", "search", `lastUpdated gt "2025-04-01T10:00:00.000Z" and lastUpdated lt "2025-06-01T00:00:00.000Z"`, "3"},
	{"users", "search", `status eq "ACTIVE" or status eq "STAGED" and profile.floor pr`, "1"}, // and binds first
	{"users", "search", `(status eq "ACTIVE" or status eq "STAGED") and profile.firstName sw "Z"`, "1 4"},
	{"users", "search", `(profile.login lt "b" or profile.login gt "c")`, "1 3 4"},
	{"users", "search", `status eq ACTIVE`, "E0000031 the value of status must be in double quotes: ACTIVE"},
	{"users", "search", `status eq "ACTIVE`, "E0000031 a closing quote is missing in the search criteria"},
	{"users", "search", `(status pr`, "E0000031 a closing parenthesis is missing in the search criteria"},
	{"users", "search", `status pr status`, `E0000031 the search criteria go on with "status" where they should end`},
	{"users", "search", `status`, "E0000031 the search criteria end too early"},
	{"users", "search", `status eq`, "E0000031 a value is missing after status eq"},
	{"users", "search", strings.Repeat("(", 2000) + "status pr", "E0000031 the search criteria are nested too deeply"},
	{"users", "filter", `status eq "DEPROVISIONED"`, "2"},
	{"users", "filter", `status eq "deprovisioned"`, ""}, // values are compared with case
	{"users", "filter", `status eq "STAGED" or id eq "00u3"`, "3 4"},
	{"users", "filter", `lastUpdated gt "2025-04-01T10:00:00.000Z"`, "3 4"},
	{"users", "filter", `profile.lastName sw "A"`, "E0000031 invalid operator: sw with profile.lastName"},
	{"users", "filter", `profile.department eq "Finance"`, "E0000031 invalid attribute: profile.department"},
	{"users", "q", "zo", "1 4"},
	{"users", "q", "shared@", "3"}, // the other one is DEPROVISIONED, whom q hides
	{"groups", "search", `profile.name sw "fi"`, "g2 g3"},
	{"groups", "search", `profile.name eq "field & sales"`, "g3"},
	{"groups", "search", `profile.name co "SALES" or type eq "BUILT_IN"`, "g1 g3"},
	{"groups", "search", `profile.description pr and type eq "OKTA_GROUP"`, "g2"},
	{"groups", "filter", `type eq "APP_GROUP"`, "g3"},
	{"groups", "filter", `id eq "00g2" or type eq "BUILT_IN"`, "g1 g2"},
	{"groups", "filter", `profile.name eq "Finance"`, "E0000031 invalid attribute: profile.name"},
	{"groups", "filter", `status eq "ACTIVE"`, "E0000031 invalid attribute: status"},
	{"groups", "q", "fin", "g2"},
}

func TestSearch(t *testing.T) {
	c := newClient(t, oktasim.Config{SeedFile: "testdata/seed.json"})
	everyone := c.sim.Org().Groups()[0].ID
	short := strings.NewReplacer(everyone, "g1", "00g", "g", "00u", "")
	for _, test := range searchTests {
		target := "/api/v1/" + test.kind + "?" + url.Values{test.parameter: {test.value}}.Encode()
		resp := c.get(target)
		got := ""
		if resp.StatusCode == http.StatusOK {
			got = short.Replace(strings.Join(c.ids(target), " "))
		} else {
			e := readError(t, resp)
			got = e.ErrorCode + " " + e.ErrorCauses[0].ErrorSummary
		}
		if got != test.want {
			t.Errorf("%s %s=%s\n got %s\nwant %s", test.kind, test.parameter, test.value, got, test.want)
		}
	}
}

type errorBody struct {
	ErrorCode, ErrorSummary, ErrorLink, ErrorID string
	ErrorCauses                                 []struct{ ErrorSummary string }
}

func readError(t testing.TB, resp *http.Response) errorBody {
	t.Helper()
	var e errorBody
	dec := json.NewDecoder(resp.Body)
	if err := dec.Decode(&e); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestSortedSearch(t *testing.T) {
	c := newClient(t, oktasim.Config{SeedFile: "testdata/seed.json"})
	for _, test := range []struct{ order, want string }{
		{"sortBy=profile.lastName", "00u1 00u3 00u2 00u4"},
		{"sortBy=profile.lastName&sortOrder=desc", "00u4 00u2 00u3 00u1"},
		{"sortBy=profile.email", "00u2 00u3 00u1 00u4"}, // a tie: by id
	} {
		if got := strings.Join(c.ids("/api/v1/users?limit=1&search=status+pr&"+test.order), " "); got != test.want {
			t.Errorf("%s: %s, want %s", test.order, got, test.want)
		}
	}
	// A cursor of a sorted list is good for that list only: what OKTA answers to clients that rebuild the address
	first := links(c.get("/api/v1/users?limit=1&search=status+pr&sortBy=profile.lastName"))["next"]
	u, err := url.Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Del("sortBy")
	if resp := c.get("/api/v1/users?" + q.Encode()); resp.StatusCode != 400 || readError(t, resp).ErrorCode != "E0000031" {
		t.Errorf("a rebuilt address: %d", resp.StatusCode)
	}
	// The person at whom the page ended is gone: the place in the order is lost, and that is said
	if err := c.sim.Org().RemoveUser("00u1"); err != nil {
		t.Fatal(err)
	}
	if resp := c.get(first); resp.StatusCode != 400 {
		t.Errorf("after the last one went: %d", resp.StatusCode)
	}
	if resp := c.get("/api/v1/users?search=status+pr&sortBy=shoeSize"); resp.StatusCode != 400 {
		t.Errorf("sorted by what nobody has: %d", resp.StatusCode)
	}
}

func TestRefusedCalls(t *testing.T) {
	c := newClient(t, oktasim.Config{SeedFile: "testdata/seed.json"})
	next := links(c.get("/api/v1/users?limit=1"))["next"]
	type wrong struct {
		Status                int
		Code, Summary, Causes string
	}
	for _, test := range []struct {
		target string
		edit   func(*http.Request)
		want   wrong
	}{
		{"/api/v1/users", withToken("00WrongTokenNotReal"), wrong{401, "E0000011", "Invalid token provided", ""}},
		{"/api/v1/users", func(r *http.Request) { r.Header.Del("Authorization") }, wrong{401, "E0000011", "Invalid token provided", ""}},
		{"/api/v1/users", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+oktasim.DefaultToken) }, wrong{401, "E0000011", "Invalid token provided", ""}},
		{"/api/v1/users", func(r *http.Request) { r.Method = http.MethodPost }, wrong{405, "E0000022", "The endpoint does not support the provided HTTP method", ""}},
		{"/api/v1/people", nil, wrong{404, "E0000008", "The requested path was not found", ""}},
		{"/api/v2/users", nil, wrong{404, "E0000008", "The requested path was not found", ""}},
		{"/api/v1/users/00u9", nil, wrong{404, "E0000007", "Not found: Resource not found: 00u9 (User)", ""}},
		{"/api/v1/groups/00g9", nil, wrong{404, "E0000007", "Not found: Resource not found: 00g9 (UserGroup)", ""}},
		{"/api/v1/groups/00g9/users", nil, wrong{404, "E0000007", "Not found: Resource not found: 00g9 (UserGroup)", ""}},
		{"/api/v1/groups/Finance/users", nil, wrong{404, "E0000007", "Not found: Resource not found: Finance (UserGroup)", ""}},
		{"/api/v1/users?limit=many", nil, wrong{400, "E0000001", "Api validation failed: limit", "limit: the value must be a number from 1"}},
		{"/api/v1/users?limit=0", nil, wrong{400, "E0000001", "Api validation failed: limit", "limit: the value must be a number from 1"}},
		{"/api/v1/users?search=status+pr&filter=status+eq+%22ACTIVE%22", nil,
			wrong{400, "E0000033", "Can't specify a search query and filter in the same request.", ""}},
		{"/api/v1/users?after=200", nil, wrong{400, "E0000029", "Invalid paging request.", "Invalid cursor."}},
		{"/api/v1/users?after=00u1&search=status+pr", nil, wrong{400, "E0000031", "Invalid search criteria.", "Invalid cursor."}},
		{strings.Replace(next, "users", "groups", 1), nil, wrong{400, "E0000029", "Invalid paging request.", "Invalid cursor."}},
		{next + "0", nil, wrong{}}, // limit=10 of a good cursor: a client may change the limit
	} {
		var edits []func(*http.Request)
		if test.edit != nil {
			edits = append(edits, test.edit)
		}
		resp := c.get(test.target, edits...)
		var got wrong
		if resp.StatusCode != http.StatusOK {
			e := readError(t, resp)
			var causes []string
			for _, cause := range e.ErrorCauses {
				causes = append(causes, cause.ErrorSummary)
			}
			got = wrong{resp.StatusCode, e.ErrorCode, e.ErrorSummary, strings.Join(causes, "; ")}
			if e.ErrorLink != e.ErrorCode || len(e.ErrorID) < 10 || e.ErrorCauses == nil || resp.Header.Get("X-Okta-Request-Id") == "" {
				t.Errorf("%s: %+v is no whole error object", test.target, e)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.target, diff)
		}
	}
}

// Every byte of a cursor counts: none can be changed into another's.
func TestCursorsCannotBeChanged(t *testing.T) {
	c := newClient(t, oktasim.Config{Users: 30})
	next := links(c.get("/api/v1/users?limit=5"))["next"]
	u, err := url.Parse(next)
	if err != nil {
		t.Fatal(err)
	}
	after := u.Query().Get("after")
	for i := range after {
		for _, by := range []string{"0", "1", "z", ""} {
			changed := after[:i] + by + after[i+1:]
			if changed == after {
				continue
			}
			if resp := c.get("/api/v1/users?limit=5&after=" + changed); resp.StatusCode != http.StatusBadRequest {
				t.Errorf("%s instead of %s: %d", changed, after, resp.StatusCode)
			}
		}
	}
}
