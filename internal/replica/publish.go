package replica

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/amsx-lang/amsx/internal/site"
)

// Publish sends the server what the transaction that is open on c has changed in
// the copy. The copy is marked as being as the server will be. Nothing of it
// stays unless Commit succeeds.
func (l *Lock) Publish(c *sqlite.Conn, what site.Publication) error {
	if len(what.Altered) > 0 {
		if err := l.extend(c, what.Altered); err != nil {
			return err
		}
	}
	made, err := l.madeOf(what.Made)
	if err != nil {
		return err
	}
	batches, err := l.collect(what.Changes, made)
	defer batches.close()
	if err != nil {
		return fmt.Errorf("collect what the run changed: %w", err)
	}
	if len(batches)+len(made) == 0 && len(what.Altered) == 0 {
		return nil
	}
	if err := l.tx.QueryRow(l.ctx, "SELECT pg_current_xact_id()::text::bigint").Scan(&l.xid); err != nil {
		return l.s.explain("write", err)
	}
	if _, err := l.tx.Exec(l.ctx, "SET CONSTRAINTS ALL DEFERRED"); err != nil {
		return l.s.explain("write", err)
	}
	l.pending = true
	// Rows go before others come, so that what is unique is free again.
	for _, op := range []byte{opDelete, opUpdate, opInsert} {
		for _, p := range l.pairs {
			b := batches[kindOf{p.copied, op}]
			if b == nil {
				continue
			}
			rows, err := b.send(l)
			if err == nil && rows != b.rows {
				err = fmt.Errorf("%d rows were to be written and the server has written %d: somebody's rule or trigger there keeps them", b.rows, rows)
				return &Error{Server: l.s.name, Doing: "write " + p.copied, Err: err}
			}
			if err != nil {
				return l.s.explain("write "+p.copied, err)
			}
		}
	}
	for _, m := range made {
		if err := m.send(l, c); err != nil {
			return l.s.explain("write "+m.p.copied, err)
		}
	}
	return l.mark(c, batches, made)
}

// collect sorts the changes by table and kind.
func (l *Lock) collect(changes func(io.Writer) error, made []*madeRows) (batches, error) {
	all := make(batches)
	r, w := io.Pipe()
	go func() {
		out := bufio.NewWriterSize(w, 1<<16)
		err := changes(out)
		if err == nil {
			err = out.Flush()
		}
		w.CloseWithError(err)
	}()
	// The writer must be at its end before the connection is used again.
	defer func() { _, _ = io.Copy(io.Discard, r) }()
	in := &changeReader{in: bufio.NewReaderSize(r, 1<<16)}
	for {
		err := in.next()
		if err == io.EOF {
			return all, all.flush()
		}
		if err != nil {
			return all, err
		}
		if slices.ContainsFunc(made, func(m *madeRows) bool { return m.has(in) }) {
			continue // they are sent as they are in the end
		}
		k := kindOf{in.table, in.op}
		b := all[k]
		if b == nil {
			i := slices.IndexFunc(l.pairs, func(p *pair) bool { return p.copied == k.table })
			if i < 0 {
				return all, fmt.Errorf("the table %s is not on the server", k.table)
			}
			if b, err = newBatch(l.pairs[i], k.op); err != nil {
				return all, err
			}
			all[k] = b
		}
		if err := b.add(in); err != nil {
			return all, err
		}
	}
}

// mark says in the copy that it is as the server will be.
func (l *Lock) mark(c *sqlite.Conn, all batches, made []*madeRows) error {
	state := &l.view.state
	for _, p := range l.pairs {
		t := state.tables[p.of()]
		t.shared, t.shape = p.shared(), p.shape
		if b := all[kindOf{p.copied, opInsert}]; b != nil {
			t.rows += b.rows
		}
		if b := all[kindOf{p.copied, opDelete}]; b != nil {
			t.rows -= b.rows
		}
		for _, m := range made {
			if m.p == p {
				t.rows += m.rows
			}
		}
		if err := l.give(c, p, &t); err != nil {
			return l.s.explain("number the rows of "+p.copied, err)
		}
		state.tables[p.of()] = t
	}
	state.settle(l.view.since)
	// Where the server may have written rows that it was not sent, the copy reads
	// all that the transaction wrote.
	effects := slices.ContainsFunc(made, func(m *madeRows) bool { return m.p.effects })
	for _, b := range all {
		effects = effects || b.p.effects
	}
	if !effects {
		state.own = append(state.own, l.xid)
	}
	return state.write(c)
}

// give tells the server which numbers the copy has given out, so that none is
// given twice.
func (l *Lock) give(c *sqlite.Conn, p *pair, t *tableState) error {
	if len(p.key) != 1 || p.schema != "site" {
		return nil
	}
	given, err := number(c, "SELECT coalesce((SELECT seq FROM main.sqlite_sequence WHERE name=?1), 0)", p.copied)
	if err != nil || given <= t.given {
		return err
	}
	var sequence *string
	if err := l.tx.QueryRow(l.ctx, "SELECT pg_get_serial_sequence($1, $2)", p.of(), p.serverTable.columns[p.key[0]].name).Scan(&sequence); err != nil || sequence == nil {
		return err
	}
	// A program may have taken a number for a row that it has yet to write.
	return l.tx.QueryRow(l.ctx, "SELECT setval($1::regclass, greatest($2::bigint, pg_sequence_last_value($1::regclass)))", *sequence, given).Scan(&t.given)
}

// columnsOf joins names for SQL.
func columnsOf(columns []*pairColumn) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = quote(c.name)
	}
	return strings.Join(names, ", ")
}
