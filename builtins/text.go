package builtins

import (
	"html"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/amsx-lang/amsx/runtime"
)

// maxText is how many bytes Replace and RegexReplace make at most.
const maxText = 64 << 20

// mapped is a function of one text that gives a text, and Null for Null.
func mapped(name, summary, argument string, f func(string) string, examples ...runtime.Example) *runtime.Command {
	return &runtime.Command{
		Name: name, Group: "Text", Summary: summary, Result: "the text; Null for Null", Function: true,
		Params: []runtime.Param{required("text", runtime.TextParam, argument)}, Examples: examples,
		Run: func(c *runtime.Call) (runtime.Value, error) {
			if c.Arg(0).IsNull() {
				return runtime.Null(), nil
			}
			return runtime.Text(f(c.Text(0))), nil
		},
	}
}

func textFunctions() []*runtime.Command {
	return []*runtime.Command{
		mapped("Upper", "Gives a text in capital letters.", "the text", strings.ToUpper, shows(`Upper("Zoë")`, "ZOË")),
		mapped("Lower", "Gives a text in small letters.", "the text", strings.ToLower, shows(`Lower("Anna.B@Example.COM")`, "anna.b@example.com")),
		mapped("Proper", "Gives each word a capital letter and small ones behind it, as names are written.", "the text", proper,
			shows(`Proper("MARIA o'neil-SMITH")`, "Maria O'Neil-Smith")),
		mapped("Trim", "Removes blanks and line ends at both ends of a text.", "the text", strings.TrimSpace, shows(`"[" & Trim("  a b ") & "]"`, "[a b]")),
		mapped("LTrim", "Removes blanks and line ends at the beginning of a text.", "the text", func(s string) string { return strings.TrimLeftFunc(s, unicode.IsSpace) },
			shows(`"[" & LTrim("  a ") & "]"`, "[a ]")),
		mapped("RTrim", "Removes blanks and line ends at the end of a text.", "the text", func(s string) string { return strings.TrimRightFunc(s, unicode.IsSpace) },
			shows(`"[" & RTrim(" a  ") & "]"`, "[ a]")),
		mapped("Reverse", "Gives the characters of a text from the last to the first.", "the text", func(s string) string {
			r := []rune(s)
			slices.Reverse(r)
			return string(r)
		}, shows(`Reverse("abc")`, "cba")),
		mapped("HtmlEncode", "Writes the signs that HTML gives a meaning as entities, so that a text shows as it is.", "the text", html.EscapeString,
			shows(`HtmlEncode("R&D <team>")`, "R&amp;D &lt;team&gt;")),
		mapped("HtmlDecode", "Replaces HTML entities by their characters.", "the text", html.UnescapeString, shows(`HtmlDecode("R&amp;D")`, "R&D")),
		mapped("XmlEncode", "Writes the signs that XML gives a meaning as entities.", "the text", xmlEncode, shows(`XmlEncode("a < b")`, "a &lt; b")),
		mapped("UrlEncode", "Writes a text so that it can be a part of a URL.", "the text", urlEncode, shows(`UrlEncode("R&D / Zürich")`, "R%26D%20%2F%20Z%C3%BCrich")),
		urlDecode(),
		left(), right(), mid(), length(), replace(), inStr(), pad(), chr(), asc(),
	}
}

func proper(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	rs := []rune(s)
	start := true
	for i, r := range rs {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			// An apostrophe begins a name's second part, but not the s of a genitive.
			start = r != '\'' && r != '’' || i+2 < len(rs) && unicode.IsLetter(rs[i+2])
			b.WriteRune(r)
			continue
		}
		if start {
			b.WriteRune(unicode.ToTitle(r))
		} else {
			b.WriteRune(unicode.ToLower(r))
		}
		start = false
	}
	return b.String()
}

func xmlEncode(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace(s)
}

func urlEncode(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func urlDecode() *runtime.Command {
	return &runtime.Command{
		Name: "UrlDecode", Group: "Text", Summary: "Reads a text that is written as a part of a URL.", Result: "the text; Null for Null", Function: true,
		Params:   []runtime.Param{required("text", runtime.TextParam, "the part of a URL")},
		Errors:   []string{"a percent sign is not followed by two hexadecimal digits", "what it stands for is no text in UTF-8"},
		Examples: []runtime.Example{shows(`UrlDecode("R%%26D+team")`, "R&D team")},
		Run: func(c *runtime.Call) (runtime.Value, error) {
			if c.Arg(0).IsNull() {
				return runtime.Null(), nil
			}
			s, err := url.QueryUnescape(c.Text(0))
			if err != nil {
				return runtime.Null(), failf("in a URL a percent sign itself is %25", "the text is not written as in a URL: %w", err)
			}
			if !utf8.ValidString(s) {
				return runtime.Null(), failf("is it encoded in windows-1252?", "what the URL's text stands for is no text in UTF-8")
			}
			return runtime.Text(s), nil
		},
	}
}

// characters is the byte place of character n of s, at most its length.
func characters(s string, n int) int {
	if n <= 0 {
		return 0
	}
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

func left() *runtime.Command {
	return &runtime.Command{
		Name: "Left", Group: "Text", Summary: "Gives the first characters of a text.", Result: "the text", Function: true,
		Params:   []runtime.Param{required("text", runtime.TextParam, "the text"), required("count", runtime.NumberParam, "how many characters")},
		Examples: []runtime.Example{shows(`Left("München", 2)`, "Mü")},
		Run: func(c *runtime.Call) (runtime.Value, error) {
			n, err := whole(c, 1, "count", 0)
			s := c.Text(0)
			return runtime.Text(s[:characters(s, n)]), err
		},
	}
}

func right() *runtime.Command {
	return &runtime.Command{
		Name: "Right", Group: "Text", Summary: "Gives the last characters of a text.", Result: "the text", Function: true,
		Params:   []runtime.Param{required("text", runtime.TextParam, "the text"), required("count", runtime.NumberParam, "how many characters")},
		Examples: []runtime.Example{shows(`Right("AB-0042", 4)`, "0042")},
		Run: func(c *runtime.Call) (runtime.Value, error) {
			n, err := whole(c, 1, "count", 0)
			s := c.Text(0)
			return runtime.Text(s[characters(s, utf8.RuneCountInString(s)-max(n, 0)):]), err
		},
	}
}

func mid() *runtime.Command {
	return &runtime.Command{
		Name: "Mid", Group: "Text", Summary: "Gives characters from the middle of a text.", Result: "the text", Function: true,
		Params: []runtime.Param{required("text", runtime.TextParam, "the text"), required("start", runtime.NumberParam, "the first character, counted from 1"),
			optional("count", runtime.NumberParam, "how many characters; without it all that follow")},
		Errors:   []string{"start is less than 1"},
		Examples: []runtime.Example{shows(`Mid("PC-LON-0042", 4, 3)`, "LON"), shows(`Mid("abcdef", 5)`, "ef")},
		Run: func(c *runtime.Call) (runtime.Value, error) {
			start, err := whole(c, 1, "start", 1)
			if err == nil && start < 1 {
				err = failf("write 1 for the first character", "characters are counted from 1, and start is %d", start)
			}
			if err != nil {
				return runtime.Null(), err
			}
			s := c.Text(0)
			s = s[characters(s, start-1):]
			n, err := whole(c, 2, "count", len(s))
			return runtime.Text(s[:characters(s, n)]), err
		},
	}
}

func length() *runtime.Command {
	return &runtime.Command{
		Name: "Len", Group: "Text", Summary: "Counts the characters of a text.", Result: "a Number; 0 for Null", Function: true, Public: true,
		Params:   []runtime.Param{required("text", runtime.TextParam, "the text")},
		Examples: []runtime.Example{shows(`Len("Zoë")`, "3")},
		Run: func(c *runtime.Call) (runtime.Value, error) {
			return runtime.Int(int64(utf8.RuneCountInString(c.Text(0)))), nil
		},
	}
}

func replace() *runtime.Command {
	return &runtime.Command{
		Name: "Replace", Group: "Text", Summary: "Replaces every occurrence of a text in a text.", Doc: "Capital and small letters are different.",
		Result: "the text; Null for Null", Function: true,
		Params: []runtime.Param{required("text", runtime.TextParam, "where to look"), required("find", runtime.TextParam, "what to look for"),
			required("with", runtime.TextParam, "what to write instead")},
		Errors:   []string{"find is empty"},
		Examples: []runtime.Example{shows(`Replace("a;b;c", ";", ", ")`, "a, b, c")},
		Run: func(c *runtime.Call) (runtime.Value, error) {
			s, find, with := c.Text(0), c.Text(1), c.Text(2)
			switch {
			case c.Arg(0).IsNull():
				return runtime.Null(), nil
			case find == "":
				return runtime.Null(), failf("give the text to look for", "Replace has nothing to look for: find is empty")
			case len(with) > len(find) && strings.Count(s, find)*(len(with)-len(find))+len(s) > maxText:
				return runtime.Null(), failf("", "the text would be longer than %d MB", maxText>>20)
			}
			return runtime.Text(strings.ReplaceAll(s, find, with)), nil
		},
	}
}

func inStr() *runtime.Command {
	return &runtime.Command{
		Name: "InStr", Group: "Text", Summary: "Finds the place of a text in a text.",
		Doc: "Capital and small letters are different; `Contains` ignores case.", Result: "a Number counted from 1; 0 when it is not there", Function: true,
		Params: []runtime.Param{required("text", runtime.TextParam, "where to look"), required("find", runtime.TextParam, "what to look for"),
			defaulted("start", runtime.NumberParam, "1", "the first character to look at")},
		Examples: []runtime.Example{shows(`InStr("anna@example.com", "@")`, "5"), shows(`InStr("anna", "x")`, "0")},
		Run: func(c *runtime.Call) (runtime.Value, error) {
			start, err := whole(c, 2, "start", 1)
			if err != nil {
				return runtime.Null(), err
			}
			s := c.Text(0)
			from := characters(s, start-1)
			i := strings.Index(s[from:], c.Text(1))
			if i < 0 || c.Text(1) == "" {
				return runtime.Int(0), nil
			}
			return runtime.Int(int64(utf8.RuneCountInString(s[:from+i])) + 1), nil
		},
	}
}

func pad() *runtime.Command {
	return &runtime.Command{
		Name: "Pad", Group: "Text", Summary: "Fills a text up to a length.", Doc: "A text that is long enough stays as it is.", Result: "the text", Function: true,
		Params: []runtime.Param{required("text", runtime.TextParam, "the text"), required("length", runtime.NumberParam, "how many characters it shall have"),
			defaulted("fill", runtime.TextParam, " ", "the character to fill with"),
			{Name: "side", Type: runtime.TextParam, Doc: "where to fill", Optional: true, Default: "left", OneOf: []string{"left", "right"}}},
		Errors:   []string{"fill is not one character"},
		Examples: []runtime.Example{shows(`Pad(42, 5, "0")`, "00042"), shows(`Pad("ab", 4, ".", "right")`, "ab..")},
		Run: func(c *runtime.Call) (runtime.Value, error) {
			s, fill := c.Text(0), " "
			if !c.Arg(2).IsNull() {
				fill = c.Text(2)
			}
			n, err := whole(c, 1, "length", 0)
			switch {
			case err != nil:
				return runtime.Null(), err
			case utf8.RuneCountInString(fill) != 1:
				return runtime.Null(), failf(`write one character, such as "0"`, "Pad fills with one character, not with %q", fill)
			case n > 1<<20:
				return runtime.Null(), failf("", "Pad makes texts of at most %d characters", 1<<20)
			}
			more := strings.Repeat(fill, max(0, n-utf8.RuneCountInString(s)))
			if strings.EqualFold(c.Text(3), "right") {
				return runtime.Text(s + more), nil
			}
			return runtime.Text(more + s), nil
		},
	}
}

func chr() *runtime.Command {
	return &runtime.Command{
		Name: "Chr", Group: "Text", Summary: "Gives the character of a code.", Result: "a text of one character", Function: true,
		Params:   []runtime.Param{required("code", runtime.NumberParam, "its Unicode number")},
		Errors:   []string{"there is no such character"},
		Examples: []runtime.Example{shows(`Chr(65) & Chr(8364)`, "A€")},
		Run: func(c *runtime.Call) (runtime.Value, error) {
			n, err := whole(c, 0, "code", -1)
			if err == nil && (n < 1 || !utf8.ValidRune(rune(n))) {
				err = failf("65 is A, 9 a tab, 34 a double quote", "there is no character with the number %d", n)
			}
			if err != nil {
				return runtime.Null(), err
			}
			return runtime.Text(string(rune(n))), nil
		},
	}
}

func asc() *runtime.Command {
	return &runtime.Command{
		Name: "Asc", Group: "Text", Summary: "Gives the code of a text's first character.", Result: "a Number; Null for an empty text", Function: true,
		Params:   []runtime.Param{required("text", runtime.TextParam, "the text")},
		Examples: []runtime.Example{shows(`Asc("A")`, "65")},
		Run: func(c *runtime.Call) (runtime.Value, error) {
			for _, r := range c.Text(0) {
				return runtime.Int(int64(r)), nil
			}
			return runtime.Null(), nil
		},
	}
}
