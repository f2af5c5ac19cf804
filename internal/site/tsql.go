package site

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/amsx-lang/amsx/runtime"
	"zombiezen.com/go/sqlite"
)

// AddFunctions gives a connection the SQL functions that the T-SQL of scripts
// is rewritten to. Each answers Null to Null, as T-SQL does. An error goes
// through fail, which may keep it.
func AddFunctions(c *sqlite.Conn, fail func(error) (sqlite.Value, error)) error {
	type scalar func(a []sqlite.Value) (sqlite.Value, error)
	add := func(name string, least, most int, f scalar) error {
		for n := least; n <= most; n++ {
			err := c.CreateFunction(name, &sqlite.FunctionImpl{NArgs: n, Deterministic: n > 0, AllowIndirect: name == "Fold", Scalar: func(_ sqlite.Context, a []sqlite.Value) (sqlite.Value, error) {
				for i := range a {
					if a[i].Type() == sqlite.TypeNull {
						return sqlite.Value{}, nil
					}
				}
				v, err := f(a)
				if err != nil {
					return fail(err)
				}
				return v, nil
			}})
			if err != nil {
				return err
			}
		}
		return nil
	}
	return errors.Join(
		add("Fold", 1, 1, func(a []sqlite.Value) (sqlite.Value, error) { return sqlite.TextValue(Fold(a[0].Text())), nil }),
		add("amsx_upper", 1, 1, func(a []sqlite.Value) (sqlite.Value, error) {
			return sqlite.TextValue(strings.ToUpper(valueText(a[0]))), nil
		}),
		add("amsx_lower", 1, 1, func(a []sqlite.Value) (sqlite.Value, error) {
			return sqlite.TextValue(strings.ToLower(valueText(a[0]))), nil
		}),
		add("amsx_left", 2, 2, func(a []sqlite.Value) (sqlite.Value, error) { return substring("LEFT", a[0], 1, a[1]) }),
		add("amsx_right", 2, 2, func(a []sqlite.Value) (sqlite.Value, error) {
			n := int64(len([]rune(valueText(a[0]))))
			return substring("RIGHT", a[0], max(n-a[1].Int64(), 0)+1, a[1])
		}),
		add("amsx_substring", 2, 2, func(a []sqlite.Value) (sqlite.Value, error) {
			return substring("SUBSTRING", a[0], a[1].Int64(), sqlite.IntegerValue(1<<40))
		}),
		add("amsx_substring", 3, 3, func(a []sqlite.Value) (sqlite.Value, error) {
			return substring("SUBSTRING", a[0], a[1].Int64(), a[2])
		}),
		add("amsx_charindex", 2, 3, charindex),
		add("amsx_newid", 0, 0, func([]sqlite.Value) (sqlite.Value, error) { return newID(), nil }),
		add("amsx_dateadd", 3, 3, dateadd),
		add("amsx_datediff", 3, 3, datediff),
		add("amsx_convert", 2, 3, func(a []sqlite.Value) (sqlite.Value, error) {
			style := ""
			if len(a) > 2 {
				style = a[2].Text()
			}
			return convert("CONVERT", a[1], a[0].Text(), style)
		}),
		add("amsx_cast", 2, 2, func(a []sqlite.Value) (sqlite.Value, error) { return convert("CAST", a[0], a[1].Text(), "") }),
		add("amsx_round", 1, 3, round),
	)
}

// valueText is a value as text; a binary number is the decimal one that it
// stands for.
func valueText(v sqlite.Value) string {
	if v.Type() == sqlite.TypeFloat {
		return decimalText(v.Float())
	}
	return v.Text()
}

// substring is SUBSTRING of T-SQL: characters from start, counted from 1, up
// to start + length. A start before 1 takes its characters off the length.
func substring(f string, v sqlite.Value, start int64, length sqlite.Value) (sqlite.Value, error) {
	n := length.Int64()
	if n < 0 {
		return sqlite.Value{}, fmt.Errorf("%s: the length is %d; it must not be below 0", f, n)
	}
	r := []rune(valueText(v))
	from := min(max(start, 1)-1, int64(len(r)))
	to := min(max(start+n-1, from), int64(len(r)))
	return sqlite.TextValue(string(r[from:to])), nil
}

// charindex is CHARINDEX(part, text [, start]): the place of the part, counted
// from 1, or 0. As = does, it tells capitals and small letters apart.
func charindex(a []sqlite.Value) (sqlite.Value, error) {
	part, text := []rune(valueText(a[0])), []rune(valueText(a[1]))
	from := int64(1)
	if len(a) > 2 {
		from = max(a[2].Int64(), 1)
	}
	if from > int64(len(text)) || len(part) == 0 {
		return sqlite.IntegerValue(0), nil
	}
	i := strings.Index(string(text[from-1:]), string(part))
	if i < 0 {
		return sqlite.IntegerValue(0), nil
	}
	return sqlite.IntegerValue(from + int64(len([]rune(string(text[from-1:])[:i])))), nil
}

// newID is a random GUID, written as SQL Server does.
func newID() sqlite.Value {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails; see its documentation
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return sqlite.TextValue(fmt.Sprintf("%X-%X-%X-%X-%X", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
}

// moments are the forms in which a date comes from a column or the text of a
// script, apart from the date alone. Only forms that mean one thing are here:
// 01/02/2026 needs a style.
var moments = []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04"}

// moment reads a date. whole: it has no time of day.
func moment(f string, v sqlite.Value) (t time.Time, whole bool, err error) {
	s := strings.TrimSpace(valueText(v))
	for _, form := range []string{time.DateOnly, "20060102"} {
		if t, err := time.Parse(form, s); err == nil {
			return t, true, nil
		}
	}
	for _, form := range moments {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC(), false, nil
		}
	}
	return t, false, fmt.Errorf("%s: %s is no date; write 2026-12-31 or 2026-12-31 23:59:59, or give the form of the text: CONVERT(date, x, 103)", f, show(s))
}

// momentValue writes a date as a column of the site has it.
func momentValue(t time.Time, whole bool) sqlite.Value {
	if whole {
		return sqlite.TextValue(t.Format(time.DateOnly))
	}
	return sqlite.TextValue(t.Format(instant))
}

// dateadd is DATEADD: months keep the day where the month has it, else take
// its last one.
func dateadd(a []sqlite.Value) (sqlite.Value, error) {
	t, whole, err := moment("DATEADD", a[2])
	if err != nil {
		return sqlite.Value{}, err
	}
	amount, err := runtime.ParseNumber(valueText(a[1]))
	if err != nil {
		return sqlite.Value{}, fmt.Errorf("DATEADD: %w", err)
	}
	n, ok := amount.Int64()
	if !ok {
		return sqlite.Value{}, fmt.Errorf("DATEADD: %s is no whole number", valueText(a[1]))
	}
	const most = 1 << 36 // seconds of two thousand years
	if n > most || n < -most {
		return sqlite.Value{}, fmt.Errorf("DATEADD: %d is too much", n)
	}
	months := int64(0)
	switch a[0].Text() {
	case "year":
		months = 12 * n
	case "quarter":
		months = 3 * n
	case "month":
		months = n
	case "week":
		t = t.AddDate(0, 0, int(min(max(7*n, -1<<30), 1<<30)))
	case "day":
		t = t.AddDate(0, 0, int(min(max(n, -1<<30), 1<<30)))
	case "hour":
		t, whole = time.Unix(t.Unix()+3600*n, 0).UTC(), false
	case "minute":
		t, whole = time.Unix(t.Unix()+60*n, 0).UTC(), false
	case "second":
		t, whole = time.Unix(t.Unix()+n, 0).UTC(), false
	}
	if months != 0 {
		months = min(max(months, -1<<30), 1<<30)
		day := t.Day()
		first := t.AddDate(0, int(months), 1-day)
		last := first.AddDate(0, 1, -1).Day()
		t = first.AddDate(0, 0, min(day, last)-1)
	}
	if t.Year() < 1 || t.Year() > 9999 {
		return sqlite.Value{}, errors.New("DATEADD: the date leaves the years 1 to 9999")
	}
	return momentValue(t, whole), nil
}

// datediff is DATEDIFF: how many boundaries of the unit lie between the two.
// From 23:59 to 00:01 is one day, from 31 December to 1 January one year; a
// week begins on Sunday.
func datediff(a []sqlite.Value) (sqlite.Value, error) {
	from, _, err := moment("DATEDIFF", a[1])
	if err != nil {
		return sqlite.Value{}, err
	}
	to, _, err := moment("DATEDIFF", a[2])
	if err != nil {
		return sqlite.Value{}, err
	}
	count := func(t time.Time) int64 {
		const day = 86400
		switch a[0].Text() {
		case "year":
			return int64(t.Year())
		case "quarter":
			return int64(t.Year())*4 + int64(t.Month()-1)/3
		case "month":
			return int64(t.Year())*12 + int64(t.Month())
		case "week": // 1970 began on a Thursday
			return floor(t.Unix()+4*day, 7*day)
		case "day":
			return floor(t.Unix(), day)
		case "hour":
			return floor(t.Unix(), 3600)
		case "minute":
			return floor(t.Unix(), 60)
		}
		return t.Unix()
	}
	return sqlite.IntegerValue(count(to) - count(from)), nil
}

// floor divides and rounds down.
func floor(n, by int64) int64 {
	q := n / by
	if n%by < 0 {
		q--
	}
	return q
}
