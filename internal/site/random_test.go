package site

import (
	"flag"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
	"pgregory.net/rapid"
)

// few holds a property against a few random worlds, or as many as
// -rapid.checks=200 asks for: each of them is a dozen runs on a file.
func few(t *testing.T, checks string, property func(*rapid.T)) {
	t.Helper()
	if raced {
		checks = "3"
	}
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set(checks); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Value.Set(f.DefValue) }() // another test may want more or fewer
	}
	rapid.Check(t, property)
}

// onNewSites is few, each time with a new site.
func onNewSites(t *testing.T, checks string, property func(*rapid.T, *Database)) {
	t.Helper()
	dir, n := t.TempDir(), 0
	few(t, checks, func(rt *rapid.T) {
		n++
		d, err := openTest(t, filepath.Join(dir, fmt.Sprintf("%d.db", n)), Options{})
		if err != nil {
			rt.Fatal(err)
		}
		property(rt, d)
	})
}

// finishPull upserts the records of a pull and ends the run, with a Commit before
// one of them (0: none).
func finishPull(rt tester, t *testing.T, s *Session, g runtime.Target, pull [][]string, commit int, leavers bool, source string) *Result {
	for i, p := range pull {
		if commit > 0 && i == commit {
			if err := s.Commit(t.Context()); err != nil {
				rt.Fatal(err)
			}
		}
		if _, err := g.Upsert(t.Context(), drawn(p)); err != nil {
			rt.Fatal(err)
		}
	}
	if leavers {
		if _, err := s.DeactivateMissing(t.Context(), source, lexer.Position{}); err != nil {
			rt.Fatal(err)
		}
	}
	r, err := s.Finish(t.Context())
	if err != nil {
		rt.Fatal(err)
	}
	return r
}

// drawn is a record of these texts; "-" is Null, "~" leaves the column.
func drawn(fields []string) runtime.Record {
	r := runtime.Record{}
	for _, f := range fields {
		switch f {
		case "-":
			r.Values = append(r.Values, runtime.Null())
		case "~":
			r.Values = append(r.Values, runtime.Keep())
		default:
			r.Values = append(r.Values, runtime.Text(f))
		}
	}
	return r
}
