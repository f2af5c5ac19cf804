package webapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/internal/webapi"
)

// BenchmarkPages reads 1,000 pages of 200 users (about 240 kB each) from the
// loopback without decoding them: the cost of the transport, the pacing and
// the paging alone.
func BenchmarkPages(b *testing.B) {
	const pages = 1000
	record := `{"id":"00u%017d","status":"ACTIVE","profile":{` + strings.Repeat(`"attribute":"some value of it",`, 35) + `"login":"someone@example.com"}}`
	var page strings.Builder
	page.WriteByte('[')
	for i := range 200 {
		if i > 0 {
			page.WriteByte(',')
		}
		fmt.Fprintf(&page, record, i)
	}
	page.WriteByte(']')
	body := []byte(page.String())
	_, url := serve(b, func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("after"))
		if n+1 < pages {
			w.Header().Set("Link", fmt.Sprintf(`<http://%s/users?after=%d>; rel="next"`, r.Host, n+1))
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body)
	})
	c, err := webapi.New(webapi.Config{Policy: webapi.Policy{AllowLoopbackHosts: []string{host(url)}}})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(pages * len(body)))
	b.ReportAllocs()
	for b.Loop() {
		p, err := c.Pages(context.Background(), webapi.PageRequest{
			Request: webapi.Request{URL: url + "/users", Credential: pack(url)},
			Decode:  func([]byte) (any, error) { return nil, nil },
		})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for {
			page, err := p.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			n++
			page.Release()
		}
		p.Close()
		if n != pages {
			b.Fatalf("%d pages", n)
		}
	}
	b.ReportMetric(float64(b.N*pages*200)/b.Elapsed().Seconds(), "users/s")
}
