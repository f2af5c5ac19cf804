package replica_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/amsx-lang/amsx/internal/pgtest"
	"github.com/amsx-lang/amsx/internal/replica"
	"github.com/amsx-lang/amsx/internal/site"
)

// No wait for another program is without end, and each ends at once when the run
// is cancelled.
func TestWaits(t *testing.T) {
	w := newWorld(t)
	a := w.machine()
	w.server("INSERT INTO site.custodian(login) VALUES ('ada')")
	holder := connect(t, w.url)
	lockOut := func(q string) (letGo func()) {
		t.Helper()
		if _, err := holder.Exec(t.Context(), "BEGIN; "+q); err != nil {
			t.Fatal(err)
		}
		return func() {
			if _, err := holder.Exec(t.Context(), "ROLLBACK"); err != nil {
				t.Fatal(err)
			}
		}
	}
	begin := func(ctx context.Context) error {
		s, err := a.Begin(ctx, site.RunInfo{Testing: true})
		if err == nil {
			err = s.Abort()
		}
		return err
	}
	merge := func(ctx context.Context) error {
		w.runs++
		s, err := a.Begin(ctx, site.RunInfo{RunID: w.runs, Transformation: "T"})
		if err != nil {
			return err
		}
		defer s.Abort()
		if err := upsert(s, [3]string{"u1", "bob", ""}); err != nil {
			return err
		}
		_, err = s.Finish(ctx)
		return err
	}
	reopen := func(ctx context.Context) error {
		_, err := replica.Open(ctx, w.url, replica.Options{Wait: 500 * time.Millisecond})
		return err
	}
	const table = "another program keeps a table of the site locked"
	for _, tt := range []struct {
		name, lock string
		do         func(context.Context) error
		says       string
	}{
		{"a table that is being changed, when a run begins", "LOCK TABLE site.custodian IN ACCESS EXCLUSIVE MODE", begin, table},
		{"a table that is being written, when a run merges", "LOCK TABLE site.custodian IN ROW EXCLUSIVE MODE", merge, table},
		{"a run elsewhere, when a run merges", "SELECT pg_advisory_lock(1634562936, 1)", merge, "another run writes to the site (process "},
		{"the schema", "LOCK TABLE amsx.version IN ACCESS EXCLUSIVE MODE", reopen, table},
	} {
		t.Run(tt.name, func(t *testing.T) {
			letGo := lockOut(tt.lock)
			began := time.Now()
			if err := tt.do(t.Context()); err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "did not let go within 500ms") {
				t.Errorf("%v", err)
			}
			if d := time.Since(began); d > 5*time.Second {
				t.Errorf("it waited %s", d)
			}
			ctx, cancel := context.WithCancel(t.Context())
			var cancelled time.Time
			var once sync.WaitGroup
			once.Go(func() { time.Sleep(200 * time.Millisecond); cancelled = time.Now(); cancel() })
			err := tt.do(ctx)
			once.Wait()
			if d := time.Since(cancelled); !errors.Is(err, context.Canceled) || d > 200*time.Millisecond {
				t.Errorf("cancelled: %v after %s", err, d)
			}
			letGo()
			if _, err := holder.Exec(t.Context(), "SELECT pg_advisory_unlock_all()"); err != nil {
				t.Fatal(err)
			}
			if err := tt.do(t.Context()); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// A fault of the copy is not called one of the connection.
func TestFaultOfTheCopy(t *testing.T) {
	w := newWorld(t)
	file := filepath.Join(t.TempDir(), "copy.db")
	a, err := open(t.Context(), w.url, file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := sqlite.OpenConn(file, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := sqlitex.ExecuteScript(c, "CREATE UNIQUE INDEX one ON amsx_fence(Fence)", nil); err != nil {
		t.Fatal(err)
	}
	w.server("INSERT INTO amsx.fence VALUES ('T', 1), ('U', 1)")
	_, err = a.Begin(t.Context(), site.RunInfo{Testing: true})
	if err == nil || !strings.Contains(err.Error(), "the copy has 1 rows where the server has 2: delete the file of the copy, it is made anew") || strings.Contains(err.Error(), "connection") {
		t.Errorf("%v", err)
	}
}

// The changes of a run, with everybody's names, are in no file that stays when
// the program is killed while it sends them.
func TestNoFileOfChanges(t *testing.T) {
	if os.PathSeparator == '\\' {
		t.Skip("Windows removes no file that is open")
	}
	dir := t.TempDir()
	w := newWorld(t)
	w.server(`CREATE FUNCTION site.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$;
		CREATE TRIGGER slow AFTER INSERT ON site.custodian FOR EACH STATEMENT EXECUTE FUNCTION site.slow()`)
	a := w.machine()
	t.Setenv("TMPDIR", dir)
	var seen []string
	var watch sync.WaitGroup
	stop := make(chan struct{})
	watch.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
				found, _ := filepath.Glob(filepath.Join(dir, "amsx-changes-*"))
				seen = append(seen, found...)
			}
		}
	})
	w.must(w.run(a, func(s *site.Session) error { return upsert(s, [3]string{"u1", "ada", ""}) }))
	close(stop)
	watch.Wait()
	if len(seen) > 0 {
		t.Errorf("there was %s", seen[0])
	}
}

// A user from whom the server hides rows does not take them for gone.
func TestHiddenRows(t *testing.T) {
	w := newWorld(t)
	w.server(`INSERT INTO site.custodian(login) VALUES ('ada'), ('bob');
		ALTER TABLE site.custodian ENABLE ROW LEVEL SECURITY; ALTER TABLE site.custodian FORCE ROW LEVEL SECURITY; CREATE POLICY few ON site.custodian USING (login = 'ada');
		CREATE ROLE half LOGIN; GRANT USAGE ON SCHEMA site, amsx TO half; GRANT ALL ON ALL TABLES IN SCHEMA site, amsx TO half; GRANT ALL ON ALL SEQUENCES IN SCHEMA site, amsx TO half`)
	defer w.server("DROP OWNED BY half; DROP ROLE half")
	_, err := open(t.Context(), strings.Replace(w.url, "amsx@", "half@", 1), filepath.Join(t.TempDir(), "copy.db"))
	if err == nil || !strings.Contains(err.Error(), "row-level security") {
		t.Errorf("%v", err)
	}
}

// Each run has a number of its own, even where the server's counter is behind.
func TestReserve(t *testing.T) {
	url := pgtest.Database(t)
	s, err := replica.Open(t.Context(), url, replica.Options{})
	if err != nil {
		t.Fatal(err)
	}
	holder := connect(t, url)
	if _, err := holder.Exec(t.Context(), "BEGIN; ALTER SEQUENCE amsx.run_number OWNED BY NONE"); err != nil {
		t.Fatal(err)
	}
	const n = 12
	numbers := make(chan int64, n)
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			number, err := s.Reserve(t.Context(), 1000)
			if err != nil {
				t.Error(err)
			}
			numbers <- number
		})
	}
	time.Sleep(300 * time.Millisecond) // all of them wait
	if _, err := holder.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	close(numbers)
	seen := make(map[int64]bool)
	for number := range numbers {
		if number <= 1000 || seen[number] {
			t.Errorf("the number %d was given twice or is not new", number)
		}
		seen[number] = true
	}
}

// Numbers that another program has taken, for rows that it has yet to write, are
// given to nobody again.
func TestNumbersTakenBefore(t *testing.T) {
	w := newWorld(t)
	a := w.machine()
	w.must(w.run(a, func(s *site.Session) error {
		if err := direct(s, "INSERT INTO Custodian(Login) VALUES ('ada')"); err != nil {
			return err
		}
		// While the run has the lock.
		w.equal("taken", w.server("SELECT max(nextval('site.custodian_custodianid_seq')) FROM generate_series(1, 9)"), "9")
		return nil
	}))
	w.server("INSERT INTO site.custodian(login) VALUES ('eve')")
	w.equal("the server", w.server("SELECT custodianid, login FROM site.custodian ORDER BY 1"), "1 | ada\n10 | eve")
	w.equal("the copy", w.copied(a, "SELECT CustodianID, Login FROM Custodian"), "1 | ada\n10 | eve")
}

// A user with no rights but those of the owner of the database can use a site.
func TestPlainOwner(t *testing.T) {
	w := newWorld(t)
	w.server("CREATE ROLE plain LOGIN")
	w.server("DROP SCHEMA site, amsx CASCADE")
	name := w.server("SELECT current_database()")
	w.server("ALTER DATABASE " + name + " OWNER TO plain")
	defer w.server("DROP OWNED BY plain CASCADE; ALTER DATABASE " + name + " OWNER TO amsx; DROP ROLE plain")
	a, err := open(t.Context(), strings.Replace(w.url, "amsx@", "plain@", 1), filepath.Join(t.TempDir(), "copy.db"))
	if err != nil {
		t.Fatal(err)
	}
	w.must(w.run(a, func(s *site.Session) error { return upsert(s, [3]string{"u1", "ada", ""}) }))
	w.same("the copy", a)
}
