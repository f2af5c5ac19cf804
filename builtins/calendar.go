package builtins

import (
	"fmt"
	"strings"
	"time"

	"github.com/amsx-lang/amsx/runtime"
)

// calendarFunctions are those that know more of dates than their distance:
// parts, working days, zones.
func calendarFunctions() []*runtime.Command {
	date := required("date", runtime.DateParam, "the date")
	return []*runtime.Command{
		{
			Name: "DatePart", Group: "Dates", Summary: "Gives one part of a date as a number.",
			Doc:    "`week` is the week of the ISO calendar, `weekday` counts from 1 for Monday, `dayofyear` from 1 for 1 January. The part is read in UTC; a zone reads it as the clocks there show it.",
			Result: "a Number; Null for Null", Function: true,
			Params: []runtime.Param{as(required("part", runtime.TextParam, `"year", "quarter", "month", "week", "day", "dayofyear", "weekday", "hour", "minute" or "second"`), partOf), date,
				as(optional("zone", runtime.TextParam, `the time zone, such as "Europe/London"; without it UTC`), runtime.ParseZone)},
			Errors:   []string{"the part is not known"},
			Examples: []runtime.Example{shows(`DatePart("quarter", "2026-03-01")`, "1"), shows(`DatePart("hour", "2026-07-01T23:30:00Z", "Europe/Berlin")`, "1")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				part, err := runtime.Prepared[datePart](c, 0)
				if err != nil {
					return runtime.Null(), err
				}
				t, d, err := instant(c, 1)
				if err != nil || d.IsNull() {
					return runtime.Null(), err
				}
				zone, err := runtime.Prepared[*time.Location](c, 2)
				if zone != nil && d.Kind() == runtime.KindDateTime {
					t = t.In(zone)
				}
				return runtime.Int(int64(part(t))), err
			},
		},
		{
			Name: "AddWorkdays", Group: "Dates", Summary: "Gives the day that lies some working days after another, or before it.",
			Doc:    "Working days are Monday to Friday, without the holidays that are given. No working day added to a Saturday is the Saturday.",
			Result: "a Date; Null for Null", Function: true,
			Params: []runtime.Param{date, required("count", runtime.NumberParam, "how many; negative: before"),
				optional("holidays", runtime.ListParam, "days that are not worked on")},
			Errors:   []string{"a holiday is no date"},
			Examples: []runtime.Example{shows(`AddWorkdays("2026-02-27", 1)`, "2026-03-02"), shows(`AddWorkdays("2026-04-02", 1, "2026-04-03, 2026-04-06")`, "2026-04-07")},
			Run:      addWorkdays,
		},
		{
			Name: "ToZone", Group: "Dates", Summary: "Writes an instant as the clocks of a time zone show it.",
			Doc:    "The text ends with the zone's distance from UTC, so that it still means the same instant; `FormatDate` with a zone writes it in a form of your own.",
			Result: "a text; Null for Null", Function: true,
			Params:   []runtime.Param{date, as(required("zone", runtime.TextParam, `the time zone, such as "Europe/London"`), runtime.ParseZone)},
			Errors:   []string{"the time zone is not known", "the date is a day without a time"},
			Examples: []runtime.Example{shows(`ToZone("2026-07-01T12:00:00Z", "Europe/Berlin")`, "2026-07-01T14:00:00+02:00")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				t, d, err := instant(c, 0)
				if err != nil || d.IsNull() {
					return runtime.Null(), err
				}
				zone, err := runtime.Prepared[*time.Location](c, 1)
				if err != nil {
					return runtime.Null(), err
				}
				if zone == nil {
					return runtime.Null(), failf(`write one such as "Europe/London"`, "ToZone wants a time zone")
				}
				if d.Kind() == runtime.KindDate {
					return runtime.Null(), failf("give a date with a time, such as %NOW%", "%s is a day, the same in every time zone", d.Text())
				}
				return runtime.Text(t.In(zone).Format(time.RFC3339)), nil
			},
		},
	}
}

// A datePart reads one part of a time.
type datePart func(t time.Time) int

func partOf(name string) (datePart, error) {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "year", "yyyy":
		return time.Time.Year, nil
	case "quarter":
		return func(t time.Time) int { return (int(t.Month()) + 2) / 3 }, nil
	case "month":
		return func(t time.Time) int { return int(t.Month()) }, nil
	case "week":
		return func(t time.Time) int { _, w := t.ISOWeek(); return w }, nil
	case "day":
		return time.Time.Day, nil
	case "dayofyear":
		return time.Time.YearDay, nil
	case "weekday":
		return func(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }, nil
	case "hour":
		return time.Time.Hour, nil
	case "minute":
		return time.Time.Minute, nil
	case "second":
		return time.Time.Second, nil
	}
	return nil, failf(`write "year", "quarter", "month", "week", "day", "dayofyear", "weekday", "hour", "minute" or "second"`, "%q is no part of a date", name)
}

// mostWorkdays bounds AddWorkdays: forty thousand years of them help nobody.
const mostWorkdays = 100000

func addWorkdays(c *runtime.Call) (runtime.Value, error) {
	t, d, err := instant(c, 0)
	if err != nil || d.IsNull() {
		return runtime.Null(), err
	}
	n, err := whole(c, 1, "count", 0)
	if err != nil {
		return runtime.Null(), err
	}
	if n > mostWorkdays || n < -mostWorkdays {
		return runtime.Null(), failf("", "AddWorkdays counts at most %d days, not %d", mostWorkdays, n)
	}
	free := map[string]bool{}
	for _, h := range c.List(2) {
		day, err := runtime.ToDate(h)
		if err != nil {
			return runtime.Null(), fmt.Errorf("holidays: %w", err)
		}
		if !day.IsNull() {
			free[day.Time().Format(time.DateOnly)] = true
		}
	}
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	for n > 0 {
		t = t.AddDate(0, 0, step)
		if err := within(t); err != nil {
			return runtime.Null(), err
		}
		if w := t.Weekday(); w != time.Saturday && w != time.Sunday && !free[t.Format(time.DateOnly)] {
			n--
		}
	}
	return runtime.Date(t), nil
}
