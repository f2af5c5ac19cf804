package webapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/amsx-lang/amsx/internal/webapi"
)

// Reading a list: the client follows the next links, one page ahead.
func ExampleClient_Pages() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("after") == "" {
			w.Header().Set("Link", `</api/v1/users?after=2>; rel="next"`)
			fmt.Fprint(w, `[{"id":"1"},{"id":"2"}]`)
			return
		}
		fmt.Fprint(w, `[{"id":"3"}]`)
	}))
	defer server.Close()

	base, _, err := webapi.ParseDomain(server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	hosts := []string{server.Listener.Addr().String()}
	client, err := webapi.New(webapi.Config{Policy: webapi.Policy{AllowLoopbackHosts: hosts}})
	if err != nil {
		fmt.Println(err)
		return
	}
	pages, err := client.Pages(context.Background(), webapi.PageRequest{
		Request: webapi.Request{
			URL:        base + "/api/v1/users",
			Credential: webapi.StaticCredential("OKTA_API", hosts, "SSWS 00TestTokenNotReal"),
		},
		Decode: func(body []byte) (any, error) {
			var users []struct{ ID string }
			err := json.Unmarshal(body, &users)
			return users, err
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pages.Close()
	for {
		page, err := pages.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(page.Number, page.Value)
		page.Release()
	}
	// Output:
	// 1 [{1} {2}]
	// 2 [{3}]
}
