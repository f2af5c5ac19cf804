package webapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/internal/webapi"
)

func TestNextLink(t *testing.T) {
	const next, self = "https://acme.okta.com/api/v1/users?after=00u1,2;x&limit=200", "https://acme.okta.com/api/v1/users"
	for _, c := range []struct {
		name    string
		headers []string
		want    string
	}{
		{"no header", nil, ""},
		{"only self", []string{`<` + self + `>; rel="self"`}, ""},
		{"two headers", []string{`<` + self + `>; rel="self"`, `<` + next + `>; rel="next"`}, next},
		{"two headers, next first", []string{`<` + next + `>; rel="next"`, `<` + self + `>; rel="self"`}, next},
		{"joined by a comma", []string{`<` + self + `>; rel="self", <` + next + `>; rel="next"`}, next},
		{"joined without a blank", []string{`<` + self + `>;rel="self",<` + next + `>;rel="next"`}, next},
		{"unquoted", []string{`<` + next + `>; rel=next`}, next},
		{"blanks anywhere", []string{"  <" + next + ">  ;\t rel  =  \"next\"  "}, next},
		{"blanks, unquoted", []string{`< ` + next + ` > ; rel = next , <` + self + `> ; rel = self`}, next},
		{"case of rel", []string{`<` + next + `>; REL="Next"`}, next},
		{"several relations", []string{`<` + next + `>; rel="last next"`}, next},
		{"other parameters", []string{`<` + next + `>; title="a, b; rel=\"prev\""; rel="next"; type=json`}, next},
		{"only the first rel counts", []string{`<` + next + `>; rel="prev"; rel="next"`}, ""},
		{"nextish relations", []string{`<` + next + `>; rel="nextpage"`, `<` + self + `>; rel="prev-next"`}, ""},
		{"next in the address only", []string{`<https://acme.okta.com/next?rel="next">; rel="prev"`}, ""},
		{"another context", []string{`<` + next + `>; rel="next"; anchor="/elsewhere"`}, ""},
		{"the same twice", []string{`<` + next + `>; rel="next"`, `<` + next + `>; rel="next"`}, next},
		{"empty parts", []string{``, ` , ,<` + next + `>; rel="next",`}, next},
		{"a parameter without value", []string{`<` + next + `>; crossorigin; rel="next"`}, next},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := webapi.NextLink(http.Header{"Link": c.headers})
			if err != nil || got != c.want {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

// A header that cannot be read must not pass for the end of the list.
func TestNextLinkIsNotGuessed(t *testing.T) {
	for _, header := range []string{
		`<https://acme.okta.com/users?after=1; rel="next"`,
		`https://acme.okta.com/users?after=1; rel="next"`,
		`<https://acme.okta.com/users>; rel="next`,
		`<https://a.example.com/1>; rel="next", <https://a.example.com/2>; rel="next"`,
	} {
		if got, err := webapi.NextLink(http.Header{"Link": {header}}); err == nil {
			t.Errorf("%s gives %q and no error", header, got)
		}
	}
}

func FuzzNextLink(f *testing.F) {
	f.Add(`<https://acme.okta.com/users?after=1>; rel="next", <a>; rel=self`)
	f.Add(`<a>;rel="n\"ext";;=,<b>;rel=next`)
	f.Fuzz(func(t *testing.T, header string) {
		got, err := webapi.NextLink(http.Header{"Link": {header}})
		if got == "" || err != nil {
			return
		}
		if !strings.Contains(header, got) {
			t.Errorf("%q gives %q, which is not in it", header, got)
		}
		again, err := webapi.NextLink(http.Header{"Link": {`<` + got + `>; rel="next"`}})
		if err != nil || again != got {
			t.Errorf("%q, written again, gives %q, %v", got, again, err)
		}
	})
}
