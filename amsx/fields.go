package amsx

import (
	"strings"

	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/transformations"
)

// fields are the source paths that are known of the API that a script reads;
// nil when it is not known.
func fields(t *ast.Transformation) []string {
	if readsOkta(t) {
		return transformations.OktaFields()
	}
	return nil
}

// values are all values of some of the source paths, where they are known.
func values(t *ast.Transformation) map[string][]string {
	if readsOkta(t) {
		return map[string][]string{"status": {"ACTIVE", "PASSWORD_EXPIRED", "RECOVERY", "LOCKED_OUT", "PROVISIONED", "STAGED", "SUSPENDED", "DEPROVISIONED"}}
	}
	return nil
}

// readsOkta reports whether a script reads OKTA, which is told by its way of
// signing in: SSWS is OKTA's alone.
func readsOkta(t *ast.Transformation) bool {
	if t.Script == nil {
		return false
	}
	okta := false
	ast.Inspect(t.Script, func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok && strings.EqualFold(c.Name, "Authorize") && len(c.Args) > 1 {
			if s, ok := c.Args[1].(*ast.String); ok && strings.EqualFold(strings.Trim(s.Raw, `"'`), "SSWS") {
				okta = true
			}
		}
		return true
	})
	return okta
}
