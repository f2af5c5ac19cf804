// Package docs_test holds the pages of this folder against the program: every
// script in them is checked and run, every edit of the tutorial is made, every
// link leads somewhere. The command lines are held by cmd/amsx.
package docs_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/oktasim"
)

// A block is a fenced block of a page.
type block struct {
	page, heading string
	line          int
	language      string
	text          string
}

// blocks reads the fenced blocks of a page.
func blocks(t *testing.T, page string) (out []block) {
	t.Helper()
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	heading, open := "", (*block)(nil)
	for i, line := range strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n") {
		fence, language, _ := strings.Cut(line, "```")
		switch {
		case strings.HasPrefix(line, "```") && fence == "" && open == nil:
			open = &block{page: page, heading: heading, line: i + 1, language: language}
		case strings.HasPrefix(line, "```"):
			out, open = append(out, *open), nil
		case open != nil:
			open.text += line + "\n"
		case strings.HasPrefix(line, "#"):
			heading = strings.TrimSpace(strings.TrimLeft(line, "#"))
		}
	}
	if open != nil {
		t.Errorf("%s:%d: the block is not closed", page, open.line)
	}
	return out
}

// pages are all pages, from this folder.
func pages(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.md", "decisions/*.md", "reference/*.md", "../*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("no pages %s: %v", pattern, err)
		}
		all = append(all, found...)
	}
	return all
}

func site(t *testing.T) *amsx.Site {
	t.Helper()
	s, err := amsx.OpenSite(context.Background(), filepath.Join(t.TempDir(), "amsx.db"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var needsNetwork = regexp.MustCompile(`(?i)\b(HttpGet|HttpPost|HttpSend|JsonPages|Credential)\b`)

// TestScripts checks every script of the pages, and runs those that need no
// network.
func TestScripts(t *testing.T) {
	n := 0
	for _, page := range pages(t) {
		for _, b := range blocks(t, page) {
			if b.language != "amsx" || filepath.Dir(page) == "reference" || page == "findings.md" { // their examples are tested where they come from
				continue
			}
			n++
			t.Run(fmt.Sprintf("%s:%d", filepath.Base(b.page), b.line), func(t *testing.T) {
				s := site(t)
				schema, err := s.Schema(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				script := amsx.Parse(b.page, []byte(b.text))
				for _, f := range script.Check(amsx.CheckOptions{Schema: schema}) {
					t.Errorf("%v\n%s", f, f.Hint)
				}
				if needsNetwork.MatchString(b.text) {
					return
				}
				if _, err := script.Run(context.Background(), amsx.RunOptions{Site: s, Files: filepath.Join(t.TempDir(), "files"), RunID: 1}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	if n < 4 {
		t.Errorf("only %d scripts were found", n)
	}
}

var link = regexp.MustCompile(`!?\[[^\]]*\]\(([^)\s]+)\)`)

// TestLinks follows every link to a file.
func TestLinks(t *testing.T) {
	for _, page := range pages(t) {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(data), -1) {
			target, _, _ := strings.Cut(m[1], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), target)); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", page, m[1])
			}
		}
	}
}

// TestIndex holds the index of this folder: every page is in it.
func TestIndex(t *testing.T) {
	index, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"*.md", "decisions/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range found {
			if page != "README.md" && !strings.Contains(string(index), "("+filepath.ToSlash(page)+")") {
				t.Errorf("README.md does not name %s", page)
			}
		}
	}
}

// apply makes the edit of a diff block: lines with - go, lines with + come,
// the others say where.
func apply(t *testing.T, text string, b block) string {
	t.Helper()
	var old, fresh strings.Builder
	for _, line := range strings.Split(strings.TrimSuffix(b.text, "\n"), "\n") {
		if line == "" {
			t.Fatalf("%s:%d: an empty line in a diff", b.page, b.line)
		}
		if line[0] != '+' {
			old.WriteString(line[1:] + "\n")
		}
		if line[0] != '-' {
			fresh.WriteString(line[1:] + "\n")
		}
	}
	if n := strings.Count(text, old.String()); n != 1 {
		t.Fatalf("%s:%d: the lines of the diff stand %d times in the transformation, want once:\n%s", b.page, b.line, n, old.String())
	}
	return strings.Replace(text, old.String(), fresh.String(), 1)
}

// A reader of the tutorial: an org, a site on which the original has run, and
// the copy to be edited.
type reader struct {
	t    *testing.T
	site *amsx.Site
	sim  *oktasim.Server
	runs int64
}

const original = "../transformations/okta_users.amsx"

func newReader(t *testing.T, s *amsx.Site) *reader {
	t.Helper()
	sim, err := oktasim.Start(oktasim.Config{Users: 500, Groups: 12, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	return &reader{t: t, site: s, sim: sim}
}

func (r *reader) run(text string, parameters map[string]string) (*amsx.Result, error) {
	r.t.Helper()
	r.runs++
	return amsx.Parse("my_users.amsx", []byte(text)).Run(context.Background(), amsx.RunOptions{
		Site: r.site, RunID: r.runs, Fence: r.runs, User: "reader", Parameters: parameters,
		Packs: amsx.Pack{Domain: r.sim.URL, Username: "unused", Password: oktasim.DefaultToken},
	})
}

// must runs and wants no error.
func (r *reader) must(text string) *amsx.Result {
	r.t.Helper()
	result, err := r.run(text, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return result
}

// number is the first value of a query.
func (r *reader) number(query string) int64 {
	r.t.Helper()
	rows, err := r.site.Read(context.Background(), query)
	if err != nil {
		r.t.Fatal(err)
	}
	return rows[0][0].(int64)
}

// steps are the tutorial's sections with an edit: what its result must do.
// findings are texts of the only findings that the page tells its reader of.
var steps = map[string]struct {
	findings []string
	effect   func(t *testing.T, source, edited string)
}{
	"1. Only two groups": {nil, func(t *testing.T, _, edited string) {
		r := newReader(t, site(t))
		result := r.must(edited)
		if n := r.number("SELECT count(*) FROM Custodian"); n < 20 || n > 250 || n != result.Counts.Inserted {
			t.Errorf("%d custodians of two groups, %d inserted", n, result.Counts.Inserted)
		}
		if n := r.number("SELECT count(*) FROM Custodian WHERE Status = 'DEPROVISIONED'"); n != 0 {
			t.Errorf("%d leavers were added", n)
		}
		_, err := r.run(edited, map[string]string{"OktaGroups": "Enginering, Finance"})
		if err == nil || !strings.Contains(err.Error(), "did you mean Engineering?") {
			t.Errorf("the misspelt group: %v", err)
		}
	}},
	"2. One more field": {nil, func(t *testing.T, source, edited string) {
		r := newReader(t, site(t))
		r.must(source)
		result := r.must(edited)
		n := r.number("SELECT count(*) FROM Custodian WHERE Division IS NOT NULL")
		if n < 200 || result.Counts.Updated != n || result.Counts.Inserted != 0 {
			t.Errorf("Division in %d rows, counts %+v", n, result.Counts)
		}
		misspelt := amsx.Parse("my_users.amsx", []byte(strings.ReplaceAll(edited, "profile.division", "profile.divison")))
		if f := misspelt.Check(amsx.CheckOptions{}); !f.HasErrors() || !strings.Contains(f[0].Hint, "profile.division") {
			t.Errorf("the misspelt field: %v", f)
		}
	}},
	"3. Leave service accounts out": {[]string{"records that this condition leaves out are not written"}, func(t *testing.T, source, edited string) {
		r := newReader(t, site(t))
		result := r.must(edited)
		service := int64(0)
		for _, u := range r.sim.Org().Users() {
			if u.Profile["userType"] == "Service" {
				service++
				if n := r.number(fmt.Sprintf("SELECT count(*) FROM Custodian WHERE OktaID = '%s'", u.ID)); n != 0 {
					t.Errorf("the service account %s is in the table", u.ID)
				}
			}
		}
		if service < 20 || result.Counts.Skipped != service || result.Counts.Inserted != 500-service {
			t.Errorf("%d service accounts, counts %+v", service, result.Counts)
		}
		// They stay as they are where they are in the table already.
		r = newReader(t, site(t))
		r.must(source)
		active := r.number("SELECT count(*) FROM Custodian WHERE Active = 1")
		if result := r.must(edited); result.Counts.Deactivated != 0 || r.number("SELECT count(*) FROM Custodian WHERE Active = 1") != active {
			t.Errorf("somebody was made inactive: %+v", result.Counts)
		}
		// The condition the wrong way round is stopped.
		_, err := r.run(strings.ReplaceAll(edited, `= "Service"`, `<> "Service"`), nil)
		if err == nil || !strings.Contains(err.Error(), "left out by the script") {
			t.Errorf("the condition turned round: %v", err)
		}
	}},
	"4. What happens to leavers": {nil, func(t *testing.T, source, edited string) {
		s := site(t)
		r := newReader(t, s)
		r.must(source)
		active := r.number("SELECT count(*) FROM Custodian WHERE Active = 1")
		gone := ""
		for _, u := range r.sim.Org().Users() {
			if u.Status == "ACTIVE" {
				gone = u.ID
				break
			}
		}
		if err := r.sim.Org().RemoveUser(gone); err != nil {
			t.Fatal(err)
		}
		if result := r.must(edited); result.Counts.Deactivated != 0 || r.number("SELECT count(*) FROM Custodian WHERE Active = 1") != active {
			t.Errorf("without DeactivateMissing: %+v", result.Counts)
		}
		if result := r.must(source); result.Counts.Deactivated != 1 {
			t.Errorf("with DeactivateMissing: %+v", result.Counts)
		}
	}},
}

// TestTutorial makes every edit of the tutorial to the transformation that
// ships, and runs it.
func TestTutorial(t *testing.T) {
	data, err := os.ReadFile(original)
	if err != nil {
		t.Fatal(err)
	}
	source := string(data)
	schema, err := site(t).Schema(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, b := range blocks(t, "tutorial.md") {
		if b.language != "diff" {
			continue
		}
		step, ok := steps[b.heading]
		if !ok {
			t.Errorf("tutorial.md:%d: nothing is known of the edit under %q", b.line, b.heading)
			continue
		}
		seen++
		t.Run(b.heading, func(t *testing.T) {
			edited := apply(t, source, b)
			found := amsx.Parse("my_users.amsx", []byte(edited)).Check(amsx.CheckOptions{Schema: schema})
			for i, f := range found {
				if i >= len(step.findings) || !strings.Contains(f.Message, step.findings[i]) {
					t.Errorf("an unexpected finding: %v", f)
				}
			}
			if len(found) < len(step.findings) {
				t.Errorf("findings %v, want %v", found, step.findings)
			}
			step.effect(t, source, edited)
		})
	}
	if seen != len(steps) {
		t.Errorf("the tutorial has %d edits, want %d", seen, len(steps))
	}
}

var named = regexp.MustCompile("`(Test[A-Za-z0-9]+)` \\(([^)]+)\\)|case `([a-z]+)` \\(([^)]+)\\)")

// TestSecurityNamesItsTests holds that the tests that security.md relies on
// exist.
func TestSecurityNamesItsTests(t *testing.T) {
	page, err := os.ReadFile("security.md")
	if err != nil {
		t.Fatal(err)
	}
	all := named.FindAllStringSubmatch(string(page), -1)
	for _, m := range all {
		file := m[2] + m[4]
		text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(file)))
		switch {
		case err != nil:
			t.Errorf("%s: %v", m[0], err)
		case m[1] != "" && !strings.Contains(string(text), "func "+m[1]+"("):
			t.Errorf("there is no %s in %s", m[1], file)
		}
	}
	if len(all) < 30 {
		t.Errorf("security.md names only %d tests", len(all))
	}
}
