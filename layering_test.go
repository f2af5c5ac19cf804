package amsx_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The packages from the bottom up, and what each may import of this module.
// The table is the rule of the house: when a build breaks it, the build is
// wrong, not the table. A package that is not listed may not exist.
var layers = []struct {
	pkg     string
	imports string // packages of this module, "" none
	libs    string // third-party modules that only this package (and others that list them) may import
}{
	{"internal/redact", "", ""},
	{"internal/expect", "", ""},    // of tests
	{"internal/pgtest", "", "pgx"}, // of tests
	{"lexer", "", "participle mattn/go-runewidth"},
	{"parser/ast", "lexer", ""},
	{"parser", "lexer parser/ast", "participle etree"},
	{"parser/format", "lexer parser parser/ast", ""},
	{"runtime", "internal/redact lexer parser/ast", "gjson decimal"},
	{"internal/sqltext", "lexer parser/ast runtime", ""},
	{"internal/webapi", "internal/redact", "gjson"},
	{"internal/files", "lexer runtime", ""},
	{"internal/csvtext", "", ""},
	{"internal/wholefile", "", ""},
	{"internal/xmldoc", "lexer runtime", "etree"},
	{"internal/site", "lexer runtime", "zombiezen.com/go/sqlite modernc.org/sqlite goose gjson"},
	{"internal/replica", "internal/site", "zombiezen.com/go/sqlite pgx goose"},
	{"internal/control", "internal/redact lexer runtime", "modernc.org/sqlite goose filippo.io/age"},
	{"internal/oktasim", "", "gjson"},
	{"builtins", "lexer parser parser/ast runtime internal/sqltext internal/webapi internal/files internal/csvtext internal/xmldoc", "decimal etree"},
	{"transformations", "", ""},
	{"amsx", "internal/redact lexer parser/ast parser parser/format runtime internal/sqltext internal/webapi internal/files internal/site internal/replica builtins transformations", ""},
	{"internal/harness", "lexer runtime amsx transformations internal/site", "toml"},
	{"internal/plan", "internal/site internal/wholefile", ""},
	{"internal/batch", "internal/redact lexer runtime amsx internal/control internal/plan internal/site internal/webapi", ""},
	{"docs", "", ""}, // pages, and tests that hold them against the program
	{"cmd/amsx", "lexer runtime amsx builtins transformations internal/batch internal/control internal/csvtext internal/plan internal/site internal/webapi internal/wholefile internal/oktasim internal/harness", "kong mpb toml mattn/go-runewidth go-udiff"},
}

// guarded are the third-party modules whose importers the table names.
var guarded = []string{"participle", "etree", "gjson", "decimal", "zombiezen.com/go/sqlite", "modernc.org/sqlite", "goose", "filippo.io/age", "toml", "pgx", "kong", "mpb", "mattn/go-runewidth", "go-udiff"}

func TestLayering(t *testing.T) {
	const module = "github.com/amsx-lang/amsx/"
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for seen := 0; ; seen++ {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			if seen < 5 {
				t.Fatalf("only %d packages were listed", seen)
			}
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, module)
		if name == strings.TrimSuffix(module, "/") {
			continue // this test's own package
		}
		at := slices.IndexFunc(layers, func(l struct{ pkg, imports, libs string }) bool {
			return l.pkg == name || strings.HasPrefix(name, l.pkg+"/") && !strings.HasPrefix(name, "parser/")
		})
		if at < 0 {
			t.Errorf("package %s stands in no layer: add it to the table where it belongs", name)
			continue
		}
		l := layers[at]
		for _, imp := range p.Imports {
			if rest, ok := strings.CutPrefix(imp, module); ok {
				if !slices.Contains(strings.Fields(l.imports), rest) && !strings.HasPrefix(rest, l.pkg+"/") && !strings.HasPrefix(name, rest) {
					t.Errorf("%s imports %s, which the table does not allow", name, rest)
				}
				continue
			}
			for _, g := range guarded {
				if strings.Contains(imp, g) && !slices.Contains(strings.Fields(l.libs), g) {
					t.Errorf("%s imports %s, which is not for this layer", name, imp)
				}
			}
		}
	}
}
