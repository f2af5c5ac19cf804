package amsx_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/expect"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// TestFindings checks the files of testdata/check on a site. Behind ### a line
// has a regular expression for each finding in it, of
//
//	severity code message (hint)
//
// where severity is "silenced" for one that a comment silences, and there may
// be no others. Files are separated by ---.
func TestFindings(t *testing.T) {
	schema := siteSchema(t)
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
				checkFindings(t, file, c, schema)
			})
		}
	}
}

func checkFindings(t *testing.T, file string, c expect.Case, schema runtime.Schema) {
	t.Helper()
	const name = "case.amsx"
	var want expect.Findings
	script := amsx.Parse(name, []byte(want.Read(name, c.Text)))
	options := amsx.CheckOptions{Schema: schema, Packs: []string{"OKTA_API"}}
	see := func(severity string, d *amsx.Finding) {
		text := fmt.Sprintf("%s %s %s (%s)", severity, d.Code, d.Message, d.Hint)
		if !want.Take(name, d.Pos.Line, text) {
			t.Errorf("%s:%d: unexpected: %s", file, c.Line+d.Pos.Line-1, text)
		}
	}
	found, silenced := script.CheckAll(options)
	for _, d := range found {
		see(d.Severity.String(), d)
	}
	for _, d := range silenced {
		see("silenced", d)
	}
	for _, m := range want.Missing() {
		t.Errorf("%s:%d: %s", file, c.Line, m)
	}
}

// TestCommentOfACalledScript: a script that others call may use a temporary
// table that they make. Its comment says so where it is checked alone, and is
// not taken for one that silences nothing where they are.
func TestCommentOfACalledScript(t *testing.T) {
	const comment = "// amsx: ignore AMSX4064 the script that calls this one makes it\n"
	fsys := fstest.MapFS{
		"main.amsx":   {Data: []byte("SqlExecute \"SELECT FullName INTO #people FROM Custodian\"\nCallLocal \"report.amsx\"\n")},
		"report.amsx": {Data: []byte(comment + "Log \"info\", Sql(\"SELECT count(*) FROM #people\")\n")},
		"own.amsx":    {Data: []byte(comment + "Log \"info\", \"nothing\"\n")},
	}
	for name, want := range map[string]string{"main.amsx": "", "report.amsx": "", "own.amsx": lexer.CodeIgnoreUnused} {
		s, err := amsx.ParseFS(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, d := range s.Check(amsx.CheckOptions{Schema: siteSchema(t)}) {
			got += d.Code
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// lines is a log that keeps what a run says.
type lines struct{ said, warned []string }

func (l *lines) Line(level, text string, _ lexer.Position) { l.said = append(l.said, level+": "+text) }
func (l *lines) Warn(code, text string, _ lexer.Position)  { l.warned = append(l.warned, code) }
func (l *lines) Progress(string, int64, int64)             {}

// The log of a run says how many findings its comments silence, and warns of
// them no more.
func TestRunSaysWhatIsSilenced(t *testing.T) {
	const quiet = "Exit\n// amsx: ignore AMSX4010 kept for the audit\nLog \"info\", \"never\"\n"
	for source, want := range map[string]string{
		quiet: "info: a comment silences one finding of the check: AMSX4010 in line 3",
		"If %TESTING% Then\n" + quiet + "End If\n" + quiet: "info: comments silence 2 findings of the check: AMSX4010 in line 4, AMSX4010 in line 8",
		strings.Replace(quiet, "amsx: ignore", "", 1):      "",
	} {
		st, err := amsx.OpenSite(t.Context(), filepath.Join(t.TempDir(), "site.db"))
		if err != nil {
			t.Fatal(err)
		}
		log := &lines{}
		if _, err := amsx.Parse("quiet.amsx", []byte(source)).Run(t.Context(), amsx.RunOptions{Site: st, RunID: 1, Log: log}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(log.said, "\n"); got != want {
			t.Errorf("%q: the log says %q, want %q", source, got, want)
		}
		if warned := len(log.warned) > 0; warned != (want == "") {
			t.Errorf("%q: warned: %v", source, log.warned)
		}
	}
}
