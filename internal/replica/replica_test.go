package replica_test

import (
	"strings"
	"testing"

	"github.com/amsx-lang/amsx/internal/site"
	"github.com/amsx-lang/amsx/runtime"
)

// What one machine writes is on the server in the types of the server, and the
// other machine has it, to the character.
func TestTwoMachines(t *testing.T) {
	w := newWorld(t)
	a, b := w.machine(), w.machine()
	w.must(w.run(a, func(s *site.Session) error {
		if err := upsert(s, [3]string{"u1", "Zoë", "2024-02-29"}, [3]string{"u2", "ada", ""}); err != nil {
			return err
		}
		return direct(s, `INSERT INTO Custodian(Login, FullName, City, Created, LastLogin, Active) VALUES ('by sql', 'tab	back\slash "quote"
line', '', '2026-01-02T03:04:05Z', NULL, 0)`)
	}))
	const people = "SELECT CustodianID, OktaID, Login, LoginKey, FullName, City, Active, HireDate, Created FROM Custodian"
	want := `1 | - | by sql | by sql | tab	back\slash "quote"
line |  | False | - | 2026-01-02T03:04:05Z
2 | u1 | Zoë | zoë | - | - | True | 2024-02-29 | -
3 | u2 | ada | ada | - | - | True | - | -`
	w.equal("the copy that wrote", w.copied(a, people), want)
	w.equal("the other copy", w.copied(b, people), want)
	w.equal("the server", w.server("SELECT active, hiredate, created FROM site.custodian ORDER BY custodianid"), "f | - | 2026-01-02 03:04:05+00\nt | 2024-02-29 | -\nt | - | -")

	// The other machine goes on where this one stopped: history, ids, undo.
	w.must(w.run(b, func(s *site.Session) error {
		return upsert(s, [3]string{"u2", "eve", "2025-01-01"}, [3]string{"u3", "bob", ""})
	}))
	w.equal("the server", w.server("SELECT custodianid, login, hiredate FROM site.custodian ORDER BY 1"), "1 | by sql | -\n2 | Zoë | 2024-02-29\n3 | eve | 2025-01-01\n4 | bob | -")
	w.equal("changes", w.server("SELECT runid, tablename, rowid, action, old FROM amsx.change ORDER BY 1, 2, 3"), `1 | Custodian | 1 | insert | -
1 | Custodian | 2 | insert | -
1 | Custodian | 3 | insert | -
2 | Custodian | 3 | update | {"Login":"ada","HireDate":null}
2 | Custodian | 4 | insert | -`)
	if _, err := a.Undo(t.Context(), site.RunInfo{RunID: 3, Transformation: "T"}, 2); err != nil {
		t.Fatal(err)
	}
	w.equal("after the undo", w.server("SELECT custodianid, login, hiredate FROM site.custodian ORDER BY 1"), "1 | by sql | -\n2 | Zoë | 2024-02-29\n3 | ada | -")
	// The number of a row that is gone is given to nobody else.
	w.runs = 3
	w.must(w.run(b, func(s *site.Session) error { return upsert(s, [3]string{"u9", "new", ""}) }))
	w.equal("a new row", w.server("SELECT custodianid FROM site.custodian WHERE login = 'new'"), "5")
	w.server("INSERT INTO site.custodian(login) VALUES ('elsewhere')")
	w.equal("another program's new row", w.server("SELECT custodianid, loginkey FROM site.custodian WHERE login = 'elsewhere'"), "6 | elsewhere")
}

// Logins may swap and move along, within one run, as on SQLite.
func TestSwap(t *testing.T) {
	w := newWorld(t)
	a := w.machine()
	w.must(w.run(a, func(s *site.Session) error {
		return upsert(s, [3]string{"u1", "ada", ""}, [3]string{"u2", "bob", ""}, [3]string{"u3", "cleo", ""})
	}))
	w.must(w.run(w.machine(), func(s *site.Session) error {
		return upsert(s, [3]string{"u1", "bob", ""}, [3]string{"u2", "cleo", ""}, [3]string{"u3", "ada", ""})
	}))
	w.equal("the server", w.server("SELECT oktaid, login FROM site.custodian ORDER BY 1"), "u1 | bob\nu2 | cleo\nu3 | ada")
}

// What other programs write on the server is there when a run begins, whatever
// it is.
func TestOthersWrite(t *testing.T) {
	w := newWorld(t)
	a := w.machine()
	const people = "SELECT CustodianID, Login, LoginKey, City FROM Custodian"
	for _, tt := range []struct{ name, sql, want string }{
		{"rows come", "INSERT INTO site.custodian(login, city) VALUES ('Ada', 'Rome'), ('bob', 'Bern'), ('Zoë', NULL)", "1 | Ada | ada | Rome\n2 | bob | bob | Bern\n3 | Zoë | zoë | -"},
		{"a row changes", "UPDATE site.custodian SET city = 'Paris' WHERE login = 'Ada'", "1 | Ada | ada | Paris\n2 | bob | bob | Bern\n3 | Zoë | zoë | -"},
		{"a row goes", "DELETE FROM site.custodian WHERE login = 'bob'", "1 | Ada | ada | Paris\n3 | Zoë | zoë | -"},
		{"one goes and one comes", "DELETE FROM site.custodian WHERE login = 'Ada'; INSERT INTO site.custodian(login) VALUES ('eve')", "3 | Zoë | zoë | -\n4 | eve | eve | -"},
		{"a row gets another number", "UPDATE site.custodian SET custodianid = 99 WHERE login = 'eve'", "3 | Zoë | zoë | -\n99 | eve | eve | -"},
		{"two rows swap", "SET CONSTRAINTS ALL DEFERRED; UPDATE site.custodian SET login = CASE login WHEN 'eve' THEN 'Zoë' ELSE 'eve' END", "3 | eve | eve | -\n99 | Zoë | zoë | -"},
		{"a transaction within a transaction", "BEGIN; UPDATE site.custodian SET city = 'X' WHERE custodianid = 3; SAVEPOINT a; UPDATE site.custodian SET city = 'Y' WHERE custodianid = 99; COMMIT", "3 | eve | eve | X\n99 | Zoë | zoë | Y"},
		{"all go", "TRUNCATE site.custodian", ""},
	} {
		w.server(tt.sql)
		w.equal(tt.name, w.copied(a, people), tt.want)
	}
}

// A transaction that is open on the server while a copy is brought up to date,
// and is committed later, is not missed.
func TestLateCommit(t *testing.T) {
	w := newWorld(t)
	a := w.machine()
	w.server("INSERT INTO site.custodian(login) VALUES ('ada'), ('bob')")
	w.server("BEGIN; SAVEPOINT a; UPDATE site.custodian SET city = 'Rome' WHERE login = 'ada'")
	w.equal("while it is open", w.copied(a, "SELECT Login, City FROM Custodian"), "ada | -\nbob | -")
	w2 := &world{t: t, url: w.url}
	w2.other = connect(t, w.url)
	w2.server("UPDATE site.custodian SET city = 'Bern' WHERE login = 'bob'") // a later transaction, committed before
	w.equal("one later is there", w.copied(a, "SELECT Login, City FROM Custodian"), "ada | -\nbob | Bern")
	w.server("COMMIT")
	w.equal("then", w.copied(a, "SELECT Login, City FROM Custodian"), "ada | Rome\nbob | Bern")
}

// While a run reads, others write. What it then merges is compared with that.
func TestMeanwhile(t *testing.T) {
	w := newWorld(t)
	a, b := w.machine(), w.machine()
	w.must(w.run(a, func(s *site.Session) error { return upsert(s, [3]string{"u1", "ada", ""}) }))
	r := w.must(w.run(a, func(s *site.Session) error {
		if err := upsert(s, [3]string{"u1", "ada2", ""}, [3]string{"u2", "bob", "2024-01-01"}); err != nil {
			return err
		}
		// Another machine reads the same directory, and somebody edits a row.
		w.must(w.run(b, func(s *site.Session) error { return upsert(s, [3]string{"u2", "bob", "2024-01-01"}) }))
		w.server("UPDATE site.custodian SET city = 'Rome' WHERE oktaid = 'u1'")
		return nil
	}))
	if r.Counts.Inserted != 0 || r.Counts.Updated != 1 {
		t.Errorf("counts %+v", r.Counts)
	}
	w.equal("the server", w.server("SELECT oktaid, login, city FROM site.custodian ORDER BY 1"), "u1 | ada2 | Rome\nu2 | bob | -")
}

// A dry run writes nothing to the server.
func TestDryRun(t *testing.T) {
	w := newWorld(t)
	a := w.machine()
	before := w.server("SELECT pg_snapshot_xmax(pg_current_snapshot())")
	s, err := a.Begin(t.Context(), site.RunInfo{RunID: 1, Transformation: "T", Testing: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := upsert(s, [3]string{"u1", "ada", ""}); err != nil {
		t.Fatal(err)
	}
	if err := direct(s, "INSERT INTO Department(DepartmentName) VALUES ('Sales')"); err != nil {
		t.Fatal(err)
	}
	if err := s.AddColumns(t.Context(), []runtime.ColumnSpec{{Table: "Custodian", Name: "Badge", Type: "Text"}}); err != nil {
		t.Fatal(err)
	}
	r, err := s.Finish(t.Context())
	if err != nil || r.Counts.Inserted != 2 {
		t.Fatalf("%+v %v", r, err)
	}
	if after := w.server("SELECT pg_snapshot_xmax(pg_current_snapshot())"); after != before {
		t.Errorf("the server's transactions went from %s to %s", before, after)
	}
}

// A column that a run adds has the same name and type on every machine.
func TestAddColumns(t *testing.T) {
	w := newWorld(t)
	a, b := w.machine(), w.machine()
	columns := []runtime.ColumnSpec{
		{Table: "Custodian", Name: "BadgeNo", Type: "Text", Size: 20, Unique: true}, {Table: "Custodian", Name: "Budget", Type: "Money"},
		{Table: "Custodian", Name: "Remote", Type: "Boolean"}, {Table: "Custodian", Name: "Buddy", Type: "Lookup", Lookup: "Custodian"}, {Table: "Custodian", Name: "Reviewed", Type: "DateTime"},
	}
	w.must(w.run(a, func(s *site.Session) error {
		if err := s.AddColumns(t.Context(), columns); err != nil {
			return err
		}
		return direct(s, "INSERT INTO Custodian(Login, BadgeNo, Budget, Remote, Buddy, Reviewed) VALUES ('ada', 'B1', '12.50', 1, 1, '2026-01-01T00:00:00Z')")
	}))
	w.equal("the server", w.server("SELECT badgeno, budget, remote, buddy, reviewed FROM site.custodian"), "B1 | 12.50 | t | 1 | 2026-01-01 00:00:00+00")
	w.equal("the other machine", w.copied(b, "SELECT BadgeNo, Budget, Remote, Buddy, Reviewed FROM Custodian"), "B1 | 12.50 | True | 1 | 2026-01-01T00:00:00Z")
	for _, d := range []*site.Database{a, b} {
		schema, err := d.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, got, _ := schema.Table("Custodian")
		tail := got[len(got)-5:]
		if tail[0].Name != "BadgeNo" || tail[0].Size != 20 || !tail[0].Unique || tail[1].Name != "Budget" || !tail[1].Exact || tail[2].Type != runtime.ColumnBoolean || tail[3].Refers != "Custodian.CustodianID" || tail[4].Type != runtime.ColumnDateTime {
			t.Errorf("the columns are %+v", tail)
		}
	}
	w.server("ALTER TABLE site.custodian DROP COLUMN badgeno, ALTER COLUMN remote TYPE text USING 'maybe'")
	w.equal("after the server's tables were changed", w.copied(b, "SELECT Budget, Remote FROM Custodian"), "12.50 | maybe")
	if _, err := w.run(b, func(s *site.Session) error { return direct(s, "UPDATE Custodian SET BadgeNo = 'x'") }); err == nil {
		t.Error("a column that is gone was written")
	}
}

// Tables that somebody made on the server are the site's tables too, with what
// the server does to their rows by itself.
func TestTablesOfTheSite(t *testing.T) {
	w := newWorld(t)
	w.server(`CREATE TABLE site.printer (printerid int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(30) NOT NULL, floor smallint DEFAULT 3, price numeric(10,2),
		bought date, seen timestamp, colour boolean DEFAULT false, added timestamptz DEFAULT now(), label text GENERATED ALWAYS AS (upper(name)) STORED, settings jsonb, ratio double precision);
		CREATE UNIQUE INDEX ON site.printer (name); CREATE INDEX ON site.printer (floor);
		CREATE FUNCTION site.tidy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := trim(NEW.name); RETURN NEW; END $$;
		CREATE TRIGGER tidy BEFORE INSERT OR UPDATE ON site.printer FOR EACH ROW EXECUTE FUNCTION site.tidy();
		CREATE TABLE site.log (line text);
		ALTER TABLE site.printer ALTER COLUMN printerid SET GENERATED BY DEFAULT;
		INSERT INTO site.printer(name, price) VALUES ('Old', 5);`)
	a := w.machine()
	w.equal("the copy", w.copied(a, "SELECT PrinterID, Name, Floor, Price, Colour, Label, Settings FROM Printer"), "1 | Old | 3 | 5.00 | False | OLD | -")
	w.must(w.run(a, func(s *site.Session) error {
		if err := direct(s, `INSERT INTO Printer(Name, Price, Bought, Seen, Settings, Ratio) VALUES ('  New', '2.5', '2026-02-01', '2026-02-01T10:00:00Z', '{"duplex": true}', 0.1)`); err != nil {
			return err
		}
		return direct(s, "UPDATE Printer SET Floor = Floor + 1 WHERE Name = 'Old'")
	}))
	w.equal("the server", w.server("SELECT printerid, name, floor, price, bought, seen, colour, added IS NOT NULL, label, settings, ratio FROM site.printer ORDER BY 1"),
		"1 | Old | 4 | 5.00 | - | - | f | t | OLD | - | -\n2 | New | 3 | 2.50 | 2026-02-01 | 2026-02-01 10:00:00 | f | t | NEW | {\"duplex\": true} | 0.1")
	// The copy has what the server made of it.
	w.equal("the copy", w.copied(a, "SELECT Name, Price, Label, Added IS NOT NULL FROM Printer"), "New | 2.50 | NEW | 1\nOld | 5.00 | OLD | 1")
	s, err := a.Begin(t.Context(), site.RunInfo{Testing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Abort()
	if _, _, known := s.Table("log"); known {
		t.Error("a table without a key is known, and no row of it could be told from another")
	}
	if _, columns, _ := s.Table("printer"); !columns[1].Unique || !columns[2].Indexed || columns[1].Size != 30 {
		t.Errorf("the columns are %+v", columns)
	}
	w.server("DROP TABLE site.printer")
	if got := w.machine(); got != nil {
		w.equal("the tables", strings.Join(tables(t, a), " "), strings.Join(tables(t, got), " "))
	}
}

func tables(t *testing.T, d *site.Database) []string {
	t.Helper()
	s, err := d.Begin(t.Context(), site.RunInfo{Testing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Abort()
	return s.Tables()
}

// A value that the server cannot hold, or a rule that somebody made there, stops
// the run; neither the server nor the copy has anything of it.
func TestServerRefuses(t *testing.T) {
	w := newWorld(t)
	a := w.machine()
	w.server("INSERT INTO site.custodian(login) VALUES ('ada')")
	w.server("ALTER TABLE site.custodian ADD CONSTRAINT nobody CHECK (login <> 'nobody'); CREATE UNIQUE INDEX one_city ON site.custodian (lower(city))")
	for _, tt := range []struct{ sql, want string }{
		{"UPDATE Custodian SET HireDate = 'soon'", `the server refuses a value: invalid input syntax for type date: "soon"`},
		{"UPDATE Custodian SET City = 'a' || char(0)", "Custodian.City: the text holds a zero byte"},
		{"UPDATE Custodian SET ManagerID = 'x'", `invalid input syntax for type bigint: "x"`},
		{"UPDATE Custodian SET Login = 'nobody'", `rule that somebody made there: new row for relation "custodian" violates check constraint "nobody"`},
		{"INSERT INTO Custodian(Login, City) VALUES ('x', 'Rome'), ('y', 'ROME')", `a unique index there does not allow it: duplicate key value violates unique constraint "one_city"`},
	} {
		_, err := w.run(a, func(s *site.Session) error { return direct(s, tt.sql) })
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "nothing was written") && !strings.Contains(err.Error(), "zero byte") {
			t.Errorf("%s: %v\nwant %s", tt.sql, err, tt.want)
		}
	}
	w.equal("the server", w.server("SELECT login, city, hiredate FROM site.custodian"), "ada | - | -")
	w.equal("the copy", w.copied(a, "SELECT Login, City, HireDate FROM Custodian"), "ada | - | -")
	w.equal("runs", w.server("SELECT count(*) FROM amsx.run"), "0")
}

// New rows that SQL of the script changes and deletes before the end, and rows
// that are taken back and whose numbers are given again.
func TestRowsThatDoNotStay(t *testing.T) {
	w := newWorld(t)
	a := w.machine()
	r := w.must(w.run(a, func(s *site.Session) error {
		if err := upsert(s, [3]string{"u1", "ada", ""}, [3]string{"u2", "bob", ""}, [3]string{"u3", "cleo", ""}); err != nil {
			return err
		}
		if err := s.Savepoint(t.Context()); err != nil {
			return err
		}
		for _, q := range []string{"DELETE FROM Custodian WHERE OktaID = 'u2'", "UPDATE Custodian SET City = 'Rome' WHERE OktaID = 'u3'"} {
			if err := direct(s, q); err != nil {
				return err
			}
		}
		if err := s.Savepoint(t.Context()); err != nil {
			return err
		}
		if err := upsert(s, [3]string{"u4", "dora", ""}, [3]string{"u5", "eve", ""}); err != nil {
			return err
		}
		if err := s.Savepoint(t.Context()); err != nil { // merges them
			return err
		}
		for range 2 {
			if err := s.RollbackTo(t.Context()); err != nil {
				return err
			}
		}
		if err := upsert(s, [3]string{"u6", "finn", "2024-01-01"}); err != nil {
			return err
		}
		return s.Release(t.Context())
	}))
	if r.Counts.Inserted != 3 {
		t.Errorf("counts %+v", r.Counts)
	}
	w.equal("the server", w.server("SELECT custodianid, oktaid, city, hiredate FROM site.custodian ORDER BY 1"), "1 | u1 | - | -\n3 | u3 | Rome | -\n4 | u6 | - | 2024-01-01")
	w.equal("its change set", w.server("SELECT rowid, action FROM amsx.change ORDER BY 1"), "1 | insert\n3 | insert\n4 | insert")
	w.equal("the copies", w.copied(a, "SELECT * FROM Custodian"), w.copied(w.machine(), "SELECT * FROM Custodian"))
}
