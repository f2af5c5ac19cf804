package parser_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/parser"
)

// expectation is what a line of testdata/errors says about itself: a blank,
// ###, the column, and a regular expression for the message, and where it is
// worth a case of its own => and one for the hint; once for each finding, in
// their order.
var expectation = regexp.MustCompile(`(?m) ### (\d+) "(.*)"$`)

// TestErrors runs wrong programs. Every finding must be expected on its line,
// at its column, and every expectation must be met. Cases are separated by
// lines of three dashes.
func TestErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/errors/*.amsx")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		first := 1
		for _, text := range strings.Split(string(data), "\n---\n") {
			t.Run(filepath.Base(name)+":"+strconv.Itoa(first), func(t *testing.T) { wrongProgram(t, text, first) })
			first += strings.Count(text, "\n") + 2
		}
	}
}

func wrongProgram(t *testing.T, text string, first int) {
	type want struct {
		column        int
		message, hint *regexp.Regexp
	}
	wanted := map[int][]want{}
	for i, line := range strings.Split(text, "\n") {
		_, after, _ := strings.Cut(line, " ### ")
		for _, part := range strings.Split(after, " ### ") {
			if m := expectation.FindStringSubmatch(" ### " + part); m != nil {
				column, _ := strconv.Atoi(m[1])
				message, hint, _ := strings.Cut(m[2], `" => "`)
				wanted[i+1] = append(wanted[i+1], want{column, regexp.MustCompile(message), regexp.MustCompile(hint)})
			}
		}
	}
	_, list := parser.ParseTransformation("case.amsx", []byte(expectation.ReplaceAllString(text, "")))
	for _, d := range list {
		at := first + d.Pos.Line - 1
		if len(wanted[d.Pos.Line]) == 0 {
			t.Errorf("line %d: unexpected: %d %s", at, d.Pos.Column, d.Message)
			continue
		}
		w := wanted[d.Pos.Line][0]
		wanted[d.Pos.Line] = wanted[d.Pos.Line][1:]
		switch {
		case w.column != d.Pos.Column || !w.message.MatchString(d.Message):
			t.Errorf("line %d: %d %q, want %d %s", at, d.Pos.Column, d.Message, w.column, w.message)
		case d.Hint == "":
			t.Errorf("line %d: %s: no hint", at, d.Message)
		case !w.hint.MatchString(d.Hint):
			t.Errorf("line %d: %s: hint %q, want %s", at, d.Message, d.Hint, w.hint)
		}
	}
	for line, left := range wanted {
		for _, w := range left {
			t.Errorf("line %d: not found: %s", first+line-1, w.message)
		}
	}
}
