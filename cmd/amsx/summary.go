package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/amsx-lang/amsx/lexer"
)

// A table prints rows in aligned columns, as wide characters need it.
type table struct {
	head  []string
	rows  [][]string
	right []bool // columns of numbers
	max   int    // cells of a column; 0: 32
	// leave names the columns to leave out, the first first, while the table
	// is wider than the terminal.
	leave []string
	keep  []string // columns that say nothing when they are cut
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// empty are the columns in which no row has anything.
func (t *table) empty() (names []string) {
	for i, name := range t.head {
		if !slices.ContainsFunc(t.rows, func(r []string) bool { return r[i] != "" }) {
			names = append(names, name)
		}
	}
	return names
}

// print writes the table, indented by two blanks and at most columns wide; 0:
// as wide as it is.
func (t *table) print(w io.Writer, p palette, columns int) {
	if t.max == 0 {
		t.max = 32
	}
	all := append([][]string{t.head}, t.rows...)
	for _, r := range all {
		for i := range r {
			r[i] = clip(lexer.Safe(r[i]), t.max)
		}
	}
	width := t.fit(all, columns)
	for n, r := range all {
		var b strings.Builder
		b.WriteString("  ")
		for i, c := range r {
			if width[i] == 0 {
				continue
			}
			c = clip(c, width[i])
			pad := strings.Repeat(" ", width[i]-runewidth.StringWidth(c))
			if i < len(t.right) && t.right[i] {
				b.WriteString(pad + c)
			} else {
				b.WriteString(c + pad)
			}
			b.WriteString("  ")
		}
		line := strings.TrimRight(b.String(), " ")
		if n == 0 {
			line = p.dim(line)
		}
		fmt.Fprintln(w, line)
	}
}

// fit returns the width of each column, 0 for one that is left out: columns
// of t.leave go first, then the widest shrink that are not in t.keep.
func (t *table) fit(all [][]string, columns int) []int {
	width := make([]int, len(t.head))
	for _, r := range all {
		for i, c := range r {
			width[i] = max(width[i], runewidth.StringWidth(c))
		}
	}
	total := func() (n int) {
		for _, w := range width {
			if w > 0 {
				n += w + 2
			}
		}
		return n
	}
	const narrow = 12 // a column of fewer cells says nothing
	for _, name := range t.leave {
		if i := slices.Index(t.head, name); i >= 0 && columns > 0 && total() > columns {
			width[i] = 0
		}
	}
	for columns > 0 && total() > columns {
		widest := -1
		for i, w := range width {
			if w > narrow && (widest < 0 || w > width[widest]) && !slices.Contains(t.keep, t.head[i]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		width[widest]--
	}
	return width
}

// A palette colours text, or leaves it alone.
type palette struct{ on bool }

// newPalette is the palette of standard output, talkPalette that of standard
// error. They follow --color, then NO_COLOR, then what the output is.
func newPalette(mode string, e *env) palette  { return choosePalette(mode, e, e.columns > 0) }
func talkPalette(mode string, e *env) palette { return choosePalette(mode, e, e.terminal) }

func choosePalette(mode string, e *env, terminal bool) palette {
	switch mode {
	case "always":
		return palette{true}
	case "never":
		return palette{}
	}
	return palette{terminal && e.getenv("NO_COLOR") == "" && e.getenv("TERM") != "dumb"}
}

func (p palette) paint(code, s string) string {
	if !p.on || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p palette) bold(s string) string   { return p.paint("1", s) }
func (p palette) dim(s string) string    { return p.paint("2", s) }
func (p palette) red(s string) string    { return p.paint("1;31", s) }
func (p palette) green(s string) string  { return p.paint("32", s) }
func (p palette) yellow(s string) string { return p.paint("33", s) }
