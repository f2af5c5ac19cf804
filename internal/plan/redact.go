package plan

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/amsx-lang/amsx/internal/site"
)

// A Redactor hides people's values, so that a plan can be shown to somebody who
// may not see them. The same value looks the same within one plan; what it was
// cannot be found by trying names, since the key of the hash is forgotten.
type Redactor struct{ key []byte }

// NewRedactor makes one with a key of its own.
func NewRedactor() *Redactor {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	return &Redactor{key}
}

// Text hides a text behind its length and a hash.
func (r *Redactor) Text(s string) string {
	h := hmac.New(sha256.New, r.key)
	h.Write([]byte(s))
	n := utf8.RuneCountInString(s)
	if n == 1 {
		return fmt.Sprintf("(1 character, #%s)", hex.EncodeToString(h.Sum(nil)[:3]))
	}
	return fmt.Sprintf("(%d characters, #%s)", n, hex.EncodeToString(h.Sum(nil)[:3]))
}

// Change hides the values of a change. Yes and no stay, and the number of the
// row; a number in a column may be that of somebody's passport.
func (r *Redactor) Change(c site.Change) site.Change {
	c.Key = fmt.Sprintf("%s %d", c.Table, c.RowID)
	c.Plan = nil
	fields := make([]site.FieldChange, len(c.Fields))
	for i, f := range c.Fields {
		fields[i] = site.FieldChange{Name: f.Name, Old: r.value(f.Old), New: r.value(f.New)}
	}
	c.Fields = fields
	return c
}

func (r *Redactor) value(v any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case int64:
		if v == 0 || v == 1 {
			return v
		}
	}
	return r.Text(fmt.Sprint(v))
}

// Header hides what a header tells of people.
func (r *Redactor) Header(h Header) Header {
	h.Redacted = true
	parameters := make(map[string]string, len(h.Parameters))
	for name, v := range h.Parameters {
		parameters[name] = r.Text(v)
	}
	h.Parameters = parameters
	h.Held, h.Files = r.texts(h.Held), r.texts(h.Files)
	return h
}

func (r *Redactor) texts(all []string) []string {
	var out []string
	for _, s := range all {
		word, rest, _ := strings.Cut(s, " ") // POST, write
		out = append(out, word+" "+r.Text(rest))
	}
	return out
}
