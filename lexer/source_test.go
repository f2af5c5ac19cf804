package lexer_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/amsx-lang/amsx/lexer"
)

// naive counts lines and characters the slow way.
func naive(text string, offset int) (line, column int) {
	line, column = 1, 1
	for i, r := range text {
		if i >= offset {
			break
		}
		switch {
		case r == '\uFEFF' && i == 0:
		case r == '\n', r == '\r' && !strings.HasPrefix(text[i+1:], "\n"):
			line, column = line+1, 1
		default:
			column++
		}
	}
	return line, column
}

func TestPositions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("ab é日\n\r\t\uFEFF😀")), 0, 600, -1).Draw(t, "text")
		s := lexer.NewSource("f", text)
		for i := range text {
			line, column := naive(text, i)
			if p := s.Position(i); p.Line != line || p.Column != column || p.Offset != i {
				t.Fatalf("offset %d of %q is %v, want %d:%d", i, text, p, line, column)
			}
		}
	})
}

func TestLines(t *testing.T) {
	s := lexer.NewSource("f", "\ufeffa\r\n\rb\nc")
	var got []string
	for n := 0; n <= s.Lines()+1; n++ {
		got = append(got, s.Line(n))
	}
	if d := cmp.Diff([]string{"", "a", "", "b", "c", ""}, got); d != "" {
		t.Error(d)
	}
}

// A fragment's bytes are found in the file, and back, also at the seams.
func TestFragment(t *testing.T) {
	src := lexer.NewSource("f", "xx<![CDATA[ab]]]]><![CDATA[>cd]]> &amp;é")
	f := src.Fragment(
		lexer.Piece{Start: 11, End: 15}, lexer.Piece{Start: 27, End: 30},
		lexer.Piece{Start: 34, End: 39, Replace: true, Text: "&"}, lexer.Piece{Start: 39, End: 41},
	)
	if f.Text() != "ab]]>cd&é" {
		t.Fatalf("text %q", f.Text())
	}
	for i, want := range []int{11, 12, 13, 14, 27, 28, 29, 34, 39} {
		p := f.Position(i)
		if p.Offset != want || f.Index(want) != i {
			t.Errorf("byte %d stands at %d and back at %d, want %d", i, p.Offset, f.Index(want), want)
		}
	}
	if p := f.Position(len(f.Text())); p.Offset != 41 {
		t.Errorf("the end stands at %d", p.Offset)
	}
	for _, c := range []struct {
		start, end int
		want       []lexer.Piece
	}{
		{0, 4, []lexer.Piece{{Start: 11, End: 15}}},
		{1, 3, []lexer.Piece{{Start: 12, End: 14}}},
		{3, 5, []lexer.Piece{{Start: 14, End: 15}, {Start: 27, End: 28}}},
		{6, 9, []lexer.Piece{{Start: 29, End: 30}, {Start: 34, End: 39, Replace: true, Text: "&"}, {Start: 39, End: 40}}},
		{2, 2, nil},
		{10, 10, nil},
	} {
		if got := f.Pieces(c.start, c.end); !slices.Equal(got, c.want) {
			t.Errorf("bytes %d to %d were taken from %v, want %v", c.start, c.end, got, c.want)
		}
	}
}

func TestDecode(t *testing.T) {
	utf16Bytes := func(s string, big, mark bool) []byte {
		var b []byte
		units := utf16.Encode([]rune(s))
		if mark {
			units = append([]uint16{0xFEFF}, units...)
		}
		for _, u := range units {
			if big {
				b = append(b, byte(u>>8), byte(u))
			} else {
				b = append(b, byte(u), byte(u>>8))
			}
		}
		return b
	}
	script := "Set x = 1\r\nLog \"hello\"\r\n"
	for _, c := range []struct {
		name string
		src  []byte
		want string // place and message; empty: none
	}{
		{"UTF-8", []byte(script), ""},
		{"UTF-8 with mark", []byte("\ufeff" + script), ""},
		{"empty", nil, ""},
		{"UTF-16 LE", utf16Bytes(script, false, true), "f:1:1: the file is saved as UTF-16 LE, not as UTF-8"},
		{"UTF-16 BE", utf16Bytes(script, true, true), "f:1:1: the file is saved as UTF-16 BE, not as UTF-8"},
		{"UTF-16 LE without mark", utf16Bytes(script, false, false), "f:1:1: the file is saved as UTF-16 LE, not as UTF-8"},
		{"UTF-16 BE without mark", utf16Bytes(script, true, false), "f:1:1: the file is saved as UTF-16 BE, not as UTF-8"},
		{"Windows-1252", []byte("a\nLog \"M\xfcller \x80\""), "f:2:7: byte 0xFC is not UTF-8; it would be ü in Windows-1252 (2 such bytes in the file)"},
		{"NUL", []byte("a\nb\x00"), "f:2:2: the file holds a NUL byte"},
		{"too large", make([]byte, lexer.MaxSize+1), "f:1:1: the file has 4194305 bytes; at most 4194304 are read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, list := lexer.Decode("f", c.src)
			got := ""
			if len(list) > 0 {
				if got = list[0].Error(); list[0].Hint == "" {
					t.Error("no hint")
				}
			} else if text != string(c.src) {
				t.Errorf("text %q", text)
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestNearest(t *testing.T) {
	words := []string{"Set", "If", "ForEach", "EndEach", "profile.email", "UpsertCustodian", "Custodian", "Log"}
	for _, c := range []struct{ word, want string }{
		{"Custodain", "Custodian"}, {"custodian", "Custodian"}, {"Custodiann", "Custodian"}, {"Custod", "Custodian"},
		{"ForEahc", "ForEach"}, {"foreach", "ForEach"}, {"Upsert", "UpsertCustodian"}, {"UpsertCustodain", "UpsertCustodian"},
		{"Lgo", "Log"}, {"Sett", "Set"}, {"x", ""}, {"Iff", "If"}, {"Fi", ""}, {"Employee", ""}, {"", ""},
		{strings.Repeat("x", 1_000_000), ""},
	} {
		if got := lexer.Nearest(c.word, words); got != c.want {
			t.Errorf("Nearest(%.20q) = %q, want %q", c.word, got, c.want)
		}
	}
}
