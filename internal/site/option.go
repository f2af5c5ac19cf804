package site

import (
	"context"
	"errors"
	"io"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// optionTable has the settings of the site.
const optionTable = "SpecialOption"

// An option is a row of SpecialOption.
type option struct {
	id    int64
	value string
}

// Option is the value of a setting of the site for a context, a user or COLL-
// and a collection server; where it has none of its own, the one for everyone.
func (s *Session) Option(ctx context.Context, name, of string) (value string, ok bool, err error) {
	o, err := s.option(ctx, name, of)
	if o == nil && err == nil && of != "" {
		o, err = s.option(ctx, name, "")
	}
	if o == nil || err != nil {
		return "", false, err
	}
	return o.value, true, nil
}

// option reads the row of a setting and exactly this context; nil: there is
// none.
func (s *Session) option(ctx context.Context, name, of string) (*option, error) {
	// The collation of the columns folds plain ASCII only; a user may be Zoë.
	q := runtime.Query{SQL: "SELECT SpecialOptionID, Value FROM main.SpecialOption WHERE SpecialOptionCode = ?1 AND Context IS NULL", Args: []runtime.Value{runtime.Text(name)}}
	if of != "" {
		q = runtime.Query{SQL: "SELECT SpecialOptionID, Value FROM main.SpecialOption WHERE SpecialOptionCode = ?1 AND Fold(Context) = ?2", Args: []runtime.Value{runtime.Text(name), runtime.Text(Fold(of))}}
	}
	c, err := s.Query(ctx, q)
	if err != nil {
		return nil, err
	}
	row, err := c.Next(ctx)
	if errors.Is(err, io.EOF) {
		return nil, c.Close()
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	id, _ := row[0].Int64()
	return &option{id, runtime.Detach(row[1]).Text()}, c.Close()
}

// SaveOption gives a setting of the site a value, as a direct write of the run;
// an empty value removes it. One that it has already is not written, so that it
// takes no lock. It reports whether something was written.
//
// The fuse passes over what is written here: each setting is named by a line of
// its own, and a handful of them that move each night is all of a small table.
func (s *Session) SaveOption(ctx context.Context, name, of, value string, pos lexer.Position) (bool, error) {
	old, err := s.option(ctx, name, of)
	q := runtime.Query{Pos: pos}
	switch {
	case err != nil:
		return false, err
	case old == nil && value == "", old != nil && old.value == value:
		return false, nil
	case old == nil:
		to := runtime.Null()
		if of != "" {
			to = runtime.Text(of)
		}
		q.SQL, q.Args = "INSERT INTO main.SpecialOption (SpecialOptionCode, Context, Value) VALUES (?1, ?2, ?3)", []runtime.Value{runtime.Text(name), to, runtime.Text(value)}
	case value == "":
		q.SQL, q.Args = "DELETE FROM main.SpecialOption WHERE SpecialOptionID = ?1", []runtime.Value{runtime.Int(old.id)}
	default:
		q.SQL, q.Args = "UPDATE main.SpecialOption SET Value = ?2 WHERE SpecialOptionID = ?1", []runtime.Value{runtime.Int(old.id), runtime.Text(value)}
	}
	if _, err := s.Exec(ctx, q); err != nil {
		return false, err
	}
	if s.options == nil {
		s.options = make(map[int64]bool)
	}
	if old != nil {
		s.options[old.id] = true
	}
	return true, nil
}
