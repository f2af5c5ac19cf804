package oktasim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/google/go-cmp/cmp"
)

// A shape is what a value has to look like: for an object, its keys (a ? allows a key to be absent, others are not allowed); for a
// text, a pattern; nullable with null or.
type shape struct {
	nullable bool
	text     string // pattern of a text
	keys     map[string]shape
	each     *shape // of an array
	open     bool   // further keys are allowed
	anything bool
}

func (s shape) check(path string, v any) []string {
	switch v := v.(type) {
	case nil:
		if !s.nullable && !s.anything {
			return []string{path + " is null"}
		}
	case string:
		if s.text == "" && !s.anything || s.text != "" && !regexp.MustCompile("^(?:"+s.text+")$").MatchString(v) {
			return []string{fmt.Sprintf("%s is %q", path, v)}
		}
	case []any:
		if s.each == nil {
			if s.anything {
				return nil
			}
			return []string{path + " is an array"}
		}
		var wrong []string
		for i, e := range v {
			wrong = append(wrong, s.each.check(fmt.Sprintf("%s[%d]", path, i), e)...)
		}
		return wrong
	case map[string]any:
		if s.keys == nil && !s.anything {
			return []string{path + " is an object"}
		}
		return s.checkKeys(path, v)
	default:
		if !s.anything {
			return []string{fmt.Sprintf("%s is %v", path, v)}
		}
	}
	return nil
}

func (s shape) checkKeys(path string, v map[string]any) []string {
	var wrong []string
	known := map[string]bool{}
	for key, want := range s.keys {
		name, optional := strings.CutSuffix(key, "?")
		known[name] = true
		if value, ok := v[name]; ok {
			wrong = append(wrong, want.check(path+"."+name, value)...)
		} else if !optional {
			wrong = append(wrong, path+"."+name+" is missing")
		}
	}
	for key, value := range v {
		if !known[key] && !s.open && !s.anything {
			wrong = append(wrong, path+"."+key+" is not OKTA's")
		} else if value == nil && !known[key] {
			wrong = append(wrong, path+"."+key+" is null, where OKTA leaves the key out")
		}
	}
	return wrong
}

func text(pattern string) shape { return shape{text: pattern} }

func textOrNull(pattern string) shape { return shape{text: pattern, nullable: true} }

const (
	datePattern = `20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z`
	statuses    = "ACTIVE|DEPROVISIONED|LOCKED_OUT|PASSWORD_EXPIRED|PROVISIONED|RECOVERY|STAGED|SUSPENDED"
	host        = `http://example\.com`
)

// What reference answers of OKTA look like: null where it sends null, absent where it leaves out.
var userShape = shape{keys: map[string]shape{
	"id": text("00u[0-9A-Za-z]{17}"), "status": text(statuses), "created": text(datePattern), "activated": textOrNull(datePattern),
	"statusChanged": textOrNull(datePattern), "lastLogin": textOrNull(datePattern), "lastUpdated": text(datePattern),
	"passwordChanged": textOrNull(datePattern),
	"type":            {keys: map[string]shape{"id": text("oty[0-9A-Za-z]{17}")}},
	"profile": {open: true, keys: map[string]shape{
		"firstName": text(".{1,50}"), "lastName": text(".{1,50}"), "login": text(".{5,100}"), "email": text(".{5,100}"),
		"mobilePhone": textOrNull(`\+1 555 \d+`), "secondEmail": textOrNull(`|.+@example\.net`),
		"isContractor?": {anything: true}, "floor?": {anything: true}, "workingShare?": {anything: true},
	}},
	"credentials": {keys: map[string]shape{
		"password?":          {keys: map[string]shape{}},
		"recovery_question?": {keys: map[string]shape{"question": text(".+")}},
		"emails":             {each: &shape{keys: map[string]shape{"value": text(".+@.+"), "status": text("VERIFIED"), "type": text("PRIMARY")}}},
		"provider":           {keys: map[string]shape{"type": text("OKTA|ACTIVE_DIRECTORY|FEDERATION|IMPORT"), "name": text(".+")}},
	}},
	"_links": {keys: map[string]shape{"self": {keys: map[string]shape{"href": text(host + "/api/v1/users/00u[0-9A-Za-z]{17}")}}}},
}}

var groupShape = shape{keys: map[string]shape{
	"id": text("00g[0-9A-Za-z]{17}"), "created": text(datePattern), "lastUpdated": text(datePattern), "lastMembershipUpdated": text(datePattern),
	"objectClass": {each: &shape{text: "okta:user_group"}}, "type": text("OKTA_GROUP|BUILT_IN|APP_GROUP"),
	"profile": {keys: map[string]shape{"name": text(".+"), "description": textOrNull(".+")}},
	"_links": {keys: map[string]shape{
		"logo":  {each: &shape{keys: map[string]shape{"name": text(".+"), "href": text(host + "/.+"), "type": text("image/png")}}},
		"users": {keys: map[string]shape{"href": text(host + "/api/v1/groups/00g[0-9A-Za-z]{17}/users")}},
		"apps":  {keys: map[string]shape{"href": text(host + "/api/v1/groups/00g[0-9A-Za-z]{17}/apps")}},
	}},
}}

var errorShape = shape{keys: map[string]shape{
	"errorCode": text(`E\d{7}`), "errorSummary": text(".+"), "errorLink": text(`E\d{7}`), "errorId": text("oae.+"),
	"errorCauses": {each: &shape{keys: map[string]shape{"errorSummary": text(".+")}}},
}}

var orgShape = shape{open: true, keys: map[string]shape{
	"id": text("00o[0-9A-Za-z]{17}"), "pipeline": text("idx"), "settings": {anything: true},
	"_links": {keys: map[string]shape{"organization": {keys: map[string]shape{"href": text(host)}}}},
}}

func TestShapes(t *testing.T) {
	c := newClient(t, oktasim.Config{Users: 300, Groups: 25})
	group, user := c.sim.Org().Groups()[1].ID, c.sim.Org().Users()[0].ID
	list := func(s shape) shape { return shape{each: &s} }
	for _, test := range []struct {
		target string
		status int
		want   shape
	}{
		{"/api/v1/users", 200, list(userShape)},
		{"/api/v1/users?search=status+pr", 200, list(userShape)},
		{"/api/v1/users/" + user, 200, userShape},
		{"/api/v1/groups", 200, list(groupShape)},
		{"/api/v1/groups/" + group, 200, groupShape},
		{"/api/v1/groups/" + group + "/users", 200, list(userShape)},
		{"/.well-known/okta-organization", 200, orgShape},
		{"/api/v1/users/00u9", 404, errorShape},
		{"/api/v1/users?search=a+b", 400, errorShape},
	} {
		for target := test.target; target != ""; {
			resp := c.get(target)
			answer := body(t, resp)
			var v any
			if err := json.Unmarshal([]byte(answer), &v); err != nil {
				t.Fatalf("%s: %v", target, err)
			}
			if wrong := test.want.check("", v); resp.StatusCode != test.status || wrong != nil {
				t.Errorf("%s: %d %s", target, resp.StatusCode, strings.Join(wrong[:min(len(wrong), 5)], "; "))
			}
			checkHeaders(t, target, resp)
			target = links(resp)["next"]
		}
	}
}

func checkHeaders(t *testing.T, target string, resp *http.Response) {
	t.Helper()
	for name, pattern := range map[string]string{
		"Content-Type":           `application/json(;charset=UTF-8)?`,
		"Date":                   `.+ GMT`,
		"X-Okta-Request-Id":      `\w+`,
		"X-Rate-Limit-Limit":     `600`,
		"X-Rate-Limit-Remaining": `\d+`,
		"X-Rate-Limit-Reset":     `\d{10}`,
		"Retry-After":            ``,
	} {
		if got := resp.Header.Get(name); !regexp.MustCompile("^" + pattern + "$").MatchString(got) {
			t.Errorf("%s: %s is %q", target, name, got)
		}
	}
}

// Where lists, and only lists, have links, and what is in them.
func TestLinks(t *testing.T) {
	const from = "http://example.com"
	for _, test := range []struct{ target, self, next string }{
		// The limit is there when the client gave none; parameters that OKTA does not know are gone
		{"/api/v1/users", "/api/v1/users?limit=200", "/api/v1/users?after=CURSOR&limit=200"},
		{"/api/v1/users?limit=1000", "/api/v1/users?limit=200", "/api/v1/users?after=CURSOR&limit=200"},
		{"/api/v1/users?sortOrder=0&limit=50&colour=red", "/api/v1/users?limit=50", "/api/v1/users?after=CURSOR&limit=50"},
		// Sorted, and encoded with + and %28, whatever the client wrote
		{"/api/v1/users?search=(status%20pr)&limit=50", "/api/v1/users?limit=50&search=%28status+pr%29", "/api/v1/users?after=CURSOR&limit=50&search=%28status+pr%29"},
		{"/api/v1/users?limit=200&after=", "/api/v1/users?limit=200", "/api/v1/users?after=CURSOR&limit=200"},
		{"/api/v1/users?q=a", "/api/v1/users?limit=10&q=a", ""}, // q does not page
		{"/api/v1/groups", "/api/v1/groups?limit=10000", ""},
		{"/api/v1/groups?q=a", "", ""},
		{"/api/v1/groups?limit=2", "/api/v1/groups?limit=2", "/api/v1/groups?after=CURSOR&limit=2"},
		{"/api/v1/groups/EVERYONE/users", "/api/v1/groups/EVERYONE/users?limit=1000", ""},
		{"/api/v1/groups/EVERYONE/users?limit=7", "/api/v1/groups/EVERYONE/users?limit=7", "/api/v1/groups/EVERYONE/users?after=CURSOR&limit=7"},
		{"/api/v1/users/zoe.nobody@example.com", "", ""},
		{"/.well-known/okta-organization", "", ""},
	} {
		for _, style := range []string{"two", "joined"} {
			c := newClient(t, oktasim.Config{Users: 400, Groups: 4, LinkStyle: style})
			everyone := c.sim.Org().Groups()[0].ID
			resp := c.get(strings.Replace(test.target, "EVERYONE", everyone, 1))
			var want []string
			for _, l := range [][2]string{{test.self, "self"}, {test.next, "next"}} {
				if l[0] != "" {
					want = append(want, "<"+from+l[0]+`>; rel="`+l[1]+`"`)
				}
			}
			if style == "joined" && want != nil {
				want = []string{strings.Join(want, ", ")}
			}
			var got []string
			for _, value := range resp.Header.Values("Link") {
				value = strings.ReplaceAll(value, everyone, "EVERYONE")
				got = append(got, regexp.MustCompile(`after=[0-9a-z]+`).ReplaceAllString(value, "after=CURSOR"))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.target, diff)
			}
		}
	}
}

// Behind a proxy, or on the admin host, links show the org's own name.
func TestPublicURL(t *testing.T) {
	c := newClient(t, oktasim.Config{Users: 3, PublicURL: "https://contoso.okta.example/"})
	resp := c.get("/api/v1/users?limit=2")
	for rel, link := range links(resp) {
		u, err := url.Parse(link)
		if err != nil || u.Scheme != "https" || u.Host != "contoso.okta.example" || u.Path != "/api/v1/users" {
			t.Errorf("%s: %s", rel, link)
		}
	}
}
