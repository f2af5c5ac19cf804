package main

import (
	"fmt"
	"strings"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// A tracer shows each line of a script before it runs.
type tracer struct {
	to      progress
	palette palette
	lines   []string // of the file
}

func newTracer(to progress, p palette, source []byte) *tracer {
	return &tracer{to, p, strings.Split(string(source), "\n")}
}

// Line implements runtime.Hook.
func (t *tracer) Line(pos lexer.Position, _ runtime.Scope) error {
	text := ""
	if pos.Line > 0 && pos.Line <= len(t.lines) {
		text = clip(lexer.Safe(strings.TrimSpace(t.lines[pos.Line-1])), 100)
	}
	t.to.say(t.palette.dim(fmt.Sprintf("%5d  %s", pos.Line, text)))
	return nil
}
