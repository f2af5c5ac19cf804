package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestCommandLines parses every command line of the pages and of the help:
// commands, flags and files of this repository exist.
func TestCommandLines(t *testing.T) {
	t.Chdir("../..")
	n := 0
	for _, page := range []string{"README.md", "CONTRIBUTING.md", "docs/*.md"} {
		files, err := filepath.Glob(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			console := false
			for i, line := range strings.Split(string(data), "\n") {
				if strings.HasPrefix(line, "```") {
					console = strings.HasPrefix(line, "```console")
				} else if console {
					n += parseLine(t, fmt.Sprintf("%s:%d", f, i+1), strings.TrimPrefix(line, "$ "))
				}
			}
		}
	}
	var c cli
	k, err := newParser(&c, quiet(), nil, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	err = kong.Visit(k.Model.Node, func(node kong.Visitable, next kong.Next) error {
		if cmd, ok := node.(*kong.Node); ok {
			for _, line := range strings.Split(cmd.Detail, "\n") {
				if rest, ok := strings.CutPrefix(line, "  "); ok {
					n += parseLine(t, "amsx "+cmd.Name+" --help", rest)
				}
			}
		}
		return next(nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	if n < 30 {
		t.Errorf("only %d command lines were found", n)
	}
}

// TestSettingsOfThePage reads the amsx.toml of the documentation: what is in it
// is an option and reaches its command.
func TestSettingsOfThePage(t *testing.T) {
	page, err := os.ReadFile("../../docs/automation.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```toml\n")
	text, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the page has no amsx.toml")
	}
	file := filepath.Join(t.TempDir(), "amsx.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--config", file, "run", "okta_users"}
	var c cli
	k, err := newParser(&c, quiet(), args, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Parse(args); err != nil {
		t.Fatal(err)
	}
	want := parameters{"OktaGroups": "Sales, EMEA", "IncludeFormerStaff": "false"}
	if c.Database != "/srv/amsx/amsx.db" || !c.Run.Wait || !slices.Equal(c.Run.AllowHost, []string{"okta-gateway.corp.example"}) || !maps.Equal(c.Run.Param, want) {
		t.Errorf("the options are %+v", c)
	}
}

func quiet() *env {
	return &env{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }}
}

// parseLine parses a command line of amsx and returns 1, or 0 when it is of
// another program.
func parseLine(t *testing.T, place, line string) int {
	t.Helper()
	words := shellWords(line)
	switch {
	case len(words) > 3 && strings.Join(words[:3], " ") == "go run ./cmd/amsx":
		words = words[3:]
	case len(words) > 1 && words[0] == "amsx":
		words = words[1:]
	default:
		return 0
	}
	var c cli
	exited := false
	k, err := newParser(&c, quiet(), words, func(int) { exited = true })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Parse(words); err != nil && !exited {
		t.Errorf("%s: %s: %v", place, line, err)
	}
	return 1
}

// shellWords splits a command line as a shell does, up to a comment or a
// redirection. Two blanks also end it: the help explains behind them.
func shellWords(line string) (words []string) {
	var word strings.Builder
	in, quote := false, rune(0)
	line, _, _ = strings.Cut(line, "   ")
	for _, r := range line + " " {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			} else {
				word.WriteRune(r)
			}
		case r == '"' || r == '\'':
			quote, in = r, true
		case r == ' ':
			if in {
				w := word.String()
				if strings.ContainsAny(w[:min(1, len(w))], "#<>|&") {
					return words
				}
				words = append(words, w)
			}
			word.Reset()
			in = false
		default:
			word.WriteRune(r)
			in = true
		}
	}
	return words
}
