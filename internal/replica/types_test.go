package replica_test

import (
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/internal/site"
)

// A row without a key would be in the copy alone.
func TestKeyThatTheServerGives(t *testing.T) {
	w := newWorld(t)
	w.server(`CREATE TABLE site.badge (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text, number bigint GENERATED ALWAYS AS IDENTITY, serial serial)`)
	a := w.machine()
	if _, err := w.run(a, func(s *site.Session) error { return exec(s, "INSERT INTO Badge(Name) VALUES ('x')") }); err == nil || !strings.Contains(err.Error(), "NOT NULL constraint failed: badge.id") {
		t.Errorf("a row without a key: %v", err)
	}
	w.must(w.run(a, func(s *site.Session) error {
		return exec(s, "INSERT INTO Badge(ID, Name) VALUES ('00000000-0000-0000-0000-00000000000A', 'x')")
	}))
	const badges = "SELECT id, name, number, serial FROM site.badge"
	w.equal("the server", w.server(badges), "00000000-0000-0000-0000-00000000000a | x | 1 | 1")
	w.equal("the copy", w.copied(a, "SELECT ID, Name, Number, Serial FROM Badge"), "00000000-0000-0000-0000-00000000000a | x | 1 | 1")
}

// Columns that the server numbers or computes, whatever it says of them.
func TestColumnsOfTheServer(t *testing.T) {
	w := newWorld(t)
	w.server(`CREATE TABLE site.room (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, code char(5), made timestamptz DEFAULT now(), upper text GENERATED ALWAYS AS (upper(name)) STORED);
		INSERT INTO site.room(name, code) VALUES ('old', 'ab')`)
	a := w.machine()
	w.equal("blanks at the end are no part of a char", w.copied(a, "SELECT Name, Code FROM Room WHERE Code = 'ab'"), "old | ab")
	w.must(w.run(a, func(s *site.Session) error { return exec(s, "INSERT INTO Room(Name) VALUES ('new')") }))
	w.equal("the server", w.server("SELECT id, name, upper FROM site.room ORDER BY 1"), "1 | old | OLD\n2 | new | NEW")
	w.equal("the copy", w.copied(a, "SELECT ID, Name, Upper FROM Room"), "1 | old | OLD\n2 | new | NEW")
	_, err := w.run(a, func(s *site.Session) error { return exec(s, "UPDATE Room SET Upper = 'x' WHERE Name = 'new'") })
	if err == nil || !strings.Contains(err.Error(), "room.upper: the server computes this column itself") {
		t.Errorf("a computed column was written: %v", err)
	}
	w.equal("the copy", w.copied(a, "SELECT Name, Upper FROM Room"), "new | NEW\nold | OLD")
}

// Instants that have no usual form are not taken for others, and what an update
// of another column does not name stays to the fraction.
func TestInstants(t *testing.T) {
	w := newWorld(t)
	w.server(`INSERT INTO site.custodian(login, created, hiredate) VALUES ('a', 'infinity', 'infinity'), ('b', '0044-03-15 12:00:00+00 BC', '0044-03-15 BC'), ('c', '2026-01-02 03:04:05.678+00', '2026-01-02')`)
	a := w.machine()
	w.equal("the copy", w.copied(a, "SELECT Login, Created, HireDate FROM Custodian"), `a | infinity | infinity
b | 0044-03-15 12:00:00+00 BC | 0044-03-15 BC
c | 2026-01-02T03:04:05Z | 2026-01-02`)
	before := w.server("SELECT login, created, hiredate FROM site.custodian ORDER BY 1")
	w.must(w.run(a, func(s *site.Session) error { return exec(s, "UPDATE Custodian SET City = 'Rome'") }))
	w.equal("the server", w.server("SELECT login, created, hiredate FROM site.custodian ORDER BY 1"), before)
}
