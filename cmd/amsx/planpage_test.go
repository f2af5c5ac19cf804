package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/amsx"
)

// TestPlanPage does what docs/plan.md does: its script, its command, and what
// the page says is printed.
func TestPlanPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/plan.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(language string) string {
		_, rest, found := strings.Cut(string(page), "```"+language+"\n")
		text, _, closed := strings.Cut(rest, "```")
		if !found || !closed {
			t.Fatalf("the page has no block of %s", language)
		}
		return text
	}
	dir := t.TempDir()
	t.Chdir(dir)
	for _, home := range []string{"HOME", "XDG_CONFIG_HOME", "AppData"} {
		t.Setenv(home, filepath.Join(dir, "home"))
	}
	if err := os.WriteFile("tidy.amsx", []byte(block("amsx")), 0o600); err != nil {
		t.Fatal(err)
	}
	site, err := amsx.OpenSite(context.Background(), "amsx.db")
	if err != nil {
		t.Fatal(err)
	}
	err = site.Load(context.Background(), "Custodian", []string{"FullName", "Active", "LastLogin", "Location"}, [][]string{
		{"Ada Quill", "0", "2019-03-01T08:00:00Z", ""}, {"Ben Osei", "1", "", "unknown"}, {"Cyd Marsh", "1", "", "Berne"}, {"Dot Ames", "1", "", "Berne"},
	})
	if err != nil {
		t.Fatal(err)
	}
	amsx := func(want int, args ...string) (stdout, stderr string) {
		t.Helper()
		var out, talk bytes.Buffer
		e := quiet()
		e.stdout, e.stderr = &out, &talk
		if code := run(args, e); code != want {
			t.Fatalf("amsx %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), code, want, &out, &talk)
		}
		return out.String(), talk.String()
	}
	printed, _ := amsx(0, "plan", "tidy.amsx", "-o", "plan.json")
	seconds := regexp.MustCompile(`[0-9.]+ s ·`)
	if diff := cmp.Diff(seconds.ReplaceAllString(block("text"), "0.1 s ·"), seconds.ReplaceAllString(printed, "0.1 s ·")); diff != "" {
		t.Errorf("the page (-) and the program (+):\n%s", diff)
	}
	amsx(0, "apply", "plan.json")
	if rows, err := site.Read(context.Background(), "SELECT group_concat(FullName || ' ' || coalesce(Location, '-'), ', ') FROM Custodian"); err != nil || rows[0][0] != "Ben Osei -, Cyd Marsh Bern, Dot Ames Bern" {
		t.Errorf("the site holds %v, %v", rows, err)
	}
	_, talk := amsx(exitPlan, "apply", "plan.json")
	if !strings.Contains(talk, "has applied it already") {
		t.Error(talk)
	}
}
