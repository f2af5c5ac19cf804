package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/builtins"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// docCmd explains commands and codes from the tables that the program itself
// works with, so it cannot fall behind them.
type docCmd struct {
	Topic string `arg:"" optional:"" help:"A command or function, such as UpsertCustodian, or a code, such as AMSX1003. Without: the list."`
}

// Help shows what may be asked.
func (docCmd) Help() string {
	return `Examples:

  amsx doc
  amsx doc JsonPages
  amsx doc AMSX1003`
}

// Run prints the explanation.
func (c *docCmd) Run(e *env, g *cli) error {
	p := newPalette(g.Color, e)
	if c.Topic == "" {
		listCommands(e.stdout, p)
		return nil
	}
	table := builtins.All()
	if cmd := table.Lookup(c.Topic); cmd != nil {
		explainCommand(e.stdout, p, cmd)
		return nil
	}
	var names []string
	for _, x := range amsx.Explanations() {
		if strings.EqualFold(x.Code, c.Topic) {
			explainCode(e.stdout, p, x)
			return nil
		}
		names = append(names, x.Code)
	}
	if instead, ok := table.Elsewhere(c.Topic); ok {
		return fmt.Errorf("%s is a documented xAssets command that this edition does not have: %s", c.Topic, instead)
	}
	if code := strings.ToUpper(c.Topic); strings.HasPrefix(code, "AMSX") && len(code) == 8 {
		return fmt.Errorf("there is no code %s; docs/findings.md has them all", code)
	}
	for _, cmd := range table.All() {
		names = append(names, cmd.Name)
	}
	if near := lexer.Nearest(c.Topic, names); near != "" {
		return fmt.Errorf("there is no command %s; did you mean %s?", c.Topic, near)
	}
	return fmt.Errorf("there is no command %s; amsx doc lists them", c.Topic)
}

// listCommands prints all commands by group.
func listCommands(w io.Writer, p palette) {
	var order []string
	groups := map[string][]*runtime.Command{}
	for _, cmd := range builtins.All().All() {
		if groups[cmd.Group] == nil {
			order = append(order, cmd.Group)
		}
		groups[cmd.Group] = append(groups[cmd.Group], cmd)
	}
	for i, g := range order {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w, p.bold(g))
		for _, cmd := range groups[g] {
			fmt.Fprintf(w, "  %-20s %s\n", cmd.Name, p.dim(cmd.Summary))
		}
	}
}

// explainCommand prints a command's page.
func explainCommand(w io.Writer, p palette, cmd *runtime.Command) {
	origin := "this edition's own"
	if cmd.Provenance == runtime.Documented {
		origin = "documented AMSX"
	}
	fmt.Fprintf(w, "%s  %s\n\n%s\n", p.bold(cmd.Usage()), p.dim("("+origin+")"), fold(cmd.Summary+" "+cmd.Doc, "  ", "  ", helpWidth))
	if len(cmd.Params) > 0 {
		fmt.Fprintln(w)
	}
	for _, a := range cmd.Params {
		text := a.Doc
		if len(a.OneOf) > 0 {
			text += " (" + strings.Join(a.OneOf, ", ") + ")"
		}
		if a.Default != "" {
			text += "; when left out: " + a.Default
		}
		fmt.Fprintln(w, fold(text, fmt.Sprintf("  %-14s ", a.Name), strings.Repeat(" ", 17), helpWidth))
	}
	if cmd.Result != "" {
		fmt.Fprintf(w, "\n  gives %s\n", cmd.Result)
	}
	for _, x := range cmd.Errors {
		fmt.Fprintln(w, fold(x, "  fails when ", "             ", helpWidth))
	}
	for _, x := range cmd.Examples {
		fmt.Fprintf(w, "\n  %s\n%s", p.dim("Example"), indent(x.Script, "    "))
		if x.Output != "" {
			fmt.Fprintf(w, "  %s\n%s", p.dim("shows"), indent(x.Output, "    "))
		}
	}
}

// explainCode prints the page of a code.
func explainCode(w io.Writer, p palette, x lexer.Explanation) {
	fmt.Fprintf(w, "%s  %s\n\n%s\n", p.bold(x.Code), p.bold(x.Title), fold(x.Text, "  ", "  ", helpWidth))
	if x.Before != "" {
		fmt.Fprintf(w, "\n  %s\n%s  %s\n%s", p.dim("Instead of"), indent(x.Before, "    "), p.dim("write"), indent(x.After, "    "))
	}
}

// helpWidth is how wide the text of a page is.
const helpWidth = 96

// indent puts a margin before every line, and shows characters that would do
// something to the terminal as what they are.
func indent(text, margin string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		b.WriteString(margin + lexer.Safe(strings.TrimSuffix(line, "\n")) + "\n")
	}
	return b.String()
}
