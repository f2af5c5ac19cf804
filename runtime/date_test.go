package runtime

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseDate(t *testing.T) {
	for _, c := range []struct{ in, want, err string }{
		{"2026-01-02", "2026-01-02", ""},
		{" 2026-01-02 ", "2026-01-02", ""},
		{"2024-02-29", "2024-02-29", ""},
		{"2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05Z", ""},
		{"2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z", ""},
		{"2026-01-02T03:04:05", "2026-01-02T03:04:05Z", ""},
		{"2026-01-02 03:04:05", "2026-01-02T03:04:05Z", ""},
		{"2026-01-02T03:04", "2026-01-02T03:04:00Z", ""},
		{"2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05Z", ""},
		{"2026-01-02T03:04:05-0530", "2026-01-02T08:34:05Z", ""},
		{"2026-01-01T00:00:00+14", "2025-12-31T10:00:00Z", ""},
		{"2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05Z", ""},
		{"01/02/2026", "", "more than one way"},
		{"1/2/2026", "", "more than one way"},
		{"01.02.2026", "", "more than one way"},
		{"2026-02-30", "", "February 2026 has no day 30"},
		{"2026-02-30T10:00:00Z", "", "February 2026 has no day 30"},
		{"2026-13-01", "", "no month 13"},
		{"2026-00-01", "", "no month 0"},
		{"0000-01-01", "", "no year 0"},
		{"2026-01-02T24:00:00Z", "", "no hour 24"},
		{"2026-01-02T23:60:00Z", "", "no minute 60"},
		{"2026-01-02T23:59:60Z", "", "no second 60"},
		{"2026-01-02T03:04:05+25:00", "", "ISO form"},
		{"2026-01-02T", "", "ISO form"},
		{"2026-01-02T03", "", "ISO form"},
		{"2026-01-02T03:04:05.", "", "ISO form"},
		{"2026-01-02T03:04:05Zjunk", "", "ISO form"},
		{"2026-1-2", "", "ISO form"},
		{"20260102", "", "ISO form"},
		{"tomorrow", "", "ISO form"},
		{"", "", "ISO form"},
	} {
		v, err := ParseDate(c.in)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q: %#v %v, want %q", c.in, v, err, c.err)
			}
			continue
		}
		if err != nil || v.Text() != c.want {
			t.Errorf("%q is %#v (%v), want %s", c.in, v, err, c.want)
		}
	}
}

func TestDateFormats(t *testing.T) {
	berlin, err := ParseZone("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones on this machine: ", err)
	}
	for _, c := range []struct {
		format, text string
		zone         *time.Location
		want         string // as text; error: …
		again        string // formatted again; empty: text
	}{
		{"dd/MM/yyyy", "01/02/2026", time.UTC, "2026-02-01", ""},
		{"MM/dd/yyyy", "01/02/2026", time.UTC, "2026-01-02", ""},
		{"d.M.yyyy", "1.2.2026", time.UTC, "2026-02-01", ""},
		{"d.M.yyyy", "11.12.2026", time.UTC, "2026-12-11", ""},
		{"yyyyMMdd", "20260102", time.UTC, "2026-01-02", ""},
		{"yyMMdd", "490102", time.UTC, "2049-01-02", ""},
		{"yyMMdd", "500102", time.UTC, "1950-01-02", ""},
		{"dd MMM yyyy", "02 jan 2026", time.UTC, "2026-01-02", "02 Jan 2026"},
		{"dddd, d MMMM yyyy", "Friday, 2 January 2026", time.UTC, "2026-01-02", ""},
		{"yyyy-MM-dd HH:mm:ss", "2026-01-02 03:04:05", time.UTC, "2026-01-02T03:04:05Z", ""},
		{"yyyy-MM-dd HH:mm:ss", "2026-01-02 03:04:05", berlin, "2026-01-02T02:04:05Z", ""},
		{"yyyy-MM-dd HH:mm:ss", "2026-07-02 03:04:05", berlin, "2026-07-02T01:04:05Z", ""},
		{"yyyy-MM-dd HH:mm:ss", "", time.UTC, "", ""},
		{"yyyy-MM-ddTHH:mm:ss.fffZ", "2026-01-02T03:04:05.678Z", time.UTC, "2026-01-02T03:04:05Z", ""},
		{"yyyy-MM-ddTHH:mm:ssK", "2026-01-02T03:04:05+02:00", time.UTC, "2026-01-02T01:04:05Z", "2026-01-02T01:04:05Z"},
		{"yyyy-MM-dd HH:mm zzz", "2026-07-02 03:04 -05:30", berlin, "2026-07-02T08:34:00Z", "2026-07-02 10:34 +02:00"},
		{"M/d/yyyy h:mm tt", "1/2/2026 12:05 am", time.UTC, "2026-01-02T00:05:00Z", "1/2/2026 12:05 AM"},
		{"M/d/yyyy h:mm tt", "1/2/2026 1:05 PM", time.UTC, "2026-01-02T13:05:00Z", ""},
		{"'day 'd' of 'M yyyy", "day 3 of 4 2026", time.UTC, "2026-04-03", ""},
		{`yyyy\y MM`, "2026y 03", time.UTC, "2026-03-01", ""},
		{"dd/MM/yyyy", "31/02/2026", time.UTC, "error: February 2026 has no day 31", ""},
		{"dd/MM/yyyy", "01-02-2026", time.UTC, `error: "/" is expected before "-02-2026"`, ""},
		{"dd/MM/yyyy", "1/2/2026", time.UTC, "error: the day in 2 digits is expected", ""},
		{"dd/MM/yyyy", "01/02/2026 10:00", time.UTC, "error: \" 10:00\" is left over", ""},
		{"dd MMM yyyy", "02 Mär 2026", time.UTC, "error: no month in English", ""},
		{"dddd yyyy-MM-dd", "Monday 2026-01-02", time.UTC, "error: the day is a Friday", ""},
		{"h:mm tt", "1:00 PM", time.UTC, "error: the format has no year", ""},
		{"yyyy-mm-dd", "", time.UTC, "error: mm is minutes; months are MM", ""},
		{"YYYY-MM-DD", "", time.UTC, "error: write yyyy for YYYY", ""},
		{"yyyy-MM-DD", "", time.UTC, "error: write dd for DD", ""},
		{"yyyy-MM-dd hh:mm", "", time.UTC, "error: the hour from 0 to 23 is HH", ""},
		{"yyyyy", "", time.UTC, "error: there is no yyyyy; write yyyy", ""},
		{"yyyy 'open", "", time.UTC, "error: a quote is not closed", ""},
		{"yyyy at", "", time.UTC, "error: a is no part of a date", ""},
		{"", "", time.UTC, "error: the date format is empty", ""},
	} {
		f, err := NewDateFormat(c.format)
		var v Value
		if err == nil {
			v, err = f.Parse(c.text, c.zone)
		}
		if part, ok := strings.CutPrefix(c.want, "error: "); ok {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s of %q: %#v %v, want %q", c.format, c.text, v, err, part)
			}
			continue
		}
		if err != nil || v.Text() != c.want {
			t.Errorf("%s of %q is %#v (%v), want %s", c.format, c.text, v, err, c.want)
			continue
		}
		again := c.again
		if again == "" {
			again = c.text
		}
		if v.IsNull() {
			continue
		}
		if s := f.Format(v, c.zone); s != again {
			t.Errorf("%s of %#v is %q, want %q", c.format, v, s, again)
		}
	}
}

// A Date is the same day wherever it is shown.
func TestDateHasNoZone(t *testing.T) {
	f, err := NewDateFormat("yyyy-MM-dd HH:mm")
	if err != nil {
		t.Fatal(err)
	}
	d, err := ParseDate("2026-01-02")
	if err != nil {
		t.Fatal(err)
	}
	if s := f.Format(d, time.FixedZone("", -10*3600)); s != "2026-01-02 00:00" {
		t.Error(s)
	}
}

func TestISODatesAgreeWithGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "at"), rapid.Int64Range(0, 999).Draw(t, "ms")*1e6).In(time.FixedZone("", rapid.IntRange(-14*60, 14*60).Draw(t, "zone")*60))
		if y := at.Year(); y < 1 || y > 9999 {
			return
		}
		s := at.Format("2006-01-02T15:04:05.000Z07:00")
		v, err := ParseDate(s)
		if err != nil || !v.Time().Equal(at) {
			t.Fatalf("%s is %v (%v)", s, v, err)
		}
		w, err := ParseDate(v.Text())
		if err != nil || !w.Time().Equal(at.Truncate(time.Second)) {
			t.Fatalf("%s is %v (%v)", v.Text(), w, err)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-01-02T03:04:05.000Z", "01/02/2026", "2026-01-02", "2 jan 2026 3:04 PM"} {
		f.Add(s, "dd MMM yyyy h:mm tt")
		f.Add(s, "yyyy-MM-ddTHH:mm:ss.fffK")
	}
	f.Fuzz(func(t *testing.T, s, format string) {
		if v, err := ParseDate(s); err == nil {
			if w, err := ParseDate(v.Text()); err != nil || w.Text() != v.Text() {
				t.Fatalf("%q is %#v, and its text %#v (%v)", s, v, w, err)
			}
		}
		if df, err := NewDateFormat(format); err == nil {
			if v, err := df.Parse(s, time.UTC); err == nil && !v.IsNull() {
				df.Format(v, time.UTC)
			}
		}
	})
}

func TestParseZone(t *testing.T) {
	for _, s := range []string{"UTC", "utc", "Z", "+02:00", "-0530"} {
		if _, err := ParseZone(s); err != nil {
			t.Error(err)
		}
	}
	for _, s := range []string{"", "Local", "CEST5", "../etc/passwd", "+25:00"} {
		if _, err := ParseZone(s); err == nil || !strings.Contains(err.Error(), "Europe/London") {
			t.Errorf("%q: %v", s, err)
		}
	}
}
