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
// and there may be no others. Programs in one file are separated by ---.
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
	want := map[int][]*regexp.Regexp{}
	var clean strings.Builder
	for i, l := range strings.Split(src, "\n") {
		if m := expectation.FindStringSubmatchIndex(l); m != nil {
			for _, rx := range regexp.MustCompile(`"[^"]*"`).FindAllString(l[m[2]:m[3]], -1) {
				want[i+1] = append(want[i+1], regexp.MustCompile(rx[1:len(rx)-1]))
			}
			l = l[:m[0]]
		}
		clean.WriteString(l + "\n")
	}
	var b bench
	b.fields = []string{"id", "status", "profile.firstName", "profile.lastName", "profile.email", "profile.login", "profile.department", "profile.userType", "profile.managerId"}
	if strings.HasSuffix(file, "edits.amsx") {
		b.values = map[string][]string{"status": {"ACTIVE", "PASSWORD_EXPIRED", "DEPROVISIONED"}}
	}
	_, list := b.compile(strings.TrimLeft(clean.String(), "\n"))
	blank := strings.Count(clean.String(), "\n") - strings.Count(strings.TrimLeft(clean.String(), "\n"), "\n")
	for _, d := range list {
		text := fmt.Sprintf("%s %s %s (%s)", d.Severity, d.Code, d.Message, d.Hint)
		l, found := d.Pos.Line+blank, -1
		for i, rx := range want[l] {
			if rx.MatchString(text) {
				found = i
				break
			}
		}
		if found < 0 {
			t.Errorf("%s:%d: unexpected: %s", file, first+l-1, text)
			continue
		}
		want[l] = append(want[l][:found:found], want[l][found+1:]...)
	}
	for l, rest := range want {
		for _, rx := range rest {
			t.Errorf("%s:%d: no finding matches %q", file, first+l-1, rx)
		}
	}
}
