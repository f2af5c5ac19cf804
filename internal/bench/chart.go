package main

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
)

// A chart is one picture of docs/performance.md: bars of one unit, the shorter
// the better, ours first in each group.
type chart struct {
	file, title, unit string
	groups            []group
}

type group struct {
	name string
	bars []bar
}

type bar struct {
	name  string
	value float64
}

// draw writes the chart as an SVG that reads in light and in dark: its colours
// have contrast to both, and text takes the reader's scheme.
func (b *bench) draw(c chart) error {
	if b.charts == "" {
		return nil
	}
	const wide, high, gap = 420, 20, 26
	longest, left := 0.0, 60
	for _, g := range c.groups {
		for _, x := range g.bars {
			longest, left = max(longest, x.value), max(left, 8*len(x.name)+8) // a letter is 8 wide at most, on average
		}
	}
	var body strings.Builder
	y := 44
	for _, g := range c.groups {
		if g.name != "" {
			fmt.Fprintf(&body, "<text class=\"group\" x=\"0\" y=\"%d\">%s</text>\n", y+14, html.EscapeString(g.name))
			y += gap
		}
		for i, x := range g.bars {
			class := "theirs"
			if i == 0 {
				class = "ours"
			}
			length := max(1, int(wide*x.value/longest))
			fmt.Fprintf(&body, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\"/>\n<text x=\"%d\" y=\"%d\">%s %s</text>\n",
				left-8, y+14, html.EscapeString(x.name), class, left, y, length, high-4, left+length+6, y+14, short(x.value), c.unit)
			y += high
		}
		y += gap - high + 4
	}
	svg := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" role="img" aria-label="%[3]s">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 15px }
.group { font-weight: 600 }
.ours { fill: #1a7f37 }
.theirs { fill: #8c959f }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }
</style>
<text class="title" x="0" y="20">%[3]s</text>
%[4]s</svg>
`, left+wide+90, y, html.EscapeString(c.title), body.String())
	return os.WriteFile(filepath.Join(b.charts, c.file), []byte(svg), 0o644)
}

// short is a figure with three digits at most.
func short(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
