package site

import (
	"fmt"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"
)

// A rowHash is the hash of a row as it was written, by which a later undo
// knows that nothing newer happened. It is the exclusive or of one hash a
// column that is not Null, so that it can be made before a look-up column is
// known and completed afterwards.
type rowHash uint64

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// cell adds column i's value.
func (h rowHash) cell(i int, c cell) rowHash {
	switch c.kind {
	case cellText:
		return h.text(i, c.s)
	case cellInt:
		return h.integer(i, c.n)
	}
	return h
}

// sql adds column i's value as SQL has it.
func (h rowHash) sql(i int, v sqlite.Value) rowHash {
	switch v.Type() {
	case sqlite.TypeNull:
		return h
	case sqlite.TypeInteger:
		return h.integer(i, v.Int64())
	case sqlite.TypeFloat:
		return h.text(i, floatText(v.Float()))
	}
	return h.text(i, v.Text())
}

// floatText is a number with a fraction as numberCell writes one.
func floatText(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// text adds column i's text.
func (h rowHash) text(i int, s string) rowHash {
	x := uint64(fnvOffset) ^ uint64(i)*fnvPrime
	for j := 0; j < len(s); j++ {
		x = (x ^ uint64(s[j])) * fnvPrime
	}
	return h ^ rowHash(x^x>>29)
}

// integer adds column i's whole number.
func (h rowHash) integer(i int, n int64) rowHash {
	return h ^ rowHash(uint64(n&0x7fffffff)*1500450271+uint64(i+1)*2654435761)
}

// hashValues is the SQL function amsx_hash(value of column 0, of column 1, …).
func hashValues(_ sqlite.Context, a []sqlite.Value) (sqlite.Value, error) {
	h := rowHash(0)
	for i := range a {
		h = h.sql(i, a[i])
	}
	return sqlite.IntegerValue(int64(h)), nil
}

// hashWith is the SQL function amsx_hash_with(hash, column, value, column,
// value, …): the hash with those columns added.
func hashWith(_ sqlite.Context, a []sqlite.Value) (sqlite.Value, error) {
	h := rowHash(a[0].Int64())
	for i := 1; i+1 < len(a); i += 2 {
		h = h.sql(a[i].Int(), a[i+1])
	}
	return sqlite.IntegerValue(int64(h)), nil
}

// prepareHash finds the hashes of the values that the table's defaults give a
// new row.
func (t *target) prepareHash() error {
	t.fallbacks = make([]rowHash, len(t.cols))
	for i, col := range t.table.columns {
		if col.fallback == "" || !t.table.tracked(i) {
			continue
		}
		p := t.planOf(i)
		if p >= 0 && !col.notNull {
			continue // a value that is missing is Null
		}
		n, err := scalar(t.s.c, fmt.Sprintf("SELECT amsx_hash_with(0, %d, %s)", i, col.fallback))
		if err != nil {
			return err
		}
		if p >= 0 {
			t.fallbacks[p] = rowHash(n)
		} else {
			t.unmapped ^= rowHash(n)
		}
	}
	return nil
}

// newHash is the hash of the new row that the record at hand becomes, without
// the columns that a look-up still waits for. It is made when the record
// arrives, because the merge holds the lock.
func (t *target) newHash() rowHash {
	h := t.unmapped
	for p := range t.cols {
		switch c := t.cells[p]; {
		case t.cols[p].base >= 0 || c.kind == cellRef:
		case c.kind == cellNull || c.kind == cellKeep:
			h ^= t.fallbacks[p]
		default:
			h = h.cell(t.cols[p].at, c)
		}
	}
	return h
}

// newHashSQL is the SQL of the hash of a staged new row s: the one that was
// made when it arrived, with the columns that a look-up has found since. value
// gives the SQL of a plan column.
func (t *target) newHashSQL(value func(p int) string) string {
	var without, with []string
	for _, l := range t.lookups {
		r := fmt.Sprintf("s.r%d IS NULL", l.n)
		without = append(without, r)
		with = append(with, fmt.Sprintf("%d, CASE WHEN %s THEN NULL ELSE %s END", t.cols[l.col].at, r, value(l.col)))
	}
	if len(with) == 0 {
		return "s.hash"
	}
	return "CASE WHEN " + strings.Join(without, " AND ") + " THEN s.hash ELSE amsx_hash_with(s.hash, " + strings.Join(with, ", ") + ") END"
}
