package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"strings"
)

// forms are the ways in which a secret may be written, itself among them.
func forms(secret string) []string {
	query, path := url.QueryEscape(secret), url.PathEscape(secret)
	all := []string{
		secret, html.EscapeString(secret),
		query, path, lowerEscapes(query), lowerEscapes(path), strings.ReplaceAll(query, "+", "%20"),
	}
	for _, escapeHTML := range []bool{true, false} {
		inner := quoted(secret, escapeHTML)
		all = append(all, inner, strings.ReplaceAll(inner, "/", `\/`))
	}
	for _, piece := range base64Pieces(secret) {
		all = append(all, piece, url.QueryEscape(piece), lowerEscapes(url.QueryEscape(piece)))
	}
	return all
}

// quoted is s as it stands inside a JSON string: some writers escape <, > and
// &, others do not.
func quoted(s string, escapeHTML bool) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(escapeHTML)
	if enc.Encode(s) != nil {
		return s // a string always encodes
	}
	line := strings.TrimSuffix(b.String(), "\n")
	return line[1 : len(line)-1]
}

// base64Pieces are the base64 of the secret alone, and what the base64 of any
// text with the secret in it must contain. Three bytes make four characters, so the secret appears in one of
// three shapes. The characters at the rim mix with the neighbours and are left
// out.
func base64Pieces(secret string) []string {
	var pieces []string
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		alone := enc.WithPadding(base64.StdPadding).EncodeToString([]byte(secret))
		pieces = append(pieces, alone, strings.TrimRight(alone, "="))
		for shift := range 3 {
			whole := enc.EncodeToString(append(make([]byte, shift), secret...))
			from := []int{0, 2, 3}[shift]
			to := len(whole)
			if (shift+len(secret))%3 != 0 {
				to--
			}
			// A shorter piece is found by accident in any other text.
			if to-from >= 5 {
				pieces = append(pieces, whole[from:to])
			}
		}
	}
	return pieces
}

// lowerEscapes turns %2F into %2f, the other spelling in use.
func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], strings.ToLower(string(b[i+1:i+3])))
			i += 2
		}
	}
	return string(b)
}
