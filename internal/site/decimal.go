package site

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"

	"github.com/amsx-lang/amsx/runtime"
	modernc "modernc.org/sqlite"
)

// A column of exact numbers keeps the text of a number, so that all its digits
// come back, and compares it as a number: by the collation decimal, which has
// the name and the meaning of the one in SQLite's own decimal extension (the
// shell sqlite3 has it built in). See docs/decisions/0006.
const decimalCollation = "decimal"

// isExact reports whether a declared type is one of exact numbers.
func isExact(decl string) bool {
	return strings.EqualFold(decl, "DECIMAL_TEXT") || strings.EqualFold(decl, "MONEY_TEXT")
}

// exactNumberCell is a number as a column of exact numbers holds it: one text
// for one number, whatever its writing.
func exactNumberCell(v runtime.Value) (cell, string) {
	const most = 28 // digits, and places before or behind the point
	s := strings.TrimSpace(v.Text())
	d, ok := splitDecimal(s)
	switch {
	case !ok:
		return cell{}, show(s) + " is no number"
	case len(d.digits) > most:
		return cell{}, fmt.Sprintf("%s has more digits than a number can have, which is %d; round it, or keep it in a column of text", show(s), most)
	case d.exp > most || d.exp-len(d.digits) < -most:
		return cell{}, fmt.Sprintf("%s is larger or smaller than a number can be, which has %d places before and behind the point", show(s), most)
	}
	return textCell(d.String()), ""
}

// compareDecimals is the collation: numbers by what they are worth, exactly,
// then texts that are no numbers.
func compareDecimals(a, b string) int {
	x, xok := splitDecimal(a)
	y, yok := splitDecimal(b)
	switch {
	case xok && yok:
		return x.compare(y)
	case xok:
		return -1
	case yok:
		return 1
	}
	return strings.Compare(a, b)
}

// A decimalParts is sign × 0.digits × 10^exp, without zeros at either end of
// digits; zero has none.
type decimalParts struct {
	sign   int
	digits string
	exp    int
}

func splitDecimal(s string) (d decimalParts, ok bool) {
	s = strings.TrimSpace(s)
	d.sign = 1
	if rest, minus := strings.CutPrefix(s, "-"); minus {
		d.sign, s = -1, rest
	} else {
		s = strings.TrimPrefix(s, "+")
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(s[i+1:])
		if err != nil || e > 1<<30 || e < -1<<30 {
			return d, false
		}
		d.exp, s = e, s[:i]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return d, false
	}
	trimmed := strings.TrimLeft(digits, "0")
	d.exp += len(whole) - (len(digits) - len(trimmed))
	if d.digits = strings.TrimRight(trimmed, "0"); d.digits == "" {
		return decimalParts{}, true
	}
	return d, true
}

// String writes the number without an exponent and without needless zeros.
func (d decimalParts) String() string {
	if d.digits == "" {
		return "0"
	}
	minus := ""
	if d.sign < 0 {
		minus = "-"
	}
	switch n := len(d.digits); {
	case d.exp <= 0:
		return minus + "0." + strings.Repeat("0", -d.exp) + d.digits
	case d.exp >= n:
		return minus + d.digits + strings.Repeat("0", d.exp-n)
	}
	return minus + d.digits[:d.exp] + "." + d.digits[d.exp:]
}

func (d decimalParts) compare(o decimalParts) int {
	switch {
	case d.sign != o.sign:
		return cmp.Compare(d.sign, o.sign)
	case d.exp != o.exp:
		return d.sign * cmp.Compare(d.exp, o.exp)
	}
	return d.sign * strings.Compare(d.digits, o.digits)
}

// A connector opens connections for the migrations, which go through
// database/sql, with the collation that tables of the site name.
type connector struct {
	driver *modernc.Driver
	dsn    string
}

func newConnector(dsn string) (connector, error) {
	c := connector{&modernc.Driver{}, dsn}
	return c, c.driver.RegisterCollationUtf8(decimalCollation, compareDecimals)
}

// Connect opens a connection.
func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }

// Driver is the driver that the connector opens connections with.
func (c connector) Driver() driver.Driver { return c.driver }
