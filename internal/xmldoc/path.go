package xmldoc

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Path is a compiled path: a small part of XPath. It is immutable and safe
// for concurrent use.
type Path struct {
	absolute bool // it begins at the document, not at the element at hand
	steps    []step
	attr     *name // of the last @attr
	text     bool  // it ends in text()
}

// A step goes from elements to elements.
type step struct {
	deep   bool // to all below, not only to children
	self   bool // .
	name   name
	wheres []where
}

// A name is that of an element or attribute.
type name struct {
	any    bool   // *
	anyURI bool   // no prefix: of any namespace
	uri    string // of the prefix
	local  string
}

// A where is one condition in brackets.
type where struct {
	index  int  // [3]: the third of its parent; 0: not by place
	last   bool // [last()]
	attr   bool // [@name…]
	self   bool // [.='x']
	name   name
	equals *string // nil: it is there
}

const pathHint = `write a path such as "//record", "/root/record", "record[type='person']" or "record/@id"`

// ParseNamespaces reads prefixes: "p=uri, q=uri".
func ParseNamespaces(s string) (map[string]string, error) {
	out := map[string]string{}
	for part := range strings.SplitSeq(s, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		p, uri, ok := strings.Cut(part, "=")
		p, uri = strings.TrimSpace(p), strings.TrimSpace(uri)
		if !ok || uri == "" || !isName(p) {
			return nil, failf(`write "p=http://…, q=http://…"`, "%q is no prefix with its namespace", strings.TrimSpace(part))
		}
		out[p] = uri
	}
	return out, nil
}

func isName(s string) bool {
	for i, r := range s {
		if !isNameRune(r, i == 0) {
			return false
		}
	}
	return s != ""
}

func isNameRune(r rune, first bool) bool {
	return r == '_' || unicode.IsLetter(r) || !first && (r == '-' || r == '.' || unicode.IsDigit(r) || unicode.IsMark(r) || r == '·')
}

// ParsePath compiles a path. Prefixes in it are those of the namespaces.
func ParsePath(s string, namespaces map[string]string) (*Path, error) {
	p := pathParser{text: strings.TrimSpace(s), namespaces: namespaces}
	path := &Path{}
	if p.text == "" {
		return nil, failf(pathHint, "the path is empty")
	}
	if len(p.text) > maxPath {
		return nil, failf(pathHint, "the path is longer than %d characters", maxPath)
	}
	deep := false
	switch {
	case p.take("//"):
		path.absolute, deep = true, true
	case p.take("/"):
		path.absolute = true
	case p.take(".//"):
		deep = true
	case p.take("./"):
	}
	for {
		if path.attr != nil || path.text {
			return nil, failf("end the path there", "nothing can follow @name or text() in the path %q", s)
		}
		if err := p.step(path, deep); err != nil {
			return nil, err
		}
		switch {
		case p.at == len(p.text):
			return path, nil
		case p.take("//"):
			deep = true
		case p.take("/"):
			deep = false
		default:
			return nil, p.unsupported()
		}
	}
}

const maxPath = 2000

type pathParser struct {
	text       string
	at         int
	namespaces map[string]string
}

func (p *pathParser) take(s string) bool {
	if strings.HasPrefix(p.text[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

func (p *pathParser) blanks() {
	for p.at < len(p.text) && (p.text[p.at] == ' ' || p.text[p.at] == '\t') {
		p.at++
	}
}

// unsupported is the error of what stands at the current place.
func (p *pathParser) unsupported() error {
	rest := p.text[p.at:]
	switch {
	case rest == "":
		return failf(pathHint, "the path %q ends where a name must follow", p.text)
	case strings.HasPrefix(rest, ".."):
		return failf("loop over the outer elements, and read the inner ones in the loop", "the path %q has .. in it, which this edition does not have", p.text)
	case strings.HasPrefix(rest, "|"):
		return failf("read with two paths, one after the other", "the path %q has | in it, which this edition does not have", p.text)
	}
	for _, axis := range []string{"child::", "descendant::", "descendant-or-self::", "attribute::", "parent::", "ancestor::", "ancestor-or-self::", "self::", "following-sibling::", "preceding-sibling::", "following::", "preceding::", "namespace::"} {
		if strings.HasPrefix(rest, axis) {
			return failf("write a/b for children, a//b for all below, a/@b for attributes", "the path %q has %s in it, which this edition does not have", p.text, axis)
		}
	}
	return failf(pathHint, "the path %q cannot be read from %q on", p.text, shorten(rest))
}

func shorten(s string) string {
	const most = 30
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

func (p *pathParser) step(path *Path, deep bool) error {
	switch {
	case p.take("@"):
		n, err := p.name(true)
		if err != nil {
			return err
		}
		if deep { // //@id: of all below
			path.steps = append(path.steps, step{deep: true, name: name{any: true, anyURI: true}})
		}
		path.attr = &n
		return nil
	case p.take("text()"):
		if deep {
			path.steps = append(path.steps, step{deep: true, name: name{any: true, anyURI: true}})
		}
		path.text = true
		return nil
	}
	st := step{deep: deep}
	if rest := p.text[p.at:]; rest == "." || strings.HasPrefix(rest, "./") || strings.HasPrefix(rest, ".[") {
		p.at++
		st.self = true
		if deep || len(path.steps) == 0 && path.absolute {
			return failf(pathHint, "the path %q has a dot where a name must stand", p.text)
		}
	} else {
		var err error
		if st.name, err = p.name(false); err != nil {
			return err
		}
		if rest := p.text[p.at:]; strings.HasPrefix(rest, "(") || strings.HasPrefix(rest, "::") {
			p.at -= len(st.name.local)
			if p.at < 0 || strings.HasPrefix(rest, "(") {
				return failf("read the elements, and use If and functions such as Contains in the loop", "the path %q has a function in it, %s(…), which this edition does not have", p.text, st.name.local)
			}
			return p.unsupported()
		}
	}
	for p.take("[") {
		w, err := p.where()
		if err != nil {
			return err
		}
		if st.self && (w.index > 0 || w.last) {
			return failf(pathHint, "the path %q takes the place of a single element", p.text)
		}
		st.wheres = append(st.wheres, w)
	}
	path.steps = append(path.steps, st)
	return nil
}

// name reads *, name or prefix:name.
func (p *pathParser) name(attr bool) (name, error) {
	if p.take("*") {
		if attr {
			p.at--
			return name{}, failf("name the attribute, such as @id", "the path %q has @* in it, which this edition does not have", p.text)
		}
		return name{any: true, anyURI: true}, nil
	}
	first := p.word()
	if first == "" {
		return name{}, p.unsupported()
	}
	if rest := p.text[p.at:]; !strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, "::") {
		return name{anyURI: true, local: first}, nil
	}
	p.at++
	uri, ok := p.namespaces[first]
	if !ok && first == "xml" {
		uri, ok = "http://www.w3.org/XML/1998/namespace", true
	}
	if !ok {
		return name{}, failf(`say which namespace it is: "`+first+`=http://…", or leave the prefix out to find the name in any`, "the prefix %s in the path %q is not known", first, p.text)
	}
	if !attr && p.take("*") {
		return name{any: true, uri: uri}, nil
	}
	local := p.word()
	if local == "" {
		return name{}, p.unsupported()
	}
	return name{uri: uri, local: local}, nil
}

func (p *pathParser) word() string {
	from := p.at
	for p.at < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		if !isNameRune(r, p.at == from) {
			break
		}
		p.at += n
	}
	return p.text[from:p.at]
}

const whereHint = `in brackets a path may have [3], [last()], [@id], [@id='7'], [name], [name='x'] or [.='x']; for all else use If in the loop`

// where reads a condition behind its [.
func (p *pathParser) where() (where, error) {
	refuse := func() (where, error) {
		end := strings.IndexByte(p.text[p.at:], ']')
		if end < 0 {
			return where{}, failf(whereHint, "a [ is not closed in the path %q", p.text)
		}
		return where{}, failf(whereHint, "the path %q has a condition that this edition does not have", p.text)
	}
	var w where
	p.blanks()
	switch {
	case p.take("last()"):
		w.last = true
	case p.at < len(p.text) && '0' <= p.text[p.at] && p.text[p.at] <= '9':
		from := p.at
		for p.at < len(p.text) && '0' <= p.text[p.at] && p.text[p.at] <= '9' {
			p.at++
		}
		n, err := strconv.Atoi(p.text[from:p.at])
		if err != nil || n < 1 {
			return w, failf("the first one is [1]", "elements are counted from 1 in the path %q", p.text)
		}
		w.index = n
	case p.take("text()"), p.take("."):
		w.self = true
	default:
		w.attr = p.take("@")
		var err error
		from := p.at
		if w.name, err = p.name(w.attr); err != nil {
			if p.at == from {
				return refuse()
			}
			return w, err
		}
	}
	p.blanks()
	if w.index == 0 && !w.last && p.take("=") {
		p.blanks()
		if p.at == len(p.text) {
			return refuse()
		}
		quote := p.text[p.at]
		if quote != '"' && quote != '\'' {
			return w, failf("write the text in quotes: [name='x']", "the path %q compares with something else than a text in quotes", p.text)
		}
		end := strings.IndexByte(p.text[p.at+1:], quote)
		if end < 0 {
			return w, failf("write a quote behind the text", "a quote is not closed in the path %q", p.text)
		}
		v := p.text[p.at+1 : p.at+1+end]
		w.equals = &v
		p.at += end + 2
		p.blanks()
	} else if w.self {
		return refuse()
	}
	if !p.take("]") {
		return refuse()
	}
	return w, nil
}
