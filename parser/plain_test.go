package parser

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/lexer"
)

// Whatever plain reads, the grammar reads in the same way: all lines of all
// scripts of the repository, and what is left of each when a token is left out,
// written twice or in other case.
func TestPlain(t *testing.T) {
	var scripts []string
	for _, dir := range []string{".."} {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err == nil && filepath.Ext(path) == ".amsx" {
				text, err := os.ReadFile(path)
				scripts = append(scripts, string(text))
				return err
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	scripts = append(scripts, "Set a = 1\nSet = 1\nSet a.b[0] = Sql \"x\", , 2\nIf 1 Then\nIf 1 Then Set\nIf 1 Then Set a = 2\nIf 1 Then Continue x\nFor i = 1 To\nFor i = 1 To 2\nFor i = 1 To 2 Step 3\nIf 1 Then Log \"x\" Then\n"+
		"Else x\nElse If 1 Then\nNext i\nEnd\nEnd Map\nEnd If x\nEndIf\nEndEach\nForEach a.b In 1\nForEach In In In\nContinue 1\nText\nx\nEndText\nLog 1,\nLog\n// c\n\nEnd")
	if len(scripts) < 40 {
		t.Fatalf("only %d scripts are found", len(scripts))
	}
	seen := map[string]bool{}
	read := 0
	for _, script := range scripts {
		for text := range strings.Lines(script) {
			if seen[text] {
				continue
			}
			seen[text] = true
			for _, variant := range variants(text) {
				if samePlain(t, variant) {
					read++
				}
			}
		}
	}
	if read < 2000 {
		t.Errorf("only %d lines are read plainly", read)
	}
}

// samePlain compares plain with the grammar on the first line of a text, and
// reports whether plain read it.
func samePlain(t *testing.T, text string) bool {
	t.Helper()
	s := lexer.NewScanner(lexer.NewSource("t", text).Whole()).Stream()
	at := s.MakeCheckpoint()
	got := plain(s)
	after := s.MakeCheckpoint()
	if got == nil {
		if after != at {
			t.Fatalf("%q: not read, and yet tokens are taken", text)
		}
		return false
	}
	s.LoadCheckpoint(at)
	want, err := choose(s)(s)
	switch {
	case err != nil:
		t.Errorf("%q: plain reads what the grammar refuses: %v", text, err)
	case s.Peek().Pos != peekAt(s, after).Pos:
		t.Errorf("%q: plain stops at another place", text)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%q: -grammar +plain\n%s", text, d)
	}
	return true
}

func peekAt(s *lexer.Stream, at lexer.Checkpoint) *lexer.Token {
	here := s.MakeCheckpoint()
	defer s.LoadCheckpoint(here)
	s.LoadCheckpoint(at)
	return s.Peek()
}

// variants are a line, and the line with each word left out, doubled and in
// capitals.
func variants(text string) []string {
	out := []string{text}
	words := strings.SplitAfter(text, " ")
	for i, w := range words {
		before, behind := strings.Join(words[:i], ""), strings.Join(words[i+1:], "")
		out = append(out, before+behind, before+w+w+behind, before+strings.ToUpper(w)+behind)
	}
	return out
}
