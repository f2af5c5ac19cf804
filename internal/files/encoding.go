package files

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
)

const encodingHint = `write "utf-8", "windows-1252" or "utf-16le"`

// Known is an error when no encoding has this name.
func Known(name string) error {
	_, err := named(name)
	return err
}

// withMark is UTF-8 that begins with the mark by which Excel knows it.
const withMark = "utf-8-bom"

// named finds an encoding; nil is UTF-8.
func named(name string) (encoding.Encoding, error) {
	switch strings.ToLower(name) {
	case "", "utf-8", "utf8", withMark:
		return nil, nil
	case "utf-16le": // a byte order mark is read apart
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), nil
	case "utf-16be":
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), nil
	}
	e, err := ianaindex.IANA.Encoding(name)
	if err != nil || e == nil {
		return nil, failf(encodingHint, "the encoding %q is not known", name)
	}
	return e, nil
}

// marks are the byte order marks that say what the rest of a file is.
var marks = []struct {
	bytes string
	name  string
}{{"\xef\xbb\xbf", "utf-8"}, {"\xff\xfe", "utf-16le"}, {"\xfe\xff", "utf-16be"}}

// A Decoder reads a file's text as UTF-8. A byte order mark says what the
// bytes are; without one they are in the encoding that was given, or in UTF-8.
type Decoder struct {
	io.Reader
	// Converted: the text was converted, so a character that is wrong in the
	// file is U+FFFD. Otherwise the bytes are as they are in the file.
	Converted bool
	name      string
	witness   *witness // of an encoding of single bytes
}

// NewDecoder reads the text of r, in the encoding of a name ("": UTF-8).
func NewDecoder(r io.Reader, name string) (*Decoder, error) {
	e, err := named(name)
	if err != nil {
		return nil, err
	}
	b := bufio.NewReader(r)
	for _, m := range marks {
		if head, _ := b.Peek(len(m.bytes)); string(head) == m.bytes { // a short file is no error here
			if _, err := b.Discard(len(m.bytes)); err != nil {
				return nil, err
			}
			if e, err = named(m.name); err != nil {
				return nil, err
			}
			break
		}
	}
	if e == nil {
		return &Decoder{Reader: b}, nil
	}
	d := &Decoder{Converted: true, name: name}
	in := io.Reader(b)
	if singleBytes(e) {
		d.witness = &witness{r: b}
		in = d.witness
	}
	d.Reader = e.NewDecoder().Reader(in)
	return d, nil
}

// Decode reads a whole text; see [Decoder].
func Decode(b []byte, name string) (text string, converted bool, err error) {
	d, err := NewDecoder(bytes.NewReader(b), name)
	if err != nil {
		return "", false, err
	}
	all, err := io.ReadAll(d)
	return string(all), d.Converted, err
}

// Damaged reports whether a text has signs that it was not in the encoding in
// which it was read: zero bytes, and in a converted one what could not be
// converted.
func Damaged(text string, converted bool) bool {
	return strings.IndexByte(text, 0) >= 0 || converted && strings.ContainsRune(text, utf8.RuneError)
}

// Unmarked returns the bytes of a text without their byte order mark.
func Unmarked(b []byte) []byte {
	for _, m := range marks {
		if rest, ok := bytes.CutPrefix(b, []byte(m.bytes)); ok {
			return rest
		}
	}
	return b
}

// WrongText is the error of bytes that are not in the encoding that they were
// read in. where says which file and line.
func WrongText(where, name, how string, at []byte) error {
	if name != "" && !strings.EqualFold(name, "utf-8") {
		return failf("open the file in an editor that shows its encoding, and write that one", "%s is not in %s", where, name)
	}
	if bytes.IndexByte(at, 0) >= 0 {
		return failf(fmt.Sprintf(how, "utf-16le"), "%s is not in UTF-8: it has zero bytes, as UTF-16 has", where)
	}
	return failf(fmt.Sprintf(how, "windows-1252"), "%s is not in UTF-8; files of older programs are often in windows-1252", where)
}

// Encode writes text in an encoding ("": UTF-8). UTF-16, and UTF-8 by the name
// utf-8-bom, begin with their byte order mark.
func Encode(text, name string) ([]byte, error) {
	e, err := named(name)
	if err != nil {
		return nil, err
	}
	var b []byte
	for _, m := range marks {
		if strings.EqualFold(m.name, name) && e != nil || m.name+"-bom" == strings.ToLower(name) {
			b = append(b, m.bytes...)
		}
	}
	if e == nil {
		return append(b, text...), nil
	}
	encoded, err := e.NewEncoder().Bytes([]byte(text))
	if err != nil {
		return nil, failf("leave the encoding out: UTF-8 has every character", "the text has a character that %s does not have", name)
	}
	return append(b, encoded...), nil
}

// Charset reads r in the encoding that a file says it has.
func Charset(name string, r io.Reader) (io.Reader, error) {
	e, err := named(name)
	if err != nil || e == nil {
		return r, err
	}
	return e.NewDecoder().Reader(r), nil
}
