package runtime

import (
	"fmt"
	"time"
)

// ParseDate reads a date or an instant in an ISO form: 2026-01-02 is a Date;
// 2026-01-02T03:04:05, with a fraction, with Z or an offset such as +02:00, and
// with a blank for the T, is a DateTime, in UTC where no offset is given. Any
// other form is an error that asks for a format: 01/02/2026 is January in one
// country and February in another.
func ParseDate(s string) (Value, error) { return parseDateIn(s, time.UTC) }

func parseDateIn(s string, loc *time.Location) (Value, error) {
	t := trimBlanks(s)
	v, ok, bad := scanISO(t, loc)
	switch {
	case ok:
		return v, nil
	case bad != "":
		return Value{}, fmt.Errorf("%q is no date: %s", clip(s), bad)
	case len(t) >= 8 && (t[1] == '/' || t[2] == '/' || t[1] == '.' || t[2] == '.'):
		return Value{}, fmt.Errorf("%q could be read in more than one way: say how, with a format such as CDate(…, \"dd/MM/yyyy\")", clip(s))
	}
	return Value{}, fmt.Errorf("%q is no date in an ISO form (2026-01-31 or 2026-01-31T13:00:00Z): for another form give a format, such as CDate(…, \"dd/MM/yyyy\")", clip(s))
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

// isoDate is ParseDate for a value that may well be no date.
func isoDate(s string) (Value, bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return Value{}, false
	}
	v, ok, _ := scanISO(s, time.UTC)
	return v, ok
}

// scanISO reads an ISO form. bad is what is wrong with a text that has the
// form but names no day or time that exists.
func scanISO(s string, loc *time.Location) (v Value, ok bool, bad string) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return v, false, ""
	}
	y, ok1 := number(s[0:4])
	m, ok2 := number(s[5:7])
	d, ok3 := number(s[8:10])
	if !ok1 || !ok2 || !ok3 {
		return v, false, ""
	}
	if bad = badDay(y, m, d); bad != "" {
		return v, false, bad
	}
	if len(s) == 10 {
		return Date(time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)), true, ""
	}
	if s[10] != 'T' && s[10] != 't' && s[10] != ' ' || len(s) < 16 || s[13] != ':' {
		return v, false, ""
	}
	h, ok1 := number(s[11:13])
	n, ok2 := number(s[14:16])
	if !ok1 || !ok2 {
		return v, false, ""
	}
	sec, nanos, rest := 0, 0, s[16:]
	if len(rest) >= 3 && rest[0] == ':' {
		if sec, ok1 = number(rest[1:3]); !ok1 {
			return v, false, ""
		}
		rest = rest[3:]
		if len(rest) > 1 && (rest[0] == '.' || rest[0] == ',') {
			k, unit := 1, 100_000_000
			for ; k < len(rest) && rest[k]-'0' <= 9; k++ {
				nanos += int(rest[k]-'0') * unit
				unit /= 10
			}
			if k == 1 {
				return v, false, ""
			}
			rest = rest[k:]
		}
	}
	if bad = badTime(h, n, sec); bad != "" {
		return v, false, bad
	}
	if rest != "" {
		offset, ok := scanOffset(rest)
		if !ok {
			return v, false, ""
		}
		return DateTime(time.Date(y, time.Month(m), d, h, n, sec-offset, nanos, time.UTC)), true, ""
	}
	return DateTime(time.Date(y, time.Month(m), d, h, n, sec, nanos, loc)), true, ""
}

// scanOffset reads Z, +02, +0200 or +02:00, in seconds east of UTC.
func scanOffset(s string) (int, bool) {
	if s == "Z" || s == "z" {
		return 0, true
	}
	if len(s) < 3 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h, ok := number(s[1:3])
	m := 0
	switch {
	case !ok || h > 14:
		return 0, false
	case len(s) == 3:
	case len(s) == 5:
		m, ok = number(s[3:5])
	case len(s) == 6 && s[3] == ':':
		m, ok = number(s[4:6])
	default:
		return 0, false
	}
	if !ok || m > 59 {
		return 0, false
	}
	n := h*3600 + m*60
	if s[0] == '-' {
		n = -n
	}
	return n, true
}

func number(s string) (n int, ok bool) {
	for i := 0; i < len(s); i++ {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int(c)
	}
	return n, s != ""
}

func badDay(y, m, d int) string {
	switch {
	case y < 1:
		return "there is no year 0"
	case m < 1 || m > 12:
		return fmt.Sprintf("there is no month %d", m)
	case d < 1 || d > time.Date(y, time.Month(m)+1, 0, 0, 0, 0, 0, time.UTC).Day():
		return fmt.Sprintf("%s %d has no day %d", time.Month(m), y, d)
	}
	return ""
}

func badTime(h, m, s int) string {
	switch {
	case h > 23:
		return fmt.Sprintf("there is no hour %d", h)
	case m > 59:
		return fmt.Sprintf("there is no minute %d", m)
	case s > 59:
		return fmt.Sprintf("there is no second %d", s)
	}
	return ""
}
