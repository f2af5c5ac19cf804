package site

import (
	"fmt"
	"strings"

	"zombiezen.com/go/sqlite"
)

// columnList are the names of the table's columns, as SQL, each behind a
// prefix. It is not *: another program may add a column while the run runs.
func (t *table) columnList(prefix string) string {
	names := make([]string, len(t.columns))
	for i := range names {
		names[i] = prefix + quote(t.columns[i].name)
	}
	return strings.Join(names, ", ")
}

// readRow reads a row by the columns of the table.
func readRow[T any](c *sqlite.Conn, t *table, id int64, value func(*sqlite.Stmt, int) T) (values []T, found bool, err error) {
	if t.readNow == "" {
		t.readNow = "SELECT " + t.columnList("") + " FROM main." + quote(t.name) + " WHERE " + t.rowid + "=?1"
	}
	st, err := c.Prepare(t.readNow)
	if err != nil {
		return nil, false, err
	}
	st.BindInt64(1, id)
	if found, err = st.Step(); found {
		values = readValues(st, 0, len(t.columns), value)
	}
	if rerr := st.Reset(); err == nil {
		err = rerr
	}
	return values, found, err
}

// readValues reads n columns of a statement from one on.
func readValues[T any](st *sqlite.Stmt, from, n int, value func(*sqlite.Stmt, int) T) []T {
	values := make([]T, n)
	for i := range values {
		values[i] = value(st, from+i)
	}
	return values
}

// rowNow reads a row as its cells.
func (s *Session) rowNow(t *table, id int64) (cells []cell, found bool, err error) {
	return readRow(s.c, t, id, readCell)
}

// exactRow reads a row for a plan, with its values as the engine holds them.
func exactRow(c *sqlite.Conn, t *table, id int64) (values []any, found bool, err error) {
	if values, found, err = readRow(c, t, id, readExact); err == nil {
		err = carried(t, id, values)
	}
	return values, found, err
}

// carried fails where a row holds a value that a plan cannot carry.
func carried(t *table, id int64, values []any) error {
	for i, v := range values {
		if _, ok := v.(binary); ok {
			return fmt.Errorf("%s.%s of row %d holds binary data, which a plan cannot carry: run the transformation without a plan", t.name, t.columns[i].name, id)
		}
	}
	return nil
}

// A binary is a value that no plan carries.
type binary string

// readExact reads a value as the engine holds it: nil, int64, float64, string
// or binary.
func readExact(st *sqlite.Stmt, i int) any {
	switch st.ColumnType(i) {
	case sqlite.TypeNull:
		return nil
	case sqlite.TypeInteger:
		return st.ColumnInt64(i)
	case sqlite.TypeFloat:
		return st.ColumnFloat(i)
	case sqlite.TypeBlob:
		return binary(st.ColumnText(i))
	}
	return st.ColumnText(i)
}

// exactly is the cell of a value as the engine holds it.
func exactly(v any) cell {
	switch v := v.(type) {
	case int64:
		return intCell(v)
	case float64:
		return textCell(floatText(v))
	case string:
		return textCell(v)
	case binary:
		return textCell(string(v))
	}
	return cell{}
}

// hashRow is the hash of a row as the change set has it.
func hashRow[T any](t *table, values []T, as func(T) cell) rowHash {
	h := rowHash(0)
	for i, v := range values {
		if t.tracked(i) {
			h = h.cell(i, as(v))
		}
	}
	return h
}

// hashCells is the hash of a row of cells.
func (t *table) hashCells(values []cell) rowHash {
	return hashRow(t, values, func(c cell) cell { return c })
}

// hash is the hash of a row with its values as the engine holds them.
func (t *table) hash(values []any) rowHash { return hashRow(t, values, exactly) }
