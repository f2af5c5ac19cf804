package site

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/amsx-lang/amsx/runtime"
)

// A cursor is a running query of the script.
type cursor struct {
	s       *Session
	sql     string
	st      *cached
	columns []string
	types   []runtime.ColumnType
	row     []runtime.Value
	line    int
	ended   bool
	kept    [][]runtime.Value // rows read ahead by detach
}

func (c *cursor) Columns() []string { return c.columns }

// Next returns the next row. The values are valid until the next call.
func (c *cursor) Next(ctx context.Context) ([]runtime.Value, error) {
	if err := c.s.usable(ctx); err != nil {
		return nil, err
	}
	if len(c.kept) > 0 {
		row := c.kept[0]
		c.kept[0], c.kept = nil, c.kept[1:]
		return row, nil
	}
	if c.ended {
		return nil, io.EOF
	}
	if c.st == nil {
		return nil, errors.New("the rows of this query are gone: what it read was rolled back")
	}
	ok, err := c.s.step(c.st, c.line)
	if err != nil {
		return nil, err
	}
	if !ok {
		c.ended = true
		return nil, io.EOF
	}
	for i := range c.row {
		c.row[i] = columnValue(c.st.stmt, i, c.types[i])
	}
	return c.row, nil
}

// detach reads the rest of the rows, because a loop sees them as they were at
// its start, and the run is about to write.
func (c *cursor) detach(ctx context.Context) error {
	if err := c.drain(ctx); err != nil {
		return err
	}
	c.leave()
	return nil
}

// drain reads the rest of the rows.
func (c *cursor) drain(ctx context.Context) error {
	var kept [][]runtime.Value
	for !c.ended {
		row, err := c.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		kept = append(kept, slices.Clone(row))
	}
	c.kept = kept
	return nil
}

// leave gives the statement back.
func (c *cursor) leave() {
	c.s.release(c.sql, c.st)
	delete(c.s.cursors, c)
	c.st = nil
}

// detachCursors makes every running query independent of what comes next.
func (s *Session) detachCursors() error {
	for c := range s.cursors {
		if err := c.detach(s.ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the query. It may be called twice.
func (c *cursor) Close() error {
	if c.st != nil {
		c.s.release(c.sql, c.st)
		delete(c.s.cursors, c)
		c.st = nil
	}
	return nil
}

// closeCursors ends every running query, before a rollback takes their rows.
func (s *Session) closeCursors() {
	for c := range s.cursors {
		c.Close()
	}
}
