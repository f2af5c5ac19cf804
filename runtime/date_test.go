package runtime

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

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
