package webapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/internal/webapi"
)

// api serves n records in pages of three under every paging style.
func api(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		number := func(name string, otherwise int) int {
			if v, err := strconv.Atoi(q.Get(name)); err == nil {
				return v
			}
			return otherwise
		}
		from := number("offset", 0)
		if q.Has("page") || r.URL.Path == "/page" {
			from = (number("page", 1) - 1) * 3
		}
		if c, ok := strings.CutPrefix(q.Get("cursor"), "c+/="); ok {
			from, _ = strconv.Atoi(c)
		}
		ids := []user{}
		for i := from; i < min(from+3, n); i++ {
			ids = append(ids, user{strconv.Itoa(i)})
		}
		body := map[string]any{"value": ids, "total": n, "pages": (n + 2) / 3, "paging": map[string]any{"next": nil, "cursor": nil}}
		if from+3 < n {
			next := fmt.Sprintf("/odata?$top=3&offset=%d", from+3)
			body["@odata.nextLink"] = "http://" + r.Host + next
			body["paging"] = map[string]any{"next": next, "cursor": fmt.Sprint("c+/=", from+3)}
		}
		if r.URL.Path == "/bare" {
			json.NewEncoder(w).Encode(ids)
			return
		}
		json.NewEncoder(w).Encode(body)
	}
}

func TestStyles(t *testing.T) {
	decode := func(body []byte) (any, error) {
		var page struct{ Value []user }
		if body[0] == '[' {
			return decodeUsers(body)
		}
		err := json.Unmarshal(body, &page)
		return page.Value, err
	}
	for _, c := range []struct{ style, path, records string }{
		{"odata", "/odata?$top=3", ""},
		{"body-url:paging.next", "/odata", "value"},
		{"cursor:paging.cursor>cursor", "/odata?x=1", "value"},
		{"page:page", "/page?page=1", "value"},
		{"page:page", "/page", "value"},
		{"page:page,total:pages", "/page", "value"},
		{"page:page,total:total", "/page", "value"}, // the number of records, as many APIs have it
		{"page:page", "/bare?page=1", ""},
		{"offset:offset", "/bare", ""},
		{"offset:offset,total:total", "/odata?offset=0", "value"},
	} {
		for _, n := range []int{0, 1, 3, 4, 9, 10} {
			t.Run(fmt.Sprintf("%s of %d at %s", c.style, n, c.path), func(t *testing.T) {
				style, err := webapi.ParseStyle(c.style)
				if err != nil {
					t.Fatal(err)
				}
				w, url := serve(t, api(n))
				ids, _, err := pull(w.Client, webapi.PageRequest{Request: webapi.Request{URL: url + c.path}, Style: style, Records: c.records, Decode: decode})
				if err != nil {
					t.Fatal(err)
				}
				var want []string
				for i := range n {
					want = append(want, strconv.Itoa(i))
				}
				if !slices.Equal(ids, want) {
					t.Errorf("read %v, want %v", ids, want)
				}
			})
		}
	}
}

func TestStyleErrors(t *testing.T) {
	for _, text := range []string{"links", "link:x", "odata:value", "body-url", "body-url:", "cursor:next", "cursor:>after", "cursor:next>", "page", "page:", "page:p,pages", "offset:o,total:"} {
		if _, err := webapi.ParseStyle(text); err == nil || !strings.Contains(err.Error(), strings.SplitN(text, ":", 2)[0]) {
			t.Errorf("ParseStyle(%q): %v", text, err)
		}
	}
	if _, err := webapi.ParseStyle(""); err != nil {
		t.Errorf("the empty style: %v", err)
	}
}

// Lists that count fail loudly when the server does not play along.
func TestCountingListsThatEndEarly(t *testing.T) {
	for _, c := range []struct{ name, style, says string }{
		{"the parameter is unknown", "page:p", "the same page came twice"},
		{"offset is unknown", "offset:start", "the same page came twice"},
		{"fewer records than the total", "offset:offset,total:total", "ended early"},
		{"no total", "page:page,total:count", "no number at total:count"},
	} {
		style, err := webapi.ParseStyle(c.style)
		if err != nil {
			t.Fatal(err)
		}
		w, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("offset") != "" {
				fmt.Fprint(w, `{"value":[],"total":5}`)
				return
			}
			fmt.Fprint(w, `{"value":[{"id":"1"},{"id":"2"}],"total":5}`)
		})
		_, _, err = pull(w.Client, webapi.PageRequest{
			Request: webapi.Request{URL: url}, Style: style, Records: "value",
			Decode: func([]byte) (any, error) { return []user(nil), nil },
		})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.says)
		}
	}
}
