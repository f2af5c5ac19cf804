package replica

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"
)

// Publish sends the server what the transaction that is open on c has changed in
// the copy. changes writes it as a changeset of SQLite's session extension;
// altered are the statements that added columns. The copy is marked as being as
// the server will be. Nothing of it stays unless Commit succeeds.
func (l *Lock) Publish(c *sqlite.Conn, changes func(io.Writer) error, altered []string) error {
	if len(altered) > 0 {
		if err := l.extend(c, altered); err != nil {
			return err
		}
	}
	file, err := os.CreateTemp("", "amsx-changes-*") // its mode is 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	out := bufio.NewWriterSize(file, 1<<16)
	if err := errors.Join(changes(out), out.Flush()); err != nil {
		return fmt.Errorf("collect what the run changed: %w", err)
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if size == 0 && len(altered) == 0 {
		return nil
	}
	if err := l.tx.QueryRow(l.ctx, "SELECT pg_current_xact_id()::text::bigint").Scan(&l.xid); err != nil {
		return l.s.explain("write", err)
	}
	if _, err := l.tx.Exec(l.ctx, "SET CONSTRAINTS ALL DEFERRED"); err != nil {
		return l.s.explain("write", err)
	}
	l.pending = true
	sizes, err := countChanges(file)
	if err != nil {
		return err
	}
	// Rows go before others come, so that what is unique is free again.
	for _, of := range []sqlite.OpType{sqlite.OpDelete, sqlite.OpUpdate, sqlite.OpInsert} {
		for _, p := range l.pairs {
			if n := sizes[change{p.copied, of}]; n > 0 {
				if err := l.send(file, p, of, n); err != nil {
					return l.s.explain("write "+p.copied, err)
				}
			}
		}
	}
	for k := range sizes {
		if !slices.ContainsFunc(l.pairs, func(p *pair) bool { return p.copied == k.table }) {
			return fmt.Errorf("the run changed the table %s, which the server does not have", k.table)
		}
	}
	return l.mark(c, sizes)
}

// A change is what kind of change was made in which table.
type change struct {
	table string
	op    sqlite.OpType
}

// countChanges counts the changes of each kind.
func countChanges(file *os.File) (map[change]int64, error) {
	n := make(map[change]int64)
	return n, eachChange(file, func(it *sqlite.ChangesetIterator, op *sqlite.ChangesetOperation) error {
		n[change{op.TableName, op.Type}]++
		return nil
	})
}

// eachChange reads the changeset from its beginning.
func eachChange(file *os.File, f func(*sqlite.ChangesetIterator, *sqlite.ChangesetOperation) error) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	it, err := sqlite.NewChangesetIterator(bufio.NewReaderSize(file, 1<<16))
	if err != nil {
		return err
	}
	for {
		ok, err := it.Next()
		if err != nil || !ok {
			return errors.Join(err, it.Close())
		}
		op, err := it.Operation()
		if err == nil {
			err = f(it, op)
		}
		if err != nil {
			_ = it.Close() // the error that ended it is the one to tell
			return err
		}
	}
}

// send sends the changes of one kind to one table.
func (l *Lock) send(file *os.File, p *pair, of sqlite.OpType, n int64) error {
	w := &sender{l: l, p: p, file: file, of: of}
	var rows int64
	var err error
	switch of {
	case sqlite.OpInsert:
		rows, err = w.insert()
	case sqlite.OpUpdate:
		rows, err = w.update()
	default:
		rows, err = w.remove()
	}
	if err == nil && rows != n {
		return fmt.Errorf("%d rows were to be written and the server has written %d: somebody's rule or trigger there keeps them; nothing was written", n, rows)
	}
	return err
}

// A sender sends the changes of one kind to one table.
type sender struct {
	l     *Lock
	p     *pair
	file  *os.File
	of    sqlite.OpType
	line  []byte
	wrong error // a value that cannot be sent
}

// copyIn sends a line for each change, as fields makes it.
func (w *sender) copyIn(ctx context.Context, into string, columns []string, fields func(it *sqlite.ChangesetIterator) error) (int64, error) {
	r, pipe := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		out := bufio.NewWriterSize(pipe, 1<<16)
		err := eachChange(w.file, func(it *sqlite.ChangesetIterator, op *sqlite.ChangesetOperation) error {
			if op.TableName != w.p.copied || op.Type != w.of {
				return nil
			}
			w.line = w.line[:0]
			if err := fields(it); err != nil {
				return err
			}
			w.line[len(w.line)-1] = '\n'
			_, err := out.Write(w.line)
			return err
		})
		if err == nil {
			err = out.Flush()
		}
		w.wrong = err
		pipe.CloseWithError(err)
	}()
	tag, err := w.l.conn.PgConn().CopyFrom(ctx, r, "COPY "+into+" ("+strings.Join(columns, ", ")+") FROM STDIN")
	r.CloseWithError(io.ErrClosedPipe)
	<-done
	if w.wrong != nil && !errors.Is(w.wrong, io.ErrClosedPipe) {
		return 0, w.wrong
	}
	return tag.RowsAffected(), err
}

// field adds a value to the line, with the tab behind it.
func (w *sender) field(col *pairColumn, v sqlite.Value) error {
	switch v.Type() {
	case sqlite.TypeNull:
		w.line = append(w.line, `\N`...)
	case sqlite.TypeInteger:
		w.line = strconv.AppendInt(w.line, v.Int64(), 10)
	case sqlite.TypeFloat:
		w.line = strconv.AppendFloat(w.line, v.Float(), 'g', -1, 64)
	case sqlite.TypeText:
		text := v.Text()
		if strings.ContainsRune(text, 0) {
			return fmt.Errorf("%s.%s: the text holds a zero byte, which PostgreSQL cannot store; take it out with Replace", w.p.copied, col.copied)
		}
		w.line = appendField(w.line, text)
	default:
		return fmt.Errorf("%s.%s: bytes that are no text cannot be sent to the server", w.p.copied, col.copied)
	}
	w.line = append(w.line, '\t')
	return nil
}

// insert sends new rows. A column that the server fills by itself is left to it
// where the row has no value.
func (w *sender) insert() (int64, error) {
	var columns, values []string
	var sent []*pairColumn
	staged := false
	for i := range w.p.columns {
		col := &w.p.columns[i]
		if col.generated {
			continue
		}
		name := quote(col.name)
		sent, columns = append(sent, col), append(columns, name)
		value := name
		if col.computed() {
			staged = true
			value = "coalesce(" + name + ", " + col.fallback + ")"
		}
		values = append(values, value)
	}
	fields := func(it *sqlite.ChangesetIterator) error {
		for _, col := range sent {
			v, err := it.New(col.at)
			if err != nil {
				return err
			}
			if err := w.field(col, v); err != nil {
				return err
			}
		}
		return nil
	}
	if !staged {
		return w.copyIn(w.l.ctx, w.p.of(), columns, fields)
	}
	if err := w.stage("SELECT " + strings.Join(columns, ", ") + " FROM " + w.p.of()); err != nil {
		return 0, err
	}
	if _, err := w.copyIn(w.l.ctx, "pg_temp.amsx_stage", columns, fields); err != nil {
		return 0, err
	}
	return w.exec("INSERT INTO " + w.p.of() + "(" + strings.Join(columns, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM pg_temp.amsx_stage")
}

// update sends the columns that differ, and which they are: a row's other columns
// are left alone.
func (w *sender) update() (int64, error) {
	var columns, set, same []string
	var sent []*pairColumn
	changed, err := w.changed()
	if err != nil {
		return 0, err
	}
	var key []bool
	for i := range w.p.columns {
		col := &w.p.columns[i]
		isKey := slices.Contains(w.p.key, i)
		name := quote(col.name)
		switch {
		case isKey:
			same = append(same, "t."+name+" = s."+name)
		case changed[col.at] && !col.generated:
			set = append(set, fmt.Sprintf("%s = CASE WHEN substr(s.amsx_changed, %d, 1) = '1' THEN s.%s ELSE t.%s END", name, len(set)+1, name, name))
		default:
			continue
		}
		sent, key, columns = append(sent, col), append(key, isKey), append(columns, name)
	}
	if err := w.stage("SELECT " + strings.Join(columns, ", ") + ", ''::text AS amsx_changed FROM " + w.p.of()); err != nil {
		return 0, err
	}
	_, err = w.copyIn(w.l.ctx, "pg_temp.amsx_stage", append(columns, "amsx_changed"), func(it *sqlite.ChangesetIterator) error {
		var mask []byte
		for i, col := range sent {
			before, err := it.Old(col.at)
			if err != nil {
				return err
			}
			v := before
			if !key[i] {
				if v, err = it.New(col.at); err != nil {
					return err
				}
				// Of a column that is as it was, both are left out.
				bit := byte('0')
				if before.Type() != sqlite.TypeNull || v.Type() != sqlite.TypeNull {
					bit = '1'
				}
				mask = append(mask, bit)
			}
			if err := w.field(col, v); err != nil {
				return err
			}
		}
		w.line = append(append(w.line, mask...), '\t')
		return nil
	})
	if err != nil {
		return 0, err
	}
	return w.exec("UPDATE " + w.p.of() + " AS t SET " + strings.Join(set, ", ") + " FROM pg_temp.amsx_stage s WHERE " + strings.Join(same, " AND "))
}

// changed are the columns that any row changes, by their place in the copy.
func (w *sender) changed() (map[int]bool, error) {
	out := make(map[int]bool)
	return out, eachChange(w.file, func(it *sqlite.ChangesetIterator, op *sqlite.ChangesetOperation) error {
		if op.TableName != w.p.copied || op.Type != w.of {
			return nil
		}
		for i := range op.NumColumns {
			before, err := it.Old(i)
			if err != nil {
				return err
			}
			now, err := it.New(i)
			if err != nil {
				return err
			}
			if before.Type() != sqlite.TypeNull || now.Type() != sqlite.TypeNull {
				out[i] = true
			}
		}
		return nil
	})
}

// remove sends the keys of the rows that are gone.
func (w *sender) remove() (int64, error) {
	var columns, same []string
	for _, k := range w.p.key {
		name := quote(w.p.columns[k].name)
		columns, same = append(columns, name), append(same, "t."+name+" = s."+name)
	}
	if err := w.stage("SELECT " + strings.Join(columns, ", ") + " FROM " + w.p.of()); err != nil {
		return 0, err
	}
	_, err := w.copyIn(w.l.ctx, "pg_temp.amsx_stage", columns, func(it *sqlite.ChangesetIterator) error {
		for _, k := range w.p.key {
			v, err := it.Old(w.p.columns[k].at)
			if err != nil {
				return err
			}
			if err := w.field(&w.p.columns[k], v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return w.exec("DELETE FROM " + w.p.of() + " AS t USING pg_temp.amsx_stage s WHERE " + strings.Join(same, " AND "))
}

// stage makes an empty temporary table with the columns of a query.
func (w *sender) stage(of string) error {
	if _, err := w.exec("DROP TABLE IF EXISTS pg_temp.amsx_stage"); err != nil {
		return err
	}
	_, err := w.exec("CREATE TEMP TABLE amsx_stage ON COMMIT DROP AS " + of + " WHERE false")
	return err
}

func (w *sender) exec(q string) (int64, error) {
	tag, err := w.l.tx.Exec(w.l.ctx, q)
	return tag.RowsAffected(), err
}

// mark says in the copy that it is as the server will be.
func (l *Lock) mark(c *sqlite.Conn, sizes map[change]int64) error {
	state := &l.view.state
	for _, p := range l.pairs {
		t := state.tables[p.of()]
		t.rows += sizes[change{p.copied, sqlite.OpInsert}] - sizes[change{p.copied, sqlite.OpDelete}]
		if err := l.give(c, p, &t); err != nil {
			return l.s.explain("number the rows of "+p.copied, err)
		}
		state.tables[p.of()] = t
	}
	state.settle(l.view.since)
	state.own = append(state.own, l.xid)
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
	if _, err := l.tx.Exec(l.ctx, "SELECT setval($1::regclass, $2)", *sequence, given); err != nil {
		return err
	}
	t.given = given
	return nil
}
