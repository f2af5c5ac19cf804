package runtime_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/internal/expect"
	"github.com/amsx-lang/amsx/runtime"
)

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
		for i, c := range expect.Cases(string(data)) {
			t.Run(fmt.Sprintf("%s/%d", strings.TrimSuffix(filepath.Base(file), ".amsx"), i+1), func(t *testing.T) {
				checkProgram(t, file, c.Line, c.Text)
			})
		}
	}
}

func checkProgram(t *testing.T, file string, first int, src string) {
	b := bench{files: map[string]string{}}
	var want expect.Findings
	const main = "test.amsx"
	parts := strings.Split("\n"+src, "\n+++ ")
	program := want.Read(main, parts[0][1:])
	at := map[string]int{main: first} // in which line of the file of cases each file begins
	line := first + strings.Count(parts[0], "\n")
	for _, part := range parts[1:] {
		name, text, _ := strings.Cut(part, "\n")
		at[name] = line + 1
		line += strings.Count(part, "\n") + 1
		b.files[name] = want.Read(name, text)
	}
	if names, ok := b.files["seen"]; ok { // of recordings: in each line a name, and those below it
		b.seen = &runtime.Seen{}
		for line := range strings.Lines(names) {
			above, below, _ := strings.Cut(strings.TrimSpace(line), ":")
			for name := range strings.SplitSeq(strings.TrimSpace(below), ", ") {
				switch above {
				case "columns":
					b.seen.AddColumn(name)
				case "texts":
					b.seen.Fill(name)
				case "top":
					b.seen.Add("", name)
				default:
					b.seen.Add(above, name)
				}
			}
		}
	}
	b.fields = []string{"id", "status", "profile.firstName", "profile.lastName", "profile.email", "profile.login", "profile.department", "profile.userType", "profile.managerId"}
	if b.seen != nil && !strings.Contains(b.files["seen"], "api:") { // what is known of the API decides where it is known
		b.fields = nil
	}
	if strings.HasSuffix(file, "edits.amsx") {
		b.values = map[string][]string{"status": {"ACTIVE", "PASSWORD_EXPIRED", "DEPROVISIONED"}}
	}
	_, list := b.compile(program)
	for _, d := range list {
		text := fmt.Sprintf("%s %s %s (%s)", d.Severity, d.Code, d.Message, d.Hint)
		if !want.Take(d.Pos.Filename, d.Pos.Line, text) {
			t.Errorf("%s:%d: unexpected: %s", file, at[d.Pos.Filename]+d.Pos.Line-1, text)
		}
	}
	for _, m := range want.Missing() {
		t.Errorf("%s:%d: %s", file, first, m)
	}
}
