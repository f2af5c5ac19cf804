package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/lexer"
)

// A bar is the moving line of a terminal: text, count, rate, remaining time,
// or what the run waits for.
type bar struct {
	out  *mpb.Progress
	bar  *mpb.Bar
	from time.Time

	mu          sync.Mutex
	text        string
	done, total int64
	waiting     amsx.HTTPWait
}

// barCells is the width of the bar itself.
const barCells = 20

func newBar(w io.Writer, title string) *bar {
	b := &bar{out: mpb.New(mpb.WithOutput(w), mpb.WithRefreshRate(120*time.Millisecond)), from: time.Now(), text: title}
	// mpb keeps the line in its place and other output above it; what stands in
	// the line is ours, since no filler of mpb's knows a total that is a guess.
	b.bar = b.out.New(0, mpb.NopStyle(), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Any(func(s decor.Statistics) string { return b.line(time.Now(), s.AvailableWidth) })))
	return b
}

// line is the line at an instant, at most that many cells wide.
func (b *bar) line(now time.Time, cells int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	right := ""
	if b.done > 0 {
		right = amount(b.done, b.total, now.Sub(b.from))
	}
	if left := b.waiting.Until.Sub(now); left > 0 {
		w := b.waiting
		w.For = left
		if right = lexer.Safe(w.String()); b.done > 0 {
			right = thousands(b.done) + " · " + right
		}
	}
	gauge := ""
	if b.total > 0 && b.done <= b.total {
		full := int(b.done * barCells / b.total)
		gauge = strings.Repeat("━", full) + strings.Repeat("─", barCells-full) + "  "
	}
	text := clip(b.text, 40) + "  "
	if cells > 0 && runewidth.StringWidth(text+gauge+right) > cells {
		gauge = ""
	}
	return clip(text+gauge+right, max(cells, barCells))
}

func (b *bar) update(text string, done, total int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text, b.done, b.total = text, done, total
}

func (b *bar) wait(w amsx.HTTPWait) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = w
}

func (b *bar) say(line string) { fmt.Fprintln(b.out, line) }

func (b *bar) close() {
	b.bar.Abort(true)
	b.out.Wait()
}
