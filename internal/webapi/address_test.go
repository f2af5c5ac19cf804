package webapi_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/amsx-lang/amsx/internal/webapi"
)

func TestParseDomain(t *testing.T) {
	for _, c := range []struct {
		text, want string
		warns      string // part of the warning
	}{
		{"acme.okta.com", "https://acme.okta.com", ""},
		{"  acme.okta.com/ ", "https://acme.okta.com", ""},
		{"https://acme.okta.com", "https://acme.okta.com", ""},
		{"HTTPS://Acme.Okta.COM/", "https://acme.okta.com", ""},
		{"https://acme.okta.com:443/", "https://acme.okta.com", ""},
		{"acme.okta.com:8443", "https://acme.okta.com:8443", ""},
		{"acme-admin.okta.com", "https://acme.okta.com", "admin console"},
		{"https://acme-admin.oktapreview.com/", "https://acme.oktapreview.com", "admin console"},
		{"acme-admin.okta-emea.com", "https://acme.okta-emea.com", "admin console"},
		{"https://acme-admin.okta.com/admin/dashboard", "https://acme.okta.com", "only the host is used"},
		{"hr-admin.example.com", "https://hr-admin.example.com", ""},
		{"login.example.com", "https://login.example.com", ""},
		{"acme", "https://acme", "acme.okta.com"},
		{"acme.okta.com.", "https://acme.okta.com", ""},
		{"bücher.example.com", "https://xn--bcher-kva.example.com", ""},
		{"http://127.0.0.1:8080", "http://127.0.0.1:8080", ""},
		{"http://localhost:8080/", "http://localhost:8080", ""},
		{"http://[::1]:8080", "http://[::1]:8080", ""},
		{"http://127.0.0.1", "http://127.0.0.1", ""},
		{"127.0.0.1:8080", "https://127.0.0.1:8080", ""},
	} {
		got, warnings, err := webapi.ParseDomain(c.text)
		if err != nil || got != c.want {
			t.Errorf("ParseDomain(%q) = %q, %v; want %q", c.text, got, err, c.want)
		}
		joined := strings.Join(warnings, "; ")
		if (c.warns == "") != (joined == "") || !strings.Contains(joined, c.warns) {
			t.Errorf("ParseDomain(%q) warns %q, want %q", c.text, joined, c.warns)
		}
		if again, _, err := webapi.ParseDomain(got); err != nil || again != got {
			t.Errorf("ParseDomain(%q), its own result, = %q, %v", got, again, err)
		}
	}
}

func TestParseDomainRefuses(t *testing.T) {
	for _, c := range []struct{ text, says string }{
		{"", "is empty"},
		{"https://", "no host"},
		{"{yourOktaDomain}", "placeholder"},
		{"https://{yourOktaDomain}", "placeholder"},
		{"<org>.okta.com", "placeholder"},
		{"acme.okta.com.com", ".com twice"},
		{"https://acme.okta.com.com/", ".com twice"},
		{"https://https://acme.okta.com", ":// twice"},
		{"acme okta.com", "blanks"},
		{"http://acme.okta.com", "write https://acme.okta.com"},
		{"http://127.0.0.1.example.com", "loopback"},
		{"ftp://acme.okta.com", "only https://"},
		{"admin:hunter22@acme.okta.com", "user or password"},
		{"acme.okta.com:99999", "not a host"},
		{"acme.okta.com:0", "ports go from"},
		{"acme..okta.com", "not the name of a host"},
	} {
		got, _, err := webapi.ParseDomain(c.text)
		if err == nil {
			t.Errorf("ParseDomain(%q) = %q, want an error", c.text, got)
			continue
		}
		if !strings.Contains(err.Error(), c.says) && c.says != "not a host" {
			t.Errorf("ParseDomain(%q) says %q, want %q", c.text, err, c.says)
		}
		if strings.Contains(err.Error(), "hunter22") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

func TestBuildURL(t *testing.T) {
	for _, c := range []struct {
		base  string
		pairs []string
		want  string
	}{
		{"https://a.example.com/users", nil, "https://a.example.com/users"},
		{"https://a.example.com/users", []string{"search", "status pr", "limit", "200"}, "https://a.example.com/users?search=status%20pr&limit=200"},
		{"https://a.example.com/users?a=1&b=x+y", []string{"c", "2"}, "https://a.example.com/users?a=1&b=x+y&c=2"},
		{"https://a.example.com/users?", []string{"c", "2"}, "https://a.example.com/users?c=2"},
		{"https://a.example.com/users#top", []string{"c", "2"}, "https://a.example.com/users?c=2"},
		{"https://a.example.com/g/Ops Team", []string{"q", "R&D=ä/+%"}, "https://a.example.com/g/Ops%20Team?q=R%26D%3D%C3%A4%2F%2B%25"},
		{"https://a.example.com/users", []string{"q", ""}, "https://a.example.com/users?q="},
		{"https://a.example.com/users", []string{"f", `profile.lastName eq "bob\"smith"`}, `https://a.example.com/users?f=profile.lastName%20eq%20%22bob%5C%22smith%22`},
	} {
		got, err := webapi.BuildURL(c.base, c.pairs...)
		if err != nil {
			t.Errorf("BuildURL(%q): %v", c.base, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("BuildURL(%q, %q) (-want +got):\n%s", c.base, c.pairs, diff)
		}
	}
	for _, pairs := range [][]string{{"limit"}, {"", "200"}} {
		if got, err := webapi.BuildURL("https://a.example.com", pairs...); err == nil {
			t.Errorf("BuildURL with %q = %q, want an error", pairs, got)
		}
	}
}

// Whatever a value holds, the server reads exactly that value, and nothing
// else becomes part of the address.
func TestBuildURLRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringN(1, 8, -1).Draw(t, "name")
		value := rapid.String().Draw(t, "value")
		got, err := webapi.BuildURL("https://a.example.com/users?limit=200", name, value)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(got)
		if err != nil || u.Host != "a.example.com" || u.Path != "/users" {
			t.Fatalf("%q: %v", got, err)
		}
		values := u.Query()
		if all := values[name]; all[len(all)-1] != value {
			t.Fatalf("%q reads as %q, want %q", got, all, value)
		}
	})
}
