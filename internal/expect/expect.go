// Package expect reads, for tests, which findings a checked text is to have from
// the text itself: behind ### a line has a regular expression in quotes for each,
// which fits its beginning: severity, code, message. The severity may be left out.
package expect

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Case is one of the texts of a file of cases.
type Case struct {
	Line int // of the file, in which it begins
	Text string
}

// Cases are the texts of a file, with --- on a line of its own between them.
func Cases(file string) []Case {
	var out []Case
	line := 1
	for text := range strings.SplitSeq(strings.TrimSuffix(file, "\n"), "\n---\n") {
		out = append(out, Case{line, text})
		line += strings.Count(text, "\n") + 2
	}
	return out
}

var (
	behind = regexp.MustCompile(` *###((?: "[^"]*")+)`)
	quoted = regexp.MustCompile(`"[^"]*"`)
)

// Findings are those that are expected and were not found yet.
type Findings struct {
	want map[place][]*regexp.Regexp
}

type place struct {
	file string
	line int
}

// Read notes what a text expects, and returns the text without it.
func (f *Findings) Read(file, text string) string {
	if f.want == nil {
		f.want = map[place][]*regexp.Regexp{}
	}
	var clean strings.Builder
	for i, l := range strings.Split(text, "\n") {
		if m := behind.FindStringSubmatchIndex(l); m != nil {
			at := place{file, i + 1}
			for _, rx := range quoted.FindAllString(l[m[2]:m[3]], -1) {
				rx = strings.Trim(rx, `"`)
				if strings.HasPrefix(rx, "AMSX") {
					rx = "[a-z]+ " + rx // of any severity
				}
				f.want[at] = append(f.want[at], regexp.MustCompile("^"+rx))
			}
			l = l[:m[0]]
		}
		clean.WriteString(l + "\n")
	}
	return clean.String()
}

// Take reports whether a finding of a line was expected, and strikes it off.
func (f *Findings) Take(file string, line int, said string) bool {
	at := place{file, line}
	i := slices.IndexFunc(f.want[at], func(rx *regexp.Regexp) bool { return rx.MatchString(said) })
	if i < 0 {
		return false
	}
	f.want[at] = slices.Delete(f.want[at], i, i+1)
	return true
}

// Missing says of each that was not found where it was expected.
func (f *Findings) Missing() []string {
	var out []string
	for at, rest := range f.want {
		for _, rx := range rest {
			out = append(out, fmt.Sprintf("%s:%d: no finding matches %q", at.file, at.line, rx))
		}
	}
	slices.Sort(out)
	return out
}
