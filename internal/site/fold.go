package site

import (
	"errors"

	"zombiezen.com/go/sqlite"

	"github.com/amsx-lang/amsx/runtime"
)

// Fold gives the form in which keys are compared, which is that of = in
// scripts. LoginKey and EmailKey hold it.
func Fold(s string) string { return runtime.FoldText(s) }

// calls is what the SQL functions know of the session and tell it.
type calls struct {
	line int // of the direct SQL that is running
	// rewrite is what amsx_rewrite does to a text while Rewrite runs.
	rewrite func(runtime.Value) runtime.Value
	// again are the rows of the unit that it, or a unit before, had changed
	// already; see Session.net.
	again []tableRow
	// err is the first error of a function. The library hands an error to the
	// engine in a way that loses it, so it is kept here and asked for after
	// each statement.
	err error
}

func (k *calls) fail(err error) (sqlite.Value, error) {
	if k.err == nil {
		k.err = err
	}
	return sqlite.Value{}, err
}

// taken returns the kept error and forgets it.
func (k *calls) taken() error {
	err := k.err
	k.err = nil
	return err
}

// addFunctions gives a connection the SQL functions of the site: those of
// scripts, the ones of this package, and a refusal in the place of each
// that reaches outside the database.
func addFunctions(c *sqlite.Conn, k *calls) error {
	functions := map[string]*sqlite.FunctionImpl{
		"amsx_line": {NArgs: 0, AllowIndirect: true, Scalar: func(sqlite.Context, []sqlite.Value) (sqlite.Value, error) {
			return sqlite.IntegerValue(int64(k.line)), nil
		}},
		"amsx_rewrite": {NArgs: 1, Scalar: k.rewriteText},
		"amsx_again": {NArgs: 3, Scalar: func(_ sqlite.Context, a []sqlite.Value) (sqlite.Value, error) {
			k.again = append(k.again, tableRow{a[0].Text(), a[1].Int64()})
			return a[2], nil
		}},
		"amsx_hash":      {NArgs: -1, Deterministic: true, Scalar: hashValues},
		"amsx_hash_with": {NArgs: -1, Deterministic: true, Scalar: hashWith},
		"amsx_merge": {NArgs: 2, Deterministic: true, Scalar: func(_ sqlite.Context, a []sqlite.Value) (sqlite.Value, error) {
			s, err := mergeOld(a[0].Text(), a[1].Text())
			if err != nil {
				return k.fail(err)
			}
			return sqlite.TextValue(s), nil
		}},
	}
	for _, name := range []string{"load_extension", "fts3_tokenizer"} {
		for n := 1; n <= 2; n++ {
			err := c.CreateFunction(name, &sqlite.FunctionImpl{NArgs: n, Scalar: func(sqlite.Context, []sqlite.Value) (sqlite.Value, error) {
				return k.fail(errors.New("a script may not call the SQL function " + name + "; it reaches outside the site's tables"))
			}})
			if err != nil {
				return err
			}
		}
	}
	for name, f := range functions {
		if err := c.CreateFunction(name, f); err != nil {
			return err
		}
	}
	return AddFunctions(c, k.fail)
}
