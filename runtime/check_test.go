package runtime_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var expectation = regexp.MustCompile(` *###((?: "[^"]*")+)`)

// TestCheck compiles the wrong programs of testdata/check. Behind ### a line
// has a regular expression for each finding in it, of
//
//	severity code message (hint)
//
// and there may be no others. Programs in one file are separated by ---; behind
// a line "+++ NAME" stands a script that the program calls.
func TestCheck(t *testing.T) {
	files, err := filepath.Glob("testdata/check/*.amsx")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		line := 1
		for i, src := range strings.Split(string(data), "\n---\n") {
			first := line
			line += strings.Count(src, "\n") + 2
			t.Run(fmt.Sprintf("%s/%d", strings.TrimSuffix(filepath.Base(file), ".amsx"), i+1), func(t *testing.T) {
				checkProgram(t, file, first, src)
			})
		}
	}
}

func checkProgram(t *testing.T, file string, first int, src string) {
	b := bench{files: map[string]string{}}
	want := map[string][]*regexp.Regexp{} // by file and line
	name, main := "test.amsx", ""
	at := map[string]int{} // in which line of the case a file begins
	for n, part := range strings.Split("\n"+src, "\n+++ ") {
		start := 1
		if n > 0 {
			name, part, _ = strings.Cut(part, "\n")
			start = 1 + strings.Count(src[:strings.Index(src, "+++ "+name+"\n")], "\n") + 1
		} else {
			part = part[1:]
		}
		var clean strings.Builder
		for i, l := range strings.Split(part, "\n") {
			if m := expectation.FindStringSubmatchIndex(l); m != nil {
				for _, rx := range regexp.MustCompile(`"[^"]*"`).FindAllString(l[m[2]:m[3]], -1) {
					key := fmt.Sprintf("%s:%d", name, i+1)
					want[key] = append(want[key], regexp.MustCompile(rx[1:len(rx)-1]))
				}
				l = l[:m[0]]
			}
			clean.WriteString(l + "\n")
		}
		at[name] = first + start - 1
		if n == 0 {
			main = clean.String()
		} else {
			b.files[name] = clean.String()
		}
	}
	b.fields = []string{"id", "status", "profile.firstName", "profile.lastName", "profile.email", "profile.login", "profile.department", "profile.userType", "profile.managerId"}
	if strings.HasSuffix(file, "edits.amsx") {
		b.values = map[string][]string{"status": {"ACTIVE", "PASSWORD_EXPIRED", "DEPROVISIONED"}}
	}
	_, list := b.compile(strings.TrimLeft(main, "\n"))
	blank := strings.Count(main, "\n") - strings.Count(strings.TrimLeft(main, "\n"), "\n")
	for _, d := range list {
		text := fmt.Sprintf("%s %s %s (%s)", d.Severity, d.Code, d.Message, d.Hint)
		l := d.Pos.Line
		if d.Pos.Filename == "test.amsx" {
			l += blank
		}
		key, found := fmt.Sprintf("%s:%d", d.Pos.Filename, l), -1
		for i, rx := range want[key] {
			if rx.MatchString(text) {
				found = i
				break
			}
		}
		if found < 0 {
			t.Errorf("%s:%d: unexpected: %s", file, at[d.Pos.Filename]+l-1, text)
			continue
		}
		want[key] = append(want[key][:found:found], want[key][found+1:]...)
	}
	for key, rest := range want {
		for _, rx := range rest {
			t.Errorf("%s:%d: %s: no finding matches %q", file, first, key, rx)
		}
	}
}
