package runtime

import (
	"fmt"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

// A columnError says that a file does not have a column that a mapping reads.
// In a record of JSON, what is missing is empty; a file has each of its columns
// in every line, so that one which is missing was renamed, or is misspelt.
type columnError struct{ text, hint string }

func (e *columnError) Error() string { return e.text }

// Hint is what to write instead.
func (e *columnError) Hint() string { return e.hint }

// checkColumns compares what the mapping reads with the columns of a file, once
// for each file.
func (s *sink) checkColumns(rec Value) error {
	r, ok := rec.ref.(*row)
	if !ok || r.line == 0 || r.cols == s.columns {
		return nil
	}
	for i := range s.m.fields {
		f := &s.m.fields[i]
		for _, k := range f.paths {
			if k < 0 || r.cols.leads(s.m.proj.paths[k]) || f.slot >= 0 && r.cols.Index(f.name) >= 0 {
				continue
			}
			name := s.m.proj.paths[k][0].Key
			e := &columnError{
				text: fmt.Sprintf("the file has no column %s, which the mapping reads for %s", name, f.name),
				hint: "its columns are " + strings.Join(r.cols.names, ", ") + "; correct the mapping, or take the field out of it",
			}
			if near := lexer.Nearest(name, r.cols.names); near != "" {
				e.hint = "did you mean " + near + "? Correct the mapping, or the first line of the file"
			}
			return e
		}
	}
	s.columns = r.cols
	return nil
}

// leads reports whether a path begins with one of the columns.
func (c *Columns) leads(steps []ast.Step) bool {
	joined := ""
	for i := range steps {
		if steps[i].Kind != ast.StepKey {
			return false
		}
		if i == 0 && steps[i].Key == lineColumn {
			return true
		}
		if i > 0 {
			joined += "."
		}
		if joined += steps[i].Key; c.Index(joined) >= 0 {
			return true
		}
	}
	return false
}
