package lexer

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// Options say how Fprint prints.
type Options struct {
	Color bool // with terminal colours
	Width int  // of a source line, in columns; 0: 100
}

// Fprint prints diagnostics for people, each with its place, the source line,
// what is meant underlined, and what to write instead:
//
//	users.amsx:12:18: error: Then is missing at the end of the line [AMSX2001]
//	   12 | If %count% > 0
//	      |               ^
//	      = write If condition Then
//
// Lookup gives the source of a file, nil where it is not at hand. Tabs and wide
// characters are reckoned with, long lines are cut around the place, and
// characters that would do something to the terminal are shown as what they
// are. The error is that of w.
func Fprint(w io.Writer, lookup func(filename string) *Source, list List, o Options) error {
	b := bufio.NewWriter(w)
	p := printer{w: b, color: o.Color, width: o.Width}
	if p.width <= 0 {
		p.width = 100
	}
	for _, d := range list {
		var src *Source
		if lookup != nil {
			src = lookup(d.Pos.Filename)
		}
		p.diagnostic(d, src)
	}
	return b.Flush()
}

type printer struct {
	w     *bufio.Writer
	color bool
	width int
}

const (
	bold   = "\x1b[1m"
	red    = "\x1b[1;31m"
	yellow = "\x1b[1;33m"
	blue   = "\x1b[1;34m"
	dim    = "\x1b[2m"
	reset  = "\x1b[0m"
)

func (p *printer) paint(color, text string) string {
	if !p.color || text == "" {
		return text
	}
	return color + text + reset
}

func (p *printer) diagnostic(d *Diagnostic, src *Source) {
	color := map[Severity]string{Error: red, Warning: yellow, Info: blue}[d.Severity]
	fmt.Fprintf(p.w, "%s: %s %s", p.paint(bold, Safe(d.Pos.String())), p.paint(color, d.Severity.String()+":"), p.paint(bold, Safe(d.Message)))
	if d.Code != "" {
		fmt.Fprintf(p.w, " %s", p.paint(dim, "["+d.Code+"]"))
	}
	p.w.WriteByte('\n')
	margin := "      "
	if src != nil && d.Pos.IsValid() && d.Pos.Line <= src.Lines() && utf16Kind([]byte(src.text[:min(len(src.text), 64)])) == "" {
		line, mark := p.excerpt(src.Line(d.Pos.Line), d)
		fmt.Fprintf(p.w, "%s %s\n", p.paint(dim, fmt.Sprintf("%5d |", d.Pos.Line)), line)
		fmt.Fprintf(p.w, "%s %s\n", p.paint(dim, margin+"|"), strings.Repeat(" ", mark[0])+p.paint(color, strings.Repeat("^", mark[1])))
	}
	if d.Hint != "" {
		fmt.Fprintf(p.w, "%s %s\n", p.paint(dim, margin+"="), Safe(d.Hint))
	}
}

// excerpt is the part of a line around the diagnostic as it is shown, and the
// first column and number of columns to underline.
func (p *printer) excerpt(line string, d *Diagnostic) (string, [2]int) {
	first, length := d.Pos.Column-1, 1
	switch {
	case d.End.Line == d.Pos.Line && d.End.Column > d.Pos.Column:
		length = d.End.Column - d.Pos.Column
	case d.End.Line > d.Pos.Line:
		length = len(line)
	}
	from := 0
	runes := []rune(window(line, first, 2*p.width, &from))
	if from > 0 || first-from > p.width*3/4 {
		cut := min(max(first-from-p.width/2, 0), len(runes))
		runes, from = runes[cut:], from+cut
	}
	var out strings.Builder
	columns, begin, end := 0, -1, -1
	if from > 0 {
		out.WriteString("…")
		columns++
	}
	for i, r := range runes {
		at := from + i
		if at == first {
			begin = columns
		}
		if at == first+length {
			end = columns
		}
		s, n := cell(r, columns)
		if columns+n > p.width {
			out.WriteString("…")
			break
		}
		out.WriteString(s)
		columns += n
	}
	if begin < 0 { // behind the end of the line
		begin = columns
	}
	if end <= begin {
		end = columns
	}
	return out.String(), [2]int{begin, max(end-begin, 1)}
}

// window cuts a line of megabytes to n characters on both sides of column
// first, and adds to from the number of characters before it.
func window(line string, first, n int, from *int) string {
	if len(line) <= 4*n {
		return line
	}
	skip := max(first-n, 0)
	i := 0
	for ; *from < skip && i < len(line); *from++ {
		_, size := utf8.DecodeRuneInString(line[i:])
		i += size
	}
	end := i
	for k := 0; k < 2*n && end < len(line); k++ {
		_, size := utf8.DecodeRuneInString(line[end:])
		end += size
	}
	return line[i:end]
}

const tabWidth = 4

// runeWidth reckons with wide and combining characters, the same on every
// machine: the locale has no say.
func runeWidth(r rune) int {
	c := runewidth.Condition{StrictEmojiNeutral: true}
	return c.RuneWidth(r)
}

// cell is one character as it is shown from a column on, and its width.
func cell(r rune, column int) (string, int) {
	if r == '\t' {
		n := tabWidth - column%tabWidth
		return strings.Repeat(" ", n), n
	}
	if s := escape(r); s != "" {
		return s, utf8.RuneCountInString(s)
	}
	return string(r), runeWidth(r)
}

// escape is what stands for a character that has no shape of its own, or that
// would change what a terminal shows; "" for all others.
func escape(r rune) string {
	switch {
	case r < ' ':
		return string('␀' + r)
	case r == 0x7F:
		return "␡"
	case r == utf8.RuneError:
		return "�"
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029':
		return fmt.Sprintf("<U+%04X>", r)
	}
	return ""
}

// Safe is s with characters that would do something to a terminal replaced by
// what they are.
func Safe(s string) string {
	clean := true
	for _, r := range s {
		if escape(r) != "" {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if e := escape(r); e != "" {
			b.WriteString(e)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// MarshalJSON is the form that editors and other tools read:
// {file, line, column, endLine, endColumn, severity, code, message, hint}, all
// of them always, and fix, a list of {offset, length, text} in bytes of the file,
// where the finding can be mended without a thought. A place without a range is one character.
func (d *Diagnostic) MarshalJSON() ([]byte, error) {
	end := d.End
	if d.Pos.IsValid() && (end.Line < d.Pos.Line || end.Line == d.Pos.Line && end.Column <= d.Pos.Column) {
		end = Position{Line: d.Pos.Line, Column: d.Pos.Column + 1}
	}
	type edit struct {
		Offset int    `json:"offset"`
		Length int    `json:"length"`
		Text   string `json:"text"`
	}
	var fix []edit
	for _, e := range d.Edits {
		fix = append(fix, edit{e.Pos.Offset, len(e.Old), e.New})
	}
	return json.Marshal(struct {
		File      string `json:"file"`
		Line      int    `json:"line"`
		Column    int    `json:"column"`
		EndLine   int    `json:"endLine"`
		EndColumn int    `json:"endColumn"`
		Severity  string `json:"severity"`
		Code      string `json:"code"`
		Message   string `json:"message"`
		Hint      string `json:"hint"`
		Fix       []edit `json:"fix,omitempty"`
	}{d.Pos.Filename, d.Pos.Line, d.Pos.Column, end.Line, end.Column, d.Severity.String(), d.Code, d.Message, d.Hint, fix})
}
