package lexer_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/lexer"
)

var typeNames = map[lexer.TokenType]string{
	lexer.EOL: "eol", lexer.Comment: "comment", lexer.Ident: "ident", lexer.Path: "path", lexer.String: "string",
	lexer.Number: "number", lexer.Var: "var", lexer.Op: "op", lexer.Raw: "raw", lexer.Illegal: "illegal",
}

// tokens is the source as one line of text: each token's type, text and place.
func tokens(src string) string {
	s := lexer.NewScanner(lexer.NewSource("", src).Whole())
	var out []string
	for {
		t, _ := s.Next()
		if t.Type == lexer.EOF {
			return strings.Join(out, " ")
		}
		v := t.Value
		if t.Type == lexer.EOL {
			v = ""
		}
		out = append(out, fmt.Sprintf("%s(%s)%d:%d", typeNames[t.Type], v, t.Pos.Line, t.Pos.Column))
	}
}

func TestTokens(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"", ""},
		{"\n", "eol()1:1"},
		{"Set x = 1", "ident(Set)1:1 ident(x)1:5 op(=)1:7 number(1)1:9 eol()1:10"},
		{"\ufeffLog 1", "ident(Log)1:1 number(1)1:5 eol()1:6"},
		{"a\r\nb\rc\nd", "ident(a)1:1 eol()1:2 ident(b)2:1 eol()2:2 ident(c)3:1 eol()3:2 ident(d)4:1 eol()4:2"},
		{"// x \t\n  // y", "comment(// x)1:1 eol()1:7 comment(// y)2:3 eol()2:7"},
		{`"a""b" 'c''d' "it's"`, `string("a""b")1:1 string('c''d')1:8 string("it's")1:15 eol()1:21`},
		{"%a% %a.b% %a.[First Name]% %a[0]% %o[x=y].z%", "var(%a%)1:1 var(%a.b%)1:5 var(%a.[First Name]%)1:11 var(%a[0]%)1:28 var(%o[x=y].z%)1:35 eol()1:45"},
		{"größe été e\u0301 名前 _x", "ident(größe)1:1 ident(été)1:7 ident(e\u0301)1:11 ident(名前)1:14 ident(_x)1:17 eol()1:19"},
		{"f(1, 2.50)", "ident(f)1:1 op(()1:2 number(1)1:3 op(,)1:4 number(2.50)1:6 op())1:10 eol()1:11"},
		{"a<>b<=c>=d==e<f", "ident(a)1:1 op(<>)1:2 ident(b)1:4 op(<=)1:5 ident(c)1:7 op(>=)1:8 ident(d)1:10 op(==)1:11 ident(e)1:13 op(<)1:14 ident(f)1:15 eol()1:16"},
		{"Log r.[A B].c @odata.type", "ident(Log)1:1 path(r.[A B].c)1:5 path(@odata.type)1:15 eol()1:26"},
		{"Log 1 _\n  , 2", "ident(Log)1:1 number(1)1:5 op(,)2:3 number(2)2:5 eol()2:6"},
		{"Log 1 _ \r\n\t& 2", "ident(Log)1:1 number(1)1:5 op(&)2:2 number(2)2:4 eol()2:5"},
		{"// c _\nx", "comment(// c _)1:1 eol()1:7 ident(x)2:1 eol()2:2"},
		{"Log a_\nx", "ident(Log)1:1 ident(a_)1:5 eol()1:7 ident(x)2:1 eol()2:2"},
		{"Text\n// not a comment %x%\n EndText\nx", "ident(Text)1:1 eol()1:5 raw(// not a comment %x%\n)2:1 ident(EndText)3:2 eol()3:9 ident(x)4:1 eol()4:2"},
		{"text\r\nend text", "ident(text)1:1 eol()1:5 raw()2:1 ident(end)2:1 ident(text)2:5 eol()2:9"},
		{"TEXT into x\na\nENDTEXT", "ident(TEXT)1:1 ident(into)1:6 ident(x)1:11 eol()1:12 raw(a\n)2:1 ident(ENDTEXT)3:1 eol()3:8"},
		{"Set text = 1", "ident(Set)1:1 ident(text)1:5 op(=)1:10 number(1)1:12 eol()1:13"},
		{"Log “a” x", "ident(Log)1:1 illegal(“a”)1:5 ident(x)1:9 eol()1:10"},
		{"Log \"é\" !", "ident(Log)1:1 string(\"é\")1:5 illegal(!)1:9 eol()1:10"},
		{"50%", "number(50)1:1 illegal(%)1:3 eol()1:4"},
	} {
		if d := cmp.Diff(c.want, tokens(c.src)); d != "" {
			t.Errorf("%q (-want +got):\n%s", c.src, d)
		}
	}
}

// Every illegal token carries what is wrong and what to write.
func TestIllegalSpeaks(t *testing.T) {
	for _, src := range []string{"Log “a”", "Set x = 1;", "Log \x02", "Log \xe9", "Log 1.2.3", "Log %a", "# x", "Log 'x", "Log a ? b", "Log ]"} {
		s := lexer.NewScanner(lexer.NewSource("", src).Whole())
		found := false
		for {
			tok, _ := s.Next()
			if tok.Type == lexer.EOF {
				break
			}
			if tok.Type != lexer.Illegal {
				continue
			}
			found = true
			d := s.Problem(&tok)
			if d == nil || d.Message == "" || d.Hint == "" || d.Code == "" || d.Pos != lexer.Position(tok.Pos) {
				t.Errorf("%q: %+v", src, d)
			}
		}
		if !found {
			t.Errorf("%q: nothing illegal", src)
		}
	}
}
