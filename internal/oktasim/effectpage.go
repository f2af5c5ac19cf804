package oktasim

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// The effects of this file change what a page says. On an answer that is no list they change nothing.

// rewrite is an effect on the body of a page.
func rewrite(body func(*page) []byte) action {
	return func(x *exchange) {
		if x.reply.page != nil {
			x.reply.body = body(x.reply.page)
		}
	}
}

func replaceBody(body string) action {
	return rewrite(func(*page) []byte { return []byte(body) })
}

func insertFirst(p *page, record []byte) []byte {
	b := append([]byte{'['}, record...)
	if len(p.records) > 0 {
		b = append(b, ',')
	}
	return append(b, p.body[1:]...)
}

// editFirst changes the first record; on a page without records nothing happens.
func editFirst(change func([]byte) []byte) action {
	return rewrite(func(p *page) []byte {
		if len(p.records) == 0 {
			return p.body
		}
		b := append([]byte{'['}, change(p.recordAt(0))...)
		return append(b, p.body[p.records[0][1]:]...)
	})
}

var (
	idPattern        = regexp.MustCompile(`^\{"id":"[^"]*",`)
	statusPattern    = regexp.MustCompile(`"status":"[^"]*"`)
	profilePattern   = regexp.MustCompile(`"profile":`)
	titlePattern     = regexp.MustCompile(`"title":`)
	firstNamePattern = regexp.MustCompile(`"(firstName|name)":"`)
)

func replaceOnce(b []byte, pattern *regexp.Regexp, with string) []byte {
	at := pattern.FindIndex(b)
	if at == nil {
		return b
	}
	return append(append(bytes.Clone(b[:at[0]]), with...), b[at[1]:]...)
}

func withoutID(b []byte) []byte      { return replaceOnce(b, idPattern, "{") }
func withoutProfile(b []byte) []byte { return replaceOnce(b, profilePattern, `"oldProfile":`) }

func withWrongTypes(b []byte) []byte {
	b = replaceOnce(b, titlePattern, `"formerTitle":`) // of two, the last would count
	return replaceOnce(b, firstNamePattern, `"firstName":42,"title":{"text":"Engineer"},"nickName":"`)
}

func withBadUTF8(b []byte) []byte {
	return replaceOnce(b, firstNamePattern, "\"firstName\":\"\xff\xfe\xc3(")
}

func withStatus(args []string) (action, error) {
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, args[0])
	return editFirst(func(b []byte) []byte { return replaceOnce(b, statusPattern, `"status":"`+text+`"`) }), nil
}

func invalidJSON(x *exchange) {
	rewrite(func(p *page) []byte {
		if len(p.records) == 0 {
			return []byte(`[{"id" "00u1"}]`)
		}
		return replaceOnce(p.body, regexp.MustCompile(`",`), `"`)
	})(x)
}

// emptyPage puts a page without records before the one that was asked for.
func emptyPage(x *exchange) {
	if x.reply.page == nil || x.list.noLink {
		return
	}
	x.reply.body = []byte("[]")
	x.reply.next = x.list.url(x.sim, x.base, cursor{page: x.list.cursor.page + 1, last: x.list.cursor.last})
}

// shortPage cuts a page in the middle; what follows comes with the next.
func shortPage(x *exchange) {
	p := x.reply.page
	if p == nil || x.list.noLink || len(p.records) < 2 {
		return
	}
	end := p.records[len(p.records)/2-1]
	x.reply.body = append(bytes.Clone(p.body[:end[1]]), ']')
	x.reply.next = x.list.url(x.sim, x.base, cursor{page: p.number + 1, last: idIn(p.body[end[0]:end[1]])})
}

func idIn(record []byte) string {
	id, _, _ := bytes.Cut(bytes.TrimPrefix(record, []byte(`{"id":"`)), []byte(`"`))
	return string(id)
}

// pageAt returns page n of the list, counted from the start at the list's limit.
func (x *exchange) pageAt(n int) *page {
	org := x.sim.org
	org.mu.RLock()
	defer org.mu.RUnlock()
	l := *x.list
	l.cursor = cursor{page: 1}
	p := x.sim.render(&l, x.base)
	for p.number < n && p.more {
		l.cursor = cursor{page: p.number + 1, last: p.last}
		p = x.sim.render(&l, x.base)
	}
	return p
}

func nextToPage(args []string) (action, error) {
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 1 {
		return nil, errPages
	}
	return func(x *exchange) {
		if x.reply.page == nil {
			return
		}
		cur := cursor{page: 1}
		if n > 1 {
			cur = cursor{page: n, last: x.pageAt(n - 1).last}
		}
		x.reply.next = x.list.url(x.sim, x.base, cur)
	}, nil
}

func repeatLast(args []string) (action, error) {
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 1 {
		return nil, errPages
	}
	return func(x *exchange) {
		if x.reply.page == nil {
			return
		}
		if p := x.pageAt(n); len(p.records) > 0 {
			x.reply.body = insertFirst(x.reply.page, p.recordAt(len(p.records)-1))
		}
	}, nil
}

// address reads what a script names as a place: a whole address, a path, or a host, which gets the path and query of from.
func address(text, from string) (string, error) {
	u, err := url.Parse(from)
	if err != nil {
		return "", err
	}
	switch {
	case strings.Contains(text, "://"), strings.HasPrefix(text, "/"):
		return text, nil
	default:
		u.Host = text
		return u.String(), nil
	}
}

// checkAddress refuses what is no address, when the script is read.
func checkAddress(text string) error {
	u := text
	if !strings.Contains(text, "://") && !strings.HasPrefix(text, "/") {
		u = "https://" + text
	}
	if _, err := url.Parse(u); err != nil {
		return fmt.Errorf("%q is no host and no address: write for example evil.example or https://evil.example/api/v1/users", text)
	}
	return nil
}

func nextTo(args []string) (action, error) {
	if err := checkAddress(args[0]); err != nil {
		return nil, err
	}
	return func(x *exchange) {
		from := x.reply.next
		if from == "" {
			from = x.reply.self
		}
		if to, err := address(args[0], from); err == nil {
			x.reply.next = to
		}
	}, nil
}

func redirect(args []string) (action, error) {
	if err := checkAddress(args[0]); err != nil {
		return nil, err
	}
	return func(x *exchange) {
		to, err := address(args[0], x.base+x.r.URL.RequestURI())
		if err != nil {
			to = args[0]
		}
		x.reply = &reply{status: http.StatusFound, header: http.Header{"Location": {to}}}
	}, nil
}

// headerInjection is what an attacker who controls header values would try and what passes an HTTP library: a terminal's escape
// sequences in the form that is valid UTF-8 (C1), text that runs backwards, a cursor that decodes to line ends.
func headerInjection(x *exchange) {
	x.reply.header.Set("X-Okta-Request-Id", x.id+"\u009b2J\u202eowned")
	if x.reply.next != "" {
		x.reply.next = strings.Replace(x.reply.next, "after=", "after=%0D%0AAuthorization%3A+none%0D%0A&was=", 1)
	}
}
