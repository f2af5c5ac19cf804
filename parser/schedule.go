package parser

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/beevik/etree"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser/ast"
)

var (
	clockTime = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
	zoneName  = regexp.MustCompile(`^(UTC|[A-Z][A-Za-z]+(/[A-Z][A-Za-z_+-]+[0-9]*)+)$`)
	weekdays  = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
)

func (d *document) schedule(e *etree.Element) {
	a := d.attrs(e, false, "enabled", "frequency", "time", "weekday", "day", "cron", "timezone", "missed")
	d.children(e, false)
	s := &ast.Schedule{
		Pos: d.at[e].pos, Enabled: d.boolean(a, "enabled"), Time: a.get("time").Value, Day: a.get("day").Value,
		Cron: a.get("cron").Value, Timezone: a.get("timezone").Value,
	}
	s.Frequency = d.oneOf(a.get("frequency"), "frequency", "Daily", "Weekly", "Monthly")
	s.Weekday = d.oneOf(a.get("weekday"), "weekday", weekdays...)
	s.Missed = d.oneOf(a.get("missed"), "missed", "skip", "run")
	if v := a.get("time"); v.IsSet() && !clockTime.MatchString(v.Value) {
		d.errorf(v.Pos, lexer.CodeValue, `write time="02:00", from 00:00 to 23:59`, "\"%s\" is no time of day", v.Value)
	}
	if v := a.get("day"); v.IsSet() {
		if n, err := strconv.Atoi(v.Value); err != nil || n < 1 || n > 31 {
			d.errorf(v.Pos, lexer.CodeValue, `write day="1" to day="31"; a month without that day is run on its last`, "\"%s\" is no day of a month", v.Value)
		}
	}
	if v := a.get("timezone"); v.IsSet() && !zoneName.MatchString(v.Value) {
		d.errorf(v.Pos, lexer.CodeValue, `write timezone="Europe/London", or UTC`, "\"%s\" is no time zone", v.Value)
	}
	if v := a.get("cron"); v.IsSet() {
		d.cron(v)
	}
	d.scheduleParts(a, s)
	d.t.Schedule = s
}

// scheduleParts reports parts that are missing or that contradict each other.
func (d *document) scheduleParts(a attributes, s *ast.Schedule) {
	cron, frequency := a.get("cron"), a.get("frequency")
	switch {
	case cron.IsSet() && frequency.IsSet():
		d.errorf(cron.Pos, lexer.CodeValue, "keep one of the two", "the schedule has both a frequency and a cron expression")
		return
	case !cron.IsSet() && !frequency.IsSet():
		if s.Enabled {
			d.errorf(s.Pos, lexer.CodeMissing, `write frequency="Daily" time="02:00"`, "the schedule does not say when")
		}
		return
	case cron.IsSet():
		for _, name := range []string{"time", "weekday", "day"} {
			if v := a.get(name); v.IsSet() {
				d.errorf(v.Pos, lexer.CodeValue, "remove it; the cron expression says when", "%s stands beside cron", name)
			}
		}
		return
	}
	need := func(name, example string) {
		if !a.get(name).IsSet() {
			d.errorf(s.Pos, lexer.CodeMissing, "write "+example, "a %s schedule has no %s", strings.ToLower(s.Frequency), name)
		}
	}
	needless := func(name string) {
		if v := a.get(name); v.IsSet() {
			d.errorf(v.Pos, lexer.CodeValue, "remove it, or change the frequency", "%s has no effect in a %s schedule", name, strings.ToLower(s.Frequency))
		}
	}
	need("time", `time="02:00"`)
	switch s.Frequency {
	case "Daily":
		needless("weekday")
		needless("day")
	case "Weekly":
		need("weekday", `weekday="Monday"`)
		needless("day")
	case "Monthly":
		need("day", `day="1"`)
		needless("weekday")
	}
}

// cronFields are the five fields of a cron expression with their ranges.
var cronFields = []struct {
	name     string
	low, top int
	words    string
}{
	{"minute", 0, 59, ""}, {"hour", 0, 23, ""}, {"day", 1, 31, ""},
	{"month", 1, 12, "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"},
	{"weekday", 0, 7, "SUN MON TUE WED THU FRI SAT"},
}

func (d *document) cron(v ast.Attr) {
	const hint = `write minute, hour, day, month and weekday: cron="0 2 * * 1-5" is two o'clock on working days`
	parts := strings.Fields(v.Value)
	if len(parts) != len(cronFields) {
		d.errorf(v.Pos, lexer.CodeValue, hint, "the cron expression has %d fields, not 5", len(parts))
		return
	}
	for i, part := range parts {
		f := cronFields[i]
		for item := range strings.SplitSeq(part, ",") {
			span, step, stepped := strings.Cut(item, "/")
			if n, err := strconv.Atoi(step); stepped && (err != nil || n < 1) {
				d.errorf(v.Pos, lexer.CodeValue, hint, "\"%s\" is no %s of a cron expression", item, f.name)
				return
			}
			if span == "*" {
				continue
			}
			low, top, ranged := strings.Cut(span, "-")
			a, okA := cronNumber(low, i)
			b, okB := cronNumber(top, i)
			if !okA || ranged && (!okB || b < a) {
				d.errorf(v.Pos, lexer.CodeValue, hint, "\"%s\" is no %s of a cron expression", item, f.name)
				return
			}
		}
	}
}

func cronNumber(s string, field int) (int, bool) {
	f := cronFields[field]
	for i, w := range strings.Fields(f.words) {
		if strings.EqualFold(w, s) {
			return i + f.low, true
		}
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= f.low && n <= f.top
}
