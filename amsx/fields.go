package amsx

import (
	"strings"

	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/transformations"
)

// fields are the source paths that are known of an API; nil when it is not
// known.
func fields(api string) []string { return transformations.Fields(api) }

// values are all values of some of the source paths, where they are known.
func values(api string) map[string][]string {
	if api == "okta" {
		return map[string][]string{"status": {"ACTIVE", "PASSWORD_EXPIRED", "RECOVERY", "LOCKED_OUT", "PROVISIONED", "STAGED", "SUSPENDED", "DEPROVISIONED"}}
	}
	return nil
}

// api names the API that a script reads; empty where it is not known, or where
// there are several, whose records differ. OKTA is told by its way of signing
// in, which is OKTA's alone, the others by the address of their list.
func api(t *ast.Transformation) string {
	if t.Script == nil {
		return ""
	}
	name := ""
	found := func(api string) {
		if name != "" && name != api {
			api = "several"
		}
		name = api
	}
	ast.Inspect(t.Script, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			if strings.EqualFold(n.Name, "Authorize") && len(n.Args) > 1 {
				if s, ok := n.Args[1].(*ast.String); ok && strings.EqualFold(strings.Trim(s.Raw, `"'`), "SSWS") {
					found("okta")
				}
			}
		case *ast.String:
			if api := listAt(strings.Trim(n.Raw, `"'`)); api != "" {
				found(api)
			}
		}
		return true
	})
	return name
}

// listAt names the API whose list of people or devices is at an address.
func listAt(address string) string {
	address, _, _ = strings.Cut(address, "?")
	for _, list := range []struct{ path, api string }{
		{"/v1.0/users", "entra"},
		{"/deviceManagement/managedDevices", "intune"},
		{"/admin/directory/v1/users", "google"},
		{"/api/v1/computers-inventory", "jamf"},
	} {
		if strings.HasSuffix(strings.TrimRight(address, "/"), list.path) {
			return list.api
		}
	}
	return ""
}
