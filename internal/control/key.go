package control

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"filippo.io/age"
)

// A Key is the master key that seals credential packs. It may hold older keys
// too, which open what was sealed with them. It prints as its id.
type Key struct {
	ring   []*age.X25519Identity // the first seals
	source KeySource             // where it came from, for a look at a newer ring
}

// NewKey makes a random master key.
func NewKey() (*Key, error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	return &Key{ring: []*age.X25519Identity{identity}}, nil
}

// ParseKey reads a master key as Reveal writes it: one or more lines (or words)
// AGE-SECRET-KEY-1…, the first of which seals; # begins a comment line. Its
// errors never repeat the text.
func ParseKey(text string) (*Key, error) {
	key := &Key{}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, word := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;", r) }) {
			identity, err := age.ParseX25519Identity(word)
			if err != nil {
				return nil, errors.New("the master key is not one: it begins with AGE-SECRET-KEY-1 and has 74 characters; was it cut when it was copied?")
			}
			key.ring = append(key.ring, identity)
		}
	}
	if len(key.ring) == 0 {
		return nil, errors.New("the master key is empty")
	}
	return key, nil
}

// ID names the key that seals. It tells nothing about the key itself.
func (k *Key) ID() string { return keyID(k.ring[0]) }

// Reveal is the key as text, for a key file, AMSX_MASTER_KEY or a safe.
func (k *Key) Reveal() Secret {
	var lines []string
	for _, identity := range k.ring {
		lines = append(lines, identity.String())
	}
	return NewSecret(strings.Join(lines, "\n"))
}

// String implements fmt.Stringer.
func (k *Key) String() string { return "master key " + k.ID() }

// Format implements fmt.Formatter.
func (k *Key) Format(f fmt.State, _ rune) { io.WriteString(f, k.String()) }

// over is the ring of k with the keys of old behind it.
func (k *Key) over(old *Key) *Key {
	return &Key{ring: slices.Concat(k.ring, old.ring), source: old.source}
}

// identity is the key with an id. When it is not in the ring the source is read
// again: another process may have rotated the key since.
func (k *Key) identity(id string) *age.X25519Identity {
	find := func(ring []*age.X25519Identity) *age.X25519Identity {
		for _, identity := range ring {
			if keyID(identity) == id {
				return identity
			}
		}
		return nil
	}
	if found := find(k.ring); found != nil || k.source.File == "" || k.source.Value != "" {
		return found
	}
	newer, err := readKeyFile(k.source.File)
	if err != nil {
		return nil // the ring in hand is what there is
	}
	return find(newer.ring)
}

func keyID(identity *age.X25519Identity) string {
	sum := sha256.Sum256([]byte("amsx master key " + identity.Recipient().String()))
	return hex.EncodeToString(sum[:6])
}

// macKey authenticates what is sealed. An age envelope can be made by anyone
// who knows the public half; only the holder of the key can make this.
func macKey(identity *age.X25519Identity) ([]byte, error) {
	return hkdf.Key(sha256.New, []byte(identity.String()), nil, "amsx credential pack v1", sha256.Size)
}
