package control

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"text/template"

	"filippo.io/age"
)

func TestSecretShowsNowhere(t *testing.T) {
	s := NewSecret(secretText)
	nested := struct {
		Public  Secret
		private Secret
		pointer *Secret
		list    []Secret
	}{s, s, &s, []Secret{s}}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%10.3s", "%p"} {
		for _, value := range []any{s, &s, nested, &nested, []Secret{s}, map[string]Secret{"k": s}, Credential{Password: s}, &Credential{Password: s}, PackInput{Password: s}, errors.New(s.String())} {
			fmt.Fprintf(&out, verb, value)
		}
	}
	for _, value := range []any{s, &s, nested, map[string]any{"k": s}, Credential{Password: s}} {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("x", "secret", s, "credential", Credential{Password: s}, "pointer", &s)
	}
	if err := template.Must(template.New("").Parse(`{{.}} {{printf "%s" .}} {{len (print .)}}`)).Execute(&out, s); err != nil {
		t.Fatal(err)
	}
	for _, form := range encodings(secretText) {
		if strings.Contains(out.String(), form) {
			t.Errorf("the output holds %q", form)
		}
	}
	if n := strings.Count(out.String(), hidden); n < 30 {
		t.Errorf("%d masks; was anything printed?", n)
	}
	if _, err := s.Value(); err == nil {
		t.Error("a secret can be given to a statement")
	}
	if s.Reveal() != secretText || s.Empty() || !(Secret{}).Empty() || !s.Equal(NewSecret(secretText)) || s.Equal(Secret{}) {
		t.Error("Reveal, Empty or Equal is wrong")
	}
}

func TestKeyShowsNowhere(t *testing.T) {
	key := must(NewKey())
	text := key.Reveal().Reveal()
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, value := range []any{key, *key, struct{ k *Key }{key}, []*Key{key}} {
			fmt.Fprintf(&out, verb, value)
		}
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "key", key)
	if strings.Contains(out.String(), text) || strings.Contains(out.String(), "AGE-SECRET") {
		t.Errorf("the key is shown: %s", out.String())
	}
	if !strings.Contains(out.String(), key.ID()) {
		t.Error("the id is not shown")
	}
}

func TestMask(t *testing.T) {
	db := &DB{}
	db.mask.learn(NewSecret("short"))
	db.Conceal(NewSecret(secretText))
	db.mask.learn(NewSecret("00TestTokenNotReal-another"))
	if got := db.Mask("a" + secretText + secretText[:5]); got != "a"+hidden+secretText[:5] {
		t.Errorf("masked as %q", got)
	}
	for before := range 6 {
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("u", before) + secretText + "tail"))
		masked := db.Mask("Authorization: Basic " + encoded)
		if !strings.Contains(masked, hidden) {
			t.Errorf("base64 after %d bytes is not found: %s", before, masked)
		}
	}
	for _, form := range encodings(secretText) {
		if got := db.Mask("a" + form + "b"); got != "a"+hidden+"b" {
			t.Errorf("%q masked as %q", form, got)
		}
	}
	if got := db.Mask("a short message"); got != "a short message" {
		t.Errorf("a word was masked: %q", got)
	}
}

// encodings are forms in which a secret may turn up in a text.
func encodings(s string) []string {
	quoted := must(json.Marshal(s))
	return []string{s, url.QueryEscape(s), url.PathEscape(s), string(quoted[1 : len(quoted)-1]),
		base64.StdEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s))}
}

// forge is an envelope that a stranger makes with the public half of the key.
func forge(t *testing.T, key *Key) []byte {
	t.Helper()
	text, err := json.Marshal(sealedPack{Name: "OKTA_API", Type: NamedCredentials, Server: ApplicationServer,
		Domain: "contoso.example.com", Hosts: []string{"login.example.com"}, Username: "unused", Password: "a password of the stranger's"})
	if err != nil {
		t.Fatal(err)
	}
	var envelope bytes.Buffer
	w, err := age.Encrypt(&envelope, key.ring[0].Recipient())
	if err != nil {
		t.Fatal(err)
	}
	w.Write(make([]byte, 32))
	w.Write(text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return envelope.Bytes()
}
