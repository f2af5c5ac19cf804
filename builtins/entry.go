package builtins

import (
	"errors"
	"fmt"

	"github.com/amsx-lang/amsx/runtime"
)

// required, optional and repeated make the parameters of table entries.
func required(name string, t runtime.ParamType, doc string) runtime.Param {
	return runtime.Param{Name: name, Type: t, Doc: doc}
}

func optional(name string, t runtime.ParamType, doc string) runtime.Param {
	return runtime.Param{Name: name, Type: t, Doc: doc, Optional: true}
}

func defaulted(name string, t runtime.ParamType, value, doc string) runtime.Param {
	return runtime.Param{Name: name, Type: t, Doc: doc, Optional: true, Default: value}
}

func repeated(name string, t runtime.ParamType, doc string) runtime.Param {
	return runtime.Param{Name: name, Type: t, Doc: doc, Optional: true, Variadic: true}
}

// as makes a parameter whose text the command works with in the form that read
// gives it: it asks for it with [runtime.Prepared].
func as[T any](p runtime.Param, read func(text string) (T, error)) runtime.Param {
	p.Prepare = func(text string) (any, error) { return read(text) }
	return p
}

// shows is an example of a function: what an expression gives.
func shows(expr, output string) runtime.Example {
	return runtime.Example{Script: "Log \"info\", " + expr + "\n", Output: output + "\n"}
}

// script is an example of a command.
func script(text, output string) runtime.Example {
	return runtime.Example{Script: text, Output: output}
}

// A hinted is an error with what to do about it.
type hinted struct {
	error
	hint string
}

// Hint is what to do about the error.
func (h hinted) Hint() string { return h.hint }

// Unwrap returns the error.
func (h hinted) Unwrap() error { return h.error }

func failf(hint, format string, args ...any) error {
	return hinted{fmt.Errorf(format, args...), hint}
}

// counted is "1 row", "2 rows".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// whole returns argument i as a whole number, absent when it is Null or was not
// given. It fits 32 bits, so that arithmetic with it cannot overflow.
func whole(c *runtime.Call, i int, name string, absent int) (int, error) {
	v := c.Arg(i)
	if v.IsNull() {
		return absent, nil
	}
	n, err := runtime.ToNumber(v)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	w, ok := n.Int64()
	if !ok || w > 1<<31 || w < -1<<31 {
		return 0, fmt.Errorf("%s must be a whole number, not %s", name, n.Text())
	}
	return int(w), nil
}

var errNoSite = errors.New("this run has no site database")
var errNoFolder = errors.New("this run has no folder of files")
var errNoWeb = errors.New("this run may not use the network")
