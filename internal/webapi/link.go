package webapi

import (
	"errors"
	"net/http"
	"strings"
)

// NextLink returns the target of the link with rel="next" in an answer's Link
// headers (RFC 8288), "" where there is none. It reads several headers and
// several links in one header, quoted and bare values, any case of rel, and
// blanks wherever senders put them. A header that cannot be read is an error, as
// is one with two different next links: taken for the end of the list, it would
// pass half a list off as the whole.
func NextLink(h http.Header) (string, error) {
	next := ""
	for _, value := range h.Values("Link") {
		for rest := value; ; {
			var l link
			var err error
			if rest = strings.TrimLeft(rest, " \t,"); rest == "" {
				break
			}
			if l, rest, err = readLink(rest); err != nil {
				return "", err
			}
			if !l.hasRel("next") || l.anchor {
				continue
			}
			if l.target == "" {
				return "", errors.New("the Link header names a next page without an address")
			}
			if next != "" && next != l.target {
				return "", errors.New("the Link header names two different next pages")
			}
			next = l.target
		}
	}
	return next, nil
}

type link struct {
	target string
	rel    string
	anchor bool // the link starts from another page than this one
}

func (l link) hasRel(want string) bool {
	for rel := range strings.FieldsSeq(l.rel) {
		if strings.EqualFold(rel, want) {
			return true
		}
	}
	return false
}

var errLink = errors.New("the Link header, which leads to the next page, cannot be read")

// readLink reads the first link of a header value, and returns the rest
// behind its comma.
func readLink(s string) (l link, rest string, err error) {
	if s[0] != '<' {
		return link{}, "", errLink
	}
	target, s, closed := strings.Cut(s[1:], ">")
	if !closed {
		return link{}, "", errLink
	}
	l.target = strings.TrimSpace(target)
	seenRel := false
	for {
		s = strings.TrimLeft(s, " \t")
		if s == "" {
			return l, "", nil
		}
		if s[0] == ',' {
			return l, s[1:], nil
		}
		if s[0] != ';' {
			// Not a parameter: a sender forgot the semicolon, or the comma.
			if s[0] == '<' {
				return l, s, nil
			}
			s = ";" + s
		}
		var name, value string
		if name, value, s, err = readParam(s[1:]); err != nil {
			return link{}, "", err
		}
		switch strings.ToLower(name) {
		case "rel":
			if !seenRel { // the first one counts
				l.rel, seenRel = value, true
			}
		case "anchor":
			l.anchor = true
		}
	}
}

// readParam reads name, name=value or name="value" up to the next ; or ,
func readParam(s string) (name, value, rest string, err error) {
	end := strings.IndexAny(s, "=;,")
	if end < 0 {
		return strings.TrimSpace(s), "", "", nil
	}
	name = strings.TrimSpace(s[:end])
	if s[end] != '=' {
		return name, "", s[end:], nil
	}
	s = strings.TrimLeft(s[end+1:], " \t")
	if s == "" || s[0] != '"' {
		end = strings.IndexAny(s, ";,")
		if end < 0 {
			end = len(s)
		}
		return name, strings.TrimSpace(s[:end]), s[end:], nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return name, b.String(), s[i+1:], nil
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", "", errLink
}
