package harness

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"io"
	"path"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/amsx-lang/amsx/runtime"
)

// See adds the names of the fields that the case's answers and files have. What
// cannot be read as JSON, XML or CSV has none: a case may hold broken answers.
func (c *Case) See(seen *runtime.Seen) {
	for _, e := range c.Exchanges {
		seeText(seen, plain(e.Body))
	}
	for _, f := range c.Files {
		text := plain(f.Content)
		if !seeText(seen, text) && !strings.EqualFold(path.Ext(f.Name), ".amsx") {
			seeColumns(seen, text)
		}
	}
}

// seeText adds the names of JSON or XML, and reports whether it is one of them.
func seeText(seen *runtime.Seen, text string) bool {
	switch text = strings.TrimLeft(text, " \t\r\n"); {
	case strings.HasPrefix(text, "{") || strings.HasPrefix(text, "["):
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		for { // one text, or a line each
			var v any
			if d.Decode(&v) != nil {
				return true
			}
			seeJSON(seen, "", v)
		}
	case strings.HasPrefix(text, "<"):
		seeXML(seen, text)
		return true
	}
	return false
}

// seeJSON adds the names below the name above; elements of an array stand below
// the array's.
func seeJSON(seen *runtime.Seen, above string, v any) {
	switch v := v.(type) {
	case nil:
	case map[string]any:
		for name, x := range v {
			seen.Add(above, name)
			seeJSON(seen, name, x)
		}
	case []any:
		for _, x := range v {
			seeJSON(seen, above, x)
		}
	default:
		seen.Fill(above)
	}
}

// seeXML adds the names of elements and attributes, without and with prefix.
func seeXML(seen *runtime.Seen, text string) {
	d := xml.NewDecoder(strings.NewReader(text))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 by now
	var around []xml.Name
	names := func(n xml.Name) []string {
		if n.Space == "" {
			return []string{n.Local}
		}
		return []string{n.Local, n.Space + ":" + n.Local}
	}
	above := func() []string {
		if len(around) == 0 {
			return []string{""}
		}
		return names(around[len(around)-1])
	}
	for {
		t, err := d.RawToken()
		if err != nil {
			return
		}
		switch t := t.(type) {
		case xml.StartElement:
			for _, up := range above() {
				for _, n := range names(t.Name) {
					seen.Add(up, n)
				}
			}
			around = append(around, t.Name)
			for _, a := range t.Attr {
				for _, up := range names(t.Name) {
					for _, n := range names(a.Name) {
						seen.Add(up, "@"+n)
					}
				}
			}
		case xml.EndElement:
			if len(around) > 0 {
				around = around[:len(around)-1]
			}
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				for _, up := range above() {
					seen.Fill(up)
				}
			}
		}
	}
}

// seeColumns adds the names in the first line of a CSV file, divided by each
// of the separators that it may have.
func seeColumns(seen *runtime.Seen, text string) {
	if line, rest, ok := strings.Cut(text, "\n"); ok && strings.HasPrefix(strings.ToLower(line), "sep=") {
		text = rest
	}
	if end := strings.IndexByte(text, '\r'); end >= 0 && !strings.Contains(text[:end], "\n") && !strings.HasPrefix(text[end:], "\r\n") {
		text = text[:end] // lines that end with CR alone
	}
	for _, separator := range ",;\t|" {
		r := csv.NewReader(strings.NewReader(text))
		r.Comma, r.LazyQuotes, r.FieldsPerRecord = separator, true, -1
		names, err := r.Read()
		if err != nil {
			continue
		}
		for _, n := range names {
			if n = strings.TrimSpace(n); n != "" && len(n) < 200 {
				seen.AddColumn(n)
			}
		}
	}
}

// plain is a text of whatever encoding: names are plain letters nearly always,
// and in windows-1252 the others are where Latin-1 has them.
func plain(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		low := int(b[0] & 1) // FF FE: the low byte comes first
		units := make([]uint16, 0, len(b)/2)
		for i := 2; i+1 < len(b); i += 2 {
			units = append(units, uint16(b[i+1-low])|uint16(b[i+low])<<8)
		}
		return string(utf16.Decode(units))
	case utf8.Valid(b):
		return strings.TrimPrefix(string(b), "\ufeff")
	}
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
}
