package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/builtins"
	"github.com/amsx-lang/amsx/parser"
	"github.com/amsx-lang/amsx/runtime"
)

//go:generate env AMSX_UPDATE=1 go test -run "TestReference|TestFindingsPage"

// TestReference holds the generated pages against what they are made of: the
// reference against the table of the built-ins, the grammar against the
// parser's.
func TestReference(t *testing.T) {
	pages := referencePages()
	pages["grammar.md"] = "# Grammar\n\nWritten by `go generate ./docs`: the lines as the parser itself has them. Which lines make up a block, and what each means, is in [the language](language.md).\n\n" +
		"```ebnf\n" + strings.TrimRight(parser.Grammar(), "\n") + "\n```\n"
	for name, want := range pages {
		generated(t, name, want)
	}
	there, err := filepath.Glob("reference/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range there {
		if pages[filepath.ToSlash(name)] == "" {
			t.Errorf("%s is written by nothing", name)
		}
	}
}

// generated holds a page against what it must be. With AMSX_UPDATE set it
// writes the page.
func generated(t *testing.T, page, want string) {
	t.Helper()
	if os.Getenv("AMSX_UPDATE") != "" {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, strings.ReplaceAll(string(got), "\r\n", "\n")); diff != "" {
		t.Errorf("%s is not current; go generate ./docs writes it (- want, + is):\n%s", page, diff)
	}
}

// referencePages are the pages of all commands and functions: one a group, and
// one that lists them.
func referencePages() map[string]string {
	var order []string
	groups := map[string][]*runtime.Command{}
	for _, c := range builtins.All().All() {
		if groups[c.Group] == nil {
			order = append(order, c.Group)
		}
		groups[c.Group] = append(groups[c.Group], c)
	}
	pages := map[string]string{}
	var index strings.Builder
	index.WriteString("# Commands and functions\n\nWritten by `go generate ./docs` from the table that the program itself works with. `amsx doc NAME` prints one entry in the terminal.\n" +
		"**[ours]** marks what is of this edition; all else is documented AMSX. Every example is run by the tests.\n")
	for _, g := range order {
		file := strings.ToLower(g) + ".md"
		fmt.Fprintf(&index, "\n## [%s](%s)\n\n| | |\n| --- | --- |\n", g, file)
		var b strings.Builder
		fmt.Fprintf(&b, "# %s\n\nWritten by `go generate ./docs`. [All commands and functions](README.md)\n", g)
		for _, c := range groups[g] {
			fmt.Fprintf(&index, "| [%s](%s#%s) | %s |\n", c.Name, file, strings.ToLower(c.Name), strings.ReplaceAll(c.Summary, "|", "\\|"))
			b.WriteString(entry(c))
		}
		pages["reference/"+file] = b.String()
	}
	pages["reference/README.md"] = index.String()
	return pages
}

// entry is one command of the page.
func entry(c *runtime.Command) string {
	var b strings.Builder
	mark := " **[ours]**"
	if c.Provenance == runtime.Documented {
		mark = ""
	}
	fmt.Fprintf(&b, "\n## %s\n\n`%s`%s — %s\n", c.Name, c.Usage(), mark, strings.TrimSpace(c.Summary+" "+c.Doc))
	if len(c.Params) > 0 {
		b.WriteString("\n")
	}
	for _, p := range c.Params {
		text := p.Doc
		if len(p.OneOf) > 0 {
			text += " (" + strings.Join(p.OneOf, ", ") + ")"
		}
		if p.Default != "" {
			text += "; when left out: " + p.Default
		}
		fmt.Fprintf(&b, "- `%s`: %s\n", p.Name, text)
	}
	if c.Result != "" {
		fmt.Fprintf(&b, "\nGives %s.\n", c.Result)
	}
	for _, x := range c.Examples {
		fmt.Fprintf(&b, "\n```amsx\n%s```\n", strings.TrimRight(x.Script, "\n")+"\n")
		if x.Output != "" {
			fmt.Fprintf(&b, "\n```text\n%s```\n", strings.TrimRight(x.Output, "\n")+"\n")
		}
	}
	return b.String()
}
