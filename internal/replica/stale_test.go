package replica_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

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
		if err := direct(s, "UPDATE Custodian SET City = 'Bern' WHERE OktaID = 'u1'"); err != nil {
			return err
		}
		if err := direct(s, "INSERT INTO Custodian(OktaID, Login) VALUES ('u3', 'eve')"); err != nil {
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

// What the server does by itself in other tables than the one that a run writes,
// by a trigger or a foreign key, is in the copy too.
func TestEffectsInOtherTables(t *testing.T) {
	for _, tt := range []struct{ name, sql string }{
		{"a trigger", `CREATE FUNCTION site.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
				UPDATE site.asset SET status = 'moved'; INSERT INTO site.asset(assetname) VALUES ('new'); RETURN NULL; END $$;
			CREATE TRIGGER note AFTER UPDATE OR DELETE ON site.custodian FOR EACH STATEMENT EXECUTE FUNCTION site.note()`},
		{"a foreign key", `ALTER TABLE site.asset ADD FOREIGN KEY (custodianid) REFERENCES site.custodian ON DELETE SET NULL`},
		{"a rule", `CREATE RULE note AS ON DELETE TO site.custodian DO ALSO UPDATE site.asset SET status = 'moved'`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			a := w.machine()
			w.server("INSERT INTO site.custodian(login) VALUES ('ada'), ('bob'); INSERT INTO site.asset(assetname, custodianid) VALUES ('pc', 1), ('mac', 2); " + tt.sql)
			w.must(w.run(a, func(s *site.Session) error { return direct(s, "DELETE FROM Custodian WHERE Login = 'ada'") }))
			const assets = "SELECT AssetID, AssetName, coalesce(CustodianID, '-'), coalesce(Status, '-') FROM Asset"
			want := w.server("SELECT assetid, assetname, coalesce(custodianid::text, '-'), coalesce(status, '-') FROM site.asset ORDER BY 1")
			w.equal("the copy", w.copied(a, assets), want)
			w.equal("a new copy", w.copied(w.machine(), assets), want)
		})
	}
}

// A table whose rows were not written anew, but which is not the one that it
// was, is copied as a whole.
func TestTableIsAnother(t *testing.T) {
	w := newWorld(t)
	a := w.machine()
	w.server(`INSERT INTO site.custodian(login, city) VALUES ('ada', 'Rome'), ('bob', 'Bern');
		CREATE TABLE site.room (id int PRIMARY KEY, name text); INSERT INTO site.room VALUES (1, 'one'), (2, 'two');
		CREATE TABLE public.room (LIKE site.room INCLUDING ALL); INSERT INTO public.room VALUES (1, 'uno'), (2, 'due');
		CREATE TABLE site.part (id int PRIMARY KEY, name text) PARTITION BY RANGE (id);
		CREATE TABLE public.part1 PARTITION OF site.part FOR VALUES FROM (1) TO (9); INSERT INTO site.part VALUES (1, 'x');
		CREATE TABLE public.part2 (LIKE site.part); INSERT INTO public.part2 VALUES (1, 'y')`)
	const people, rooms, parts = "SELECT Login, City FROM Custodian", "SELECT ID, Name FROM Room", "SELECT ID, Name FROM Part"
	w.equal("at first", w.copied(a, people)+"\n"+w.copied(a, rooms)+"\n"+w.copied(a, parts), "ada | Rome\nbob | Bern\n1 | one\n2 | two\n1 | x")
	w.server("ALTER TABLE site.custodian DROP COLUMN city; ALTER TABLE site.custodian ADD COLUMN city text DEFAULT 'Oslo'")
	w.equal("a column that is another", w.copied(a, people), "ada | Oslo\nbob | Oslo")
	w.server("ALTER TABLE site.custodian RENAME COLUMN city TO x; ALTER TABLE site.custodian RENAME COLUMN login TO city; ALTER TABLE site.custodian RENAME COLUMN x TO login")
	w.equal("columns that were swapped", w.copied(a, people), "Oslo | ada\nOslo | bob")
	w.server("CREATE SCHEMA other; ALTER TABLE site.room SET SCHEMA other; ALTER TABLE public.room SET SCHEMA site")
	w.equal("a table that is another", w.copied(a, rooms), "1 | uno\n2 | due")
	w.server("ALTER TABLE site.part DETACH PARTITION public.part1; ALTER TABLE site.part ATTACH PARTITION public.part2 FOR VALUES FROM (1) TO (9)")
	w.equal("a partition that is another", w.copied(a, parts), "1 | y")
	// Rows that the copy has still must not be in the way of an index.
	w.server("ALTER TABLE site.room DROP CONSTRAINT room_pkey; DELETE FROM site.room; INSERT INTO site.room VALUES (3, 'b'), (4, 'c'); ALTER TABLE site.room ADD PRIMARY KEY (id)")
	w.server("UPDATE site.room SET name = 'c'")
	w.equal("two of a name", w.copied(a, rooms), "3 | c\n4 | c")
	w.server("UPDATE site.room SET name = 'b' WHERE id = 3; CREATE UNIQUE INDEX ON site.room (name)")
	w.equal("none of a name", w.copied(a, rooms), "3 | b\n4 | c")
}

// An index that the server has no longer refuses no row of the copy.
func TestIndexIsGone(t *testing.T) {
	w := newWorld(t)
	a := w.machine()
	w.server("INSERT INTO site.custodian(login, phone) VALUES ('ada', '1'); CREATE UNIQUE INDEX phones ON site.custodian (phone); CREATE TABLE site.custodian_city (id int PRIMARY KEY); CREATE INDEX ON site.custodian (city)")
	const phones = "SELECT Login, Phone FROM Custodian"
	w.equal("with it", w.copied(a, phones), "ada | 1")
	if _, err := w.run(a, func(s *site.Session) error {
		return direct(s, "INSERT INTO Custodian(Login, Phone) VALUES ('bob', '1')")
	}); err == nil {
		t.Error("two of a phone were written")
	}
	w.server("DROP INDEX site.phones; INSERT INTO site.custodian(login, phone) VALUES ('bob', '1')")
	w.equal("without it", w.copied(a, phones), "ada | 1\nbob | 1")
}

// Whoever waits for the copy that another program of this machine writes can be
// stopped at once.
func TestWaitForTheCopyEnds(t *testing.T) {
	w := newWorld(t)
	file := filepath.Join(t.TempDir(), "copy.db")
	a, err := open(t.Context(), w.url, file)
	if err != nil {
		t.Fatal(err)
	}
	w.must(w.run(a, func(s *site.Session) error {
		if err := direct(s, "INSERT INTO Custodian(Login) VALUES ('ada')"); err != nil {
			return err
		}
		w.server("INSERT INTO amsx.written VALUES ('x', 'x', 1, 'x', 1)") // so that there is something to copy
		for name, do := range map[string]func(context.Context) error{
			"opening": func(ctx context.Context) error {
				server, err := replica.Open(t.Context(), w.url, replica.Options{})
				if err != nil {
					return err
				}
				_, err = site.Open(ctx, file, site.Options{Upstream: server})
				return err
			},
			"beginning": func(ctx context.Context) error {
				_, err := a.Begin(ctx, site.RunInfo{Testing: true})
				return err
			},
		} {
			ctx, cancel := context.WithCancel(t.Context())
			var cancelled time.Time
			time.AfterFunc(400*time.Millisecond, func() { cancelled = time.Now(); cancel() })
			err := do(ctx)
			if late := time.Since(cancelled); !errors.Is(err, context.Canceled) || late > 200*time.Millisecond {
				t.Errorf("%s: %v after %s", name, err, late)
			}
		}
		return nil
	}))
}

// A server that was put back from a snapshot of its disk has the same name, and its
// transactions may have the numbers that the copy knows. It has lost the last
// run; then nothing that the copy holds is taken for known.
func TestSnapshotOfTheDisk(t *testing.T) {
	w := newWorld(t)
	file := filepath.Join(t.TempDir(), "copy.db")
	d, err := open(t.Context(), w.url, file)
	if err != nil {
		t.Fatal(err)
	}
	for _, login := range []string{"ada", "eve"} {
		w.must(w.run(d, func(s *site.Session) error { return upsert(s, [3]string{"u1", login, ""}) }))
	}
	// What the copy has and the server has not, by nothing that it counts.
	c, err := sqlite.OpenConn(file, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := sqlitex.ExecuteTransient(c, "UPDATE Custodian SET City = 'of the time that was undone'", nil); err != nil {
		t.Fatal(err)
	}
	w.equal("as long as nothing tells it", w.copied(d, "SELECT City FROM Custodian"), "of the time that was undone")
	w.server("UPDATE amsx.run SET merged = merged + interval '1 day' WHERE runid = 2")
	w.equal("then", w.copied(d, "SELECT City FROM Custodian"), "-")
}
