package lexer_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/amsx-lang/amsx/lexer"
)

// FuzzScanner holds whatever text against what the parser builds on: the
// tokens stand one behind the other and are the text itself, between them are
// only blanks and what a note is about, every Illegal token has its finding,
// and the end comes.
func FuzzScanner(f *testing.F) {
	for _, s := range []string{
		"Set x = \"a\" & %b.c[0]%\n", "Text Into x\n SELECT 1;\nEnd Text\n", "> If 1 = 1 Then\n>  Text\n> EndText\n",
		"Log \"a\nb\", 2", "Set x = {\"a\": [1, 2]}", "Set x = [\"a\", \"b\"]", "Log “a” ‘b’ « c »", "If\u00a01 = 1\u200b Then\r\n",
		"Text // x\n a\nEndText;", "Set x = 1 _\n  + 2 ' c", "S\u0435t x = 1 -- y", "Log %a.[b c]% =3D &quot; \uff1d", "\ufeffLog .5 1.2.3 12abc\r\r\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if !utf8.ValidString(src) {
			return // refused by Decode
		}
		frag := lexer.NewSource("f", src).Whole()
		base := len(src) - len(frag.Text())
		s := lexer.NewScanner(frag)
		at := base
		for n := 0; ; n++ {
			if n > 2*len(src)+3 {
				t.Fatalf("no end of tokens in %q", src)
			}
			tok, err := s.Next()
			if err != nil {
				t.Fatal(err)
			}
			if tok.Pos.Offset < at || tok.Pos.Offset+len(tok.Value) > len(src) {
				t.Fatalf("token %q at %d, behind %d, in %q", tok.Value, tok.Pos.Offset, at, src)
			}
			gap := src[at:tok.Pos.Offset]
			if strings.Trim(gap, " \t") != "" && len(s.Notes()) == 0 && !strings.Contains(gap, "_") {
				t.Fatalf("%q is between two tokens and nothing is said, in %q", gap, src)
			}
			if src[tok.Pos.Offset:tok.Pos.Offset+len(tok.Value)] != tok.Value {
				t.Fatalf("token %q is not the text at %d in %q", tok.Value, tok.Pos.Offset, src)
			}
			if tok.Type == lexer.Illegal {
				if d := s.Problem(&tok); d == nil || d.Message == "" || d.Hint == "" || d.Code == "" {
					t.Fatalf("nothing is said about %q in %q: %+v", tok.Value, src, d)
				}
			}
			if tok.Type == lexer.EOF {
				if strings.Trim(src[tok.Pos.Offset:], " \t") != "" {
					t.Fatalf("the end comes at %d in %q", tok.Pos.Offset, src)
				}
				return
			}
			at = tok.Pos.Offset + len(tok.Value)
		}
	})
}

// FuzzDecode: a file of whatever bytes is text that can be read, or there is a
// finding whose place is in the file.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"Set x = 1\r\n", "\xff\xfeL\x00o\x00", "\xfe\xff\x00L\x00o", "L\x00o\x00g\x00 \x00", "M\xfcller", "a\x00b", "\xff\xfe\x00\x00L\x00\x00\x00", "\ufeffé"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		text, list := lexer.Decode("f", src)
		if len(list) == 0 && (text != string(src) || !utf8.ValidString(text)) {
			t.Fatalf("%q is text without a finding", src)
		}
		for _, d := range list {
			if !d.Pos.IsValid() || d.Pos.Offset > len(src) || d.Hint == "" {
				t.Fatalf("%+v about %q", d, src)
			}
		}
		var b strings.Builder
		source := lexer.NewSource("f", string(src))
		if err := lexer.Fprint(&b, func(string) *lexer.Source { return source }, list, lexer.Options{}); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(b.String(), "\x00\x1b\r") || !utf8.ValidString(b.String()) {
			t.Fatalf("printed as it is: %q", b.String())
		}
	})
}
