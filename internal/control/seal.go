package control

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"filippo.io/age"
)

// A sealedPack is what goes into the envelope: the password, and every field
// that says what it is for. The fields stand in the table too, for listing; on
// opening both must agree, so editing the table moves no password to another
// host or pack.
type sealedPack struct {
	Name, Type, Server, Domain, Username string

	Hosts    []string
	Password string
}

// seal encrypts p for k, with a code that only a holder of k can make.
func (k *Key) seal(p sealedPack) ([]byte, error) {
	identity := k.ring[0]
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	mac, err := macKey(identity)
	if err != nil {
		return nil, err
	}
	code := hmac.New(sha256.New, mac)
	code.Write(text)

	var envelope bytes.Buffer
	w, err := age.Encrypt(&envelope, identity.Recipient())
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(append(code.Sum(nil), text...)); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return envelope.Bytes(), nil
}

// open decrypts an envelope that identity sealed.
func open(envelope []byte, identity *age.X25519Identity) (sealedPack, error) {
	r, err := age.Decrypt(bytes.NewReader(envelope), identity)
	if err != nil {
		return sealedPack{}, err
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return sealedPack{}, err
	}
	mac, err := macKey(identity)
	if err != nil {
		return sealedPack{}, err
	}
	code := hmac.New(sha256.New, mac)
	if len(content) < code.Size() {
		return sealedPack{}, fmt.Errorf("the envelope is too short")
	}
	text := content[code.Size():]
	code.Write(text)
	if !hmac.Equal(code.Sum(nil), content[:code.Size()]) {
		return sealedPack{}, fmt.Errorf("the envelope was not made with the master key")
	}
	var p sealedPack
	if err := json.Unmarshal(text, &p); err != nil {
		return sealedPack{}, fmt.Errorf("the envelope holds no pack")
	}
	return p, nil
}

// differs names the first field of the table that is not what was sealed, with
// both values; "" when all agree.
func (p sealedPack) differs(table Pack) (field, is, was string) {
	for _, f := range []struct{ field, is, was string }{
		{"Pack Name", table.Name, p.Name},
		{"Domain", table.Domain, p.Domain},
		{"Credential Type", table.Type, p.Type},
		{"Collection Server", table.Server, p.Server},
		{"Username", table.Username, p.Username},
	} {
		if f.is != f.was {
			return f.field, f.is, f.was
		}
	}
	if !slices.Equal(table.Hosts, p.Hosts) {
		return "list of hosts that it also sends to", fmt.Sprint(table.Hosts), fmt.Sprint(p.Hosts)
	}
	return "", "", ""
}
