package oktasim

import (
	"bytes"
	"hash/crc32"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/tidwall/gjson"
)

// A list is a call for a list: which records, in which order, how many on a page.
type list struct {
	kind   string
	path   string
	params url.Values // those that OKTA repeats in links, without after and limit
	limit  int
	where  condition // nil is everything that the list shows by itself
	sortBy string
	desc   bool
	single bool // q on users and groups: one page, whatever there is
	noLink bool
	group  *group
	cursor cursor
	hide   bool // leave out users of status DEPROVISIONED
}

// A page is the answer to a list.
type page struct {
	body    []byte
	number  int
	more    bool
	records [][2]int // where each record begins and ends in body
	last    string   // id of the last record
	zipped  func() []byte
}

// listSizes are OKTA's own: records on a page when the client does not say, and at most.
var listSizes = map[string]struct{ usual, most int }{
	"users":   {200, 200},
	"groups":  {10000, 10000},
	"members": {1000, 10000},
}

// page answers a call for a list.
func (x *exchange) page() (*reply, *apiError) {
	s := x.sim
	s.org.mu.RLock()
	defer s.org.mu.RUnlock()
	l, err := x.readList()
	if err != nil {
		return nil, err
	}
	x.list = l
	p := s.render(l, x.base)
	r := objectReply(p.body)
	if l.kind == "groups" {
		r.header.Set("Content-Type", "application/json;charset=UTF-8") // OKTA sends either
	}
	r.page, r.joined = p, s.cfg.LinkStyle == "joined"
	if !l.noLink {
		r.self = l.url(s, x.base, l.cursor)
		if p.more {
			r.next = l.url(s, x.base, cursor{page: p.number + 1, last: p.last})
		}
	}
	return r, nil
}

// readList reads path and query. Parameters that OKTA does not know are ignored.
func (x *exchange) readList() (*list, *apiError) {
	s, q := x.sim, x.r.URL.Query()
	l := &list{kind: x.kind, path: x.r.URL.Path, params: url.Values{}}
	if x.kind == "members" {
		if l.group = s.org.groupByID(x.rel); l.group == nil {
			return nil, &apiError{code: "E0000007", detail: x.rel + " (" + objectNames[x.kind] + ")"}
		}
	} else if err := l.readQuery(q, s.org); err != nil {
		return nil, err
	}
	size := listSizes[x.kind]
	if n := s.cfg.PageLimit; n > 0 {
		size.most = n
	}
	l.limit = min(size.usual, size.most)
	if l.kind == "users" && l.single {
		l.limit = min(10, size.most)
	}
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, &apiError{code: "E0000001", detail: "limit", causes: []string{"limit: the value must be a number from 1"}}
		}
		l.limit = min(n, size.most)
	}
	l.cursor = cursor{page: 1}
	if text := q.Get("after"); text != "" {
		cur, err := s.cursors.decode(text)
		if err != nil || cur.query != l.sum() || !l.canResume(cur, s.org) {
			return nil, invalidCursor(l.params.Has("search"))
		}
		l.cursor = cur
	}
	return l, nil
}

// canResume reports whether the place of a cursor can be found. In the order of ids it always can; in another order, the last record
// before it must still be there.
func (l *list) canResume(cur cursor, o *Org) bool {
	if l.sortBy == "" {
		return true
	}
	if l.kind == "groups" {
		g := o.groupByID(cur.last)
		return g != nil && l.where(g)
	}
	i, ok := o.find(cur.last)
	return ok && l.where(o.item(o.entries[i]))
}

func invalidCursor(search bool) *apiError {
	code := "E0000029"
	if search {
		code = "E0000031"
	}
	return &apiError{code: code, causes: []string{"Invalid cursor."}}
}

// readQuery reads what narrows and orders users and groups.
func (l *list) readQuery(q url.Values, o *Org) *apiError {
	for _, name := range []string{"search", "filter", "q"} {
		if v := q.Get(name); v != "" {
			l.params.Set(name, v)
		}
	}
	search, filter, prefix := q.Get("search"), q.Get("filter"), q.Get("q")
	if search != "" && filter != "" {
		return &apiError{code: "E0000033"}
	}
	l.hide = l.kind == "users" && search == "" && filter == ""
	var err error
	switch {
	case search != "":
		rules := searchRules(l.kind, o)
		l.where, err = parseCondition(search, rules)
		l.sortBy = q.Get("sortBy")
		if l.sortBy != "" {
			if rules.operators(l.sortBy) == nil {
				return &apiError{code: "E0000031", causes: []string{"invalid attribute: " + l.sortBy}}
			}
			l.params.Set("sortBy", l.sortBy)
			if order := q.Get("sortOrder"); order == "desc" || order == "asc" {
				l.params.Set("sortOrder", order)
				l.desc = order == "desc"
			}
		}
	case filter != "":
		l.where, err = parseCondition(filter, filterRules(l.kind))
	case prefix != "":
		l.where, l.single, l.noLink = startsWith(l.kind, prefix), true, l.kind == "groups"
	}
	if err != nil {
		return &apiError{code: "E0000031", causes: []string{err.Error()}}
	}
	return nil
}

// sum identifies the list that a cursor belongs to. The limit is no part of it: OKTA lets a client change it on the way.
func (l *list) sum() uint32 {
	return crc32.ChecksumIEEE([]byte(l.path + "?" + l.params.Encode()))
}

// url returns the address of the page at cur, with the parameters in OKTA's order and encoding: sorted, + for a blank, %28 for (.
func (l *list) url(s *Sim, base string, cur cursor) string {
	q := url.Values{"limit": {strconv.Itoa(l.limit)}}
	for name, values := range l.params {
		q[name] = values
	}
	if cur.page > 1 || cur.last != "" {
		cur.query = l.sum()
		q.Set("after", s.cursors.encode(cur))
	}
	return base + l.path + "?" + q.Encode()
}

// source yields the records after the cursor, those that are not asked for left out. The caller holds the org's lock.
func (l *list) source(o *Org, last string) iter.Seq[item] {
	all := func(yield func(item) bool) {
		for it := range l.records(o, last) {
			if (l.hide && it.status() == "DEPROVISIONED") || (l.where != nil && !l.where(it)) {
				continue
			}
			if !yield(it) {
				return
			}
		}
	}
	if l.sortBy == "" {
		return all
	}
	return l.sorted(o)
}

// records yields what the list is made of, unfiltered: all of it when it will be sorted.
func (l *list) records(o *Org, last string) iter.Seq[item] {
	if l.sortBy != "" {
		last = ""
	}
	switch {
	case l.kind == "groups":
		return func(yield func(item) bool) {
			for _, g := range o.groups {
				if g.key > last && !yield(g) {
					return
				}
			}
		}
	case l.group != nil && !l.group.everyone:
		return func(yield func(item) bool) {
			start, found := slices.BinarySearch(l.group.members, last)
			if found {
				start++
			}
			for _, id := range l.group.members[start:] {
				if i, ok := o.find(id); ok && !yield(o.item(o.entries[i])) {
					return
				}
			}
		}
	}
	return o.after(last)
}

// sorted yields the records in the order of an attribute, ties by id, from the one after the cursor's.
func (l *list) sorted(o *Org) iter.Seq[item] {
	type keyed struct {
		item
		key string
	}
	var all []keyed
	for it := range l.records(o, "") {
		if l.where == nil || l.where(it) {
			all = append(all, keyed{it, strings.ToLower(it.get(l.sortBy).String())})
		}
	}
	slices.SortFunc(all, func(a, b keyed) int {
		c := strings.Compare(a.key, b.key)
		if l.desc {
			c = -c
		}
		if c == 0 {
			c = strings.Compare(a.id(), b.id())
		}
		return c
	})
	start := 1 + slices.IndexFunc(all, func(k keyed) bool { return k.id() == l.cursor.last })
	return func(yield func(item) bool) {
		for _, k := range all[start:] {
			if !yield(k.item) {
				return
			}
		}
	}
}

// render makes the page at the list's cursor, or takes it from the cache.
func (s *Sim) render(l *list, base string) *page {
	key := l.url(s, base, l.cursor)
	version := s.org.version.Load()
	if p := s.cache.get(key, version); p != nil {
		return p
	}
	p := &page{number: l.cursor.page, last: l.cursor.last, body: make([]byte, 0, 64+1400*min(l.limit, 1000))}
	p.body = append(p.body, '[')
	p.records = make([][2]int, 0, min(l.limit, 1000))
	var last item
	for it := range l.source(s.org, l.cursor.last) {
		if len(p.records) == l.limit {
			p.more = !l.single
			break
		}
		if len(p.records) > 0 {
			p.body = append(p.body, ',')
		}
		start := len(p.body)
		p.body = it.appendJSON(p.body, base)
		p.records = append(p.records, [2]int{start, len(p.body)})
		last = it
	}
	if last != nil {
		p.last = last.id()
	}
	p.body = append(p.body, ']')
	p.zipped = sync.OnceValue(func() []byte { return zip(p.body) })
	s.cache.put(key, version, p)
	return p
}

// A pageCache keeps rendered pages until the org changes, up to a size.
type pageCache struct {
	mu      sync.Mutex
	version uint64
	size    int
	pages   map[string]*page
}

// maxCache is the most that a cache holds: about 170,000 users. Beyond it, pages are made anew for each call.
const maxCache = 256 << 20

func (c *pageCache) get(key string, version uint64) *page {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version != version {
		return nil
	}
	return c.pages[key]
}

func (c *pageCache) put(key string, version uint64, p *page) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version != version || c.pages == nil {
		c.version, c.size, c.pages = version, 0, map[string]*page{}
	}
	size := len(p.body) + len(p.body)/4 // compressed, a page is about a quarter
	if c.pages[key] == nil && c.size+size <= maxCache {
		c.pages[key], c.size = p, c.size+size
	}
}

// startsWith is the parameter q: names and e-mails of users, names of groups.
func startsWith(kind, prefix string) condition {
	paths := []string{"profile.firstName", "profile.lastName", "profile.email"}
	if kind == "groups" {
		paths = []string{"profile.name"}
	}
	prefix = strings.ToLower(prefix)
	return func(it item) bool {
		return slices.ContainsFunc(paths, func(path string) bool {
			v := it.get(path)
			return v.Type == gjson.String && strings.HasPrefix(strings.ToLower(v.Str), prefix)
		})
	}
}

// recordAt returns record i of a page, a copy.
func (p *page) recordAt(i int) []byte { return bytes.Clone(p.body[p.records[i][0]:p.records[i][1]]) }

var _ http.Handler = (*Sim)(nil)
