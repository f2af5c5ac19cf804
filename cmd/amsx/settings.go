package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/alecthomas/kong"

	"github.com/amsx-lang/amsx/lexer"
)

// settings reads amsx.toml: values for flags that neither the command line nor
// the environment gives. A key is a flag's long name; the flags of a command
// stand in a table of its name.
//
//	database = "site.db"
//	[run]
//	wait = true
type settings struct {
	args   []string
	getenv func(string) string
	file   string
	values map[string]any
	err    error
}

// Validate implements kong.Resolver: an unknown key is an error, since a
// misspelt one would silently do nothing.
func (s *settings) Validate(app *kong.Application) error {
	s.load()
	if s.err != nil {
		return s.err
	}
	return validate(s.file, "", s.values, app.Node)
}

func validate(file, prefix string, values map[string]any, n *kong.Node) error {
	var known []string
	for _, f := range n.Flags {
		known = append(known, f.Name)
	}
	nodes := map[string]*kong.Node{}
	for _, c := range n.Children {
		known = append(known, c.Name)
		nodes[c.Name] = c
	}
	for k, v := range values {
		if t, ok := v.(map[string]any); ok && nodes[k] != nil {
			if err := validate(file, prefix+k+".", t, nodes[k]); err != nil {
				return err
			}
			continue
		}
		found := false
		for _, name := range known {
			found = found || name == k
		}
		if !found || k == "config" {
			hint := ""
			if near := lexer.Nearest(k, known); near != "" {
				hint = fmt.Sprintf(" (did you mean %s?)", near)
			}
			return fmt.Errorf("%s: there is no option %s%s%s", file, prefix, k, hint)
		}
	}
	return nil
}

// Resolve implements kong.Resolver.
func (s *settings) Resolve(ctx *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
	s.load()
	if s.err != nil || s.values == nil {
		return nil, s.err
	}
	table := s.values
	for _, name := range path(parent.Node()) {
		table, _ = table[name].(map[string]any)
	}
	v, ok := table[flag.Name]
	if !ok {
		return nil, nil
	}
	if _, isTable := v.(map[string]any); isTable {
		return nil, nil
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
	s.file = s.getenv("AMSX_CONFIG")
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
