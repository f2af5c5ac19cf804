package webapi

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// A Style is how an API leads from one page of a list to the next.
type Style struct {
	kind  string
	path  string // of the next address, or of the cursor
	param string // that carries the cursor, the page number or the offset
	total string // path of the count of pages (page) or records (offset)
}

// Styles lists the paging styles as a script writes them.
const Styles = "link, odata, body-url:path, cursor:path>param, page:param, page:param,total:path, offset:param, offset:param,total:path"

// ParseStyle reads a paging style; "" is link.
//
//	link                        the Link header's rel="next" (RFC 8288)
//	odata                       the address in @odata.nextLink
//	body-url:path               the address at path
//	cursor:path>param           the value at path goes into the parameter
//	page:param[,total:path]     counts pages; total is how many there are
//	offset:param[,total:path]   counts records; total is how many there are
func ParseStyle(text string) (Style, error) {
	kind, rest, _ := strings.Cut(strings.TrimSpace(text), ":")
	s := Style{kind: strings.ToLower(strings.TrimSpace(kind))}
	rest = strings.TrimSpace(rest)
	missing := func(what string) (Style, error) {
		return Style{}, fmt.Errorf("the paging style %q names no %s; the styles are %s", text, what, Styles)
	}
	switch s.kind {
	case "":
		s.kind = "link"
		fallthrough
	case "link", "odata":
		if rest != "" {
			return Style{}, fmt.Errorf("the paging style %s takes nothing behind it, not %q", s.kind, rest)
		}
	case "body-url":
		if s.path = rest; s.path == "" {
			return missing("path")
		}
	case "cursor":
		path, param, _ := strings.Cut(rest, ">")
		s.path, s.param = strings.TrimSpace(path), strings.TrimSpace(param)
		if s.path == "" {
			return missing("path")
		}
		if s.param == "" {
			return missing("parameter (cursor:path>param)")
		}
	case "page", "offset":
		param, total, has := strings.Cut(rest, ",")
		if s.param = strings.TrimSpace(param); s.param == "" {
			return missing("parameter")
		}
		if has {
			path, ok := strings.CutPrefix(strings.TrimSpace(total), "total:")
			if s.total = strings.TrimSpace(path); !ok || s.total == "" {
				return missing("total (" + s.kind + ":" + s.param + ",total:path)")
			}
		}
	default:
		return Style{}, fmt.Errorf("there is no paging style %q; the styles are %s", text, Styles)
	}
	return s, nil
}

// counted says the style needs to know how many records a page has.
func (s Style) counted() bool { return s.kind == "page" || s.kind == "offset" }

// position is where in the list a reader is.
type position struct {
	first  *url.URL // of this pass
	here   *url.URL // the page just read
	number int64    // page number or offset of here
	seen   int64    // records up to and with this page
}

// next returns the address of the page after the one just read, nil at the
// end of the list. count is the number of its records.
func (s Style) next(at *position, header http.Header, body []byte, count int, lookup Lookup) (*url.URL, error) {
	switch s.kind {
	case "link":
		target, err := NextLink(header)
		return s.follow(at, target, err)
	case "odata":
		for _, name := range []string{"@odata.nextLink", "odata.nextLink", "d.__next"} {
			if target, ok := lookup(body, name); ok {
				return s.follow(at, target, nil)
			}
		}
		return nil, nil
	case "body-url":
		target, _ := lookup(body, s.path)
		return s.follow(at, target, nil)
	case "cursor":
		cursor, ok := lookup(body, s.path)
		if !ok || cursor == "" {
			return nil, nil
		}
		return withParam(at.first, s.param, cursor), nil
	}
	return s.count(at, body, int64(count), lookup)
}

// follow resolves a next address. The token must not go to a host that an
// answer names, so a foreign one is read as this host seen from elsewhere (an
// admin host, a proxy): scheme and host stay, path and query are taken, and
// only when the path is the one that was asked.
func (s Style) follow(at *position, target string, err error) (*url.URL, error) {
	target = strings.TrimSpace(target)
	if err != nil || target == "" {
		return nil, err
	}
	next, err := at.here.Parse(strings.ReplaceAll(target, " ", "%20"))
	if err != nil {
		return nil, errors.New("the address of the next page cannot be read")
	}
	if next.Opaque != "" {
		return nil, errors.New("the address of the next page is not a web address")
	}
	next.Fragment, next.RawFragment = "", ""
	foreign := !sameOrigin(at.here, next) || next.User != nil
	if foreign && next.EscapedPath() != at.here.EscapedPath() {
		return nil, fmt.Errorf("the next page is on another host and under another path, %s; that is not followed", next.Host+next.EscapedPath())
	}
	next.Scheme, next.Host, next.User = at.here.Scheme, at.here.Host, nil
	return next, nil
}

// count is next for the styles that count: page and offset.
func (s Style) count(at *position, body []byte, count int64, lookup Lookup) (*url.URL, error) {
	at.seen += count
	total := int64(-1)
	if s.total != "" {
		text, ok := lookup(body, s.total)
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if !ok || err != nil || n < 0 {
			return nil, fmt.Errorf("there is no number at total:%s in the answer", s.total)
		}
		total = n
	}
	if s.kind == "offset" {
		at.number += count
		switch {
		case total >= 0 && at.number >= total, total < 0 && count == 0:
			return nil, nil
		case count == 0:
			return nil, fmt.Errorf("the list ended early: %d of %d records came", at.number, total)
		}
		return withParam(at.first, s.param, strconv.FormatInt(at.number, 10)), nil
	}
	// Some APIs give the records as their total, not the pages. There are
	// never more pages than records, so reading total as pages never ends too
	// early; an empty page then tells which of the two it was.
	from := startNumber(at.first, s.param, 1)
	read := at.number - from + 1
	switch {
	case total >= 0 && read >= total, total < 0 && count == 0:
		return nil, nil
	case count == 0 && at.seen != total:
		return nil, fmt.Errorf("the list ended early: page %d is empty, total:%s says %d", read, s.total, total)
	case count == 0:
		return nil, nil
	}
	at.number++
	return withParam(at.first, s.param, strconv.FormatInt(at.number, 10)), nil
}

// begin returns the position before the first page at u.
func (s Style) begin(u *url.URL) *position {
	at := &position{first: u, here: u}
	switch s.kind {
	case "page":
		at.number = startNumber(u, s.param, 1)
	case "offset":
		at.number = startNumber(u, s.param, 0)
	}
	return at
}

func startNumber(u *url.URL, param string, otherwise int64) int64 {
	if n, err := strconv.ParseInt(u.Query().Get(param), 10, 64); err == nil && n >= 0 {
		return n
	}
	return otherwise
}

// withParam returns u with one query parameter set; the others stay as they
// are written.
func withParam(u *url.URL, name, value string) *url.URL {
	pair := queryEscape(name) + "=" + queryEscape(value)
	var parts []string
	if u.RawQuery != "" {
		parts = slices.DeleteFunc(strings.Split(u.RawQuery, "&"), func(part string) bool {
			key, _, _ := strings.Cut(part, "=")
			plain, err := url.QueryUnescape(key)
			return err == nil && plain == name
		})
	}
	v := *u
	v.RawQuery = strings.Join(append(parts, pair), "&")
	return &v
}

// A Lookup returns the text at a path of a JSON body. It reports false where
// there is nothing or null.
type Lookup func(body []byte, path string) (string, bool)

// lookupJSON is the Lookup used when the caller gives none: names joined by
// dots, where a literal key with dots in it wins.
func lookupJSON(body []byte, path string) (string, bool) {
	v := resultAt(gjson.ParseBytes(body), path)
	if !v.Exists() || v.Type == gjson.Null {
		return "", false
	}
	return v.String(), true
}

func resultAt(v gjson.Result, path string) gjson.Result {
	if path == "" {
		return v
	}
	if literal := v.Get(gjson.Escape(path)); literal.Exists() {
		return literal
	}
	for i := range len(path) {
		if path[i] != '.' {
			continue
		}
		if inner := v.Get(gjson.Escape(path[:i])); inner.Exists() {
			if found := resultAt(inner, path[i+1:]); found.Exists() {
				return found
			}
		}
	}
	return gjson.Result{}
}
