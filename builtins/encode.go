package builtins

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/ianaindex"

	"github.com/amsx-lang/amsx/runtime"
)

func codeFunctions() []*runtime.Command {
	user := required("user", runtime.TextParam, "the user's name")
	password := required("password", runtime.TextParam, "the password")
	text := required("text", runtime.TextParam, "the text")
	charset := optional("encoding", runtime.TextParam, `the characters' encoding, such as "utf-8" (when not given), "utf-16le", "windows-1252"`)
	basic := func(c *runtime.Call) (runtime.Value, error) {
		return runtime.Text(base64.StdEncoding.EncodeToString([]byte(c.Text(0) + ":" + c.Text(1)))), nil
	}
	return []*runtime.Command{
		{
			Name: "Base64", Group: "Codes", Summary: "Writes user:password in Base64, for HTTP Basic authentication.", Result: "a text", Function: true, Provenance: runtime.Documented,
			Params: []runtime.Param{user, password}, Examples: []runtime.Example{shows(`Base64("user", "pass")`, "dXNlcjpwYXNz")}, Run: basic,
		},
		{
			Name: "BasicAuth", Group: "Codes", Summary: "Makes the value of an Authorization header for HTTP Basic authentication.", Result: "a text", Function: true,
			Params: []runtime.Param{user, password}, Examples: []runtime.Example{shows(`BasicAuth("user", "pass")`, "Basic dXNlcjpwYXNz")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				v, err := basic(c)
				return runtime.Text("Basic " + v.Text()), err
			},
		},
		{
			Name: "Base64Encode", Group: "Codes", Summary: "Writes a text in the Base64 form that is safe in URLs.", Result: "a text without padding", Function: true, Provenance: runtime.Documented,
			Params: []runtime.Param{text, charset}, Errors: []string{"the encoding is not known, or has no such character"},
			Examples: []runtime.Example{shows(`Base64Encode("a?b>c~")`, "YT9iPmN-")},
			Run:      func(c *runtime.Call) (runtime.Value, error) { return encoded(c, base64.RawURLEncoding) },
		},
		{
			Name: "Base64Encode2", Group: "Codes", Summary: "Writes a text in standard Base64.", Result: "a text", Function: true, Provenance: runtime.Documented,
			Params: []runtime.Param{text, charset}, Errors: []string{"the encoding is not known, or has no such character"},
			Examples: []runtime.Example{shows(`Base64Encode2("a?b>c~")`, "YT9iPmN+")},
			Run:      func(c *runtime.Call) (runtime.Value, error) { return encoded(c, base64.StdEncoding) },
		},
		{
			Name: "Base64Decode", Group: "Codes", Summary: "Reads a text in Base64, either form, as UTF-8.", Result: "a text", Function: true,
			Params: []runtime.Param{text}, Errors: []string{"the text is no Base64, or holds no text in UTF-8"}, Examples: []runtime.Example{shows(`Base64Decode("QW5uYQ==")`, "Anna")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
					if b, err := e.DecodeString(c.Text(0)); err == nil {
						if !utf8.Valid(b) {
							return runtime.Null(), failf("", "what the Base64 holds is no text in UTF-8")
						}
						return runtime.Text(string(b)), nil
					}
				}
				return runtime.Null(), failf("", "the text is no Base64")
			},
		},
		{
			Name: "Hash", Group: "Codes", Summary: "Gives the SHA-256 hash of a text.", Result: "64 hexadecimal digits", Function: true,
			Params: []runtime.Param{text}, Examples: []runtime.Example{shows(`Left(Hash("abc"), 16)`, "ba7816bf8f01cfea")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				sum := sha256.Sum256([]byte(c.Text(0)))
				return runtime.Text(hex.EncodeToString(sum[:])), nil
			},
		},
		{
			Name: "Guid", Group: "Codes", Summary: "Makes a new identifier that nothing else has (a random UUID).", Result: "a text", Function: true,
			Examples: []runtime.Example{shows(`Len(Guid())`, "36")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				var b [16]byte
				if _, err := io.ReadFull(c.Host().Rand, b[:]); err != nil {
					return runtime.Null(), fmt.Errorf("no random numbers: %w", err)
				}
				b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
				return runtime.Text(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])), nil
			},
		},
	}
}

// encoded writes argument 0, in the characters' encoding of argument 1.
func encoded(c *runtime.Call, e *base64.Encoding) (runtime.Value, error) {
	text := []byte(c.Text(0))
	if name := c.Text(1); name != "" {
		cs, err := ianaindex.IANA.Encoding(name)
		if err != nil || cs == nil {
			return runtime.Null(), failf(`write "utf-8", "utf-16le" or "windows-1252"`, "the encoding %q is not known", name)
		}
		if text, err = cs.NewEncoder().Bytes(text); err != nil {
			return runtime.Null(), fmt.Errorf("the text cannot be written in %s: %w", name, err)
		}
	}
	return runtime.Text(e.EncodeToString(text)), nil
}
