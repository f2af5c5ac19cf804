package builtins_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/amsx-lang/amsx/internal/pgtest"
	"github.com/amsx-lang/amsx/internal/replica"
)

// With AMSX_TEST_SITE=postgres every case and example runs on a site that lives
// on a server.
func TestMain(m *testing.M) {
	if !onServer() {
		os.Exit(m.Run())
	}
	os.Exit(pgtest.Run(m))
}

func onServer() bool { return os.Getenv("AMSX_TEST_SITE") == "postgres" }

// shared is the site of the worlds, one after the other. It is put back to what
// it held at first where a world has written to it: a database of its own for
// each would cost more than the case itself.
var shared struct {
	url     string
	copy    []byte            // the file of a copy
	next    int64             // the server's next transaction
	columns string            // of all tables
	rows    map[string][]byte // by table, as COPY writes them
	numbers map[string]string // by sequence, where it stands
}

// serverSite gives a world the site on the server, and returns the file of its
// copy.
func serverSite(w *world) []byte {
	w.t.Helper()
	if shared.url == "" {
		newServerSite(w.t)
	}
	c, err := pgx.Connect(w.t.Context(), shared.url)
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close(w.t.Context())
	if transaction(w.t, c) != shared.next {
		if one(w.t, c, readColumns) != shared.columns { // a column was added
			newServerSite(w.t)
		} else {
			putBack(w.t, c)
		}
	}
	w.up = openServer(w.t, shared.url)
	return shared.copy
}

const readColumns = "SELECT string_agg(attrelid::regclass || '.' || attname, ' ' ORDER BY attrelid, attnum) FROM pg_attribute WHERE attnum > 0 AND attrelid IN (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'site')"

func newServerSite(t *testing.T) {
	t.Helper()
	shared.url = pgtest.Database(t)
	first := &world{t: t, table: "Custodian", up: openServer(t, shared.url)}
	file := filepath.Join(t.TempDir(), "first.db")
	first.open(file)
	first.sow()
	var err error
	if shared.copy, err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(t.Context(), shared.url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	shared.columns = one(t, c, readColumns)
	shared.rows, shared.numbers = make(map[string][]byte), make(map[string]string)
	for name := range strings.FieldsSeq(one(t, c, "SELECT string_agg(c.oid::regclass::text, ' ') FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname IN ('site', 'amsx') AND relkind = 'r' AND relname NOT IN ('version', 'site')")) {
		var out bytes.Buffer
		if _, err := c.PgConn().CopyTo(t.Context(), &out, "COPY "+name+" TO STDOUT"); err != nil {
			t.Fatal(err)
		}
		shared.rows[name] = out.Bytes()
	}
	for name := range strings.FieldsSeq(one(t, c, "SELECT string_agg(c.oid::regclass::text, ' ') FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname IN ('site', 'amsx') AND relkind = 'S'")) {
		shared.numbers[name] = one(t, c, "SELECT last_value || ', ' || is_called FROM "+name)
	}
	shared.next = transaction(t, c)
}

// putBack makes the site what it was at first.
func putBack(t *testing.T, c *pgx.Conn) {
	t.Helper()
	for name, rows := range shared.rows {
		if _, err := c.Exec(t.Context(), "DELETE FROM "+name); err != nil {
			t.Fatal(err)
		}
		if _, err := c.PgConn().CopyFrom(t.Context(), bytes.NewReader(rows), "COPY "+name+" FROM STDIN"); err != nil {
			t.Fatal(err)
		}
	}
	for name, at := range shared.numbers {
		one(t, c, "SELECT setval('"+name+"', "+at+")::text")
	}
	shared.next = transaction(t, c)
}

func openServer(t *testing.T, url string) *replica.Server {
	t.Helper()
	s, err := replica.Open(t.Context(), url, replica.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// transaction is the server's next.
func transaction(t *testing.T, c *pgx.Conn) (n int64) {
	t.Helper()
	if err := c.QueryRow(t.Context(), "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func one(t *testing.T, c *pgx.Conn, q string) (s string) {
	t.Helper()
	if err := c.QueryRow(context.Background(), q).Scan(&s); err != nil {
		t.Fatal(q, err)
	}
	return s
}
