package redact_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/amsx-lang/amsx/internal/redact"
)

func TestRedactor(t *testing.T) {
	const secret = "00TestTokenNotReal/+ &\"é"
	r := redact.New(secret, "00TestTokenNotReal", "p@ss/w0rd", "abc")
	marshalled, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]string{
		"plain":       secret,
		"part":        "00TestTokenNotReal",
		"json":        string(marshalled),
		"plain json":  strings.ReplaceAll(secret, `"`, `\"`),
		"query":       url.QueryEscape(secret),
		"lower query": strings.ToLower(url.QueryEscape("/+ &")) + url.QueryEscape(secret),
		"lower path":  strings.ToLower(url.PathEscape("p@ss/w0rd")),
		"path":        url.PathEscape(secret),
		"xml":         html.EscapeString(secret),
		"base64":      base64.StdEncoding.EncodeToString([]byte(secret)),
		"raw url":     base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"basic 0":     base64.StdEncoding.EncodeToString([]byte("kim:" + secret + ":x")),
		"basic 1":     base64.StdEncoding.EncodeToString([]byte("admin:" + secret)),
		"basic 2":     base64.URLEncoding.EncodeToString([]byte("user1:x" + secret + "tail")),
		"in a query":  url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(secret))),
	} {
		got := r.Redact("before " + s + " after")
		if !strings.HasPrefix(got, "before ") || !strings.HasSuffix(got, " after") || !strings.Contains(got, redact.Mask) {
			t.Errorf("%s: %s", name, got)
		}
		if strings.Contains(got, "TokenNotReal") || strings.Contains(got, "w0rd") {
			t.Errorf("%s shows: %s", name, got)
		}
	}
	for _, text := range []string{"abc is too short to be a secret", "", "the token", "00Test"} {
		if got := r.Redact(text); got != text {
			t.Errorf("Redact(%q) = %q, want it as it is", text, got)
		}
	}
	var none *redact.Redactor
	if got := none.Redact("text"); got != "text" || redact.New("", "abc") != nil {
		t.Errorf("the nil redactor makes %q", got)
	}
}

// A secret is found in every encoding, whatever stands around it.
func TestEveryForm(t *testing.T) {
	forms := map[string]func(string) string{
		"plain": func(s string) string { return s },
		"query": url.QueryEscape,
		"path":  url.PathEscape,
		"in part": func(s string) string {
			return "x=%41&y=" + strings.ReplaceAll(s, s[1:2], fmt.Sprintf("%%%02x", s[1])) + "%zz%4"
		},
		"base64":    func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"base64url": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
		"json":      func(s string) string { b, _ := json.Marshal(s); return string(b) },
	}
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[A-Za-z0-9+/_=~-]{12,40}`).Draw(t, "secret")
		before := rapid.StringMatching(`[a-z:]{0,5}`).Draw(t, "before")
		after := rapid.StringMatching(`[a-z:]{0,5}`).Draw(t, "after")
		r := redact.New(secret)
		for name, form := range forms {
			if got := r.Redact(form(before + secret + after)); !strings.Contains(got, redact.Mask) {
				t.Fatalf("%s: %q is not found in %q", name, secret, got)
			}
		}
	})
}

// Whatever stands around a secret, no base64 of it is left from which most of
// it could be read.
func TestNothingLeftInBase64(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[A-Za-z0-9._~-]{16,40}`).Draw(t, "secret")
		before := rapid.StringMatching(`[a-z@.:]{0,12}`).Draw(t, "before")
		after := rapid.StringMatching(`[a-z@.:]{0,12}`).Draw(t, "after")
		out := redact.New(secret).Redact(base64.StdEncoding.EncodeToString([]byte(before + secret + after)))
		if !strings.Contains(out, redact.Mask) {
			t.Fatalf("nothing found in %s", out)
		}
		for _, piece := range strings.Split(out, redact.Mask) {
			for shift := range min(4, len(piece)) {
				whole := strings.TrimRight(piece[shift:], "=")
				b, err := base64.RawStdEncoding.DecodeString(whole[:len(whole)/4*4])
				if err == nil && strings.Contains(string(b), secret[3:len(secret)-3]) {
					t.Fatalf("%s holds %s", out, secret)
				}
			}
		}
	})
}

func TestSet(t *testing.T) {
	var s redact.Set
	if got := s.Redact("00TestTokenNotReal0"); got != "00TestTokenNotReal0" {
		t.Errorf("the zero Set makes %q", got)
	}
	var all sync.WaitGroup
	for i := range 8 {
		secret := fmt.Sprint("00TestTokenNotReal", i)
		all.Go(func() {
			s.Add(secret)
			if got := s.Redact("x " + secret); got != "x "+redact.Mask {
				t.Errorf("right after Add: %q", got)
			}
		})
	}
	all.Wait()
	if got := s.Redact("00TestTokenNotReal0 00TestTokenNotReal7"); got != redact.Mask+" "+redact.Mask {
		t.Errorf("in the end: %q", got)
	}
}

func ExampleNew() {
	r := redact.New("00TestTokenNotReal")
	fmt.Println(r.Redact("Authorization: SSWS 00TestTokenNotReal"))
	// Output: Authorization: SSWS ••••
}

func FuzzRedactor(f *testing.F) {
	f.Add("00TestTokenNotReal", "a=%30%30TestTokenNotReal&b=00TestTokenNotReal%", "other%20secret")
	f.Add("aaaa", "aaaaaaa%61aaa", "aaaaa")
	f.Fuzz(func(t *testing.T, secret, text, other string) {
		got := redact.New(secret, other).Redact(text)
		if len(secret) >= 4 && !strings.Contains(secret, "•") && strings.Contains(got, secret) {
			t.Errorf("%q is left in %q", secret, got)
		}
	})
}

func BenchmarkRedact(b *testing.B) {
	r := redact.New("00TestTokenNotReal", "another secret value")
	text := strings.Repeat("GET https://acme.okta.example/api/v1/users?limit=200 200, 184 kB, ", 4)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r.Redact(text)
	}
}
