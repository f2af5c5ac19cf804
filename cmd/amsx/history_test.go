package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/amsx-lang/amsx/internal/site"
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

// TestHandNote: what nobody can know any more is said to be pruned.
func TestHandNote(t *testing.T) {
	f := site.FieldStory{Name: "City", Now: "Rome", Hand: site.HandOnly}
	if note := handNote(f, time.Time{}); !strings.Contains(note, "by hand or by another program, or before") || strings.Contains(note, "pruned") {
		t.Error(note)
	}
	if note := handNote(f, time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)); !strings.Contains(note, "runs up to 2026-01-02 are pruned") {
		t.Error(note)
	}
	f.Hand, f.Writes = site.HandPerhaps, []site.Write{{Run: 7}}
	if note := handNote(f, time.Time{}); !strings.Contains(note, "after run 7 added it; which fields is not recorded") {
		t.Error(note)
	}
}
