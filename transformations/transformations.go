// Package transformations holds the .amsx documents that ship with amsx, each
// with its fixture cases in a folder of the same name, and what is known of
// the APIs that they read. [FS] has the documents.
package transformations

import (
	"embed"
	"strings"
)

//go:embed *.amsx
var files embed.FS

//go:embed okta_fields.txt
var oktaFields string

// FS returns the documents as a file system: okta_users.amsx and so on.
func FS() embed.FS { return files }

// OktaFields returns the paths of the fields that OKTA's user object has in
// every org. A site's own attributes are not among them.
func OktaFields() []string {
	var fields []string
	for line := range strings.Lines(oktaFields) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			fields = append(fields, line)
		}
	}
	return fields
}
