package replica_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/internal/site"
	"github.com/amsx-lang/amsx/runtime"
)

// A row without a key would be in the copy alone.
func TestKeyThatTheServerGives(t *testing.T) {
	w := newWorld(t)
	w.server(`CREATE TABLE site.badge (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text, number bigint GENERATED ALWAYS AS IDENTITY, serial serial)`)
	a := w.machine()
	if _, err := w.run(a, func(s *site.Session) error { return direct(s, "INSERT INTO Badge(Name) VALUES ('x')") }); err == nil || !strings.Contains(err.Error(), "NOT NULL constraint failed: badge.id") {
		t.Errorf("a row without a key: %v", err)
	}
	w.must(w.run(a, func(s *site.Session) error {
		return direct(s, "INSERT INTO Badge(ID, Name) VALUES ('00000000-0000-0000-0000-00000000000A', 'x')")
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
	w.must(w.run(a, func(s *site.Session) error { return direct(s, "INSERT INTO Room(Name) VALUES ('new')") }))
	w.equal("the server", w.server("SELECT id, name, upper FROM site.room ORDER BY 1"), "1 | old | OLD\n2 | new | NEW")
	w.equal("the copy", w.copied(a, "SELECT ID, Name, Upper FROM Room"), "1 | old | OLD\n2 | new | NEW")
	_, err := w.run(a, func(s *site.Session) error { return direct(s, "UPDATE Room SET Upper = 'x' WHERE Name = 'new'") })
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
	w.must(w.run(a, func(s *site.Session) error { return direct(s, "UPDATE Custodian SET City = 'Rome'") }))
	w.equal("the server", w.server("SELECT login, created, hiredate FROM site.custodian ORDER BY 1"), before)
}

// Text of any kind goes to the server and comes back as it was.
func TestAnyText(t *testing.T) {
	w := newWorld(t)
	a := w.machine()
	texts := []string{`\.`, `\N`, `\\N`, `a\`, "\t", "\r", "\r\n", "x\ry", "\v\f\b", `\x41`, "'", `"`, "", " ", "\u2028", "😀", "NULL", "e\u0301", "\x7f", `{"a":"\n"}`}
	w.must(w.run(a, func(s *site.Session) error {
		for _, v := range texts {
			if _, err := s.Exec(t.Context(), runtime.Query{SQL: "INSERT INTO Custodian(Login, City) VALUES ('x', ?)", Args: []runtime.Value{runtime.Text(v)}}); err != nil {
				return err
			}
		}
		return nil
	}))
	var want []string
	for i, v := range texts {
		want = append(want, strings.TrimSuffix(fmt.Sprintf("%d | %x", i+1, v), "\n"))
	}
	slices.Sort(want)
	const q = "SELECT CustodianID, lower(hex(City)) FROM Custodian"
	w.equal("the copy", w.copied(a, q), strings.Join(want, "\n"))
	w.equal("another machine", w.copied(w.machine(), q), strings.Join(want, "\n"))
	w.must(w.run(a, func(s *site.Session) error { return direct(s, "UPDATE Custodian SET Division = City, Status = City") }))
	w.equal("the server", w.server("SELECT count(*) FROM site.custodian WHERE division = city AND status = city"), fmt.Sprint(len(texts)))
}

// Numbers and truth values keep their value, or stop the run.
func TestAnyNumber(t *testing.T) {
	w := newWorld(t)
	w.server(`CREATE TABLE site.n (id bigint PRIMARY KEY, i bigint, f double precision, r real, d numeric, b boolean, a text[]);
		INSERT INTO site.n VALUES (1, 9223372036854775807, 'NaN', 'Infinity', 'NaN', true, '{"a b",NULL}'), (2, -9223372036854775808, 1e-300, 0.1, 12345678901234567890.123456789, NULL, '{}')`)
	a := w.machine()
	before := w.server("SELECT * FROM site.n ORDER BY 1")
	w.must(w.run(a, func(s *site.Session) error {
		for _, q := range []string{"CREATE TEMP TABLE k AS SELECT * FROM n", "DELETE FROM n", "INSERT INTO n SELECT * FROM k"} {
			if err := direct(s, q); err != nil {
				return err
			}
		}
		return nil
	}))
	w.equal("there and back", w.server("SELECT * FROM site.n ORDER BY 1"), before)
	w.must(w.run(a, func(s *site.Session) error {
		return direct(s, "UPDATE n SET i = i, f = 0.1 + 0.2, r = 0.5, d = '1.10', b = 'yes', a = '{x}' WHERE id = 2")
	}))
	w.equal("changed", w.server("SELECT f, r, d, b, a FROM site.n WHERE id = 2"), "0.30000000000000004 | 0.5 | 1.10 | t | {x}")
	w.equal("the copy", w.copied(a, "SELECT f = 0.1 + 0.2, d, b FROM n WHERE id = 2"), "1 | 1.10 | True")
	for sql, want := range map[string]string{
		"UPDATE n SET b = 2":                         `invalid input syntax for type boolean: "2"`,
		"UPDATE n SET i = 9223372036854775807.0 * 2": "invalid input syntax for type bigint",
		"UPDATE n SET d = 'x'":                       "invalid input syntax for type numeric",
		"UPDATE n SET a = CAST(x'ff' AS TEXT)":       "invalid byte sequence",
		"UPDATE n SET a = x'00ff'":                   "bytes that are no text cannot be sent",
	} {
		if _, err := w.run(a, func(s *site.Session) error { return direct(s, sql) }); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", sql, err, want)
		}
	}
}
