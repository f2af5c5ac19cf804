package site_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/amsx-lang/amsx/internal/pgtest"
	"github.com/amsx-lang/amsx/internal/replica"
	"github.com/amsx-lang/amsx/internal/site"
)

// With AMSX_TEST_SITE=postgres the tests of this package that write to a site
// run once more on sites that live on a server.
func TestMain(m *testing.M) {
	if os.Getenv("AMSX_TEST_SITE") != "postgres" {
		os.Exit(m.Run())
	}
	site.UpstreamForTests = func(tb testing.TB) site.Upstream {
		server, err := replica.Open(tb.Context(), pgtest.Copy(tb, "empty site", func(url string) error {
			_, err := replica.Open(context.Background(), url, replica.Options{})
			return err
		}), replica.Options{})
		if err != nil {
			tb.Fatal(err)
		}
		return server
	}
	fmt.Fprintln(os.Stderr, "the sites of these tests live on a PostgreSQL server")
	os.Exit(pgtest.Run(m))
}
