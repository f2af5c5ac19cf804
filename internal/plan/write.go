package plan

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"

	"github.com/amsx-lang/amsx/internal/site"
	"github.com/amsx-lang/amsx/internal/wholefile"
)

// Contents are what goes into the file of a plan.
type Contents struct {
	Header  Header
	Counts  any // as people's programs read them
	Changes iter.Seq2[site.Change, error]
	Written iter.Seq2[site.Written, error]
	// Secret reports whether a text holds a secret, which no plan may. It may
	// be nil.
	Secret func(text string) bool
	// KeyID and Code sign the file. A plan that is redacted has no signature,
	// because nobody applies it.
	KeyID string
	Code  hash.Hash
}

// WriteFile writes a plan to a file for its owner alone, as a whole or not at
// all.
func WriteFile(name string, c *Contents) error {
	if err := wholefile.Write(name, 0o600, c.write); err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	return nil
}

// write writes the lines and their signature.
func (c *Contents) write(to io.Writer) error {
	signed := to
	if c.Code != nil {
		signed = io.MultiWriter(to, c.Code)
	}
	l := &lines{w: signed, secret: c.Secret}
	l.put(Begins, c.Header, ",")
	l.put(`"counts":`, c.Counts, ",")
	l.text(`"changes":[`)
	list(l, c.Changes)
	l.text("],")
	l.text(`"written":[`)
	list(l, c.Written)
	l.text("],")
	if l.err != nil {
		return l.err
	}
	last := "\"signature\":null}\n"
	if c.Code != nil {
		s, err := encode(signature{c.KeyID, hex.EncodeToString(c.Code.Sum(nil))})
		if err != nil {
			return err
		}
		last = "\"signature\":" + string(s) + "}\n"
	}
	_, err := io.WriteString(to, last)
	return err
}

type signature struct {
	Key  string `json:"key"`
	Code string `json:"code"`
}

// list writes the values of a sequence, a line each, with commas between.
func list[T any](l *lines, all iter.Seq2[T, error]) {
	var before []byte
	for v, err := range all {
		if l.err == nil {
			l.err = err
		}
		if l.err != nil {
			return
		}
		if before != nil {
			l.line(append(before, ','))
		}
		if before, err = encode(v); l.err == nil {
			l.err = err
		}
	}
	if before != nil {
		l.line(before)
	}
}

// lines writes lines until one fails.
type lines struct {
	w      io.Writer
	secret func(string) bool
	err    error
}

func (l *lines) put(head string, v any, tail string) {
	text, err := encode(v)
	if l.err == nil {
		l.err = err
	}
	l.line([]byte(head + string(text) + tail))
}

func (l *lines) text(s string) { l.line([]byte(s)) }

func (l *lines) line(b []byte) {
	if l.err != nil {
		return
	}
	if l.secret != nil && l.secret(string(b)) {
		l.err = errors.New("it would hold a secret of a credential pack, which belongs into the pack alone; look where the script puts it")
		return
	}
	_, l.err = l.w.Write(append(b, '\n'))
}

// encode is v as JSON in one line, with < and & as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
