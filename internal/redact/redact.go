// Package redact finds secrets in text, whatever they are wrapped in, and puts
// a mask in their place. It is the last line behind the care that everything
// takes not to print secrets: it also finds what a server sends back.
//
// [New] is a redactor of secrets that are known; a [Set] learns them one by
// one.
package redact

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
)

// Mask is what stands where a secret was.
const Mask = "••••"

// shortest is the length in bytes of the shortest value searched for. Shorter
// ones (a port, "abc") would tear every message apart and protect nothing.
const shortest = 4

// A Redactor is a fixed set of secrets. It finds them as they are,
// URL-encoded, escaped for JSON or XML, and in base64, also in the middle of
// something longer, as in Basic authentication. It is immutable and safe for
// concurrent use; nil redacts nothing.
type Redactor struct {
	plain   []string // longest first
	replace *strings.Replacer
}

// New returns a redactor of the secrets, nil when there are none. Those of
// fewer than four bytes are left out.
func New(secrets ...string) *Redactor {
	var plain, all []string
	for _, s := range secrets {
		if len(s) >= shortest {
			plain = append(plain, s)
			all = append(all, forms(s)...)
		}
	}
	if len(all) == 0 {
		return nil
	}
	// The longest first: a secret that is part of another must not leave the
	// other's tail.
	byLength := func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	}
	slices.SortFunc(plain, byLength)
	slices.SortFunc(all, byLength)
	pairs := make([]string, 0, 2*len(all))
	for _, f := range slices.Compact(all) {
		pairs = append(pairs, f, Mask)
	}
	return &Redactor{plain: plain, replace: strings.NewReplacer(pairs...)}
}

// Redact returns text with every secret replaced by [Mask].
func (r *Redactor) Redact(text string) string {
	if r == nil {
		return text
	}
	return r.replace.Replace(r.redactEscaped(text))
}

// redactEscaped finds secrets that are percent-encoded in part, as each
// program encodes other characters: it searches the decoded text, and masks
// the place in the original.
func (r *Redactor) redactEscaped(text string) string {
	if strings.IndexByte(text, '%') < 0 {
		return text
	}
	decoded := make([]byte, 0, len(text))
	at := make([]int, 0, len(text)+1) // where each decoded byte begins in text
	for i := 0; i < len(text); i++ {
		at = append(at, i)
		if text[i] == '%' && i+2 < len(text) {
			if b, err := hex.DecodeString(text[i+1 : i+3]); err == nil {
				decoded = append(decoded, b[0])
				i += 2
				continue
			}
		}
		decoded = append(decoded, text[i])
	}
	at = append(at, len(text))
	for _, secret := range r.plain {
		for from := 0; ; {
			i := bytes.Index(decoded[from:], []byte(secret))
			if i < 0 {
				break
			}
			begin, end := from+i, from+i+len(secret)
			masked := text[:at[begin]] + Mask
			shift := len(masked) - at[end]
			text = masked + text[at[end]:]
			// The mask takes the place of the secret in all three.
			tail := at[end:]
			for j := range tail {
				tail[j] += shift
			}
			mask := make([]int, len(Mask))
			for j := range mask {
				mask[j] = at[begin] + j
			}
			at = append(append(slices.Clone(at[:begin]), mask...), tail...)
			decoded = append(append(slices.Clone(decoded[:begin]), Mask...), decoded[end:]...)
			from = begin + len(Mask)
		}
	}
	return text
}

// A Set is a redactor that learns secrets while it is in use. The zero Set
// knows none. It is safe for concurrent use and must not be copied.
type Set struct {
	mu       sync.RWMutex
	secrets  []string
	redactor *Redactor
}

// Add makes secrets known.
func (s *Set) Add(secrets ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.secrets)
	for _, secret := range secrets {
		if !slices.Contains(s.secrets, secret) {
			s.secrets = append(s.secrets, secret)
		}
	}
	if len(s.secrets) > before {
		s.redactor = New(s.secrets...)
	}
}

// Redact returns text with every secret that is known by now replaced by
// [Mask].
func (s *Set) Redact(text string) string {
	s.mu.RLock()
	r := s.redactor
	s.mu.RUnlock()
	return r.Redact(text)
}
