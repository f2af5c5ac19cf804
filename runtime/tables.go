package runtime

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/amsx-lang/amsx/lexer"
)

// Tables are what commands do to whole tables of a site. Rows that they change
// are in the change set and under the fuse, as those of SQL are.
type Tables interface {
	// AddColumns adds the columns that are not there, in a short transaction of
	// its own. A column that is there and is another one is an error.
	AddColumns(ctx context.Context, columns []ColumnSpec) error
	// Translate writes To of the first pair that fits what is in a column, and
	// returns how many rows it changed.
	Translate(ctx context.Context, t Translation) (int64, error)
	// Rewrite gives each text of the columns what f makes of it, and returns how
	// many rows it changed. Columns that hold no text are an error.
	Rewrite(ctx context.Context, table string, columns []string, f func(Value) Value, pos lexer.Position) (int64, error)
	// Refused returns the records that were rejected so far, the first 1000.
	Refused() []Refused
	// Began is when the transaction at hand began: the run, or the last Commit.
	Began() time.Time
}

// A Translation says how ApplyDataMapping translates a column.
type Translation struct {
	Table  string
	Column string // what is compared
	Target string // what is written; the same column when empty
	Match  Match
	Pairs  []Pair // in their order
	From   string // the table with the pairs, in its columns FromValue and ToValue, when Pairs is nil
	Pos    lexer.Position
}

// A Pair is one value of a translation.
type Pair struct {
	From string
	To   Value
}

// A Match says when a value fits the From of a pair. Case never counts.
type Match uint8

// The matches.
const (
	MatchWhole  Match = iota // the same text
	MatchLike                // SQL's LIKE: % any characters, _ one
	MatchBegins              // the text begins with it
)

// A Refused is a record that was not written.
type Refused struct {
	Key, Reason string
	Line        int
}

// A ColumnSpec is a column that a script wants a table to have.
type ColumnSpec struct {
	Table  string
	Name   string
	Type   string // one of ColumnTypes
	Size   int    // characters of a Text; 0: no limit
	Lookup string // the table whose row a Lookup points to
	Unique bool
	Pos    lexer.Position // of the command
}

// ColumnTypes are the types of columns that a script can add.
func ColumnTypes() []string {
	return []string{"Text", "Number", "Money", "Date", "DateTime", "Boolean", "Lookup"}
}

// NewColumn makes a ColumnSpec of the words of a script. size is a Text's number
// of characters, or a Lookup's table.
func NewColumn(table, name, typ, size string, unique bool) (ColumnSpec, error) {
	s := ColumnSpec{Table: strings.TrimSpace(table), Name: strings.TrimSpace(name), Unique: unique}
	size = strings.TrimSpace(size)
	for _, t := range ColumnTypes() {
		if strings.EqualFold(t, strings.TrimSpace(typ)) {
			s.Type = t
		}
	}
	switch {
	case s.Name == "":
		return s, fmt.Errorf("the column has no name")
	case !columnName(s.Name):
		return s, fmt.Errorf("%s cannot be the name of a column: it begins with a letter and goes on with letters, digits and _, at most 64", strconv.Quote(s.Name))
	case s.Type == "":
		hint := ""
		if near := lexer.Nearest(typ, ColumnTypes()); near != "" {
			hint = "; did you mean " + near + "?"
		}
		return s, fmt.Errorf("there is no column type %s; the types are %s%s", strconv.Quote(typ), strings.Join(ColumnTypes(), ", "), hint)
	case s.Type == "Lookup" && size == "":
		return s, fmt.Errorf("a Lookup needs the table that it looks into, such as Department")
	case s.Type == "Lookup":
		s.Lookup = size
	case s.Type == "Text" && size != "":
		n, err := strconv.Atoi(size)
		if err != nil || n < 1 || n > 1_000_000 {
			return s, fmt.Errorf("the size of %s is the number of its characters, such as 40, and not %s", s.Name, strconv.Quote(size))
		}
		s.Size = n
	case size != "":
		return s, fmt.Errorf("a %s has no size: leave %s out", s.Type, strconv.Quote(size))
	}
	return s, nil
}

// columnName reports whether a name needs no quotes in SQL.
func columnName(name string) bool {
	for i, r := range name {
		if !(r == '_' || unicode.IsLetter(r) || i > 0 && unicode.IsDigit(r)) {
			return false
		}
	}
	return len(name) <= 64 && !strings.HasPrefix(FoldName(name), "amsx_")
}

// ParseColumns reads a list of columns: a name and a type each, then a size or
// table in parentheses, and the word unique, with commas between them.
func ParseColumns(table, list string) ([]ColumnSpec, error) {
	var out []ColumnSpec
	for part := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		head, size, tail := part, "", ""
		if before, in, open := strings.Cut(part, "("); open {
			inside, after, closed := strings.Cut(in, ")")
			if !closed {
				return nil, fmt.Errorf("the parenthesis of %s is not closed", strconv.Quote(strings.TrimSpace(part)))
			}
			head, size, tail = before, inside, after
		}
		words := strings.Fields(head + " " + tail)
		if len(words) < 2 || len(words) > 3 || len(words) == 3 && !strings.EqualFold(words[2], "unique") {
			return nil, fmt.Errorf("write a name and a type, such as Floor Text(20) or Badge Number unique, and not %s", strconv.Quote(strings.TrimSpace(part)))
		}
		s, err := NewColumn(table, words[0], words[1], size, len(words) == 3)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no column is named; write a name and a type, such as Floor Text(20)")
	}
	return out, nil
}

// column is the column as a schema shows it.
func (s *ColumnSpec) column() Column {
	c := Column{Name: s.Name, Size: s.Size, Unique: s.Unique, Indexed: s.Unique}
	switch s.Type {
	case "Number", "Money":
		c.Type, c.Exact = ColumnNumber, true
	case "Date":
		c.Type = ColumnDate
	case "DateTime":
		c.Type = ColumnDateTime
	case "Boolean":
		c.Type = ColumnBoolean
	case "Lookup":
		c.Type = ColumnInteger
	}
	return c
}
