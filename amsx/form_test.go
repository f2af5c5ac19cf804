package amsx_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/builtins"
	"github.com/amsx-lang/amsx/internal/oktasim"
	"github.com/amsx-lang/amsx/internal/sqltext"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
	"github.com/amsx-lang/amsx/runtime"
)

const scriptForm = "testdata/okta_users_script.amsx"

// mappingOf compiles a transformation and returns what its mapping asks of the
// site, without the places in the file.
func mappingOf(t *testing.T, name string, source []byte, schema runtime.Schema) runtime.TargetSpec {
	t.Helper()
	tree, list := parser.ParseTransformation(name, source)
	p, more := runtime.Compile(tree, runtime.Options{Table: builtins.All(), SQL: sqltext.Compile, Schema: schema})
	for _, d := range append(list, more...) {
		t.Errorf("%v", d)
	}
	if p == nil {
		t.FailNow()
	}
	spec := p.Mapping("").Spec()
	spec.Pos = lexer.Position{}
	for i := range spec.Columns {
		spec.Columns[i].Pos = lexer.Position{}
	}
	return spec
}

// The flagship's document, and the same written by hand as a script, compile
// to one mapping and leave one table.
func TestFormsAgree(t *testing.T) {
	o, p := people450(t), newOrg(t, oktasim.Config{})
	schema, err := o.site.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(scriptForm)
	if err != nil {
		t.Fatal(err)
	}
	document := mappingOf(t, "okta_users.amsx", flagship(t).Source(), schema)
	if len(document.Columns) < 15 {
		t.Fatalf("the document maps %d columns", len(document.Columns))
	}
	if d := cmp.Diff(document, mappingOf(t, scriptForm, source, schema)); d != "" {
		t.Fatalf("the mappings differ (- document, + script):\n%s", d)
	}

	own := p.sim
	p.sim = o.sim // the same people, another database
	defer func() { p.sim = own }()
	script := amsx.Parse(scriptForm, source)
	for i, what := range []string{"the first run", "a run with changes", "a run with leavers"} {
		switch i {
		case 1:
			if err := o.sim.Org().SetProfile(o.sim.Org().Users()[5].ID, "lastName", "Changed"); err != nil {
				t.Fatal(err)
			}
		case 2:
			if err := o.sim.Org().RemoveUser(o.sim.Org().Users()[7].ID); err != nil {
				t.Fatal(err)
			}
		}
		a, err := o.run(nil)
		if err != nil {
			t.Fatalf("%s, document: %v", what, err)
		}
		b, err := p.runScript(script, nil)
		if err != nil {
			t.Fatalf("%s, script: %v", what, err)
		}
		if d := cmp.Diff(a.Counts, b.Counts); d != "" {
			t.Errorf("%s: the counts differ (- document, + script):\n%s", what, d)
		}
		var tables [2][][]any
		for k, site := range []*amsx.Site{o.site, p.site} {
			if tables[k], err = site.Read(t.Context(), "SELECT * FROM Custodian ORDER BY OktaID"); err != nil {
				t.Fatal(err)
			}
		}
		if len(tables[0]) < 450 || cmp.Diff(tables[0], tables[1]) != "" {
			t.Errorf("%s: the tables differ, %d and %d rows", what, len(tables[0]), len(tables[1]))
		}
	}
}

// The wrong edits of a script's mapping are stopped before anything is read.
func TestScriptFormEdits(t *testing.T) {
	good, err := os.ReadFile(scriptForm)
	if err != nil {
		t.Fatal(err)
	}
	o := newOrg(t, oktasim.Config{Users: 60, Seed: 5})
	if _, err := o.runScript(amsx.Parse(scriptForm, good), nil); err != nil {
		t.Fatal(err)
	}
	before, err := o.site.Read(t.Context(), "SELECT * FROM Custodian ORDER BY CustodianID")
	if err != nil || len(before) < 60 {
		t.Fatal(len(before), err)
	}
	for _, e := range []struct{ name, find, replace, message string }{
		{"the key is the department", "Key OktaID", "Key Department", "Department is no key"},
		{"a second key", "Key OktaID", "Key OktaID, Department", "OktaID alone is the key"},
		{"End Map is lost", "End Map\n", "", "this Map is not closed with End Map"},
		{"End DataMap is lost", "End DataMap\n", "", "this DataMap is not closed with End DataMap"},
		{"a second Map by the same name", "DataMap OktaStatus warn", "Map To Custodian Key Login\n  Login = profile.login\nEnd Map\nDataMap OktaStatus warn", "a mapping of that name stands in line"},
		{"the status table is turned round", `"ACTIVE"       = "True"`, `"ACTIVE" = "False"`, "turned round"},
		{"Active is not mapped", "  Active         = status DataMap OktaStatus\n", "", "no field fills Active"},
		{"a field that OKTA lacks", "profile.firstName & ' '", "profile.fristName & ' '", "no record has the field profile.fristName"},
		{"a Transaction around the loop", "  ForEach user In JsonPages BuildUrl(\"%okta.Url%/api/v1/users\"", "  Transaction\n  ForEach user In JsonPages BuildUrl(\"%okta.Url%/api/v1/users\"", "this Transaction is not closed"},
		{"DeactivateMissing moves into a Sub that runs in the loop", "  DeactivateMissing\n", "End If\nSub Leavers\n  DeactivateMissing\nEnd Sub\nIf 1 = 1 Then\n  ForEach x In List(1)\n    Leavers\n  EndEach\n", "inside a loop nobody knows yet who is missing"},
		{"the Upsert moves into a Sub under a condition", `    UpsertCustodian %user%, IIf(%user.status% = "DEPROVISIONED" And`, "    If %user.status% = \"ACTIVE\" Then WriteUser %user%\n    Set x = IIf(%user.status% = \"DEPROVISIONED\" And", "with this condition people whose status changes"},
	} {
		t.Run(e.name, func(t *testing.T) {
			if strings.Count(string(good), e.find) != 1 {
				t.Fatalf("%q stands %d times in the script", e.find, strings.Count(string(good), e.find))
			}
			text := strings.Replace(string(good), e.find, e.replace, 1)
			if strings.Contains(text, "WriteUser") {
				text += "Sub WriteUser u\n  UpsertCustodian %u%\nEnd Sub\n"
			}
			requests := len(o.sim.Requests())
			_, err := o.runScript(amsx.Parse(scriptForm, []byte(text)), nil)
			found, ok := err.(amsx.Findings)
			if !ok {
				t.Fatalf("the check did not stop it: %v", err)
			}
			said := ""
			for _, d := range found {
				if d.Severity == lexer.Error {
					said += d.Message + "\n"
				}
			}
			if !strings.Contains(said, e.message) {
				t.Errorf("no error says %q:\n%s", e.message, said)
			}
			if len(o.sim.Requests()) != requests {
				t.Error("it sent requests")
			}
		})
	}
	after, err := o.site.Read(t.Context(), "SELECT * FROM Custodian ORDER BY CustodianID")
	if err != nil || cmp.Diff(before, after) != "" {
		t.Errorf("the table changed: %v", err)
	}
}

// write makes files in a folder and returns the path of the first.
func write(t *testing.T, dir string, files ...string) string {
	t.Helper()
	for i := 0; i < len(files); i += 2 {
		at := filepath.Join(dir, filepath.FromSlash(files[i]))
		if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(files[i+1]), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, filepath.FromSlash(files[0]))
}

// Scripts are called from the folder of the one that runs and below it, and
// from nowhere else.
func TestScriptsOfTheFolder(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "scripts")
	write(t, top, "secret.amsx", "Log \"info\", \"outside\"\n")
	write(t, dir, "parts/one.amsx", "CallLocal \"deep/two.amsx\"\nCallLocal \"../three.amsx\"\n", "parts/deep/two.amsx", "Set x = \"two\"\n", "three.amsx", "Set x = \"%x% three\"\n", "folder.amsx/inner", "")
	if err := os.Symlink(filepath.Join(top, "secret.amsx"), filepath.Join(dir, "link.amsx")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	check := func(script string) string {
		t.Helper()
		s, err := amsx.ParseFile(write(t, dir, "main.amsx", script))
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := lexer.Fprint(&b, s.Text, s.Check(amsx.CheckOptions{}), lexer.Options{}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if said := check("CallLocal \"parts/one.amsx\"\nLog \"info\", %x%\n"); said != "" {
		t.Errorf("scripts of the folder: %s", said)
	}
	if said := check("CallLocal \"parts\\one.amsx\"\nLog \"info\", %x%\n"); said != "" {
		t.Errorf("with a backslash: %s", said)
	}
	for name, want := range map[string]string{
		"../secret.amsx":                       "stands outside of the folder",
		"parts/../../secret.amsx":              "stands outside of the folder",
		`..\secret.amsx`:                       "stands outside of the folder",
		filepath.Join(top, "secret.amsx"):      "is no place in the folder",
		"C:secret.amsx":                        "is no place in the folder",
		`\\server\share\secret.amsx`:           "is no place in the folder",
		"link.amsx":                            "the file link.amsx cannot be read",
		"folder.amsx":                          "folder.amsx is no file",
		"tree.amsx":                            "did you mean three.amsx?",
		"file://" + filepath.ToSlash(top) + "": "is no place in the folder",
	} {
		if said := check("Call \"" + name + "\"\n"); !strings.Contains(said, want) || strings.Contains(said, top+string(filepath.Separator)+"secret") && name != filepath.Join(top, "secret.amsx") {
			t.Errorf("%s: want %q in:\n%s", name, want, said)
		}
	}
	// A finding in a called file shows that file's line.
	write(t, dir, "parts/bad.amsx", "Set y = 1\nLgo \"x\"\n")
	said := check("Call \"parts/bad.amsx\"\n")
	if !strings.Contains(said, filepath.Join("parts", "bad.amsx")+":2:1") || !strings.Contains(said, `Lgo "x"`) || !strings.Contains(said, "did you mean Log?") {
		t.Errorf("the finding in the called file:\n%s", said)
	}
	// A script that was given as text calls none.
	found := amsx.Parse("text.amsx", []byte("Call \"three.amsx\"\n")).Check(amsx.CheckOptions{})
	if len(found) != 1 || !strings.Contains(found[0].Message, "stands in no folder") {
		t.Errorf("without a folder: %v", found)
	}
}

// Transaction on a site: what was before it survives its error, upserts and
// SQL, and a test run writes nothing.
func TestTransactionOnASite(t *testing.T) {
	const source = `Map Units To Department Key DepartmentName
  DepartmentName = name
End Map
Upsert Row("name", "Before")
SqlExecute "INSERT INTO Department (DepartmentName) VALUES ('Plain')"
Try
  Transaction
    Upsert Row("name", "Inside")
    SqlExecute "DELETE FROM Department WHERE 1 = 1"
    WriteFile "inside.txt", "lost"
    Throw "no"
  End Transaction
Catch
  Log "info", "%ERROR%"
End Try
Transaction
  Upsert Row("name", "Kept")
  WriteFile "kept.txt", "kept"
End Transaction
Upsert Row("name", "Behind")
Stop "the run fails"
`
	names := func(o *org) string {
		t.Helper()
		rows, err := o.site.Read(t.Context(), "SELECT DepartmentName FROM Department ORDER BY DepartmentName")
		if err != nil {
			t.Fatal(err)
		}
		out := ""
		for _, r := range rows {
			out += r[0].(string) + " "
		}
		return out
	}
	o := newOrg(t, oktasim.Config{})
	if _, err := o.runScript(amsx.Parse("units.amsx", []byte(source)), func(r *amsx.RunOptions) { r.Testing, r.Files = true, t.TempDir() }); err == nil || !strings.Contains(err.Error(), "the run fails") {
		t.Fatal(err)
	}
	if got := names(o); got != "" {
		t.Errorf("a test run left %s", got)
	}
	dir := t.TempDir()
	if _, err := o.runScript(amsx.Parse("units.amsx", []byte(source)), func(r *amsx.RunOptions) { r.Files = dir }); err == nil || !strings.Contains(err.Error(), "the run fails") {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 || files[0].Name() != "kept.txt" {
		t.Errorf("files %v, want kept.txt alone: %v", files, err)
	}
	if got, want := names(o), "Before Kept Plain "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
