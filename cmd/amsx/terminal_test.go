package main

import (
	"fmt"
	"html"
	"strconv"
	"strings"

	"github.com/mattn/go-runewidth"
)

// A theme is the colours of a terminal.
type theme struct {
	back, fore, dim string
	colours         map[int]string // by SGR code
}

// dark is the theme of the picture in the README.
var dark = theme{"#11161d", "#d5dce5", "#7b8694", map[int]string{31: "#ff7b72", 32: "#7ee787", 33: "#e3b341", 34: "#79c0ff", 35: "#d2a8ff", 36: "#76e3ea"}}

const (
	cellWidth  = 8.43 // of a 14 px monospaced font
	lineHeight = 20
	margin     = 20
)

// terminalSVG draws the output of a program as a terminal of that many columns
// shows it. It knows the colours and weights that amsx prints.
func terminalSVG(t theme, text string, columns int) string {
	lines := wrapCells(strings.Split(strings.TrimRight(text, "\n"), "\n"), columns)
	var b strings.Builder
	w, h := 2*margin+cellWidth*float64(columns), 2*margin+lineHeight*len(lines)
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%d\" viewBox=\"0 0 %.0f %d\" role=\"img\" aria-label=\"A run of amsx in a terminal\">\n", w, h, w, h)
	fmt.Fprintf(&b, "<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"%s\"/>\n", t.back)
	fmt.Fprintf(&b, "<g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"14\" fill=\"%s\" xml:space=\"preserve\">\n", t.fore)
	var s style
	for n, line := range lines {
		s.line(&b, t, line, margin+lineHeight*n+15)
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}

// A style is what the escapes so far have switched on.
type style struct {
	bold, dim bool
	colour    int
}

// line writes one line: a text element for each run of one style, at its cell.
func (s *style) line(b *strings.Builder, t theme, line string, y int) {
	at := 0
	for line != "" {
		esc := strings.IndexByte(line, 0x1b)
		run := line
		if esc >= 0 {
			run = line[:esc]
		}
		if strings.TrimSpace(run) != "" {
			s.text(b, t, run, margin+cellWidth*float64(at), y)
		}
		at += runewidth.StringWidth(run)
		if esc < 0 {
			return
		}
		end := strings.IndexFunc(line[esc:], func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' })
		if end < 0 {
			return
		}
		code := line[esc+2 : esc+end]
		if line[esc+end] == 'm' {
			s.set(code)
		}
		line = line[esc+end+1:]
	}
}

func (s *style) text(b *strings.Builder, t theme, run string, x float64, y int) {
	attr := ""
	fill := t.colours[s.colour]
	if s.dim {
		fill = t.dim
	}
	if fill != "" {
		attr += fmt.Sprintf(" fill=\"%s\"", fill)
	}
	if s.bold {
		attr += " font-weight=\"600\""
	}
	width := cellWidth * float64(runewidth.StringWidth(run))
	fmt.Fprintf(b, "<text x=\"%.1f\" y=\"%d\" textLength=\"%.1f\" xml:space=\"preserve\"%s>%s</text>\n", x, y, width, attr, html.EscapeString(run))
}

// set follows one escape for colours and weights.
func (s *style) set(codes string) {
	for _, c := range strings.Split(codes, ";") {
		switch n, _ := strconv.Atoi(c); {
		case n == 0:
			*s = style{}
		case n == 1:
			s.bold = true
		case n == 2:
			s.dim = true
		case n == 22:
			s.bold, s.dim = false, false
		case n == 39:
			s.colour = 0
		case n >= 30 && n <= 37:
			s.colour = n
		}
	}
}

// wrapCells cuts lines where a terminal of that many columns would.
func wrapCells(lines []string, columns int) (out []string) {
	for _, l := range lines {
		var b strings.Builder
		at, escape := 0, false
		for _, r := range l {
			if r == 0x1b {
				escape = true
			}
			if !escape {
				w := runewidth.RuneWidth(r)
				if at+w > columns {
					out = append(out, b.String())
					b.Reset()
					at = 0
				}
				at += w
			} else if r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
				escape = false
			}
			b.WriteRune(r)
		}
		out = append(out, b.String())
	}
	return out
}
