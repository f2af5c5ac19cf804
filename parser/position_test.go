package parser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
	"github.com/amsx-lang/amsx/parser/ast"
)

// hurt is a document with mistakes in its script, in attributes and in the
// mapping; § marks each place that a finding names.
const hurt = `<?xml version="1.0" encoding="UTF-8"?>
<amsx version="1">
  <!-- größer -->
  <transformation name="Ünter &amp; über" layer="SYSTEM">
    <source type="AMSX Script"><![CDATA[
Set x = "日本" §! 1
	Log "é" & "]]]]><![CDATA[>" §“x”
Log ']]]]><![CDATA[>' & %a% _
  §b c
]]></source>
    <mapping>
      <field destination="OktaID" source="id"/>
      <field destination="Email" source="CALC" value="'&amp;é' &amp; a §b"/>
      <field destination="Phone" source="CALC" value="a
          &amp; §&quot;x"/>
      <field destination="Site" source="office§ name" §reqired="true"/>
    </mapping>
    <destination table="Custodian" updatekey="OktaID,
      §Login"/>
  </transformation>
</amsx>
`

// Findings stand where the editor shows them, whatever the line ends, with a
// byte order mark, behind seams of CDATA sections, behind entities and wide
// characters.
func TestPositionsInDocuments(t *testing.T) {
	var want []string
	line, column := 1, 1
	for _, r := range hurt {
		switch r {
		case '§':
			want = append(want, fmt.Sprintf("%d:%d", line, column))
		case '\n':
			line, column = line+1, 1
		default:
			column++
		}
	}
	clean := strings.ReplaceAll(hurt, "§", "")
	for name, src := range map[string]string{
		"LF": clean, "CRLF": strings.ReplaceAll(clean, "\n", "\r\n"), "CR": strings.ReplaceAll(clean, "\n", "\r"),
		"mark": "\ufeff" + clean, "mark and CRLF": "\ufeff" + strings.ReplaceAll(clean, "\n", "\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			_, list := parser.ParseTransformation("d.amsx", []byte(src))
			var got []string
			for _, d := range list {
				got = append(got, fmt.Sprintf("%d:%d", d.Pos.Line, d.Pos.Column))
				if p := lexer.NewSource("d.amsx", src).Position(d.Pos.Offset); p != d.Pos {
					t.Errorf("offset and column disagree: %v, %v", d.Pos, p)
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s\n%s", d, report(list))
			}
		})
	}
}

// References in strings, in Text and in attributes have exact places of their
// own, each step of their paths too.
func TestPositionsOfReferences(t *testing.T) {
	src := "Set x = \"é\"\"%a.b% %% %c[0].[First Name]%\"\r\nText\r\n  '%d%' & 100% %e.f%\r\nEndText\r\n"
	f, list := parser.Parse("r.amsx", []byte(src))
	if len(list) > 0 {
		t.Fatal(list)
	}
	lines := strings.Split(src, "\r\n")
	var got []string
	ast.Inspect(f, func(n ast.Node) bool {
		if p, ok := n.(*ast.Path); ok {
			for _, s := range p.Steps {
				rest := string([]rune(lines[s.Pos.Line-1])[s.Pos.Column-1:])
				got = append(got, rest[:min(3, len(rest))])
			}
		}
		return true
	})
	want := []string{"x =", "a.b", "b% ", "c[0", "[0]", "[Fi", "d%'", "e.f", "f%"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
