package webapi

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain text, Zoë 北京", "plain text, Zoë 北京"},
		{"  lines\r\n\tand \u00a0 blanks  ", "lines and blanks"},
		{"\x1b[31;1mred\x1b[0m", "red"},
		{"\x1b]0;title\atext", "text"},
		{"\x1b]8;;http://evil.example.com\x1b\\link\x1b]8;;\x1b\\", "link"},
		{"\x1bPq#0;2;0\x1b\\sixel", "sixel"},
		{"\u009b31mred", "red"},
		{"\u009d0;title\u009ctext", "text"},
		{"\x1b]0;never closed\nnext line", "next line"},
		{"\x1b[12", ""},
		{"\x1b", ""},
		{"\x1bcreset", "reset"},
		{"a\x00b\x7fc\u0085d", "abc d"},
		{"right\u202eleft\u2066", "rightleft"},
		{"\ufeffbom", "bom"},
		{"bad \xff\xfe bytes", "bad \uFFFD\uFFFD bytes"},
	} {
		if got := clean(c.in, 100); got != c.want {
			t.Errorf("clean(%q) = %q, want %q", c.in, got, c.want)
		}
	}
	if got := clean(strings.Repeat("é", 50), 10); got != strings.Repeat("é", 10)+"…" {
		t.Errorf("cut to %q", got)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("\x1b[31m<p>text</p>\x9b\u009d;\a", 5)
	f.Add("<!DOCTYPE html><script>x</script><b>y", 300)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = 1 + (limit&0x7fffffff)%400
		for _, got := range []string{clean(text, limit), clean(bodyText([]byte(text)), limit)} {
			if !utf8.ValidString(got) || utf8.RuneCountInString(got) > limit+1 {
				t.Errorf("%q has %d characters of %d", got, utf8.RuneCountInString(got), limit)
			}
			for _, r := range got {
				if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
					t.Errorf("%q holds %q", got, r)
				}
			}
		}
	})
}
