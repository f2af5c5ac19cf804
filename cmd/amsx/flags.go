package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// A number is a flag's count of things, from 1 up; 0 is a flag that was not
// given. A typed 0 is refused: --simulate 0 must not become a run against the
// real org, nor --limit 0 one without a limit.
type number int64

// Decode implements kong.MapperValue.
func (n *number) Decode(ctx *kong.DecodeContext) error {
	t := ctx.Scan.Pop()
	if t.IsEOL() {
		return errors.New("wants a whole number from 1 up behind it")
	}
	v, err := strconv.ParseInt(fmt.Sprint(t.Value), 10, 64)
	if err != nil || v < 1 {
		return fmt.Errorf("wants a whole number from 1 up, not %q", fmt.Sprint(t.Value))
	}
	*n = number(v)
	return nil
}

// parameters are the parameters of a run, NAME=VALUE each.
type parameters map[string]string

// Decode implements kong.MapperValue.
func (p *parameters) Decode(ctx *kong.DecodeContext) error {
	t := ctx.Scan.Pop()
	if t.IsEOL() {
		return errors.New(`wants NAME=VALUE behind it, such as OktaGroups="Sales, EMEA"`)
	}
	if *p == nil {
		*p = parameters{}
	}
	table, isTable := t.Value.(map[string]any) // of amsx.toml
	if !isTable {
		name, value, ok := strings.Cut(fmt.Sprint(t.Value), "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return fmt.Errorf(`wants NAME=VALUE, such as OktaGroups="Sales, EMEA", not %q`, fmt.Sprint(t.Value))
		}
		return p.put(name, value)
	}
	for name, v := range table {
		list, isList := v.([]any)
		if !isList {
			list = []any{v}
		}
		var texts []string
		for _, x := range list {
			switch x.(type) {
			case map[string]any, []any:
				return fmt.Errorf("%s wants a value or a list of values", name)
			}
			texts = append(texts, fmt.Sprint(x))
		}
		if err := p.put(name, strings.Join(texts, ", ")); err != nil {
			return err
		}
	}
	return nil
}

// put sets a parameter. Names have no case, so a name that is there already
// would leave it to chance which value holds.
func (p *parameters) put(name, value string) error {
	for there := range *p {
		if strings.EqualFold(there, name) {
			return fmt.Errorf("%s is given twice", name)
		}
	}
	(*p)[name] = value
	return nil
}

// mayBeEmpty is the one flag for which an empty text means something: no fault.
const mayBeEmpty = "simulate-fault"

// emptyFlag returns an error for a flag that was given an empty text. In a
// script that is a variable that was not set, and amsx would use another pack
// or database than was meant.
func emptyFlag(args []string, flags []*kong.Flag) error {
	for _, f := range flags {
		for i, a := range args {
			named := a == "--"+f.Name || f.Short != 0 && a == "-"+string(f.Short)
			empty := a == "--"+f.Name+"=" || named && i+1 < len(args) && args[i+1] == ""
			if empty && f.Name != mayBeEmpty && !f.IsBool() {
				return fmt.Errorf("--%s is empty: give it a value or leave it out", f.Name)
			}
		}
	}
	return nil
}
