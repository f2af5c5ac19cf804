package docs_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/builtins"
	"github.com/amsx-lang/amsx/runtime"
)

//go:generate env AMSX_UPDATE=1 go test -run TestCommandsPage

// TestCommandsPage holds commands.md against the table of the built-ins. With
// AMSX_UPDATE set it writes the page.
func TestCommandsPage(t *testing.T) {
	want := commandsPage()
	if os.Getenv("AMSX_UPDATE") != "" {
		if err := os.WriteFile("commands.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("commands.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, strings.ReplaceAll(string(got), "\r\n", "\n")); diff != "" {
		t.Errorf("commands.md is not current; go generate ./docs writes it (- want, + is):\n%s", diff)
	}
}

// commandsPage is the page of all commands and functions, by group.
func commandsPage() string {
	var b strings.Builder
	b.WriteString("# Commands and functions\n\nWritten by `go generate ./docs` from the table that the program itself works with. `amsx doc NAME` prints one entry in the terminal.\n" +
		"**[ours]** marks what is of this edition; all else is documented AMSX. Every example is run by the tests.\n")
	var order []string
	groups := map[string][]*runtime.Command{}
	for _, c := range builtins.All().All() {
		if groups[c.Group] == nil {
			order = append(order, c.Group)
		}
		groups[c.Group] = append(groups[c.Group], c)
	}
	for _, g := range order {
		fmt.Fprintf(&b, "\n## %s\n", g)
		for _, c := range groups[g] {
			b.WriteString(entry(c))
		}
	}
	return b.String()
}

// entry is one command of the page.
func entry(c *runtime.Command) string {
	var b strings.Builder
	mark := " **[ours]**"
	if c.Provenance == runtime.Documented {
		mark = ""
	}
	fmt.Fprintf(&b, "\n### %s\n\n`%s`%s — %s\n", c.Name, c.Usage(), mark, strings.TrimSpace(c.Summary+" "+c.Doc))
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
