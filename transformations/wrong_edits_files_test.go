package transformations_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/internal/harness"
	"github.com/amsx-lang/amsx/runtime"
	"github.com/amsx-lang/amsx/transformations"
)

// A caseEdit is an edit that is run in a fixture case of its document.
type caseEdit struct {
	edit
	Case string
}

// TestWrongEditsOfCases holds every wrong edit of testdata/wrong_edits_files.toml
// against its safeguard: the edited document runs in a case that the document
// itself passes, and leaves rows and files as they were.
func TestWrongEditsOfCases(t *testing.T) {
	var file struct{ Edit []caseEdit }
	meta, err := toml.DecodeFile("testdata/wrong_edits_files.toml", &file)
	if err != nil {
		t.Fatal(err)
	}
	if u := meta.Undecoded(); len(u) > 0 {
		t.Fatalf("unknown settings %v", u)
	}
	perDocument := map[string]int{}
	for _, e := range file.Edit {
		perDocument[e.Document]++
		t.Run(e.Document+"/"+e.Name, func(t *testing.T) { t.Parallel(); e.check(t) })
	}
	for d, n := range perDocument {
		if n < 3 {
			t.Errorf("only %d wrong edits of %s", n, d)
		}
	}
}

func (e caseEdit) check(t *testing.T) {
	ctx := context.Background()
	c, err := harness.Load(os.DirFS("."), e.Case)
	if err != nil {
		t.Fatal(err)
	}
	if c.Transformation != e.Document {
		t.Fatalf("the case %s is of %s", e.Case, c.Transformation)
	}
	_, source, err := c.Document(transformations.FS())
	if err != nil {
		t.Fatal(err)
	}
	edited := e.apply(t, string(source))
	for n, v := range e.Parameters {
		if c.Parameters == nil {
			c.Parameters = map[string]string{}
		}
		c.Parameters[n] = v
	}
	site, unedited := openSite(t, t.TempDir()), openSite(t, t.TempDir())
	if err := c.Fill(ctx, unedited); err != nil {
		t.Fatal(err)
	}
	packs := amsx.Pack{Domain: "https://" + c.Pack.Domain, Username: c.Pack.Username, Password: harness.Token}
	o, err := c.Run(ctx, site, amsx.Parse(e.Document, []byte(edited)), packs, batch.ExitCode)
	if err != nil {
		t.Fatal(err)
	}

	by, text := "run", ""
	var found amsx.Findings
	switch {
	case o.Err == nil:
		by, text = "said", said(o.Result)
	case errors.As(o.Err, &found):
		by, text = "check", everything(o.Err)
	case errors.Is(o.Err, runtime.ErrFuse):
		by, text = "fuse", everything(o.Err)
	default:
		text = everything(o.Err)
	}
	if by != e.StoppedBy {
		t.Errorf("stopped by %q, want %q; %s\n%s", by, e.StoppedBy, e.Harm, text)
	}
	if !regexp.MustCompile("(?s)" + e.Message).MatchString(text) {
		t.Errorf("nothing says %q:\n%s", e.Message, text)
	}
	before, now := tables(t, unedited, nil), tables(t, site, unedited)
	if !reflect.DeepEqual(before, now) {
		t.Errorf("the site changed (- before, + after):\n%s", cmp.Diff(before, now))
	}
	if !reflect.DeepEqual(o.Files, c.Files) {
		t.Errorf("the folder changed (- before, + after):\n%s", cmp.Diff(c.Files, o.Files))
	}
}

// tables reads all rows of a site, of the tables and columns of another one
// when that is given.
func tables(t *testing.T, s, like *amsx.Site) map[string][][]any {
	t.Helper()
	if like == nil {
		like = s
	}
	schema, err := like.Schema(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][][]any{}
	for _, name := range schema.Tables() {
		_, columns, _ := schema.Table(name)
		names := make([]string, len(columns))
		for i, c := range columns {
			names[i] = c.Name
		}
		if out[name], err = s.Read(context.Background(), fmt.Sprintf("SELECT %s FROM %s ORDER BY 1", strings.Join(names, ", "), name)); err != nil {
			t.Fatal(err)
		}
	}
	return out
}
