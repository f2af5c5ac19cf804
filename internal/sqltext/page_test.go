package sqltext

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPage holds the tables of docs/sql.md against testdata/forms/page.txt,
// which TestForms runs: each form with what it becomes and what it gives.
// AMSX_UPDATE=1 writes the tables.
func TestPage(t *testing.T) {
	const page = "../../docs/sql.md"
	data, err := os.ReadFile("testdata/forms/page.txt")
	if err != nil {
		t.Fatal(err)
	}
	tables := map[string]string{}
	for _, block := range strings.Split(strings.TrimSpace(strings.ReplaceAll(string(data), "\r\n", "\n")), "\n\n") {
		lines := strings.Split(form(t, block), "\n")
		name, remark, _ := strings.Cut(strings.TrimPrefix(lines[0], "# "), ": ")
		var text, becomes, gives, instead []string
		for _, l := range lines[1:] {
			switch {
			case strings.HasPrefix(l, "> "):
				becomes = append(becomes, atStart.ReplaceAllString(l[2:], ""))
			case strings.HasPrefix(l, "= "):
				gives = append(gives, l[2:])
			case strings.HasPrefix(l, "x "):
				t.Errorf("%s: %s", text, l)
			case strings.HasPrefix(l, "! "):
				_, hint, _ := strings.Cut(l, " | ")
				instead = append(instead, hint)
			case !outcome.MatchString(l) && l != "":
				text = append(text, l)
			}
		}
		if name == "Findings" {
			if len(instead) == 0 {
				t.Errorf("%s is carried over", text)
				continue
			}
			tables[name] += fmt.Sprintf("| %s | %s |\n", code(strings.Join(text, " ")), escape(strings.Join(instead, "; ")))
			continue
		}
		if len(becomes) == 0 {
			t.Errorf("%s: %s", text, instead)
		}
		tables[name] += fmt.Sprintf("| %s | %s | %s | %s |\n", code(strings.Join(text, " ")), code(strings.Join(becomes, "; ")), code(strings.Join(gives, ", ")), remark)
	}
	for name := range tables {
		head := "| you write | the database is given | it gives | |\n| --- | --- | --- | --- |\n"
		if name == "Findings" {
			head = "| you write | write instead |\n| --- | --- |\n"
		}
		tables[name] = head + tables[name]
	}
	src, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	old := strings.ReplaceAll(string(src), "\r\n", "\n")
	found := map[string]bool{}
	now := pageTable.ReplaceAllStringFunc(old, func(s string) string {
		name := pageTable.FindStringSubmatch(s)[1]
		found[name] = true
		return "<!-- " + name + " -->\n" + tables[name] + "<!-- end -->"
	})
	for name := range tables {
		if !found[name] {
			t.Errorf("%s has no table %q", page, name)
		}
	}
	if os.Getenv("AMSX_UPDATE") != "" {
		if err := os.WriteFile(page, []byte(now), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(old, now); d != "" {
		t.Errorf("%s (-want +got):\n%s", page, d)
	}
}

var (
	pageTable = regexp.MustCompile(`(?s)<!-- ([A-Z][\w ]*) -->\n.*?<!-- end -->`)
	atStart   = regexp.MustCompile(`^\d+:\d+ `)
)

func code(s string) string {
	switch {
	case s == "":
		return ""
	case strings.Contains(s, "`"):
		return "`` " + escape(s) + " ``"
	}
	return "`" + escape(s) + "`"
}

// escape keeps the bars of a text from ending a cell.
func escape(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// TestPageNamesEveryForm: no function or statement is rewritten or refused
// that the page does not name.
func TestPageNamesEveryForm(t *testing.T) {
	data, err := os.ReadFile("../../docs/sql.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	for _, m := range []map[string]string{renamed, foreign, refused, serverVariables} {
		for name := range m {
			if !regexp.MustCompile(`(^|[^\w@])` + name + `\b`).MatchString(page) {
				t.Errorf("%s is not on the page", name)
			}
		}
	}
	for name := range units {
		if !regexp.MustCompile(`\b` + name + `\b`).MatchString(page) {
			t.Errorf("the unit %s is not on the page", name)
		}
	}
	for name := range styles {
		if !regexp.MustCompile(`\b` + name + `\b`).MatchString(page) {
			t.Errorf("the style %s is not on the page", name)
		}
	}
	for name := range locking {
		if !strings.Contains(page, name) {
			t.Errorf("the hint %s is not on the page", name)
		}
	}
}
