package amsx_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/runtime"
)

// withoutExample are the codes whose pages show no file, and why: what is
// meant there is not a few lines of a file.
var withoutExample = map[string]string{
	"AMSX1002": "a file of megabytes",
	"AMSX2006": "a hundred blocks inside each other",
	"AMSX4021": "of a file the parser says AMSX3006",
	"AMSX4052": "it needs a second file",
	"AMSX4053": "it needs a second file",
	"AMSX4056": "thousands of calls",
	"AMSX4075": "it needs recordings",
	"AMSX5004": "the names are known only while the script runs",
	"AMSX5005": "the values are known only while the script runs",
}

// siteSchema is the schema of a new site.
func siteSchema(t *testing.T) runtime.Schema {
	t.Helper()
	st, err := amsx.OpenSite(t.Context(), filepath.Join(t.TempDir(), "site.db"))
	if err != nil {
		t.Fatal(err)
	}
	schema, err := st.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// codesOfTheModule are the codes that the sources name as constants.
func codesOfTheModule(t *testing.T) map[string]string {
	t.Helper()
	codes := map[string]string{}
	form := regexp.MustCompile(`^AMSX[0-9]{4}$`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range f.Decls {
			g, ok := decl.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				for i, x := range v.Values {
					lit, ok := x.(*ast.BasicLit)
					if !ok || lit.Kind != token.STRING {
						continue
					}
					s, err := strconv.Unquote(lit.Value)
					if err != nil || !form.MatchString(s) {
						continue
					}
					if old := codes[s]; old != "" {
						t.Errorf("%s is two codes: %s and %s", s, old, v.Names[i].Name)
					}
					codes[s] = v.Names[i].Name
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return codes
}

// Every code of the module has one page, and no page is of another code.
func TestEveryCodeHasItsPage(t *testing.T) {
	codes := codesOfTheModule(t)
	if len(codes) < 80 {
		t.Fatalf("only %d codes were found", len(codes))
	}
	last := ""
	for _, e := range amsx.Explanations() {
		if e.Code <= last {
			t.Errorf("%s stands behind %s", e.Code, last)
		}
		last = e.Code
		if codes[e.Code] == "" {
			t.Errorf("%s has a page and no constant", e.Code)
		}
		delete(codes, e.Code)
	}
	for code, name := range codes {
		t.Errorf("%s (%s) has no page", code, name)
	}
}

// Every example has the finding it is about, and none when it is mended.
func TestExamplesOfPages(t *testing.T) {
	schema := siteSchema(t)
	for _, e := range amsx.Explanations() {
		t.Run(e.Code, func(t *testing.T) {
			if e.Title == "" || e.Text == "" {
				t.Error("no title or text")
			}
			if e.Before == "" {
				if withoutExample[e.Code] == "" && !strings.HasPrefix(e.Code, "AMSX7") {
					t.Error("no example")
				}
				return
			}
			if withoutExample[e.Code] != "" {
				t.Error("it has an example: take it off the list")
			}
			options := amsx.CheckOptions{Schema: schema, Packs: []string{"OKTA_API"}}
			found := amsx.Parse("before.amsx", []byte(e.Before)).Check(options)
			if !slices.ContainsFunc(found, func(d *amsx.Finding) bool { return d.Code == e.Code }) {
				t.Errorf("the example has no such finding: %s", said(found))
			}
			if e.After == "" {
				t.Error("it does not say what to write instead")
				return
			}
			if found := amsx.Parse("after.amsx", []byte(e.After)).Check(options); len(found) > 0 {
				t.Errorf("the mended example has findings: %s", said(found))
			}
		})
	}
}

// said is what findings say, a line each.
func said(found amsx.Findings) string {
	var b strings.Builder
	for _, d := range found {
		b.WriteString("\n  " + d.Pos.String() + " " + d.Severity.String() + " " + d.Code + " " + d.Message + " (" + d.Hint + ")")
	}
	return b.String()
}
