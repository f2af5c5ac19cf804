package csvtext_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/amsx-lang/amsx/internal/csvtext"
)

// read prints the records of a text, one a line: "line: a|b", and what is
// wrong with the others.
func read(text string, separator byte) string {
	var b strings.Builder
	r := csvtext.NewReader(strings.NewReader(text), separator)
	for {
		fields, err := r.Read()
		var bad *csvtext.LineError
		switch {
		case err == io.EOF:
			return b.String()
		case errors.As(err, &bad):
			fmt.Fprintf(&b, "%d! %s\n", bad.Line, bad.Reason)
		case err != nil:
			fmt.Fprintf(&b, "%d!! %v\n", r.Line(), err)
			return b.String()
		default:
			fmt.Fprintf(&b, "%d: %s\n", r.Line(), strings.Join(fields, "|"))
		}
	}
}

func TestRead(t *testing.T) {
	const behind = "there is text behind a closing quote; within quotes a quote is written twice"
	for _, c := range []struct{ name, text, want string }{
		{"plain", "a,b\n1,2\n", "1: a|b\n2: 1|2\n"},
		{"no line end", "a,b\n1,2", "1: a|b\n2: 1|2\n"},
		{"empty fields", ",\na,,\n", "1: |\n2: a||\n"},
		{"empty lines are none", "\n\na\n\r\n\nb\n\n", "3: a\n6: b\n"},
		{"an empty text in quotes is a record", "\"\"\na\n", "1: \n2: a\n"},
		{"CR LF, CR, LF", "a\r\nb\rc\nd", "1: a\n2: b\n3: c\n4: d\n"},
		{"quotes", `"a,b","say ""yes""",""` + "\n", "1: a,b|say \"yes\"|\n"},
		{"line breaks stay", "\"a\r\nb\nc\rd\",x\ny,z\n", "1: a\r\nb\nc\rd|x\n5: y|z\n"},
		{"inch", "Dell 24\" monitor,7\n", "1: Dell 24\" monitor|7\n"},
		{"blanks around quotes", "\"a\", \"b\" ,c \n", "1: a|b|c \n"},
		{"blanks stay", " a , b\n", "1:  a | b\n"},
		{"text behind a quote", "a,b\n\"x\"y,1\nc,d\n", "1: a|b\n2! " + behind + "\n3: c|d\n"},
		{"an open quote eats lines until it is told", "a,b\n\"x,1\ny,2\nz,\"3\"\nc,d\n", "1: a|b\n2! " + behind + "\n5: c|d\n"},
		{"cut within quotes", "a,b\n\"x", "1: a|b\n2!! a quote is not closed\n"},
		{"cut behind a quote", "a,\"b\"", "1: a|b\n"},
		{"not UTF-8", "a\nM\xfcller\n", "1: a\n2!! the text is not in its encoding\n"},
		{"zero bytes", "a\x00\n", "1!! the text is not in its encoding\n"},
		{"nothing", "", ""},
	} {
		if d := cmp.Diff(c.want, read(c.text, ',')); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

// A record is bounded, also one that skips to the end of a line.
func TestMaxRecord(t *testing.T) {
	long := strings.Repeat("x", csvtext.MaxRecord+1)
	for _, text := range []string{`"` + long, long, `"a"b` + long} {
		r := csvtext.NewReader(strings.NewReader(text), ',')
		if _, err := r.Read(); !errors.Is(err, csvtext.ErrSize) {
			t.Errorf("got %v", err)
		}
	}
}

// endless makes lines without holding them.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	const line = "4711;\"Müller; Anna\";anna@example.com;Sales;2026-01-31;1234,50\n"
	n := 0
	for e.left > 0 && n+len(line) <= len(p) {
		n += copy(p[n:], line)
		e.left -= len(line)
	}
	if n == 0 && e.left <= 0 {
		return 0, io.EOF
	}
	return n, nil
}

// A large file is read in flat memory.
func TestFlatMemory(t *testing.T) {
	size := 64 << 20
	if testing.Short() {
		size = 16 << 20
	}
	r := csvtext.NewReader(&endless{size}, ';')
	var most uint64
	for n := 0; ; n++ {
		fields, err := r.Read()
		if err == io.EOF {
			if n < size/80 {
				t.Errorf("only %d records were read", n)
			}
			break
		}
		if err != nil || len(fields) != 6 || fields[1] != "Müller; Anna" {
			t.Fatalf("%v, %v", fields, err)
		}
		if n%100_000 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	}
	if most > 16<<20 {
		t.Errorf("the heap had %d MB", most>>20)
	}
}

func TestDetect(t *testing.T) {
	for _, c := range []struct{ text, want, rest string }{
		{"a;b;c\n1;2,5;3\n", ";", "a;b;c\n1;2,5;3\n"},
		{"a,b\n", ",", "a,b\n"},
		{"a\tb\n", "\t", "a\tb\n"},
		{"a|b", "|", "a|b"},
		{"\"a;b;c\",d\n", ",", "\"a;b;c\",d\n"},
		{"\"a\nb;c\",d,e\n", ",", "\"a\nb;c\",d,e\n"},
		{"a\n1;2;3\n", ",", "a\n1;2;3\n"},
		{"sep=|\r\na|b\n", "|", "a|b\n"},
		{"sep=;\na,b;c\n", ";", "a,b;c\n"},
		{"", ",", ""},
		{"Name, First;Login\n", "the first line has \";\" and \",\" equally often", ""},
	} {
		sep, rest, _, err := csvtext.Detect(strings.NewReader(c.text))
		if err != nil {
			if err.Error() != c.want {
				t.Errorf("%q: %v", c.text, err)
			}
			continue
		}
		left, err := io.ReadAll(rest)
		if string(rune(sep)) != c.want || string(left) != c.rest || err != nil {
			t.Errorf("%q: %q, %q, %v", c.text, sep, left, err)
		}
	}
}

func TestParseSeparator(t *testing.T) {
	for _, s := range []string{";", ",", "|", "\t", "tab", "TAB", "^", "#", "~"} {
		if _, err := csvtext.ParseSeparator(s); err != nil {
			t.Error(err)
		}
	}
	for _, s := range []string{"", ";;", "\"", "a", "5", " ", "\n", "\r", "ö", "'", "-"} {
		if _, err := csvtext.ParseSeparator(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}

func TestFormulasAreHarmless(t *testing.T) {
	in := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "a=b", "", "'x"}
	for i := range in {
		in[i] = csvtext.Harmless(in[i])
	}
	got := string(csvtext.AppendRecord(nil, ',', in))
	want := "'=1+1,'+1,'-1,'@SUM(A1),'\tx,\"'\rx\",a=b,,'x\r\n"
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// FuzzRead holds the reader against itself and encoding/csv: nothing panics,
// what is written is read back, and where encoding/csv reads a text, this
// reader reads the same.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\"a\r\nb\",c\r\n", "a;b\rc;d", "\"x\"y\n", "24\" x,1\n", " \"a\" ,b\n", "\"", "\xff\n", "a\x00b\n", "sep=;\na;b"} {
		f.Add(s, byte(','))
		f.Add(s, byte(';'))
	}
	f.Fuzz(func(t *testing.T, text string, separator byte) {
		if _, err := csvtext.ParseSeparator(string(rune(separator))); err != nil || separator >= 0x80 {
			return
		}
		var records [][]string
		r := csvtext.NewReader(strings.NewReader(text), separator)
		clean := true
		last := 0
		for {
			fields, err := r.Read()
			var bad *csvtext.LineError
			if errors.As(err, &bad) {
				clean = false
				continue
			}
			if err != nil {
				clean = clean && err == io.EOF
				break
			}
			if r.Line() <= last {
				t.Fatalf("record in line %d behind one in line %d", r.Line(), last)
			}
			last = r.Line()
			records = append(records, fields)
		}
		if lines := 1 + strings.Count(text, "\n") + strings.Count(text, "\r"); last > lines {
			t.Fatalf("line %d of %d", last, lines)
		}

		var written []byte
		for _, fields := range records {
			written = csvtext.AppendRecord(written, separator, fields)
		}
		var again [][]string
		for w := csvtext.NewReader(strings.NewReader(string(written)), separator); ; {
			fields, err := w.Read()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%q: %v", written, err)
			}
			again = append(again, fields)
		}
		if !reflect.DeepEqual(records, again) {
			t.Fatalf("%q was read back as %q", records, again)
		}

		if !clean || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\r") {
			return
		}
		std := csv.NewReader(strings.NewReader(text))
		std.Comma, std.FieldsPerRecord = rune(separator), -1
		theirs, err := std.ReadAll()
		if err != nil {
			return
		}
		for _, fields := range records {
			for i := range fields {
				fields[i] = strings.ReplaceAll(fields[i], "\r\n", "\n") // as encoding/csv does
			}
		}
		if !reflect.DeepEqual(records, theirs) {
			t.Fatalf("%q: %q, and encoding/csv reads %q", text, records, theirs)
		}
	})
}
