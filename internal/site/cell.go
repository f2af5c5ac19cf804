package site

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
)

// A cell is a value as a column holds it.
type cell struct {
	kind cellKind
	s    string
	n    int64
}

type cellKind uint8

const (
	cellNull cellKind = iota
	cellText
	cellInt
	cellKeep // the record leaves the column as it is
	cellRef  // n is the row of a look-up's ref table, resolved at the merge
)

func intCell(n int64) cell   { return cell{kind: cellInt, n: n} }
func textCell(s string) cell { return cell{kind: cellText, s: s} }

// secretRefused is why a value that was made from a credential pack's secret
// is not written: tables are read by many.
const secretRefused = "it holds a secret of a credential pack, which never goes into a table"

// toCell gives a value the form of a column's type. reason is empty, or says
// why the column cannot hold it.
func toCell(col *tableColumn, v runtime.Value) (c cell, reason string) {
	if v.Taint() != 0 {
		return cell{}, secretRefused
	}
	switch v.Kind() {
	case runtime.KindNull:
		return cell{}, ""
	case runtime.KindKeep:
		return cell{kind: cellKeep}, ""
	case runtime.KindTable, runtime.KindRow, runtime.KindXML:
		return cell{}, "a " + v.Kind().String() + " is no single value"
	case runtime.KindText:
		if v.Text() == "" {
			return cell{}, ""
		}
	}
	switch col.typ {
	case runtime.ColumnText:
		s := v.Text()
		if !utf8.ValidString(s) {
			return cell{}, "it is not valid UTF-8 text"
		}
		if strings.IndexByte(s, 0) >= 0 {
			return cell{}, "it contains a zero character"
		}
		if s == "" {
			return cell{}, ""
		}
		if col.size > 0 && len(s) > col.size {
			if n := utf8.RuneCountInString(s); n > col.size {
				return cell{}, fmt.Sprintf("the text has %d characters, the column holds %d", n, col.size)
			}
		}
		return textCell(s), ""
	case runtime.ColumnInteger:
		if v.Kind() == runtime.KindBoolean {
			if v.Truth() {
				return intCell(1), ""
			}
			return intCell(0), ""
		}
		s := strings.TrimSpace(v.Text())
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return cell{}, fmt.Sprintf("%s is no whole number", show(s))
		}
		return intCell(n), ""
	case runtime.ColumnBoolean:
		return boolCell(v)
	case runtime.ColumnDate:
		return dateCell(v)
	case runtime.ColumnDateTime:
		return instantCell(v)
	}
	if col.exact {
		return exactNumberCell(v)
	}
	return numberCell(v)
}

func boolCell(v runtime.Value) (cell, string) {
	if v.Kind() == runtime.KindBoolean {
		if v.Truth() {
			return intCell(1), ""
		}
		return intCell(0), ""
	}
	s := strings.TrimSpace(v.Text())
	switch {
	case s == "1", strings.EqualFold(s, "true"), strings.EqualFold(s, "yes"):
		return intCell(1), ""
	case s == "0", strings.EqualFold(s, "false"), strings.EqualFold(s, "no"):
		return intCell(0), ""
	}
	return cell{}, fmt.Sprintf("%s is neither True nor False", show(s))
}

func dateCell(v runtime.Value) (cell, string) {
	switch v.Kind() {
	case runtime.KindDate:
		return textCell(v.Text()), ""
	case runtime.KindDateTime:
		return textCell(v.Time().Format(time.DateOnly)), ""
	}
	s := strings.TrimSpace(v.Text())
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return textCell(t.Format(time.DateOnly)), ""
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return textCell(t.UTC().Format(time.DateOnly)), ""
	}
	return cell{}, fmt.Sprintf("%s is no date; write it as 2026-12-31, or give its form with CDate(text, \"dd/MM/yyyy\")", show(s))
}

// instant is how a DATETIME column writes one.
const instant = "2006-01-02T15:04:05Z"

func instantCell(v runtime.Value) (cell, string) {
	switch v.Kind() {
	case runtime.KindDateTime, runtime.KindDate:
		return textCell(v.Time().Format(instant)), ""
	}
	s := strings.TrimSpace(v.Text())
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return textCell(t.UTC().Format(instant)), ""
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return textCell(t.Format(instant)), ""
	}
	return cell{}, fmt.Sprintf("%s is no date and time; write it as 2026-12-31T23:59:59Z, or give its form with CDate(text, format, zone)", show(s))
}

// numberCell is a number as a column of numbers gives it back, or 5.0 would
// differ from its 5 every night. The engine keeps such a column in binary: a
// number with more digits than that holds is refused, never rounded in silence.
func numberCell(v runtime.Value) (cell, string) {
	c, why := exactCell(v)
	if why != "" || c.kind != cellText {
		return c, why
	}
	f, _ := strconv.ParseFloat(c.s, 64)
	if digits(c.s) > 15 && !same(c.s, f) {
		return cell{}, fmt.Sprintf("%s has more digits than the column keeps, which is 15; round it, or keep it in a column of text", show(c.s))
	}
	const whole = 1 << 53
	if f == math.Trunc(f) && math.Abs(f) < whole {
		return intCell(int64(f)), ""
	}
	return textCell(floatText(f)), ""
}

// exactCell is a number with all its digits.
func exactCell(v runtime.Value) (cell, string) {
	s := strings.TrimSpace(v.Text())
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return intCell(n), ""
	}
	if _, err := strconv.ParseFloat(s, 64); err != nil || strings.ContainsAny(s, "xXnNpP_") {
		return cell{}, fmt.Sprintf("%s is no number", show(s))
	}
	return textCell(s), ""
}

// digits counts the digits of a number's text.
func digits(s string) (n int) {
	for _, c := range s {
		if '0' <= c && c <= '9' {
			n++
		}
	}
	return n
}

// same reports whether a number in binary is the one that s writes.
func same(s string, f float64) bool {
	a, err := runtime.ParseNumber(s)
	b, err2 := runtime.ParseNumber(floatText(f))
	return err == nil && err2 == nil && a.KeyText() == b.KeyText()
}

// textIs reports whether a short text column holds s, and makes no text for it.
func textIs(st *sqlite.Stmt, col int, s string) bool {
	var buf [16]byte
	return st.ColumnLen(col) == len(s) && string(buf[:st.ColumnBytes(col, buf[:])]) == s
}

// show quotes a value for a message and cuts a long one.
func show(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) > most {
		r := []rune(s)
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}
