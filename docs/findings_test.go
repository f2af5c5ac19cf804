package docs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/lexer"
)

// TestFindingsPage holds findings.md against the pages of the codes.
func TestFindingsPage(t *testing.T) { generated(t, "findings.md", findingsPage()) }

// kindsOfCodes are the sections of the page, by the code's first digit.
var kindsOfCodes = []struct{ digit, title string }{
	{"1", "Characters"}, {"2", "Lines and blocks"}, {"3", "Documents"}, {"4", "What the script and its mapping mean"},
	{"5", "SQL"}, {"6", "Commands"}, {"7", "Errors and notes of a run"},
}

func findingsPage() string {
	var b strings.Builder
	b.WriteString("# Findings and errors\n\nWritten by `go generate ./docs` from the pages that the program itself has. `amsx doc CODE` prints one of them in the terminal.\n" +
		"Every example is checked by the tests: the first form has the finding, the second has none.\n")
	all := amsx.Explanations()
	for _, k := range kindsOfCodes {
		fmt.Fprintf(&b, "\n## %s\n", k.title)
		for _, e := range all {
			if !strings.HasPrefix(e.Code, "AMSX"+k.digit) {
				continue
			}
			fmt.Fprintf(&b, "\n### %s %s\n\n%s\n", e.Code, e.Title, inPage(e.Text))
			if e.Before != "" {
				fmt.Fprintf(&b, "\nInstead of\n\n%s\nwrite\n\n%s", fenced("text", e.Before), fenced(languageOf(e.After), e.After))
			}
		}
	}
	return b.String()
}

// languageOf is the language of a block: a script that people may copy, or a
// document.
func languageOf(text string) string {
	if strings.HasPrefix(text, "<") {
		return "xml"
	}
	return "amsx"
}

// fenced is a script or document as a block of the page.
func fenced(language, text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := range lines {
		lines[i] = lexer.Safe(lines[i])
	}
	return "```" + language + "\n" + strings.Join(lines, "\n") + "\n```\n"
}

// inPage is text in which what looks like an element of XML is seen.
func inPage(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", `\*`, "_", `\_`).Replace(s)
}
