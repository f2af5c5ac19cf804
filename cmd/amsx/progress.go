package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/lexer"
)

// isTerminal reports whether f shows its output to a person.
func isTerminal(f *os.File) bool { return isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()) }

// columnsOf is the width of the terminal that f is; 0: it is none.
func columnsOf(f *os.File) int {
	if !isTerminal(f) {
		return 0
	}
	if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
		return n
	}
	return 80
}

// A progress shows what a run is doing: one moving line on a terminal, plain
// lines elsewhere. Its methods may be called from several goroutines.
type progress interface {
	// update says what is done. total 0: not known.
	update(text string, done, total int64)
	// wait says that a request waits, for what and until when.
	wait(w amsx.HTTPWait)
	// say prints a line above the moving one.
	say(line string)
	close()
}

// newProgress returns the progress for e; quiet shows nothing but said lines.
func newProgress(e *env, title string, quiet bool) progress {
	switch {
	case quiet:
		return &plainProgress{w: e.stderr, every: -1}
	case e.terminal:
		return newBar(e.stderr, title)
	}
	return &plainProgress{w: e.stderr, every: 10 * time.Second, from: time.Now()}
}

// A plainProgress prints a line when the text changes, and one every so often.
type plainProgress struct {
	mu    sync.Mutex
	w     io.Writer
	every time.Duration // negative: never
	text  string
	last  time.Time
	from  time.Time
}

func (p *plainProgress) update(text string, done, total int64) {
	if p.every < 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if text == p.text && now.Sub(p.last) < p.every {
		return
	}
	p.text, p.last = text, now
	line := text
	if done > 0 {
		line += ": " + amount(done, total, now.Sub(p.from))
	}
	fmt.Fprintln(p.w, line)
}

func (p *plainProgress) wait(w amsx.HTTPWait) {
	if p.every >= 0 {
		s := lexer.Safe(w.String())
		p.say(strings.ToUpper(s[:1]) + s[1:])
	}
}

func (p *plainProgress) say(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(p.w, line)
}

func (p *plainProgress) close() {}

// amount is "1,200 of about 4,000 · 310/s · 9 s left".
func amount(done, total int64, elapsed time.Duration) string {
	s := thousands(done)
	if total > done {
		s += " of about " + thousands(total)
	}
	if elapsed < time.Second {
		return s
	}
	rate := float64(done) / elapsed.Seconds()
	s += fmt.Sprintf(" · %s/s", thousands(int64(rate+0.5)))
	if total > done {
		s += " · " + remaining(time.Duration(float64(total-done)/rate*float64(time.Second))) + " left"
	}
	return s
}

// remaining is a time as a person says it: "9 s", "4 min", "2 h 10 min".
func remaining(d time.Duration) string {
	switch {
	case d < 100*time.Second:
		return fmt.Sprintf("%d s", max(1, int(d.Seconds()+0.5)))
	case d < 100*time.Minute:
		return fmt.Sprintf("%d min", int(d.Minutes()+0.5))
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
