package control

import "github.com/amsx-lang/amsx/internal/redact"

// shortestMasked is the length in bytes from which a password is searched for
// in text. The unused password of a pack may be "none" or "unused"; masking
// that would make every log unreadable and protect nothing.
const shortestMasked = 8

// A masker replaces the passwords that this process has seen in text. The zero
// masker knows none. It is the second belt: who writes a log keeps secrets out
// in the first place.
type masker struct{ redact.Set }

// learn adds a secret.
func (m *masker) learn(secret Secret) {
	if text := secret.Reveal(); len(text) >= shortestMasked {
		m.Add(text)
	}
}

// Conceal adds a secret that came from elsewhere, such as the token of a
// sign-in, to those that Mask replaces.
func (db *DB) Conceal(secret Secret) { db.mask.learn(secret) }

// Mask replaces every password that this handle opened, stored or was told of,
// plain or encoded, by ••••. All text of runs goes through it before it is
// stored.
func (db *DB) Mask(text string) string { return db.mask.Redact(text) }
