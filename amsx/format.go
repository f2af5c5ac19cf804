package amsx

import (
	"github.com/amsx-lang/amsx/builtins"
	"github.com/amsx-lang/amsx/parser/format"
)

// Format returns the canonical form of a transformation in document or script
// form: one spelling of words and commands, one blank where one belongs, two
// blanks a level of blocks. In a document only the script is formatted. Comments
// stay, and so does what the transformation does.
//
// name is shown in messages. The error is the [Findings] of a source that cannot
// be read; then there is no form.
func Format(name string, source []byte) ([]byte, error) {
	table := builtins.All()
	out, found := format.Source(name, source, func(name string) string {
		if c := table.Lookup(name); c != nil {
			return c.Name
		}
		return ""
	})
	if err := found.Err(); err != nil {
		return nil, err
	}
	return out, nil
}
