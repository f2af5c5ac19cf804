package amsx

import (
	"strings"

	"github.com/amsx-lang/amsx/parser/ast"
)

// An Origin is the place in a script that gives a column its value.
type Origin struct {
	Line int    // of the file
	Text string // of that line
	Path string // the source path, or the calculation; empty: the line is no mapping
}

// Origin is the line of a mapping that fills a column of a table, for a row
// that a statement wrote. Where the statement uses no mapping, as SQL does, it
// is the statement's own line.
func (s *Script) Origin(line int, table, column string) Origin {
	o := Origin{Line: line, Text: s.line(line)}
	if s.tree == nil || strings.Contains(strings.ToLower(o.Text), "deactivatemissing") {
		return o
	}
	var fields []*ast.Field
	for _, m := range s.tree.Mappings {
		if t := m.Destination.Table.Value; t != "" && !strings.EqualFold(t, table) {
			continue
		}
		for _, f := range m.Fields {
			if !strings.EqualFold(f.Destination.Value, column) {
				continue
			}
			if m.Name.Value != "" && strings.Contains(o.Text, m.Name.Value) {
				fields = nil // the statement names this one
			}
			fields = append(fields, f)
		}
	}
	if len(fields) == 0 || !s.upserts(line) {
		return o
	}
	f := fields[0]
	o = Origin{Line: f.Pos.Line, Text: s.line(f.Pos.Line)}
	if f.Source != nil {
		o.Path = f.Source.Raw
	} else {
		o.Path = "a calculation"
	}
	return o
}

// upserts reports whether a record is written by a mapping in a line, or
// nothing is known of the line.
func (s *Script) upserts(line int) bool {
	if s.tree.Script == nil || line == 0 {
		return false
	}
	found := false
	ast.Inspect(s.tree.Script, func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok && c.Pos.Line == line {
			switch strings.ToLower(c.Name) {
			case "upsert", "upsertcustodian", "applydatamapping":
				found = true
			}
		}
		return true
	})
	for _, m := range s.tree.Mappings { // a change may have the place of its mapping
		found = found || m.Pos.Line <= line && m.Destination.Pos.Line >= line
	}
	return found
}

// line is a line of the source, from 1.
func (s *Script) line(n int) string {
	for i, text := range strings.Split(string(s.source), "\n") {
		if i+1 == n {
			return strings.TrimSpace(text)
		}
	}
	return ""
}
