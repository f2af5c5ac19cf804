package replica_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/internal/site"
)

// A table that every site has and that is gone from the server stops the run: it
// is not taken from the copy, where it could not be made as it was.
func TestStandardTables(t *testing.T) {
	w := newWorld(t)
	a := w.machine()
	tables := strings.Fields(w.server("SELECT relname FROM pg_class WHERE relnamespace = 'site'::regnamespace AND relkind = 'r'"))
	if len(tables) != 7 {
		t.Fatalf("the site has %q", tables)
	}
	for _, table := range tables {
		w.server("ALTER TABLE site." + table + " RENAME TO elsewhere")
		if _, err := a.Begin(t.Context(), site.RunInfo{Testing: true}); err == nil || !strings.Contains(err.Error(), "the server has no table site."+table+" with a primary key, which every site has: put it back") {
			t.Errorf("without %s: %v", table, err)
		}
		w.server("ALTER TABLE site.elsewhere RENAME TO " + table)
	}
	w.equal("put back", w.copied(a, "SELECT count(*) FROM Custodian"), "0")
}

// Tables whose names the copy cannot hold beside each other are left alone, and
// do no harm to the others.
func TestNamesThatCollide(t *testing.T) {
	w := newWorld(t)
	a := w.machine()
	w.must(w.run(a, func(s *site.Session) error { return upsert(s, [3]string{"u1", "ada", ""}) }))
	w.server(`CREATE TABLE site.amsx_run (runid int PRIMARY KEY, note text); INSERT INTO site.amsx_run VALUES (7, 'mine');
		CREATE TABLE site."SQLite_x" (id int PRIMARY KEY);
		CREATE TABLE site."Custodian" (id int PRIMARY KEY); INSERT INTO site."Custodian" VALUES (1), (2);
		CREATE TABLE site.odd ("id OR 1=1" int PRIMARY KEY);
		CREATE TABLE site.twice (id int PRIMARY KEY, name text, "Name" text);
		CREATE TABLE site."Order" (id int PRIMARY KEY, "two words" text, "select" text, "quote""d" text); INSERT INTO site."Order" VALUES (1, 'a', 'b', 'c')`)
	w.equal("history", w.copied(a, "SELECT RunID, Transformation FROM amsx_run"), "1 | T")
	w.equal("people", w.copied(a, "SELECT Login FROM Custodian"), "ada")
	w.must(w.run(a, func(s *site.Session) error {
		return direct(s, `UPDATE "Order" SET "two words" = 'A', "select" = 'B', "quote""d" = 'C'`)
	}))
	w.equal("the server", w.server(`SELECT * FROM site."Order"`), "1 | A | B | C")
	w.equal("another machine", w.copied(w.machine(), `SELECT * FROM "Order"`), "1 | A | B | C")
	w.equal("the tables", strings.Join(tables(t, a), " "), "Asset CostCentre Currency Custodian Department Location Order SpecialOption")
	w.equal("their table", w.server("SELECT * FROM site.amsx_run"), "7 | mine")
}

// What the server holds as a declaration is run on a copy in the forms that amsx
// writes, and in no other.
func TestDeclarations(t *testing.T) {
	w := newWorld(t)
	w.server(`ALTER TABLE site.custodian ADD COLUMN badge text, ADD COLUMN room text, ADD COLUMN cost numeric;
		INSERT INTO amsx.declared VALUES ('custodian', 'Badge', 'TEXT DEFAULT (hex(randomblob(9)))'), ('custodian', 'Room', 'TEXT(9)'), ('custodian', 'Cost', 'MONEY_TEXT COLLATE decimal');
		INSERT INTO site.custodian(login) VALUES ('ada')`)
	a := w.machine()
	w.copied(a, "SELECT 1")
	columns, err := a.Read(t.Context(), "SELECT name, type, dflt_value FROM pragma_table_info('Custodian') WHERE lower(name) IN ('badge', 'room', 'cost') ORDER BY lower(name)")
	if got := fmt.Sprint(columns); err != nil || got != "[[badge TEXT <nil>] [Cost MONEY_TEXT <nil>] [Room TEXT(9) <nil>]]" {
		t.Errorf("the copy has %s, %v", got, err)
	}
	w.equal("its row", w.copied(a, "SELECT Login, Badge FROM Custodian"), "ada | -")
}
