package replica_test

import (
	"path/filepath"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/amsx-lang/amsx/internal/replica"
	"github.com/amsx-lang/amsx/internal/site"
)

// A program that waits for the copy while another of the same machine writes it
// does not put back what it saw of the server before that.
func TestWaitingRefreshSeesWhatWasPublished(t *testing.T) {
	w := newWorld(t)
	file := filepath.Join(t.TempDir(), "copy.db")
	a, err := open(t.Context(), w.url, file)
	if err != nil {
		t.Fatal(err)
	}
	w.must(w.run(a, func(s *site.Session) error {
		return upsert(s, [3]string{"u1", "ada", ""}, [3]string{"u2", "bob", ""})
	}))
	w.server("UPDATE site.custodian SET city = 'Rome'") // so that there is something to copy

	other, err := replica.Open(t.Context(), w.url, replica.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := sqlite.OpenConn(file, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetCollation("decimal", func(a, b string) int { return 0 }); err != nil {
		t.Fatal(err)
	}
	c.SetBusyTimeout(10 * time.Second)
	done := make(chan error, 1)
	w.must(w.run(a, func(s *site.Session) error {
		// SQL of the script takes the lock at once.
		if err := exec(s, "UPDATE Custodian SET City = 'Bern' WHERE OktaID = 'u1'"); err != nil {
			return err
		}
		if err := exec(s, "INSERT INTO Custodian(OktaID, Login) VALUES ('u3', 'eve')"); err != nil {
			return err
		}
		w.server("INSERT INTO amsx.written VALUES ('x', 'x', 1, 'x', 1)") // something to copy still
		go func() { _, err := other.Refresh(t.Context(), c); done <- err }()
		time.Sleep(300 * time.Millisecond)
		return nil
	}))
	if err := <-done; err != nil {
		t.Error(err)
	}
	const people = "SELECT CustodianID, Login, City FROM Custodian"
	want := w.server("SELECT custodianid, login, coalesce(city, '-') FROM site.custodian ORDER BY 1")
	w.equal("the copy", w.copied(a, people), want)
	w.equal("the next one", w.copied(a, people), want)
}
