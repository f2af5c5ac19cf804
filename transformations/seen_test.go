package transformations_test

import (
	"os"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/harness"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
	"github.com/amsx-lang/amsx/transformations"
)

// recorded are the names that the cases of a document have.
func recorded(t *testing.T, name string) *runtime.Seen {
	t.Helper()
	dirs, err := harness.List(os.DirFS("."), strings.TrimSuffix(name, ".amsx"))
	if err != nil || len(dirs) == 0 {
		t.Fatal("no cases", err)
	}
	seen := &runtime.Seen{}
	for _, dir := range dirs {
		c, err := harness.Load(os.DirFS("."), dir)
		if err != nil {
			t.Fatal(err)
		}
		c.See(seen)
	}
	return seen
}

// notRecorded are the findings about fields that no case has.
func notRecorded(script *amsx.Script, schema runtime.Schema, seen *runtime.Seen) (found []*lexer.Diagnostic) {
	for _, d := range script.Check(amsx.CheckOptions{Schema: schema, Seen: seen}) {
		if d.Code == runtime.CodeNotRecorded {
			found = append(found, d)
		}
	}
	return found
}

// TestRecordedFields: every field that a document reads is in its cases, with
// the site's tables known and without.
func TestRecordedFields(t *testing.T) {
	schema, err := openSite(t, t.TempDir()).Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	entries, err := transformations.FS().ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Run(e.Name(), func(t *testing.T) {
			script, err := amsx.ParseFS(transformations.FS(), e.Name())
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []runtime.Schema{schema, nil} {
				for _, d := range notRecorded(script, s, recorded(t, e.Name())) {
					t.Error(d, "|", d.Hint)
				}
			}
		})
	}
}

// TestRecordedFieldsFind: a slip in the name of a field that only the cases
// know is found, and the hint has the name.
func TestRecordedFieldsFind(t *testing.T) {
	for _, tt := range []struct{ file, find, replace, hint string }{
		{"hr_csv.amsx", `source="[First name]"/>`, `source="[Frist name]"/>`, "First name is recorded"},
		{"hr_csv.amsx", `CDate([Start date], `, `CDate([Started], `, "look whether the API has it"},
		{"hr_csv.amsx", `source="Department"`, `source="Depatment"`, "Department is recorded"},
		{"hr_csv.amsx", `  UpsertCustodian %person%`, "  If %person.Departmnt% = \"Trainees\" Then Continue\n  UpsertCustodian %person%", "Department is recorded"},
		{"okta_custom_attributes.amsx", `profile.[deskNumber]`, `profile.[deskNumbr]`, "deskNumber is recorded"},
	} {
		source, err := transformations.FS().ReadFile(tt.file)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Replace(string(source), tt.find, tt.replace, 1)
		if text == string(source) {
			t.Errorf("%s has no %s", tt.file, tt.find)
			continue
		}
		found := notRecorded(amsx.Parse(tt.file, []byte(text)), nil, recorded(t, tt.file))
		if len(found) != 1 || found[0].Severity != lexer.Warning || !strings.Contains(found[0].Hint, tt.hint) {
			t.Errorf("%s for %s: %v", tt.replace, tt.find, found)
		}
	}
}
