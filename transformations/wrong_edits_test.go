package transformations_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/internal/harness"
	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/runtime"
	"github.com/amsx-lang/amsx/transformations"
)

// An edit is one entry of testdata/wrong_edits*.toml.
type edit struct {
	Name, Harm, Document, Find, Replace, Message, Saved string
	StoppedBy                                           string `toml:"stopped_by"`
	Also                                                []struct{ Find, Replace string }
	Parameters                                          map[string]string
	Elsewhere                                           bool
	Case                                                string
}

// apply makes the edit.
func (e edit) apply(t *testing.T, original string) string {
	t.Helper()
	edited := original
	replace := func(find, with string) {
		if n := strings.Count(edited, find); n != 1 {
			t.Fatalf("the text %q stands %d times in %s, want once", find, n, e.Document)
		}
		edited = strings.Replace(edited, find, with, 1)
	}
	if e.Find != "" {
		replace(e.Find, e.Replace)
	}
	for _, a := range e.Also {
		replace(a.Find, a.Replace)
	}
	switch e.Saved {
	case "":
	case "utf-16":
		var b []byte
		for _, u := range utf16.Encode([]rune("\ufeff" + edited)) {
			b = binary.LittleEndian.AppendUint16(b, u)
		}
		edited = string(b)
	case "crlf":
		edited = "\ufeff" + strings.ReplaceAll(edited, "\n", "\r\n")
	case "windows-1252":
		edited = strings.ReplaceAll(edited, "é", "\xe9")
	case "doubled":
		edited += edited
	case "cut":
		edited = edited[:len(edited)-600]
	case "script only":
		edited = edited[strings.Index(edited, "// Change this"):strings.Index(edited, "    ]]>")]
	default:
		t.Fatalf("saved = %q is not known", e.Saved)
	}
	if edited == original && len(e.Parameters) == 0 {
		t.Fatal("the edit changes nothing")
	}
	return edited
}

// TestWrongEdits holds every wrong edit against its safeguard.
func TestWrongEdits(t *testing.T) {
	if onServer() {
		t.Skip("its sites are copies of a file; what stops an edit works on the copy of a server as on a file")
	}
	names, err := filepath.Glob("testdata/wrong_edits*.toml")
	if err != nil {
		t.Fatal(err)
	}
	var edits []edit
	for _, name := range names {
		var file struct{ Edit []edit }
		meta, err := toml.DecodeFile(name, &file)
		if err != nil {
			t.Fatal(err)
		}
		if u := meta.Undecoded(); len(u) > 0 {
			t.Fatalf("%s: unknown settings %v", name, u)
		}
		edits = append(edits, file.Edit...)
	}
	if len(edits) < 160 {
		t.Fatalf("only %d wrong edits", len(edits))
	}
	before := map[string]string{}
	for _, e := range edits {
		if e.Case != "" {
			t.Run(e.Name, func(t *testing.T) { t.Parallel(); e.checkCase(t) })
			continue
		}
		if before[e.Document] == "" {
			before[e.Document] = goodRun(t, e.Document)
		}
		t.Run(e.Name, func(t *testing.T) { t.Parallel(); e.check(t, before[e.Document]) })
	}
}

// org is the organisation of all edits.
var org = oktasim.Config{Users: 450, Groups: 12, Seed: 3}

// goodRun runs a document as it ships and returns the folder of the site.
func goodRun(t *testing.T, document string) (dir string) {
	t.Helper()
	source, err := fs.ReadFile(transformations.FS(), document)
	if err != nil {
		t.Fatal(err)
	}
	sim, err := oktasim.Start(org)
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	dir = t.TempDir()
	if _, err := runScript(t, openSite(t, dir), sim, document, source, 1, nil); err != nil {
		t.Fatalf("the run before the edit: %v", err)
	}
	return dir
}

// check makes the edit and runs it on a copy of the site that a good run left.
func (e edit) check(t *testing.T, before string) {
	original, err := fs.ReadFile(transformations.FS(), e.Document)
	if err != nil {
		t.Fatal(err)
	}
	edited := e.apply(t, string(original))

	sim, err := oktasim.Start(org)
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	dir := t.TempDir()
	if !e.Elsewhere {
		if err := os.CopyFS(dir, os.DirFS(before)); err != nil {
			t.Fatal(err)
		}
	}
	site := openSite(t, dir)
	if e.Elsewhere {
		fillFromElsewhere(t, site, sim)
	}
	rows := custodians(t, site)
	if len(rows) < 400 {
		t.Fatalf("there are %d custodians before the edit", len(rows))
	}
	requests := len(sim.Requests())
	result, err := runScript(t, site, sim, e.Document, []byte(edited), 2, e.Parameters)
	e.judge(t, result, err, len(sim.Requests())-requests)
	if now := custodians(t, site); !reflect.DeepEqual(rows, now) { // cmp alone would take most of the test's time
		t.Errorf("the table changed (- before, + after):\n%s", cmp.Diff(rows, now))
	}
}

// checkCase makes the edit and runs it against the answers of a fixture case,
// whose start rows are as the document had left them.
func (e edit) checkCase(t *testing.T) {
	ctx := context.Background()
	c, err := harness.Load(os.DirFS("."), e.Case)
	if err != nil {
		t.Fatal(err)
	}
	name, original, err := c.Document(transformations.FS())
	if err != nil {
		t.Fatal(err)
	}
	if name != e.Document {
		t.Fatalf("the case is for %s", name)
	}
	edited := e.apply(t, string(original))
	if len(e.Parameters) > 0 {
		c.Parameters = e.Parameters
	}
	unedited, site := openSite(t, t.TempDir()), openSite(t, t.TempDir())
	if err := c.Fill(ctx, unedited); err != nil {
		t.Fatal(err)
	}
	packs := amsx.Pack{Domain: "https://" + c.Pack.Domain, Username: c.Pack.Username, Password: harness.Token}
	o, err := c.Run(ctx, site, amsx.Parse(name, []byte(edited)), packs, batch.ExitCode)
	if err != nil {
		t.Fatal(err)
	}
	var unknown *harness.NoRecordingError
	if errors.As(o.Err, &unknown) {
		t.Fatalf("the case cannot answer the edit, so it shows nothing: %v", o.Err)
	}
	e.judge(t, o.Result, o.Err, int(o.Result.Requests))
	if before, now := everyTable(t, unedited), everyTable(t, site); !reflect.DeepEqual(before, now) {
		t.Errorf("a table changed (- before, + after):\n%s", cmp.Diff(before, now))
	}
	if !reflect.DeepEqual(o.Files, c.Files) {
		t.Errorf("the folder of the run changed (- before, + after):\n%s", cmp.Diff(c.Files, o.Files))
	}
}

// judge holds the outcome of a run, and the requests that it sent, against the
// safeguard that must stop it.
func (e edit) judge(t *testing.T, result *amsx.Result, err error, requests int) {
	t.Helper()
	switch quiet := e.StoppedBy == "said" || e.StoppedBy == "nothing"; {
	case err != nil && quiet:
		t.Errorf("the edit was stopped: %v", everything(err))
	case quiet:
		if said := said(result); !regexp.MustCompile("(?s)" + e.Message).MatchString(said) {
			t.Errorf("nothing says %q:\n%s", e.Message, said)
		}
	case err == nil:
		t.Errorf("nothing stopped the edit; %s", e.Harm)
	}
	if err == nil {
		return
	}
	if !regexp.MustCompile("(?s)" + e.Message).MatchString(everything(err)) {
		t.Errorf("the message does not match %q:\n%v", e.Message, everything(err))
	}
	by := "run"
	var found amsx.Findings
	switch {
	case errors.As(err, &found):
		by = "check"
		if requests != 0 {
			t.Errorf("%d requests were sent although the check failed", requests)
		}
	case errors.Is(err, runtime.ErrFuse):
		by = "fuse"
	}
	if by != e.StoppedBy {
		t.Errorf("stopped by the %s, want the %s: %v", by, e.StoppedBy, err)
	}
}

// fillFromElsewhere adds the custodians of another import: two thirds of them
// are people of OKTA.
func fillFromElsewhere(t *testing.T, site *amsx.Site, sim *oktasim.Server) {
	t.Helper()
	var rows [][]string
	for i, u := range sim.Org().Users() {
		row := []string{"AD", fmt.Sprint(u.Profile["login"]), fmt.Sprint(u.Profile["email"]), fmt.Sprint(u.Profile["firstName"], " ", u.Profile["lastName"])}
		if i >= 300 {
			row[1] = fmt.Sprintf("elsewhere%d@example.net", i)
			row[2] = row[1]
		}
		rows = append(rows, row)
	}
	if err := site.Load(context.Background(), "Custodian", []string{"Source", "Login", "Email", "FullName"}, rows); err != nil {
		t.Fatal(err)
	}
}

// said is what a run that ended well says to a person.
func said(r *amsx.Result) string {
	var b strings.Builder
	for _, w := range r.Warnings {
		b.WriteString(w.Text + "\n")
	}
	return b.String()
}

// everything is all messages and hints of an error.
func everything(err error) string {
	var found amsx.Findings
	if !errors.As(err, &found) {
		return err.Error()
	}
	var b strings.Builder
	for _, d := range found {
		b.WriteString(d.Error() + " " + d.Hint + "\n")
	}
	return b.String()
}

// runScript runs a transformation against a simulator.
func runScript(t *testing.T, site *amsx.Site, sim *oktasim.Server, name string, source []byte, run int64, parameters map[string]string) (*amsx.Result, error) {
	t.Helper()
	return amsx.Parse(name, source).Run(context.Background(), amsx.RunOptions{
		Site: site, RunID: run, Fence: run, User: "test", Parameters: parameters,
		Packs: amsx.Pack{Domain: sim.URL, Username: "unused", Password: oktasim.DefaultToken},
	})
}

// custodians reads the whole table.
func custodians(t *testing.T, site *amsx.Site) [][]any {
	t.Helper()
	rows, err := site.Read(context.Background(), "SELECT * FROM Custodian ORDER BY CustodianID")
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// everyTable reads all business tables.
func everyTable(t *testing.T, site *amsx.Site) map[string][][]any {
	t.Helper()
	schema, err := site.Schema(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][][]any{}
	for _, name := range schema.Tables() {
		rows, err := site.Read(context.Background(), fmt.Sprintf("SELECT * FROM %q ORDER BY 1", name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = rows
	}
	return all
}

// TestDocuments holds every document that ships against the checker: not one
// finding.
func TestDocuments(t *testing.T) {
	names, err := fs.Glob(transformations.FS(), "*.amsx")
	if err != nil || len(names) == 0 {
		t.Fatal("no documents", err)
	}
	site := openSite(t, t.TempDir())
	schema, err := site.Schema(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range amsx.Parse(name, source).Check(amsx.CheckOptions{Schema: schema}) {
			t.Errorf("%v", d)
		}
	}
}
