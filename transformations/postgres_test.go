package transformations_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/pgtest"
)

// With AMSX_TEST_SITE=postgres the sites of these tests live on a server.
func TestMain(m *testing.M) {
	if !onServer() {
		os.Exit(m.Run())
	}
	os.Exit(pgtest.Run(m))
}

func onServer() bool { return os.Getenv("AMSX_TEST_SITE") == "postgres" }

// openSite makes a site for a test.
func openSite(t *testing.T, dir string) *amsx.Site {
	t.Helper()
	file := filepath.Join(dir, "amsx.db")
	var site *amsx.Site
	var err error
	if onServer() {
		site, err = amsx.OpenServerSite(context.Background(), pgtest.Copy(t, "an empty site", func(url string) error {
			_, err := amsx.OpenServerSite(context.Background(), url, filepath.Join(t.TempDir(), "first.db"))
			return err
		}), file)
	} else {
		site, err = amsx.OpenSite(context.Background(), file)
	}
	if err != nil {
		t.Fatal(err)
	}
	return site
}
