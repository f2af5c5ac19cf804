package webapi

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// A PageRequest says how a list is read.
type PageRequest struct {
	// Request asks for the first page; a GET. Its Credential and headers hold
	// for every page, its allowed statuses for the first only. A page with
	// such a status is not decoded.
	Request Request

	Style Style // the zero value is the Link header

	// Records is the path of the records in a page; "" means that a page is
	// the array of its records (for odata, that they are in "value").
	Records string

	// Decode makes a page's Value from its body, on the goroutine that reads
	// ahead. The body has no byte order mark and belongs to the page: what
	// Decode returns may point into it until Release. An error that is
	// ErrTruncated or io.ErrUnexpectedEOF has the page read again; any other
	// ends the list. nil checks that the body is JSON.
	Decode func(body []byte) (any, error)

	// Count returns the number of records of a page: it moves the styles page
	// and offset on, and tells empty pages; nil counts the elements at Records.
	Count func(p *Page) int

	// Lookup reads the paging values of a body; nil splits paths at dots.
	Lookup Lookup
}

// A Page is one page of a list.
type Page struct {
	Number int    // from 1, within its pass
	Pass   int    // from 0; one more each time the list was begun again
	URL    string // secrets out
	Status int
	Header http.Header
	Date   time.Time // the server's clock
	Body   []byte    // valid until Release
	Value  any       // what Decode returned

	free chan []byte
}

// Release gives the page's memory back for a later page. Neither Body nor
// what points into it may be used afterwards. Not calling it costs garbage,
// nothing else.
func (p *Page) Release() {
	if p.free == nil {
		return
	}
	select {
	case p.free <- p.Body:
	default:
	}
	p.Body, p.Value, p.free = nil, nil, nil
}

// Pages reads a list. One page is fetched and decoded ahead of the caller,
// never more. Next and Close are for one goroutine at a time.
//
// A list may be begun again from its first page: when a server loses the
// cursor in the middle (once), or cannot answer pages of this size in time
// (with a smaller limit). Records then come again, and the caller leaves out
// those it has; Page.Pass and Restarts tell.
type Pages struct {
	ctx      context.Context
	cancel   context.CancelFunc
	out      chan *Page
	err      error // why out is closed; set before
	closed   bool
	restarts atomic.Int32
}

// Pages begins to read a list. The caller closes it. It fails at once only
// for a request that cannot be sent; what goes wrong with a page is told when
// that page is asked for.
func (c *Client) Pages(ctx context.Context, r PageRequest) (*Pages, error) {
	if r.Style.kind == "" {
		r.Style.kind = "link"
	}
	if r.Style.kind == "odata" && r.Records == "" {
		r.Records = "value"
	}
	if r.Lookup == nil {
		r.Lookup = lookupJSON
	}
	if r.Count == nil {
		r.Count = func(p *Page) int { return countRecords(p.Body, r.Records) }
	}
	r.Request.Header = slices.Clone(r.Request.Header)
	if !slices.ContainsFunc(r.Request.Header, func(h Header) bool { return strings.EqualFold(h.Name, "Accept") }) {
		r.Request.Header = append(r.Request.Header, Header{Name: "Accept", Value: "application/json"})
	}
	x, err := c.newExchange(&r.Request, options{list: true, page: 1})
	if err != nil {
		return nil, err
	}
	if x.method != http.MethodGet {
		return nil, x.fail(KindRequest, nil, fmt.Errorf("a list is read with GET, not %s", x.method))
	}
	p := &Pages{out: make(chan *Page)}
	p.ctx, p.cancel = context.WithCancel(ctx)
	run := &reader{c: c, r: r, p: p, free: make(chan []byte, 2)}
	go func() {
		defer close(p.out)
		defer func() {
			// Decode, Count and Lookup are the caller's; on this goroutine their
			// panic would end the program without a word about the list.
			if r := recover(); r != nil {
				p.err = x.fail(KindPage, nil, fmt.Errorf("the page cannot be read: %v", r))
			}
		}()
		p.err = run.read(x.start)
	}()
	return p, nil
}

// Next returns the next page, io.EOF after the last one, or the error that
// ended the list, again and again.
func (p *Pages) Next() (*Page, error) {
	if p.closed {
		return nil, errors.New("the list is closed")
	}
	if p.ctx.Err() == nil {
		if page, ok := <-p.out; ok {
			return page, nil
		}
		return nil, p.err
	}
	for page := range p.out { // the reader ends by itself
		page.Release()
	}
	return nil, p.err
}

// Restarts returns how often the list was begun again.
func (p *Pages) Restarts() int { return int(p.restarts.Load()) }

// Close ends the reading and waits until it has ended.
func (p *Pages) Close() {
	p.closed = true
	p.cancel()
	for page := range p.out {
		page.Release()
	}
}

// A reader is the goroutine behind Pages.
type reader struct {
	c    *Client
	r    PageRequest
	p    *Pages
	free chan []byte

	lostCursor bool // the one restart for a lost cursor is spent
}

// maxShrinks is how often a list is begun again with half the page size
// because the server took too long: 200, 100, 50, 25.
const maxShrinks = 3

func (d *reader) read(first *url.URL) error {
	shrinks := 0
	for {
		err := d.pass(first)
		var e *Error
		if !errors.As(err, &e) || e.Kind != KindStatus {
			return err
		}
		why := ""
		switch {
		case e.Status == http.StatusBadRequest && e.Page > 1 && (e.Code == "E0000031" || e.Code == "E0000029") && !d.lostCursor:
			d.lostCursor = true
			why = "the server no longer knows the cursor"
		case e.Status == http.StatusInternalServerError && shrinks < maxShrinks:
			smaller, limit, ok := halveLimit(first)
			if !ok {
				return err
			}
			shrinks++
			first, why = smaller, fmt.Sprintf("the server could not answer in time, now with limit %d", limit)
		default:
			return err
		}
		d.p.restarts.Add(1)
		if d.c.cfg.Trace != nil {
			d.c.cfg.Trace(Event{Kind: EventRestart, Method: http.MethodGet, URL: displayURL(first.String(), d.c.cfg.Secrets), Detail: why})
		}
	}
}

// pass reads the list from its first page to its end.
func (d *reader) pass(first *url.URL) error {
	at := d.r.Style.begin(first)
	seen := map[[16]byte]bool{}
	var before [16]byte // the previous page's body, for styles that count
	empty := 0          // pages without a record in a row
	for number := 1; ; number++ {
		seen[sameness(at.here)] = true
		page, resp, err := d.fetch(at.here, number)
		if err != nil {
			return err
		}
		if page.Status >= 400 { // allowed: what it means is the caller's to say
			if err := d.deliver(page, resp); err != nil {
				return err
			}
			return io.EOF
		}
		count := 0
		if d.r.Style.counted() {
			count = d.r.Count(page)
			same := digest(page.Body)
			if count > 0 && same == before {
				return resp.exchange.fail(KindPaging, resp, fmt.Errorf("the same page came twice: the server seems not to know the parameter %s", d.r.Style.param))
			}
			before = same
		}
		next, err := d.r.Style.next(at, resp.Header, page.Body, count, d.r.Lookup)
		if err == nil && next != nil && seen[sameness(next)] {
			err = errors.New("the next page is one that was read already; the list would never end")
		}
		if empty++; !d.isEmpty(page) {
			empty = 0
		}
		if err == nil && next != nil && empty > maxEmptyPages {
			err = fmt.Errorf("%d pages in a row had no records, and the list still goes on; it would never end", empty)
		}
		// The page before a broken link is whole: the caller gets it first.
		if err := d.deliver(page, resp); err != nil {
			return err
		}
		if err != nil {
			return resp.exchange.fail(KindPaging, resp, err)
		}
		if next == nil {
			return io.EOF
		}
		at.here = next
	}
}

// deliver waits until the caller takes the page.
func (d *reader) deliver(page *Page, resp *Response) error {
	select {
	case d.p.out <- page:
		return nil
	case <-d.p.ctx.Done():
		return resp.exchange.cancelled(d.p.ctx)
	}
}

func (d *reader) fetch(u *url.URL, number int) (*Page, *Response, error) {
	request := d.r.Request
	request.URL = u.String()
	if number > 1 {
		// A caller may know what a missing list means. In the middle of one an
		// error is never its end.
		request.Allow = nil
	}
	page := &Page{Number: number, Pass: int(d.p.restarts.Load()), free: d.free}
	var buf []byte
	select {
	case buf = <-d.free:
	default:
	}
	resp, err := d.c.do(d.p.ctx, &request, options{
		list: true,
		buf:  buf,
		page: number,
		check: func(resp *Response) (err error) {
			page.Value, page.Body, err = d.decode(resp)
			return err
		},
	})
	if err != nil {
		return nil, nil, err
	}
	page.URL, page.Status, page.Header, page.Date = resp.URL, resp.Status, resp.Header, resp.Date
	return page, resp, nil
}

// maxEmptyPages ends a list that leads from one empty page to the next for
// ever. A few are normal, many even, when a server filters after it cut the
// list into pages: an OKTA administrator of one group in a large organisation.
const maxEmptyPages = 1000

// isEmpty reports a page without records. A long page has some; that spares
// the counting.
func (d *reader) isEmpty(p *Page) bool {
	return len(p.Body) < 2048 && d.r.Count(p) == 0
}

func digest(text []byte) [16]byte {
	sum := sha256.Sum256(text)
	return [16]byte(sum[:16])
}

// sameness is equal for addresses that mean the same page: servers write the
// parameters of their links in another order and encoding than was asked.
func sameness(u *url.URL) [16]byte {
	query := u.RawQuery
	if values, err := url.ParseQuery(query); err == nil {
		query = values.Encode()
	}
	return digest([]byte(u.EscapedPath() + "?" + query))
}

// limitNames are the parameters that APIs call the size of a page.
var limitNames = []string{"limit", "$top", "per_page", "perPage", "page_size", "pageSize", "maxResults", "count", "size"}

// halveLimit returns u with half its page size. It reports false where u
// names none, or one that is small already.
func halveLimit(u *url.URL) (smaller *url.URL, limit int, ok bool) {
	query := u.Query()
	for _, name := range limitNames {
		if n, err := strconv.Atoi(query.Get(name)); err == nil && n > 1 {
			return withParam(u, name, strconv.Itoa(n/2)), n / 2, true
		}
	}
	return nil, 0, false
}
