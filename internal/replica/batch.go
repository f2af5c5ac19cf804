package replica

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// A kindOf is a kind of change in one table of the copy.
type kindOf struct {
	table string
	op    byte
}

type batches map[kindOf]*batch

func (all batches) flush() error {
	var err error
	for _, b := range all {
		err = errors.Join(err, b.out.Flush())
	}
	return err
}

func (all batches) close() {
	for _, b := range all {
		_ = b.file.Close() // nobody reads it any more
		_ = os.Remove(b.file.Name())
	}
}

// A batch is all changes of one kind to one table, as lines of COPY, in a
// temporary file: the memory of a run does not grow with what it changes.
type batch struct {
	p       *pair
	op      byte
	rows    int64
	columns []*pairColumn // that a line has
	key     []bool        // which of them are of the key
	changed []bool        // which of them any update changes
	file    *os.File
	out     *bufio.Writer
	line    []byte
	mask    []byte
}

func newBatch(p *pair, op byte) (*batch, error) {
	b := batchOf(p, op)
	var err error
	if b.file, err = os.CreateTemp("", "amsx-changes-*"); err != nil { // its mode is 0600
		return nil, err
	}
	// Without a name it is gone with the program, however that ends. On Windows
	// this fails while the file is open; see close.
	_ = os.Remove(b.file.Name())
	b.out = bufio.NewWriterSize(b.file, 1<<16)
	return b, nil
}

// batchOf is a batch without a file.
func batchOf(p *pair, op byte) *batch {
	b := &batch{p: p, op: op}
	for i := range p.columns {
		col, isKey := &p.columns[i], slices.Contains(p.key, i)
		if isKey || op != opDelete && !col.generated {
			b.columns, b.key = append(b.columns, col), append(b.key, isKey)
		}
	}
	b.changed = make([]bool, len(b.columns))
	return b
}

// add writes the line of a change. The line of an update ends with which columns
// change: the others are sent as NULL and are not written.
func (b *batch) add(in *changeReader) error {
	b.rows++
	if b.op == opUpdate {
		for _, col := range b.p.columns {
			if col.generated && set(&in.before[col.at], &in.after[col.at]) {
				return fmt.Errorf("%s.%s: the server computes this column itself, and takes no other value", b.p.copied, col.copied)
			}
		}
	}
	b.line, b.mask = b.line[:0], b.mask[:0]
	for i, col := range b.columns {
		v := &in.after[col.at]
		if b.op == opDelete || b.op == opUpdate && b.key[i] {
			v = &in.before[col.at]
		}
		if b.op == opUpdate {
			bit := byte('0')
			if !b.key[i] && set(&in.before[col.at], &in.after[col.at]) {
				bit, b.changed[i] = '1', true
			}
			b.mask = append(b.mask, bit)
		}
		var err error
		if b.line, err = v.appendTo(b.line); err != nil {
			return fmt.Errorf("%s.%s: %w", b.p.copied, col.copied, err)
		}
		b.line = append(b.line, '\t')
	}
	if b.op == opUpdate {
		b.line = append(append(b.line, b.mask...), '\t')
	}
	b.line[len(b.line)-1] = '\n'
	_, err := b.out.Write(b.line)
	return err
}

// send writes the changes to the server and returns how many rows that were.
func (b *batch) send(l *Lock) (int64, error) {
	if _, err := b.file.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	return b.sendLines(l, bufio.NewReaderSize(b.file, 1<<16))
}

func (b *batch) sendLines(l *Lock, lines io.Reader) (int64, error) {
	of, columns := b.p.of(), columnsOf(b.columns)
	values, computed := b.values()
	if b.op == opInsert && !computed {
		return copyTo(l, of, columns, lines)
	}
	// Through a temporary table, which is gone with the transaction.
	if b.op == opUpdate {
		columns += ", amsx_changed"
	}
	stage := "CREATE TEMP TABLE amsx_stage ON COMMIT DROP AS SELECT " + columnsOf(b.columns) + ", ''::text AS amsx_changed FROM " + of + " WHERE false"
	for _, q := range []string{"DROP TABLE IF EXISTS pg_temp.amsx_stage", stage} {
		if _, err := l.tx.Exec(l.ctx, q); err != nil {
			return 0, err
		}
	}
	if _, err := copyTo(l, "pg_temp.amsx_stage", columns, lines); err != nil {
		return 0, err
	}
	var q string
	switch b.op {
	case opInsert:
		q = "INSERT INTO " + of + "(" + columns + ") OVERRIDING SYSTEM VALUE SELECT " + values + " FROM pg_temp.amsx_stage"
	case opUpdate:
		q = "UPDATE " + of + " AS t SET " + b.assignments() + " FROM pg_temp.amsx_stage s WHERE " + b.same()
	default:
		q = "DELETE FROM " + of + " AS t USING pg_temp.amsx_stage s WHERE " + b.same()
	}
	tag, err := l.tx.Exec(l.ctx, q)
	return tag.RowsAffected(), err
}

// values is what new rows get. A column that the server fills by itself is left
// to it where the row has no value.
func (b *batch) values() (list string, computed bool) {
	var values []string
	for _, col := range b.columns {
		v := quote(col.name)
		if col.computed() {
			fallback := col.fallback
			if col.identity {
				fallback = "nextval(pg_get_serial_sequence(" + literal(b.p.of()) + ", " + literal(col.name) + ")::regclass)"
			}
			computed, v = true, "coalesce("+v+", "+fallback+")"
		}
		values = append(values, v)
	}
	return strings.Join(values, ", "), computed
}

func (b *batch) assignments() string {
	var list []string
	for i, col := range b.columns {
		if b.changed[i] {
			name := quote(col.name)
			list = append(list, fmt.Sprintf("%s = CASE WHEN substr(s.amsx_changed, %d, 1) = '1' THEN s.%s ELSE t.%s END", name, i+1, name, name))
		}
	}
	return strings.Join(list, ", ")
}

// same is the condition that a row of the table is that of the stage.
func (b *batch) same() string {
	var list []string
	for i, col := range b.columns {
		if b.key[i] {
			list = append(list, "t."+quote(col.name)+" = s."+quote(col.name))
		}
	}
	return strings.Join(list, " AND ")
}

func copyTo(l *Lock, table, columns string, lines io.Reader) (int64, error) {
	tag, err := l.conn.PgConn().CopyFrom(l.ctx, lines, "COPY "+table+" ("+columns+") FROM STDIN")
	return tag.RowsAffected(), err
}
