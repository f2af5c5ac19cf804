package builtins

import (
	"strings"
	"time"

	"github.com/amsx-lang/amsx/runtime"
)

func dateFunctions() []*runtime.Command {
	date := required("date", runtime.DateParam, "the date")
	unit := as(required("unit", runtime.TextParam, `"year", "month", "week", "day", "hour", "minute" or "second"`), unitOf)
	zone := as(optional("zone", runtime.TextParam, `the time zone, such as "Europe/London"; without it UTC`), runtime.ParseZone)
	return []*runtime.Command{
		{
			Name: "Today", Group: "Dates", Summary: "Gives the day of the run.", Result: "a Date", Function: true,
			Examples: []runtime.Example{shows(`Today()`, "2026-03-01")},
			Run:      func(c *runtime.Call) (runtime.Value, error) { return runtime.Date(c.Host().Now()), nil },
		},
		{
			Name: "Now", Group: "Dates", Summary: "Gives the time of the run.", Result: "a DateTime", Function: true,
			Examples: []runtime.Example{shows(`Now()`, "2026-03-01T10:00:00Z")},
			Run:      func(c *runtime.Call) (runtime.Value, error) { return runtime.DateTime(c.Host().Now()), nil },
		},
		{
			Name: "CDate", Group: "Dates", Summary: "Reads a text as a date.",
			Doc:    "Without a format only ISO forms are read, such as `2026-01-31` and `2026-01-31T13:00:00.000Z`: `01/02/2026` is January in one country and February in another.",
			Result: "a Date, or a DateTime when the text has a time; Null for Null and empty text", Function: true, Provenance: runtime.Documented,
			Params: []runtime.Param{required("text", runtime.AnyParam, "the text"),
				as(optional("format", runtime.TextParam, `how it is written, such as "dd/MM/yyyy HH:mm"`), runtime.NewDateFormat), zone},
			Errors:   []string{"the text is not written in that way, or names no day that exists"},
			Examples: []runtime.Example{shows(`CDate("31/01/2026", "dd/MM/yyyy")`, "2026-01-31"), shows(`CDate("2026-07-01 09:30", "yyyy-MM-dd HH:mm", "Europe/Berlin")`, "2026-07-01T07:30:00Z")},
			Run:      func(c *runtime.Call) (runtime.Value, error) { return toDate(c) },
		},
		{
			Name: "CDateUS", Group: "Dates", Summary: "Reads a text in the American form, the month first.",
			Result: "a Date; Null for Null and empty text", Function: true, Provenance: runtime.Documented,
			Params:   []runtime.Param{required("text", runtime.AnyParam, "the text, such as 1/31/2026")},
			Errors:   []string{"the text is not written in that way, or names no day that exists"},
			Examples: []runtime.Example{shows(`CDateUS("1/31/2026")`, "2026-01-31")},
			Run:      func(c *runtime.Call) (runtime.Value, error) { return toDateUS(c) },
		},
		{
			Name: "FormatDate", Group: "Dates", Summary: "Writes a date in a form of your own.", Result: "a text; Null for Null", Function: true,
			Params: []runtime.Param{date,
				as(required("format", runtime.TextParam, "made of yyyy yy MMMM MMM MM M dddd ddd dd d HH H hh h mm m ss s fff tt zzz K; text of its own in single quotes"), runtime.NewDateFormat), zone},
			Errors:   []string{"the format or the time zone is not known"},
			Examples: []runtime.Example{shows(`FormatDate("2026-01-31", "dddd, d MMMM yyyy")`, "Saturday, 31 January 2026"), shows(`FormatDate("2026-07-01T12:00:00Z", "HH:mm", "America/New_York")`, "08:00")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				f, loc, err := dateFormat(c)
				if err != nil || c.Arg(0).IsNull() {
					return runtime.Null(), err
				}
				d, err := runtime.ToDate(c.Arg(0))
				return runtime.Text(f.Format(d, loc)), err
			},
		},
		{
			Name: "DateAdd", Group: "Dates", Summary: "Gives the date that lies some time after another, or before it.",
			Doc:    "A month after 31 January is the last day of February.",
			Result: "a Date, or a DateTime when one is given or hours, minutes or seconds are added; Null for Null", Function: true,
			Params:   []runtime.Param{unit, required("count", runtime.NumberParam, "how many; negative: before"), date},
			Errors:   []string{"the unit is not known"},
			Examples: []runtime.Example{shows(`DateAdd("month", 1, "2026-01-31")`, "2026-02-28"), shows(`DateAdd("day", -30, Today())`, "2026-01-30")},
			Run:      dateAdd,
		},
		{
			Name: "DateDiff", Group: "Dates", Summary: "Counts the time from one date to another.",
			Doc:    "Years, months and days count the turns of the calendar between the two (in UTC); weeks are seven days; hours, minutes and seconds are whole ones that have passed.",
			Result: "a Number, negative when the second date is the earlier; Null when one is Null", Function: true,
			Params:   []runtime.Param{unit, required("from", runtime.DateParam, "the first date"), required("to", runtime.DateParam, "the second date")},
			Errors:   []string{"the unit is not known"},
			Examples: []runtime.Example{shows(`DateDiff("day", "2026-02-27", "2026-03-01")`, "2"), shows(`DateDiff("month", "2026-01-31", "2026-02-01")`, "1")},
			Run:      dateDiff,
		},
		{
			Name: "Weekday", Group: "Dates", Summary: "Gives the day of the week, Monday being 1.", Result: "a Number from 1 to 7; Null for Null", Function: true,
			Params: []runtime.Param{date}, Examples: []runtime.Example{shows(`Weekday("2026-03-01")`, "7")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				t, d, err := instant(c, 0)
				if err != nil || d.IsNull() {
					return runtime.Null(), err
				}
				return runtime.Int(int64((t.Weekday()+6)%7) + 1), nil
			},
		},
		{
			Name: "IsDate", Group: "Dates", Summary: "Tells whether a value is a date, or text that is one.", Result: "a Boolean; False for Null", Function: true,
			Params:   []runtime.Param{required("value", runtime.AnyParam, "the value"), as(optional("format", runtime.TextParam, "how it is written; without it an ISO form"), runtime.NewDateFormat)},
			Examples: []runtime.Example{shows(`IsDate("2026-02-30")`, "False"), shows(`IsDate("30.01.2026", "dd.MM.yyyy")`, "True")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				if c.Text(1) != "" {
					if _, _, err := dateFormat(c); err != nil {
						return runtime.Null(), err
					}
				}
				d, err := toDate(c)
				return runtime.Bool(err == nil && !d.IsNull()), nil
			},
		},
	}
}

// dateFormat is the format of argument 1, nil without one, and the time zone of
// argument 2.
func dateFormat(c *runtime.Call) (*runtime.DateFormat, *time.Location, error) {
	f, err := runtime.Prepared[*runtime.DateFormat](c, 1)
	if err != nil {
		return nil, nil, err
	}
	loc, err := runtime.Prepared[*time.Location](c, 2)
	if loc == nil {
		loc = time.UTC
	}
	return f, loc, err
}

// toDate reads argument 0 in the format of argument 1; without one in an ISO
// form.
func toDate(c *runtime.Call) (runtime.Value, error) {
	v := c.Arg(0)
	if v.Kind() != runtime.KindText {
		return runtime.ToDate(v)
	}
	f, loc, err := dateFormat(c)
	switch {
	case err != nil:
		return runtime.Null(), err
	case f == nil:
		return runtime.ParseDateIn(v.Text(), loc)
	case strings.TrimSpace(v.Text()) == "":
		return runtime.Null(), nil
	}
	return f.Parse(v.Text(), loc)
}

func toDateUS(c *runtime.Call) (runtime.Value, error) {
	v := c.Arg(0)
	if v.Kind() != runtime.KindText || strings.TrimSpace(v.Text()) == "" {
		return runtime.ToDate(v)
	}
	f, err := runtime.NewDateFormat("M/d/yyyy")
	if err != nil {
		return runtime.Null(), err
	}
	return f.Parse(v.Text(), time.UTC)
}

// instant returns argument i as a date and as the instant that it is.
func instant(c *runtime.Call, i int) (time.Time, runtime.Value, error) {
	d, err := runtime.ToDate(c.Arg(i))
	if err != nil || d.IsNull() {
		return time.Time{}, runtime.Null(), err
	}
	return d.Time(), d, nil
}

// unitOf reads the name of a unit of time.
func unitOf(s string) (string, error) {
	u := strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), "s")
	switch u {
	case "year", "month", "week", "day", "hour", "minute", "second":
		return u, nil
	}
	return "", failf(`write "year", "month", "week", "day", "hour", "minute" or "second"`, "%q is no unit of time", s)
}

// span is the length of a unit of the clock.
func span(unit string) time.Duration {
	switch unit {
	case "hour":
		return time.Hour
	case "minute":
		return time.Minute
	}
	return time.Second
}

func dateAdd(c *runtime.Call) (runtime.Value, error) {
	unit, err := runtime.Prepared[string](c, 0)
	if err != nil {
		return runtime.Null(), err
	}
	n, err := whole(c, 1, "count", 0)
	if err != nil {
		return runtime.Null(), err
	}
	t, d, err := instant(c, 2)
	if err != nil || d.IsNull() {
		return runtime.Null(), err
	}
	switch unit {
	case "year", "month":
		if unit == "year" {
			n *= 12
		}
		first := time.Date(t.Year(), t.Month()+time.Month(n), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
		last := first.AddDate(0, 1, -1).Day()
		t = first.AddDate(0, 0, min(t.Day(), last)-1)
	case "day", "week":
		if unit == "week" {
			n *= 7
		}
		t = t.AddDate(0, 0, n)
	default:
		t = time.Unix(t.Unix()+int64(n)*int64(span(unit)/time.Second), int64(t.Nanosecond())).UTC()
		return runtime.DateTime(t), within(t)
	}
	if d.Kind() == runtime.KindDate {
		return runtime.Date(t), within(t)
	}
	return runtime.DateTime(t), within(t)
}

// within refuses dates that no database takes.
func within(t time.Time) error {
	if t.Year() < 1 || t.Year() > 9999 {
		return failf("", "the date would be in the year %d; dates go from the year 1 to 9999", t.Year())
	}
	return nil
}

func dateDiff(c *runtime.Call) (runtime.Value, error) {
	unit, err := runtime.Prepared[string](c, 0)
	if err != nil {
		return runtime.Null(), err
	}
	from, d1, err := instant(c, 1)
	if err != nil {
		return runtime.Null(), err
	}
	to, d2, err := instant(c, 2)
	if err != nil || d1.IsNull() || d2.IsNull() {
		return runtime.Null(), err
	}
	months := (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month())
	day := func(t time.Time) int64 { return t.Unix() - int64(t.Hour()*3600+t.Minute()*60+t.Second()) }
	days := (day(to) - day(from)) / 86400
	switch unit {
	case "year":
		return runtime.Int(int64(to.Year() - from.Year())), nil
	case "month":
		return runtime.Int(int64(months)), nil
	case "day":
		return runtime.Int(days), nil
	case "week":
		return runtime.Int(days / 7), nil
	}
	return runtime.Int((to.Unix() - from.Unix()) / int64(span(unit)/time.Second)), nil
}
