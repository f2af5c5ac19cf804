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

//go:embed *_fields.txt
var fieldLists embed.FS

// FS returns the documents as a file system: okta_users.amsx and so on.
func FS() embed.FS { return files }

// Fields returns the paths of the fields that a record of an API has at every
// site, such as "okta" or "entra"; nil when they are not known. A site's own
// attributes are not among them.
func Fields(api string) []string {
	text, err := fieldLists.ReadFile(api + "_fields.txt")
	if err != nil {
		return nil
	}
	var fields []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			fields = append(fields, line)
		}
	}
	return fields
}
