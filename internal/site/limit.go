package site

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// The limits of the fuse, by the names that a document and a run give them.
const (
	FuseDeactivate = "deactivate" // rows that turn inactive or are deleted
	FuseNull       = "null"       // a column that goes from a value to Null
	FuseKey        = "key"        // rows whose key columns change
	FuseUpdate     = "update"     // one column that gets another value in many rows
	FuseInsert     = "insert"     // new rows, against what a complete run left
	FuseReject     = "reject"     // records that were refused, against those read
)

// FuseNames are the names of all limits.
func FuseNames() []string {
	return []string{FuseDeactivate, FuseNull, FuseKey, FuseUpdate, FuseInsert, FuseReject}
}

// A limit is a share of a basis, or a number, or none.
type limit struct {
	percent float64
	count   int64
	off     bool
	isCount bool
}

type limits map[string]limit

// defaults are the limits where nothing else is said. Five changes always
// pass, or a small site could do nothing.
func defaultLimit(name string) limit {
	switch name {
	case FuseUpdate, FuseInsert:
		return limit{percent: 50}
	}
	return limit{percent: 10}
}

const atLeast = 5

// parseLimits reads limits as a document writes them.
func parseLimits(texts map[string]string, pos lexer.Position) (limits, error) {
	l := make(limits, len(texts))
	for name, text := range texts {
		key := strings.ToLower(name)
		if !slices.Contains(FuseNames(), key) {
			return nil, badMapping(pos, "%q is no limit of the fuse; there are %s", name, strings.Join(FuseNames(), ", "))
		}
		text = strings.TrimSpace(text)
		number, isPercent := strings.CutSuffix(text, "%")
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		switch {
		case strings.EqualFold(text, "off"):
			l[key] = limit{off: true}
		case err != nil || v < 0 || isPercent && v > 100 || !isPercent && v != float64(int64(v)):
			return nil, badMapping(pos, "the limit %s=%q is not understood; write a share such as \"20%%\", a number such as \"5000\", or \"off\"", name, text)
		case isPercent:
			l[key] = limit{percent: v}
		default:
			l[key] = limit{count: int64(v), isCount: true}
		}
	}
	return l, nil
}

func checkAllowed(names []string) error {
	for _, n := range names {
		if n != "all" && !slices.Contains(FuseNames(), n) {
			return fmt.Errorf("%q is no limit of the fuse that could be allowed; there are %s, and all", n, strings.Join(FuseNames(), ", "))
		}
	}
	return nil
}

// most is how many of a basis may pass.
func (l limit) most(basis int64) int64 {
	if l.isCount {
		return l.count
	}
	return max(atLeast, int64(float64(basis)*l.percent/100))
}

// A FuseError stops a run that would change more than its limits allow.
// Nothing was written.
type FuseError struct {
	Name     string // which limit, one of FuseNames
	Table    string
	Source   string
	Field    string // the column, where the limit is about one
	Count    int64
	Of       int64 // active rows of the source, or records read
	Limit    int64
	Examples []string // three at most
	Pos      lexer.Position
	Allow    string // how to allow it once

	Committed bool // an earlier Commit of the run has written, and that stays
}

func (e *FuseError) Error() string {
	rows := plural(e.Count, "row") + " of " + e.Table
	if e.Name == FuseReject || e.Name == FuseInsert {
		rows = e.Table
	}
	if e.Source != "" {
		rows += " (source " + e.Source + ")"
	}
	text := ""
	switch e.Name {
	case FuseDeactivate:
		text = "would make " + rows + " inactive or delete them"
	case FuseNull:
		text = "would empty " + e.Field + " in " + rows
	case FuseKey:
		text = "would change the key of " + rows
	case FuseUpdate:
		text = "would change " + e.Field + " in " + rows
	case FuseInsert:
		text = "would insert " + plural(e.Count, "row") + " into " + rows
		if e.Field != "" {
			text += fmt.Sprintf(" whose %s a row has already that waits to be adopted: write adopt=%q on the destination, and they become one", e.Field, e.Field)
		}
	case FuseReject:
		text = "refused " + plural(e.Count, "record") + " for " + rows
	}
	basis := "there are"
	if e.Name == FuseReject {
		basis = "of"
	}
	wrote := "nothing was written"
	if e.Committed {
		wrote = "nothing was written after the last Commit (what was committed before it stays)"
	}
	text = fmt.Sprintf("stopped by the fuse, %s: the run %s; %s %d, the limit is %d", wrote, text, basis, e.Of, e.Limit)
	if len(e.Examples) > 0 {
		text += "; for example " + strings.Join(e.Examples, ", ")
	}
	return text
}

// Hint is how to allow the change once, or for good.
func (e *FuseError) Hint() string { return e.Allow }

// Position is the line of the script or of the mapping that did most of it.
// Its column may be missing, and so may its file.
func (e *FuseError) Position() lexer.Position { return e.Pos }

// Unwrap makes the error the runtime's fuse, which no script catches.
func (e *FuseError) Unwrap() error { return runtime.ErrFuse }
