package parser_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/parser"
)

// TestEncodings reads the files of testdata/encodings.txt. Only the first
// finding is looked at: a file that is not read as text has no others that
// matter.
func TestEncodings(t *testing.T) {
	data, err := os.ReadFile("testdata/encodings.txt")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		t.Run(fmt.Sprintf("line %d", i+1), func(t *testing.T) {
			part := strings.Split(line, "|")
			for len(part) < 3 {
				part = append(part, "")
			}
			quoted, times := strings.TrimSpace(part[0]), 1
			if n, rest, ok := strings.Cut(quoted, " x "); ok {
				if times, err = strconv.Atoi(n); err == nil {
					quoted = rest
				} else {
					times = 1
				}
			}
			text, err := strconv.Unquote(quoted)
			if err != nil {
				t.Fatal(quoted, err)
			}
			want, hint := strings.TrimSpace(part[1]), strings.TrimSpace(part[2])
			_, list := parser.ParseTransformation("in.amsx", []byte(strings.Repeat(text, times)))
			got, gotHint := "", ""
			if len(list) > 0 {
				d := list[0]
				got, gotHint = fmt.Sprintf("%d:%d %s", d.Pos.Line, d.Pos.Column, d.Message), d.Hint
			}
			if got != want || !strings.Contains(gotHint, hint) {
				t.Errorf("got %q (%s), want %q (%s)", got, gotHint, want, hint)
			}
		})
	}
}
