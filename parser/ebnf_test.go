package parser_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/parser"
)

// Every production that the grammar names is there, once.
func TestGrammarIsComplete(t *testing.T) {
	defined := map[string]int{}
	var used []string
	for line := range strings.Lines(parser.Grammar()) {
		name, body, ok := strings.Cut(strings.TrimSpace(line), " = ")
		if !ok || !strings.HasSuffix(body, ".") {
			t.Errorf("no production: %s", line)
		}
		defined[name]++
		body = regexp.MustCompile(`"[^"]*"|<[^>]*>`).ReplaceAllString(body, "")
		used = append(used, regexp.MustCompile(`[A-Za-z]+`).FindAllString(body, -1)...)
	}
	for name, n := range defined {
		if n > 1 {
			t.Errorf("%s is defined %d times", name, n)
		}
	}
	for _, name := range used {
		if defined[name] == 0 {
			t.Errorf("%s is not defined", name)
		}
	}
}
