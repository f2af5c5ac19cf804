package transformations_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/batch"
	"github.com/amsx-lang/amsx/internal/harness"
	"github.com/amsx-lang/amsx/transformations"
)

// updatedColumns are the columns of an expectation that AMSX_UPDATE writes.
var updatedColumns = []string{"CustodianID", "OktaID", "Source", "Login", "LoginKey", "Email", "FirstName", "LastName", "FullName", "Department", "JobTitle",
	"CostCentre", "EmployeeNumber", "Phone", "Mobile", "City", "CountryCode", "Location", "Division", "ManagerID", "Status", "Active", "LastLogin"}

// TestFixtures replays every fixture case of the transformations that ship.
// With AMSX_UPDATE set it writes the rows that came out; read the difference
// before it is committed.
func TestFixtures(t *testing.T) {
	dirs, err := harness.List(os.DirFS("."), ".")
	if err != nil {
		t.Fatal(err)
	}
	if len(dirs) < 13 {
		t.Fatalf("%d fixture cases, want 13 at least", len(dirs))
	}
	for _, dir := range dirs {
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			c, err := harness.Load(os.DirFS("."), dir)
			if err != nil {
				t.Fatal(err)
			}
			script, err := c.Parse(transformations.FS())
			if err != nil {
				t.Fatal(err)
			}
			site := openSite(t, t.TempDir())
			packs := amsx.Pack{Domain: "https://" + c.Pack.Domain, Username: c.Pack.Username, Password: harness.Token}
			o, err := c.Run(ctx, site, script, packs, batch.ExitCode)
			if err != nil {
				t.Fatal(err)
			}
			if onServer() { // what it holds, not what the copy holds that the run worked on
				if site, err = amsx.OpenServerSite(ctx, site.Name(), filepath.Join(t.TempDir(), "copy.db")); err != nil {
					t.Fatal(err)
				}
			}
			if os.Getenv("AMSX_UPDATE") != "" {
				if err := c.Update(ctx, o, site, dir, updatedColumns); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(c.Rows) == 0 && len(c.FilesAfter) == 0 {
				t.Error("the case expects neither rows nor files: a table such as expect/Custodian.csv is missing")
			}
			wrong, err := c.Compare(ctx, o, site)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range wrong {
				t.Error(w)
			}
		})
	}
}
