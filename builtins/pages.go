package builtins

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/amsx-lang/amsx/internal/webapi"
	"github.com/amsx-lang/amsx/parser/ast"
	"github.com/amsx-lang/amsx/runtime"
)

func pageCommands() []*runtime.Command {
	return []*runtime.Command{{
		Name: "JsonPages", Group: "Web", Summary: "Reads every record of every page of a list, as the source of ForEach.",
		Doc: "A record comes at most once (by its `id`, else by its bytes), also when pages shift while they are read. A page that is no list of JSON objects fails the run. Styles: " +
			"`link` (the Link header's next; when not given), `odata`, `body-url:path`, `cursor:path>param`, `page:param[,total:path]`, `offset:param[,total:path]`. " +
			"The next page is fetched while records are worked on.",
		Result: "the records, after In", Effects: runtime.ReadsWeb, Statement: false, Role: runtime.PullRole,
		Params: []runtime.Param{{Name: "url", Type: runtime.TextParam, Doc: "the address of the first page", Secret: true, Address: true},
			as(optional("records", runtime.PathParam, `where the records are in a page, such as "value"; without it the page is their list`), steps),
			as(optional("style", runtime.TextParam, "how the next page is found"), webapi.ParseStyle)},
		Errors: []string{"a page cannot be read, after all retries", "a page is no list of objects", "a secret would go to a foreign host"},
		Examples: []runtime.Example{script("ForEach user In JsonPages BuildUrl(\"https://okta.example.com/api/v1/users\", \"search\", \"status pr\", \"limit\", \"200\")\n  Log \"info\", %user.profile.login%\nEndEach\n",
			"anna@example.com\nben@example.com\n")},
		Run: func(*runtime.Call) (runtime.Value, error) {
			return runtime.Null(), failf("write ForEach x In JsonPages …", "JsonPages reads page by page and has no value of its own")
		},
		Iterate: pages,
	}}
}

func pages(c *runtime.Call) (runtime.Iterator, error) {
	path, err := runtime.Prepared[[]ast.Step](c, 1)
	if err != nil {
		return nil, err
	}
	req, err := request{method: "GET", url: c.Arg(0), accept: "application/json"}.prepare(c)
	if err != nil {
		return nil, err
	}
	if c.Host().Web == nil {
		return nil, errNoWeb
	}
	src, err := c.Host().Web.Pages(c.Context(), req, runtime.PageSpec{
		Style: c.Text(2), Records: c.Text(1), Decode: decoder(c.Projection(), path), Count: func(page any) int { return page.(*runtime.Page).Len() },
	})
	if err != nil {
		return nil, err
	}
	return &pageIterator{call: c, src: src}, nil
}

// decoder reads pages; it runs on another goroutine than the script.
func decoder(p *runtime.Projection, path []ast.Step) func(body []byte) (any, error) {
	return func(body []byte) (any, error) {
		page, err := p.Page(body, path)
		if errors.Is(err, runtime.ErrTruncated) {
			return nil, fmt.Errorf("%w: %w", err, io.ErrUnexpectedEOF)
		}
		if err != nil {
			return nil, err
		}
		return page, nil
	}
}

// A pageIterator yields the records of pages, each at most once.
type pageIterator struct {
	call     *runtime.Call
	src      runtime.Pages
	page     *runtime.Page
	next     int
	seen     runtime.Set64
	repeated int
	read     int64
}

// Next returns the next record, valid until the next call.
func (p *pageIterator) Next(ctx context.Context) (runtime.Value, error) {
	for {
		for p.page != nil && p.next < p.page.Len() {
			v := p.page.Record(p.next)
			p.next++
			if p.seen.Add(v.PageRecord().ID()) {
				return v, nil
			}
			p.repeated++
		}
		page, err := p.src.Next(ctx)
		if err != nil {
			return runtime.Null(), err
		}
		p.page, p.next = page.(*runtime.Page), 0
		p.read += int64(p.page.Len())
		if l := p.call.Host().Log; l != nil {
			l.Progress("", p.read, 0)
		}
	}
}

// Close ends the pull. Records that came more than once are logged: they are
// no mistake of anybody, pages shift while they are read.
func (p *pageIterator) Close() error {
	if l := p.call.Host().Log; l != nil && p.repeated > 0 {
		l.Line("debug", fmt.Sprintf("%d records came more than once and were taken once", p.repeated), p.call.Pos())
	}
	return p.src.Close()
}
