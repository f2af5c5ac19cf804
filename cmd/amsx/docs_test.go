package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
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
