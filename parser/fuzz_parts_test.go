package parser_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
	"github.com/amsx-lang/amsx/parser/ast"
)

// told fails when a finding says nothing, says it at length, or stands outside
// of the file.
func told(t *testing.T, src string, list lexer.List) {
	t.Helper()
	for _, d := range list {
		inside(t, src, d.Pos, d.Message)
		if d.End.IsValid() && d.End.Offset < d.Pos.Offset {
			t.Fatalf("%s ends before it begins: %d in %q", d, d.End.Offset, src)
		}
		if d.Message == "" || d.Hint == "" || d.Code == "" || len([]rune(d.Message)) > 400 {
			t.Fatalf("%+v about %q", d, src)
		}
	}
}

// FuzzExpr: an expression or a finding, never both missing, and every node
// within the text.
func FuzzExpr(f *testing.F) {
	for _, s := range []string{
		"1 + 2 * -3", `Trim(profile.firstName & ' ' & profile.lastName)`, "a.b[0].[c d] Is Not Empty", `x In ("a", "b") And Not y Like "*z"`,
		`IIf(status = "A", "%x%", Null)`, "((1)", `"a" "b"`, "a = = b", "1,5", "a == b == c", "%a% Mod 2 <> - - 1", "Not Not a", "f(,,1)", `"say "hi" now"`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if !utf8.ValidString(src) {
			return
		}
		x, list := parser.ParseExpr(lexer.NewSource("f", src).Whole())
		told(t, src, list)
		if (x == nil) != list.HasErrors() {
			t.Fatalf("%q: %v, %v", src, x, list)
		}
		if x == nil {
			return
		}
		ast.Inspect(x, func(n ast.Node) bool {
			if n != nil {
				inside(t, src, n.Start(), "a node")
			}
			return true
		})
	})
}

// FuzzTemplate: the parts of a text, put together again, are the text.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{
		"a %b% c", "100%", "%%", "%%a%%", "%a.b[0].[c d]%", `say ""hi""`, "%a..b%", "%a%%b%", `%a.["x"]%`, "%a\u200bb%", "é%ü%", "%a[x=y].z% %", "%1%", "LIKE '%a-b%'",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if !utf8.ValidString(body) || strings.ContainsAny(body, "\r\n\x00") || strings.HasPrefix(body, "\ufeff") {
			return
		}
		src := "Text Into x\n" + body + "\nEndText\n"
		file, list := parser.Parse("f", []byte(src))
		told(t, src, list)
		if list.HasErrors() || len(file.Stmts) != 1 {
			return // EndText in the body, a path that cannot be read
		}
		text, ok := file.Stmts[0].(*ast.Text)
		if !ok {
			t.Fatalf("%T for %q", file.Stmts[0], src)
		}
		end := len("Text Into x\n") + len(body) + 1
		for i, p := range text.Body.Parts {
			inside(t, src, p.Pos, "a part")
			next := end
			if i+1 < len(text.Body.Parts) {
				next = text.Body.Parts[i+1].Pos.Offset
			}
			want, got := src[p.Pos.Offset:next], "" // up to the next part
			if p.Ref != nil {
				got = "%" + p.Ref.Raw + "%"
			} else {
				want, got = strings.ReplaceAll(want, "%%", "%"), p.Text
			}
			if got != want || i == 0 && p.Pos.Offset != len("Text Into x\n") {
				t.Fatalf("part %d of %q is %q, want %q", i, body, got, want)
			}
		}
	})
}

// FuzzDocument puts whatever text into a script and among the fields of a
// document.
func FuzzDocument(f *testing.F) {
	for _, s := range [][2]string{
		{`Log "hello"`, `<field destination="Email" source="e"/>`},
		{"If 1 < 2 Then\nEnd If", `<field destination="Email source="e"/>`},
		{`Log "a[b[0]]>"`, `<feild destination=e source='x' source="y"/>`},
		{`Log ]]]]><![CDATA[> 1`, `</maping>`},
		{"]]></source>", "<!-- a -- b -->"},
		{"Log “x”", `<field destination="A" source="CALC" value="a &amp; &quot;b&quot; &#10; & c"/>`},
		{"Text\nx\nEndText", `<value from="a" to="b">x</value><![CDATA[y]]>&nbsp;`},
		{"", `<!DOCTYPE a [<!ENTITY x "y">]>`},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, script, field string) {
		if !utf8.ValidString(script) || !utf8.ValidString(field) {
			return
		}
		src := "<amsx version=\"1\">\r\n<transformation name=\"é\"><source type=\"AMSX Script\"><![CDATA[\n" + script + "\n]]></source>\n<mapping>" + field +
			"</mapping>\n<destination table=\"Custodian\" updatekey=\"OktaID\"/>\n</transformation></amsx>"
		tr, list := parser.ParseTransformation("f", []byte(src))
		told(t, src, list)
		if list.HasErrors() {
			return
		}
		_ = ast.DumpTransformation(tr)
		ast.Inspect(tr.Script, func(n ast.Node) bool {
			if _, ok := n.(*ast.File); !ok && n != nil {
				inside(t, src, n.Start(), "a node")
			}
			return true
		})
	})
}
