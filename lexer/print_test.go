package lexer_test

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/lexer"
)

var update = flag.Bool("update", false, "rewrite testdata")

// printed are lines, and what is underlined in them by character.
var printed = []struct {
	line       string
	column, to int
	message    string
}{
	{`If %count% > 0`, 15, 0, "Then is missing at the end of the line"},
	{`Log “hello”`, 5, 12, "“ is a typographic quotation mark"},
	{"\tSet\tx = = 1", 10, 11, "behind tabs"},
	{"Log \"日本語\", 名前 ! 1", 15, 16, "behind wide characters"},
	{"Log \"e\u0301te\u0301\" ! 1", 13, 14, "behind combining marks"},
	{"Log \"a\x1b[31mred\x00\" ! 1", 18, 19, "an escape sequence \x1b[2J in the line and the message"},
	{"Log \"\u202egnp.exe\" ! 1", 15, 16, "text that would run from right to left"},
	{"Set x = " + strings.Repeat("1 + ", 200) + "! + " + strings.Repeat("2 + ", 200) + "3", 809, 810, "in the middle of a long line"},
	{"Log \"" + strings.Repeat("x", 300), 5, 306, "a long underline"},
	{strings.Repeat("é", 2_000_000) + "!", 2_000_001, 2_000_002, "at the end of a line of megabytes"},
	{`Log "\xe9"`, 1, 0, "one character"},
}

func TestFprint(t *testing.T) {
	for _, color := range []bool{false, true} {
		name := "testdata/print.golden"
		if color {
			name = "testdata/print_color.golden"
		}
		var b strings.Builder
		for _, p := range printed {
			src := lexer.NewSource("a.amsx", p.line)
			d := &lexer.Diagnostic{
				Pos: lexer.Position{Filename: "a.amsx", Line: 1, Column: p.column}, Code: lexer.CodeSyntax,
				Message: p.message, Hint: "write it otherwise",
			}
			if p.to > 0 {
				d.End = lexer.Position{Filename: "a.amsx", Line: 1, Column: p.to}
			}
			lookup := func(string) *lexer.Source { return src }
			if err := lexer.Fprint(&b, lookup, lexer.List{d}, lexer.Options{Color: color}); err != nil {
				t.Fatal(err)
			}
		}
		if *update {
			if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), b.String()); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		if !color && strings.ContainsAny(b.String(), "\x1b\x00\u202e") {
			t.Error("a character that acts on the terminal was printed")
		}
	}
}

// A finding about a file that is not at hand, or about no place, is printed
// without its line.
func TestFprintWithoutSource(t *testing.T) {
	var b strings.Builder
	list := lexer.List{
		{Severity: lexer.Warning, Message: "no place"},
		{Pos: lexer.Position{Filename: "b.amsx", Line: 7, Column: 2}, Severity: lexer.Info, Message: "elsewhere"},
	}
	lookup := func(string) *lexer.Source { return nil }
	if err := lexer.Fprint(&b, lookup, list, lexer.Options{}); err != nil {
		t.Fatal(err)
	}
	want := "-: warning: no place\nb.amsx:7:2: info: elsewhere\n"
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
}

func TestDiagnosticJSON(t *testing.T) {
	at := lexer.Position{Filename: "a.amsx", Line: 2, Column: 3}
	for want, d := range map[string]*lexer.Diagnostic{
		`{"file":"a.amsx","line":2,"column":3,"endLine":2,"endColumn":5,"severity":"warning","code":"AMSX1005","message":"m","hint":"h"}`: {
			Pos: at, End: lexer.Position{Line: 2, Column: 5}, Severity: lexer.Warning, Code: "AMSX1005", Message: "m", Hint: "h"},
		// Every property is there always; a place without a range is one character.
		`{"file":"a.amsx","line":2,"column":3,"endLine":2,"endColumn":4,"severity":"error","code":"","message":"m","hint":""}`: {
			Pos: at, Message: "m"},
		`{"file":"a.amsx","line":2,"column":3,"endLine":2,"endColumn":4,"severity":"error","code":"","message":"n","hint":""}`: {
			Pos: at, End: at, Message: "n"},
		`{"file":"a.amsx","line":2,"column":3,"endLine":3,"endColumn":1,"severity":"error","code":"","message":"o","hint":""}`: {
			Pos: at, End: lexer.Position{Line: 3, Column: 1}, Message: "o"},
		`{"file":"a.amsx","line":0,"column":0,"endLine":0,"endColumn":0,"severity":"error","code":"","message":"p","hint":""}`: {
			Pos: lexer.Position{Filename: "a.amsx"}, Message: "p"},
	} {
		got, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, string(got)); d != "" {
			t.Error(d)
		}
	}
}

// A file in another encoding is not shown: it is not readable, and what is
// wrong with it has no place.
func TestPrintOtherEncoding(t *testing.T) {
	text := "\xff\xfeL\x00o\x00g\x00 \x00\"\x00x\x00\"\x00"
	src := lexer.NewSource("u.amsx", text)
	_, list := lexer.Decode("u.amsx", []byte(text))
	var b strings.Builder
	if err := lexer.Fprint(&b, func(string) *lexer.Source { return src }, list, lexer.Options{}); err != nil {
		t.Fatal(err)
	}
	want := "u.amsx:1:1: error: the file is saved as UTF-16 LE, not as UTF-8 [AMSX1001]\n" +
		"      = save the file as UTF-8 (Notepad: Save as, Encoding \"UTF-8\"); in PowerShell: Set-Content -Encoding utf8\n"
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
}
