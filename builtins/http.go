package builtins

import (
	"errors"
	"fmt"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/amsx-lang/amsx/internal/webapi"
	"github.com/amsx-lang/amsx/runtime"
)

func httpCommands() []*runtime.Command {
	address := runtime.Param{Name: "url", Type: runtime.TextParam, Doc: "the address", Secret: true, Address: true}
	body := runtime.Param{Name: "body", Type: runtime.AnyParam, Doc: "what is sent: a text, or Json, a Row or a List, which are written as JSON", Secret: true}
	typ := runtime.Param{Name: "type", Type: runtime.TextParam, Doc: "the content type; without it application/json", Optional: true}
	headers := runtime.Param{Name: "header, value", Type: runtime.TextParam, Doc: "headers of this request only, in turns", Optional: true, Variadic: true, Secret: true}
	allow := as(optional("allow", runtime.TextParam, `statuses that are no error, such as "404"`), statuses)
	const result = "the body of the answer, also in %MSRESULT%; the status is in %HTTPSTATUS%"
	const safety = "The Authorization of a credential pack goes only to the pack's hosts; a secret in the address or body for another host is an error."
	errs := []string{"the answer's status is 400 or more and not allowed", "the server cannot be reached", "a secret would go to a foreign host"}
	send := func(name, summary string, p runtime.Provenance) *runtime.Command {
		return &runtime.Command{
			Name: name, Group: "Web", Summary: summary, Doc: safety + " In a test run POST, PUT, PATCH and DELETE are not sent.", Result: result, Statement: true, Provenance: p,
			Effects:  runtime.ReadsWeb | runtime.WritesWeb,
			Params:   []runtime.Param{{Name: "method", Type: runtime.TextParam, Doc: "the method", OneOf: []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}}, address, optionalBody(body), typ, headers},
			Errors:   errs,
			Examples: []runtime.Example{script("Set answer = "+name+" \"PUT\", \"https://api.example.com/echo\", Row(\"a\", 1)\nLog \"info\", \"%HTTPSTATUS% %answer%\"\n", "200 PUT application/json {\"a\":1}\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				return request{method: c.Text(0), url: c.Arg(1), body: c.Arg(2), typ: c.Text(3), headers: 4}.send(c)
			},
		}
	}
	return []*runtime.Command{
		{
			Name: "HttpGet", Group: "Web", Summary: "Gets an address.", Doc: safety + " A list with pages is read with JsonPages.", Result: result, Statement: true, Effects: runtime.ReadsWeb, Role: runtime.FetchRole,
			Params: []runtime.Param{address, allow}, Errors: errs,
			Examples: []runtime.Example{script("Set answer = HttpGet \"https://api.example.com/hello\"\nLog \"info\", \"%HTTPSTATUS% %answer%\"\n", "200 {\"say\":\"hello\"}\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				return request{method: "GET", url: c.Arg(0), allow: 1}.send(c)
			},
		},
		{
			Name: "HttpPost", Group: "Web", Summary: "Sends a body to an address with POST.", Doc: safety + " In a test run nothing is sent.", Result: result, Statement: true, Effects: runtime.WritesWeb,
			Params: []runtime.Param{address, body, typ, headers}, Errors: errs,
			Examples: []runtime.Example{script("Set answer = HttpPost \"https://api.example.com/echo\", \"a=1\", \"application/x-www-form-urlencoded\"\nLog \"info\", %answer%\n", "POST application/x-www-form-urlencoded a=1\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				return request{method: "POST", url: c.Arg(0), body: c.Arg(1), typ: c.Text(2), headers: 3}.send(c)
			},
		},
		send("HttpSend", "Sends a request with any method.", runtime.Ours),
		send("HttpSendNet", "Sends a request with any method: HttpSend by its documented name.", runtime.Documented),
		{
			Name: "Header", Group: "Web", Summary: "Sets a header of the requests that follow, to one host.",
			Doc:       "The host is the one given, else those of the credential pack whose secret is in the value, else the host of the next request. Null removes the header.",
			Statement: true, Role: runtime.HeaderRole, Params: []runtime.Param{as(required("name", runtime.TextParam, "the header"), headerName), {Name: "value", Type: runtime.AnyParam, Doc: "its value", Secret: true},
				optional("host", runtime.TextParam, "the host, such as api.example.com")},
			Errors:   []string{"the name or the value cannot be a header's", "a secret would go to a foreign host"},
			Examples: []runtime.Example{script("Header \"X-Org\", \"Contoso\", \"api.example.com\"\nSet answer = HttpGet \"https://api.example.com/org\"\nLog \"info\", %answer%\n", "Contoso\n")},
			Run:      setHeader,
		},
		{
			Name: "HttpHeader", Group: "Web", Summary: "Gives a header of the last answer.", Result: "a text, several joined by commas; Null when there is none", Function: true,
			Params:   []runtime.Param{required("name", runtime.TextParam, "the header")},
			Examples: []runtime.Example{script("Set answer = HttpGet \"https://api.example.com/hello\"\nLog \"info\", HttpHeader(\"content-type\")\n", "application/json\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				v := c.ResponseHeader(textproto.CanonicalMIMEHeaderKey(c.Text(0)))
				if len(v) == 0 {
					return runtime.Null(), nil
				}
				return runtime.Text(strings.Join(v, ", ")), nil
			},
		},
	}
}

func optionalBody(p runtime.Param) runtime.Param {
	p.Optional = true
	return p
}

// A request is what a command is about to send.
type request struct {
	method  string
	url     runtime.Value
	body    runtime.Value
	typ     string // of the body
	allow   int    // the argument with the statuses that are no error; 0: none
	headers int    // the first argument of headers; 0: none
	accept  string
}

// prepare makes the request, with the headers that go to its host. Every
// secret in it is held against that host.
func (r request) prepare(c *runtime.Call) (*runtime.Request, error) {
	u, err := url.Parse(strings.TrimSpace(r.url.Text()))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		// The text is not shown: it may hold what is nobody's business.
		return nil, failf("write it as https://host/path; BuildUrl makes one", "the address is no URL with https:// and a host")
	}
	if u.User != nil {
		return nil, failf(`use a credential pack: Credential p, "NAME" and Authorize p, "Basic"`, "the address has a user or password in it")
	}
	host := hostOf(u)
	req := &runtime.Request{Method: strings.ToUpper(r.method), URL: strings.TrimSpace(r.url.Text()), Pos: c.Pos()}
	if r.allow > 0 {
		if req.Allow, err = runtime.Prepared[[]int](c, r.allow); err != nil {
			return nil, err
		}
	}
	for _, v := range []runtime.Value{r.url, r.body} {
		if err := c.CheckTaint(v, host); err != nil {
			return nil, err
		}
	}
	if uri := u.RequestURI(); uri != "/" {
		c.Hide(r.url, req.URL, uri, u.EscapedPath(), u.Path)
	}
	bindHeaders(c, host)
	for _, h := range c.Headers() {
		if containsFold(h.Hosts, host) {
			req.Header = append(req.Header, h)
		}
	}
	set := func(name, value string) {
		for _, h := range req.Header {
			if strings.EqualFold(h.Name, name) {
				return
			}
		}
		req.Header = append(req.Header, runtime.HeaderField{Name: name, Value: value})
	}
	if r.headers > 0 {
		own, err := ownHeaders(c, r.headers, host)
		if err != nil {
			return nil, err
		}
		// A header of this request stands in the place of a general one.
		req.Header = append(own, without(req.Header, own)...)
	}
	if !r.body.IsNull() {
		req.Body = body(r.body)
		typ := r.typ
		if typ == "" {
			typ = "application/json"
		}
		set("Content-Type", typ)
	}
	if r.accept != "" {
		set("Accept", r.accept)
	}
	return req, nil
}

// send sends the request and notes the answer.
func (r request) send(c *runtime.Call) (runtime.Value, error) {
	req, err := r.prepare(c)
	if err != nil {
		return runtime.Null(), err
	}
	if c.Host().Testing && req.Method != "GET" && req.Method != "HEAD" {
		u, _ := url.Parse(req.URL)
		// A path that was made from a secret prints as ••••.
		what := fmt.Sprintf("%s %s%s", req.Method, u.Host, runtime.Text(u.Path).WithTaint(r.url.Taint()))
		if l := c.Host().Log; l != nil {
			l.Line("info", "test run: "+what+" is not sent", c.Pos())
		}
		if held := c.Host().Held; held != nil {
			held(what)
		}
		c.SetResponse(0, nil)
		return runtime.Null(), nil
	}
	if c.Host().Web == nil {
		return runtime.Null(), errNoWeb
	}
	answer, err := c.Host().Web.Send(c.Context(), req)
	if err != nil {
		// In a Catch the script may ask which status it was.
		var failed *webapi.Error
		if errors.As(err, &failed) {
			c.SetResponse(failed.Status, nil)
		}
		return runtime.Null(), err
	}
	c.SetResponse(answer.Status, answer.Header)
	return runtime.Text(answer.Body), nil
}

// hostOf is a URL's host as packs name it: without the scheme's own port.
func hostOf(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if u.Scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

func body(v runtime.Value) []byte {
	switch v.Kind() {
	case runtime.KindRow, runtime.KindList, runtime.KindTable, runtime.KindJSON:
		return runtime.AppendJSON(nil, v)
	}
	return []byte(v.Text())
}

// statuses reads the statuses that are no error.
func statuses(s string) ([]int, error) {
	var out []int
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == ';' }) {
		n, err := strconv.Atoi(f)
		if err != nil || n < 300 || n > 599 {
			return nil, failf(`write "404", or "404, 410"`, "%q is no status that could be allowed", f)
		}
		out = append(out, n)
	}
	return out, nil
}

// bindHeaders gives the headers that wait for the next request its host, unless
// the script has set one of that name for the host since.
func bindHeaders(c *runtime.Call, host string) {
	all := c.Headers()
	for i, waiting := range all {
		if len(waiting.Hosts) > 0 {
			continue
		}
		since := slices.ContainsFunc(all[i+1:], func(h runtime.HeaderField) bool {
			return strings.EqualFold(h.Name, waiting.Name) && slices.Equal(h.Hosts, []string{host})
		})
		c.RemoveHeader(waiting.Name, nil)
		for _, h := range all {
			if strings.EqualFold(h.Name, waiting.Name) && len(h.Hosts) > 0 {
				c.SetHeader(h)
			}
		}
		if !since {
			waiting.Hosts = []string{host}
			c.SetHeader(waiting)
		}
	}
}

func without(headers, other []runtime.HeaderField) []runtime.HeaderField {
	var out []runtime.HeaderField
	for _, h := range headers {
		replaced := false
		for _, o := range other {
			replaced = replaced || strings.EqualFold(h.Name, o.Name)
		}
		if !replaced {
			out = append(out, h)
		}
	}
	return out
}

// ownHeaders reads name and value pairs from argument i on.
func ownHeaders(c *runtime.Call, i int, host string) ([]runtime.HeaderField, error) {
	var out []runtime.HeaderField
	for ; i < c.Len(); i += 2 {
		if i+1 >= c.Len() {
			return nil, failf("write names and values in turns", "the header %s has no value", c.Text(i))
		}
		if c.Arg(i + 1).IsNull() {
			continue
		}
		h, err := headerField(c, c.Text(i), c.Arg(i+1), host)
		if err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, nil
}

// headerField makes a header that goes to a host, or, without one, to those of
// the secret in it.
func headerField(c *runtime.Call, name string, value runtime.Value, host string) (runtime.HeaderField, error) {
	h := runtime.HeaderField{Name: name, Value: value.Text(), Secret: value.Taint() != 0}
	if _, err := headerName(name); err != nil {
		return h, err
	}
	if strings.ContainsFunc(h.Value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return h, failf("remove line ends with Replace or Trim", "the value of the header %s has a line end or control character in it", name)
	}
	c.Hide(value, h.Value)
	packs, hosts := c.TaintHosts(value)
	h.Pack = packs
	switch {
	case host != "":
		h.Hosts = []string{host}
		return h, c.CheckTaint(value, host)
	case h.Secret:
		h.Hosts = hosts
	}
	return h, nil
}

func headerName(s string) (string, error) {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune("()<>@,;:\\\"/[]?={}", r)
	}) {
		return "", failf(`write it as "X-Name"`, "%q cannot be the name of a header", s)
	}
	return s, nil
}

func setHeader(c *runtime.Call) (runtime.Value, error) {
	name, value, host := c.Text(0), c.Arg(1), strings.ToLower(strings.TrimSpace(c.Text(2)))
	if strings.Contains(host, "/") {
		return runtime.Null(), failf("write api.example.com, without https:// and path", "%q is an address, and a host is wanted", c.Text(2))
	}
	if value.IsNull() {
		var hosts []string
		if host != "" {
			hosts = []string{host}
		}
		c.RemoveHeader(name, hosts)
		return runtime.Null(), nil
	}
	h, err := headerField(c, name, value, host)
	if err != nil {
		return runtime.Null(), err
	}
	c.SetHeader(h)
	return runtime.Null(), nil
}
