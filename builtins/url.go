package builtins

import (
	"strings"

	"github.com/amsx-lang/amsx/internal/webapi"
	"github.com/amsx-lang/amsx/runtime"
)

func urlFunctions() []*runtime.Command {
	return []*runtime.Command{
		{
			Name: "BuildUrl", Group: "Web", Summary: "Builds a URL from an address and query parameters.",
			Doc:    "Names and values are encoded. A parameter whose value is Null is left out; a List gives the parameter once for each element. Parameters that the address has already stay.",
			Result: "a text", Function: true, Statement: true, Provenance: runtime.Documented,
			Params: []runtime.Param{{Name: "address", Type: runtime.TextParam, Doc: "the address, such as https://okta.example.com/api/v1/users", Address: true},
				repeated("name, value", runtime.AnyParam, "names and values of the query, in turns")},
			Errors:   []string{"the address is none", "a name is without its value"},
			Examples: []runtime.Example{shows(`BuildUrl("https://okta.example.com/api/v1/users", "search", "status pr", "limit", 200)`, "https://okta.example.com/api/v1/users?search=status%20pr&limit=200")},
			Run:      buildURL,
			Check: func(c *runtime.CheckedCall) {
				if n := len(c.Call.Args); n%2 == 0 && n > 0 {
					c.List.Errorf(c.Call.Args[n-1].Start(), runtime.CodeArguments, `write names and values in turns: BuildUrl(…, "limit", "200")`, "the last name of the query has no value")
				}
			},
		},
	}
}

func buildURL(c *runtime.Call) (runtime.Value, error) {
	address := strings.TrimSpace(c.Text(0))
	if address == "" || !strings.Contains(address, "/") {
		return runtime.Null(), failf("begin it with https:// and a host", "the address is no URL")
	}
	if c.Len()%2 == 0 {
		return runtime.Null(), failf(`write names and values in turns: BuildUrl(…, "limit", "200")`, "the last name of the query has no value")
	}
	var pairs []string
	for i := 1; i < c.Len(); i += 2 {
		name, v := c.Text(i), c.Arg(i+1)
		items, isList, err := v.Elements()
		switch {
		case err != nil:
			return runtime.Null(), err
		case v.IsNull():
		case isList:
			for _, x := range items {
				pairs = append(pairs, name, x.Text())
			}
		default:
			pairs = append(pairs, name, v.Text())
		}
	}
	s, err := webapi.BuildURL(address, pairs...)
	return runtime.Text(s), err
}
