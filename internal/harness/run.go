package harness

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/amsx-lang/amsx/amsx"
)

// Token stands for the token that a case does not hold.
const Token = "00TestTokenNotReal"

// Parse reads the case's transformation. The scripts that it calls stand beside
// it: in the case's folder, or among those that ship.
func (c *Case) Parse(shipped fs.FS) (*amsx.Script, error) {
	if c.Script != nil {
		return amsx.ParseFS(c.folder, "script.amsx")
	}
	script, err := amsx.ParseFS(shipped, c.Transformation)
	if err != nil {
		return nil, c.notShipped(err)
	}
	return script, nil
}

func (c *Case) notShipped(err error) error {
	return fmt.Errorf("the case %s is for %s, which does not ship: %w", c.Name, c.Transformation, err)
}

// Document returns the case's transformation: its own script.amsx, or the one
// that ships under the name it gives.
func (c *Case) Document(shipped fs.FS) (name string, source []byte, err error) {
	if c.Script != nil {
		return "script.amsx", c.Script, nil
	}
	source, err = fs.ReadFile(shipped, c.Transformation)
	if err != nil {
		return "", nil, c.notShipped(err)
	}
	return c.Transformation, source, nil
}

// Fill adds the columns and writes the rows that are there before the run, and
// the former complete runs that left them.
func (c *Case) Fill(ctx context.Context, s *amsx.Site) error {
	for _, table := range slices.Sorted(maps.Keys(c.Columns)) {
		if err := addColumns(ctx, s, table, c.Columns[table]); err != nil {
			return fmt.Errorf("case.toml: columns of %s: %w", table, err)
		}
	}
	for _, t := range c.Start {
		if err := s.Load(ctx, t.Table, t.Columns, t.Rows); err != nil {
			return fmt.Errorf("start/%s.csv: %w", t.Table, err)
		}
	}
	if c.Former > 0 {
		source := cmp.Or(c.FormerSource, c.Pack.Name)
		return s.LoadFormerRun(ctx, c.filledBy(source), source, int64(c.Former))
	}
	return nil
}

// filledBy is the table that has start rows of a source.
func (c *Case) filledBy(source string) string {
	for _, t := range c.Start {
		at := slices.Index(t.Columns, "Source")
		if at >= 0 && slices.ContainsFunc(t.Rows, func(r []string) bool { return r[at] == source }) {
			return t.Table
		}
	}
	return "Custodian"
}

// HTTP is the client's configuration for a replay: the player in the place of
// the network, and waits that take no time.
func (c *Case) HTTP(p *Player) amsx.HTTP {
	return amsx.HTTP{
		Wrap:   func(http.RoundTripper) http.RoundTripper { return p },
		Clock:  &clock{now: c.Clock},
		Jitter: func() float64 { return 0.5 },
	}
}

// Now is the clock of the case: it stands still, so that a replay writes the
// same instants every time.
func (c *Case) Now() func() time.Time { return func() time.Time { return c.Clock } }

// clock is an amsx.HTTPClock that jumps instead of waiting. It is safe for
// concurrent use.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	c.now = c.now.Add(d)
	c.mu.Unlock()
	return ctx.Err()
}
