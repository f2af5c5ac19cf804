package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/alecthomas/kong"

	"github.com/amsx-lang/amsx/lexer"
)

// settings gives the flags that the command line leaves out: from the
// environment, where AMSX_ROOT_CERTIFICATES is --root-certificates, else from
// amsx.toml. A key of the file is a flag's long name; the flags of a command
// stand in a table of its name, the parameters of a run in a table of theirs.
//
//	database = "site.db"
//	[run]
//	wait = true
//	[run.param]
//	OktaGroups = "Sales, EMEA"
type settings struct {
	args   []string
	getenv func(string) string
	file   string
	values map[string]any
	err    error
}

// notSettings are flags that only a command line can give.
var notSettings = []string{"help", "version", "config"}

// variable is the environment variable of a flag. One that is empty counts as
// not set.
func variable(flag string) string {
	return "AMSX_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// Validate implements kong.Resolver: a key that is unknown, or has a value of
// another shape than its flag, is an error, since it would silently do nothing.
func (s *settings) Validate(app *kong.Application) error {
	s.load()
	if s.err != nil {
		return s.err
	}
	return validate(s.file, "", s.values, app.Node)
}

func validate(file, prefix string, values map[string]any, n *kong.Node) error {
	var known []string
	flags, nodes := map[string]*kong.Flag{}, map[string]*kong.Node{}
	for _, f := range n.Flags {
		if !slices.Contains(notSettings, f.Name) {
			flags[f.Name] = f
			known = append(known, f.Name)
		}
	}
	for _, c := range n.Children {
		nodes[c.Name] = c
		known = append(known, c.Name)
	}
	for k, v := range values {
		switch t, isTable := v.(map[string]any); {
		case nodes[k] != nil && !isTable:
			return fmt.Errorf("%s: %s%s is a command: its options stand below a line [%[2]s%[3]s]", file, prefix, k)
		case nodes[k] != nil:
			if err := validate(file, prefix+k+".", t, nodes[k]); err != nil {
				return err
			}
		case flags[k] != nil:
			if err := fits(v, flags[k]); err != nil {
				return fmt.Errorf("%s: %s%s %w", file, prefix, k, err)
			}
		default:
			hint := ""
			if near := lexer.Nearest(k, known); near != "" {
				hint = fmt.Sprintf(" (did you mean %s?)", near)
			}
			return fmt.Errorf("%s: there is no option %s%s%s", file, prefix, k, hint)
		}
	}
	return nil
}

// fits says why a value of the file is none for a flag.
func fits(v any, f *kong.Flag) error {
	kind := f.Target.Kind()
	switch v := v.(type) {
	case map[string]any:
		if kind != reflect.Map {
			return errors.New("wants one value, not a table")
		}
	case []any:
		if kind != reflect.Slice {
			return errors.New("wants one value, not a list")
		}
	case string:
		if v == "" && f.Name != mayBeEmpty {
			return errors.New("is empty: give it a value or leave it out")
		}
	}
	return nil
}

// Resolve implements kong.Resolver. What is wrong with the file is said by
// Validate, which knows no flag to blame for it.
func (s *settings) Resolve(_ *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
	if slices.Contains(notSettings, flag.Name) {
		return nil, nil
	}
	if text := s.getenv(variable(flag.Name)); text != "" {
		return text, nil
	}
	s.load()
	table := s.values
	for _, name := range path(parent.Node()) {
		table, _ = table[name].(map[string]any)
	}
	v, ok := table[flag.Name]
	if n := parent.Node(); !ok && n != nil && n.Name == "plan" {
		// A plan is of the run that would be: with the options of the run.
		table, _ = s.values["run"].(map[string]any)
		v, ok = table[flag.Name]
		if flag.Name == "json" {
			ok = false
		}
	}
	if !ok || s.err != nil || fits(v, flag) != nil {
		return nil, nil
	}
	switch v.(type) {
	case map[string]any, []any:
		return v, nil
	}
	return fmt.Sprint(v), nil
}

// path is the words of a command: credential, add.
func path(n *kong.Node) []string {
	if n == nil || n.Type == kong.ApplicationNode {
		return nil
	}
	return append(path(n.Parent), n.Name)
}

// load reads the file once.
func (s *settings) load() {
	if s.values != nil || s.err != nil {
		return
	}
	s.values = map[string]any{}
	s.file = s.getenv(variable("config"))
	named := s.file != ""
	for i, a := range s.args { // --config must be known before flags are resolved
		if a == "--config" && i+1 < len(s.args) {
			s.file, named = s.args[i+1], true
		} else if f, ok := strings.CutPrefix(a, "--config="); ok {
			s.file, named = f, true
		}
	}
	if s.file == "" {
		s.file = "amsx.toml"
	}
	src, err := os.ReadFile(filepath.Clean(s.file))
	if errors.Is(err, fs.ErrNotExist) && !named {
		return
	}
	if err != nil {
		s.err = fmt.Errorf("cannot read the options: %w", err)
		return
	}
	if err := toml.Unmarshal(src, &s.values); err != nil {
		s.err = fmt.Errorf("%s: %w", s.file, err)
	}
}
