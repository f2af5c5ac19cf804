package runtime

import (
	"net/netip"
	"regexp"
	"strings"

	"github.com/amsx-lang/amsx/parser/ast"
)

// checkAddress looks at the address of a request, as far as the script says it.
func (c *compiler) checkAddress(call *ast.Call) {
	cmd := c.o.Table.Lookup(call.Name)
	if cmd == nil || cmd.Effects&(ReadsWeb|WritesWeb) == 0 || c.callee(call) != nil {
		return
	}
	for i, a := range call.Args {
		if p := paramAt(cmd, i); p == nil || !p.Address {
			continue
		}
		u, ok := c.addressOf(a)
		if !ok {
			return
		}
		if withoutTLS(u.address) {
			c.errorf(a.Start(), CodeNoTLS, "write https:// in place of http://", "http:// without TLS is for loopback hosts only; write https://")
		}
		if cmd.Role == PullRole {
			c.checkCursor(call, cmd, a, u)
		}
		return
	}
}

// addressOf is urlIn for an address that is a text, or BuildUrl of one: what
// another function makes of a text nobody knows.
func (c *compiler) addressOf(e ast.Expr) (scriptURL, bool) {
	if v, ok := e.(*ast.Var); ok && len(v.Path.Steps) == 1 {
		if slot, ok := c.slotOf(v.Path.Root()); !ok || c.isParameter(slot) {
			return scriptURL{}, false
		}
		if e = c.onlySet(v.Path.Root()); e == nil {
			return scriptURL{}, false
		}
	}
	if f, ok := e.(*ast.Call); ok {
		if cmd := c.o.Table.Lookup(f.Name); cmd == nil || len(cmd.Params) == 0 || !cmd.Params[0].Address {
			return scriptURL{}, false
		}
	}
	return c.urlIn(e), true
}

// withoutTLS reports whether an address begins with http:// and the name of a
// host that is not this machine.
func withoutTLS(address string) bool {
	const scheme = "http://"
	if len(address) < len(scheme) || !strings.EqualFold(address[:len(scheme)], scheme) {
		return false
	}
	host := address[len(scheme):]
	if i := strings.IndexAny(host, "/?#"); i >= 0 {
		host = host[:i]
	}
	if host == "" || strings.Contains(host, "%") {
		return false
	}
	if rest, ok := strings.CutPrefix(host, "["); ok {
		host, _, _ = strings.Cut(rest, "]")
	} else {
		host, _, _ = strings.Cut(host, ":")
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err != nil || !ip.Unmap().IsLoopback()
}

// cursorNames are the query parameters by which well-known services name a
// place in a list.
var cursorNames = []string{"after", "$skiptoken", "pageToken", "page_token", "nextPageToken", "cursor", "next_cursor"}

// A date, and a number, may be what a list is filtered by.
var cursorFilter = regexp.MustCompile(`^(\d{4}-\d\d-\d\d.*|\d*)$`)

// checkCursor finds a place in a list that was copied from a browser: whoever
// stands before it is not read.
func (c *compiler) checkCursor(call *ast.Call, cmd *Command, at ast.Expr, u scriptURL) {
	names := cursorNames
	for i := range call.Args { // cursor:path>param
		if style, _, ok := wordOf(call.Args[i]); ok && strings.HasPrefix(style, "cursor:") {
			if _, name, ok := strings.Cut(style, ">"); ok {
				names = append(names[:len(names):len(names)], name)
			}
		}
	}
	for _, name := range names {
		if value := u.query[name]; u.known(name) && !cursorFilter.MatchString(value) {
			c.errorf(at.Start(), CodeCursor, `remove "`+name+`" and its value`,
				"\"%s\" is a place in the midst of a list: whoever stands before it would not be read. %s finds the pages by itself", name, cmd.Name)
			return
		}
	}
}
