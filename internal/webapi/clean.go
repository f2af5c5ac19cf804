package webapi

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxShown is how many characters of a body that is not the API's own an
// error shows.
const maxShown = 300

// clean makes foreign text safe and short enough for a message: no control
// characters, no terminal escapes, blanks joined, cut to limit characters.
func clean(text string, limit int) string {
	var b strings.Builder
	n, blank := 0, false
	for i := 0; i < len(text); {
		if skip := escapeLen(text[i:]); skip > 0 {
			i += skip
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		switch {
		case unicode.IsSpace(r):
			blank = n > 0
			continue
		case r == utf8.RuneError && size == 1:
			r = '\uFFFD'
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), r == '\uFEFF':
			// Cf holds the marks that turn the direction of text around.
			continue
		}
		if n >= limit || blank && n+1 >= limit {
			b.WriteString("…")
			return b.String()
		}
		if blank {
			b.WriteByte(' ')
			n++
			blank = false
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// escapeLen returns the length of the terminal escape sequence text starts
// with, 0 for none. A sequence without an end reaches to the end of the line.
func escapeLen(text string) int {
	var body string
	intro := 0
	switch {
	case strings.HasPrefix(text, "\x1b"):
		intro = 2
		if len(text) < 2 {
			return 1
		}
		body = text[1:2]
	case strings.HasPrefix(text, "\u009b"):
		intro, body = len("\u009b"), "["
	case strings.HasPrefix(text, "\u009d"), strings.HasPrefix(text, "\u0090"):
		intro, body = len("\u009d"), "]"
	default:
		return 0
	}
	switch body {
	case "[": // CSI: parameters, then one letter
		for i := intro; i < len(text); i++ {
			if text[i] >= 0x40 && text[i] <= 0x7e {
				return i + 1
			}
			if text[i] < 0x20 || text[i] > 0x7e {
				return i
			}
		}
		return len(text)
	case "]", "P", "X", "^", "_": // a string up to BEL or ESC \
		for i := intro; i < len(text); i++ {
			switch {
			case text[i] == '\a':
				return i + 1
			case strings.HasPrefix(text[i:], "\x1b\\"):
				return i + 2
			case strings.HasPrefix(text[i:], "\u009c"):
				return i + len("\u009c")
			case text[i] == '\n':
				return i
			}
		}
		return len(text)
	}
	return intro
}

// bodyText returns the start of a body as text; of a web page what a reader
// would see, without tags, scripts and styles.
func bodyText(body []byte) string {
	const enough = 16 << 10
	text := string(body[:min(len(body), enough)])
	if looksLikeHTML(text) {
		text = stripTags(text)
	}
	return text
}

func looksLikeHTML(text string) bool {
	head := strings.ToLower(strings.TrimLeft(text[:min(len(text), 1024)], "\ufeff \t\r\n"))
	return strings.HasPrefix(head, "<") && !strings.HasPrefix(head, "<?xml") ||
		strings.Contains(head, "<html") || strings.Contains(head, "<body") || strings.Contains(head, "<!doctype html")
}

func stripTags(text string) string {
	var b strings.Builder
	lower := lowerASCII(text)
	for {
		open := strings.IndexByte(text, '<')
		if open < 0 {
			b.WriteString(text)
			break
		}
		b.WriteString(text[:open])
		text, lower = text[open:], lower[open:]
		end := ">"
		switch {
		case strings.HasPrefix(lower, "<!--"):
			end = "-->"
		case strings.HasPrefix(lower, "<script"):
			end = "</script>"
		case strings.HasPrefix(lower, "<style"):
			end = "</style>"
		}
		i := strings.Index(lower, end)
		if i < 0 {
			break // a tag that is cut: nothing behind it is text
		}
		text, lower = text[i+len(end):], lower[i+len(end):]
		b.WriteByte(' ')
	}
	return htmlEntities.Replace(b.String())
}

// lowerASCII keeps the length of text, which strings.ToLower does not where
// bytes are no UTF-8: offsets hold for both.
func lowerASCII(text string) string {
	b := []byte(text)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

var htmlEntities = strings.NewReplacer("&nbsp;", " ", "&lt;", "<", "&gt;", ">", "&quot;", `"`, "&#39;", "'", "&amp;", "&")
