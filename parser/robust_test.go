package parser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/parser"
)

// Sources made to exhaust a parser end with a finding, in time that grows with
// their length only: the test would run into its limit otherwise.
func TestHostileSources(t *testing.T) {
	line := func(s string, n int) string { return "Set x = " + strings.Repeat(s, n) }
	for _, c := range []struct{ name, src, code string }{
		{"parentheses", line("(", 400_000), lexer.CodeDepth},
		{"calls", line("f(", 200_000), lexer.CodeDepth},
		{"minus", line("- ", 200_000), lexer.CodeDepth},
		{"not", line("Not ", 400_000), lexer.CodeDepth},
		{"chain", line("1 + ", 150_000) + "1", lexer.CodeDepth},
		{"nested If", strings.Repeat("If 1 = 1 Then\n", 100_000), lexer.CodeDepth},
		{"too many lines", strings.Repeat("\n", lexer.MaxLines+1), lexer.CodeSize},
		{"too large", strings.Repeat("x", lexer.MaxSize+1), lexer.CodeSize},
		{"one name", "Log " + strings.Repeat("é", 400_000) + " !", lexer.CodeOperator},
		{"one string", `Log "` + strings.Repeat("x%", 400_000), lexer.CodeUnclosedText},
		{"references", `Log "` + strings.Repeat("%a[", 400_000), lexer.CodeUnclosedText},
		{"brackets", "Log " + strings.Repeat("a[", 150_000), lexer.CodeCharacter},
		{"quoted brackets", "Log " + strings.Repeat(`a["`, 150_000), lexer.CodeCharacter},
		{"long path", "Log " + strings.Repeat("a.", 400_000) + "a", lexer.CodePath},
		{"arguments", "Log " + strings.Repeat("“,", 200_000), lexer.CodeQuote},
		{"semicolons", "Log " + strings.Repeat("; ", 200_000) + "x", lexer.CodeCharacter},
		{"underscores", "Log " + strings.Repeat(" _", 200_000) + " x", lexer.CodeSyntax},
		{"deep elements", strings.Repeat("<a>", 400_000), lexer.CodeDepth},
		{"many elements", "<amsx>" + strings.Repeat("<a/>", 900_000) + "</amsx>", lexer.CodeSize},
		{"ampersands", "<amsx version=\"1\">\n" + strings.Repeat("&", 100_000) + "</amsx>", lexer.CodeMissing},
		{"long value", `<amsx version="` + strings.Repeat("x", 100_000) + `"/>`, lexer.CodeMissing},
		{"many parameters", manyParameters(100_000), lexer.CodeSize},
		{"closers", strings.Repeat("End If\n", 100_000), lexer.CodeStray},
		{"unclosed Text", "Text\n" + strings.Repeat("x\n", 100_000), lexer.CodeUnclosed},
		{"many unclosed Text", strings.Repeat("Text\nSqlExecute\n", 50_000), lexer.CodeUnclosed},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, list := parser.ParseTransformation("h.amsx", []byte(c.src))
			if !list.HasErrors() || list[0].Code != c.code {
				for _, d := range list[:min(3, len(list))] {
					t.Errorf("%s [%s]", d.Message, d.Code)
				}
				t.Fatalf("want a finding with code %s first", c.code)
			}
			for _, d := range list {
				if len([]rune(d.Message)) > 400 || len([]rune(d.Hint)) > 400 {
					t.Fatal("a finding repeats what it is about at full length")
				}
			}
		})
	}
}

func manyParameters(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "Parameter p%d\n", i)
	}
	return b.String()
}

// A line of megabytes that is right is read, and its last position is exact.
func TestLongLine(t *testing.T) {
	src := "Log " + strings.Repeat(`"é%a%", `, 160_000) + "%b%"
	f, list := parser.Parse("l.amsx", []byte(src))
	if len(list) > 0 {
		t.Fatal(list)
	}
	if want := len([]rune(src)) + 1; f.End.Column != want {
		t.Errorf("end in column %d, want %d", f.End.Column, want)
	}
}

// Long texts are split in one pass, whatever marks they hold.
func TestLongTexts(t *testing.T) {
	for _, body := range []string{"%%", `""`, "% ", "%a% ", "%a[", "é", `%a[x=""y""]%`} {
		body = strings.Repeat(body, 1_000_000/len(body))
		for _, src := range []string{`Log "` + body + `"`, "Text\n" + body + "\nEndText"} {
			if _, list := parser.Parse("t.amsx", []byte(src)); len(list) > 0 {
				t.Errorf("%.20q…: %v", src, list)
			}
		}
	}
}

// script is a made-up script of at least n lines.
func script(n int) string {
	var b strings.Builder
	for i := 0; strings.Count(b.String(), "\n") < n; i++ {
		fmt.Fprintf(&b, `// part %d
Set name = "Server Room %d"
Set id = Sql "SELECT LocationID FROM Location WHERE LocationDesc='%%name%%'"

If "%%id%%" = "" Then
  Text
    INSERT INTO Location(LocationDesc) VALUES('%%name%%')
  EndText
  SqlExecute
Else If %%id%% > 10 And Not "%%name%%" = "x" Then
  Set url = BuildUrl("https://example.com/api", "page", 1, -2.5)
Else
  Log "info", "nothing to do, 100%%%% done"
End If
ForEach user In JsonPages BuildUrl("%%url%%/users", "search", "status pr", "limit", "200")
  If %%user.profile.userType%% = "Service" Then Continue
  UpsertCustodian %%user%%, IIf(%%user.status%% = "DEPROVISIONED", "existing only", "all")
EndEach
`, i, i)
	}
	return b.String()
}

func BenchmarkParse1000Lines(b *testing.B) {
	src := []byte(script(1000))
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, list := parser.Parse("b.amsx", src); len(list) > 0 {
			b.Fatal(list)
		}
	}
}
