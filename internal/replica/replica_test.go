package replica_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/amsx-lang/amsx/internal/pgtest"
	"github.com/amsx-lang/amsx/internal/replica"
	"github.com/amsx-lang/amsx/internal/site"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// A machine is one that has a copy of a site.
func machine(t *testing.T, url string) *site.Database {
	t.Helper()
	server, err := replica.Open(t.Context(), url, replica.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := site.Open(t.Context(), filepath.Join(t.TempDir(), "copy.db"), site.Options{Upstream: server})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func read(t *testing.T, d *site.Database, q string) [][]any {
	t.Helper()
	rows, err := d.Read(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestTwoMachines(t *testing.T) {
	url := pgtest.Database(t)
	a := machine(t, url)
	if err := a.Load(t.Context(), "Custodian", []string{"Login", "FullName", "Active", "HireDate"}, [][]string{{"ada@example.com", "Ada\tExample\\ \n", "1", "2024-02-29"}, {"Zoë@example.com", "", "0", ""}}); err != nil {
		t.Fatal(err)
	}
	b := machine(t, url)
	t.Log(read(t, b, "SELECT * FROM Custodian"))
}
