package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestHistoryPage runs the walk of docs/history.md, line by line.
func TestHistoryPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/history.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```console\n")
	block, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the page has no walk")
	}
	t.Chdir(t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", os.Getenv("HOME"))
	lines := strings.Split(strings.TrimSpace(block), "\n")
	for _, line := range lines {
		var out, talk bytes.Buffer
		e := &env{stdin: strings.NewReader(""), stdout: &out, stderr: &talk, getenv: os.Getenv}
		if code := run(shellWords(line)[1:], e); code != 0 {
			t.Fatalf("%s: exit code %d\n%s%s", line, code, out.String(), talk.String())
		}
	}
	if len(lines) < 10 {
		t.Errorf("the walk has only %d lines", len(lines))
	}
}
