package site

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/amsx-lang/amsx/runtime"
)

// direct is a run of direct SQL.
func direct(t *testing.T, d *Database, run int64, statements ...string) {
	t.Helper()
	s, err := d.Begin(t.Context(), RunInfo{RunID: run, Transformation: "T", AllowOnce: []string{"all"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Abort()
	for _, q := range statements {
		if _, err := s.Exec(t.Context(), runtime.Query{SQL: q}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestForget: nothing of a person is left in any file of the site, neither
// today's values nor those of former runs, also where they were somebody
// else's in between; and nothing of others is lost.
func TestForget(t *testing.T) {
	dir := t.TempDir()
	d := newDatabase(t, filepath.Join(dir, "amsx.db"))
	direct(t, d, 1, "INSERT INTO Custodian(OktaID, Source, Login, Email, FullName, Phone) VALUES ('u-ada-1', 'S', 'ada.lovelace', 'ada@example.com', 'Ada Lovelace', '+44 1'), ('u-bob', 'S', 'bob', 'bob@example.com', 'Bob Brown', '+44 2'), ('u-ann', 'S', 'ann', 'ann@example.com', 'Ada Brown', '+44 3')")
	direct(t, d, 2, "UPDATE Custodian SET Login='countess', Email='Countess@Example.com', FullName='Ada King' WHERE OktaID='u-ada-1'")
	// The login that was hers is another's for a while.
	direct(t, d, 3, "UPDATE Custodian SET Login='ada.lovelace', Phone='+44 22' WHERE OktaID='u-bob'")
	direct(t, d, 4, "UPDATE Custodian SET Login='bob' WHERE OktaID='u-bob'")
	execute(t, d.path, "INSERT INTO amsx_written VALUES ('T', 'Custodian', 1, 'Phone', 1), ('T', 'Custodian', 2, 'Phone', 1)")

	test, err := d.Forget(t.Context(), "Custodian", "countess@example.com", true)
	if err != nil {
		t.Fatal(err)
	}
	if rows, _ := d.Read(t.Context(), "SELECT count(*) FROM Custodian"); rows[0][0] != int64(3) {
		t.Error("a test has forgotten somebody")
	}
	f, err := d.Forget(t.Context(), "Custodian", "countess@example.com", false)
	if err != nil {
		t.Fatal(err)
	}
	if f.Row != "deleted" || f.Changes != 2 || f.Others != 2 || !slices.Equal(f.Runs, []int64{1, 2}) || f.InUse || test.Changes != f.Changes || test.Others != f.Others {
		t.Errorf("forgotten: %+v, the test said %+v", f, test)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"u-ada-1", "ada.lovelace", "ada@example.com", "Ada Lovelace", "countess", "Countess@Example.com", "Ada King", "+44 1\x00"} {
			if bytes.Contains(bytes.ToLower(data), []byte(strings.ToLower(text))) {
				t.Errorf("%s still holds %q", filepath.Base(name), text)
			}
		}
		if filepath.Base(name) == "amsx.db" && (!bytes.Contains(data, []byte("Ada Brown")) || !bytes.Contains(data, []byte("+44 22"))) {
			t.Error("the values of others are gone too")
		}
	}
	rows, err := d.Read(t.Context(), "SELECT (SELECT count(*) FROM Custodian), (SELECT count(*) FROM amsx_written), (SELECT Old FROM amsx_change WHERE RunID=3)")
	if err != nil || rows[0][0] != int64(2) || rows[0][1] != int64(1) || rows[0][2] != `{"Login":"bob","Phone":"+44 2"}` {
		t.Errorf("what is left: %v, %v", rows, err)
	}
	var none *RowError
	if _, err := d.Forget(t.Context(), "Custodian", "countess", false); !errors.As(err, &none) {
		t.Errorf("forgotten twice: %v", err)
	}
	// What others changed can still be undone.
	u, err := d.Undo(t.Context(), RunInfo{RunID: 9, Transformation: "T"}, 3)
	if err != nil {
		t.Fatal(err)
	}
	if u.Counts.Updated != 1 {
		t.Errorf("undo of another's change: %+v", u.Counts)
	}
}

// TestForgetReferred: a row that others refer to is emptied, its own reference
// to itself does not count, and a value that another has too is not searched
// for.
func TestForgetReferred(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	execute(t, d.path, "INSERT INTO Custodian(OktaID, Source, Login, FullName, ManagerID, City) VALUES ('u1', 'S', 'ada', 'Ada', 1, 'Rome'), ('u2', 'S', 'bob', 'Ada', 1, 'Rome'); INSERT INTO Department(DepartmentName) VALUES ('Sales')")
	f, err := d.Forget(t.Context(), "custodian", "ada", false)
	if err != nil || f.Row != "emptied" || f.Refers != "Custodian" || !slices.Equal(f.Texts, []string{"ada", "u1"}) {
		t.Fatalf("%+v, %v", f, err)
	}
	rows, err := d.Read(t.Context(), "SELECT OktaID, Source, Login, LoginKey, FullName, ManagerID, City, Active FROM Custodian WHERE CustodianID=1")
	if err != nil || rows[0][1] != "S" || rows[0][7] != int64(0) || rows[0][0] != nil || rows[0][2] != nil || rows[0][3] != nil || rows[0][4] != nil || rows[0][5] != nil || rows[0][6] != nil {
		t.Errorf("%v, %v", rows, err)
	}
	if f, err = d.Forget(t.Context(), "Department", "sales", false); err != nil || f.Row != "deleted" {
		t.Errorf("%+v, %v", f, err)
	}
}

// TestForgetInUse: while another program reads, its view of the file must stay
// in the write-ahead log, and that is said.
func TestForgetInUse(t *testing.T) {
	d := newDatabase(t, filepath.Join(t.TempDir(), "amsx.db"))
	execute(t, d.path, "INSERT INTO Custodian(Login) VALUES ('ada')")
	c, err := sqlite.OpenConn(d.path, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	if err := sqlitex.ExecuteTransient(c, "BEGIN", nil); err != nil {
		t.Fatal(err)
	}
	if err := sqlitex.ExecuteTransient(c, "SELECT * FROM Custodian", nil); err != nil {
		t.Fatal(err)
	}
	f, err := d.Forget(t.Context(), "Custodian", "ada", false)
	if err != nil || !f.InUse {
		t.Errorf("while another reads: %+v, %v", f, err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if inUse, err := d.Rebuild(t.Context()); inUse || err != nil {
		t.Errorf("afterwards: %v, %v", inUse, err)
	}
}
