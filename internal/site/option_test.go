package site

import (
	"strings"

	"github.com/amsx-lang/amsx/lexer"
)

// option is the step of a scenario that reads or saves a setting.
func (sc *scenario) option(word, rest string, pos lexer.Position) {
	sc.t.Helper()
	ctx := sc.t.Context()
	left, want, _ := strings.Cut(rest, "=>")
	left, value, _ := strings.Cut(left, "=")
	name, of, _ := strings.Cut(strings.TrimSpace(left), " @")
	want = strings.TrimSpace(want)
	if word == "save" {
		changed, err := sc.s.SaveOption(ctx, name, of, strings.TrimSpace(value), pos)
		sc.check(err)
		if changed != (want != "same") {
			sc.fatalf("changed: %v", changed)
		}
		return
	}
	got, ok, err := sc.s.Option(ctx, name, of)
	sc.check(err)
	if !ok {
		got = "-"
	}
	if got != want {
		sc.fatalf("the setting is %q", got)
	}
}
