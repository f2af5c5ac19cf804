package docs_test

import (
	"testing"
	"testing/fstest"

	"github.com/amsx-lang/amsx/internal/harness"
)

// TestFixturePage loads the case that fixtures.md shows, with every setting.
func TestFixturePage(t *testing.T) {
	files := fstest.MapFS{}
	for _, b := range blocks(t, "fixtures.md") {
		switch b.language {
		case "toml":
			files["case/case.toml"] = &fstest.MapFile{Data: []byte(b.text)}
		case "http":
			files["case/exchanges/01-users.http"] = &fstest.MapFile{Data: []byte(b.text)}
		}
	}
	c, err := harness.Load(files, "case")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Exchanges) != 1 || c.Exchanges[0].Status != 200 || c.Former != 1 || c.Expect.Exit != 1 || c.Expect.Requests != 3 || c.Parameters["OktaGroups"] == "" {
		t.Errorf("%+v", c)
	}
}
