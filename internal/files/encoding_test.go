package files_test

import (
	"testing"

	"github.com/amsx-lang/amsx/internal/files"
)

func TestDecode(t *testing.T) {
	for _, c := range []struct{ bytes, name, want string }{
		{"Zo\xc3\xab", "", "Zoë"},
		{"\xef\xbb\xbfZo\xc3\xab", "", "Zoë"},
		{"\xef\xbb\xbfZo\xc3\xab", "windows-1252", "Zoë"}, // the mark knows better
		{"\xff\xfeZ\x00\xeb\x00", "", "Zë"},
		{"\xfe\xff\x00Z\x00\xeb", "", "Zë"},
		{"Z\x00\xeb\x00", "UTF-16LE", "Zë"},
		{"Zo\xeb \x80", "windows-1252", "Zoë €"},
		{"Zo\xeb", "ISO-8859-1", "Zoë"},
		{"", "", ""},
		{"\xef", "", "\xef"},
	} {
		if got, _, err := files.Decode([]byte(c.bytes), c.name); got != c.want || err != nil {
			t.Errorf("%q in %s: %q, %v", c.bytes, c.name, got, err)
		}
	}
	if got, converted, err := files.Decode([]byte("Z\x00\xeb"), "utf-16le"); !files.Damaged(got, converted) {
		t.Errorf("half a character: %q, %v", got, err)
	}
	if _, _, err := files.Decode(nil, "klingon"); err == nil {
		t.Error("an unknown encoding is taken")
	}
}

func TestMistaken(t *testing.T) {
	for _, c := range []struct {
		bytes, name string
		want        bool
	}{
		{"M\xc3\xbcller, 5 \xe2\x82\xac, Zo\xc3\xab", "windows-1252", true},
		{"M\xc3\xbcller", "ISO-8859-15", true},
		{"M\xc3\xbcller", "utf-8", false},
		{"\xef\xbb\xbfM\xc3\xbcller", "windows-1252", false}, // the mark knows better
		{"Muller", "windows-1252", false},
		{"M\xfcller", "windows-1252", false},
		{"LIBERT\xc9\x94 M\xfcller", "windows-1252", false}, // É and a quote happen to be a character of UTF-8
		{"M\xfcller M\xc3\xbcller", "windows-1252", false},
		{"M\xc3\xbcller M\xc3", "windows-1252", false},
	} {
		if err := files.Mistaken("in/a.csv", []byte(c.bytes), c.name); (err != nil) != c.want {
			t.Errorf("%q in %s: %v", c.bytes, c.name, err)
		}
	}
}

func TestEncode(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"", "Zë"}, {"utf-8", "Zë"}, {"UTF-8-BOM", "\xef\xbb\xbfZë"}, {"windows-1252", "Z\xeb"}, {"utf-16le", "\xff\xfeZ\x00\xeb\x00"},
	} {
		got, err := files.Encode("Zë", c.name)
		if string(got) != c.want || err != nil {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
		back, _, err := files.Decode(got, c.name)
		if back != "Zë" || err != nil {
			t.Errorf("%s came back as %q, %v", c.name, back, err)
		}
	}
	if _, err := files.Encode("日", "windows-1252"); err == nil {
		t.Error("a character is lost")
	}
}
