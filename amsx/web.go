package amsx

import (
	"context"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/amsx-lang/amsx/internal/redact"
	"github.com/amsx-lang/amsx/internal/webapi"
	"github.com/amsx-lang/amsx/runtime"
)

// web gives a run its HTTP client. The client is made when the first request
// is sent, since the packs that a script opens decide which hosts on this
// machine it may reach.
type web struct {
	config   webapi.Config
	client   *webapi.Client
	loopback []string // hosts on this machine that packs name
	secrets  *redact.Set
	requests atomic.Int64 // sent, retries included
}

// allow lets a pack that names a host on this machine reach it.
func (w *web) allow(c runtime.Credential) {
	u, err := url.Parse(c.URL)
	if err != nil || !isLoopback(u.Hostname()) || slices.Contains(w.loopback, u.Host) {
		return
	}
	w.loopback = append(w.loopback, u.Host)
	w.close()
	w.client = nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func (w *web) open() (*webapi.Client, error) {
	if w.client == nil {
		if w.config.Budgets == nil {
			w.config.Budgets = &webapi.Budgets{}
		}
		config := w.config
		config.Policy.AllowLoopbackHosts = append(slices.Clone(config.Policy.AllowLoopbackHosts), w.loopback...)
		config.Secrets = w.secrets
		trace := config.Trace
		config.Trace = func(e webapi.Event) {
			if e.Kind == webapi.EventRequest {
				w.requests.Add(1)
			}
			if trace != nil {
				trace(e)
			}
		}
		var err error
		if w.client, err = webapi.New(config); err != nil {
			return nil, err
		}
	}
	return w.client, nil
}

func (w *web) close() {
	if w.client != nil {
		w.client.CloseIdleConnections()
	}
}

// request turns a script's request into the client's: the fields that belong
// to a pack become its credential, which goes to the pack's hosts only.
func (w *web) request(r *runtime.Request) *webapi.Request {
	out := &webapi.Request{Method: r.Method, URL: r.URL, Body: r.Body, Allow: r.Allow}
	var secret []webapi.Header
	for _, f := range r.Header {
		h := webapi.Header{Name: f.Name, Value: f.Value, Secret: f.Secret, Hosts: f.Hosts}
		switch {
		case strings.EqualFold(f.Name, "Content-Type"):
			out.ContentType = f.Value
		case f.Pack != "":
			secret = append(secret, h)
			if out.Credential == nil {
				out.Credential = &webapi.Credential{Pack: f.Pack, Hosts: f.Hosts}
			}
		default:
			out.Header = append(out.Header, h)
		}
	}
	if out.Credential != nil {
		out.Credential.Authorize = func(context.Context, webapi.AuthRequest) ([]webapi.Header, error) { return secret, nil }
	}
	return out
}

// Send implements runtime.Web.
func (w *web) Send(ctx context.Context, r *runtime.Request) (*runtime.Response, error) {
	client, err := w.open()
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(ctx, w.request(r))
	if err != nil {
		return nil, err
	}
	return &runtime.Response{Status: resp.Status, Header: resp.Header, Body: string(resp.Body)}, nil
}

// Pages implements runtime.Web.
func (w *web) Pages(ctx context.Context, r *runtime.Request, spec runtime.PageSpec) (runtime.Pages, error) {
	client, err := w.open()
	if err != nil {
		return nil, err
	}
	st, err := webapi.ParseStyle(spec.Style)
	if err != nil {
		return nil, err
	}
	req := webapi.PageRequest{Request: *w.request(r), Style: st, Records: spec.Records, Decode: spec.Decode}
	if spec.Count != nil {
		req.Count = func(p *webapi.Page) int { return spec.Count(p.Value) }
	}
	p, err := client.Pages(ctx, req)
	if err != nil {
		return nil, err
	}
	return &pages{from: p}, nil
}

// pages is the client's pages as the runtime reads them. A page's memory goes
// back to the client when the next one is asked for.
type pages struct {
	from *webapi.Pages
	last *webapi.Page
}

func (p *pages) Next(context.Context) (any, error) {
	p.release()
	page, err := p.from.Next()
	if err != nil {
		return nil, err
	}
	p.last = page
	return page.Value, nil
}

func (p *pages) release() {
	if p.last != nil {
		p.last.Release()
		p.last = nil
	}
}

func (p *pages) Close() error {
	p.release()
	p.from.Close()
	return nil
}
