package runtime

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A DateFormat is a compiled format of dates such as yyyy-MM-dd HH:mm:ss:
//
//	yyyy yy        year                    HH H  hour 0–23     hh h  hour 1–12
//	MMMM MMM MM M  month (English names)   mm m  minute        ss s  second
//	dddd ddd       weekday                 f…    that many digits of the second
//	dd d           day                     tt t  AM or PM
//	K              Z or the offset         zzz zz z  offset +02:00 +02 +2
//	'text' \x      as it is
//
// Other letters are an error; other characters stand for themselves. It is
// immutable and safe for concurrent use.
type DateFormat struct {
	text  string
	parts []datePart
	has   [256]bool // letters of fields in it
}

type datePart struct {
	letter byte // of the field; 0: literal
	n      int
	text   string
}

// monthsOfYear and daysOfWeek are English, whatever the machine's language is:
// a format must read the same file on every machine.
var monthsOfYear = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
var daysOfWeek = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}

// NewDateFormat compiles a format. The error of one that cannot be meant, such
// as yyyy-mm-dd (mm is minutes), says what to write.
func NewDateFormat(format string) (*DateFormat, error) {
	f := &DateFormat{text: format}
	if format == "" {
		return nil, fmt.Errorf("the date format is empty: write one such as \"yyyy-MM-dd\"")
	}
	for i := 0; i < len(format); {
		c := format[i]
		switch {
		case c == '\'':
			end := strings.IndexByte(format[i+1:], '\'')
			if end < 0 {
				return nil, fmt.Errorf("date format %q: a quote is not closed", format)
			}
			f.literal(format[i+1 : i+1+end])
			i += end + 2
		case c == '\\':
			if i+1 == len(format) {
				return nil, fmt.Errorf("date format %q: nothing follows the backslash", format)
			}
			n := runeLen(format[i+1:])
			f.literal(format[i+1 : i+1+n])
			i += 1 + n
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			n := 1
			for i+n < len(format) && format[i+n] == c {
				n++
			}
			if c == 'T' && n == 1 || c == 'Z' && n == 1 {
				f.literal(string(c)) // as in yyyy-MM-ddTHH:mm:ssZ
				i++
				continue
			}
			if err := badField(format, c, n); err != nil {
				return nil, err
			}
			f.parts = append(f.parts, datePart{letter: c, n: n})
			f.has[c] = true
			i += n
		default:
			n := runeLen(format[i:])
			f.literal(format[i : i+n])
			i += n
		}
	}
	switch {
	case f.has['m'] && !f.has['H'] && !f.has['h'] && !f.has['s']:
		return nil, fmt.Errorf("date format %q: mm is minutes; months are MM", format)
	case f.has['h'] && !f.has['t']:
		return nil, fmt.Errorf("date format %q: hh is the hour from 1 to 12 and wants tt for AM or PM; the hour from 0 to 23 is HH", format)
	}
	return f, nil
}

func (f *DateFormat) literal(s string) {
	if k := len(f.parts) - 1; k >= 0 && f.parts[k].letter == 0 {
		f.parts[k].text += s
		return
	}
	f.parts = append(f.parts, datePart{text: s})
}

func badField(format string, c byte, n int) error {
	longest := map[byte]int{'y': 4, 'M': 4, 'd': 4, 'H': 2, 'h': 2, 'm': 2, 's': 2, 'f': 9, 't': 2, 'z': 3, 'K': 1}[c]
	run := strings.Repeat(string(c), n)
	switch {
	case longest == 0 && (c == 'Y' || c == 'D' || c == 'S'):
		return fmt.Errorf("date format %q: write %s for %s (years yyyy, months MM, days dd, hours HH, minutes mm, seconds ss)", format, strings.ToLower(run), run)
	case longest == 0:
		return fmt.Errorf("date format %q: %s is no part of a date; text goes in single quotes", format, run)
	case n > longest, c == 'y' && n != 2 && n != 4:
		return fmt.Errorf("date format %q: there is no %s; write %s", format, run, strings.Repeat(string(c), longest))
	}
	return nil
}

// Format writes a Date or DateTime; an instant is shown as it is in loc.
func (f *DateFormat) Format(v Value, loc *time.Location) string {
	t := v.Time()
	if v.kind == KindDateTime {
		t = t.In(loc)
	}
	var b []byte
	for _, p := range f.parts {
		switch p.letter {
		case 0:
			b = append(b, p.text...)
		case 'y':
			if p.n == 2 {
				b = appendPadded(b, t.Year()%100, 2)
			} else {
				b = appendPadded(b, t.Year(), 4)
			}
		case 'M':
			b = appendNamed(b, monthsOfYear[t.Month()-1], int(t.Month()), p.n)
		case 'd':
			if p.n > 2 {
				b = appendNamed(b, daysOfWeek[t.Weekday()], 0, p.n)
			} else {
				b = appendPadded(b, t.Day(), p.n)
			}
		case 'H':
			b = appendPadded(b, t.Hour(), p.n)
		case 'h':
			b = appendPadded(b, (t.Hour()+11)%12+1, p.n)
		case 'm':
			b = appendPadded(b, t.Minute(), p.n)
		case 's':
			b = appendPadded(b, t.Second(), p.n)
		case 'f':
			b = append(b, fmt.Sprintf("%09d", t.Nanosecond())[:p.n]...)
		case 't':
			b = append(b, t.Format("PM")[:p.n]...)
		case 'z':
			b = t.AppendFormat(b, [...]string{"", "-07", "-07", "-07:00"}[p.n])
		case 'K':
			b = t.AppendFormat(b, "Z07:00")
		}
	}
	return string(b)
}

func appendPadded(b []byte, n, width int) []byte {
	s := strconv.Itoa(n)
	for range width - len(s) {
		b = append(b, '0')
	}
	return append(b, s...)
}

func appendNamed(b []byte, name string, n, width int) []byte {
	switch width {
	case 4:
		return append(b, name...)
	case 3:
		return append(b, name[:3]...)
	}
	return appendPadded(b, n, width)
}

// Parse reads a text: a DateTime when the format has an hour, else a Date. A
// time without offset is one of loc. Blanks around the text are ignored;
// empty text is Null.
func (f *DateFormat) Parse(s string, loc *time.Location) (Value, error) {
	t := trimBlanks(s)
	if t == "" {
		return Value{}, nil
	}
	d := dateFields{year: -1, month: 1, day: 1, zone: loc}
	rest := t
	for i, p := range f.parts {
		next, bad := d.read(p, rest, i+1 < len(f.parts))
		if bad != "" {
			return Value{}, fmt.Errorf("%q is no date of the form %s: %s", clip(s), f.text, bad)
		}
		rest = next
	}
	if rest != "" {
		return Value{}, fmt.Errorf("%q is no date of the form %s: %q is left over", clip(s), f.text, clip(rest))
	}
	v, bad := d.value(f)
	if bad != "" {
		return Value{}, fmt.Errorf("%q is no date: %s", clip(s), bad)
	}
	return v, nil
}

// dateFields are what Parse has read.
type dateFields struct {
	year, month, day     int
	hour, min, sec, nano int
	half                 byte // A or P
	weekday              string
	zone                 *time.Location
}

// read takes one part from s. bad is what is wrong.
func (d *dateFields) read(p datePart, s string, more bool) (rest, bad string) {
	switch {
	case p.letter == 0:
		rest, ok := strings.CutPrefix(s, p.text)
		if !ok {
			return "", fmt.Sprintf("%q is expected before %q", p.text, clip(s))
		}
		return rest, ""
	case p.letter == 'M' && p.n > 2:
		name, rest := letters(s)
		for i, m := range monthsOfYear {
			if p.n == 3 {
				m = m[:3]
			}
			if strings.EqualFold(name, m) {
				d.month = i + 1
				return rest, ""
			}
		}
		return "", fmt.Sprintf("%q is no month in English", name)
	case p.letter == 'd' && p.n > 2:
		d.weekday, rest = letters(s)
		for _, w := range daysOfWeek {
			if strings.EqualFold(d.weekday, w) || strings.EqualFold(d.weekday, w[:3]) {
				return rest, ""
			}
		}
		return "", fmt.Sprintf("%q is no weekday in English", d.weekday)
	case p.letter == 't':
		if len(s) < p.n || !strings.EqualFold(s[:p.n], "AM"[:p.n]) && !strings.EqualFold(s[:p.n], "PM"[:p.n]) {
			return "", fmt.Sprintf("AM or PM is expected before %q", clip(s))
		}
		d.half = s[0] &^ 0x20
		return s[p.n:], ""
	case p.letter == 'z' || p.letter == 'K':
		return d.readOffset(s)
	}
	return d.readNumber(p, s)
}

func (d *dateFields) readNumber(p datePart, s string) (rest, bad string) {
	most := max(p.n, 2)
	if p.letter == 'f' {
		most = p.n
	}
	n := 0
	for n < len(s) && n < most && s[n]-'0' <= 9 {
		n++
	}
	// One letter takes one or two digits; more letters take as many as they are.
	if n == 0 || n < p.n {
		return "", fmt.Sprintf("%s is expected before %q", fieldName(p), clip(s))
	}
	x, _ := strconv.Atoi(s[:n])
	switch p.letter {
	case 'y':
		if d.year = x; p.n == 2 {
			// As .NET and Excel: 00–49 is this century.
			d.year += 1900
			if x < 50 {
				d.year += 100
			}
		}
	case 'M':
		d.month = x
	case 'd':
		d.day = x
	case 'H', 'h':
		d.hour = x
		if p.letter == 'h' && (x < 1 || x > 12) {
			return "", fmt.Sprintf("there is no hour %d from 1 to 12", x)
		}
	case 'm':
		d.min = x
	case 's':
		d.sec = x
	case 'f':
		d.nano = x
		for range 9 - n {
			d.nano *= 10
		}
	}
	return s[n:], ""
}

func (d *dateFields) readOffset(s string) (rest, bad string) {
	n := 0
	for n < len(s) && (s[n] == 'Z' || s[n] == 'z' || s[n] == '+' || s[n] == '-' || s[n] == ':' || s[n]-'0' <= 9) {
		n++
	}
	t := s[:n]
	if n == 2 && t[0] != 'Z' { // +2
		t = t[:1] + "0" + t[1:]
	}
	off, ok := scanOffset(t)
	if !ok {
		return "", fmt.Sprintf("Z or an offset such as +02:00 is expected before %q", clip(s))
	}
	d.zone = time.FixedZone("", off)
	return s[n:], ""
}

func (d *dateFields) value(f *DateFormat) (v Value, bad string) {
	if d.year < 0 {
		return v, "the format has no year"
	}
	if d.half != 0 {
		d.hour %= 12
		if d.half == 'P' {
			d.hour += 12
		}
	}
	if bad = badDay(d.year, d.month, d.day); bad == "" {
		bad = badTime(d.hour, d.min, d.sec)
	}
	if bad != "" {
		return v, bad
	}
	t := time.Date(d.year, time.Month(d.month), d.day, d.hour, d.min, d.sec, d.nano, d.zone)
	if w := time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC).Weekday().String(); d.weekday != "" && !strings.EqualFold(d.weekday[:3], w[:3]) {
		return v, "the day is a " + w
	}
	if f.has['H'] || f.has['h'] {
		return DateTime(t), ""
	}
	return Date(t), ""
}

func letters(s string) (word, rest string) {
	n := 0
	for n < len(s) && s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z' {
		n++
	}
	return s[:n], s[n:]
}

func fieldName(p datePart) string {
	name := map[byte]string{'y': "the year", 'M': "the month", 'd': "the day", 'H': "the hour", 'h': "the hour", 'm': "the minute", 's': "the second", 'f': "a fraction of the second"}[p.letter]
	if p.n > 1 {
		return fmt.Sprintf("%s in %d digits", name, p.n)
	}
	return name
}

// ParseZone returns a time zone by its name (Europe/London), UTC, or an offset
// (+02:00).
func ParseZone(name string) (*time.Location, error) {
	name = trimBlanks(name)
	if strings.EqualFold(name, "UTC") || name == "Z" {
		return time.UTC, nil
	}
	if off, ok := scanOffset(name); ok {
		return time.FixedZone(name, off), nil
	}
	if name != "" && !strings.EqualFold(name, "Local") {
		if loc, err := time.LoadLocation(name); err == nil {
			return loc, nil
		}
	}
	return nil, fmt.Errorf("there is no time zone %q: write a name such as Europe/London, UTC, or an offset such as +02:00", name)
}

// ParseDateIn is ParseDate with the zone of times that have no offset.
func ParseDateIn(s string, loc *time.Location) (Value, error) {
	if trimBlanks(s) == "" {
		return Value{}, nil
	}
	return parseDateIn(s, loc)
}
