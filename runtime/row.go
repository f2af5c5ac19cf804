package runtime

import "slices"

// Columns are the names of a Row or of the rows of a Table, shared by all of
// them. They are immutable and safe for concurrent use.
type Columns struct {
	names []string
	fold  []string
	index map[string]int // nil while there are few
}

// fewColumns is up to how many names a search is faster than a map.
const fewColumns = 8

// NewColumns returns the columns of the names, in their order. Of two names
// that differ in case only, the first is found. The slice must not be changed.
func NewColumns(names ...string) *Columns {
	c := &Columns{names: names, fold: make([]string, len(names))}
	for i, n := range names {
		c.fold[i] = FoldName(n)
	}
	if len(names) > fewColumns {
		c.index = make(map[string]int, len(names))
		for i, f := range c.fold {
			if _, ok := c.index[f]; !ok {
				c.index[f] = i
			}
		}
	}
	return c
}

// Names returns the names in order. The slice must not be changed.
func (c *Columns) Names() []string { return c.names }

// Len is the number of columns.
func (c *Columns) Len() int { return len(c.names) }

// Index returns the place of a name in any case, or -1.
func (c *Columns) Index(name string) int {
	for i, n := range c.names {
		if i == fewColumns {
			break
		}
		if n == name {
			return i
		}
	}
	f := FoldName(name)
	if c.index != nil {
		if i, ok := c.index[f]; ok {
			return i
		}
		return -1
	}
	return slices.Index(c.fold, f)
}

type row struct {
	cols   *Columns
	values []Value
	held   held // the values
	line   int  // of the file that it was read from; 0: none
}

// lineColumn is the name by which a path reads the line of a row.
const lineColumn = "#line"

// Row returns a row. There must be a value for each column. Neither slice may
// be changed afterwards.
func Row(cols *Columns, values []Value) Value {
	return Value{kind: KindRow, ref: &row{cols: cols, values: values, held: heldIn(values)}}
}

// RowAt returns a row that was read from a line of a file: its #line. It is no
// column.
func RowAt(cols *Columns, values []Value, line int) Value {
	v := Row(cols, values)
	v.ref.(*row).line = line
	return v
}

// A Rowset is the rows of a Table value. It is built by one goroutine and then
// not changed.
type Rowset struct {
	cols *Columns
	rows [][]Value
	held held // the values
}

// NewRowset returns an empty table of the columns.
func NewRowset(cols *Columns) *Rowset { return &Rowset{cols: cols} }

// Add appends a row: a value for each column. The slice is kept.
func (t *Rowset) Add(values []Value) {
	t.held.weight = t.held.weight.plus(1) // the row itself
	for _, x := range values {
		t.held.add(x)
	}
	t.rows = append(t.rows, values)
}

// Value returns the table as a value. Add must not be called afterwards.
func (t *Rowset) Value() Value { return Value{kind: KindTable, ref: t} }

// Columns returns the columns of a Row or a Table, nil for any other value.
func (v Value) Columns() *Columns {
	switch r := v.ref.(type) {
	case *row:
		return r.cols
	case *Rowset:
		return r.cols
	}
	return nil
}

// Values returns the values of a Row, in the order of its columns; nil for any
// other value. Those of a tainted row are tainted. The slice must not be
// changed.
func (v Value) Values() []Value {
	if r, ok := v.ref.(*row); ok {
		return tainted(r.values, v.taint)
	}
	return nil
}

// Field returns the value of a column of a Row, in any case of its name, and
// whether the row has it.
func (v Value) Field(name string) (Value, bool) {
	r, ok := v.ref.(*row)
	if !ok {
		return Value{}, false
	}
	i := r.cols.Index(name)
	if i < 0 {
		if r.line > 0 && name == lineColumn {
			return Int(int64(r.line)), true
		}
		return Value{}, false
	}
	return r.values[i].WithTaint(v.taint), true
}

// with returns a row with name = x, the column added where it is missing.
func (r *row) with(name string, x Value) *row {
	n := &row{cols: r.cols, line: r.line}
	if i := r.cols.Index(name); i >= 0 {
		n.values = slices.Clone(r.values)
		n.values[i] = x
	} else {
		n.cols = NewColumns(append(slices.Clone(r.cols.names), name)...)
		n.values = append(slices.Clone(r.values), x)
	}
	n.held = heldIn(n.values)
	return n
}

// Len is the number of elements of a List, a Table or a Json array; ok is
// false for any other value. An element of XML is a list of one: where a path
// finds several it gives a List, and a document with one must not be another
// case.
func (v Value) Len() (n int, ok bool) {
	switch v.kind {
	case KindList:
		return int(v.num), true
	case KindTable:
		return len(v.ref.(*Rowset).rows), true
	case KindXML:
		return 1, true
	case KindJSON:
		if !v.IsArray() {
			return 0, false
		}
		err := v.eachElement(func(string) bool { n++; return true })
		return n, err == nil
	}
	return 0, false
}

// Elements returns what ForEach runs over: the elements of a List or a Json
// array, the rows of a Table, an element of XML itself. ok is false for any
// other value.
func (v Value) Elements() (elements []Value, ok bool, err error) {
	switch v.kind {
	case KindList:
		return v.Items(), true, nil
	case KindTable:
		t := v.ref.(*Rowset)
		elements = make([]Value, len(t.rows))
		for i := range t.rows {
			elements[i] = t.row(i).WithTaint(v.taint)
		}
		return elements, true, nil
	case KindXML:
		return []Value{v}, true, nil
	case KindJSON:
		if !v.IsArray() {
			return nil, false, nil
		}
		err = v.eachElement(func(raw string) bool {
			elements = append(elements, jsonValue(raw).WithTaint(v.taint))
			return true
		})
		return elements, true, err
	}
	return nil, false, nil
}

func (t *Rowset) row(i int) Value { return Row(t.cols, t.rows[i]) }
