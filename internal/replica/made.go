package replica

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/amsx-lang/amsx/internal/site"
)

// madeRows are new rows of one table that are sent as the transaction leaves
// them, straight from the copy.
type madeRows struct {
	p      *pair
	where  string
	rows   int64
	id     int // the column of the ids, in the copy
	ranges []idRange
	// Of the change set: only what is about one table.
	about      int // its column, in the copy
	aboutTable string
}

// An idRange is the ids above from, and not above to.
type idRange struct{ from, to int64 }

// madeOf finds the tables of new rows: theirs, and that of their change sets.
// Ranges of one table are one, because the same ids may be in several: those
// that a rollback within the transaction took back are given again.
func (l *Lock) madeOf(all []site.MadeRows) ([]*madeRows, error) {
	var out []*madeRows
	of := func(table, key, about string) (*madeRows, error) {
		i := slices.IndexFunc(out, func(m *madeRows) bool { return m.p.copied == table && m.aboutTable == about })
		if i >= 0 {
			return out[i], nil
		}
		i = slices.IndexFunc(l.pairs, func(p *pair) bool { return p.copied == table })
		if i < 0 {
			return nil, fmt.Errorf("the table %s is not on the server", table)
		}
		m := &madeRows{p: l.pairs[i], about: -1, aboutTable: about}
		for _, c := range m.p.columns {
			switch {
			case strings.EqualFold(c.copied, key):
				m.id = c.at
			case about != "" && c.copied == "TableName":
				m.about = c.at
			}
		}
		out = append(out, m)
		return m, nil
	}
	for _, a := range all {
		for _, table := range []string{a.Table, "amsx_change"} {
			key, about, run := a.Key, "", ""
			if table != a.Table {
				key, about, run = "RowID", a.Table, fmt.Sprintf(" AND RunID=%d AND TableName=%s", a.RunID, literal(a.Table))
			}
			m, err := of(table, key, about)
			if err != nil {
				return nil, err
			}
			if m.where != "" {
				m.where += " OR "
			}
			m.where += fmt.Sprintf("%s>%d AND %[1]s<=%[3]d%s", quote(key), a.From, a.To, run)
			m.ranges = append(m.ranges, idRange{a.From, a.To})
		}
	}
	return out, nil
}

// has reports whether a change of a changeset is one of these rows.
func (m *madeRows) has(in *changeReader) bool {
	if in.table != m.p.copied {
		return false
	}
	values := in.after
	if in.op != opInsert {
		values = in.before
	}
	id := values[m.id].n
	return slices.ContainsFunc(m.ranges, func(r idRange) bool { return r.from < id && id <= r.to }) &&
		(m.about < 0 || string(values[m.about].text) == m.aboutTable)
}

// send writes the rows to the server.
func (m *madeRows) send(l *Lock, c *sqlite.Conn) error {
	b := batchOf(m.p, opInsert)
	names := make([]string, len(b.columns))
	for i, col := range b.columns {
		names[i] = quote(col.copied)
	}
	st, _, err := c.PrepareTransient("SELECT " + strings.Join(names, ", ") + " FROM main." + quote(m.p.copied) + " WHERE " + m.where)
	if err != nil {
		return err
	}
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		out := bufio.NewWriterSize(w, 1<<16)
		err := m.lines(st, b, out)
		if err == nil {
			err = out.Flush()
		}
		err = errors.Join(err, st.Finalize())
		w.CloseWithError(err)
		done <- err
	}()
	n, err := b.sendLines(l, r)
	r.CloseWithError(io.ErrClosedPipe)
	if werr := <-done; werr != nil && !errors.Is(werr, io.ErrClosedPipe) {
		return werr
	}
	if err == nil && n != m.rows {
		err = fmt.Errorf("%d rows were to be written and the server has written %d: somebody's rule or trigger there keeps them", m.rows, n)
	}
	return err
}

// lines writes the rows as lines of COPY.
func (m *madeRows) lines(st *sqlite.Stmt, b *batch, out io.Writer) error {
	var v value
	for {
		ok, err := st.Step()
		if err != nil || !ok {
			return err
		}
		m.rows++
		b.line = b.line[:0]
		for i, col := range b.columns {
			read(st, i, &v)
			if b.line, err = v.appendTo(b.line); err != nil {
				return fmt.Errorf("%s.%s: %w", m.p.copied, col.copied, err)
			}
			b.line = append(b.line, '\t')
		}
		b.line[len(b.line)-1] = '\n'
		if _, err := out.Write(b.line); err != nil {
			return err
		}
	}
}

// read reads a column as a value of a changeset.
func read(st *sqlite.Stmt, i int, v *value) {
	switch st.ColumnType(i) {
	case sqlite.TypeInteger:
		v.kind, v.n = kindInt, st.ColumnInt64(i)
	case sqlite.TypeFloat:
		v.setFloat(st.ColumnFloat(i))
	case sqlite.TypeText:
		n := st.ColumnLen(i)
		if cap(v.text) < n {
			v.text = make([]byte, n, 2*n)
		}
		v.kind, v.text = kindText, v.text[:n]
		st.ColumnBytes(i, v.text)
	case sqlite.TypeBlob:
		v.kind = kindBytes
	default:
		v.kind = kindNull
	}
}
