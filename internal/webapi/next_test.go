package webapi_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/internal/webapi"
)

const list = "https://acme.okta.com/api/v1/users?limit=2&search=status%20pr"

// pullFrom reads a list whose first answer has the given header, and returns
// the addresses asked for after the first.
func pullFrom(t *testing.T, first http.Header) (asked []string, err error) {
	t.Helper()
	calls := 0
	w := newWorld(t, func(c *webapi.Config) {
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("Authorization") != "SSWS "+token || r.Host != "acme.okta.com" {
				t.Errorf("asked %s with %q", r.URL, r.Header["Authorization"])
			}
			resp := answer(200, nil, strings.NewReader(`[{"id":"1"}]`))
			if calls++; calls == 1 {
				resp.Header = first
			} else {
				asked = append(asked, r.URL.String())
			}
			return resp, nil
		})
	})
	cred := webapi.StaticCredential("OKTA_API", []string{"acme.okta.com"}, "SSWS "+token)
	_, _, err = pull(w.Client, webapi.PageRequest{Request: webapi.Request{URL: list, Credential: cred}})
	return asked, err
}

func TestWhereNextLeads(t *testing.T) {
	for _, c := range []struct{ next, want string }{
		{"https://acme.okta.com/api/v1/users?after=00u1%2C2&limit=2", "https://acme.okta.com/api/v1/users?after=00u1%2C2&limit=2"},
		{"https://acme.okta.com:443/api/v1/users?after=a", "https://acme.okta.com/api/v1/users?after=a"},
		{"HTTPS://ACME.okta.com/api/v1/users?after=a", "https://acme.okta.com/api/v1/users?after=a"},
		{"https://acme.okta.com/api/v1/other?after=a", "https://acme.okta.com/api/v1/other?after=a"},
		{"/api/v1/users?after=a", "https://acme.okta.com/api/v1/users?after=a"},
		{"?after=a", "https://acme.okta.com/api/v1/users?after=a"},
		{"?after=a b#top", "https://acme.okta.com/api/v1/users?after=a%20b"},
		// The same list under another name: the configured host is asked.
		{"https://acme-admin.okta.com/api/v1/users?after=a", "https://acme.okta.com/api/v1/users?after=a"},
		{"http://acme.okta.com/api/v1/users?after=a", "https://acme.okta.com/api/v1/users?after=a"},
		{"//evil.example.com/api/v1/users?after=a", "https://acme.okta.com/api/v1/users?after=a"},
		{"https://evil.example.com:8443/api/v1/users?after=a", "https://acme.okta.com/api/v1/users?after=a"},
		{"https://acme.okta.com@evil.example.com/api/v1/users?after=a", "https://acme.okta.com/api/v1/users?after=a"},
		{"https://evil.example.com/x/../api/v1/users?after=a", "https://acme.okta.com/api/v1/users?after=a"},
	} {
		asked, err := pullFrom(t, http.Header{"Link": {"<" + c.next + `>; rel="next"`}})
		if err != nil {
			t.Errorf("%s: %v", c.next, err)
		}
		if diff := cmp.Diff([]string{c.want}, asked); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.next, diff)
		}
	}
}

func TestWhereNextMustNotLead(t *testing.T) {
	for _, c := range []struct{ next, says string }{
		{"https://evil.example.com/collect?after=a", "another host and under another path"},
		{"https://evil.example.com/api/v1/users/?after=a", "another path"},
		{"https://evil.example.com/api/v1%2Fusers?after=a", "another path"},
		{"http://169.254.169.254/latest/meta-data", "another path"},
		{"file:///etc/passwd", "another path"},
		{"mailto:someone@example.com", "not a web address"},
		{"https:api/v1/users", "not a web address"},
		{"https://acme.okta.com/%zz", "cannot be read"},
		{list, "read already"},
		{"https://acme.okta.com/api/v1/users?search=status+pr&limit=2", "read already"},
		{"", "without an address"},
	} {
		asked, err := pullFrom(t, http.Header{"Link": {"<" + c.next + `>; rel="next"`}})
		var e *webapi.Error
		if !errors.As(err, &e) || e.Kind != webapi.KindPaging || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", c.next, err, c.says)
		}
		if asked != nil {
			t.Errorf("%s: asked for %v", c.next, asked)
		}
	}
}

// A player may give headers in the spelling of its file.
func TestHeaderNamesOfAPlayer(t *testing.T) {
	asked, err := pullFrom(t, http.Header{"link": {`<?after=a>; rel="next"`}})
	if err != nil || len(asked) != 1 {
		t.Errorf("asked for %v, %v", asked, err)
	}
}

// An allowed status answers for the list as a whole, never for its middle.
func TestAllowedStatusIsForTheFirstPage(t *testing.T) {
	for missing, want := range map[int]string{1: "", 2: "404 Not Found"} {
		calls := 0
		w := newWorld(t, func(c *webapi.Config) {
			c.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
				if calls++; calls == missing {
					return answer(404, nil, strings.NewReader(`{"errorCode":"E0000007"}`)), nil
				}
				return answer(200, map[string]string{"Link": `<?after=a>; rel="next"`}, strings.NewReader(`[{"id":"1"}]`)), nil
			})
		})
		p, err := w.Pages(t.Context(), webapi.PageRequest{Request: webapi.Request{URL: list, Allow: []int{404}}})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		var page *webapi.Page
		for range missing {
			page, err = p.Next()
		}
		if want == "" {
			if err != nil || page.Status != 404 || page.Value != nil {
				t.Errorf("the first page: %v", err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the second page: %v, want %q", err, want)
		}
	}
}
